//! Objects in RTF: an OLE 1.0 stream ([MS-OLEDS] section 2.2) around a package, a compound file or a link.

use super::super::{
    archive::cp437,
    budget::Budget,
    bytes::{slice, u32_le, until_nul},
    model::{Reason, Script, Shown, TraitKind, Writing},
    open,
};

const LINKED: u32 = 1;
const EMBEDDED: u32 = 2;
/// The packager's objects, which hold any file.
const PACKAGE: &str = "Package";

/// Tells and opens the object in `data`, the `number`th of the document.
pub(super) fn read(data: &[u8], number: usize, budget: &mut Budget) {
    let place = format!("object {number}");
    if let Err(limit) = budget.member() {
        return budget.missed(&place, "ole", Reason::Limit(limit));
    }
    budget.found(&place, TraitKind::Script(Script::Embedded));
    if contents(data, &place, budget).is_none() {
        budget.missed(&place, "ole", Reason::Malformed);
        // Word repairs what is bent on purpose: whatever file is in it is looked for.
        let marks: [&[u8]; 4] = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"%PDF-", b"MZ"];
        let start = marks.iter().filter_map(|mark| memchr::memmem::find(data, mark)).min();
        if let Some(inner) = start.and_then(|start| data.get(start..)) {
            open::within(Some(&place), None, inner, budget);
        }
    }
}

fn contents(data: &[u8], place: &str, budget: &mut Budget) -> Option<()> {
    let format = u32_le(data, 4)?;
    let mut at = 8;
    let class = string(data, &mut at)?;
    let topic = string(data, &mut at)?;
    let item = string(data, &mut at)?;
    match format {
        LINKED => {
            budget.found(place, TraitKind::RemoteContent);
            budget.text(place, Shown::Link, Writing::Plain, format!("{topic} {item}"));
            Some(())
        }
        EMBEDDED => {
            let length = usize::try_from(u32_le(data, at)?).ok()?;
            let rest = data.get(at + 4..)?;
            let native = rest.get(..length).unwrap_or(rest);
            if class == PACKAGE && package(native, budget).is_some() {
                return Some(());
            }
            open::within(Some(place), None, native, budget);
            Some(())
        }
        _ => None,
    }
}

/// The packager's native data: a mark, the label, the path it came from, the path for it, the file.
fn package(native: &[u8], budget: &mut Budget) -> Option<()> {
    let mut at = 2;
    let label = terminated(native, &mut at)?;
    let path = terminated(native, &mut at)?;
    at += 4;
    let length = usize::try_from(u32_le(native, at)?).ok()?;
    let temporary = cp437(until_nul(slice(native, at + 4, length)?));
    at = at + 4 + length;
    let length = usize::try_from(u32_le(native, at)?).ok()?;
    let rest = native.get(at + 4..)?;
    for name in [&label, &path, &temporary] {
        open::name(name, budget);
    }
    open::within(Some(&label), None, rest.get(..length).unwrap_or(rest), budget);
    Some(())
}

fn terminated(bytes: &[u8], at: &mut usize) -> Option<String> {
    let text = until_nul(bytes.get(*at..)?);
    *at += text.len() + 1;
    Some(cp437(text))
}

/// A string with its length, the NUL at its end included.
fn string(bytes: &[u8], at: &mut usize) -> Option<String> {
    let length = usize::try_from(u32_le(bytes, *at)?).ok()?;
    let text = slice(bytes, *at + 4, length)?;
    *at += 4 + length;
    Some(cp437(until_nul(text)))
}
