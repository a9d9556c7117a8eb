//! The charsets of RTF: of the document and of each font.

use super::super::{archive::cp437, text::charset::code_page};
use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};

#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    Windows(&'static Encoding),
    /// Code page 437 and its like.
    Dos,
}

impl Default for Charset {
    fn default() -> Self {
        Self::Windows(WINDOWS_1252)
    }
}

impl Charset {
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Windows(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            Self::Dos => cp437(bytes),
        }
    }

    pub(super) fn of_code_page(number: i32) -> Self {
        match number {
            437 | 850 | 860..=865 => Self::Dos,
            number => Self::Windows(code_page(u32::try_from(number).unwrap_or(0))),
        }
    }

    /// By `\fcharset`; `None` for the document's own.
    pub(super) fn of_font(number: i32) -> Option<Self> {
        Some(match number {
            77 => Self::Windows(MACINTOSH),
            128 => Self::of_code_page(932),
            129 | 130 => Self::of_code_page(949),
            134 => Self::of_code_page(936),
            136 => Self::of_code_page(950),
            161 => Self::of_code_page(1253),
            162 => Self::of_code_page(1254),
            163 => Self::of_code_page(1258),
            177 => Self::of_code_page(1255),
            178 => Self::of_code_page(1256),
            186 => Self::of_code_page(1257),
            204 => Self::of_code_page(1251),
            222 => Self::of_code_page(874),
            238 => Self::of_code_page(1250),
            254 | 255 => Self::Dos,
            _ => return None,
        })
    }
}
