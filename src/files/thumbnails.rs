//! `Thumbs.db`, which Windows up to 7 puts into folders of pictures, and later ones into shared folders: a compound
//! file with small copies of the pictures, and in older ones the names of their files.

use super::{
    budget::Budget,
    bytes::{find, printable},
    model::{Limit, Reason, Shown, Writing},
    open,
};
use std::io::{Cursor, Read as _};

/// A picture stands behind a short header.
const LONGEST_HEADER: usize = 64;
/// Pictures of one folder that are looked at.
const MOST: usize = 10_000;
const CATALOG: &str = "Catalog";

/// Whether every stream is called as there: by numbers, or by a size and a hash (`256_1a2b...`).
pub(super) fn is_one(file: &cfb::CompoundFile<Cursor<&[u8]>>) -> bool {
    let is_picture = |name: &str| {
        let (size, hash) = name.split_once('_').unwrap_or((name, "0"));
        let is = |text: &str, of: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| of(&byte));
        is(size, u8::is_ascii_digit) && is(hash, u8::is_ascii_hexdigit)
    };
    let mut pictures = 0usize;
    let known = file.read_root_storage().all(|entry| {
        let is_picture = is_picture(entry.name());
        pictures += usize::from(is_picture);
        entry.is_stream() && (is_picture || entry.name() == CATALOG)
    });
    known && pictures > 0
}

pub(super) fn read(bytes: &[u8], budget: &mut Budget) {
    let Ok(mut file) = cfb::CompoundFile::open(Cursor::new(bytes)) else {
        return budget.missed("", "cfb", Reason::Malformed);
    };
    let names: Vec<String> =
        file.read_root_storage().take(MOST + 1).map(|entry| entry.name().to_owned()).collect();
    if names.len() > MOST {
        budget.missed("", "cfb", Reason::Limit(Limit::Members));
    }
    for name in names.iter().take(MOST) {
        let mut content = Vec::new();
        // No stream is longer than the file.
        let stream = file.open_stream(format!("/{name}"));
        let read = stream.and_then(|stream| stream.take(bytes.len() as u64).read_to_end(&mut content));
        if read.is_err() {
            budget.missed(name, "cfb", Reason::Malformed);
        }
        if name == CATALOG {
            budget.text("names", Shown::Hidden, Writing::Plain, printable(&content));
            continue;
        }
        let head = content.get(..LONGEST_HEADER).unwrap_or(&content);
        let marks: [&[u8]; 2] = [b"\xff\xd8\xff", b"\x89PNG"];
        let start = marks.iter().filter_map(|mark| find(head, mark, 0)).min().unwrap_or(0);
        open::member(budget, name, None, None, content.get(start..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use crate::files::{Budget, FileLimits, Opened, Reason, open};
    use std::io::{Cursor, Write as _};

    fn opened(streams: &[(&str, Vec<u8>)]) -> Opened {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (name, content) in streams {
            file.create_stream(format!("/{name}")).unwrap().write_all(content).unwrap();
        }
        let mut budget = Budget::new(FileLimits::default());
        open(Some("Thumbs.db"), None, &file.into_inner().into_inner(), &mut budget);
        budget.finish()
    }

    #[test]
    fn pictures_and_names_are_read() {
        let scene = include_bytes!("../../tests/files/pictures/scene.jpg");
        let picture = [&[24; 24][..], scene].concat();
        let names: Vec<u8> = "Dafydd.jpg\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let read = opened(&[("1", picture.clone()), ("256_1a2b", picture.clone()), ("Catalog", names)]);
        assert!(read.missed.iter().all(|missed| missed.reason == Reason::Picture), "{read:?}");
        assert!(read.missed.iter().any(|missed| missed.place == "256_1a2b"), "{read:?}");
        assert!(read.pieces.iter().any(|piece| piece.text.contains("Dafydd.jpg")), "{read:?}");
        let read = opened(&[("1", picture), ("Other", vec![1; 20])]);
        assert!(read.missed.iter().any(|missed| missed.reason == Reason::NotSupported), "{read:?}");
    }
}
