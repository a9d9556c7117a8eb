//! Fields that are drawn from their code (ECMA-376 part 1, section 17.16.5; Word's EQ is of older make).

use super::charset::Charset;

/// The words of an equation such as `\s\up8(a) \f(1;2)`: its switches, brackets and dividers left out.
pub(super) fn equation(code: &str) -> String {
    let mut out = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.peek() {
                Some(c) if c.is_ascii_alphabetic() => {
                    while chars.next_if(char::is_ascii_alphanumeric).is_some() {}
                }
                // A bracket or divider that is shown.
                Some(_) => out.extend(chars.next()),
                None => {}
            },
            '(' | ')' => {}
            ',' | ';' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The character of a number in Windows' Latin charset, or in Unicode.
pub(super) fn symbol(code: &str) -> String {
    let number = code.split_whitespace().next().unwrap_or_default();
    let number = match number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    };
    match number.map(|number| (u8::try_from(number), char::from_u32(number))) {
        Some((Ok(byte @ 0x20..), _)) => Charset::of_code_page(1252).decode(&[byte]),
        Some((Err(_), Some(c))) => c.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_they_are_drawn() {
        assert_eq!(equation(r"\s\up8(I will) \f(1;2) \(x\,y\)"), "I will 1 2 (x,y)");
        assert_eq!(equation("\\"), "");
        for (code, drawn) in
            [("75 \\f Arial", "K"), ("0x41", "A"), ("8364 \\u", "€"), ("128", "€"), ("7", ""), ("x", "")]
        {
            assert_eq!(symbol(code), drawn, "{code}");
        }
    }
}
