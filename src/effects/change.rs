//! A held message as its sender changes it before it leaves: its recipients hidden from one another, a
//! copy for each, to fewer of them, or without an attachment. Message-ID, In-Reply-To and References stay,
//! so that the thread holds; every part that is not replaced stays byte for byte, which is checked on the
//! edited bytes, or nothing is done. A signed message is never edited.

use super::{Signers, conserved::conserved_but};
use crate::{
    mail::{Address, Edits, HeaderEdit, Splice, fields, header_end},
    message::{Body, Disposition, Message, Part, Protection, ReadLimits, read},
    storage::{Changeable, ReleasedCopy},
};
use bytes::Bytes;

/// How the recipients are named in what leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    #[default]
    AsWritten,
    /// To the sender alone: nobody sees who else gets it.
    Bcc,
    /// A copy for each, who alone is named in it.
    Single,
}

/// What a sender asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub addressing: Addressing,
    /// Paths of the attachments to be left out.
    pub without: Vec<String>,
    /// `None`: to all of them.
    pub only: Option<Only>,
}

/// Some of the recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    /// By their places in the envelope.
    Places(Vec<usize>),
    Addresses(Vec<Address>),
}

/// An attachment that can be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// As findings name its part: `2`.
    pub path: String,
    /// Empty when it has none.
    pub name: String,
}

/// Why a message is not changed; each says what its sender can do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotChange {
    #[error(
        "The message is signed or encrypted: a change would break that. Take it back and write it anew, or send it as it is."
    )]
    Signed,
    #[error("There is no such attachment that could be left out.")]
    NoSuchPart,
    #[error("One of these addresses is no recipient of the message that waits.")]
    NoRecipient,
    #[error("Choose at least one recipient.")]
    Nobody,
    #[error("That is too many single copies: hide the recipients from one another instead.")]
    TooMany,
    #[error(
        "The message cannot be changed without touching other parts of it: nothing was done. Take it back and write it anew."
    )]
    NotSafe,
    #[error("The changed message could not be signed: nothing was done. Tell whoever runs the mail gate.")]
    NotSigned,
}

/// Single copies of one message.
const MOST_COPIES: usize = 100;
/// Attachments that are offered.
const MOST_ATTACHED: usize = 50;

impl Changes {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Words for the ledger.
    fn word(&self) -> &'static str {
        match (self.addressing, self.without.is_empty(), &self.only) {
            (Addressing::Bcc, true, _) => "bcc",
            (Addressing::Bcc, false, _) => "bcc.without-attachment",
            (Addressing::Single, true, _) => "single",
            (Addressing::Single, false, _) => "single.without-attachment",
            (Addressing::AsWritten, false, _) => "without-attachment",
            (Addressing::AsWritten, true, _) => "fewer-recipients",
        }
    }

    fn edits_bytes(&self) -> bool {
        self.addressing != Addressing::AsWritten || !self.without.is_empty()
    }
}

/// The attachments that can be left out, in their order; of a signed message nothing is.
pub fn attachments(raw: &[u8]) -> Result<Vec<Attached>, CannotChange> {
    let message = read(raw, ReadLimits::default());
    if must_stay(&message) {
        return Err(CannotChange::Signed);
    }
    let all = message.parts.iter().filter(|part| can_go(&message, part));
    let attached = |part: &Part<'_>| Attached {
        path: part.path.clone(),
        name: part.file_name.clone().unwrap_or_default(),
    };
    Ok(all.take(MOST_ATTACHED).map(attached).collect())
}

/// The copies that leave, each with its row for the ledger.
pub fn changed(
    held: &Changeable,
    changes: &Changes,
    signers: &Signers,
) -> Result<Vec<ReleasedCopy>, CannotChange> {
    let recipients = &held.envelope.recipients;
    let all = 0..recipients.len();
    let to: Vec<usize> = match &changes.only {
        None => all.collect(),
        Some(Only::Places(places)) => all.filter(|n| places.contains(n)).collect(),
        Some(Only::Addresses(some)) => {
            if some.iter().any(|address| !recipients.iter().any(|r| r.address == *address)) {
                return Err(CannotChange::NoRecipient);
            }
            let chosen = |n: &usize| recipients.get(*n).is_some_and(|r| some.contains(&r.address));
            all.filter(chosen).collect()
        }
    };
    if to.is_empty() {
        return Err(CannotChange::Nobody);
    }
    if changes.addressing == Addressing::Single && to.len() > MOST_COPIES {
        return Err(CannotChange::TooMany);
    }
    let message = read(&held.raw, ReadLimits::default());
    if changes.edits_bytes() && must_stay(&message) {
        return Err(CannotChange::Signed);
    }
    let author = message.header.from.first().and_then(|m| m.address.clone());
    let author = author.or_else(|| held.envelope.sender.address().cloned());
    let groups: Vec<(Vec<usize>, Option<Address>)> = match changes.addressing {
        Addressing::AsWritten => vec![(to, None)],
        Addressing::Bcc => vec![(to, author.clone())],
        Addressing::Single => {
            let own = |n: usize| recipients.get(n).map(|r| (vec![n], Some(r.address.clone())));
            to.into_iter().filter_map(own).collect()
        }
    };
    let mut copies = Vec::with_capacity(groups.len());
    for (to, named) in groups {
        if changes.edits_bytes() && changes.addressing != Addressing::AsWritten && named.is_none() {
            return Err(CannotChange::NotSafe);
        }
        let edits = edits(held, &message, changes, named.as_ref(), (signers, author.as_ref()))?;
        let kept = conserved_but(&held.raw, &edits, &changes.without).map_err(|_| CannotChange::NotSafe)?;
        let event = kept.event().with("change", changes.word()).with("recipients", to.len());
        copies.push(ReleasedCopy { to, edits, event: Some(event) });
    }
    Ok(copies)
}

/// Those that it would leave with, and the sender's own; signed anew where we have signed.
fn edits(
    held: &Changeable,
    message: &Message<'_>,
    changes: &Changes,
    named: Option<&Address>,
    (signers, author): (&Signers, Option<&Address>),
) -> Result<Edits, CannotChange> {
    if !changes.edits_bytes() {
        return Ok(held.edits.clone());
    }
    let of_signature = |edit: &HeaderEdit| {
        let name = match edit {
            HeaderEdit::Prepend { name, .. }
            | HeaderEdit::Replace { name, .. }
            | HeaderEdit::Remove { name, .. } => name,
        };
        name.eq_ignore_ascii_case("dkim-signature")
    };
    let mut edits = held.edits.clone();
    edits.headers.retain(|edit| !of_signature(edit));
    if let Some(named) = named {
        edits.headers.extend(addressed(message.raw, named));
    }
    for path in &changes.without {
        let part = message.parts.iter().find(|part| part.path == *path && can_go(message, part));
        let part = part.ok_or(CannotChange::NoSuchPart)?;
        edits.body.push(Splice {
            range: part.header_range.start..part.body_range.end,
            bytes: note(message.raw, part.file_name.as_deref()),
        });
    }
    edits.body.sort_by_key(|splice| splice.range.start);
    edits.body.dedup();
    let overlap = |pair: &[Splice]| matches!(pair, [a, b] if b.range.start < a.range.end);
    if edits.body.windows(2).any(overlap) {
        return Err(CannotChange::NotSafe);
    }
    match author {
        Some(author) => signers.sign(&held.raw, edits, author).map_err(|_| CannotChange::NotSigned),
        None => Ok(edits),
    }
}

/// `To` says this one; what else named a recipient is taken away.
fn addressed(raw: &[u8], named: &Address) -> Vec<HeaderEdit> {
    let header = raw.get(..header_end(raw)).unwrap_or_default();
    let count = |name: &str| fields(header).filter(|(n, _)| n.eq_ignore_ascii_case(name)).count();
    let value = named.to_string();
    let mut edits = vec![match count("To") {
        0 => HeaderEdit::Prepend { name: "To".into(), value },
        _ => HeaderEdit::Replace { name: "To".into(), nth: 1, value },
    }];
    for (name, from) in [("To", 2), ("Cc", 1), ("Bcc", 1), ("Apparently-To", 1)] {
        edits.extend((from..=count(name)).map(|nth| HeaderEdit::Remove { name: name.into(), nth }));
    }
    edits
}

/// What stands in the place of an attachment.
fn note(raw: &[u8], name: Option<&str>) -> Bytes {
    let header = raw.get(..header_end(raw)).unwrap_or_default();
    let eol = if header.windows(2).any(|w| w == b"\r\n") { "\r\n" } else { "\n" };
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    let name = name.filter(|n| n.len() <= 80 && n.chars().all(plain)).map(|n| format!(" ({n})"));
    let text = [
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Disposition: inline",
        "",
        "An attachment was left out by its sender before this message was sent.",
        "Gadawyd atodiad allan gan yr anfonwr cyn anfon y neges hon.",
    ];
    Bytes::from(
        format!("{}{eol}", text.join(eol)) + &name.map(|n| format!("{}{eol}", n.trim())).unwrap_or_default(),
    )
}

/// An edit would break a seal, or what cannot be seen into.
fn must_stay(message: &Message<'_>) -> bool {
    let sealed = |p: &Part<'_>| p.signed || matches!(p.protection, Protection::Smime | Protection::Pgp);
    message.parts.iter().any(sealed)
}

/// A part that stands by itself beside the text.
fn can_go(message: &Message<'_>, part: &Part<'_>) -> bool {
    let beside = part
        .parent
        .and_then(|n| message.parts.get(n))
        .is_some_and(|parent| matches!(parent.media_type.as_str(), "multipart/mixed" | "multipart/related"));
    let apart = part.disposition == Disposition::Attachment || part.file_name.is_some();
    let leaf = !matches!(part.body, Body::Multipart(_));
    beside && apart && leaf && part.nesting == 0 && part.inside.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Envelope, Recipient, ReversePath};

    const RAW: &str = "From: T Staff <t.staff@oakfield.example>\r\nTo: a@x.example,\r\n b@y.example\r\n\
        Cc: c@z.example\r\nSubject: Trip\r\nMessage-ID: <1@c.example>\r\nIn-Reply-To: <0@c.example>\r\n\
        References: <0@c.example>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
        Content-Type: text/plain\r\n\r\nHello\r\n--x\r\nContent-Type: text/csv\r\n\
        Content-Disposition: attachment; filename=list.csv\r\n\r\n1,2,3\r\n--x\r\n\
        Content-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n";

    fn held(raw: &str) -> Changeable {
        let address = |text: &str| Address::parse(text).unwrap();
        Changeable {
            raw: Bytes::copy_from_slice(raw.as_bytes()),
            edits: Edits::default(),
            envelope: Envelope {
                sender: ReversePath::Mailbox(address("t.staff@oakfield.example")),
                parameters: vec![],
                recipients: ["a@x.example", "b@y.example", "c@z.example"]
                    .map(|to| Recipient::new(address(to)))
                    .to_vec(),
            },
            settled_policies: vec![],
            owner: None,
        }
    }

    fn done(raw: &str, changes: &Changes) -> Result<Vec<(Vec<usize>, String)>, CannotChange> {
        let held = held(raw);
        let copies = changed(&held, changes, &Signers::default())?;
        let bytes =
            |copy: ReleasedCopy| (copy.to, String::from_utf8(copy.edits.apply(&held.raw).to_vec()).unwrap());
        Ok(copies.into_iter().map(bytes).collect())
    }

    #[test]
    fn the_recipients_are_hidden_and_all_else_stays() {
        let bcc = Changes { addressing: Addressing::Bcc, ..Changes::default() };
        let all = done(RAW, &bcc).unwrap();
        let wanted = RAW
            .replace("To: a@x.example,\r\n b@y.example\r\n", "To: t.staff@oakfield.example\r\n")
            .replace("Cc: c@z.example\r\n", "");
        assert_eq!(all, [(vec![0, 1, 2], wanted)]);
        let single = Changes {
            addressing: Addressing::Single,
            only: Some(Only::Places(vec![2, 0])),
            ..Changes::default()
        };
        let all = done(RAW, &single).unwrap();
        assert_eq!(all.iter().map(|(to, _)| to.clone()).collect::<Vec<_>>(), [vec![0], vec![2]]);
        assert!(all[1].1.contains("To: c@z.example\r\n") && !all[1].1.contains("a@x.example"));
    }

    #[test]
    fn an_attachment_goes_and_its_neighbours_stay_byte_for_byte() {
        let found = attachments(RAW.as_bytes()).unwrap();
        let names: Vec<(&str, &str)> = found.iter().map(|a| (a.path.as_str(), a.name.as_str())).collect();
        assert_eq!(names, [("2", "list.csv"), ("3", "p.png")]);
        let changes = Changes { without: vec!["2".into()], ..Changes::default() };
        let (_, out) = done(RAW, &changes).unwrap().remove(0);
        assert!(!out.contains("1,2,3") && out.contains("An attachment was left out"), "{out}");
        let message = read(out.as_bytes(), ReadLimits::default());
        assert!(message.defects.is_empty() && message.parts.len() == 4, "{:?}", message.defects);
        for stays in
            ["\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x\r\n", "base64\r\n\r\nAAAA\r\n--x--\r\n"]
        {
            assert!(out.contains(stays), "{stays}: {out}");
        }
        let text = Changes { without: vec!["1".into()], ..Changes::default() };
        assert_eq!(done(RAW, &text).unwrap_err(), CannotChange::NoSuchPart);
    }

    #[test]
    fn a_signed_message_is_sent_to_fewer_but_never_edited() {
        let raw =
            RAW.replace("multipart/mixed;", "multipart/signed; protocol=\"application/pgp-signature\";");
        let bcc = Changes { addressing: Addressing::Bcc, ..Changes::default() };
        assert_eq!(done(&raw, &bcc).unwrap_err(), CannotChange::Signed);
        assert_eq!(attachments(raw.as_bytes()).unwrap_err(), CannotChange::Signed);
        let fewer = Changes { only: Some(Only::Places(vec![1])), ..Changes::default() };
        assert_eq!(done(&raw, &fewer).unwrap(), [(vec![1], raw)]);
        let nobody = Changes { only: Some(Only::Places(vec![])), ..Changes::default() };
        assert_eq!(done(RAW, &nobody).unwrap_err(), CannotChange::Nobody);
    }
}
