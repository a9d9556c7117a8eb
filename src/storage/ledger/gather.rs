//! Anchors as they come back from outside: lines of a file share, saved mails, answers of a
//! web service. Whatever lies around them is passed over; a line that is marked as an
//! anchor and cannot be read is not.

use super::{
    check::Gathered,
    signed::{MARK, SignedHead},
};
use crate::message::{Body, ReadLimits, read};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// An hour's anchor is half a KiB: this is more than ten years of them in one file.
const LARGEST_FILE: u64 = 64 << 20;
const MOST_FILES: usize = 100_000;
const DEEPEST_FOLDER: usize = 4;

/// Every anchor in a file, or in all files of a folder and below.
pub fn gather_anchors(path: &Path) -> io::Result<Vec<Gathered>> {
    let mut files = BTreeSet::new();
    collect(path, DEEPEST_FOLDER, &mut files)?;
    let mut found = Vec::new();
    for file in files {
        if fs::metadata(&file)?.len() > LARGEST_FILE {
            let why = format!("{} is larger than {} MiB", file.display(), LARGEST_FILE >> 20);
            return Err(io::Error::other(why));
        }
        in_file(&file.display().to_string(), &fs::read(&file)?, &mut found);
    }
    Ok(found)
}

fn collect(path: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        files.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        if depth == 0 || files.len() >= MOST_FILES {
            return Err(io::Error::other("the folder holds too many files, or folders too deep"));
        }
        collect(&entry?.path(), depth - 1, files)?;
    }
    Ok(())
}

fn in_file(name: &str, bytes: &[u8], found: &mut Vec<Gathered>) {
    let before = found.len();
    in_text(name, &String::from_utf8_lossy(bytes), found);
    if found[before..].iter().any(|g| g.head.is_none()) || found.len() == before {
        // A mail whose transfer encoding breaks or hides the line.
        let mut decoded = Vec::new();
        for part in read(bytes, ReadLimits::default()).parts {
            if let Body::Text(text) | Body::Html(text) = &part.body {
                in_text(name, text, &mut decoded);
            }
        }
        if !decoded.is_empty() && decoded.iter().all(|g| g.head.is_some()) {
            found.truncate(before);
            found.extend(decoded);
        }
    }
}

fn in_text(name: &str, text: &str, found: &mut Vec<Gathered>) {
    for (n, line) in text.lines().enumerate().filter(|(_, line)| line.contains(MARK)) {
        let line = line.trim_start_matches(['>', ' ']).trim_end();
        // The text that was signed may stand beside the line; it is no anchor.
        if line.starts_with('{') {
            let head = serde_json::from_str::<SignedHead>(line).ok();
            found.push(Gathered { place: format!("{name} line {}", n + 1), head });
        }
    }
}
