//! One segment as a stream of documents, newest first: its lists are walked together, and chunks
//! are fetched only when the walk comes to them.

use super::{
    query::Plan,
    segment::{CHUNK, Directory, ENTRIES, Entry, NUMBERS, Token, entries, ordinals, runs},
};
use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
    sync::Arc,
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
    directory: Arc<Directory>,
    /// One of each group must be there.
    groups: Vec<Vec<List>>,
    /// Where the walk stands, and where it ends.
    at: u32,
    end: u32,
    /// Ordinals that were met and whose entries are still to be read.
    met: VecDeque<u32>,
    /// These are all of the round.
    walked: bool,
    chunks: HashMap<usize, Vec<u8>>,
    ready: VecDeque<Entry>,
    /// Nothing newer than this will come.
    bound: Key,
    round: usize,
}

impl Source {
    pub(super) fn new(id: i64, newest: i64, directory: Arc<Directory>, plan: &Plan) -> Self {
        let list = |token: &Token| List::new(*token, directory.span(*token));
        // A kind that most documents have is told by the documents themselves.
        let told =
            |group: &&Vec<Token>| **group == [plan.kind_token] && is_of_most(plan.kind_token, &directory);
        let mut groups: Vec<Vec<List>> =
            plan.groups.iter().filter(|g| !told(g)).map(|group| group.iter().map(list).collect()).collect();
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
            met: VecDeque::new(),
            walked: false,
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

    /// Whether a chunk is of this segment.
    pub(super) fn has(&self, chunk: i64) -> bool {
        chunk / NUMBERS == self.id
    }

    /// A chunk that was asked for.
    pub(super) fn give(&mut self, id: i64, chunk: Vec<u8>) {
        if let Ok(number) = usize::try_from(id - self.id * NUMBERS) {
            self.chunks.insert(number, chunk);
        }
    }

    /// Whether documents may come, but none is at hand.
    pub(super) fn is_waiting(&self) -> bool {
        self.ready.is_empty() && self.bound().is_some()
    }

    /// Chunks of lists that are read at most before the next documents are met.
    pub(super) fn length(&self) -> usize {
        if self.walked { 0 } else { self.groups.iter().flatten().map(|list| list.span.len()).sum() }
    }

    /// How many documents were met that are still to be read.
    pub(super) fn met(&self) -> usize {
        self.met.len()
    }

    /// Walks on until as many were met as a round has, or to the end. What comes back are
    /// chunks that it needs before it goes on.
    pub(super) fn walk(&mut self) -> Vec<i64> {
        while !self.walked && self.at < self.end && self.met.len() < self.round {
            match self.next_met() {
                Ok(Some(ordinal)) => {
                    self.met.push_back(ordinal);
                    self.at = ordinal + 1;
                }
                Ok(None) => self.at = self.end,
                Err(needed) => {
                    // What the walk stands in is open already; what it needs comes now.
                    if self.chunks.len() > KEPT {
                        self.chunks.clear();
                    }
                    return self.full(needed);
                }
            }
        }
        self.walked = true;
        Vec::new()
    }

    /// Chunks that are needed to read the first `most` of those that were met.
    pub(super) fn to_read(&self, most: usize) -> Vec<i64> {
        let numbers = self.met.iter().take(most).map(|o| *o as usize / ENTRIES);
        self.full(numbers.filter(|n| !self.chunks.contains_key(n)).collect())
    }

    /// Reads the first `most` of those that were met, whose chunks are at hand.
    pub(super) fn read(&mut self, most: usize, plan: &Plan) {
        let mut open: Option<(usize, Vec<Entry>)> = None;
        for ordinal in self.met.drain(..most.min(self.met.len())) {
            let (number, place) = (ordinal as usize / ENTRIES, ordinal as usize % ENTRIES);
            if open.as_ref().is_none_or(|(n, _)| *n != number) {
                let chunk = self.chunks.get(&number);
                open = Some((number, chunk.map(|c| entries(c).collect()).unwrap_or_default()));
            }
            let entry = open.as_ref().and_then(|(_, all)| all.get(place));
            self.ready.extend(entry.filter(|entry| plan.holds(entry)).copied());
        }
        if self.met.is_empty() {
            self.walked = false;
            self.round = (self.round * 2).min(MOST);
            if self.at >= self.end {
                self.chunks = HashMap::new();
            }
        }
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

/// Whether more than half of a segment's documents have this token, as far as the length of its list
/// tells: of so long a list each document takes one byte.
fn is_of_most(token: Token, directory: &Directory) -> bool {
    let whole = directory.span(token).len().saturating_sub(1);
    whole * CHUNK * 2 > directory.documents as usize
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
    use crate::storage::search::segment::{Kind, Writer};

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

    /// Three of four documents are records. That is read off the documents; what is an item stands in a
    /// list short enough to be walked.
    #[test]
    fn a_walk_meets_what_has_all_tokens_and_is_of_the_kind() {
        const DOCUMENTS: u32 = 30_000;
        const WORD: Token = 9;
        let kind_of = |n: u32| if n.is_multiple_of(4) { Kind::Quarantine } else { Kind::Record };
        let entry = |n: u32| Entry::new(kind_of(n), i64::from(DOCUMENTS - n), &format!("{n:010}")).unwrap();
        let all: Vec<Entry> = (0..DOCUMENTS).map(entry).collect();
        let mut writer = Writer::new(&all);
        let of = |kind: Kind| (0..DOCUMENTS).filter(|n| kind_of(*n) == kind).collect::<Vec<_>>();
        writer.push(Kind::Quarantine as Token, &of(Kind::Quarantine));
        writer.push(Kind::Record as Token, &of(Kind::Record));
        writer.push(WORD, &(0..DOCUMENTS).step_by(70).collect::<Vec<_>>());
        let (directory, chunks) = writer.finish();
        let directory = Arc::new(directory);
        for (kind, lists) in [(Kind::Record, 1), (Kind::Quarantine, 2)] {
            let groups = vec![vec![kind as Token], vec![WORD]];
            let (newest, oldest) = (20_000, 10_000);
            let plan = Plan { groups, newest, oldest, before: None, kind, kind_token: kind as Token };
            let mut source = Source::new(3, i64::from(DOCUMENTS), directory.clone(), &plan);
            assert_eq!(source.groups.len(), lists);
            let mut met = Vec::new();
            while source.is_waiting() {
                let mut needed = source.walk();
                let is_walked = needed.is_empty();
                if is_walked {
                    needed = source.to_read(50);
                }
                for id in needed {
                    assert!(source.has(id));
                    source.give(id, chunks[(id - 3 * NUMBERS) as usize].clone());
                }
                if is_walked {
                    source.read(50, &plan);
                }
                met.extend(std::iter::from_fn(|| source.pop()));
            }
            let expected = all.iter().enumerate().filter(|(n, e)| n % 70 == 0 && plan.holds(e));
            assert_eq!(met, expected.map(|(_, e)| *e).collect::<Vec<_>>(), "{kind:?}");
        }
    }
}
