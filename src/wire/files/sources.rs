//! Walks paths and yields their messages, one at a time.

use super::{
    FileLimits, Source, Unreadable,
    mbox::{Mbox, is_separator},
};
use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// The messages of `paths` in that order; `-` is standard input.
///
/// A folder gives its files sorted by name, folders within it included; one that holds
/// `cur` and `new` is a Maildir and gives those two and its subfolders. A file that begins
/// with a From line is an mbox, any other file is one message, whatever its name. Memory is
/// bounded by the largest message and the names of the folders that are open.
pub fn sources(paths: Vec<PathBuf>, limits: FileLimits) -> Sources {
    let waiting = paths.into_iter().rev().map(|path| Waiting { path, found: 0 }).collect();
    Sources { waiting, mbox: None, limits }
}

/// The iterator that [`sources`] returns.
pub struct Sources {
    /// Paths still to be read, the next one last.
    waiting: Vec<Waiting>,
    mbox: Option<(PathBuf, Mbox)>,
    limits: FileLimits,
}

struct Waiting {
    path: PathBuf,
    /// In how many folders it was found; 0 when the user named it.
    found: usize,
}

impl Iterator for Sources {
    type Item = Result<Source, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, mbox)) = &mut self.mbox {
                if let Some((index, item)) = mbox.next(self.limits.message_bytes) {
                    let path = path.clone();
                    return Some(match item {
                        Ok(raw) => Ok(Source { path, index, raw: raw.into() }),
                        Err(reason) => Err(Unreadable { path, index, reason }),
                    });
                }
                self.mbox = None;
            }
            let Waiting { path, found } = self.waiting.pop()?;
            match self.open(&path, found) {
                Ok(None) => {}
                Ok(Some(raw)) => return Some(Ok(Source { path, index: 0, raw: raw.into() })),
                Err(reason) => return Some(Err(Unreadable { path, index: 0, reason })),
            }
        }
    }
}

impl Sources {
    /// Begins with a path: a folder's entries are put in line, an mbox is kept open, any
    /// other file is read.
    fn open(&mut self, path: &Path, found: usize) -> Result<Option<Vec<u8>>, String> {
        if path.as_os_str() == "-" && found == 0 {
            return self.stream(path, Box::new(io::stdin()));
        }
        let kind = match found {
            0 => fs::metadata(path),
            _ => fs::symlink_metadata(path),
        }
        .map_err(reason)?
        .file_type();
        // Below a folder, a link to a folder could lead in circles.
        let kind = match kind.is_symlink() {
            true => fs::metadata(path).map_err(reason)?.file_type(),
            false if kind.is_dir() => return self.folder(path, found).map(|()| None),
            false => kind,
        };
        if kind.is_dir() {
            return Err("a link to a folder, which is not followed".into());
        }
        if found > 0 && !kind.is_file() {
            return Err("neither a file nor a folder".into());
        }
        self.stream(path, Box::new(fs::File::open(path).map_err(reason)?))
    }

    fn folder(&mut self, path: &Path, found: usize) -> Result<(), String> {
        if found >= self.limits.depth {
            return Err("too many folders within folders".into());
        }
        let entries = fs::read_dir(path).map_err(reason)?;
        let mut names: Vec<PathBuf> =
            entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(reason)?;
        names.sort_unstable();
        if path.join("cur").is_dir() && path.join("new").is_dir() {
            // A Maildir: `tmp` holds what is not delivered yet, files beside are indexes.
            names.retain(|name| name.is_dir() && !name.ends_with("tmp"));
        }
        self.waiting.extend(names.into_iter().rev().map(|path| Waiting { path, found: found + 1 }));
        Ok(())
    }

    fn stream(&mut self, path: &Path, input: Box<dyn Read + Send>) -> Result<Option<Vec<u8>>, String> {
        let mut input = BufReader::with_capacity(64 * 1024, input);
        let head = loop {
            match input.fill_buf() {
                Ok(head) => break head,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(reason(e)),
            }
        };
        if head.is_empty() {
            return Err("empty".into());
        }
        if is_separator(head) {
            self.mbox = Some((path.to_owned(), Mbox::new(input)));
            return Ok(None);
        }
        let limit = self.limits.message_bytes;
        let mut raw = Vec::new();
        input.take(limit as u64 + 1).read_to_end(&mut raw).map_err(reason)?;
        if raw.len() > limit {
            return Err(too_large(limit));
        }
        Ok(Some(raw))
    }
}

fn reason(e: io::Error) -> String {
    e.kind().to_string()
}

pub(super) fn too_large(limit: usize) -> String {
    format!("larger than the limit of {limit} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths relative to the folder, indexes and texts; `Err` with the reason.
    fn read(root: &Path, limits: FileLimits) -> Vec<Result<(String, usize, String), String>> {
        sources(vec![root.to_owned()], limits)
            .map(|item| match item {
                Ok(s) => {
                    let path = s.path.strip_prefix(root).unwrap().display().to_string();
                    Ok((path, s.index, String::from_utf8_lossy(&s.raw).into_owned()))
                }
                Err(e) => Err(format!("{}: {}", e.path.strip_prefix(root).unwrap().display(), e.reason)),
            })
            .collect()
    }

    fn ok(path: &str, index: usize, text: &str) -> Result<(String, usize, String), String> {
        Ok((path.into(), index, text.into()))
    }

    #[test]
    fn folders_are_walked_in_order_and_nothing_is_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("b.eml", "Subject: b\n\nb");
        write("a/z", "any");
        write(
            "c.mbox",
            "From x@y.example Fri Nov 20 10:15:00 2026\nA: 1\n\n>From a\n\nFrom x@y.example Fri Nov 20 10:16:00 2026\nA: 2\n\nbody that is far too long\n",
        );
        write("d/cur/1:2,S", "cur");
        write("d/new/2", "new");
        write("d/tmp/3", "tmp");
        write("d/dovecot.index", "index");
        write("d/.Sent/cur/4", "sent");
        write("d/.Sent/new/5", "sent");
        write("e", "");
        std::os::unix::fs::symlink(dir.path(), dir.path().join("f")).unwrap();
        std::os::unix::fs::symlink("missing", dir.path().join("g")).unwrap();
        let limits = FileLimits { message_bytes: 24, ..FileLimits::default() };
        assert_eq!(
            read(dir.path(), limits),
            [
                ok("a/z", 0, "any"),
                ok("b.eml", 0, "Subject: b\n\nb"),
                ok("c.mbox", 0, "A: 1\n\nFrom a\n"),
                Err("c.mbox: larger than the limit of 24 bytes".into()),
                ok("d/.Sent/cur/4", 0, "sent"),
                ok("d/.Sent/new/5", 0, "sent"),
                ok("d/cur/1:2,S", 0, "cur"),
                ok("d/new/2", 0, "new"),
                Err("e: empty".into()),
                Err("f: a link to a folder, which is not followed".into()),
                Err("g: entity not found".into()),
            ]
        );
    }

    #[test]
    fn a_named_path_that_is_missing_is_an_item() {
        let mut found = sources(vec!["/nonexistent/x.eml".into()], FileLimits::default());
        assert!(found.next().unwrap().is_err());
        assert!(found.next().is_none());
    }
}
