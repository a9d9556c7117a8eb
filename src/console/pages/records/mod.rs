//! The room of records of mail with parents: what is looked for, what was found, and one record with who
//! looked at it. What was typed stands in no address: it is kept in memory, and pages name it by a word.

mod access;
mod ask;
mod ask_words;
mod file;
mod found;
mod letter;
mod lines;
mod looks;
mod one;
mod one_words;
mod timeline;

use super::super::{
    Console, Fault, door::Door, kept::Kept, page::Entry, places::Place, visitor::Visitor, words::words,
};
use crate::{authority::Office, desk::TimelineOf, parties::Directory, storage::FiledNames};
use ask::Question;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Who may have business here; record by record is asked besides. The chair stands in where no head is free.
const READERS: &[Office] =
    &[Office::Head, Office::DataProtection, Office::Lead, Office::Deputy, Office::Chair];
/// Questions that are kept.
const MOST_QUESTIONS: usize = 1_000;

/// Reviews that are kept, each of bounded size.
const MOST_REVIEWS: usize = 8;

words! {
    struct RoomWords {
        records: "Records" / "Cofnodion",
    }
}

pub(super) const ROOM: Entry = Entry {
    place: Place::Records,
    name: |language| RoomWords::of(language).records,
    offices: &[Office::Head, Office::DataProtection, Office::Lead, Office::Deputy],
};

pub(super) fn doors() -> Vec<Door> {
    let mut doors = ask::doors();
    doors.extend(found::doors());
    doors.extend(one::doors());
    doors.extend(file::doors());
    doors.extend(timeline::doors());
    doors.extend(access::doors());
    doors
}

/// What this room keeps in memory.
pub(in super::super) struct Asked {
    questions: Kept<Arc<Question>>,
    timelines: Kept<Arc<TimelineOf>>,
    /// What was gathered for a request, by its number, as one reviewer may read it.
    reviews: Kept<Arc<access::Review>>,
    /// Of the directory that was in force when it was made.
    names: Mutex<Option<(Arc<Directory>, Arc<FiledNames>)>>,
    /// Files that are written at once.
    writing: Semaphore,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            questions: Kept::new(MOST_QUESTIONS),
            timelines: Kept::new(MOST_QUESTIONS),
            reviews: Kept::new(MOST_REVIEWS),
            names: Mutex::default(),
            writing: Semaphore::new(1),
        }
    }
}

/// Everybody by the hashes under which records are filed.
fn filed_names(console: &Console, visitor: &Visitor) -> Result<Arc<FiledNames>, Fault> {
    let directory = &visitor.desk.directory;
    let mut kept = console.asked.names.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, names)) = &*kept
        && Arc::ptr_eq(of, directory)
    {
        return Ok(names.clone());
    }
    let names = Arc::new(console.store.filed_names(directory.people().map(|p| p.id()))?);
    *kept = Some((directory.clone(), names.clone()));
    Ok(names)
}
