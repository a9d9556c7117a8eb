//! Walks paths and yields their messages, one at a time.

use super::{
    FileLimits, Source, Unreadable,
    mbox::{Mbox, is_separator},
};
use std::{
    fs,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// So much of a file tells whether it is an mbox.
const HEAD: u64 = 1024;

/// The messages of `paths` in that order; `-` is standard input.
///
/// A folder gives its files sorted by name, folders within it included; one that holds
/// `cur` and `new` is a Maildir and gives those two and its subfolders. A file that begins
/// with a From line is an mbox, any other file is one message. What a folder holds beside
/// its mail is passed over and noted in [`PassedOver`]; a path that was named never is.
/// Memory is bounded by the largest message and the names of the folders that are open.
pub fn sources(paths: Vec<PathBuf>, limits: FileLimits) -> Sources {
    let waiting = paths.into_iter().rev().map(|path| Waiting { path, found: 0 }).collect();
    Sources { waiting, mbox: None, limits, passed_over: PassedOver::default() }
}

/// How files begin that people take for mail: archives and new Office documents, older ones, PDF, pictures.
const NO_MAIL: [&[u8]; 9] = [
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-",
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
];

/// The iterator that [`sources`] returns.
pub struct Sources {
    /// Paths still to be read, the next one last.
    waiting: Vec<Waiting>,
    mbox: Option<(PathBuf, Mbox)>,
    limits: FileLimits,
    passed_over: PassedOver,
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
    /// What is passed over from now on; it can be asked when the iterator has moved away.
    pub fn passed_over(&self) -> PassedOver {
        self.passed_over.clone()
    }

    /// Begins with a path: a folder's entries are put in line, an mbox is kept open, any
    /// other file is read.
    fn open(&mut self, path: &Path, found: usize) -> Result<Option<Vec<u8>>, String> {
        if path.as_os_str() == "-" && found == 0 {
            return self.stream(path, Box::new(io::stdin()), 0, false);
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
        let file = fs::File::open(path).map_err(reason)?;
        let length = file.metadata().map_or(0, |m| m.len());
        self.stream(path, Box::new(file), length, found == 0)
    }

    fn folder(&mut self, path: &Path, found: usize) -> Result<(), String> {
        if found >= self.limits.depth {
            return Err("too many folders within folders".into());
        }
        let entries = fs::read_dir(path).map_err(reason)?;
        let mut names: Vec<PathBuf> =
            entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(reason)?;
        names.sort_unstable();
        if is_maildir(path) {
            // `tmp` holds what is not delivered yet, files beside are indexes. A hidden
            // folder is one of the user's own (Maildir++).
            names.retain(|name| name.is_dir() && !name.ends_with("tmp"));
        } else {
            names.retain(|name| {
                let mail = !is_beside_mail(name);
                if !mail {
                    self.passed_over.note(name);
                }
                mail
            });
        }
        self.waiting.extend(names.into_iter().rev().map(|path| Waiting { path, found: found + 1 }));
        Ok(())
    }

    fn stream(
        &mut self,
        path: &Path,
        mut input: Box<dyn Read + Send>,
        expected: u64,
        is_named: bool,
    ) -> Result<Option<Vec<u8>>, String> {
        let limit = self.limits.message_bytes;
        let expected = usize::try_from(expected).map_or(limit, |bytes| bytes.min(limit));
        // Room to see the end without growing.
        let mut raw = Vec::with_capacity(expected.saturating_add(64));
        input.by_ref().take(HEAD).read_to_end(&mut raw).map_err(reason)?;
        if raw.is_empty() {
            return Err("empty".into());
        }
        // What lies in a folder of mail, or is called so, is read as it would be at the door.
        if is_named && !is_called_mail(path) && NO_MAIL.iter().any(|start| raw.starts_with(start)) {
            return Err(
                "a document, picture or archive and no message; attach it to one to have it read".into()
            );
        }
        if is_separator(&raw) {
            let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(raw).chain(input));
            self.mbox = Some((path.to_owned(), Mbox::new(BufReader::with_capacity(64 * 1024, whole))));
            return Ok(None);
        }
        let rest = limit.saturating_add(1).saturating_sub(raw.len());
        input.take(rest as u64).read_to_end(&mut raw).map_err(reason)?;
        if raw.len() > limit {
            return Err(too_large(limit));
        }
        Ok(Some(raw))
    }
}

fn is_called_mail(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("eml"))
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// Hidden files and folders that are no Maildirs, and lists and notes beside mail. A name
/// that says message or mailbox is always taken for one.
fn is_beside_mail(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if name.starts_with('.') {
        return !ends(&[".eml", ".mbox"]) && !is_maildir(path);
    }
    ends(&[".json", ".jsonl", ".csv", ".md", ".toml"]) && !path.is_dir()
}

/// What was passed over: how much, and the first few names, so that it can be said.
#[derive(Clone, Default)]
pub struct PassedOver(Arc<Mutex<(usize, Vec<PathBuf>)>>);

impl PassedOver {
    const NAMED: usize = 5;

    fn note(&self, path: &Path) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.0 += 1;
        if all.1.len() < Self::NAMED {
            all.1.push(path.to_owned());
        }
    }

    /// How much, and the first of it.
    pub fn seen(&self) -> (usize, Vec<PathBuf>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn reason(e: io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "you may not read it".into(),
        kind => kind.to_string(),
    }
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
        write(".gitattributes", "* -text");
        write(".git/objects/1", "object");
        write(".hidden.eml", "hidden");
        write(".Box/cur/1", "box");
        write(".Box/new/2", "box");
        write("manifest.jsonl", "{}");
        let limits = FileLimits { message_bytes: 24, ..FileLimits::default() };
        assert_eq!(
            read(dir.path(), limits),
            [
                ok(".Box/cur/1", 0, "box"),
                ok(".Box/new/2", 0, "box"),
                ok(".hidden.eml", 0, "hidden"),
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
                Err("g: there is no such file or folder".into()),
            ]
        );
    }

    #[test]
    fn what_is_passed_over_is_said_and_a_named_path_never_is() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".gitattributes", "README.md", "a"] {
            fs::write(dir.path().join(name), "text").unwrap();
        }
        let mut found = sources(vec![dir.path().to_owned()], FileLimits::default());
        let passed_over = found.passed_over();
        assert_eq!(found.by_ref().count(), 1);
        let names = vec![dir.path().join(".gitattributes"), dir.path().join("README.md")];
        assert_eq!(passed_over.seen(), (2, names));
        assert_eq!(read(&dir.path().join("README.md"), FileLimits::default()), [ok("", 0, "text")]);
    }

    #[test]
    fn a_document_is_no_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trip.docx");
        fs::write(&path, b"PK\x03\x04and so on").unwrap();
        let said: Vec<_> = sources(vec![path], FileLimits::default()).collect();
        let [Err(unreadable)] = said.as_slice() else { panic!("it was read as a message") };
        assert!(unreadable.reason.contains("attach it to one"), "{}", unreadable.reason);
    }

    #[test]
    fn a_named_path_that_is_missing_is_an_item() {
        let mut found = sources(vec!["/nonexistent/x.eml".into()], FileLimits::default());
        assert!(found.next().unwrap().is_err());
        assert!(found.next().is_none());
    }
}
