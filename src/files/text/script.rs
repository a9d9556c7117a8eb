//! What a page's script writes from numbers and escapes: the text that is in them, without running anything.

/// Codes in one list, and lists in one page.
const MOST_CODES: usize = 10_000;
const MOST_LISTS: usize = 2_000;
const LEAST_CODES: usize = 6;

/// Lists of character codes (`String.fromCharCode(72,105)`, `[0x48, 0x69]`), and texts in `\x48` escapes; and whether
/// there may be more.
pub fn texts(source: &str) -> (String, bool) {
    let (mut out, mut at, mut is_cut) = (String::new(), 0, true);
    for _ in 0..MOST_LISTS {
        let Some((text, end)) = next_list(source, at) else {
            is_cut = false;
            break;
        };
        out.push_str(&text);
        out.push('\n');
        at = end;
    }
    if memchr::memmem::find(source.as_bytes(), b"\\x").is_some() {
        out.push_str(&without_escapes(source));
    }
    (out, is_cut)
}

/// The next list of at least six codes of printable characters, and where it ends.
fn next_list(source: &str, from: usize) -> Option<(String, usize)> {
    let bytes = source.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let (mut text, mut end, mut codes) = (String::new(), at, 0);
        while let Some((code, next)) = code(source, end) {
            text.push(code);
            codes += 1;
            end = next;
            let comma = source.get(end..).map(|rest| rest.len() - rest.trim_start().len()).unwrap_or(0);
            if codes >= MOST_CODES || bytes.get(end + comma) != Some(&b',') {
                break;
            }
            let rest = source.get(end + comma + 1..).unwrap_or_default();
            end = source.len() - rest.trim_start().len();
        }
        if codes >= LEAST_CODES {
            return Some((text, end));
        }
        at = end.max(at + 1);
    }
    None
}

/// A number of up to five digits that is a printable character.
fn code(source: &str, at: usize) -> Option<(char, usize)> {
    let rest = source.get(at..)?;
    let (digits, radix, skip) = match rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        Some(digits) => (digits, 16, 2),
        None => (rest, 10, 0),
    };
    let length = digits.bytes().take(6).take_while(|b| char::from(*b).is_digit(radix)).count();
    let number = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    let c = char::from_u32(number).filter(|c| !c.is_control() || c.is_whitespace())?;
    (length < 6).then_some((c, at + skip + length))
}

fn without_escapes(source: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(source.len()), source);
    while let Some((before, after)) = rest.split_once("\\x") {
        out.push_str(before);
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                out.push(char::from(code));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push_str("\\x");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_escapes_are_undone() {
        assert_eq!(texts("write(String.fromCharCode(78, 105,97,32,0x46,108,121))").0, "Nia Fly\n");
        assert_eq!(texts("rgb(1,2,3); x = [1,2,3,4,5,6,7]").0, "");
        assert_eq!(texts("a('\\x4eia')").0, "a('Nia')");
    }

    #[test]
    fn a_page_of_numbers_costs_one_look() {
        let many = "65,".repeat(200_000);
        assert_eq!(texts(&many).0.lines().count(), 20);
    }
}
