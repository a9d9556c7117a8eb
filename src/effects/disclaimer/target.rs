//! Which parts are the message's own text, and which messages are left alone.

use super::model::NotApplied;
use crate::message::{Body, Disposition, Message, Part, Protection};

/// What a text part is written in.
pub(in crate::effects) enum Text<'a> {
    Plain(&'a str),
    Html(&'a str),
}

/// The indexes of the parts that show the message's own text: the first text of a mixed
/// message, every alternative of it; never an attachment, never an attached message.
pub(super) fn own_text(message: &Message<'_>) -> Result<Vec<usize>, NotApplied> {
    may_be_altered(message)?;
    let mut found = Vec::new();
    collect(message, 0, 0, &mut found);
    if found.is_empty() { Err(NotApplied::NoTextBody) } else { Ok(found) }
}

/// The text of a part that is read on opening the message.
pub(in crate::effects) fn shown_text<'a>(part: &'a Part<'_>) -> Option<Text<'a>> {
    let shown = part.nesting == 0
        && part.inside.is_none()
        && part.disposition == Disposition::Inline
        && part.file_name.is_none();
    match &part.body {
        Body::Text(text) if shown && part.media_type == "text/plain" => Some(Text::Plain(text)),
        Body::Html(text) if shown && part.media_type == "text/html" => Some(Text::Html(text)),
        _ => None,
    }
}

fn collect(message: &Message<'_>, index: usize, depth: usize, found: &mut Vec<usize>) {
    let Some(part) = message.parts.get(index).filter(|_| depth < 64) else { return };
    if let Body::Multipart(children) = &part.body {
        let before = found.len();
        for child in children {
            collect(message, *child, depth + 1, found);
            if found.len() > before && part.media_type != "multipart/alternative" {
                return;
            }
        }
    } else if shown_text(part).is_some() {
        found.push(index);
    }
}

/// The kinds of message that no disclaimer is put into, whatever their text.
fn may_be_altered(message: &Message<'_>) -> Result<(), NotApplied> {
    for part in message.first_reading().iter().filter(|p| p.nesting == 0) {
        match part.media_type.as_str() {
            "multipart/signed" => return Err(NotApplied::Signed),
            "multipart/encrypted" => return Err(NotApplied::Encrypted),
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                return Err(if part.signed { NotApplied::Signed } else { NotApplied::Encrypted });
            }
            "multipart/report"
            | "message/delivery-status"
            | "message/global-delivery-status"
            | "message/disposition-notification"
            | "message/global-disposition-notification"
            | "message/feedback-report" => return Err(NotApplied::Report),
            "text/calendar" if is_shown_invitation(message, part) => return Err(NotApplied::Calendar),
            _ => {}
        }
        if part.signed {
            return Err(NotApplied::Signed);
        }
        if let Some(Text::Plain(text) | Text::Html(text)) = shown_text(part) {
            inline_pgp(text)?;
            if matches!(part.protection, Protection::Pgp | Protection::Smime) {
                return Err(NotApplied::Encrypted);
            }
        }
    }
    if message.header.list {
        return Err(NotApplied::List);
    }
    Ok(())
}

/// An invitation is the message or one of its alternatives; a calendar file that is only
/// attached is a file like others.
fn is_shown_invitation(message: &Message<'_>, part: &Part<'_>) -> bool {
    let parent = part.parent.and_then(|index| message.parts.get(index));
    part.disposition == Disposition::Inline || parent.is_none_or(|p| p.media_type == "multipart/alternative")
}

/// OpenPGP armour around text (RFC 9580 section 6.2). A public key in a text is no reason.
fn inline_pgp(text: &str) -> Result<(), NotApplied> {
    for at in memchr::memmem::find_iter(text.as_bytes(), b"-----BEGIN PGP ") {
        let rest = &text[at + 15..];
        if rest.starts_with("SIGNED MESSAGE") || rest.starts_with("SIGNATURE") {
            return Err(NotApplied::Signed);
        }
        if rest.starts_with("MESSAGE") {
            return Err(NotApplied::Encrypted);
        }
    }
    Ok(())
}
