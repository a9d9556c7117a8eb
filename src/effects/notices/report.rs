//! Delivery reports (RFC 3464) for mail that we are the MTA of, honouring what the sender
//! asked for by NOTIFY, RET, ENVID and ORCPT (RFC 3461).

use super::compose::ComposeError;
use crate::{
    mail::{Address, Recipient, Reply, header_end},
    storage::ReportAction,
};
use chrono::{DateTime, Utc};
use lettre::message::{
    Body, MultiPart, SinglePart,
    header::{ContentTransferEncoding, ContentType},
};

/// One recipient whose fate is reported.
#[derive(Clone, Debug)]
pub struct ReportedRecipient<'a> {
    pub recipient: &'a Recipient,
    pub action: ReportAction,
    /// What the next hop said last; `None` when nobody answered.
    pub reply: Option<&'a Reply>,
    pub at: DateTime<Utc>,
}

/// A report on one message. Only for senders that are no null path; only the recipients
/// whose NOTIFY asks for it ([`wants_failure`], [`wants_success`]).
#[derive(Clone, Debug)]
pub struct DeliveryReport<'a> {
    pub job: &'a str,
    pub to: &'a Address,
    /// ESMTP words of the message's MAIL.
    pub parameters: &'a [String],
    pub arrived_at: DateTime<Utc>,
    pub recipients: &'a [ReportedRecipient<'a>],
    /// The message reported on.
    pub message: &'a [u8],
}

/// Whether a failure is to be reported: by default, or when NOTIFY says FAILURE
/// (RFC 3461 section 4.1).
pub fn wants_failure(recipient: &Recipient) -> bool {
    parameter(&recipient.parameters, "NOTIFY").is_none_or(|words| asks(words, "FAILURE"))
}

/// Whether success is to be reported: only when NOTIFY says SUCCESS.
pub fn wants_success(recipient: &Recipient) -> bool {
    parameter(&recipient.parameters, "NOTIFY").is_some_and(|words| asks(words, "SUCCESS"))
}

fn asks(words: &str, wanted: &str) -> bool {
    words.split(',').any(|word| word.eq_ignore_ascii_case(wanted))
}

fn parameter<'a>(parameters: &'a [String], wanted: &str) -> Option<&'a str> {
    parameters
        .iter()
        .filter_map(|word| word.split_once('='))
        .find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then_some(value))
}

/// A whole message returned is cut off here: what is larger goes as its header.
const LARGEST_RETURNED: usize = 1 << 20;

impl DeliveryReport<'_> {
    pub(super) fn subject(&self) -> &'static str {
        if self.recipients.iter().any(|r| r.action == ReportAction::Failed) {
            "Your message could not be delivered"
        } else {
            "Your message was passed on"
        }
    }

    /// The three parts of RFC 6522: for people, for machines, and what was sent.
    pub(super) fn body(&self, hostname: &str, now: DateTime<Utc>) -> Result<MultiPart, ComposeError> {
        let boundary = self.boundary(now);
        let kind = format!("multipart/report; report-type=delivery-status; boundary=\"{boundary}\"");
        let plain = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(self.for_people());
        let status = part("message/delivery-status", self.for_machines(hostname).into_bytes())?;
        Ok(MultiPart::builder()
            .header(content_type(&kind)?)
            .build()
            .singlepart(plain)
            .singlepart(status)
            .singlepart(self.returned()?))
    }

    /// A boundary that is in no line of the returned message.
    fn boundary(&self, now: DateTime<Utc>) -> String {
        let stem = format!("report-{}-{}", self.job, now.timestamp_millis());
        let free = |n: &u32| memchr::memmem::find(self.message, format!("--{stem}-{n}").as_bytes()).is_none();
        // A message holds finitely many strings, so some number is free.
        let n = (0..).find(free).unwrap_or_default();
        format!("{stem}-{n}")
    }

    fn for_people(&self) -> String {
        let mut text = String::from("This is an automatic report about a message you sent.\n\n");
        for one in self.recipients {
            let address = one.recipient.address.as_str();
            match (one.action, one.reply) {
                (ReportAction::Failed, Some(reply)) => {
                    text.push_str(&format!(
                        "Not delivered to {address}. The receiving server said:\n  {reply}\n"
                    ));
                }
                (ReportAction::Failed, None) => {
                    text.push_str(&format!("Not delivered to {address}: no server took it in five days.\n"));
                }
                (ReportAction::Relayed, _) => text.push_str(&format!(
                    "Passed on for {address} to a server that sends no delivery reports.\n"
                )),
            }
        }
        text
    }

    /// RFC 3464 section 2: the per-message fields, then a block for each recipient.
    fn for_machines(&self, hostname: &str) -> String {
        let mut text = format!("Reporting-MTA: dns; {hostname}\r\n");
        if let Some(id) = parameter(self.parameters, "ENVID").and_then(xtext) {
            text.push_str(&format!("Original-Envelope-Id: {id}\r\n"));
        }
        text.push_str(&format!("Arrival-Date: {}\r\n", self.arrived_at.to_rfc2822()));
        for one in self.recipients {
            text.push_str("\r\n");
            let original = parameter(&one.recipient.parameters, "ORCPT").and_then(|v| v.split_once(';'));
            if let Some((kind, address)) = original.and_then(|(k, v)| Some((xtext(k)?, xtext(v)?))) {
                text.push_str(&format!("Original-Recipient: {kind}; {address}\r\n"));
            }
            let address = one.recipient.address.as_str();
            let kind = if address.is_ascii() { "rfc822" } else { "utf-8" };
            text.push_str(&format!("Final-Recipient: {kind}; {address}\r\n"));
            let (action, status) = match (one.action, one.reply) {
                (ReportAction::Relayed, _) => ("relayed", (2, 0, 0)),
                // RFC 3463 section 3.5: delivery time expired.
                (ReportAction::Failed, Some(reply)) if !reply.is_temporary() => ("failed", reply.enhanced),
                (ReportAction::Failed, _) => ("failed", (5, 4, 7)),
            };
            text.push_str(&format!("Action: {action}\r\nStatus: {}.{}.{}\r\n", status.0, status.1, status.2));
            if let Some(reply) = one.reply {
                text.push_str(&format!("Diagnostic-Code: smtp; {}\r\n", ascii_line(&reply.to_string())));
            }
            text.push_str(&format!("Last-Attempt-Date: {}\r\n", one.at.to_rfc2822()));
        }
        text
    }

    /// The whole message when RET=FULL asks for it on a failure, else its header
    /// (RFC 3461 section 4.3).
    fn returned(&self) -> Result<SinglePart, ComposeError> {
        let full = parameter(self.parameters, "RET").is_some_and(|v| v.eq_ignore_ascii_case("FULL"))
            && self.recipients.iter().any(|r| r.action == ReportAction::Failed)
            && self.message.len() <= LARGEST_RETURNED;
        if full {
            return part("message/rfc822", self.message.to_vec());
        }
        let header = self.message.get(..header_end(self.message)).unwrap_or(&[]);
        part("text/rfc822-headers", header.to_vec())
    }
}

/// A part whose bytes go as they are; the name of what carries them is true.
fn part(kind: &str, bytes: Vec<u8>) -> Result<SinglePart, ComposeError> {
    let encoding =
        if bytes.is_ascii() { ContentTransferEncoding::SevenBit } else { ContentTransferEncoding::EightBit };
    Ok(SinglePart::builder().header(content_type(kind)?).body(Body::dangerous_pre_encoded(bytes, encoding)))
}

fn content_type(text: &str) -> Result<ContentType, ComposeError> {
    ContentType::parse(text).map_err(|e| ComposeError(e.to_string()))
}

/// Decodes xtext (RFC 3461 section 4); `None` when it is none, or not printable.
fn xtext(value: &str) -> Option<String> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(out).ok()?;
    (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
}

fn ascii_line(text: &str) -> String {
    text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).take(900).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::compose::Notices, *};
    use crate::{
        config::NoticesConfig,
        mail::ReversePath,
        message::{Body, ReadLimits, read},
    };

    fn notices() -> Notices {
        let from = "postmaster@oakfield.example".to_owned();
        let config =
            NoticesConfig { next_hop: None, from, reply_to: None, per_hour: 1, admin: vec![], console: None };
        Notices::new(&config, "gate.example").unwrap()
    }

    fn recipient(parameters: &[&str]) -> Recipient {
        let address = Address::parse("p@elsewhere.example").unwrap();
        Recipient { address, parameters: parameters.iter().map(|p| p.to_string()).collect() }
    }

    const MESSAGE: &[u8] = b"Subject: s\r\nFrom: t@oakfield.example\r\n\r\nsecret words\r\n";

    fn report(mail: &[&str], rcpt: &[&str], action: ReportAction, reply: Option<Reply>) -> Vec<u8> {
        let to = Address::parse("t@oakfield.example").unwrap();
        let parameters: Vec<String> = mail.iter().map(|p| p.to_string()).collect();
        let recipient = recipient(rcpt);
        let one = ReportedRecipient {
            recipient: &recipient,
            action,
            reply: reply.as_ref(),
            at: DateTime::UNIX_EPOCH,
        };
        let report = DeliveryReport {
            job: "JOB1",
            to: &to,
            parameters: &parameters,
            arrived_at: DateTime::UNIX_EPOCH,
            recipients: &[one],
            message: MESSAGE,
        };
        let written = notices().report(&report, DateTime::UNIX_EPOCH).unwrap();
        let bytes = written.bytes.to_vec();
        let job = written.outbox(None, None);
        assert_eq!(
            (job.sender, &job.recipients[0].parameters[..]),
            (ReversePath::Null, &["NOTIFY=NEVER".to_owned()][..])
        );
        bytes
    }

    #[test]
    fn a_failure_has_the_three_parts_and_keeps_to_ret_and_envid() {
        let refused = Reply::new(550, (5, 1, 1), "no such user");
        let raw = report(
            &["RET=HDRS", "ENVID=QQ+2B314"],
            &["ORCPT=rfc822;p+2Bx@a.example"],
            ReportAction::Failed,
            Some(refused),
        );
        let message = read(&raw, ReadLimits::default());
        let kinds: Vec<&str> = message.parts.iter().map(|p| p.media_type.as_str()).collect();
        assert_eq!(
            kinds,
            ["multipart/report", "text/plain", "message/delivery-status", "text/rfc822-headers"]
        );
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        let text = String::from_utf8(raw.clone()).unwrap();
        for line in [
            "Reporting-MTA: dns; gate.example\r\n",
            "Original-Envelope-Id: QQ+314\r\n",
            "Original-Recipient: rfc822; p+x@a.example\r\n",
            "Final-Recipient: rfc822; p@elsewhere.example\r\n",
            "Action: failed\r\nStatus: 5.1.1\r\n",
            "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
            "Auto-Submitted: auto-generated\r\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("secret words"));
    }

    #[test]
    fn the_whole_message_comes_back_when_asked_for() {
        let raw = report(&["RET=FULL"], &[], ReportAction::Failed, None);
        let message = read(&raw, ReadLimits::default());
        assert!(message.parts.iter().any(|p| matches!(p.body, Body::Message(_))));
        let text = String::from_utf8(raw.clone()).unwrap();
        assert!(text.contains("secret words") && text.contains("Status: 5.4.7"), "{text}");
    }

    #[test]
    fn notify_decides_who_hears_of_what() {
        for (words, failure, success) in [
            (&[][..], true, false),
            (&["NOTIFY=NEVER"], false, false),
            (&["NOTIFY=SUCCESS,FAILURE"], true, true),
            (&["notify=success"], false, true),
            (&["NOTIFY=DELAY"], false, false),
        ] {
            let recipient = recipient(words);
            assert_eq!(
                (wants_failure(&recipient), wants_success(&recipient)),
                (failure, success),
                "{words:?}"
            );
        }
        let relayed = report(&[], &["NOTIFY=SUCCESS"], ReportAction::Relayed, None);
        assert!(String::from_utf8(relayed).unwrap().contains("Action: relayed\r\nStatus: 2.0.0\r\n"));
    }
}
