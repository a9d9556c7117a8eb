//! What a worker may do, by what it is for. Everything that is not named here is refused.

use std::path::PathBuf;

/// What kind of work a worker does, and so how narrow its walls are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Reads files in our own code: bytes in, answer out, nothing else.
    Files,
    /// Has Debian's tesseract read pictures: it starts that program, which loads libraries and its
    /// languages' data. Still no network, and nothing to write to but pipes.
    Ocr,
}

/// What of the outside a profile needs, as the walls are built from it.
pub(super) struct Needs {
    /// Files that may be run; a program's loader is one.
    pub(super) programs: Vec<PathBuf>,
    /// Folders and files that may be read.
    pub(super) data: Vec<PathBuf>,
    /// Files that may be written to.
    pub(super) sinks: Vec<PathBuf>,
    /// Descriptors open at once, and processes and threads of this user that the worker may add to.
    pub(super) open_files: u64,
    pub(super) processes: u64,
}

impl Profile {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Ocr => "ocr",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Files, Self::Ocr].into_iter().find(|profile| profile.name() == name)
    }

    pub(super) fn needs(self) -> Needs {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect();
        match self {
            Self::Files => {
                Needs { programs: vec![], data: vec![], sinks: vec![], open_files: 0, processes: 0 }
            }
            Self::Ocr => Needs {
                programs: paths(&[
                    "/usr/bin/tesseract",
                    "/lib64/ld-linux-x86-64.so.2",
                    "/lib/ld-linux-aarch64.so.1",
                ]),
                data: paths(&["/usr/lib", "/usr/share/tesseract-ocr", "/etc/ld.so.cache", "/dev/null"]),
                sinks: paths(&["/dev/null"]),
                open_files: 64,
                // Counted over all processes of the user, the gate's threads included.
                processes: 4096,
            },
        }
    }
}
