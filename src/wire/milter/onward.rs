//! The way onward through a milter: the message stays with the MTA, so to pass it on is
//! to note the changes that the MTA is to make at the end of the message.

use super::negotiate::LeadingSpace;
use crate::mail::{
    AnyProof, Custody, Edits, HeaderEdit, Onward, Passing, Proof, Reply, TransactionId, Waiting, fields,
    header_end,
};
use bytes::Bytes;
use indymilter::message::reply::Reply as Packet;
use std::{
    collections::BTreeSet,
    ffi::{CStr, CString},
};

/// The MTA keeps the message in its queue and passes it on with our changes. Made only
/// by the conversation with that MTA.
#[derive(Debug)]
pub struct LeftWithMta {
    transaction: TransactionId,
    queue_id: Option<String>,
}

impl Proof for LeftWithMta {
    fn transaction(&self) -> TransactionId {
        self.transaction
    }
    fn custody(&self) -> Custody {
        Custody::LeftWithMta { queue_id: self.queue_id.clone() }
    }
}

/// The changes that the MTA is asked for.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) actions: Vec<Packet>,
    /// The whole new body, when it changes.
    pub(super) body: Option<Bytes>,
    removed: usize,
}

impl Passed {
    pub(super) fn is_for_everyone(&self) -> bool {
        self.removed == 0
    }
}

/// Notes what passes, for one transaction.
pub(super) struct MilterOnward {
    pub(super) transaction: TransactionId,
    pub(super) queue_id: Option<String>,
    pub(super) space: LeadingSpace,
    /// RCPT words as the MTA wrote them, in envelope order.
    pub(super) as_given: Vec<CString>,
    pub(super) passed: Option<Passed>,
}

impl Onward for MilterOnward {
    fn pass<'a>(&'a mut self, passing: Passing<'a>) -> Waiting<'a, Result<Box<dyn AnyProof>, Reply>> {
        Box::pin(async move {
            self.passed = None;
            self.passed = Some(self.note(passing).ok_or_else(not_expressible)?);
            let proof = LeftWithMta { transaction: self.transaction, queue_id: self.queue_id.clone() };
            Ok(Box::new(proof) as Box<dyn AnyProof>)
        })
    }
}

fn not_expressible() -> Reply {
    Reply::new(451, (4, 3, 5), "Mail gateway could not mark the message; please try again later")
}

impl MilterOnward {
    /// `None` when the request does not fit this transaction or an edit has no form on
    /// the wire.
    fn note(&self, passing: Passing<'_>) -> Option<Passed> {
        let fits = passing.transaction.id == self.transaction
            && !passing.recipients.is_empty()
            && passing.recipients.iter().all(|r| *r < self.as_given.len());
        if !fits {
            return None;
        }
        let mut actions = header_actions(passing.edits, &passing.transaction.raw, self.space)?;
        let removals = self.removals(passing.recipients);
        let removed = removals.len();
        actions.extend(removals);
        let body = (!passing.edits.body.is_empty()).then(|| body_of(passing.bytes));
        Some(Passed { actions, body, removed })
    }

    /// The MTA removes by address: one that passes in any spelling stays, and of the
    /// others every spelling goes, since Postfix compares exactly.
    fn removals(&self, passing: &[usize]) -> Vec<Packet> {
        let key = |word: &CStr| word.to_bytes().to_ascii_lowercase();
        let stays: BTreeSet<Vec<u8>> =
            passing.iter().filter_map(|r| self.as_given.get(*r)).map(|w| key(w)).collect();
        let goes: BTreeSet<&CString> = self.as_given.iter().filter(|w| !stays.contains(&key(w))).collect();
        goes.into_iter().map(|rcpt| Packet::DeleteRcpt { rcpt: rcpt.clone() }).collect()
    }
}

/// What follows the empty line.
fn body_of(message: &Bytes) -> Bytes {
    let end = header_end(message);
    let rest = message.slice(end..);
    let line_end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(!rest.is_empty()) };
    rest.slice(line_end..)
}

/// Header edits in the order in which their numbers hold: changes from the last field of
/// a name to the first (Postfix renumbers after a deletion, Sendmail does not), then new
/// fields, each put on top of the one before it, as [`Edits::apply`] does.
fn header_actions(edits: &Edits, raw: &[u8], space: LeadingSpace) -> Option<Vec<Packet>> {
    let mut changes: Vec<(usize, Packet)> = Vec::new();
    let mut inserts = Vec::new();
    let mut named = BTreeSet::new();
    for edit in &edits.headers {
        match edit {
            HeaderEdit::Prepend { name, value } => inserts.push(Packet::InsertHeader {
                index: 0,
                name: field_name(name)?,
                value: field_value(value, space)?,
            }),
            HeaderEdit::Replace { name, nth, .. } | HeaderEdit::Remove { name, nth } => {
                // The MTA would add a field that is not there.
                let Some(spelling) = field(raw, name, *nth) else { continue };
                // The first edit of a field holds.
                if named.insert((name.to_ascii_lowercase(), *nth)) {
                    let value = match edit {
                        HeaderEdit::Replace { value, .. } => field_value(value, space)?,
                        _ => CString::default(),
                    };
                    let (name, index) = (field_name(spelling)?, i32::try_from(*nth).ok()?);
                    changes.push((*nth, Packet::ChangeHeader { name, index, value }));
                }
            }
        }
    }
    changes.sort_by_key(|(nth, _)| std::cmp::Reverse(*nth));
    Some(changes.into_iter().map(|(_, packet)| packet).chain(inserts).collect())
}

/// The `nth` field of that name, as the message spells it.
fn field<'a>(raw: &'a [u8], name: &str, nth: usize) -> Option<&'a str> {
    let header = &raw[..header_end(raw)];
    let mut named = fields(header).map(|(n, _)| n).filter(|n| n.eq_ignore_ascii_case(name));
    named.nth(nth.checked_sub(1)?)
}

/// RFC 5322 section 2.2: printable ASCII without the colon.
fn field_name(name: &str) -> Option<CString> {
    let ftext = |b: u8| b.is_ascii_graphic() && b != b':';
    (!name.is_empty() && name.bytes().all(ftext)).then(|| CString::new(name).ok())?
}

/// Folded lines are separated by LF alone, and each further line begins with a space or
/// tab, or it would be a field of its own. An empty value would mean deletion.
fn field_value(value: &str, space: LeadingSpace) -> Option<CString> {
    let unix = value.replace("\r\n", "\n");
    let folded = unix.split('\n').skip(1).all(|line| line.starts_with([' ', '\t']));
    if !folded || unix.contains('\r') {
        return None;
    }
    let lead = match space {
        LeadingSpace::Kept => " ",
        LeadingSpace::Implied if unix.is_empty() => " ",
        LeadingSpace::Implied => "",
    };
    CString::new(format!("{lead}{unix}")).ok()
}

#[cfg(test)]
impl Passed {
    pub(super) fn everyone() -> Self {
        Self::default()
    }
    pub(super) fn without_first(removed: usize) -> Self {
        Self { removed, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Splice;

    const RAW: &[u8] = b"Subject: one\r\nX: 1\r\nx: 2\r\nX: 3\r\n\r\nbody\r\n";

    fn replace(name: &str, nth: usize, value: &str) -> HeaderEdit {
        HeaderEdit::Replace { name: name.into(), nth, value: value.into() }
    }
    fn prepend(name: &str, value: &str) -> HeaderEdit {
        HeaderEdit::Prepend { name: name.into(), value: value.into() }
    }
    fn actions(headers: Vec<HeaderEdit>, space: LeadingSpace) -> Option<Vec<String>> {
        let show = |packet| match packet {
            Packet::InsertHeader { index, name, value } => format!("+{index} {name:?} {value:?}"),
            Packet::ChangeHeader { index, name, value } => format!("={index} {name:?} {value:?}"),
            other => panic!("{other:?}"),
        };
        let edits = Edits { headers, body: Vec::new() };
        Some(header_actions(&edits, RAW, space)?.into_iter().map(show).collect())
    }

    #[test]
    fn numbers_hold_whatever_the_mta_does_with_them() {
        let edits = vec![
            prepend("A", "first"),
            HeaderEdit::Remove { name: "X".into(), nth: 1 },
            replace("X", 3, "three"),
            replace("x", 3, "a second edit of one field"),
            replace("X", 4, "not there"),
            replace("Subject", 0, "not there"),
            prepend("B", "on\r\n top"),
        ];
        assert_eq!(
            actions(edits, LeadingSpace::Kept).unwrap(),
            [r#"=3 "X" " three""#, r#"=1 "X" """#, r#"+0 "A" " first""#, r#"+0 "B" " on\n top""#,]
        );
    }

    #[test]
    fn a_value_neither_vanishes_nor_becomes_a_second_field() {
        let one = |name, value| actions(vec![prepend(name, value)], LeadingSpace::Implied);
        assert_eq!(one("A", "v").unwrap(), [r#"+0 "A" "v""#]);
        assert_eq!(one("A", "").unwrap(), [r#"+0 "A" " ""#]);
        for bad in ["a\r\nBcc: b", "a\nb", "a\rb", "a\0b", "a\r\n"] {
            assert_eq!(one("A", bad), None, "{bad:?}");
        }
        for bad in ["", "A:", "A b", "É"] {
            assert_eq!(one(bad, "v"), None, "{bad:?}");
        }
    }

    #[test]
    fn the_new_body_is_what_follows_the_header() {
        let raw = Bytes::from_static(RAW);
        let at = RAW.len() - 2;
        let edits = Edits {
            headers: vec![prepend("A", "b")],
            body: vec![Splice { range: at..at, bytes: Bytes::from_static(b"!") }],
        };
        assert_eq!(body_of(&edits.apply(&raw)), &b"body!\r\n"[..]);
        assert_eq!(body_of(&Bytes::from_static(b"A: b\r\n\r\n")), &b""[..]);
        assert_eq!(body_of(&Bytes::from_static(b"A: b")), &b""[..]);
    }

    #[test]
    fn every_spelling_of_an_address_goes_unless_one_passes() {
        let words = ["<a@x.example>", "<B@x.example>", "<b@x.example>", "<c@x.example>"];
        let onward = MilterOnward {
            transaction: TransactionId(1),
            queue_id: None,
            space: LeadingSpace::Kept,
            as_given: words.iter().map(|w| CString::new(*w).unwrap()).collect(),
            passed: None,
        };
        let gone = |passing: &[usize]| {
            let name = |p| match p {
                Packet::DeleteRcpt { rcpt } => rcpt.into_string().unwrap(),
                other => panic!("{other:?}"),
            };
            onward.removals(passing).into_iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(gone(&[0, 1]), ["<c@x.example>"]);
        assert_eq!(gone(&[3]), ["<B@x.example>", "<a@x.example>", "<b@x.example>"]);
    }
}
