//! Search over quarantine and records: an inverted index of our own, the same in both databases,
//! whose every part is encrypted. Why not the databases' own full text: docs/decisions/search.md.
//!
//! A message's words and people ([`Searchable`]) become keyed hashes (tokens). Each item of
//! quarantine and each record is a document: at first a row of `search_fresh`, in the same commit as the
//! item itself; later part of a segment, in which every token has its list of documents, newest first.
//! Segments are never changed, only merged and replaced.

mod build;
mod directories;
mod english;
mod find;
mod fresh;
mod index;
mod query;
mod rebuild;
mod searchable;
mod segment;
mod source;
mod sources;
mod swap;
mod tidy;
mod welsh;
mod words;

pub(super) use directories::Directories;
pub use find::{Found, MaySee, Sight};
pub(super) use fresh::{Facets, FreshRow};
pub use query::{Cursor, Search};
pub use rebuild::Reindexed;
pub use searchable::{Correspondent, Searchable};
pub(super) use segment::Kind;
pub(super) use tidy::Tidying;

use super::error::StoreError;

fn damaged(segment: i64) -> StoreError {
    StoreError::Damaged(format!("segment {segment} of the search index cannot be read"))
}
