//! The files of a message, each opened once; with it each part's protection becomes what its files say: an
//! encrypted document in a plain zip is protected, a zip with one plain member is not. What nobody opened (no
//! worker, a worker that ended) keeps what the mail's structure says of it: nothing is protected on a guess.

use super::{
    Hashed, Missed, NotOpened, Opened, Opener, Piece, Protection, Reason, Shown, Taken, Trait, TraitKind,
    Until, armor_in, is_file_as_text, is_no_text, text::has_script,
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
    /// Whether there are pictures, attached themselves or in a file.
    pub fn has_pictures(&self) -> bool {
        self.opened.iter().any(|(_, opened)| opened.as_ref().is_ok_and(has_picture))
    }

    /// What may be looked for in lists, with the part that it lies in.
    pub fn hashed(&self) -> impl Iterator<Item = (usize, &Hashed)> {
        let opened = self.opened.iter().filter_map(|(part, opened)| Some((*part, opened.as_ref().ok()?)));
        opened.flat_map(|(part, opened)| opened.hashed.iter().map(move |hashed| (part, hashed)))
    }

    /// The same with the words on its pictures, and with what was not read of them; `None` where nobody reads any.
    pub fn with_words_in_pictures(&self, message: &Message<'_>, opener: &dyn Opener) -> Option<Self> {
        let mut left = Some(opener.pictures_read()).filter(|most| *most > 0)?;
        let mut with = self.clone();
        for (index, opened) in &mut with.opened {
            let Ok(opened) = opened else { continue };
            let Some(bytes) = has_picture(opened).then(|| message.content(*index)).flatten() else {
                continue;
            };
            if left == 0 {
                add_unread(opened, String::new());
                continue;
            }
            let part = &message.parts[*index];
            let (pictures, missed) = match is_picture(opened) {
                true => (vec![Taken { place: String::new(), bytes: bytes.into_owned().into() }], Vec::new()),
                false => taken(opener, part, &bytes, left, self.until),
            };
            left = left.saturating_sub(pictures.len());
            // What the first opening told as well is told still, where no words were found for it.
            let is_news = |missed: &Missed| !opened.missed.contains(missed);
            let mut unread: Vec<String> =
                missed.into_iter().filter(is_news).map(|missed| missed.place).collect();
            for picture in &pictures {
                // One that ended its reader must not take the words of the others with it.
                match opener.read_picture(&picture.bytes, self.until) {
                    Some(read) if !read.pieces.is_empty() => add_words(opened, &picture.place, read.pieces),
                    // A photograph, or a hand that it cannot read: told as before.
                    Some(read) if read.missed.is_empty() => {}
                    _ => unread.push(picture.place.clone()),
                }
            }
            // After all words: pictures of one page have one place.
            unread.into_iter().for_each(|place| add_unread(opened, place));
        }
        Some(with)
    }
}

/// Pictures out of a file, and what of them there was no room for.
fn taken(
    opener: &dyn Opener,
    part: &Part<'_>,
    bytes: &[u8],
    most: usize,
    until: Until,
) -> (Vec<Taken>, Vec<Missed>) {
    let opened = opener.take_pictures(part.file_name.as_deref(), &part.media_type, bytes, most, until);
    let opened = opened.unwrap_or_default();
    let unread = opened.missed.into_iter().filter(|missed| missed.reason == Reason::Picture);
    (opened.pictures, unread.collect())
}

/// Puts the words of the picture at `place` to what its file says; it is then no longer told as unread, nor is the
/// page on which it stands.
fn add_words(opened: &mut Opened, place: &str, pieces: Vec<Piece>) {
    let page = place
        .rsplit_once('/')
        .map(|(page, _)| page)
        .filter(|page| page.rsplit('/').next().is_some_and(|last| last.starts_with("page ")));
    opened.missed.retain(|missed| {
        let is_it = missed.place == place || missed.kind == PICTURE && Some(missed.place.as_str()) == page;
        missed.reason != Reason::Picture || !is_it
    });
    opened.pieces.extend(pieces.into_iter().map(|piece| {
        let place = [place, &piece.place].into_iter().filter(|name| !name.is_empty());
        Piece { place: place.collect::<Vec<_>>().join("/"), ..piece }
    }));
}

fn add_unread(opened: &mut Opened, place: String) {
    let known = |missed: &Missed| missed.reason == Reason::Picture && missed.place == place;
    if !opened.missed.iter().any(known) {
        opened.missed.push(Missed { place, kind: PICTURE.to_owned(), reason: Reason::Picture });
    }
}

const PICTURE: &str = "picture";

fn has_picture(opened: &Opened) -> bool {
    opened.missed.iter().any(|missed| missed.reason == Reason::Picture)
        || opened.traits.iter().any(|found| found.kind == TraitKind::Image)
}

/// Whether the file is a picture on which words may stand.
fn is_picture(opened: &Opened) -> bool {
    opened.missed.iter().any(|missed| missed.place.is_empty() && missed.reason == Reason::Picture)
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
        Body::Html(text) if part.file_name.is_some() && (has_script(text) || text.contains(";base64,")) => {
            true
        }
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
