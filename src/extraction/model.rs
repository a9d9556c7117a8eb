//! Fragments of text with their place and their normalised view.

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
}

/// The normalised text: NFKC, lower case, no zero-width characters, each run of white
/// space one space (a paragraph's end is one line feed).
#[derive(Debug, Default)]
pub struct View {
    pub text: String,
    pub map: OffsetMap,
}

/// Sparse map from offsets in the view to offsets in the source: between two entries
/// both advance in step.
#[derive(Debug, Default, Clone)]
pub struct OffsetMap {
    /// (offset in view, offset in source), both rising.
    steps: Vec<(u32, u32)>,
}

impl OffsetMap {
    /// From here on view offset `view` stands for source offset `source`.
    /// Calls come with rising `view`.
    pub fn push(&mut self, view: usize, source: usize) {
        let (view, source) = (view as u32, source as u32);
        match self.steps.last_mut() {
            Some(last) if last.0 == view => last.1 = source,
            _ => self.steps.push((view, source)),
        }
    }

    /// The source offset for a view offset.
    pub fn source(&self, view: usize) -> usize {
        let at = self.steps.partition_point(|(v, _)| *v as usize <= view);
        match at.checked_sub(1).map(|i| self.steps[i]) {
            Some((v, s)) => s as usize + (view - v as usize),
            None => view,
        }
    }

    /// The source range for a view range, cut to `len` bytes of source.
    pub fn range(&self, view: Range<usize>, len: usize) -> Range<usize> {
        let start = self.source(view.start).min(len);
        let end = if view.end > view.start { self.source(view.end - 1) + 1 } else { start };
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
    /// The worker that read it died.
    WorkerDied,
}

/// Something that detection has not seen.
#[derive(Clone, Debug)]
pub struct Unread {
    pub place: String,
    pub part: Option<usize>,
    pub media_type: String,
    pub reason: UnreadReason,
}

/// How much text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtractLimits {
    /// Bytes of decoded text in all fragments together; what lies beyond is
    /// `Unread { reason: Limit("text-bytes") }`.
    pub text_bytes: usize,
}

impl Default for ExtractLimits {
    fn default() -> Self {
        Self { text_bytes: 16 * 1024 * 1024 }
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
}
