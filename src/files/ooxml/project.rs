//! Macros of an office document as they lie in its package ([MS-OVBA] section 2.2.1): a compound file, by its streams
//! and not by its name.

use crate::files::legacy::compound::Compound;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Project {
    None,
    /// Nothing but macros and their forms.
    Alone,
    /// Something else lies with them.
    WithOthers,
}

/// Streams in which documents, objects and files lie.
const OTHERS: [&str; 11] = [
    "\u{1}Ole10Native",
    "Package",
    "CONTENTS",
    "Contents",
    "EmbeddedOdf",
    "package_stream",
    "WordDocument",
    "Workbook",
    "Book",
    "PowerPoint Document",
    "EncryptedPackage",
];

pub(super) fn of(bytes: &[u8]) -> Project {
    if !bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Project::None;
    }
    let Some(file) = Compound::open(bytes) else { return Project::None };
    let has_code = ["VBA/dir", "VBA/_VBA_PROJECT", "dir"].iter().any(|path| file.has(path));
    if !file.has("PROJECT") || !has_code {
        return Project::None;
    }
    let is_other = |path: &str| path.rsplit('/').next().is_some_and(|last| OTHERS.contains(&last));
    match file.entries.iter().any(|entry| !entry.is_storage && is_other(&entry.path)) {
        true => Project::WithOthers,
        false => Project::Alone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};

    fn compound(streams: &[&str]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_storage("/VBA").unwrap();
        for path in streams {
            file.create_stream(path).unwrap().write_all(b"x").unwrap();
        }
        file.into_inner().into_inner()
    }

    #[test]
    fn macros_are_known_by_their_streams() {
        assert_eq!(of(&compound(&["/PROJECT", "/VBA/dir"])), Project::Alone);
        assert_eq!(of(&compound(&["/PROJECT", "/VBA/dir", "/\u{1}Ole10Native"])), Project::WithOthers);
        assert_eq!(of(&compound(&["/\u{1}Ole10Native"])), Project::None);
        assert_eq!(of(b"plain"), Project::None);
    }
}
