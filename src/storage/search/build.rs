//! One segment out of many documents or segments, in memory: documents newest first, the lists of
//! each token joined, what was forgotten left out. No row is written here.

use super::{
    fresh::{Fresh, chunk_place, segment_place},
    segment::{Directory, Entry, Kind, Token, Writer, entries, ordinals, runs},
};
use crate::storage::{error::StoreError, secrets::Secrets};
use std::iter::Peekable;

/// What a new segment is made of.
pub(super) enum Origin {
    /// Rows of `search_fresh`.
    Fresh(Vec<String>),
    /// Segments with as many forgotten documents as were seen.
    Segments(Vec<(i64, i64)>),
}

/// A segment to be, ready to be written.
pub(super) struct Made {
    pub(super) level: i64,
    pub(super) directory: Directory,
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) newest: i64,
    pub(super) oldest: i64,
    pub(super) origin: Origin,
}

/// One of those that become a segment: its documents, newest first, and its postings by token.
pub(super) struct Part {
    entries: Vec<Entry>,
    postings: Postings,
}

enum Postings {
    /// Of one document, with the ordinal 0.
    Tokens(Vec<Token>, usize),
    /// Chunks, and how far they are read: which chunk, and its runs.
    Chunks { left: std::vec::IntoIter<Vec<u8>>, runs: std::vec::IntoIter<(Token, Vec<u32>)> },
}

impl Part {
    pub(super) fn of_document(document: &Fresh) -> Self {
        Self { entries: vec![document.entry], postings: Postings::Tokens(document.tokens.clone(), 0) }
    }

    pub(super) fn of_segment(
        (id, sealed): (i64, Vec<u8>),
        chunks: Vec<(i64, Vec<u8>)>,
        secrets: &Secrets,
    ) -> Result<Self, StoreError> {
        let directory = Directory::read(&secrets.open_bytes(&segment_place(id), &sealed)?);
        let directory = directory.ok_or_else(|| super::damaged(id))?;
        let open = |(id, sealed): (i64, Vec<u8>)| secrets.open_bytes(&chunk_place(id), &sealed);
        let mut chunks = chunks.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let postings = chunks.split_off(directory.postings().min(chunks.len()));
        let entries = chunks.iter().flat_map(|c| entries(c)).take(directory.documents as usize).collect();
        let postings = Postings::Chunks { left: postings.into_iter(), runs: Vec::new().into_iter() };
        Ok(Self { entries, postings })
    }
}

/// Tokens in rising order; one may come several times, with rising ordinals.
impl Iterator for Postings {
    type Item = (Token, Vec<u32>);
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Tokens(tokens, at) => {
                let token = *tokens.get(*at)?;
                *at += 1;
                Some((token, vec![0]))
            }
            Self::Chunks { left, runs: open } => loop {
                if let Some(run) = open.next() {
                    return Some(run);
                }
                let chunk = left.next()?;
                let read = |(token, data): (Token, &[u8])| {
                    let mut list = Vec::new();
                    ordinals(data, &mut list);
                    (token, list)
                };
                *open = runs(&chunk).map(read).collect::<Vec<_>>().into_iter();
            },
        }
    }
}

/// What has no place in the new segment.
const NOWHERE: u32 = u32::MAX;

pub(super) fn build(level: i64, parts: Vec<Part>, origin: Origin) -> Made {
    let mut order: Vec<(Entry, usize, usize)> = Vec::new();
    for (part, Part { entries, .. }) in parts.iter().enumerate() {
        let kept = entries.iter().enumerate().filter(|(_, entry)| entry.kind != Kind::Blank);
        order.extend(kept.map(|(ordinal, entry)| (*entry, part, ordinal)));
    }
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut places: Vec<Vec<u32>> = parts.iter().map(|p| vec![NOWHERE; p.entries.len()]).collect();
    for (place, (_, part, ordinal)) in (0_u32..).zip(&order) {
        places[*part][*ordinal] = place;
    }
    let entries: Vec<Entry> = order.into_iter().map(|(entry, ..)| entry).collect();
    let mut writer = Writer::new(&entries);
    let mut left: Vec<Peekable<Postings>> = parts.into_iter().map(|p| p.postings.peekable()).collect();
    let mut list: Vec<u32> = Vec::new();
    // The part whose token is the lowest, found without looking at all of them each time.
    let mut heap: std::collections::BinaryHeap<std::cmp::Reverse<(Token, usize)>> = left
        .iter_mut()
        .enumerate()
        .filter_map(|(part, postings)| Some(std::cmp::Reverse((postings.peek()?.0, part))))
        .collect();
    while let Some(std::cmp::Reverse((token, _))) = heap.peek().copied() {
        list.clear();
        while let Some(std::cmp::Reverse((next, part))) = heap.peek().copied()
            && next == token
        {
            heap.pop();
            let Some((_, ordinals)) = left[part].next() else { continue };
            let place = |o: u32| places[part].get(o as usize).copied().filter(|p| *p != NOWHERE);
            list.extend(ordinals.into_iter().filter_map(place));
            if let Some((next, _)) = left[part].peek() {
                heap.push(std::cmp::Reverse((*next, part)));
            }
        }
        list.sort_unstable();
        writer.push(token, &list);
    }
    let (directory, chunks) = writer.finish();
    let newest = entries.first().map_or(i64::MIN, |e| e.at);
    let oldest = entries.last().map_or(i64::MAX, |e| e.at);
    Made { level, directory, chunks, newest, oldest, origin }
}
