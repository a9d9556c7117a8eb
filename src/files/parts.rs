//! The files of a message, each opened once; with it each part's protection becomes what its files say: an
//! encrypted document in a plain zip is protected, a zip with one plain member is not. What nobody opened (no
//! worker, a worker that ended) keeps what the mail's structure says of it: nothing is protected on a guess.

use super::{
    Hashed, Missed, NotOpened, Opened, Opener, Piece, Protection, Reason, Shown, Trait, TraitKind, Until,
    armor_in, is_file_as_text, is_no_text, text::has_script,
};
use crate::message::{self, Body, Message, Part};

/// What became of each file of one message.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// With the index of each part, in their order.
    pub(super) opened: Vec<(usize, Result<Opened, NotOpened>)>,
    until: Until,
}

impl Files {
    /// Of the part with this index; `None` where it is no file.
    pub fn of(&self, part: usize) -> Option<Result<&Opened, NotOpened>> {
        let at = self.opened.binary_search_by_key(&part, |(part, _)| *part).ok()?;
        let (_, opened) = self.opened.get(at)?;
        Some(opened.as_ref().map_err(|why| *why))
    }
}

impl Files {
    /// Whether a picture was attached itself.
    pub fn has_pictures(&self) -> bool {
        self.opened.iter().any(|(_, opened)| opened.as_ref().is_ok_and(is_picture))
    }

    /// What may be looked for in lists, with the part that it lies in.
    pub fn hashed(&self) -> impl Iterator<Item = (usize, &Hashed)> {
        let opened = self.opened.iter().filter_map(|(part, opened)| Some((*part, opened.as_ref().ok()?)));
        opened.flat_map(|(part, opened)| opened.hashed.iter().map(move |hashed| (part, hashed)))
    }

    /// The same with the words of such pictures; `None` where none says anything, or nobody reads them.
    pub fn with_words_in_pictures(&self, message: &Message<'_>, opener: &dyn Opener) -> Option<Self> {
        let mut with = None;
        for (at, (index, opened)) in self.opened.iter().enumerate() {
            if !opened.as_ref().is_ok_and(is_picture) {
                continue;
            }
            // One that ended its reader must not take the words of the others with it.
            let bytes = message.content(*index);
            let Some(read) = bytes.and_then(|bytes| opener.read_picture(&bytes, self.until)) else {
                continue;
            };
            if read.pieces.is_empty() {
                continue;
            }
            let all: &mut Self = with.get_or_insert_with(|| self.clone());
            if let Some((_, Ok(opened))) = all.opened.get_mut(at) {
                opened.missed.retain(|missed| !is_whole_picture(missed));
                opened.pieces.extend(read.pieces);
            }
        }
        with
    }
}

fn is_picture(opened: &Opened) -> bool {
    opened.missed.iter().any(is_whole_picture)
}

fn is_whole_picture(missed: &Missed) -> bool {
    missed.place.is_empty() && missed.reason == Reason::Picture
}

/// Opens every part of `message` that is a file by its bytes, and settles their protection.
pub fn open_parts(message: &mut Message<'_>, opener: &dyn Opener) -> Files {
    let (mut files, until) = (Vec::new(), opener.until());
    for index in 0..message.parts.len() {
        message.parts[index].holds_picture |= page_holds_picture(&message.parts[index]);
        if !is_file(&message.parts[index]) {
            if let Some(opened) = pictures_in_page(&message.parts[index], opener, until) {
                message.parts[index].holds_picture |= opened.as_ref().map_or(true, holds_picture);
                files.push((index, opened));
            }
            continue;
        }
        let part = &message.parts[index];
        // Of a text only what is armoured in it; what stands beside that is read as the text it is.
        if let Some(armor) = armored(part).filter(|_| !is_whole_file(part)) {
            let mut opened = opener.open(None, "text/plain", armor.as_bytes(), until);
            if let (Ok(opened), Some(Ok(page))) = (&mut opened, pictures_in_page(part, opener, until)) {
                opened.hashed.extend(page.hashed);
            }
            message.parts[index].holds_picture |= opened.as_ref().map_or(true, holds_picture);
            files.push((index, opened));
            continue;
        }
        let Some(bytes) = message.content(index) else { continue };
        let opened = opener.open(part.file_name.as_deref(), &part.media_type, &bytes, until);
        if let Ok(opened) = &opened {
            let protection = protection(opened, part.protection);
            message.parts[index].protection = protection;
        }
        message.parts[index].holds_picture |= opened.as_ref().map_or(true, holds_picture);
        files.push((index, opened));
    }
    let files = Files { opened: files, until };
    signatures_of_closed_parts(message, &files);
    files
}

/// A signature around what is encrypted (RFC 8551, section 3.7) says nothing that needs protection: it counts as
/// what it signs.
fn signatures_of_closed_parts(message: &mut Message<'_>, files: &Files) {
    for index in 0..message.parts.len() {
        let part = &message.parts[index];
        let Body::Multipart(children) = &part.body else { continue };
        let [content, signature] = children[..] else { continue };
        let is_bare = || {
            let says_nothing = |opened: &Opened| opened.pieces.is_empty() && opened.missed.is_empty();
            let opened = files.of(signature).is_some_and(|opened| opened.is_ok_and(says_nothing));
            let bytes = message.content(signature).unwrap_or_default();
            opened && message::cms::content(&bytes) == Some(message::cms::Content::Signed)
        };
        if part.media_type == "multipart/signed" && is_bare() {
            let protection = message.parts[content].protection;
            message.parts[signature].protection = protection;
        }
    }
}

/// A page that carries pictures itself is opened for their hashes alone: its text is read with the message.
fn pictures_in_page(part: &Part<'_>, opener: &dyn Opener, until: Until) -> Option<Result<Opened, NotOpened>> {
    let Body::Html(page) = &part.body else { return None };
    if !opener.hashes() || !page.contains(";base64,") {
        return None;
    }
    let opened = opener.open(None, "text/html", page.as_bytes(), until);
    Some(opened.map(|opened| Opened { hashed: opened.hashed, ..Opened::default() }))
}

fn holds_picture(opened: &Opened) -> bool {
    opened.traits.iter().any(|found| found.kind == TraitKind::Image)
        || opened.hashed.iter().any(|hashed| hashed.picture.is_some())
        || opened.missed.iter().any(may_be_picture)
}

/// What nobody read may be a picture or a film; letters and formulas are none.
fn may_be_picture(missed: &Missed) -> bool {
    match missed.reason {
        Reason::Picture | Reason::Limit(_) => true,
        Reason::NotSupported => !["font", "formula"].contains(&&*missed.kind),
        Reason::Protected | Reason::Malformed | Reason::Ambiguous => false,
    }
}

/// A page that carries a picture or a film in itself.
fn page_holds_picture(part: &Part<'_>) -> bool {
    let Body::Html(page) = &part.body else { return false };
    let carried = |at: usize| {
        let kind = page.as_bytes().get(at + 1..at + 7).unwrap_or_default();
        let starts = |word: &[u8]| kind.get(..word.len()).is_some_and(|k| k.eq_ignore_ascii_case(word));
        starts(b"image/") || starts(b"video/")
    };
    memchr::memchr_iter(b':', page.as_bytes()).any(carried)
}

/// Texts whose values have writings of their own.
const OPENED_TEXTS: &[&str] =
    &["text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/xml", "text/rtf"];

/// An OpenPGP message that stands in a text.
fn armored<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match &part.body {
        Body::Text(text) | Body::Html(text) => armor_in(text),
        _ => None,
    }
}

/// Whether a cell of these rows has a line end within it, so that the lines are not the rows.
fn has_broken_cell(text: &str) -> bool {
    let odd = |line: &str| line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    text.lines().take(100_000).any(odd)
}

fn is_file(part: &Part<'_>) -> bool {
    match part.protection {
        message::Protection::Pgp | message::Protection::Smime => false,
        _ => is_whole_file(part) || armored(part).is_some(),
    }
}

fn is_whole_file(part: &Part<'_>) -> bool {
    match &part.body {
        Body::Multipart(_) | Body::Message(_) => false,
        // A page that came as a file is opened in a browser, which runs what is in it.
        Body::Html(text) if part.file_name.is_some() && has_script(text) => true,
        Body::Text(text) if part.media_type == "text/csv" && has_broken_cell(text) => true,
        Body::Text(text) | Body::Html(text) => {
            OPENED_TEXTS.contains(&part.media_type.as_str())
                || is_no_text(text.as_bytes())
                || is_file_as_text(text)
        }
        Body::Binary(bytes) => {
            !bytes.is_empty()
                // The reader of the message left these whole because of its limits.
                && !part.media_type.starts_with("multipart/")
                && !part.media_type.starts_with("message/")
        }
    }
}

/// Protected is a file of which nothing can be read and whose every part says so.
fn protection(opened: &Opened, before: message::Protection) -> message::Protection {
    let is_text = |shown| matches!(shown, Shown::Visible | Shown::Hidden | Shown::Link);
    let readable = opened.pieces.iter().any(|piece| is_text(piece.shown) && !is_label(opened, piece))
        || opened.missed.iter().any(|missed| missed.reason != Reason::Protected);
    let kind = opened.traits.iter().find_map(|found| match found.kind {
        TraitKind::Protected(kind) => Some(kind),
        _ => None,
    });
    match kind {
        Some(_) if readable => message::Protection::None,
        Some(Protection::Password) => message::Protection::Password,
        Some(Protection::Smime) => message::Protection::Smime,
        Some(Protection::Pgp) => message::Protection::Pgp,
        None if readable => message::Protection::None,
        None => before,
    }
}

/// Whether it is what a protected document says openly of itself: doc and xls encrypt neither title nor author.
fn is_label(opened: &Opened, piece: &Piece) -> bool {
    let Some(document) = piece.place.strip_suffix("metadata").map(|place| place.trim_end_matches('/')) else {
        return false;
    };
    let closes = |found: &Trait| matches!(found.kind, TraitKind::Protected(_)) && found.place == document;
    opened.traits.iter().any(closes)
}
