//! AppleSingle and AppleDouble (RFC 1740, appendices A and B), and the extended attributes that macOS writes
//! behind the Finder's entry (`attr_header` in xnu's vfs_xattr.c).

use super::{
    super::{
        budget::Budget,
        bytes::{slice, u16_be, u32_be, until_nul},
        kind::{self, Kind},
        model::{Limit, Reason, Shown, Writing},
        open::{self, File},
    },
    Untold, plist, resources,
};
use std::ops::Range;

/// Where the entries begin, and how long one is.
const ENTRIES: usize = 26;
const ENTRY: usize = 12;
/// Entries of one file; there are fifteen kinds.
const MOST_ENTRIES: usize = 64;
const MOST_ATTRIBUTES: usize = 256;
/// The Finder's own entry and what fills it up.
const FINDER: usize = 34;

pub(in super::super) fn read(file: &File<'_>, budget: &mut Budget) {
    let bytes = file.bytes;
    let mut untold = Untold::of(bytes);
    let count = u16_be(bytes, 24).map_or(0, usize::from);
    if count > MOST_ENTRIES {
        budget.missed("", "appledouble", Reason::Limit(Limit::Steps));
    }
    let entries: Vec<(u32, Range<usize>)> =
        (0..count.min(MOST_ENTRIES)).filter_map(|nth| entry(bytes, ENTRIES + nth * ENTRY)).collect();
    let real_name = entries.iter().find(|(id, _)| *id == 3).and_then(|(_, range)| bytes.get(range.clone()));
    let real_name = real_name.map(text);
    for (id, range) in entries {
        let content = bytes.get(range.clone()).unwrap_or_default();
        match id {
            1 => {
                let name = real_name.as_deref().or(file.name);
                let place = open::cleaned(name.unwrap_or("data"));
                open::member(budget, &place, name, None, content);
            }
            2 => resources::read(content, budget),
            3 | 13 => open::name(&text(content), budget),
            4 => budget.text("comment", Shown::Hidden, Writing::Plain, text(content)),
            9 => {
                attributes(bytes, range.start + FINDER, &mut untold, budget);
                continue;
            }
            // Icons, dates, and what other systems note of a file.
            5..=8 | 10..=12 | 14 | 15 => continue,
            _ if is_file(content) => open::member(budget, &format!("entry {id}"), None, None, content),
            _ => continue,
        }
        untold.told(range);
    }
    untold.tell(is_called_so(file), budget);
}

/// Whether name or type say that it only stands beside another file.
pub(super) fn is_called_so(file: &File<'_>) -> bool {
    kind::is_beside_a_file(file.name, file.media_type)
}

/// Number, and where the entry lies.
fn entry(bytes: &[u8], at: usize) -> Option<(u32, Range<usize>)> {
    let field = |nth: usize| u32_be(bytes, at + nth * 4);
    let start = usize::try_from(field(1)?).ok()?;
    let end = start.checked_add(usize::try_from(field(2)?).ok()?)?.min(bytes.len());
    (start < end).then_some((field(0)?, start..end))
}

/// Names and comments, which old systems wrote in their own charset.
fn text(bytes: &[u8]) -> String {
    let bytes = until_nul(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::MACINTOSH.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Whether bytes are more than a number or a note.
pub(super) fn is_file(bytes: &[u8]) -> bool {
    !matches!(kind::of(bytes), Kind::Unknown | Kind::Text | Kind::Empty)
}

/// Comments and tags of the Finder, where a file was loaded from, and whatever else programs note.
fn attributes(bytes: &[u8], at: usize, untold: &mut Untold, budget: &mut Budget) {
    if slice(bytes, at, 4) != Some(b"ATTR") {
        return;
    }
    let count = u16_be(bytes, at + 34).map_or(0, usize::from);
    if count > MOST_ATTRIBUTES {
        budget.missed("attributes", "appledouble", Reason::Limit(Limit::Steps));
    }
    let mut next = at + 36;
    for _ in 0..count.min(MOST_ATTRIBUTES) {
        let Some((name, range, end)) = attribute(bytes, next) else { break };
        next = end;
        let value = bytes.get(range.clone()).unwrap_or_default();
        if let Some(strings) = plist::strings(value, budget) {
            budget.text("attributes", Shown::Hidden, Writing::Plain, strings.join("\n"));
        } else if is_file(value) {
            open::member(budget, "attributes", None, None, value);
        } else if !name.starts_with("com.apple.")
            && let Ok(value) = std::str::from_utf8(value)
        {
            budget.text("attributes", Shown::Hidden, Writing::Plain, value.to_owned());
        } else {
            continue;
        }
        untold.told(range);
    }
}

/// Name, where the value lies, and where the next attribute begins.
fn attribute(bytes: &[u8], at: usize) -> Option<(String, Range<usize>, usize)> {
    let start = usize::try_from(u32_be(bytes, at)?).ok()?;
    let length = usize::try_from(u32_be(bytes, at + 4)?).ok()?;
    let name_length = usize::from(*bytes.get(at + 10)?);
    let name = String::from_utf8_lossy(until_nul(slice(bytes, at + 11, name_length)?)).into_owned();
    let end = start.checked_add(length)?.min(bytes.len());
    Some((name, start.min(end)..end, (at + 11 + name_length).next_multiple_of(4)))
}
