//! What Outlook keeps of a mail ([MS-OXPROPS], [MS-OXCMSG]), whether in an .msg or in a winmail.dat.

use super::super::model::Script;
use super::super::{
    budget::Budget,
    model::{Protection, Reason, Shown, TraitKind, Writing},
    open, rtf,
    text::{charset, has_script},
};
use encoding_rs::{Encoding, WINDOWS_1252};

/// Property ids, of the types that are texts.
pub(super) mod id {
    pub(in super::super) const SUBJECT: u16 = 0x0037;
    pub(in super::super) const HEADERS: u16 = 0x007d;
    pub(in super::super) const BODY: u16 = 0x1000;
    pub(in super::super) const RTF: u16 = 0x1009;
    pub(in super::super) const HTML: u16 = 0x1013;
    pub(in super::super) const DISPLAY_NAME: u16 = 0x3001;
    pub(in super::super) const ADDRESS: u16 = 0x3003;
    pub(in super::super) const SMTP_ADDRESS: u16 = 0x39fe;
    pub(in super::super) const DATA: u16 = 0x3701;
    pub(in super::super) const SHORT_NAME: u16 = 0x3704;
    pub(in super::super) const LONG_NAME: u16 = 0x3707;
    pub(in super::super) const MEDIA_TYPE: u16 = 0x370e;
    pub(in super::super) const LONG_PATH: u16 = 0x370d;
    pub(in super::super) const INTERNET_CODE_PAGE: u16 = 0x3fde;
    pub(in super::super) const CODE_PAGE: u16 = 0x3ffd;
    /// Names and addresses of who sent it, for whom.
    pub(in super::super) const SENDERS: [u16; 8] =
        [0x0042, 0x0065, 0x0c1a, 0x0c1f, 0x5d01, 0x5d02, 0x5d0a, 0x5d0b];
    pub(in super::super) const RECIPIENTS: [(u16, &str); 3] =
        [(0x0e04, "header/to"), (0x0e03, "header/cc"), (0x0e02, "header/bcc")];
    /// Texts that repeat others, or are the same in all mails: class, topic, prefixes, types, ids.
    pub(in super::super) const SILENT: [u16; 25] = [
        0x001a, 0x003b, 0x003d, 0x003f, 0x0040, 0x0041, 0x0043, 0x0044, 0x0051, 0x0052, 0x0064, 0x0070,
        0x0071, 0x0075, 0x0077, 0x0c19, 0x0c1d, 0x0c1e, 0x0e1d, 0x1035, 0x1039, 0x1042, 0x3002, 0x300b,
        0x7d01,
    ];
}

/// A property's value as far as it is a text, some bytes or a number.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// In the message's own code page.
    Narrow(Vec<u8>),
    Bytes(Vec<u8>),
    Number(u32),
}

/// One mail as its properties tell it.
#[derive(Debug, Default)]
pub(super) struct Item {
    properties: Vec<(u16, Value)>,
    /// Names and addresses of the recipients' own tables.
    pub(super) recipients: Vec<String>,
    pub(super) code_page: Option<u32>,
}

impl Item {
    pub(super) fn add(&mut self, id: u16, value: Value) {
        self.properties.push((id, value));
    }

    fn get(&self, id: u16) -> Option<&Value> {
        self.properties.iter().find(|(known, _)| *known == id).map(|(_, value)| value)
    }

    fn number(&self, id: u16) -> Option<u32> {
        self.get(id).and_then(|value| if let Value::Number(number) = value { Some(*number) } else { None })
    }

    pub(super) fn encoding(&self) -> &'static Encoding {
        let code_page = self.number(id::CODE_PAGE).or(self.code_page);
        code_page.or_else(|| self.number(id::INTERNET_CODE_PAGE)).map_or(WINDOWS_1252, charset::code_page)
    }

    pub(super) fn text(&self, id: u16) -> Option<String> {
        self.get(id).and_then(|value| self.as_text(value))
    }

    fn as_text(&self, value: &Value) -> Option<String> {
        let text = match value {
            Value::Text(text) => text.clone(),
            Value::Narrow(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => self.encoding().decode(bytes).0.into_owned(),
            },
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned()).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn bytes(&self, id: u16) -> Option<&[u8]> {
        match self.get(id)? {
            Value::Bytes(bytes) | Value::Narrow(bytes) => Some(bytes),
            Value::Text(text) => Some(text.as_bytes()),
            Value::Number(_) => None,
        }
    }

    /// Tells subject, names, all bodies and what else is text.
    pub(super) fn tell(&self, budget: &mut Budget) {
        if let Some(subject) = self.text(id::SUBJECT) {
            budget.text("subject", Shown::Subject, Writing::Plain, subject);
        }
        let senders: Vec<String> = id::SENDERS.iter().filter_map(|id| self.text(*id)).collect();
        budget.text("header/from", Shown::Header, Writing::Plain, distinct(senders).join(", "));
        for (id, place) in id::RECIPIENTS {
            budget.text(place, Shown::Header, Writing::Plain, self.text(id).unwrap_or_default());
        }
        let recipients = distinct(self.recipients.clone()).join(", ");
        budget.text("header/recipients", Shown::Header, Writing::Plain, recipients);
        // A program shows one of the bodies; which one is its own choice, so that all are read.
        budget.text("", Shown::Visible, Writing::Plain, self.text(id::BODY).unwrap_or_default());
        self.tell_html(budget);
        self.tell_rtf(budget);
        budget.text("header", Shown::Hidden, Writing::Rows, self.text(id::HEADERS).unwrap_or_default());
        self.tell_others(budget);
    }

    fn tell_html(&self, budget: &mut Budget) {
        let Some(bytes) = self.bytes(id::HTML) else { return };
        let source = match self.get(id::HTML) {
            Some(Value::Text(text)) => text.clone(),
            _ if std::str::from_utf8(bytes).is_ok() => String::from_utf8_lossy(bytes).into_owned(),
            _ => {
                let encoding = self.number(id::INTERNET_CODE_PAGE).map(charset::code_page);
                encoding.unwrap_or_else(|| self.encoding()).decode(bytes).0.into_owned()
            }
        };
        if has_script(&source) {
            budget.found("", TraitKind::Script(Script::Active));
        }
        budget.text("html", Shown::Visible, Writing::Html, source);
    }

    fn tell_rtf(&self, budget: &mut Budget) {
        let Some(packed) = self.bytes(id::RTF) else { return };
        let unpacked = rtf::decompress(packed, budget);
        if let Some(reason) = unpacked.broken {
            budget.missed("rtf", "rtf", reason);
        }
        if budget.within("rtf", |budget| rtf::read(&unpacked.bytes, budget)).is_err() {
            rtf::read(&unpacked.bytes, budget);
        }
    }

    /// Fields of contacts, tasks and appointments, and whatever programs add.
    fn tell_others(&self, budget: &mut Budget) {
        let known = |id: &u16| {
            [id::SUBJECT, id::BODY, id::HTML, id::RTF, id::HEADERS].contains(id)
                || id::SENDERS.contains(id)
                || id::RECIPIENTS.iter().any(|(known, _)| known == id)
                || id::SILENT.contains(id)
        };
        let others =
            self.properties.iter().filter(|(id, _)| !known(id)).filter_map(|(_, value)| self.as_text(value));
        // X.500 names of Exchange and class names are no one's text.
        let telling = others
            .filter(|text| !text.starts_with("/o=") && !text.starts_with("/O=") && !text.starts_with("IPM."));
        budget.text("properties", Shown::Hidden, Writing::Rows, distinct(telling.collect()).join("\n"));
    }
}

/// One attachment of an item.
#[derive(Debug, Default)]
pub(super) struct Attachment {
    pub(super) item: Item,
}

impl Attachment {
    pub(super) fn name(&self) -> Option<String> {
        [id::LONG_NAME, id::SHORT_NAME, id::DISPLAY_NAME].into_iter().find_map(|id| self.item.text(id))
    }

    /// Tells the name, and where a link leads for one that is only that.
    pub(super) fn tell(&self, budget: &mut Budget) {
        if let Some(name) = self.name() {
            open::name(&name, budget);
        }
        // Of a file that is attached as such it is the path that it had.
        let path =
            self.item.text(id::LONG_PATH).filter(|path| path.contains("://") || path.starts_with("\\\\"));
        budget.text("attachment", Shown::Link, Writing::Plain, path.unwrap_or_default());
    }

    /// Opens its bytes.
    pub(super) fn open(&self, data: &[u8], budget: &mut Budget) {
        let name = self.name();
        if data.starts_with(RIGHTS_PROTECTED) {
            let place = super::super::name::place(name.as_deref().unwrap_or_default());
            budget.found(&place, TraitKind::Protected(Protection::Password));
            return budget.missed(&place, "rpmsg", Reason::Protected);
        }
        open::within(name.as_deref(), self.item.text(id::MEDIA_TYPE).as_deref(), data, budget);
    }
}

/// A rights-managed message ([MS-OXORMMS] section 2.1.3).
const RIGHTS_PROTECTED: &[u8] = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86";

fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
}
