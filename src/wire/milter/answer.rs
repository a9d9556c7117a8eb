//! The one table that turns an outcome of the house into what the MTA is told, and the
//! replies that this door gives by itself. The unknown defers.

use super::onward::Passed;
use crate::mail::{Custody, Outcome, Receipt, Reply, TransactionId};
use indymilter::message::reply::Reply as Packet;
use std::ffi::CString;

/// What the MTA is told at the end of a message.
#[derive(Debug)]
pub(super) enum Answer {
    /// Goes on in the MTA, with these changes.
    Pass(Passed),
    /// Kept by us: the MTA says 250 and drops its copy.
    Discard,
    /// 4xx or 5xx to the client.
    Reply(Reply),
}

/// The table. Nothing is taken away from the MTA, neither the message nor a recipient,
/// without a receipt that it is kept elsewhere.
pub(super) fn of(outcome: Outcome, passed: Option<Passed>, id: TransactionId) -> Answer {
    match (outcome, passed) {
        (Outcome::Accepted(receipt), _) if receipt.transaction() != id => Answer::Reply(internal()),
        (Outcome::Accepted(_), Some(passed)) if passed.is_for_everyone() => Answer::Pass(passed),
        (Outcome::Accepted(receipt), Some(passed)) if is_kept(&receipt) => Answer::Pass(passed),
        (Outcome::Accepted(receipt), None) if is_kept(&receipt) => Answer::Discard,
        (Outcome::Accepted(_), _) => Answer::Reply(internal()),
        (Outcome::Refused(reply), _) if (500..600).contains(&reply.code) => Answer::Reply(reply),
        (Outcome::Deferred(reply), _) if reply.is_temporary() => Answer::Reply(reply),
        (Outcome::Refused(_) | Outcome::Deferred(_), _) => Answer::Reply(internal()),
    }
}

fn is_kept(receipt: &Receipt) -> bool {
    receipt.custody().iter().any(|c| !matches!(c, Custody::LeftWithMta { .. }))
}

/// A reply as the protocol carries it: `550 5.7.1 text`.
pub(super) fn packet(reply: &Reply) -> Packet {
    let (_, subject, detail) = reply.enhanced;
    let class = reply.code / 100;
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let text: String = reply.text.chars().take(LONGEST_TEXT).map(printable).collect();
    // Sendmail's MTA reads the text as a format.
    let text = text.replace('%', " percent");
    let line = format!("{} {class}.{subject}.{detail} {text}", reply.code);
    // It has no NUL, being printable.
    CString::new(line).map_or(Packet::Tempfail, |reply| Packet::ReplyCode { reply })
}

/// RFC 5321 section 4.5.3.1.5 allows 512 bytes for the whole line.
const LONGEST_TEXT: usize = 450;

pub(super) fn internal() -> Reply {
    Reply::new(451, (4, 3, 0), "Mail gateway could not finish; please try again later")
}
pub(super) fn no_memory() -> Reply {
    Reply::new(451, (4, 3, 1), "Mail gateway is busy; please try again later")
}
pub(super) fn too_big() -> Reply {
    Reply::new(552, (5, 3, 4), "Message is larger than the mail gateway accepts")
}
pub(super) fn too_many_recipients() -> Reply {
    Reply::new(452, (4, 5, 3), "Too many recipients; send the others separately")
}
pub(super) fn no_recipients() -> Reply {
    Reply::new(554, (5, 5, 1), "No recipients")
}
pub(super) fn unreadable_sender() -> Reply {
    Reply::new(553, (5, 1, 7), "Sender address not understood")
}
pub(super) fn unreadable_recipient() -> Reply {
    Reply::new(553, (5, 1, 3), "Recipient address not understood")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Proof;

    const ID: TransactionId = TransactionId(7);

    struct Kept(TransactionId, Custody);
    impl Proof for Kept {
        fn transaction(&self) -> TransactionId {
            self.0
        }
        fn custody(&self) -> Custody {
            self.1.clone()
        }
    }

    fn code(answer: Answer) -> u16 {
        match answer {
            Answer::Pass(_) => 250,
            Answer::Discard => 251,
            Answer::Reply(reply) => reply.code,
        }
    }

    #[test]
    fn nothing_is_discarded_without_a_receipt_that_it_is_kept() {
        let left = Custody::LeftWithMta { queue_id: None };
        let accepted = |id, custody| Outcome::Accepted(Receipt::from_proof(&Kept(id, custody)));
        assert_eq!(code(of(accepted(ID, Custody::Held), None, ID)), 251);
        assert_eq!(code(of(accepted(ID, left.clone()), None, ID)), 451);
        assert_eq!(code(of(accepted(TransactionId(8), Custody::Held), None, ID)), 451);
        assert_eq!(code(of(accepted(ID, left.clone()), Some(Passed::everyone()), ID)), 250);
        assert_eq!(code(of(accepted(ID, left), Some(Passed::without_first(2)), ID)), 451);
        assert_eq!(code(of(accepted(ID, Custody::Held), Some(Passed::without_first(2)), ID)), 250);
    }

    #[test]
    fn a_code_that_does_not_fit_its_outcome_defers() {
        let reply = |code| Reply::new(code, (5, 7, 1), "x");
        assert_eq!(code(of(Outcome::Refused(reply(554)), None, ID)), 554);
        assert_eq!(code(of(Outcome::Refused(reply(250)), None, ID)), 451);
        assert_eq!(code(of(Outcome::Deferred(reply(554)), None, ID)), 451);
    }

    #[test]
    fn a_reply_is_one_printable_line_whose_codes_agree() {
        let reply = Reply::new(450, (5, 7, 1), format!("50%\r\n250 ok\0é{}", "x".repeat(600)));
        let Packet::ReplyCode { reply } = packet(&reply) else { panic!() };
        let line = reply.to_str().unwrap();
        assert!(line.starts_with("450 4.7.1 50 percent??250 ok??x") && line.len() < 500, "{line}");
    }
}
