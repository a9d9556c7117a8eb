//! Pictures: what their makers and cameras wrote into them. Their pixels are not read here.

mod boxes;
mod exif;
mod gif;
mod iptc;
mod jpeg;
mod png;
pub(super) mod svg;
mod xmp;

use super::{
    budget::{Budget, FileLimits},
    bytes::u32_le,
    kind::{self, Kind},
    model::{Limit, Reason, Shown, TraitKind, Writing},
    open,
};

/// A picture not larger than this holds no text worth a word: logos, icons, rules, marks that count who reads.
const SMALLEST_WITH_TEXT: (u32, u32) = (100, 40);

/// Texts that are kept of one picture.
const MOST_TEXTS: usize = 1_000;

/// What a picture's container says.
#[derive(Debug, Default)]
struct Picture {
    size: Option<(u32, u32)>,
    /// Names, captions, comments.
    texts: Vec<String>,
    has_location: bool,
    /// Where the picture ends in the file.
    end: Option<usize>,
    stopped: Option<Reason>,
}

pub(super) fn read(kind: Kind, bytes: &[u8], budget: &mut Budget) {
    let mut picture = Picture::default();
    let read = look(kind, bytes, &mut picture, budget);
    picture.tell(kind, read.is_none(), budget);
    behind(bytes, picture.end, budget);
}

/// Whether words may stand on this picture, of a kind that programs for reading them know.
pub(super) fn may_have_words(bytes: &[u8]) -> bool {
    let kind = kind::of(bytes);
    if !matches!(kind, Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Webp | Kind::Tiff | Kind::Bmp) {
        return false;
    }
    let mut picture = Picture::default();
    look(kind, bytes, &mut picture, &mut Budget::new(FileLimits::default()));
    picture.has_room()
}

fn look(kind: Kind, bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    match kind {
        Kind::Jpeg => jpeg::read(bytes, picture, budget),
        Kind::Png => png::read(bytes, picture, budget),
        Kind::Gif => gif::read(bytes, picture, budget),
        Kind::Webp => boxes::webp(bytes, picture, budget),
        Kind::Heic => boxes::heic(bytes, picture, budget),
        Kind::Tiff => exif::read(bytes, picture, budget),
        Kind::Bmp => {
            picture.size =
                u32_le(bytes, 18).zip(u32_le(bytes, 22).map(|height| (height as i32).unsigned_abs()));
            Some(())
        }
        _ => Some(()),
    }
}

impl Picture {
    fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if text.is_empty() || self.texts.iter().any(|known| known == text) {
            return;
        }
        if self.texts.len() < MOST_TEXTS {
            self.texts.push(text.to_owned());
        } else {
            self.stopped = Some(Reason::Limit(Limit::Steps));
        }
    }

    /// For words; a picture that does not say how large it is may have it.
    fn has_room(&self) -> bool {
        let is_small =
            |(width, height): (u32, u32)| width <= SMALLEST_WITH_TEXT.0 || height <= SMALLEST_WITH_TEXT.1;
        !self.size.is_some_and(is_small)
    }

    fn tell(&mut self, kind: Kind, broken: bool, budget: &mut Budget) {
        budget.found("", TraitKind::Image);
        if self.has_location {
            budget.found("", TraitKind::Location);
        }
        budget.text("metadata", Shown::Hidden, Writing::Plain, self.texts.join("\n"));
        if self.has_room() {
            budget.missed("", kind.word(), Reason::Picture);
        }
        if broken {
            budget.missed("metadata", kind.word(), Reason::Malformed);
        }
        if let Some(reason) = self.stopped {
            budget.missed("metadata", kind.word(), reason);
        }
    }
}

/// What was put behind a picture, where picture programs do not look. Cameras put thumbnails, films and
/// tables of their own there, which say nothing.
fn behind(bytes: &[u8], end: Option<usize>, budget: &mut Budget) {
    let Some(rest) = end.and_then(|end| bytes.get(end..)) else { return };
    let start = rest.iter().position(|byte| !matches!(byte, 0 | b'\r' | b'\n' | b' ')).unwrap_or(rest.len());
    let rest = rest.get(start..).unwrap_or_default();
    let is = kind::of(rest);
    // A zip there is found by its end, as for every kind of file.
    let told = is.is_picture()
        || is.is_zip()
        || matches!(is, Kind::Empty | Kind::Unknown | Kind::Video | Kind::Audio);
    if !told {
        open::within(Some("behind the picture"), None, rest, budget);
    }
}
