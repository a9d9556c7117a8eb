//! A mail in a file, read as the gate reads every mail; what it carries is opened one level deeper.

use super::super::{
    as_text::armor_in,
    budget::Budget,
    hashing,
    model::{Limit, Protection, Reason, Shown, TraitKind, Writing},
    open,
};
use crate::message::{self, Body, Mailbox, Part, ReadLimits};
use std::borrow::Cow;

/// Far below what the gate allows for the message itself: a mail in a file is one of many files.
const LIMITS: ReadLimits = ReadLimits { parts: 500, depth: 16, nesting: 4, header_bytes: 128 * 1024 };

/// Reads subject, names, texts and attachments (RFC 5322, RFC 2045).
pub(in crate::files) fn open_mail(bytes: &[u8], budget: &mut Budget) {
    // Each way of a mail in a mail in a file would be opened in each way of those around it: deeper down it is told.
    let is_deep = budget.depth() >= 2;
    let message = match is_deep {
        false => message::read_in_every_way(bytes, LIMITS),
        true => message::read(bytes, LIMITS),
    };
    let header = &message.header;
    budget.text("subject", Shown::Subject, Writing::Plain, header.subject.clone());
    for (place, mailboxes) in
        [("header/from", &header.from), ("header/to", &header.to), ("header/cc", &header.cc)]
    {
        budget.text(place, Shown::Header, Writing::Plain, listed(mailboxes));
    }
    for part in &message.parts {
        if let Err(limit) = budget.step(1) {
            return budget.missed("", "mail", Reason::Limit(limit));
        }
        read_part(part, budget);
    }
    if message.otherwise.contains(&"read-otherwise") || is_deep && message.may_be_read_otherwise() {
        budget.missed("", "mail", Reason::Ambiguous);
    }
    for (defect, limit) in [
        ("too-many-parts", Limit::Members),
        ("too-many-nested", Limit::Nesting),
        ("too-deep", Limit::Nesting),
        ("header-cut", Limit::Text),
        ("field-cut", Limit::Text),
    ] {
        if message.defects.contains(&defect) {
            budget.missed("", "mail", Reason::Limit(limit));
        }
    }
}

fn read_part(part: &Part<'_>, budget: &mut Budget) {
    if let Some(subject) = &part.subject {
        let place = format!("{}/subject", part.path);
        budget.text(&place, Shown::Subject, Writing::Plain, subject.clone());
    }
    let kind = match part.protection {
        message::Protection::Smime => Some(Protection::Smime),
        message::Protection::Pgp => Some(Protection::Pgp),
        message::Protection::Password | message::Protection::None => None,
    };
    if let Some(kind) = kind.filter(|_| !matches!(part.body, Body::Multipart(_) | Body::Message(_))) {
        budget.found(&part.path, TraitKind::Protected(kind));
        return budget.missed(&part.path, "mail", Reason::Protected);
    }
    match &part.body {
        Body::Multipart(_) | Body::Message(_) => {}
        Body::Text(text) => told(part, Writing::Plain, text, budget),
        Body::Html(text) => {
            told(part, Writing::Html, text, budget);
            hashing::in_text(text.as_bytes(), budget);
        }
        Body::Binary(bytes) => {
            let name = part.file_name.as_deref();
            let place = place(part);
            open::member(budget, &place, name, Some(&part.media_type), bytes);
        }
    }
}

fn told(part: &Part<'_>, writing: Writing, text: &str, budget: &mut Budget) {
    if let Some(name) = &part.file_name {
        budget.text(&place(part), Shown::FileName, Writing::Plain, name.clone());
    }
    budget.text(&place(part), Shown::Visible, writing, text.to_owned());
    if let Some(armor) = armor_in(text) {
        open::member(budget, &place(part), None, None, armor.as_bytes());
    }
}

fn place<'p>(part: &'p Part<'_>) -> Cow<'p, str> {
    match &part.file_name {
        Some(name) => Cow::Owned(format!("{}/{}", part.path, open::cleaned(name))),
        None => Cow::Borrowed(&part.path),
    }
}

/// Names and addresses as a reader sees them.
fn listed(mailboxes: &[Mailbox]) -> String {
    let one = |mailbox: &Mailbox| {
        let name = mailbox.name.as_deref().unwrap_or_default();
        let address = mailbox.address.as_ref().map(|a| format!("<{}>", a.as_str())).unwrap_or_default();
        format!("{name} {address}").trim().to_owned()
    };
    mailboxes.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use crate::files::fixture_tests::opened;

    /// A mail that reads otherwise within another one that does, and so on.
    fn nested(levels: usize) -> String {
        let head = "From: a@mail.example\r\nTo: b@oakfield.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
        (0..levels).fold(format!("{head}\r\nthe end\r\n"), |inner, level| {
            format!(
                "{head}odd line {level}\r\nContent-Type: multipart/mixed; boundary=b{level}; boundary=\"c{level}\"\r\n\r\n\
                 --b{level}\r\nContent-Type: application/octet-stream; name=a.eml\r\n\r\n{inner}\r\n\
                 --b{level} tail\r\n\r\nmore\r\n--b{level}--\r\n"
            )
        })
    }

    #[test]
    fn ways_of_mails_in_mails_do_not_multiply() {
        let pieces = |levels| opened(nested(levels).as_bytes()).pieces.len();
        let (few, more) = (pieces(4), pieces(7));
        assert!(few > 4 && more < few * 3, "{few} {more}");
    }
}
