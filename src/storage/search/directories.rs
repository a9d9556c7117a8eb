//! Directories of segments, opened and kept in memory between questions: a segment is never changed
//! but for the names in its blocks of documents, so that its directory stays true as long as it lives.
//!
//! Which segments live, and since when, every question reads from the database: what another
//! gate or a merge took away is not answered from here. A new segment's number is above those of
//! all that it takes the place of, so that no number of a living one comes again.

use super::segment::Directory;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes of all directories in memory. One takes a six-hundredth of its segment, so these are of an
/// index of 10 GB, more than fifty million messages. Beyond it those go that were asked for longest ago.
const MOST: usize = 16 << 20;

/// A segment as it was made: its number, and when.
pub(super) type Name = (i64, i64);

#[derive(Default)]
pub(crate) struct Directories(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    all: HashMap<Name, (Arc<Directory>, u64)>,
    bytes: usize,
    /// Counts what is asked for.
    turn: u64,
}

impl Directories {
    /// Drops all but those of these segments, which are all that live.
    pub(super) fn only(&self, living: &HashSet<Name>) {
        let mut kept = self.kept();
        kept.all.retain(|name, _| living.contains(name));
        kept.bytes = kept.all.values().map(|(directory, _)| directory.bytes()).sum();
    }

    pub(super) fn get(&self, name: Name) -> Option<Arc<Directory>> {
        let mut kept = self.kept();
        kept.turn += 1;
        let turn = kept.turn;
        let (directory, used) = kept.all.get_mut(&name)?;
        *used = turn;
        Some(directory.clone())
    }

    pub(super) fn keep(&self, name: Name, directory: &Arc<Directory>) {
        self.keep_within(name, directory, MOST);
    }

    fn keep_within(&self, name: Name, directory: &Arc<Directory>, most: usize) {
        let mut kept = self.kept();
        kept.turn += 1;
        let turn = kept.turn;
        if kept.all.insert(name, (directory.clone(), turn)).is_none() {
            kept.bytes += directory.bytes();
        }
        while kept.bytes > most {
            let oldest = kept.all.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| *name);
            let Some((gone, _)) = oldest.and_then(|name| kept.all.remove(&name)) else { return };
            kept.bytes -= gone.bytes();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whoever holds it does nothing that could break off halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unasked_goes_first_and_the_dead_go_at_once() {
        let all = Directories::default();
        let directory = Arc::new(Directory { documents: 1, times: vec![1], starts: vec![(1, 0)] });
        let most = directory.bytes() * 2;
        for id in [1, 2] {
            all.keep_within((id, 7), &directory, most);
        }
        assert!(all.get((1, 7)).is_some());
        all.keep_within((3, 7), &directory, most);
        let there = |id| all.get((id, 7)).is_some();
        assert_eq!([1, 2, 3].map(there), [true, false, true]);
        assert!(all.get((1, 8)).is_none(), "another segment of the same number");
        all.only(&HashSet::from([(3, 7)]));
        assert_eq!([1, 2, 3].map(there), [false, false, true]);
        all.keep_within((4, 7), &directory, most);
        assert_eq!([3, 4].map(there), [true, true], "what was dropped weighs nothing");
    }
}
