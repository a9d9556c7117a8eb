//! Messages of any size from a fixed seed: school prose in plain text and HTML,
//! quoted-printable and base64, the larger ones with attachments.

use base64::Engine as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::fmt::Write as _;

const WORDS: &str = "the a of to and in for on with at we you your our please lesson homework register tutor \
    year group pupils parents carers staff teacher office lunch timetable Friday morning assembly exam coursework \
    certificate report meeting appointment policy rehearsal fixture raffle volunteer website password message \
    document café tŷ don’t 10:30 £5.00 allergy medicine permission";

fn prose(random: &mut StdRng, bytes: usize) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let (mut out, mut line) = (String::new(), 0);
    while out.len() < bytes {
        let word = words[random.random_range(0..words.len())];
        line += word.len() + 1;
        out.push_str(word);
        out.push_str(match line {
            0..=72 => " ",
            _ if random.random_range(0..5) == 0 => ".\r\n\r\n",
            _ => "\r\n",
        });
        line = if line > 72 { 0 } else { line };
    }
    out
}

fn html(text: &str) -> String {
    let mut out =
        String::from("<!DOCTYPE html><html><head><style>p{margin:0 0 8pt 0}</style></head><body>\r\n");
    for paragraph in text.split("\r\n\r\n") {
        let lines = paragraph.replace("\r\n", "<br>\r\n");
        let _ = write!(
            out,
            "<p class=\"MsoNormal\" style=\"margin:0cm 0cm 8pt;color:#1f1f1f\"><span>{lines}</span></p>\r\n"
        );
    }
    out + "<a href=\"https://oakfield.example/?a=1&amp;b=2\">Site</a><img alt=logo></body></html>\r\n"
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split("\r\n") {
        let mut length = 0;
        for byte in line.bytes() {
            if length > 70 {
                out.push_str("=\r\n");
                length = 0;
            }
            match byte {
                b'=' | 128.. => {
                    let _ = write!(out, "={byte:02X}");
                    length += 3;
                }
                _ => {
                    out.push(char::from(byte));
                    length += 1;
                }
            }
        }
        out.push_str("\r\n");
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    let digits = base64::engine::general_purpose::STANDARD.encode(bytes);
    digits.as_bytes().chunks(76).fold(String::new(), |mut out, line| {
        out.push_str(std::str::from_utf8(line).unwrap());
        out.push_str("\r\n");
        out
    })
}

/// A message of about `bytes`; from 64 KiB on, four fifths of it are an attachment.
pub(crate) fn message(bytes: usize) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(bytes as u64);
    let attachment = if bytes >= 64 * 1024 { bytes / 5 * 4 } else { 0 };
    let text = prose(&mut random, bytes.saturating_sub(attachment + 900) / 2);
    let file: Vec<u8> = (0..attachment / 4 * 3).map(|_| random.random()).collect();
    format!(
        "Received: from a.example by b.example; Fri, 20 Nov 2026 10:15:00 +0000\r\n\
         From: =?utf-8?B?U2nDtG4gUGFycnk=?= <s.parry@oakfield.example>\r\nTo: Office <office@riverside.example>\r\n\
         Subject: Trip on Friday\r\nMessage-ID: <1@oakfield.example>\r\nDate: Fri, 20 Nov 2026 10:15:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"----=_Outer\"\r\n\r\n------=_Outer\r\n\
         Content-Type: multipart/alternative; boundary=\"----=_Inner\"\r\n\r\n------=_Inner\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n\
         ------=_Inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n\
         ------=_Inner--\r\n------=_Outer\r\nContent-Type: image/jpeg; name=photo.jpg\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}------=_Outer--\r\n",
        quoted_printable(&text),
        html(&text),
        base64(&file),
    )
    .into_bytes()
}
