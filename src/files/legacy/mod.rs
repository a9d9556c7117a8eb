//! Word, Excel and PowerPoint files of 1993 to 2003 and whatever else lies in compound files:
//! encrypted packages, metadata, macros, embedded objects.

mod characters;
pub(super) mod compound;
mod doc;
mod package;
mod ppt;
mod strings;
mod summary;
mod xls;
mod xls_crypt;
mod xls_sheet;

use super::{Budget, Limit, Reason, Script, Shown, TraitKind, Writing, hashing, open};
use compound::Compound;

pub(super) fn read(bytes: &[u8], budget: &mut Budget) {
    let Some(file) = Compound::open(bytes) else {
        return budget.missed("", "cfb", Reason::Malformed);
    };
    if file.is_cut {
        budget.missed("", "cfb", Reason::Limit(Limit::Steps));
    }
    if file.has("EncryptedPackage") {
        return package::read(&file, budget);
    }
    if !read_storage(&file, "", budget) {
        let is_mail = file.has("__properties_version1.0");
        let kind = if is_mail { "msg" } else { "cfb" };
        budget.missed("", kind, Reason::NotSupported);
    }
    read_embedded(&file, budget);
    let macros = file.entries.iter().any(|entry| {
        let last = entry.path.rsplit('/').next().unwrap_or_default();
        matches!(last.to_ascii_uppercase().as_str(), "VBA" | "_VBA_PROJECT" | "_VBA_PROJECT_CUR" | "MACROS")
    });
    if macros {
        budget.found("", TraitKind::Script(Script::Macro));
    }
}

/// A workbook's stream without a file around it.
pub(super) fn read_sheets(bytes: &[u8], budget: &mut Budget) {
    xls::read(bytes.to_vec(), budget);
}

/// A document's stream without a file around it.
pub(super) fn read_document(bytes: &[u8], budget: &mut Budget) {
    doc::read(bytes, &[], &[], budget);
}

/// What the streams of one storage are; `false` when they are nothing we know.
fn read_storage(file: &Compound<'_>, storage: &str, budget: &mut Budget) -> bool {
    let path = |name: &str| if storage.is_empty() { name.to_owned() } else { format!("{storage}/{name}") };
    let mut known = false;
    if let Some(main) = file.stream(&path("WordDocument")) {
        let table = |name: &str| file.stream(&path(name)).unwrap_or_default();
        doc::read(&main, &table("0Table"), &table("1Table"), budget);
        pictures(file, &path("Data"), budget);
        hashing::in_stream(&main, "document", budget);
        known = true;
    }
    for name in ["Workbook", "Book"] {
        if let Some(stream) = file.stream(&path(name)) {
            xls::read(stream, budget);
            known = true;
        }
    }
    if let Some(stream) = file.stream(&path("PowerPoint Document")) {
        let user = file.stream(&path("Current User")).unwrap_or_default();
        ppt::read(&stream, &user, budget);
        pictures(file, &path("Pictures"), budget);
        known = true;
    }
    for name in ["\u{5}SummaryInformation", "\u{5}DocumentSummaryInformation"] {
        if let Some(stream) = file.stream(&path(name)) {
            summary::read(&stream, budget);
        }
    }
    known
}

/// The stream in which a document keeps its pictures ([MS-ODRAW] section 2.2.23).
fn pictures(file: &Compound<'_>, path: &str, budget: &mut Budget) {
    if let Some(stream) = file.stream(path) {
        hashing::in_stream(&stream, &open::cleaned(path), budget);
    }
}

/// Objects within: documents as storages, packages and files as streams.
fn read_embedded(file: &Compound<'_>, budget: &mut Budget) {
    let storages = file.entries.iter().filter(|entry| entry.is_storage && !entry.path.is_empty());
    for storage in storages {
        if let Err(limit) = budget.step(1) {
            return budget.missed("", "cfb", Reason::Limit(limit));
        }
        let path = |name: &str| format!("{}/{name}", storage.path);
        let place = open::cleaned(&storage.path);
        if ["WordDocument", "Workbook", "Book", "PowerPoint Document"]
            .iter()
            .any(|name| file.has(&path(name)))
        {
            let read = |budget: &mut Budget| read_storage(file, &storage.path, budget);
            if let Err(limit) = budget.member().and_then(|()| budget.within(&place, read)) {
                budget.missed(&place, "cfb", Reason::Limit(limit));
            }
        }
        if let Some(native) = file.stream(&path("\u{1}Ole10Native")) {
            read_native(&native, &place, budget);
        }
        for name in ["Package", "CONTENTS", "Contents", "EmbeddedOdf", "package_stream"] {
            if let Some(bytes) = file.stream(&path(name)).filter(|bytes| bytes.len() > 8) {
                open::member(budget, &place, None, None, &bytes);
            }
        }
    }
    for entry in file.entries.iter().filter(|entry| !entry.is_storage && !entry.path.contains('/')) {
        if entry.path == "\u{1}Ole10Native" {
            let bytes = file.stream(&entry.path).unwrap_or_default();
            read_native(&bytes, "embedded", budget);
        } else if matches!(entry.path.as_str(), "Package" | "CONTENTS" | "EmbeddedOdf" | "package_stream") {
            let bytes = file.stream(&entry.path).unwrap_or_default();
            open::member(budget, "embedded", None, None, &bytes);
        }
    }
}

/// A file packed by Windows' object packager (MS-OLEDS, section 2.3.6): its name, two paths, its
/// bytes; or bytes alone.
fn read_native(stream: &[u8], place: &str, budget: &mut Budget) {
    budget.found(place, TraitKind::Script(Script::Embedded));
    let packed = || {
        let mut rest = stream.get(6..)?;
        let mut text = || {
            let end = memchr::memchr(0, rest)?;
            let (text, after) = rest.split_at(end);
            rest = after.get(1..)?;
            Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0.into_owned())
        };
        let (name, source) = (text()?, text()?);
        // Flags, then a second path with its length before it.
        let second = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?) as usize;
        let rest = rest.get(8usize.checked_add(second)?..)?;
        let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        let data = rest.get(4..)?;
        Some((name, source, data.get(..length).unwrap_or(data)))
    };
    match packed() {
        Some((name, source, data)) => {
            budget.text(place, Shown::Hidden, Writing::Plain, source);
            open::member(budget, place, Some(&name), None, data);
        }
        None => open::member(budget, place, None, None, stream.get(4..).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Reason, Script, Shown, TraitKind,
        fixture_tests::{has_missed, opened, text},
    };
    use std::io::{Cursor, Write as _};

    fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (path, bytes) in streams {
            if let Some((storage, _)) = path.rsplit_once('/').filter(|(storage, _)| !storage.is_empty()) {
                file.create_storage_all(storage).unwrap();
            }
            file.create_stream(path).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    #[test]
    fn packed_files_are_opened() {
        let mut native = vec![0, 0, 0, 0, 2, 0];
        native.extend(b"note.pdf\0C:\\pupils\\note.pdf\0\0\0\x03\0\x02\0\0\0x\0");
        native.extend(5u32.to_le_bytes());
        native.extend(b"%PDF-");
        let opened = opened(&compound(&[("/ObjectPool/_1/\u{1}Ole10Native", &native)]));
        assert_eq!(text(&opened, "ObjectPool/_1", Shown::FileName), "note.pdf");
        assert_eq!(text(&opened, "ObjectPool/_1", Shown::Hidden), "C:\\pupils\\note.pdf");
        assert!(opened.traits.iter().any(|t| t.kind == TraitKind::Script(Script::Embedded)));
    }

    #[test]
    fn macros_and_unknown_files_are_told() {
        let opened = opened(&compound(&[("/Macros/VBA/dir", b"x")]));
        assert!(opened.traits.iter().any(|t| t.kind == TraitKind::Script(Script::Macro)));
        assert!(has_missed(&opened, Reason::NotSupported));
    }

    /// A record: type, length, bytes.
    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [kind.to_le_bytes().as_slice(), &(data.len() as u16).to_le_bytes(), data].concat()
    }

    #[test]
    fn a_string_goes_on_in_the_next_record() {
        let bof = record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0]);
        // One string of six characters: three of one byte, then three of two.
        let strings = record(0xfc, &[1, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, b'a', b'b', b'c']);
        let rest = record(0x3c, &[1, b'd', 0, b'e', 0, 0x57, 1]);
        let cell = record(0xfd, &[6, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        let end = record(0x0a, &[]);
        let entry =
            |start: u32| record(0x85, &[&start.to_le_bytes()[..], &[0, 0, 3, 0, b'Y', b'9', b'a']].concat());
        let start = bof.len() + entry(0).len() + strings.len() + rest.len() + end.len();
        let stream = [bof.clone(), entry(start as u32), strings, rest, end.clone(), bof, cell, end].concat();
        let opened = opened(&compound(&[("/Workbook", &stream)]));
        let sheet = opened.pieces.iter().find(|piece| piece.place == "Y9a").unwrap();
        assert_eq!(sheet.text.trim(), "abcdeŗ");
        assert_eq!(sheet.anchors[0].label, "B7");
    }

    #[test]
    fn a_password_is_told() {
        let stream = [record(0x0809, &[0, 6, 5, 0]), record(0x2f, &[0, 0, 1, 2, 3, 4])].concat();
        assert!(has_missed(&opened(&compound(&[("/Workbook", &stream)])), Reason::Protected));
    }
}
