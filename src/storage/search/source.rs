//! One segment as a stream of documents, newest first: postings are walked together, and chunks
//! are fetched only when the walk comes to them.

use super::{
    query::Plan,
    segment::{Directory, ENTRIES, Entry, NUMBERS, Token, entries, ordinals, runs},
};
use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
};

/// Documents of the first round; each further round doubles, up to `MOST`.
const FEW: usize = 64;
const MOST: usize = 1_024;
/// Chunks read ahead of a long walk.
const AHEAD: usize = 16;
/// Chunks that a walk keeps; what it needs again is fetched again.
const KEPT: usize = 512;

/// Time and id: the order of all documents.
pub(super) type Key = (i64, [u8; super::segment::ID]);

pub(super) struct Source {
    id: i64,
    directory: Directory,
    /// One of each group must be there.
    groups: Vec<Vec<List>>,
    /// Where the walk stands, and where it ends.
    at: u32,
    end: u32,
    /// Ordinals that were met and whose entries are still to be read.
    met: Vec<u32>,
    chunks: HashMap<usize, Vec<u8>>,
    ready: VecDeque<Entry>,
    /// Nothing newer than this will come.
    bound: Key,
    round: usize,
}

/// What a walk needs before it goes on.
pub(super) enum Step {
    /// These chunks, by their full numbers.
    Fetch(Vec<i64>),
    /// Nothing: [`Source::bound`] tells.
    Done,
}

impl Source {
    pub(super) fn new(id: i64, newest: i64, directory: Directory, plan: &Plan) -> Self {
        let list = |token: &Token| List::new(*token, directory.span(*token));
        let mut groups: Vec<Vec<List>> =
            plan.groups.iter().map(|group| group.iter().map(list).collect()).collect();
        // The rarest first: it leads the walk.
        groups.sort_by_key(|group| group.iter().map(|list| list.span.len()).sum::<usize>());
        let number = |index: usize| u32::try_from(index * ENTRIES).unwrap_or(u32::MAX);
        let first = directory.times.partition_point(|t| *t > plan.newest).saturating_sub(1);
        let end = directory.times.partition_point(|t| *t >= plan.oldest);
        Self {
            id,
            at: number(first),
            end: number(end).min(directory.documents),
            directory,
            groups,
            met: Vec::new(),
            chunks: HashMap::new(),
            ready: VecDeque::new(),
            bound: (newest.min(plan.newest), [u8::MAX; super::segment::ID]),
            round: FEW,
        }
    }

    /// The newest that may still come; `None` when nothing does.
    pub(super) fn bound(&self) -> Option<Key> {
        match self.ready.front() {
            Some(entry) => Some((entry.at, entry.id)),
            None if self.at >= self.end && self.met.is_empty() => None,
            None => Some(self.bound),
        }
    }

    /// The next document, when it is at hand.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.ready.pop_front()?;
        self.bound = (entry.at, entry.id);
        Some(entry)
    }

    /// Chunks that were asked for.
    pub(super) fn give(&mut self, id: i64, chunk: Vec<u8>) {
        if let Ok(number) = usize::try_from(id - self.id * NUMBERS) {
            self.chunks.insert(number, chunk);
        }
    }

    /// Walks on until documents are ready or chunks are needed.
    pub(super) fn step(&mut self, plan: &Plan) -> Step {
        while self.at < self.end && self.met.len() < self.round {
            match self.next_met() {
                Ok(Some(ordinal)) => {
                    self.met.push(ordinal);
                    self.at = ordinal + 1;
                }
                Ok(None) => self.at = self.end,
                Err(needed) => {
                    // What the walk stands in is open already; what it needs comes now.
                    if self.chunks.len() > KEPT {
                        self.chunks.clear();
                    }
                    return Step::Fetch(self.full(needed));
                }
            }
        }
        let mut needed: Vec<usize> = self.met.iter().map(|o| *o as usize / ENTRIES).collect();
        needed.dedup();
        let missing: Vec<usize> = needed.iter().copied().filter(|n| !self.chunks.contains_key(n)).collect();
        if !missing.is_empty() {
            return Step::Fetch(self.full(missing));
        }
        for number in needed {
            let Some(chunk) = self.chunks.get(&number) else { continue };
            let all: Vec<Entry> = entries(chunk).collect();
            let of_chunk = |o: &&u32| **o as usize / ENTRIES == number;
            let found = self.met.iter().filter(of_chunk).filter_map(|o| all.get(*o as usize % ENTRIES));
            self.ready.extend(found.filter(|entry| plan.holds(entry)).copied());
        }
        self.met.clear();
        self.round = (self.round * 2).min(MOST);
        Step::Done
    }

    /// The next ordinal that stands in every group, or chunks that must be there to tell.
    fn next_met(&mut self) -> Result<Option<u32>, Vec<usize>> {
        let mut at = self.at;
        'again: loop {
            if at >= self.end {
                return Ok(None);
            }
            for group in &mut self.groups {
                let mut next: Option<u32> = None;
                let mut needed = Vec::new();
                for list in group {
                    match list.seek(at, &self.directory, &self.chunks) {
                        Ok(found) => next = [next, found].into_iter().flatten().min(),
                        Err(chunks) => needed.extend(chunks),
                    }
                }
                if !needed.is_empty() {
                    // The walk goes on from here: what lies before was looked at.
                    self.at = at;
                    return Err(needed);
                }
                match next {
                    None => return Ok(None),
                    Some(next) if next > at => {
                        at = next;
                        continue 'again;
                    }
                    Some(_) => {}
                }
            }
            return Ok(Some(at));
        }
    }

    fn full(&self, mut numbers: Vec<usize>) -> Vec<i64> {
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|n| self.id * NUMBERS + n as i64).collect()
    }
}

/// The documents of one token, in the chunks that may have it.
struct List {
    token: Token,
    /// Indexes of `Directory::starts`.
    span: Range<usize>,
    /// The chunk that is open, its ordinals, and which of them comes next.
    open: Option<(usize, Vec<u32>, usize)>,
    /// Each further chunk of a walk reads more ahead.
    ahead: usize,
}

impl List {
    fn new(token: Token, span: Range<usize>) -> Self {
        Self { token, span, open: None, ahead: 1 }
    }

    /// The first ordinal from `from` on. Calls come with rising `from`.
    fn seek(
        &mut self,
        from: u32,
        directory: &Directory,
        chunks: &HashMap<usize, Vec<u8>>,
    ) -> Result<Option<u32>, Vec<usize>> {
        loop {
            if let Some((_, ordinals, next)) = &mut self.open {
                *next = gallop(ordinals, *next, from);
                if let Some(found) = ordinals.get(*next) {
                    return Ok(Some(*found));
                }
            }
            let begin = self.open.as_ref().map_or(self.span.start, |(index, ..)| index + 1);
            let Some(left) = directory.starts.get(begin..self.span.end).filter(|l| !l.is_empty()) else {
                return Ok(None);
            };
            // The last chunk that does not begin behind what is sought.
            let before = left.partition_point(|start| *start <= (self.token, from));
            let index = begin + before.saturating_sub(1);
            let Some(chunk) = chunks.get(&(directory.postings() + index)) else {
                let until = (index + self.ahead).min(self.span.end);
                self.ahead = (self.ahead * 2).min(AHEAD);
                return Err((index..until).map(|i| directory.postings() + i).collect());
            };
            let mut list = Vec::new();
            if let Some((_, data)) = runs(chunk).find(|(token, _)| *token == self.token) {
                ordinals(data, &mut list);
            }
            self.open = Some((index, list, 0));
        }
    }
}

/// The first place from `at` on whose value is not less than `from`: steps that double, then bisection.
fn gallop(list: &[u32], at: usize, from: u32) -> usize {
    let mut step = 1;
    let mut end = at;
    while list.get(end).is_some_and(|value| *value < from) {
        end += step;
        step *= 2;
    }
    let start = at.max(end.saturating_sub(step / 2));
    let rest = list.get(start..end.min(list.len())).unwrap_or_default();
    start + rest.partition_point(|value| *value < from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galloping_finds_what_a_walk_would() {
        let list: Vec<u32> = (0..500).map(|n| n * 3).collect();
        for at in [0, 1, 7, 400, 500] {
            for from in 0..1_600 {
                let walked = (at..500).find(|i| list[*i] >= from).unwrap_or(500);
                assert_eq!(gallop(&list, at, from), walked, "{at} {from}");
            }
        }
    }
}
