//! One leaf of a message: its transfer encoding and charset undone, and the other texts and files that a program may
//! make of the same bytes where they do not fit what is said of them.

use super::{
    Body, Reading, TransferEncoding,
    charset::{self, Fit},
    mime::Mime,
    pasted, protection,
    transfer::{self, is_data_line},
};
use std::borrow::Cow;

/// A leaf as it was read.
pub(super) struct Leaf<'a> {
    pub(super) body: Body<'a>,
    pub(super) seen: protection::Seen,
    pub(super) defects: Vec<&'static str>,
    /// What else its bytes may be.
    pub(super) others: Vec<Other<'a>>,
}

/// What a program may make of a leaf besides.
pub(super) struct Other<'a> {
    pub(super) media_type: String,
    pub(super) file_name: Option<String>,
    /// It was taken out of the text in which it was pasted.
    pub(super) is_pasted: bool,
    pub(super) body: Body<'a>,
}

/// Reads the encoded body of a leaf; what is a text in this reading is decoded to Unicode.
pub(super) fn read<'a>(mime: &Mime, encoded: &'a [u8], is_text: bool, reading: Reading) -> Leaf<'a> {
    let decoded = transfer::decode(mime.transfer_encoding, encoded);
    // What another program would show as a text although it is none says nothing that is not in the file.
    let is_text = is_text && (reading == Reading::First || !is_no_text(mime, &decoded.bytes));
    let mut defects = Vec::new();
    let mut others = Vec::new();
    if decoded.flawed {
        defects.push("bad-transfer-encoding");
    }
    otherwise_encoded(mime, encoded, &decoded, is_text, &mut others);
    let seen = protection::of(mime, &decoded.bytes);
    let body = if is_text {
        let pasted = pasted::files(&decoded.bytes);
        if pasted.len() == pasted::MOST {
            defects.push("too-many-parts");
        }
        others.extend(pasted.into_iter().map(|file| Other {
            media_type: "application/octet-stream".into(),
            file_name: Some(file.name),
            is_pasted: true,
            body: Body::Binary(Cow::Owned(file.bytes)),
        }));
        others.extend(charset::otherwise(&decoded.bytes, mime.charset.as_deref()).map(|text| Other {
            media_type: mime.media_type.clone(),
            file_name: mime.file_name.clone(),
            is_pasted: false,
            body: text_body(mime, Cow::Owned(text)),
        }));
        let (text, fit) = charset::decode(decoded.bytes, mime.charset.as_deref());
        match fit {
            Fit::Good => {}
            Fit::Damaged => defects.push("bad-charset"),
            Fit::Unknown => defects.push("unknown-charset"),
        }
        text_body(mime, text)
    } else {
        Body::Binary(decoded.bytes)
    };
    if let Some(name) = &mime.other_name {
        others.push(Other {
            media_type: mime.media_type.clone(),
            file_name: Some(name.clone()),
            is_pasted: false,
            body: body.clone(),
        });
    }
    Leaf { body, seen, defects, others }
}

/// Whether bytes have characters that no text has, but for those of two bytes.
fn is_no_text(mime: &Mime, bytes: &[u8]) -> bool {
    let is_wide = mime.charset.as_deref().is_some_and(|label| label.contains("16") || label.contains("32"));
    let is_marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    !is_wide && !is_marked && bytes.iter().any(|byte| matches!(byte, 0..=6 | 0x10..=0x1a))
}

fn text_body<'a>(mime: &Mime, text: Cow<'a, str>) -> Body<'a> {
    if mime.media_type == "text/html" { Body::Html(text) } else { Body::Text(text) }
}

/// What a body says that is not encoded as its label says: programs differ in what they believe.
fn otherwise_encoded<'a>(
    mime: &Mime,
    encoded: &'a [u8],
    decoded: &transfer::Decoded<'_>,
    is_text: bool,
    out: &mut Vec<Other<'a>>,
) {
    let of_type = |bytes: Vec<u8>| Other {
        media_type: mime.media_type.clone(),
        file_name: mime.file_name.clone(),
        is_pasted: false,
        body: match is_text && !is_no_text(mime, &bytes) {
            true => text_of(mime, true, bytes),
            false => Body::Binary(Cow::Owned(bytes)),
        },
    };
    match mime.transfer_encoding {
        TransferEncoding::Base64 if decoded.flawed => {
            let (plain, data) = transfer::parted(encoded);
            if plain.is_empty() {
                return;
            }
            out.extend(transfer::guessed(&plain).into_iter().chain([plain]).map(|words| Other {
                media_type: if is_text { mime.media_type.clone() } else { "text/plain".into() },
                file_name: None,
                is_pasted: false,
                body: text_of(mime, is_text, words),
            }));
            let data = transfer::decode(TransferEncoding::Base64, &data).bytes;
            if !data.is_empty() && data != decoded.bytes {
                out.push(of_type(data.into_owned()));
            }
        }
        TransferEncoding::Base64 => {}
        TransferEncoding::Unknown => out.extend(transfer::guessed(encoded).map(of_type)),
        // Text that is nothing but base64 is what somebody decodes; a file is known by its bytes anyway.
        _ => {
            let first = encoded.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
            if is_text && first.len() >= 40 && is_data_line(first) {
                let guessed = transfer::guessed(encoded);
                out.extend(guessed.filter(|bytes| std::str::from_utf8(bytes).is_ok()).map(of_type));
            }
        }
    }
}

/// Bytes as a text of the leaf's kind, or as words beside a file.
fn text_of<'a>(mime: &Mime, is_text: bool, bytes: Vec<u8>) -> Body<'a> {
    let text = Cow::Owned(charset::decode_text(Cow::Owned(bytes), mime.charset.as_deref()).into_owned());
    if is_text { text_body(mime, text) } else { Body::Text(text) }
}
