//! PowerPoint's binary files (MS-PPT): text of slides, notes and comments, embedded objects, links.
//! Masters are left out. Earlier states that quick saving left in the file are read too.

use super::strings::{latin1, plain, u16_at, u32_at, utf16};
use crate::files::{Budget, Limit, Reason, Script, Shown, TraitKind, Writing, open};

/// Containers within each other.
const DEEPEST: usize = 32;

/// Types of records (section 2.13.24).
mod kind {
    pub(super) const SLIDE: u16 = 0x03ee;
    pub(super) const NOTES: u16 = 0x03f0;
    pub(super) const MASTER: u16 = 0x03f8;
    pub(super) const HANDOUT: u16 = 0x0fc9;
    pub(super) const SLIDE_INFO: u16 = 0x03f9;
    pub(super) const PERSIST: u16 = 0x03f3;
    pub(super) const LIST: u16 = 0x0ff0;
    pub(super) const HEADERS: u16 = 0x0fd9;
    pub(super) const WIDE_TEXT: u16 = 0x0fa0;
    pub(super) const TEXT: u16 = 0x0fa8;
    pub(super) const STRING: u16 = 0x0fba;
    pub(super) const COMMENT: u16 = 0x2ee0;
    pub(super) const LINK: u16 = 0x0fd7;
    pub(super) const OBJECT: u16 = 0x1011;
    /// Whether there are macros.
    pub(super) const MACROS: u16 = 0x0400;
    /// Whose notes these are.
    pub(super) const NOTES_OF: u16 = 0x03f1;
    pub(super) const CRYPT: u16 = 0x2f14;
}

/// Where text belongs.
#[derive(Clone, PartialEq)]
enum Place {
    Slide(usize),
    Notes(usize),
    Comments(usize),
    Links,
    /// Headers and footers of the whole presentation.
    Headers,
    Master,
    Rest,
}

struct Reader<'a> {
    stream: &'a [u8],
    slides: usize,
    notes: usize,
    /// Numbers of slides in the order of the list.
    listed: Vec<u32>,
    hidden: bool,
    /// Text of one place, until another begins.
    text: String,
    place: Place,
}

pub(super) fn read(stream: &[u8], user: &[u8], budget: &mut Budget) {
    // The current user's record tells whether the file is encrypted (section 2.3.2).
    let encrypted = u32_at(user, 12) == Some(0xf3d1_c4df) || has_crypt_session(stream);
    if encrypted {
        return open::protected("ppt", budget);
    }
    if u16_at(stream, 2).is_none() {
        return budget.missed("", "ppt", Reason::Malformed);
    }
    let mut reader = Reader {
        stream,
        slides: 0,
        notes: 0,
        listed: Vec::new(),
        hidden: false,
        text: String::new(),
        place: Place::Rest,
    };
    reader.records(0, stream.len(), Place::Rest, 0, budget);
    reader.go_to(Place::Rest, budget);
}

/// Its head: a container of this type.
fn has_crypt_session(stream: &[u8]) -> bool {
    let head = [0x0f, 0x00, kind::CRYPT as u8, (kind::CRYPT >> 8) as u8];
    memchr::memmem::find(stream, &head).is_some()
}

impl Reader<'_> {
    fn records(&mut self, start: usize, end: usize, place: Place, depth: usize, budget: &mut Budget) {
        let (mut at, mut place) = (start, place);
        while at.saturating_add(8) <= end {
            if let Err(limit) = budget.step(1) {
                return budget.missed("", "ppt", Reason::Limit(limit));
            }
            let Some(head) = u16_at(self.stream, at).zip(u16_at(self.stream, at + 2)) else { return };
            let length = u32_at(self.stream, at + 4).unwrap_or(0) as usize;
            let inner = at + 8;
            let after = inner.saturating_add(length).min(end);
            let (flags, kind) = head;
            self.number(kind, inner, &mut place);
            if flags & 0xf == 0xf && depth >= DEEPEST {
                budget.missed("", "ppt", Reason::Limit(Limit::Nesting));
            } else if flags & 0xf == 0xf && kind != kind::OBJECT {
                let inside = self.inside(kind, flags >> 4, &place);
                if inside != Place::Master {
                    self.records(inner, after, inside, depth + 1, budget);
                }
                if kind == kind::SLIDE {
                    self.go_to(Place::Rest, budget);
                    self.hidden = false;
                }
            } else {
                let data = self.stream.get(inner..after).unwrap_or_default();
                self.atom(kind, flags >> 4, data, &place, budget);
            }
            at = after.max(at + 8);
        }
    }

    /// Texts of the outline follow their slide's entry in the list; notes name their slide.
    fn number(&mut self, kind: u16, at: usize, place: &mut Place) {
        match (kind, place) {
            (kind::PERSIST, Place::Slide(number)) => {
                self.listed.extend(u32_at(self.stream, at + 12));
                *number = self.listed.len();
            }
            (kind::NOTES_OF, Place::Notes(number)) => {
                let slide = u32_at(self.stream, at);
                if let Some(index) = self.listed.iter().position(|id| Some(*id) == slide) {
                    *number = index + 1;
                }
            }
            _ => {}
        }
    }

    /// The place of what a container holds.
    fn inside(&mut self, kind: u16, instance: u16, place: &Place) -> Place {
        match kind {
            kind::SLIDE => {
                self.slides += 1;
                Place::Slide(self.slides)
            }
            kind::NOTES => {
                self.notes += 1;
                Place::Notes(self.notes)
            }
            kind::MASTER | kind::HANDOUT => Place::Master,
            kind::LIST => match instance {
                0 => Place::Slide(0),
                1 => Place::Master,
                _ => Place::Notes(0),
            },
            kind::COMMENT => Place::Comments(self.slides),
            kind::LINK => Place::Links,
            kind::HEADERS if *place == Place::Rest => Place::Headers,
            _ => place.clone(),
        }
    }

    fn atom(&mut self, kind: u16, instance: u16, data: &[u8], place: &Place, budget: &mut Budget) {
        match kind {
            kind::SLIDE_INFO => self.hidden = u16_at(data, 10).is_some_and(|flags| flags & 4 != 0),
            kind::WIDE_TEXT => self.say(&utf16(data), place, budget),
            kind::TEXT => self.say(&latin1(data), place, budget),
            kind::STRING if *place == Place::Links => {
                budget.text("", Shown::Link, Writing::Plain, utf16(data));
            }
            kind::STRING if matches!(place, Place::Comments(_)) => self.say(&utf16(data), place, budget),
            // Names of fonts and of programs' tags are no text; those of headers and footers are.
            kind::STRING
                if instance <= 2 && matches!(place, Place::Slide(_) | Place::Notes(_) | Place::Headers) =>
            {
                self.say(&utf16(data), place, budget);
            }
            kind::OBJECT => self.object(instance, data, budget),
            kind::MACROS if u32_at(data, 4).is_some_and(|has| has != 0) => {
                budget.found("", TraitKind::Script(Script::Macro));
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str, place: &Place, budget: &mut Budget) {
        // Names of extensions.
        if text.starts_with("___PPT") {
            return;
        }
        if self.place != *place {
            self.go_to(place.clone(), budget);
        }
        self.text.push_str(&plain(text));
        self.text.push('\n');
    }

    /// Tells what was collected and begins another place.
    fn go_to(&mut self, place: Place, budget: &mut Budget) {
        let before = std::mem::replace(&mut self.place, place);
        let text = std::mem::take(&mut self.text);
        let (below, shown) = match before {
            Place::Slide(number) if self.hidden => (format!("slide {number}"), Shown::Hidden),
            Place::Slide(number) => (format!("slide {number}"), Shown::Visible),
            Place::Notes(number) => (format!("slide {number}/notes"), Shown::Hidden),
            Place::Comments(number) => (format!("slide {number}/comments"), Shown::Hidden),
            Place::Headers => ("header".to_owned(), Shown::Visible),
            _ => ("text".to_owned(), Shown::Hidden),
        };
        budget.text(&below, shown, Writing::Plain, text);
    }

    /// An embedded object or a project of macros (section 2.10.34): packed when its instance is 1.
    fn object(&mut self, instance: u16, data: &[u8], budget: &mut Budget) {
        let bytes = if instance == 1 {
            let packed = data.get(4..).unwrap_or_default();
            let most = budget.may_unpack(packed.len() as u64);
            let unpacked = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, most as usize);
            if unpacked.is_err() {
                budget.missed("object", "cfb", Reason::Malformed);
            }
            unpacked.unwrap_or_else(|broken| broken.output)
        } else {
            data.to_vec()
        };
        budget.unpacked(bytes.len() as u64);
        open::member(budget, "object", None, None, &bytes);
    }
}
