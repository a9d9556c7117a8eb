//! gatehouse.toml as written, then as checked; every fault at once with file, line and hint.

mod alerts;
mod anchors;
mod attachments;
mod canary;
mod console;
mod cross;
mod doors;
mod files;
mod lives;
mod model;
mod network;
mod pictures;
mod read;
mod scanner;
mod schools;
mod secret_file;
mod section;
mod settings;
mod source;
mod store;
mod units;
mod vault;

pub use crate::parties::{Fault, Faults, Gravity, render};
pub use attachments::{FilesConfig, Sandboxing};
#[cfg(test)]
pub(crate) use canary::sample as canary_sample;
pub use console::{ConsoleConfig, SchoolSignIn};
pub use model::{
    AlarmConfig, AlarmWay, AnchorConfig, AnchorPlace, BareNewline, BucketConfig, BucketCredentials,
    CanaryConfig, CanaryEnd, CanaryRoute, CanaryWay, Config, DkimConfig, FailureChoice, HopTls, KeysConfig,
    Limits, Listen, LockMode, MilterConfig, NextHop, NoticesConfig, OnFailure, PasswordSource, RelayClient,
    RelayConfig, ScannerAddress, ScannerConfig, StoreConfig, TenantSecret, TlsFiles, TokenSource, TooLarge,
    VaultConfig, WorkingKeySource,
};
pub use network::Network;
pub use secret_file::others_may_read;

use section::Section;
use source::{Source, WHOLE_FILE};
use std::{fs, path::Path};

/// A file without errors.
#[derive(Debug)]
pub struct Checked {
    pub config: Config,
    pub warnings: Faults,
}

/// A configuration larger than this is a mistake.
const LARGEST: u64 = 4 << 20;

/// Reads and checks the file, and that the files it names are there. Warnings are
/// dropped; [`check`] keeps them.
pub fn load(path: &Path) -> Result<Config, Faults> {
    check(path).map(|checked| checked.config)
}

/// As [`load`], with the warnings. `Err` has errors and warnings, in the order of the file.
pub fn check(path: &Path) -> Result<Checked, Faults> {
    let unreadable = |why: String| {
        let fault = Fault::at(path, 0, format!("The configuration cannot be read: {why}."));
        Faults(vec![fault.hint("Give it with --config FILE; gatehouse.example.toml is a start.")])
    };
    match fs::metadata(path) {
        Ok(m) if m.len() > LARGEST => return Err(unreadable("it is larger than 4 MiB".into())),
        Ok(_) => {}
        Err(e) => return Err(unreadable(e.to_string())),
    }
    let bytes = fs::read(path).map_err(|e| unreadable(e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".into()))?;
    run(&text, path, Look::AtFiles)
}

/// Checks a text without looking at any file that it names. `file` is where it stands:
/// relative paths are relative to its folder.
pub fn parse(text: &str, file: &Path) -> Result<Checked, Faults> {
    run(text, file, Look::Nowhere)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    AtFiles,
    Nowhere,
}

fn run(text: &str, file: &Path, look: Look) -> Result<Checked, Faults> {
    let source = Source::new(file, text);
    let (table, broken) = toml::de::DeTable::parse_recoverable(text);
    for error in &broken {
        source.error(
            &error.span().unwrap_or(WHOLE_FILE),
            format!("This is no TOML: {}.", error.message()),
            "",
        );
    }
    let mut config = None;
    // What could not be parsed may be missing anywhere, so that further faults would mislead.
    if broken.is_empty() {
        let (read, marks) = read::config(&source, Section::root(&source, table.get_ref()));
        cross::check(&source, &read, &marks);
        if look == Look::AtFiles {
            files::check(&source, &read, &marks);
        }
        config = Some(read);
    }
    let faults = source.into_faults();
    match config.filter(|_| !faults.iter().any(Fault::is_error)) {
        Some(config) => Ok(Checked { config, warnings: Faults(faults) }),
        None => Err(Faults(faults)),
    }
}

#[cfg(test)]
mod tests;
