//! Bytes to [`Message`].

use super::{Body, Disposition, Header, Message, Part, Protection, ReadLimits, TransferEncoding};
use std::borrow::Cow;

/// Reads `raw` (lines ended by CRLF or by LF) as a message. Never fails and never panics;
/// what is malformed or beyond a limit is named in [`Message::defects`].
pub fn read(raw: &[u8], _limits: ReadLimits) -> Message<'_> {
    let end = crate::mail::header_end(raw);
    let part = Part {
        path: "1".into(),
        parent: None,
        media_type: "application/octet-stream".into(),
        charset: None,
        flowed: false,
        transfer_encoding: TransferEncoding::Binary,
        disposition: Disposition::Inline,
        file_name: None,
        header_range: 0..end,
        body_range: end..raw.len(),
        body: Body::Binary(Cow::Borrowed(&raw[end..])),
        protection: Protection::None,
        signed: false,
        nesting: 0,
        inside: None,
    };
    Message { raw, header: Header::default(), parts: vec![part], defects: vec!["not-taken-apart"] }
}
