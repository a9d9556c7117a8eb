//! A message as the MTA shows it stage by stage, put together again byte for byte:
//! header fields with their leading space, lines ended by CRLF, the body as given.
//! What goes beyond a limit is not kept, and the reply to it is remembered.

use super::{answer, macros::Macros, negotiate::LeadingSpace};
use crate::{
    mail::{Address, Envelope, Recipient, Reply, ReversePath},
    wire::{MemoryBudget, Reservation},
};
use bytes::Bytes;
use std::{
    borrow::Cow,
    ffi::{CStr, CString},
};

/// The size that a message gets at first; most stay below it.
const FIRST: usize = 32 * 1024;
/// A declared size is believed up to here: it is only a client's word.
const BELIEVED: usize = 1024 * 1024;

/// What one message may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) message_bytes: usize,
    pub(super) recipients: usize,
}

/// A message on its way in.
pub(super) struct Incoming {
    bounds: Bounds,
    sender: ReversePath,
    parameters: Vec<String>,
    declared_size: Option<usize>,
    recipients: Vec<Recipient>,
    as_given: Vec<CString>,
    raw: Vec<u8>,
    section: Section,
    memory: Reservation,
    /// Set once; from then on nothing is kept.
    fault: Option<Reply>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Header,
    Body,
}

/// A message that has come in completely and within its bounds.
pub(super) struct Collected {
    pub(super) envelope: Envelope,
    pub(super) raw: Bytes,
    /// The recipients' first RCPT words as the MTA wrote them: what deletes them again.
    pub(super) as_given: Vec<CString>,
    pub(super) memory: Reservation,
}

impl Incoming {
    /// Begins with the words of MAIL.
    pub(super) fn begin(words: &[CString], macros: &Macros, bounds: Bounds, budget: &MemoryBudget) -> Self {
        let path = words.first().map(CString::as_c_str).unwrap_or_default();
        let mut fault = None;
        let sender = match path.to_bytes() {
            b"" | b"<>" => ReversePath::Null,
            _ => mailbox(path, macros.get("mail_addr"), macros).map_or_else(
                || {
                    fault = Some(answer::unreadable_sender());
                    ReversePath::Null
                },
                ReversePath::Mailbox,
            ),
        };
        let parameters = parameters(words);
        let declared_size = declared_size(&parameters);
        if declared_size.is_some_and(|size| size > bounds.message_bytes) {
            fault = Some(answer::too_big());
        }
        Self {
            bounds,
            sender,
            parameters,
            declared_size,
            recipients: Vec::new(),
            as_given: Vec::new(),
            raw: Vec::new(),
            section: Section::Header,
            memory: budget.open(),
            fault,
        }
    }

    /// Takes the words of a RCPT, or says why not.
    pub(super) fn recipient(&mut self, words: Vec<CString>, macros: &Macros) -> Result<(), Reply> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.recipients.len() >= self.bounds.recipients {
            return Err(answer::too_many_recipients());
        }
        let parameters = parameters(&words);
        let path = words.into_iter().next().unwrap_or_default();
        // Postfix does not find a source route again when it is to remove it, so mail that
        // was held for it would be delivered. RFC 5321 section 4.1.1.3 lets us decline it.
        if bare(&path.to_string_lossy()).starts_with('@') {
            return Err(answer::unreadable_recipient());
        }
        let address =
            mailbox(&path, macros.get("rcpt_addr"), macros).ok_or_else(answer::unreadable_recipient)?;
        self.recipients.push(Recipient { address, parameters });
        self.as_given.push(path);
        Ok(())
    }

    /// Takes a header field; the lines of a folded one are separated by LF.
    pub(super) async fn field(&mut self, name: &CStr, value: &CStr, space: LeadingSpace) {
        let colon: &[u8] = match space {
            LeadingSpace::Kept => b":",
            LeadingSpace::Implied => b": ",
        };
        self.append(&[name.to_bytes(), colon, &with_crlf(value.to_bytes()), b"\r\n"]).await;
    }

    /// The header is complete.
    pub(super) async fn end_of_header(&mut self) {
        if self.section == Section::Header {
            self.section = Section::Body;
            self.append(&[b"\r\n"]).await;
        }
    }

    /// Takes a piece of the body.
    pub(super) async fn body(&mut self, chunk: &[u8]) {
        self.end_of_header().await;
        self.append(&[chunk]).await;
    }

    /// Why the message cannot be taken, as soon as it is known.
    pub(super) fn fault(&self) -> Option<&Reply> {
        self.fault.as_ref()
    }

    /// Whether content has begun to arrive.
    pub(super) fn has_content(&self) -> bool {
        !self.raw.is_empty()
    }

    /// The whole message, or why it is not taken.
    pub(super) async fn finish(mut self) -> Result<Collected, Reply> {
        self.end_of_header().await;
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.recipients.is_empty() {
            return Err(answer::no_recipients());
        }
        Ok(Collected {
            envelope: Envelope {
                sender: self.sender,
                parameters: self.parameters,
                recipients: self.recipients,
            },
            raw: self.raw.into(),
            as_given: self.as_given,
            memory: self.memory,
        })
    }

    async fn append(&mut self, pieces: &[&[u8]]) {
        if self.fault.is_some() {
            return;
        }
        let total = self.raw.len() + pieces.iter().map(|p| p.len()).sum::<usize>();
        if total > self.bounds.message_bytes {
            return self.give_up(answer::too_big());
        }
        if total > self.raw.capacity() {
            let first = self.declared_size.map_or(FIRST, |size| size.saturating_add(FIRST / 8).min(BELIEVED));
            let room = (2 * self.raw.capacity()).max(first).min(self.bounds.message_bytes).max(total);
            if self.memory.reach(room).await.is_err() {
                return self.give_up(answer::no_memory());
            }
            self.raw.reserve_exact(room - self.raw.len());
        }
        for piece in pieces {
            self.raw.extend_from_slice(piece);
        }
    }

    /// Lets go of what was kept: it will not be looked at.
    fn give_up(&mut self, reply: Reply) {
        self.fault = Some(reply);
        self.raw = Vec::new();
        self.memory = self.memory.reopen();
    }
}

/// The address of a MAIL or RCPT word: as the MTA resolved it where it says so, since that
/// is where mail goes (comments, needless quotes, `host!user` and source routes are gone),
/// else as given, completed by the MTA's own name (`<postmaster>`, RFC 5321 section 4.5.1).
/// Postfix resolves to lower case; where nothing else differs, the client's spelling stays.
fn mailbox(path: &CStr, resolved: Option<&str>, macros: &Macros) -> Option<Address> {
    let bare = bare(path.to_str().ok()?);
    match (Address::parse(bare), resolved.and_then(Address::parse)) {
        (Some(given), Some(resolved)) if given == resolved => Some(given),
        (_, Some(resolved)) => Some(resolved),
        (Some(given), None) => Some(given),
        (None, None) => {
            let host = macros.get("j").filter(|_| !bare.contains('@'))?;
            Address::parse(&format!("{bare}@{host}"))
        }
    }
}

fn bare(path: &str) -> &str {
    path.strip_prefix('<').and_then(|p| p.strip_suffix('>')).unwrap_or(path)
}

fn parameters(words: &[CString]) -> Vec<String> {
    words.iter().skip(1).map(|w| w.to_string_lossy().into_owned()).collect()
}

/// `SIZE=` (RFC 1870 section 6).
fn declared_size(parameters: &[String]) -> Option<usize> {
    parameters.iter().find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.eq_ignore_ascii_case("SIZE").then(|| value.parse().ok())?
    })
}

/// Milter separates the lines of a folded field by LF.
fn with_crlf(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', value).is_none() {
        return value.into();
    }
    let mut out = Vec::with_capacity(value.len() + 16);
    for line in value.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const BOUNDS: Bounds = Bounds { message_bytes: 100_000, recipients: 2 };

    fn words(text: &[&str]) -> Vec<CString> {
        text.iter().map(|w| CString::new(*w).unwrap()).collect()
    }

    fn macros(packets: &[&'static [u8]]) -> Macros {
        let mut macros = Macros::default();
        for packet in packets {
            macros.define(&Bytes::from_static(packet));
        }
        macros
    }

    fn budget(bytes: usize) -> MemoryBudget {
        MemoryBudget::new(bytes, Duration::from_millis(1))
    }

    async fn field(message: &mut Incoming, name: &str, value: &str) {
        let (name, value) = (CString::new(name).unwrap(), CString::new(value).unwrap());
        message.field(&name, &value, LeadingSpace::Kept).await;
    }

    #[tokio::test]
    async fn the_bytes_are_as_presented() {
        let macros = macros(&[]);
        let mut m = Incoming::begin(&words(&["<>", "BODY=8BITMIME"]), &macros, BOUNDS, &budget(1 << 20));
        m.recipient(words(&["<p@oakfield.example>", "NOTIFY=NEVER"]), &macros).unwrap();
        field(&mut m, "Received", " one\n\ttwo\r\n three").await;
        field(&mut m, "X-Tight", "no space").await;
        field(&mut m, "X-Empty", "").await;
        m.body(b"bo\0dy\r").await;
        m.body(b"\n\xff").await;
        let done = m.finish().await.unwrap_or_else(|r| panic!("{r}"));
        assert_eq!(
            done.raw,
            &b"Received: one\r\n\ttwo\r\n three\r\nX-Tight:no space\r\nX-Empty:\r\n\r\nbo\0dy\r\n\xff"[..]
        );
        assert_eq!(done.envelope.sender, ReversePath::Null);
        assert_eq!(done.envelope.parameters, ["BODY=8BITMIME"]);
        assert_eq!(done.envelope.recipients[0].parameters, ["NOTIFY=NEVER"]);
    }

    #[tokio::test]
    async fn a_message_beyond_the_bound_is_let_go_at_once() {
        let macros = macros(&[]);
        let budget = budget(1 << 20);
        let mut m = Incoming::begin(&words(&["<a@b.example>"]), &macros, BOUNDS, &budget);
        m.recipient(words(&["<p@oakfield.example>"]), &macros).unwrap();
        m.body(&[b'x'; 60_000]).await;
        assert!(m.fault().is_none());
        m.body(&[b'x'; 60_000]).await;
        assert_eq!(m.fault().unwrap().to_string(), answer::too_big().to_string());
        assert_eq!((m.raw.capacity(), budget.free()), (0, 1 << 20));
        assert_eq!(m.finish().await.err().unwrap().code, 552);

        let declared = words(&["<a@b.example>", "size=100001"]);
        let mut m = Incoming::begin(&declared, &macros, BOUNDS, &budget);
        assert_eq!(m.recipient(words(&["<p@oakfield.example>"]), &macros).unwrap_err().code, 552);
    }

    #[tokio::test]
    async fn without_memory_the_message_comes_again_later() {
        let macros = macros(&[]);
        let mut m = Incoming::begin(&words(&["<a@b.example>"]), &macros, BOUNDS, &budget(40_000));
        m.recipient(words(&["<p@oakfield.example>"]), &macros).unwrap();
        m.body(&[b'x'; 50_000]).await;
        assert_eq!(m.finish().await.err().unwrap().code, 451);
    }

    #[test]
    fn addresses_the_house_cannot_judge_are_completed_or_refused() {
        let macros = macros(&[b"Cj\0gw.example\0"]);
        let of = |path: &str, resolved| {
            mailbox(&CString::new(path).unwrap(), resolved, &macros).map(|a| a.to_string())
        };
        assert_eq!(of("<postmaster>", None).unwrap(), "postmaster@gw.example");
        assert_eq!(of("<(x)p@oak.example>", Some("p@oak.example")).unwrap(), "p@oak.example");
        assert_eq!(of("<p@oak.example>", Some("p")).unwrap(), "p@oak.example", "Sendmail's local user");
        assert_eq!(of("<P@oak.example>", Some("p@oak.example")).unwrap(), "P@oak.example");
        assert_eq!(of("p@oakfield.example", None).unwrap(), "p@oakfield.example");
        assert_eq!(of("<a b@c@d>", None), None);
        let mut m = Incoming::begin(&words(&["<a@b.example>"]), &macros, BOUNDS, &budget(1 << 20));
        for bad in ["<>", "<@relay.example:p@oakfield.example>"] {
            assert_eq!(m.recipient(words(&[bad]), &macros).unwrap_err().code, 553);
        }
        for n in 0..2 {
            m.recipient(words(&[&format!("<p{n}@oakfield.example>")]), &macros).unwrap();
        }
        assert_eq!(m.recipient(words(&["<p@oakfield.example>"]), &macros).unwrap_err().code, 452);
    }
}
