//! Our own messages as bytes. lettre composes; the next-hop client sends.

use super::{
    account::{self, AccountNews},
    alert::{self, Alert},
    digest::{self, Digest},
    handed::{self, Handed},
    nudge::{self, Nudge, Ways},
    pause::{self, Pause},
    receipt::{self, Receipt},
    report::DeliveryReport,
    returned::{self, Returned},
    trouble::{self, Trouble},
    waited::{self, Waited},
    way_in::{self, WayIn},
    words::Language,
};
use crate::{
    config::NoticesConfig,
    mail::{Address, Recipient, ReversePath, SchoolId},
    storage::{ItemId, NewOutbox, OutboxKind, OutboxMessage, SignedHead},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use lettre::message::{
    Mailbox, MessageBuilder, SinglePart,
    header::{ContentType, HeaderName, HeaderValue},
};
use std::time::SystemTime;

/// Composes notices in the name of this gate.
#[derive(Clone, Debug)]
pub struct Notices {
    pub(super) from: Mailbox,
    reply_to: Option<Address>,
    console: Option<String>,
    pub(super) hostname: String,
    next_hop: Option<String>,
}

/// A composed message and whom it goes to.
#[derive(Clone)]
pub struct Written {
    pub to: Address,
    pub bytes: Bytes,
    next_hop: Option<String>,
    kind: OutboxKind,
}

/// Says how large, never what.
impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Written({} bytes)", self.bytes.len())
    }
}

/// A message that could not be composed; without content.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a message of ours could not be composed: {0}")]
pub struct ComposeError(pub(super) String);

impl Notices {
    /// `hostname` names us in Message-ID and reports. Fails when `from` is no mailbox.
    pub fn new(config: &NoticesConfig, hostname: &str) -> Result<Self, ComposeError> {
        let from =
            config.from.parse().map_err(|_| ComposeError("[notices] from is no mailbox".to_owned()))?;
        Ok(Self {
            from,
            reply_to: config.reply_to.clone(),
            console: config.console.clone(),
            hostname: hostname.to_owned(),
            next_hop: config.next_hop.clone(),
        })
    }

    /// Whether people can answer by mail or in the browser, so that a nudge may carry a token.
    pub fn takes_answers(&self) -> bool {
        self.reply_to.is_some() || self.console.is_some()
    }

    fn ways(&self) -> Ways<'_> {
        Ways { by_mail: self.reply_to.is_some(), console: self.console.as_deref() }
    }

    /// The sender's own notice. `unique` goes into the Message-ID: an item's number or a
    /// transaction's id.
    pub fn nudge(
        &self,
        to: &Address,
        languages: &[Language],
        nudge: &Nudge<'_>,
        unique: &str,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, |l| nudge::subject(l, &nudge.situation));
        let text = text(languages, |l| nudge::text(l, nudge, self.ways()));
        self.written(to, &subject, text, &format!("nudge.{unique}"), now, Answers::Welcome)
    }

    /// A held message is back with its sender.
    pub fn returned(
        &self,
        to: &Address,
        languages: &[Language],
        returned: &Returned<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, returned::subject);
        let text = text(languages, |l| returned::text(l, returned));
        self.written(to, &subject, text, &format!("returned.{}", returned.number), now, Answers::None)
    }

    /// For whoever passed a message on to the report address.
    pub fn receipt(
        &self,
        to: &Address,
        languages: &[Language],
        receipt: &Receipt<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, receipt::subject);
        let text = text(languages, |l| receipt::text(l, receipt));
        self.written(to, &subject, text, &format!("receipt.{}", receipt.number), now, Answers::None)
    }

    /// What waits for an officer, in one mail.
    pub fn digest(
        &self,
        to: &Address,
        languages: &[Language],
        digest: &Digest<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let one = digest.lines.len() == 1 && digest.grouped.is_empty();
        let subject = subject(languages, |l| digest::subject(l, one));
        let text = text(languages, |l| digest::text(l, digest, self.console.as_deref()));
        self.written(to, &subject, text, "digest", now, Answers::None)
    }

    /// What has waited in quarantine for too long.
    pub fn waited(
        &self,
        to: &Address,
        languages: &[Language],
        waited: &Waited<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, |l| digest::subject(l, waited.items.len() == 1));
        let text = text(languages, |l| waited::text(l, waited, self.console.as_deref()));
        self.written(to, &subject, text, "waited", now, Answers::None)
    }

    /// For whoever runs the machine.
    pub fn trouble(
        &self,
        to: &Address,
        trouble: &Trouble<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let unique = format!("trouble.{}", trouble.name.replace('/', "."));
        self.written(to, trouble::subject(trouble), trouble::text(trouble), &unique, now, Answers::None)
    }

    /// An officer's notice: number and category, nothing of the message.
    pub fn alert(
        &self,
        to: &Address,
        languages: &[Language],
        alert: &Alert<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, |l| alert::subject(l, alert.urgent));
        let text = text(languages, |l| alert::text(l, alert, self.console.as_deref()));
        self.written(to, &subject, text, &format!("alert.{}", alert.number), now, Answers::None)
    }

    /// For whoever answers harsh words.
    pub fn pause(
        &self,
        to: &Address,
        languages: &[Language],
        pause: &Pause<'_>,
        unique: &str,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, pause::subject);
        let text = text(languages, |l| pause::text(l, pause));
        self.written(to, &subject, text, &format!("pause.{unique}"), now, Answers::None)
    }

    /// For whoever has an account at the web pages, about the account alone.
    pub fn account(
        &self,
        to: &Address,
        languages: &[Language],
        news: AccountNews,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, account::subject);
        let text = text(languages, |l| account::text(l, news, now));
        self.written(to, &subject, text, "account", now, Answers::None)
    }

    /// For whoever is given a way in to the web pages, to them alone.
    pub fn way_in(
        &self,
        to: &Address,
        languages: &[Language],
        way: WayIn<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, way_in::subject);
        let text = text(languages, |l| way_in::text(l, way));
        self.written(to, &subject, text, "account", now, Answers::None)
    }

    /// For whoever takes something over.
    pub fn handed(
        &self,
        to: &Address,
        languages: &[Language],
        handed: &Handed<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, handed::subject);
        let text = text(languages, |l| handed::text(l, handed, self.console.as_deref()));
        self.written(to, &subject, text, &format!("handed.{}", handed.number), now, Answers::None)
    }

    /// For whoever may say the second word of two.
    pub fn second_word(
        &self,
        to: &Address,
        languages: &[Language],
        asked: &Handed<'_>,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let subject = subject(languages, handed::second_subject);
        let text = text(languages, |l| handed::second_text(l, asked, self.console.as_deref()));
        self.written(to, &subject, text, &format!("handed.{}", asked.number), now, Answers::None)
    }

    /// The postmaster hears of mail with a null sender that could not be delivered, since
    /// nobody else may (RFC 5321 section 4.5.5). Codes only.
    pub fn postmaster(
        &self,
        to: &Address,
        job: &str,
        failures: &[(usize, String)],
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let mut text = format!(
            "A message without a return path could not be delivered, so nobody else is told.\n\n\
             Outbox job: {job}\n"
        );
        for (position, status) in failures {
            text.push_str(&format!("Recipient {}: {status}\n", position + 1));
        }
        text.push_str("\nThe ledger has the rows; the next hop's log has the addresses.\n");
        let unique = format!("postmaster.{job}");
        self.written(to, "Mail of the gate could not be delivered", text, &unique, now, Answers::None)
    }

    /// A head of the ledger for whoever keeps heads outside; `line` is what counts.
    pub fn anchor(
        &self,
        to: &Address,
        head: &SignedHead,
        line: &str,
        now: DateTime<Utc>,
    ) -> Result<Written, ComposeError> {
        let text = format!(
            "Please keep this message unchanged; there is nothing to do.\n\n\
             It says how far the ledger of a mail gateway is, so that nobody can rewrite or shorten it\n\
             unseen. With all such messages in one folder, and an export of the ledger:\n\n\
             gatehouse ledger verify EXPORT --anchors FOLDER\n\n{line}\n"
        );
        let unique = format!("anchor.{}", head.rows);
        self.written(to, "The state of a mail gateway's ledger", text, &unique, now, Answers::None)
    }

    /// A delivery report to the sender of a message (RFC 3464).
    pub fn report(&self, report: &DeliveryReport<'_>, now: DateTime<Utc>) -> Result<Written, ComposeError> {
        let unique = format!("report.{}", report.job);
        let builder = self.builder(report.to, report.subject(), &unique, now)?;
        let bytes = builder
            .multipart(report.body(&self.hostname, now)?)
            .map_err(|e| ComposeError(e.to_string()))?
            .formatted();
        Ok(self.addressed(report.to, bytes, OutboxKind::Report))
    }

    fn written(
        &self,
        to: &Address,
        subject: &str,
        text: String,
        unique: &str,
        now: DateTime<Utc>,
        answers: Answers,
    ) -> Result<Written, ComposeError> {
        let mut builder = self.builder(to, subject, unique, now)?;
        if let (Answers::Welcome, Some(reply_to)) = (answers, &self.reply_to) {
            builder = builder.reply_to(mailbox(reply_to)?);
        }
        let part = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text);
        let message = builder.singlepart(part).map_err(|e| ComposeError(e.to_string()))?;
        Ok(self.addressed(to, message.formatted(), OutboxKind::Notice))
    }

    pub(super) fn next_hop(&self) -> Option<String> {
        self.next_hop.clone()
    }

    fn addressed(&self, to: &Address, bytes: Vec<u8>, kind: OutboxKind) -> Written {
        Written::new(to.clone(), bytes.into(), self.next_hop(), kind)
    }

    fn builder(
        &self,
        to: &Address,
        subject: &str,
        unique: &str,
        now: DateTime<Utc>,
    ) -> Result<MessageBuilder, ComposeError> {
        self.builder_from(self.from.clone(), to, subject, unique, now)
    }

    pub(super) fn builder_from(
        &self,
        from: Mailbox,
        to: &Address,
        subject: &str,
        unique: &str,
        now: DateTime<Utc>,
    ) -> Result<MessageBuilder, ComposeError> {
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        let id = format!("<{unique}.{}@{}>", now.timestamp_millis(), self.hostname);
        Ok(lettre::Message::builder()
            .from(from)
            .to(mailbox(to)?)
            .subject(subject)
            .date(SystemTime::from(now))
            .message_id(Some(id))
            .raw_header(HeaderValue::new(auto, "auto-generated".to_owned())))
    }
}

/// Whether a reply does anything.
enum Answers {
    Welcome,
    None,
}

impl Written {
    pub(super) fn new(to: Address, bytes: Bytes, next_hop: Option<String>, kind: OutboxKind) -> Self {
        Self { to, bytes, next_hop, kind }
    }

    /// As a job of the outbox: null reverse path, so that it is never answered or bounced.
    pub fn outbox(self, school: Option<SchoolId>, item: Option<ItemId>) -> NewOutbox {
        let mut parameters = Vec::new();
        if !self.bytes.is_ascii() {
            parameters.push("BODY=8BITMIME".to_owned());
        }
        if !self.to.as_str().is_ascii() {
            parameters.push("SMTPUTF8".to_owned());
        }
        let mut recipient = Recipient::new(self.to);
        if self.kind == OutboxKind::Report {
            // RFC 3461 section 6.2: a report is never reported on.
            recipient.parameters.push("NOTIFY=NEVER".to_owned());
        }
        NewOutbox {
            kind: self.kind,
            item,
            school,
            sender: ReversePath::Null,
            parameters,
            recipients: vec![recipient],
            next_hop: self.next_hop,
            message: OutboxMessage::Written(self.bytes),
            retry_keys: Vec::new(),
        }
    }
}

pub(super) fn mailbox(address: &Address) -> Result<Mailbox, ComposeError> {
    let address = address.as_str().parse().map_err(|_| ComposeError("an address".to_owned()))?;
    Ok(Mailbox::new(None, address))
}

fn subject(languages: &[Language], words: impl Fn(Language) -> &'static str) -> String {
    languages.iter().map(|l| words(*l)).collect::<Vec<_>>().join(" / ")
}

fn text(languages: &[Language], words: impl Fn(Language) -> String) -> String {
    languages.iter().map(|l| words(*l)).collect::<Vec<_>>().join("\n----\n\n")
}

#[cfg(test)]
mod tests {
    use super::{super::nudge::Situation, *};
    use crate::message::{ReadLimits, read};

    #[test]
    fn a_notice_is_automatic_says_so_and_cannot_bounce() {
        let config = NoticesConfig {
            next_hop: Some("school".into()),
            from: "Gatehouse <gatehouse@oakfield.example>".into(),
            reply_to: Address::parse("gatehouse@oakfield.example"),
            per_hour: 20,
            admin: vec![],
            console: None,
        };
        let notices = Notices::new(&config, "gate.oakfield.example").unwrap();
        let to = Address::parse("t.staff@oakfield.example").unwrap();
        let nudge = Nudge {
            received_at: DateTime::UNIX_EPOCH,
            recipients: std::slice::from_ref(&to),
            outside: 0,
            subject: "Cŵn",
            found: &[],
            situation: Situation::Sent,
        };
        let both = [Language::Welsh, Language::English];
        let written = notices.nudge(&to, &both, &nudge, "N1", DateTime::UNIX_EPOCH).unwrap();
        let message = read(&written.bytes, ReadLimits::default());
        assert!(message.header.automatic && message.defects.is_empty(), "{:?}", message.defects);
        assert_eq!(message.header.subject, "Ynghylch neges a anfonwyd gennych / About a message you sent");
        assert_eq!(message.header.reply_to.len(), 1);
        assert!(message.header.message_id.as_deref().unwrap().contains("nudge.N1.0@gate.oakfield.example"));
        let job = written.outbox(None, None);
        assert_eq!(job.sender, ReversePath::Null);
        assert_eq!(job.next_hop.as_deref(), Some("school"));
    }

    #[test]
    fn a_from_that_is_no_mailbox_is_said_at_start() {
        let config = NoticesConfig {
            next_hop: None,
            from: "nobody".into(),
            reply_to: None,
            per_hour: 1,
            admin: vec![],
            console: None,
        };
        assert!(Notices::new(&config, "h").is_err());
    }
}
