//! Characters that are written by their number in texts of spreadsheets: `_x0041_` (ECMA-376 part 1, section 22.9.2.19).

use std::borrow::Cow;

pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if memchr::memmem::find(text.as_bytes(), b"_x").is_none() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest, mut waiting) = (String::with_capacity(text.len()), text, None);
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 7).and_then(|code| code.strip_suffix('_'));
        let unit = code.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let (before, after) = match unit {
            Some(_) => (rest.get(..at), rest.get(at + 7..)),
            None => (rest.get(..at + 2), rest.get(at + 2..)),
        };
        let before = before.unwrap_or_default();
        out.push_str(before);
        rest = after.unwrap_or_default();
        let Some(unit) = unit else { continue };
        // Two halves of one character stand one after the other.
        let first = waiting.take().filter(|_| before.is_empty());
        match char::decode_utf16(first.into_iter().chain([unit])).next() {
            Some(Ok(c)) => out.push(c),
            _ => waiting = Some(unit),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(unescaped("a_x0042_c _x005F_x0041_ _x00G1_ _x"), "aBc _x0041_ _x00G1_ _x");
        assert_eq!(unescaped("_xD83D__xDE00_!"), "😀!");
        assert!(matches!(unescaped("plain"), Cow::Borrowed(_)));
    }
}
