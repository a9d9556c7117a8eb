//! Whether a page is to be read again as it is shown: what the first reading saw that may put its characters in another
//! order, hide some, or show others. Each costs the first reading next to nothing.

use super::{
    super::{ExtractLimits, host::percent_decoded},
    boxes::Boxes,
    entity::resolved,
    own::Own,
    page::{self, Eyes},
    sheet::{Case, Sheet},
    shown::{self, Shown, ShownAs},
    splinters,
};

/// Short pieces of text of which nobody knows where they are shown.
const UNCERTAIN: u32 = 4;
/// Single characters in elements of their own.
const SINGLES: u32 = 8;
/// Coloured cells of a few pixels of which a picture consists; of the size of letters.
const DRAWN: u32 = 48;
const SMALL: f32 = 10.0;
/// Links that a `base` completes.
const MOST_LINKS: usize = 1_000;
const LONGEST_BASE: usize = 2_000;

/// What the first reading saw.
pub(in crate::extraction) struct Again {
    pub(super) sheet: Sheet,
    /// Pieces of numbers that styles move.
    pub(super) moved: u32,
    /// Pieces that a style sheet hides, in a word or as long as a character.
    pub(super) hidden: u32,
    /// Lists with numbers of their own.
    pub(super) numbered: bool,
    /// Conditional comments with text, or values in quotes that swallow tags.
    pub(super) office: bool,
    pub(super) singles: u32,
    /// Empty coloured cells of a few pixels.
    pub(super) cells: u32,
    /// A style sheet stands behind text.
    pub(super) late: bool,
    /// Elements that begin within a word.
    pub(super) splits: usize,
    links: String,
    /// What links put into a message or a form for whoever follows them.
    filled: String,
    fills_more: bool,
    base: Option<String>,
}

/// What a page shows besides what is written, and whether somebody may see something else still.
#[derive(Debug, Default)]
pub(in crate::extraction) struct Seen {
    pub(in crate::extraction) shown: Vec<Shown>,
    pub(in crate::extraction) doubt: Option<&'static str>,
    /// More than is read in this way.
    pub(in crate::extraction) is_cut: bool,
}

impl Again {
    pub(super) fn new(source: &str) -> Self {
        Self {
            sheet: Sheet::new(Case::of(source)),
            moved: 0,
            hidden: 0,
            numbered: false,
            office: false,
            singles: 0,
            cells: 0,
            late: false,
            splits: 0,
            links: String::new(),
            filled: String::new(),
            fills_more: false,
            base: None,
        }
    }

    /// The address that completes the links behind it.
    pub(super) fn base(&mut self, address: &str) {
        let address = address.trim();
        if self.base.is_none() && address.len() <= LONGEST_BASE && address.contains("//") {
            self.base = Some(address.to_owned());
        }
    }

    /// The texts in a link's query (`mailto:?body=`, RFC 6068; forms, messengers): what has a space is written by a person.
    pub(super) fn fill(&mut self, target: &str) {
        let Some((_, query)) = target.split_once('?') else { return };
        if !query.contains(['%', '+']) {
            return;
        }
        if self.filled.len() > MOST_LINKS * 100 {
            self.fills_more = true;
            return;
        }
        let query = resolved(query).replace('+', " ");
        for value in query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value) {
            let text = percent_decoded(value);
            if text.trim().contains(char::is_whitespace) {
                self.filled.push_str(&text);
                self.filled.push('\n');
            }
        }
    }

    /// A link, as it is with the page's base (RFC 3986, section 5.2, without dots).
    pub(super) fn link(&mut self, target: &str) {
        let Some(base) = &self.base else { return };
        let target = target.trim();
        let is_whole = target.starts_with("//")
            || target.split_once(':').is_some_and(|(scheme, _)| {
                !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            });
        if is_whole || target.len() > LONGEST_BASE || self.links.len() > MOST_LINKS * 100 {
            return;
        }
        let host = base.find("//").map_or(0, |at| at + 2);
        let path = base[host..].find('/').map_or(base.len(), |at| host + at);
        let without = base.find(['?', '#']).unwrap_or(base.len()).max(path);
        let kept = match target.bytes().next() {
            Some(b'/') => &base[..path],
            Some(b'?') => &base[..without],
            Some(b'#') => base,
            _ => &base[..base[..without].rfind('/').filter(|at| *at >= path).map_or(without, |at| at + 1)],
        };
        self.links.push_str(kept);
        if kept.len() == path && !target.starts_with(['/', '?', '#']) {
            self.links.push('/');
        }
        self.links.push_str(target);
        self.links.push('\n');
    }

    /// A coloured box of this size.
    pub(super) fn cell(&mut self, width: Option<f32>, height: Option<f32>) {
        let small = |size: Option<f32>| size.is_some_and(|n| n <= SMALL);
        self.cells += u32::from(small(width) && small(height));
    }

    /// Reads the page again, where that may show something.
    pub(in crate::extraction) fn read(&self, source: &str, limits: ExtractLimits) -> Seen {
        let mut seen = Seen::default();
        let own = match memchr::memmem::find(source.as_bytes(), b"<!ENTITY") {
            Some(_) => Own::of(source),
            None => Own::default(),
        };
        let by_sheet = self.hidden > 0 || self.sheet.generates || self.late && !self.sheet.is_idle();
        let partly = self.sheet.is_partial && self.singles >= SINGLES;
        if self.moved > 0 || by_sheet || self.numbered || partly || !own.is_empty() {
            let boxes = self.with_eyes(source, &own, Eyes::Standard, limits, &mut seen);
            if boxes.uncertain >= UNCERTAIN || partly {
                seen.doubt = Some("letters moved one by one");
            }
        }
        if self.office {
            let _ = self.with_eyes(source, &own, Eyes::Office, limits, &mut seen);
        }
        if self.splits >= splinters::LEAST {
            let (shown, is_whole) = splinters::without(source);
            seen.shown.extend(shown);
            seen.is_cut |= !is_whole;
        }
        if !self.links.is_empty() {
            seen.shown.push(Shown { text: self.links.clone(), kind: ShownAs::Link });
        }
        seen.is_cut |= self.fills_more;
        if !self.filled.is_empty() {
            seen.shown.push(Shown { text: self.filled.clone(), kind: ShownAs::Filled });
        }
        if self.cells >= DRAWN {
            seen.doubt = Some("drawn, not written");
        }
        seen
    }

    fn with_eyes(
        &self,
        source: &str,
        own: &Own,
        eyes: Eyes,
        limits: ExtractLimits,
        seen: &mut Seen,
    ) -> Boxes {
        let mut boxes = page::read(source, &self.sheet, own, eyes, limits);
        let (shown, is_whole) = shown::write(source, own, &mut boxes);
        seen.shown.extend(shown);
        seen.is_cut |= !is_whole;
        boxes
    }
}
