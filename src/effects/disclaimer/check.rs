//! The check that follows every edit, always: the edited bytes are read again, and all
//! but the edited texts must be what and where they were.

use super::{
    model::{Disclaimer, NotApplied},
    place,
    target::{self, Text},
};
use crate::{
    mail::{Edits, Splice, fields, header_end},
    message::{Body, Message, Part, ReadLimits, read},
};
use bytes::Bytes;

/// A text that was put into a part.
#[derive(Debug)]
pub(super) struct Inserted {
    pub(super) part: usize,
    pub(super) text: String,
}

pub(super) fn check(
    before: &Message<'_>,
    edits: &Edits,
    inserted: &[Inserted],
    disclaimer: &Disclaimer,
) -> Result<(), NotApplied> {
    let raw = edits.apply(&Bytes::copy_from_slice(before.raw));
    let after = read(&raw, ReadLimits::default());
    let fail = |what| Err(NotApplied::Check(what));
    if after.parts.len() != before.first_reading().len() {
        return fail("part-count");
    }
    if after.defects != before.defects {
        return fail("defects");
    }
    if !same_header(before.raw, &raw, edits) {
        return fail("header");
    }
    let moved = Moved::of(before.raw, &raw, &edits.body);
    for (index, (old, new)) in before.first_reading().iter().zip(&after.parts).enumerate() {
        if !same_place(old, new, &moved) {
            return fail("structure");
        }
        match inserted.iter().find(|i| i.part == index) {
            Some(inserted) if !is_old_with(old, new, &inserted.text) => return fail("text"),
            None if !same_bytes(before.raw, &raw, old, new) => return fail("bytes"),
            _ => {}
        }
    }
    if target::own_text(&after).ok() != Some(inserted.iter().map(|i| i.part).collect()) {
        return fail("own-text");
    }
    if !place::is_there(&after, disclaimer) {
        return fail("not-recognised");
    }
    Ok(())
}

/// Where offsets of the old bytes lie in the new ones.
struct Moved<'a> {
    header: isize,
    header_end: usize,
    splices: &'a [Splice],
}

impl<'a> Moved<'a> {
    fn of(old: &[u8], new: &[u8], splices: &'a [Splice]) -> Self {
        let (old_end, new_end) = (header_end(old), header_end(new));
        Self { header: new_end.cast_signed() - old_end.cast_signed(), header_end: old_end, splices }
    }

    /// The new offset of a beginning: what is inserted right there lies behind it.
    fn start(&self, at: usize) -> Option<usize> {
        self.shift(at, |s| s.range.start < at && s.range.end <= at)
    }

    /// The new offset of an end: what is inserted right there lies before it.
    fn end(&self, at: usize) -> Option<usize> {
        self.shift(at, |s| s.range.end <= at)
    }

    fn shift(&self, at: usize, counts: impl Fn(&Splice) -> bool) -> Option<usize> {
        let splices = self.splices.iter().filter(|s| counts(s));
        let grown: isize = splices.map(|s| s.bytes.len().cast_signed() - s.range.len().cast_signed()).sum();
        let header = if at >= self.header_end { self.header } else { 0 };
        at.checked_add_signed(grown + header)
    }
}

fn same_place(old: &Part<'_>, new: &Part<'_>, moved: &Moved<'_>) -> bool {
    let same = old.path == new.path
        && old.parent == new.parent
        && old.media_type == new.media_type
        && old.disposition == new.disposition
        && old.file_name == new.file_name
        && old.flowed == new.flowed
        && old.nesting == new.nesting
        && old.inside == new.inside
        && old.signed == new.signed
        && std::mem::discriminant(&old.body) == std::mem::discriminant(&new.body);
    // A part that lies decoded in another one has the ranges of that one.
    same && moved.start(old.header_range.start) == Some(new.header_range.start)
        && moved.start(old.body_range.start) == Some(new.body_range.start)
        && moved.end(old.body_range.end) == Some(new.body_range.end)
}

/// Header and encoded body of a part that was not edited. Of a multipart only the header
/// is compared: its children are parts themselves, and the places show the rest. The root's
/// header is compared field by field elsewhere.
fn same_bytes(before: &[u8], after: &[u8], old: &Part<'_>, new: &Part<'_>) -> bool {
    if old.inside.is_some() {
        return true;
    }
    let header = old.parent.is_none() && old.nesting == 0
        || before.get(old.header_range.clone()) == after.get(new.header_range.clone());
    let body = matches!(old.body, Body::Multipart(_))
        || before.get(old.body_range.clone()) == after.get(new.body_range.clone());
    header && body
}

/// The message's own header: the same fields in the same order, except those that a
/// header edit names.
fn same_header(old: &[u8], new: &[u8], edits: &Edits) -> bool {
    let (old, new) = (&old[..header_end(old)], &new[..header_end(new)]);
    if edits.headers.is_empty() {
        return old == new;
    }
    const OURS: [&str; 3] = ["content-type", "content-transfer-encoding", "mime-version"];
    let kept = |(name, _): &(&str, &[u8])| !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name));
    fields(old).filter(kept).eq(fields(new).filter(kept))
}

/// Whether the new text is the old one with `inserted` somewhere in it.
fn is_old_with(old: &Part<'_>, new: &Part<'_>, inserted: &str) -> bool {
    let (old, new) = match (target::shown_text(old), target::shown_text(new)) {
        (Some(Text::Plain(old)), Some(Text::Plain(new))) => (old, new),
        (Some(Text::Html(old)), Some(Text::Html(new))) => (old, new),
        _ => return false,
    };
    new.len() == old.len() + inserted.len()
        && memchr::memmem::find_iter(new.as_bytes(), inserted).any(|at| {
            let (before, after) = (new.get(..at), new.get(at + inserted.len()..));
            before == old.get(..at) && after == old.get(at..)
        })
}
