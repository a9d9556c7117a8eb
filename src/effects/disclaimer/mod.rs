//! Disclaimers (DI-1 to DI-4): the school's words put into a message's own text once per
//! thread, above what a reply quotes, as a splice of the encoded bytes. Everything else
//! of the message stays as it was to the byte; what cannot be done that way is not done,
//! and [`NotApplied`] says why.

mod charset;
mod check;
mod fields;
mod model;
mod place;
pub(super) mod target;
mod templates;
mod transfer;

pub use model::{Disclaimer, NotApplied, TemplateFault};
pub use templates::Disclaimers;

use self::{
    charset::Charset,
    check::Inserted,
    fields::Rewrite,
    target::Text,
    transfer::{Change, Encoded, Unit},
};
use super::html;
use crate::{
    extraction::TextKind,
    mail::{Edits, HeaderEdit, Splice, header_end},
    message::{Body, Message, Part},
};

/// The class of the element that an HTML disclaimer stands in, by which it is recognised
/// in a thread after the school has changed its words.
const CLASS: &str = "gatehouse-disclaimer";

/// The edits that put `disclaimer` into `message`, or why it stays as it is. Pure. The
/// result was applied to the bytes, read again and compared before it is returned: same
/// parts at the same places, every part but the edited ones identical to the byte, the
/// edited text equal to the old text with the insertion, and a second pass would do
/// nothing.
///
/// The caller has judged direction and role; this looks at the message alone. Replies by
/// a machine (out of office) get a disclaimer like others: DI-1 asks for all e-mail, and
/// people read them.
pub fn disclaimer_edits(message: &Message<'_>, disclaimer: &Disclaimer) -> Result<Edits, NotApplied> {
    let targets = target::own_text(message)?;
    is_unambiguous(message)?;
    if place::is_there(message, disclaimer) {
        return Err(NotApplied::AlreadyThere);
    }
    let mut edits = Edits::default();
    let mut inserted = Vec::new();
    for index in targets {
        let part = message.parts.get(index).ok_or(NotApplied::Check("parts"))?;
        let edit = edit_part(message, part, disclaimer)?;
        edits.headers.extend(edit.headers);
        edits.body.extend(edit.splices);
        inserted.push(Inserted { part: index, text: edit.text });
    }
    edits.body.sort_by_key(|s| (s.range.start, s.range.end));
    check::check(message, &edits, &inserted, disclaimer)?;
    Ok(edits)
}

/// Defects that leave open which bytes are which part; readers differ then. The others
/// (a doubtful charset, an odd header line) change nothing about where the parts lie.
const AMBIGUOUS: [&str; 9] = [
    "no-header",
    "header-cut",
    "field-cut",
    "no-boundary",
    "boundary-not-found",
    "doubtful-boundary",
    "too-many-parts",
    "too-many-nested",
    "too-deep",
];

/// Where other programs show something else, whoever got the message would see the words in another place, or not.
const OTHERWISE: [&str; 2] = ["read-otherwise", "too-many-ways"];

/// Whether all readers agree where the parts lie.
fn is_unambiguous(message: &Message<'_>) -> Result<(), NotApplied> {
    if header_end(message.raw) == message.raw.len() {
        return Err(NotApplied::Malformed("no-body"));
    }
    let defects = message.defects.iter().filter(|d| AMBIGUOUS.contains(d));
    let otherwise = message.otherwise.iter().filter(|d| OTHERWISE.contains(d));
    match defects.chain(otherwise).next() {
        Some(defect) => Err(NotApplied::Malformed(defect)),
        None => Ok(()),
    }
}

/// Fields that say how this part and those around it are to be read stand only once.
fn is_read_one_way(message: &Message<'_>, part: &Part<'_>) -> Result<(), NotApplied> {
    let mut around = part.parent;
    // Each step goes to an earlier part.
    while let Some(outer) = around.and_then(|index| message.parts.get(index)) {
        Rewrite::of(header_of(message, outer)?)?;
        around = outer.parent;
    }
    Ok(())
}

/// Whether an empty line stands between header and body, and another line end between an
/// empty body and the delimiter behind it: else there is no place to write at.
fn has_room(message: &Message<'_>, part: &Part<'_>) -> Result<(), NotApplied> {
    let body = &part.body_range;
    let joined = !part.header_range.is_empty() && part.header_range.end == body.start;
    let behind = message.raw.get(body.end..).unwrap_or(&[]);
    if joined || part.parent.is_some() && body.is_empty() && behind.starts_with(b"--") {
        return Err(NotApplied::Malformed("no-body"));
    }
    Ok(())
}

fn header_of<'m>(message: &Message<'m>, part: &Part<'_>) -> Result<&'m [u8], NotApplied> {
    message.raw.get(part.header_range.clone()).ok_or(NotApplied::Check("range"))
}

/// The edit of one part.
struct PartEdit {
    headers: Vec<HeaderEdit>,
    splices: Vec<Splice>,
    /// What was inserted, as the part's text has it.
    text: String,
}

fn edit_part(
    message: &Message<'_>,
    part: &Part<'_>,
    disclaimer: &Disclaimer,
) -> Result<PartEdit, NotApplied> {
    let kind = if matches!(part.body, Body::Html(_)) { TextKind::Html } else { TextKind::Plain };
    let raw = message.raw.get(part.body_range.clone()).ok_or(NotApplied::Check("range"))?;
    is_read_one_way(message, part)?;
    has_room(message, part)?;
    let rewrite = Rewrite::of(header_of(message, part)?)?;
    let eol = line_end(message.raw);
    let encoded = Encoded::decode(raw, part.transfer_encoding, eol)?;
    let charset = Charset::of(part.charset.as_deref(), &encoded.bytes)?;
    let source = charset.decode(&encoded.bytes);
    let mut insertion = place::insertion(kind, &source, eol, disclaimer)?;

    let mut bytes = charset.encode(&insertion.text).filter(|b| encoded.can_hold(b));
    if bytes.is_none() && kind == TextKind::Html && html::names_charset(&source) {
        // A changed charset in the header would contradict the document's own word.
        insertion.text = charset.with_references(&insertion.text, !encoded.can_hold(&[0x80]));
        bytes = charset.encode(&insertion.text);
    }
    match bytes {
        Some(bytes) => {
            let at = charset.offset(&encoded.bytes, &source, insertion.at).ok_or(NotApplied::Charset)?;
            let unit = if charset.is_wide() { Unit::Bytes } else { Unit::Text };
            let change = encoded.insert(at, &bytes, unit)?;
            let splices = vec![splice(part, change)];
            Ok(PartEdit { headers: Vec::new(), splices, text: insertion.text })
        }
        None => rewrite_part(part, &rewrite, &encoded, charset, disclaimer, eol),
    }
}

/// The part alone is written anew in UTF-8, since its character set or its transfer
/// encoding cannot express the text. Not a byte of the old text may be in doubt.
fn rewrite_part(
    part: &Part<'_>,
    rewrite: &Rewrite<'_>,
    encoded: &Encoded<'_>,
    charset: Charset,
    disclaimer: &Disclaimer,
    eol: &'static str,
) -> Result<PartEdit, NotApplied> {
    if !charset.is_exact(&encoded.bytes) {
        return Err(NotApplied::Charset);
    }
    let (kind, old) = match target::shown_text(part) {
        Some(Text::Plain(text)) => (TextKind::Plain, text),
        Some(Text::Html(text)) => (TextKind::Html, text),
        None => return Err(NotApplied::Check("parts")),
    };
    let insertion = place::insertion(kind, old, eol, disclaimer)?;
    let (before, after) = (old.get(..insertion.at), old.get(insertion.at..));
    let (Some(before), Some(after)) = (before, after) else { return Err(NotApplied::Check("quote-offset")) };
    let new = [before, &insertion.text, after].concat();
    let (encoding, change) = encoded.replace_all(new.as_bytes());
    let mut splices = vec![splice(part, change)];
    let mut headers = Vec::new();
    if part.parent.is_none() {
        headers = rewrite.header_edits(encoding)?;
    } else {
        splices.extend(rewrite.splices(part.header_range.start, encoding, eol)?);
    }
    Ok(PartEdit { headers, splices, text: insertion.text })
}

fn splice(part: &Part<'_>, change: Change) -> Splice {
    let start = part.body_range.start;
    Splice { range: start + change.range.start..start + change.range.end, bytes: change.bytes.into() }
}

/// How the message's lines end: as its first one does.
fn line_end(raw: &[u8]) -> &'static str {
    match memchr::memchr(b'\n', raw) {
        Some(at) if at == 0 || raw.get(at - 1) != Some(&b'\r') => "\n",
        _ => "\r\n",
    }
}
