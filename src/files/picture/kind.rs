//! Kinds of pictures by their first bytes, never by name.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PictureKind {
    Jpeg,
    Png,
    Gif,
    WebP,
    Bmp,
    Tiff,
    /// Pixels as they are, in a document.
    Pixels,
    /// A picture that we know of and do not decode: HEIC, AVIF, JPEG 2000, JPEG XL, icons, Photoshop.
    Other,
}

impl PictureKind {
    /// A stable word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Pixels => "pixels",
            Self::Other => "picture",
        }
    }

    /// `None` for what begins like none of them.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        let at = |from: usize, magic: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(magic));
        let brand = || bytes.get(8..11).filter(|_| at(4, b"ftyp"));
        Some(match () {
            () if starts(b"\xff\xd8\xff") => Self::Jpeg,
            () if starts(b"\x89PNG\r\n\x1a\n") => Self::Png,
            () if starts(b"GIF87a") || starts(b"GIF89a") => Self::Gif,
            () if starts(b"RIFF") && at(8, b"WEBP") => Self::WebP,
            // The reserved words of a bitmap's header are 0; "BM" alone begins many a text.
            () if starts(b"BM") && at(6, &[0; 4]) => Self::Bmp,
            () if starts(b"II*\0") || starts(b"MM\0*") => Self::Tiff,
            // BigTIFF, which viewers open and our decoder's copy of a page cannot patch.
            () if starts(b"II+\0") || starts(b"MM\0+") => Self::Other,
            () if brand().is_some_and(|brand| {
                [b"hei", b"hev", b"mif", b"msf", b"avi"].iter().any(|b| brand == *b)
            }) =>
            {
                Self::Other
            }
            () if at(4, b"jP  ") || starts(b"\xff\x4f\xff\x51") => Self::Other,
            () if starts(b"\xff\x0a") || at(4, b"JXL ") => Self::Other,
            () if starts(b"8BPS") || starts(b"\0\0\x01\0") => Self::Other,
            () => return None,
        })
    }
}
