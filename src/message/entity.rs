//! The named character references of HTML, whose table mail-parser has.

use mail_parser::decoders::html::add_html_token;

/// The character that `&name;` stands for. Names have letters and digits only, and case
/// matters; those that stand for two characters are not known.
pub fn entity(name: &str) -> Option<char> {
    if name.is_empty() || name.len() > 32 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let mut out = String::with_capacity(8);
    add_html_token(&mut out, format!("&{name};").as_bytes(), false);
    let mut chars = out.chars();
    chars.next().filter(|_| chars.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_and_others_are_not() {
        assert_eq!(entity("eacute"), Some('é'));
        assert_eq!(entity("amp"), Some('&'));
        assert_eq!(entity("ZeroWidthSpace"), Some('\u{200b}'));
        assert_eq!(entity("wcirc"), Some('ŵ'));
        assert_eq!(entity("Tab"), Some('\t'));
        assert_eq!(entity("nosuch"), None);
        assert_eq!(entity(""), None);
    }
}
