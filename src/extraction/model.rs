//! Fragments of text with their place and their normalised view.

use crate::files::{Anchor, TraitKind};
use std::{borrow::Cow, ops::Range};

/// Where in a message a text stood, as far as it matters for judging it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    Subject,
    /// A display name or address of the header.
    Header,
    /// What a reader sees.
    Visible,
    /// What HTML hides: display:none, tiny or same-coloured text, comments, alt text.
    Hidden,
    /// A file name.
    FileName,
    /// A link's target.
    Link,
}

/// One stretch of text.
#[derive(Debug)]
pub struct Fragment<'a> {
    /// `subject`, `header/from`, `1`, `2/register.csv`.
    pub place: Cow<'a, str>,
    /// Index of the part in `Message::parts`, when it came from one.
    pub part: Option<usize>,
    pub layer: Layer,
    /// The text as decoded; spans of findings are byte ranges in it.
    pub source: Cow<'a, str>,
    pub view: View,
    /// Byte ranges of `view.text` that quote an earlier message, sorted.
    pub quoted: Vec<Range<usize>>,
    /// Put together or dug up by the gate (numbers written apart, fields that nobody sees): only rules with a strong
    /// check digit look at it.
    pub checked_only: bool,
    /// Finer places within `source`, rising: cells of a sheet.
    pub anchors: &'a [Anchor],
}

impl Fragment<'_> {
    /// The place of what begins at this byte of the source: `2/register.xlsx/Sheet1!B7`.
    pub fn place_at(&self, source: usize) -> Cow<'_, str> {
        let before = self.anchors.partition_point(|anchor| anchor.at as usize <= source);
        match before.checked_sub(1).and_then(|at| self.anchors.get(at)) {
            Some(anchor) => Cow::Owned(format!("{}!{}", self.place, anchor.label)),
            None => Cow::Borrowed(&self.place),
        }
    }
}

/// The normalised text: NFKC, lower case, typographic quotes and dashes as `'`, `"` and `-`,
/// no zero-width characters, no `>` before quoted lines, each run of white space one space
/// (a paragraph's end is one line feed).
#[derive(Debug, Default)]
pub struct View {
    pub text: String,
    pub map: OffsetMap,
}

/// Sparse map from offsets in the view to offsets in the source. Between two steps both
/// advance together, or one piece of the view stands for one piece of the source as a whole
/// (`fi` for a ligature, `é` for `&eacute;`): then every offset in it means that whole, so
/// that a range never begins or ends within a character.
#[derive(Debug, Default, Clone)]
pub struct OffsetMap {
    /// Rising in `view` and in `source`.
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    view: u32,
    source: u32,
    /// 0: both advance together; else the length of the piece of the source.
    whole: u32,
}

impl OffsetMap {
    /// From here on view offset `view` stands for source offset `source`.
    /// Calls come with rising `view`.
    pub fn push(&mut self, view: usize, source: usize) {
        let goes_on = self.steps.last().is_some_and(|last| {
            last.whole == 0
                && source.checked_sub(last.source as usize) == view.checked_sub(last.view as usize)
        });
        if !goes_on {
            self.step(view, source, 0);
        }
    }

    /// What the view has from `view` to the next step stands for `source` as a whole.
    pub fn replace(&mut self, view: usize, source: Range<usize>) {
        self.step(view, source.start, source.len().max(1));
    }

    fn step(&mut self, view: usize, source: usize, whole: usize) {
        let step = Step { view: view as u32, source: source as u32, whole: whole as u32 };
        match self.steps.last_mut() {
            Some(last) if last.view == step.view => *last = step,
            _ => self.steps.push(step),
        }
    }

    /// The view is cut to `len`, and so is the map.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.steps.last().is_some_and(|last| last.view as usize >= len) {
            self.steps.pop();
        }
    }

    fn at(&self, view: usize) -> Option<Step> {
        let at = self.steps.partition_point(|step| step.view as usize <= view);
        at.checked_sub(1).and_then(|i| self.steps.get(i).copied())
    }

    /// The source offset for a view offset.
    pub fn source(&self, view: usize) -> usize {
        match self.at(view) {
            Some(step) if step.whole > 0 => step.source as usize,
            Some(step) => step.source as usize + (view - step.view as usize),
            None => view,
        }
    }

    /// The source range for a view range, cut to `len` bytes of source.
    pub fn range(&self, view: Range<usize>, len: usize) -> Range<usize> {
        let start = self.source(view.start).min(len);
        if view.end <= view.start {
            return start..start;
        }
        let last = view.end - 1;
        let end = match self.at(last) {
            Some(step) if step.whole > 0 => (step.source + step.whole) as usize,
            _ => self.source(last) + 1,
        };
        start..end.clamp(start, len)
    }
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnreadReason {
    /// No reader for this format is built yet.
    FormatNotSupported,
    /// Protected by password or key.
    Protected,
    /// A limit was reached: size, parts, nesting, ratio, time.
    Limit(&'static str),
    /// Broken beyond reading.
    Malformed,
    /// The worker that read it ended; a stable word says how.
    WorkerDied(&'static str),
    /// A picture: words in it are not read.
    Picture,
    /// A picture that no list could be asked about; a stable word says why.
    NotCompared(&'static str),
    /// It was read, but other programs may read it otherwise.
    Ambiguous(Doubt),
}

/// How likely it is that another program shows something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Doubt {
    /// Careless programs write such mail.
    Damaged(&'static str),
    /// Hardly anything but a game.
    Crafted(&'static str),
}

/// Something that detection has not seen, or not as others may.
#[derive(Clone, Debug)]
pub struct Unread {
    pub place: String,
    pub part: Option<usize>,
    pub media_type: String,
    pub reason: UnreadReason,
}

/// Something about a file that is no text: a macro, a program, the place of a picture.
#[derive(Clone, Debug)]
pub struct FileTrait {
    pub place: String,
    pub part: usize,
    pub kind: TraitKind,
}

/// A link whose text, or what looks like a host before the host, names another than the one it leads to.
#[derive(Clone, Debug)]
pub struct OddLink {
    pub place: String,
    pub part: Option<usize>,
    /// Of the link's text, in the source of the part.
    pub span: Range<usize>,
    /// The two hosts.
    pub shown: String,
    pub target: String,
    pub trick: LinkTrick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkTrick {
    /// The text names another host.
    Host,
    /// The text is a mail address of another domain.
    Mailbox,
    /// A host stands where a user's name does: `https://oakfield.example@evil.example/`.
    BeforeTheHost,
    /// The text names another host, to which the target says that it leads on.
    LeadsOn,
}

/// How much text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtractLimits {
    /// Bytes of decoded text in all fragments together; what lies beyond is
    /// `Unread { reason: Limit("text-bytes") }`.
    pub text_bytes: usize,
    /// Elements and texts of one page that are laid out as a mail program would; a page with more, or one whose
    /// styles ask for more `page_steps`, is `Unread { reason: Limit("layout") }`.
    pub page_boxes: usize,
    /// How often rules of style sheets are held against the elements of one page, those around counted.
    pub page_steps: usize,
}

impl ExtractLimits {
    pub const DEFAULT: Self =
        Self { text_bytes: 16 * 1024 * 1024, page_boxes: 250_000, page_steps: 10_000_000 };
}

impl Default for ExtractLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    Plain,
    Html,
}

/// All that detection sees of a message.
#[derive(Debug, Default)]
pub struct Extract<'a> {
    pub fragments: Vec<Fragment<'a>>,
    pub unread: Vec<Unread>,
    pub traits: Vec<FileTrait>,
    pub odd_links: Vec<OddLink>,
}
