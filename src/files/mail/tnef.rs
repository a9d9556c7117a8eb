//! winmail.dat ([MS-OXTNEF]): attributes one after the other, in which lie properties and attachments.

use super::super::{
    budget::Budget,
    bytes::{slice, u16_le, u32_le, utf16_le},
    model::Reason,
    name,
};
use super::mapi::{Attachment, Item, Value, id};

/// Attributes that are read (section 2.1.3.2), without the type in their upper half.
mod attribute {
    pub(super) const FROM: u16 = 0x8000;
    pub(super) const SUBJECT: u16 = 0x8004;
    pub(super) const BODY: u16 = 0x800c;
    pub(super) const ATTACH_DATA: u16 = 0x800f;
    pub(super) const ATTACH_TITLE: u16 = 0x8010;
    pub(super) const ATTACH_RENDERING: u16 = 0x9002;
    pub(super) const PROPERTIES: u16 = 0x9003;
    pub(super) const RECIPIENTS: u16 = 0x9004;
    pub(super) const ATTACHMENT: u16 = 0x9005;
    pub(super) const CODE_PAGE: u16 = 0x9007;
}

/// The interface of a message, which stands before one that is embedded.
const MESSAGE: &[u8] = b"\x07\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F";
/// A property's name in words beyond this is none.
const LONGEST_NAME: usize = 4096;

#[derive(Default)]
struct Parts {
    item: Item,
    attachments: Vec<(Attachment, Vec<u8>)>,
}

pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut parts = Parts::default();
    let mut at = 6;
    let mut whole = true;
    while let Some(level) = bytes.get(at) {
        if let Err(limit) = budget.step(1) {
            budget.missed("", "tnef", Reason::Limit(limit));
            break;
        }
        let id = u16_le(bytes, at + 1);
        let length = u32_le(bytes, at + 5).and_then(|length| usize::try_from(length).ok());
        let (Some(id), Some(length), 1 | 2) = (id, length, level) else {
            whole = false;
            break;
        };
        let rest = bytes.get(at + 9..).unwrap_or_default();
        let data = rest.get(..length).unwrap_or(rest);
        whole = data.len() == length;
        parts.attribute(id, data, budget);
        // A checksum of two bytes follows.
        at = at.saturating_add(11).saturating_add(length);
    }
    if !whole {
        budget.missed("", "tnef", Reason::Malformed);
    }
    parts.tell(budget);
}

impl Parts {
    fn attribute(&mut self, id: u16, data: &[u8], budget: &mut Budget) {
        let narrow = || Value::Narrow(data.strip_suffix(b"\0").unwrap_or(data).to_vec());
        match id {
            attribute::CODE_PAGE => self.item.code_page = u32_le(data, 0),
            attribute::SUBJECT => self.item.add(id::SUBJECT, narrow()),
            attribute::BODY => self.item.add(id::BODY, narrow()),
            attribute::FROM => {
                let texts = data.split(|byte| *byte < 32).filter(|text| text.len() > 2);
                self.item.recipients.extend(texts.map(|text| String::from_utf8_lossy(text).into_owned()));
            }
            attribute::PROPERTIES => Properties { rest: data }.read(&mut self.item, budget),
            attribute::RECIPIENTS => {
                let mut properties = Properties { rest: data };
                let rows = properties.number().unwrap_or(0);
                for _ in 0..rows {
                    if properties.rest.is_empty() || budget.step(1).is_err() {
                        break;
                    }
                    let mut row = Item::default();
                    row.code_page = self.item.code_page;
                    properties.read(&mut row, budget);
                    let texts = [id::DISPLAY_NAME, id::SMTP_ADDRESS, id::ADDRESS].into_iter();
                    self.item.recipients.extend(texts.filter_map(|id| row.text(id)));
                }
            }
            // One more than may be opened, so that the limit is told.
            attribute::ATTACH_RENDERING if self.attachments.len() <= budget.limits().members => {
                self.attachments.push(Default::default());
            }
            attribute::ATTACH_TITLE | attribute::ATTACH_DATA | attribute::ATTACHMENT => {
                if self.attachments.is_empty() {
                    self.attachments.push(Default::default());
                }
                let Some((attachment, content)) = self.attachments.last_mut() else { return };
                match id {
                    attribute::ATTACH_TITLE => attachment.item.add(id::SHORT_NAME, narrow()),
                    attribute::ATTACH_DATA => *content = data.to_vec(),
                    _ => Properties { rest: data }.read(&mut attachment.item, budget),
                }
            }
            _ => {}
        }
    }

    fn tell(mut self, budget: &mut Budget) {
        self.item.tell(budget);
        for (attachment, data) in &mut self.attachments {
            if let Err(limit) = budget.member() {
                return budget.missed("", "tnef", Reason::Limit(limit));
            }
            attachment.item.code_page = self.item.code_page;
            attachment.tell(budget);
            let content = attachment.item.bytes(id::DATA).unwrap_or(data);
            match content.strip_prefix(MESSAGE) {
                Some(inner) => {
                    let place = name::place(attachment.name().as_deref().unwrap_or("mail"));
                    if let Err(limit) = budget.within(&place, |budget| read(inner, budget)) {
                        budget.missed(&place, "tnef", Reason::Limit(limit));
                    }
                }
                None => attachment.open(content, budget),
            }
        }
    }
}

/// Properties one after the other (section 2.1.3.4).
struct Properties<'a> {
    rest: &'a [u8],
}

impl<'a> Properties<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4).and_then(|bytes| u32_le(bytes, 0))
    }

    /// Reads as many as are announced, or as make sense.
    fn read(&mut self, item: &mut Item, budget: &mut Budget) {
        let count = self.number().unwrap_or(0);
        for _ in 0..count {
            if self.rest.is_empty() || budget.step(1).is_err() || self.property(item).is_none() {
                return;
            }
        }
    }

    fn property(&mut self, item: &mut Item) -> Option<()> {
        let head = self.take(4)?;
        let (kind, id) = (u16_le(head, 0)?, u16_le(head, 2)?);
        if id >= 0x8000 {
            self.take(16)?;
            if self.number()? == 0 {
                self.take(4)?;
            } else {
                let length = usize::try_from(self.number()?).ok().filter(|length| *length <= LONGEST_NAME)?;
                self.take(length.next_multiple_of(4))?;
            }
        }
        let has_many = kind & 0x1000 != 0;
        let fixed = match kind & 0x0fff {
            2 | 3 | 4 | 10 | 11 => Some(4),
            5 | 6 | 7 | 20 | 64 => Some(8),
            72 => Some(16),
            13 | 0x1e | 0x1f | 0x102 => None,
            _ => return None,
        };
        let count = if has_many || fixed.is_none() { self.number()? } else { 1 };
        for _ in 0..count {
            let length = match fixed {
                Some(length) => length,
                None => usize::try_from(self.number()?).ok()?,
            };
            let value = slice(self.rest, 0, length)?;
            self.take(length.checked_next_multiple_of(4)?.min(self.rest.len()))?;
            match kind & 0x0fff {
                3 => item.add(id, Value::Number(u32_le(value, 0)?)),
                0x1e => item.add(id, Value::Narrow(value.strip_suffix(b"\0").unwrap_or(value).to_vec())),
                0x1f => item.add(id, Value::Text(utf16_le(value))),
                13 | 0x102 => item.add(id, Value::Bytes(value.to_vec())),
                _ => {}
            }
        }
        Some(())
    }
}
