//! Fields that Word draws from their own code (ECMA-376 part 1, section 17.16.5): buttons, formulas, signs.

pub(super) mod symbols;

/// What a field of this kind shows; its code begins with the kind.
pub(super) fn shown(kind: &str, code: &str) -> String {
    let rest = after_words(code, 1);
    match kind {
        // The name of a macro or of a place, then what the button says.
        "MACROBUTTON" | "GOTOBUTTON" => after_words(rest, 1).trim().to_owned(),
        "EQ" => formula(rest),
        "SYMBOL" => symbol(rest).map(String::from).unwrap_or_default(),
        _ => String::new(),
    }
}

fn after_words(text: &str, words: usize) -> &str {
    let mut rest = text.trim_start();
    for _ in 0..words {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or_default().trim_start();
    }
    rest
}

/// The letters of a formula (section 17.16.5.13): without its switches, their numbers and their brackets.
fn formula(code: &str) -> String {
    let mut out = String::new();
    let mut letters = code.trim().chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\\' => match letters.next() {
                Some(c) if c.is_ascii_alphabetic() => {
                    while letters.next_if(char::is_ascii_alphabetic).is_some() {}
                    while letters.next_if(char::is_ascii_digit).is_some() {}
                    while letters.next_if_eq(&' ').is_some() {}
                }
                sign => out.extend(sign),
            },
            '(' | ')' => {}
            // Between the parts of a fraction, a list, an array.
            ',' | ';' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The sign of a font (section 17.16.5.61): by its number, or as it is.
fn symbol(code: &str) -> Option<char> {
    let first = code.split_whitespace().next()?.trim_matches('"');
    let number = match first.strip_prefix("0x").or_else(|| first.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => first.parse().ok(),
    };
    let font = code.split_once("\\f").map(|(_, rest)| rest.trim_start()).unwrap_or_default();
    let font = match font.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => font.split_whitespace().next(),
    };
    match number {
        Some(number) => symbols::sign(font.unwrap_or_default(), number),
        None => first.chars().next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_show_what_their_code_says() {
        assert_eq!(shown("MACROBUTTON", " MACROBUTTON  NoMacro Click here, Nia "), "Click here, Nia");
        assert_eq!(shown("GOTOBUTTON", "GOTOBUTTON place page two"), "page two");
        assert_eq!(shown("MACROBUTTON", "MACROBUTTON"), "");
        assert_eq!(shown("EQ", " EQ \\s\\up0(Nia Fl)\\s\\do2 (ynn \\(9A\\)) "), "Nia Flynn (9A)");
        assert_eq!(shown("EQ", "EQ \\f(1,2)"), "1 2");
        assert_eq!(shown("EQ", r"EQ \s\up8(I will) \f(1;2) \(x\,y\)"), "I will 1 2 (x,y)");
        assert_eq!(shown("EQ", "EQ \\"), "");
        for (code, drawn) in [("8364 \\u", "€"), ("128", "€"), ("7", ""), ("", "")] {
            assert_eq!(shown("SYMBOL", &format!("SYMBOL {code}")), drawn, "{code}");
        }
        assert_eq!(shown("SYMBOL", " SYMBOL 85 \\f Arial "), "U");
        assert_eq!(shown("SYMBOL", " SYMBOL 0x4e \\f \"Times New Roman\" \\s 12"), "N");
    }
}
