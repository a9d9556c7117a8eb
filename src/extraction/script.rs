//! Scripts of a page that is attached: the person who opens it sees what they write, and the gate does not run them.

use super::{TextKind, unseen};

/// Ways in which a script puts text on its page or makes it from something else.
const WRITES: &[&[u8]] = &[
    b"document.write",
    b"innerHTML",
    b"outerHTML",
    b"innerText",
    b"textContent",
    b"insertAdjacent",
    b"createTextNode",
    b"fromCharCode",
    b"fromCodePoint",
    b"unescape(",
    b"decodeURI",
    b"atob(",
    b"eval(",
];
/// Codes of one text, and texts of one page.
const LEAST: usize = 8;
const MOST: usize = 4_096;
const MOST_TEXTS: usize = 2_000;

/// Whether a script in it may show text that is written otherwise.
pub(super) fn writes(page: &str) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(page.as_bytes(), word).is_some();
    let has_script = || {
        memchr::memchr_iter(b'<', page.as_bytes()).any(|at| {
            page.as_bytes().get(at + 1..at + 7).is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
        })
    };
    WRITES.iter().any(|word| has(word)) && (has_script() || has(b"=\"javascript:") || has(b" on"))
}

/// Texts that are written as the numbers of their characters: `85,80,78` or `[0x55, 0x50]`. `is_cut` when there are more.
pub(super) fn from_codes(text: &str, kind: TextKind, is_cut: &mut bool) -> Option<String> {
    if kind != TextKind::Html || memchr::memmem::find(text.as_bytes(), b"script").is_none() {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    let mut texts = 0;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        if texts >= MOST_TEXTS {
            *is_cut = true;
            break;
        }
        rest = &rest[at..];
        let (written, length) = codes(rest);
        if written.chars().count() >= LEAST {
            out.push_str(&written);
            out.push('\n');
            texts += 1;
        }
        rest = &rest[length.max(1)..];
    }
    (unseen::digits(out.as_bytes()) >= LEAST).then_some(out)
}

/// The characters whose codes stand at the start of `text`, and the length of all of these.
fn codes(text: &str) -> (String, usize) {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (String::new(), 0);
    loop {
        let (radix, skip) = match bytes.get(at..at + 2) {
            Some(b"0x" | b"0X") => (16, 2),
            _ => (10, 0),
        };
        let digits =
            bytes.iter().skip(at + skip).take(8).take_while(|b| char::from(**b).is_digit(radix)).count();
        let end = at + skip + digits;
        let code = text.get(at + skip..end).and_then(|digits| u32::from_str_radix(digits, radix).ok());
        let readable = code.and_then(char::from_u32).filter(|c| !c.is_control() || c.is_whitespace());
        let Some(c) = readable.filter(|_| out.len() < MOST) else { return (out, end) };
        out.push(c);
        let between =
            bytes.iter().skip(end).take(8).take_while(|b| b.is_ascii_whitespace() || **b == b',').count();
        if between == 0 || !bytes.get(end + between).is_some_and(u8::is_ascii_digit) {
            return (out, end);
        }
        at = end + between;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_write_are_seen_and_their_codes_are_read() {
        let page =
            "<script>document.write(String.fromCharCode(85,80,78,32,72,56,48,49,50,0x33,52, 53,54))</script>";
        assert!(writes(page));
        assert_eq!(from_codes(page, TextKind::Html, &mut false).as_deref(), Some("UPN H80123456\n"));
        assert!(writes("<body onload=\"x.innerHTML = atob('VVBO')\">"));
        assert!(!writes("<script src=track.js></script><p>the innermost of all</p>"));
        assert!(!writes("<p>document.write is a function</p>"));
        assert_eq!(from_codes("<p>scripture 1,2,3,4,5,6,7,8,9,10</p>", TextKind::Html, &mut false), None);
    }

    #[test]
    fn many_numbers_cost_no_more_than_their_length() {
        let page = format!("<script>{}</script>", "85,".repeat(200_000));
        assert!(from_codes(&page, TextKind::Html, &mut false).is_none());
    }
}
