//! The demonstration's folder: its configuration, keys, data and what was delivered. It is
//! remade each time, but nothing is ever removed that the demonstration has not made.

use crate::{
    app,
    cli::Mistake,
    storage::{WorkingKey, keys},
};
use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// By this file a former demonstration is known.
const MARKER: &str = ".gatehouse-demo";
const MARKER_TEXT: &str = "Made by `gatehouse demo`, which removes this folder when it is run again.\n";

/// Of the key with which the console opens records; it is printed.
pub(super) const PASSPHRASE: &str = "five quiet lamps burning";

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    AtThePages,
    AtWhatIsPrinted,
}

/// What the demonstration reads; all of it lies in the source folder.
pub(super) struct Sources {
    pub(super) corpus: PathBuf,
    pub(super) directory: PathBuf,
    template: PathBuf,
    rulesets: PathBuf,
    disclaimers: PathBuf,
}

impl Sources {
    /// In the current folder, or not at all.
    pub(super) fn here() -> Result<Self, Mistake> {
        let found = |name: &str| fs::canonicalize(name).map_err(|_| name.to_owned());
        let all = ["corpus", "demo/directory", "demo/gatehouse.toml", "rulesets", "disclaimers"].map(found);
        let missing: Vec<&str> =
            all.iter().filter_map(|one| one.as_ref().err()).map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(Mistake(format!(
                "The demonstration needs Gatehouse's source folder, and {} is not here. Go to the folder with \
                 Cargo.toml and say `make demo` (or `gatehouse demo`) there.",
                missing.join(", ")
            )));
        }
        let [Ok(corpus), Ok(directory), Ok(template), Ok(rulesets), Ok(disclaimers)] = all else {
            return Err(Mistake("the source folder cannot be read".into()));
        };
        Ok(Self { corpus, directory, template, rulesets, disclaimers })
    }
}

/// A fresh folder.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes it; a former demonstration is removed first, anything else refused.
    pub(super) fn make(root: &Path) -> Result<Self, Mistake> {
        match fs::symlink_metadata(root) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Mistake(format!("{}: {e}", root.display()))),
            Ok(_) if is_ours(root) && app::is_served(&root.join("data")) => {
                return Err(Mistake(format!(
                    "A demonstration is running in {}. End it first, or name another place with --folder.",
                    root.display()
                )));
            }
            Ok(_) if is_ours(root) => clear(root)?,
            Ok(meta) if meta.is_dir() && fs::read_dir(root)?.next().is_none() => fs::remove_dir(root)?,
            Ok(_) => {
                return Err(Mistake(format!(
                    "{} is there already and was not made by `gatehouse demo`, so it stays as it is. Name another \
                     place with --folder.",
                    root.display()
                )));
            }
        }
        let folder = Self { root: root.to_owned() };
        // The delivered mail lies here in clear.
        let private = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        private(root)?;
        write(&root.join(MARKER), MARKER_TEXT)?;
        for path in [folder.delivered(), folder.notices(), root.join("keys")] {
            private(&path)?;
        }
        Ok(folder)
    }

    /// Makes the keys and writes the configuration, for mailboxes at this address.
    /// `console`: the port of this machine on which the pages are shown; `looks`: whether somebody is there
    /// to open records on them, which takes a key under a passphrase.
    pub(super) fn configure(
        &self,
        sources: &Sources,
        mailboxes: SocketAddr,
        console: u16,
        looks: Looks,
    ) -> Result<(), Mistake> {
        WorkingKey::generate_to(&self.root.join("keys/working.key"))?;
        let records =
            keys::generate_identity(&self.custodian_key(), "The demonstration's custodian of records")?;
        let mut custodians = serde_json::to_string(&records)?;
        if looks == Looks::AtThePages {
            let purpose = "The demonstration's custodian of records, for the console";
            let public = keys::generate_under(&self.console_key(), purpose, PASSPHRASE)?;
            custodians = format!("{custodians}, {}", serde_json::to_string(&public)?);
        }
        let quoted = |path: &Path| serde_json::to_string(&path.to_string_lossy());
        let text = fs::read_to_string(&sources.template)?
            .replace("@rulesets@", &quoted(&sources.rulesets)?)
            .replace("@disclaimers@", &quoted(&sources.disclaimers)?)
            .replace("@mailboxes@", &mailboxes.to_string())
            .replace("@console@", &console.to_string())
            .replace("@records@", &custodians);
        write(&self.config(), &text)?;
        Ok(())
    }

    pub(super) fn config(&self) -> PathBuf {
        self.root.join("gatehouse.toml")
    }
    pub(super) fn custodian_key(&self) -> PathBuf {
        self.root.join("keys/records.key")
    }
    /// Another custodian's, under [`PASSPHRASE`].
    pub(super) fn console_key(&self) -> PathBuf {
        self.root.join("keys/records-console.key")
    }
    pub(super) fn head_key(&self) -> PathBuf {
        self.root.join("keys/head.key")
    }
    pub(super) fn delivered(&self) -> PathBuf {
        self.root.join("delivered")
    }
    pub(super) fn notices(&self) -> PathBuf {
        self.root.join("notices")
    }
    /// All messages one by one, for whoever wants to know all.
    pub(super) fn messages_path(&self) -> PathBuf {
        self.root.join("messages.txt")
    }
    /// A new file there.
    pub(super) fn messages(&self) -> io::Result<fs::File> {
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.messages_path())
    }
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

/// Removes a former demonstration, all but its compiled patterns: they are known by the
/// digest of their rules, and making them again takes seconds.
fn clear(root: &Path) -> io::Result<()> {
    let data = root.join("data");
    // The marker goes last, so that a folder half cleared is still known as ours.
    for folder in [data.as_path(), root] {
        if !fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir()) {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let (path, kind) = entry.and_then(|e| Ok((e.path(), e.file_type()?)))?;
            let kept = kind.is_dir() && (path == data || path == data.join("cache"));
            if kept || path == root.join(MARKER) {
                continue;
            }
            if kind.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
    }
    fs::remove_file(root.join(MARKER))
}

/// A real folder (no link to one) with our marker in it.
fn is_ours(root: &Path) -> bool {
    let real = fs::symlink_metadata(root).is_ok_and(|meta| meta.is_dir());
    real && fs::read(root.join(MARKER)).is_ok_and(|text| text == MARKER_TEXT.as_bytes())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    use io::Write;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_demonstration_made_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("demo");
        let folder = Folder::make(&root).unwrap();
        fs::write(folder.delivered().join("1.eml"), "x").unwrap();
        fs::create_dir_all(root.join("data/cache")).unwrap();
        fs::write(root.join("data/store.db"), "x").unwrap();
        fs::write(root.join("data/cache/patterns"), "x").unwrap();
        assert!(Folder::make(&root).is_ok(), "a former demonstration is remade");
        assert!(!root.join("data/store.db").exists());
        assert!(root.join("data/cache/patterns").exists(), "compiled patterns are kept");
        assert!(fs::read_dir(folder.delivered()).unwrap().next().is_none());

        // Not while it runs.
        let serving = fs::File::create(root.join("data/serving")).unwrap();
        serving.lock().unwrap();
        assert!(Folder::make(&root).is_err() && folder.delivered().exists());
        drop(serving);
        assert!(Folder::make(&root).is_ok());

        let other = dir.path().join("other");
        fs::create_dir(&other).unwrap();
        assert!(Folder::make(&other).is_ok(), "an empty folder is taken");
        fs::remove_file(other.join(MARKER)).unwrap();
        fs::write(other.join("precious"), "x").unwrap();
        assert!(Folder::make(&other).is_err());
        assert!(other.join("precious").exists());

        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&root, &link).unwrap();
        assert!(Folder::make(&link).is_err(), "a link is not followed");
        assert!(root.join(MARKER).exists());
    }
}
