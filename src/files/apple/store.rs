//! The Finder's notes on a folder (`.DS_Store`): names of what lies or lay in it, and comments. Its records are
//! looked for wherever they stand, so that those that are no longer counted are read too.

use super::{
    super::{
        budget::Budget,
        bytes::{slice, u32_be},
        model::{Limit, Reason, Shown, Writing},
        open::File,
    },
    Untold,
    plist::utf16_be,
};

/// Characters of a name, as the file system allows them.
const LONGEST_NAME: usize = 255;
/// Types of a record's value.
const TYPES: [&[u8; 4]; 8] = [b"long", b"shor", b"bool", b"blob", b"type", b"ustr", b"comp", b"dutc"];

pub(in super::super) fn read(file: &File<'_>, budget: &mut Budget) {
    let bytes = file.bytes;
    let mut untold = Untold::of(bytes);
    let (mut names, mut texts) = (Vec::<String>::new(), String::new());
    let mut at = 0;
    while at < bytes.len() {
        let Some((name, value)) = record(bytes, at) else {
            at += 1;
            continue;
        };
        if budget.step(1).is_err() {
            budget.missed("", "ds-store", Reason::Limit(Limit::Steps));
            break;
        }
        let name = utf16_be(name);
        // Records of one file stand together.
        if names.last() != Some(&name) {
            names.push(name);
        }
        let text = Some(b"ustr").filter(|kind| slice(bytes, value - 4, 4) == Some(*kind)).and_then(|_| {
            let length = usize::try_from(u32_be(bytes, value)?).ok()?.checked_mul(2)?;
            slice(bytes, value + 4, length)
        });
        let end = value + text.map_or(0, |text| text.len() + 4);
        if let Some(text) = text {
            texts.push_str(&utf16_be(text));
            texts.push('\n');
        }
        untold.told(at..end);
        at = end;
    }
    budget.text("names", Shown::Hidden, Writing::Plain, names.join("\n"));
    budget.text("comments", Shown::Hidden, Writing::Plain, texts);
    let is_called_so = file.name.is_some_and(super::super::kind::is_finders);
    untold.tell(is_called_so, budget);
}

/// The name in a record that begins at `at`, and where its value begins: length and name in UTF-16, what is noted,
/// the type of the value.
fn record(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length =
        usize::try_from(u32_be(bytes, at)?).ok().filter(|length| (1..=LONGEST_NAME).contains(length))?;
    let behind = at + 4 + length * 2;
    let (what, kind) = (slice(bytes, behind, 4)?, slice(bytes, behind + 4, 4)?);
    let is_one =
        TYPES.iter().any(|known| known.as_slice() == kind) && what.iter().all(u8::is_ascii_alphanumeric);
    is_one.then_some((bytes.get(at + 4..behind)?, behind + 8))
}
