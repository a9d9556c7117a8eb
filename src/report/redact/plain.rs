//! A text as it is compared and given out: letters that HTML wrote by name become letters,
//! marks that take no room and could part a name go.

use crate::message::entity;

/// The longest name of a character that HTML knows is shorter.
const LONGEST: usize = 32;

pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match named(rest) {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out.retain(|c| !takes_no_room(c));
    out
}

fn takes_no_room(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// The character at the beginning of `text`, which begins with `&`, and how long it is written.
fn named(text: &str) -> Option<(char, usize)> {
    let end = text.char_indices().take(LONGEST).find(|(_, c)| *c == ';')?.0;
    let name = text.get(1..end)?;
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |h| u32::from_str_radix(h, 16)).ok()?;
            char::from_u32(code)?
        }
        None => entity(name)?,
    };
    (!c.is_control()).then_some((c, end + 1))
}
