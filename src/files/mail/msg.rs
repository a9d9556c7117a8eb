//! Outlook's .msg files ([MS-OXMSG]): a compound file with one stream for each property, and storages for
//! recipients, attachments and mails in the mail.

use super::super::{
    budget::Budget,
    bytes::{u16_le, u32_le, utf16_le},
    model::{Reason, Script, TraitKind},
    name,
};
use super::mapi::{Attachment, Item, Value, id};
use std::io::{Cursor, Read};

type File<'a> = cfb::CompoundFile<Cursor<&'a [u8]>>;

const PROPERTY: &str = "__substg1.0_";
const RECIPIENT: &str = "__recip_version1.0_";
const ATTACHMENT: &str = "__attach_version1.0_";
const FIXED: &str = "__properties_version1.0";
/// A mail or an object within an attachment.
const EMBEDDED: &str = "__substg1.0_3701000D";

pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    match cfb::CompoundFile::open(Cursor::new(bytes)) {
        Ok(mut file) => message(&mut file, "", 32, budget),
        Err(_) => budget.missed("", "msg", Reason::Malformed),
    }
}

/// The mail in the storage `base`, whose fixed properties begin at `fixed_at` of their stream.
fn message(file: &mut File<'_>, base: &str, fixed_at: usize, budget: &mut Budget) {
    let names = match children(file, base, budget) {
        Ok(names) => names,
        Err(reason) => return budget.missed("", "msg", reason),
    };
    let mut item = properties(file, base, &names, fixed_at, budget);
    for recipient in names.iter().filter(|name| name.starts_with(RECIPIENT)) {
        let base = format!("{base}/{recipient}");
        let Ok(names) = children(file, &base, budget) else { break };
        let mut table = properties(file, &base, &names, 8, budget);
        table.code_page = item.code_page;
        let texts =
            [id::DISPLAY_NAME, id::SMTP_ADDRESS, id::ADDRESS].into_iter().filter_map(|id| table.text(id));
        item.recipients.extend(texts.filter(|text| !text.starts_with("/o=")));
    }
    item.tell(budget);
    for attachment in names.iter().filter(|name| name.starts_with(ATTACHMENT)) {
        if let Err(limit) = budget.member() {
            return budget.missed("", "msg", Reason::Limit(limit));
        }
        attached(file, &format!("{base}/{attachment}"), &item, budget);
    }
}

fn attached(file: &mut File<'_>, base: &str, of: &Item, budget: &mut Budget) {
    let names = match children(file, base, budget) {
        Ok(names) => names,
        Err(reason) => return budget.missed("", "msg", reason),
    };
    let mut attachment = Attachment { item: properties(file, base, &names, 8, budget) };
    attachment.item.code_page = of.code_page;
    attachment.tell(budget);
    let place = name::place(attachment.name().as_deref().unwrap_or("attachment"));
    if names.iter().any(|name| name.eq_ignore_ascii_case(EMBEDDED)) {
        let inner = format!("{base}/{EMBEDDED}");
        let is_mail = file.exists(format!("{inner}/{FIXED}"));
        if !is_mail {
            budget.found(&place, TraitKind::Script(Script::Embedded));
            return object(file, &inner, &place, budget);
        }
        if let Err(limit) = budget.within(&place, |budget| message(file, &inner, 24, budget)) {
            budget.missed(&place, "msg", Reason::Limit(limit));
        }
    } else if let Some(data) = attachment.item.bytes(id::DATA) {
        attachment.open(data, budget);
    } else if attachment.item.text(id::LONG_PATH).is_none() {
        budget.missed(&place, "unknown", Reason::Malformed);
    }
}

/// An object of OLE: its streams, each as a file, since one of them is what a program would show.
fn object(file: &mut File<'_>, base: &str, place: &str, budget: &mut Budget) {
    let names = children(file, base, budget).unwrap_or_default();
    let opened = budget.within(place, |budget| {
        for name in &names {
            if let Some(bytes) = stream(file, &format!("{base}/{name}")) {
                super::super::open::within(Some(name), None, &bytes, budget);
            }
        }
    });
    if let Err(limit) = opened {
        budget.missed(place, "ole", Reason::Limit(limit));
    }
}

/// The names in a storage.
fn children(file: &File<'_>, base: &str, budget: &mut Budget) -> Result<Vec<String>, Reason> {
    let path = if base.is_empty() { "/" } else { base };
    let entries = file.read_storage(path).map_err(|_| Reason::Malformed)?;
    let mut names = Vec::new();
    for entry in entries {
        budget.step(1).map_err(Reason::Limit)?;
        names.push(entry.name().to_owned());
    }
    Ok(names)
}

fn properties(
    file: &mut File<'_>,
    base: &str,
    names: &[String],
    fixed_at: usize,
    budget: &mut Budget,
) -> Item {
    let mut item = Item::default();
    if let Some(fixed) = stream(file, &format!("{base}/{FIXED}")) {
        item.code_page = fixed_number(&fixed, fixed_at, id::CODE_PAGE);
        if let Some(page) = fixed_number(&fixed, fixed_at, id::INTERNET_CODE_PAGE) {
            item.add(id::INTERNET_CODE_PAGE, Value::Number(page));
        }
    }
    for name in names {
        let Some((tag, kind)) = tag(name) else { continue };
        let is_wanted =
            matches!(kind, 0x1e | 0x1f) || [id::RTF, id::HTML, id::DATA].contains(&tag) && kind == 0x102;
        if !is_wanted || budget.step(1).is_err() {
            continue;
        }
        let Some(bytes) = stream(file, &format!("{base}/{name}")) else { continue };
        item.add(
            tag,
            match kind {
                0x1f => Value::Text(utf16_le(&bytes)),
                0x1e => Value::Narrow(bytes),
                _ => Value::Bytes(bytes),
            },
        );
    }
    item
}

/// Id and type of `__substg1.0_0037001F`.
fn tag(name: &str) -> Option<(u16, u16)> {
    let digits = name.strip_prefix(PROPERTY)?;
    let half = |range| u16::from_str_radix(digits.get(range)?, 16).ok();
    Some((half(0..4)?, half(4..8)?))
}

/// A number among the properties of fixed length, 16 bytes each: type, id, flags, value.
fn fixed_number(fixed: &[u8], at: usize, wanted: u16) -> Option<u32> {
    let entries = fixed.get(at..)?.as_chunks::<16>().0;
    let entry =
        entries.iter().find(|entry| u16_le(*entry, 0) == Some(3) && u16_le(*entry, 2) == Some(wanted))?;
    u32_le(entry, 8)
}

/// A stream's bytes; none is longer than the file around it.
fn stream(file: &mut File<'_>, path: &str) -> Option<Vec<u8>> {
    let stream = file.open_stream(path).ok()?;
    let most = stream.len();
    let mut bytes = Vec::new();
    // What stands before a break is kept.
    let _ = stream.take(most).read_to_end(&mut bytes);
    Some(bytes)
}
