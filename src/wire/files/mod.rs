//! Messages from files, for `scan`: .eml files, folders, mbox, Maildir and standard
//! input, one at a time and in a stable order. A file that cannot be read is an item
//! of its own, never skipped; what lies beside mail in a folder is passed over and named.

mod envelope;
mod mbox;
mod model;
mod sources;

pub use envelope::{Overrides, envelope, transaction};
pub use model::{FileLimits, Source, Unreadable};
pub use sources::{PassedOver, Sources, sources};
