//! The ESMTP words of MAIL and RCPT: which a client may use after our EHLO, and which go on
//! to a next hop that offers more or less.

use super::{
    command::split_word,
    extension::{Extension, Extensions},
    hop::DsnFate,
};
use crate::mail::{Envelope, Recipient, Reply, ReversePath};

/// The extension that a word belongs to.
fn of_mail(keyword: &str) -> Option<Extension> {
    match keyword.to_ascii_uppercase().as_str() {
        "SIZE" => Some(Extension::Size),
        "BODY" => Some(Extension::EightBitMime),
        "SMTPUTF8" => Some(Extension::SmtpUtf8),
        "RET" | "ENVID" => Some(Extension::Dsn),
        _ => None,
    }
}

fn of_rcpt(keyword: &str) -> Option<Extension> {
    matches!(keyword.to_ascii_uppercase().as_str(), "NOTIFY" | "ORCPT").then_some(Extension::Dsn)
}

/// What the words of MAIL mean to the relay itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MailMeaning {
    /// Octets that the client announces (RFC 1870).
    pub(super) size: Option<u64>,
    pub(super) smtputf8: SmtpUtf8,
}

/// Whether the transaction is internationalised (RFC 6531).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SmtpUtf8 {
    No,
    Asked,
}

fn bad(word: &'static str) -> Reply {
    Reply::new(501, (5, 5, 4), format!("Bad value of {word}"))
}

fn not_offered() -> Reply {
    Reply::new(555, (5, 5, 4), "Unsupported parameter")
}

/// Checks MAIL against what was offered.
pub(super) fn check_mail(
    sender: &ReversePath,
    words: &[String],
    offered: Extensions,
) -> Result<MailMeaning, Reply> {
    let mut meaning = MailMeaning { size: None, smtputf8: SmtpUtf8::No };
    for word in words {
        let (keyword, value) = split_word(word);
        let value = value.unwrap_or_default();
        let extension = of_mail(keyword).filter(|e| offered.has(*e)).ok_or_else(not_offered)?;
        match keyword.to_ascii_uppercase().as_str() {
            "SIZE" => {
                let digits =
                    !value.is_empty() && value.len() <= 20 && value.bytes().all(|b| b.is_ascii_digit());
                // More than u64 holds is more than anyone takes.
                meaning.size =
                    Some(digits.then(|| value.parse().unwrap_or(u64::MAX)).ok_or_else(|| bad("SIZE"))?);
            }
            "BODY" if !["7BIT", "8BITMIME"].iter().any(|v| v.eq_ignore_ascii_case(value)) => {
                return Err(bad("BODY"));
            }
            "RET" if !["FULL", "HDRS"].iter().any(|v| v.eq_ignore_ascii_case(value)) => {
                return Err(bad("RET"));
            }
            "ENVID" if value.is_empty() || value.len() > 100 || !value.is_ascii() => {
                return Err(bad("ENVID"));
            }
            "SMTPUTF8" if !value.is_empty() => return Err(bad("SMTPUTF8")),
            _ if extension == Extension::SmtpUtf8 => meaning.smtputf8 = SmtpUtf8::Asked,
            _ => {}
        }
    }
    if let Some(address) = sender.address() {
        check_ascii(address.as_str(), meaning.smtputf8)?;
    }
    Ok(meaning)
}

/// Checks RCPT against what was offered.
pub(super) fn check_rcpt(
    recipient: &Recipient,
    offered: Extensions,
    smtputf8: SmtpUtf8,
) -> Result<(), Reply> {
    for word in &recipient.parameters {
        let (keyword, value) = split_word(word);
        let value = value.unwrap_or_default();
        of_rcpt(keyword).filter(|e| offered.has(*e)).ok_or_else(not_offered)?;
        if keyword.eq_ignore_ascii_case("NOTIFY") && !is_notify(value) {
            return Err(bad("NOTIFY"));
        }
        if keyword.eq_ignore_ascii_case("ORCPT") && (value.len() > 500 || !value.contains(';')) {
            return Err(bad("ORCPT"));
        }
    }
    check_ascii(recipient.address.as_str(), smtputf8)
}

/// RFC 3461 section 4.1: NEVER alone, or a list of the others.
fn is_notify(value: &str) -> bool {
    value.eq_ignore_ascii_case("NEVER")
        || value.split(',').all(|v| ["SUCCESS", "FAILURE", "DELAY"].iter().any(|k| k.eq_ignore_ascii_case(v)))
}

/// RFC 6531 section 3.4: such an address needs the SMTPUTF8 word.
fn check_ascii(address: &str, smtputf8: SmtpUtf8) -> Result<(), Reply> {
    if smtputf8 == SmtpUtf8::Asked || address.is_ascii() {
        return Ok(());
    }
    Err(Reply::new(553, (5, 6, 7), "Non-ASCII address without SMTPUTF8"))
}

/// MAIL and RCPT lines for one next hop.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) mail: String,
    pub(super) rcpts: Vec<String>,
    pub(super) dsn: DsnFate,
}

/// Writes the envelope for a hop with these extensions: every word as the client wrote it.
/// Where the hop falls short, SIZE and BODY are left out (the content is checked for 8 bits
/// when it is there), and DSN words too: RFC 3461 section 5.2.2 b calls that "relayed". An
/// internationalised transaction is never converted; it is refused (RFC 6531 section 3.5).
pub(super) fn lines_for(
    sender: &ReversePath,
    words: &[String],
    recipients: &[&Recipient],
    hop: Extensions,
) -> Result<Lines, Reply> {
    let mut dsn = DsnFate::PassedOn;
    let mut mail = format!("MAIL FROM:<{sender}>");
    for word in words {
        match of_mail(split_word(word).0) {
            Some(Extension::SmtpUtf8) if !hop.has(Extension::SmtpUtf8) => {
                return Err(Reply::new(553, (5, 6, 7), "The next hop does not take SMTPUTF8"));
            }
            Some(extension) if hop.has(extension) => {
                mail.push(' ');
                mail.push_str(word);
            }
            Some(Extension::Dsn) => dsn = DsnFate::Relayed,
            _ => {}
        }
    }
    let rcpts = recipients.iter().map(|recipient| {
        let mut line = format!("RCPT TO:<{}>", recipient.address);
        for word in &recipient.parameters {
            if hop.has(Extension::Dsn) {
                line.push(' ');
                line.push_str(word);
            } else {
                dsn = DsnFate::Relayed;
            }
        }
        line
    });
    let rcpts: Vec<String> = rcpts.collect();
    // The outbox hands over envelopes that lay in a store: what would be a second command is
    // stopped here, whatever stands there.
    if rcpts.iter().chain([&mail]).any(|line| line.chars().any(char::is_control)) {
        return Err(Reply::new(501, (5, 5, 4), "Control character in the envelope"));
    }
    Ok(Lines { mail, rcpts, dsn })
}

/// The recipients among `chosen` who are to hear of success (NOTIFY=SUCCESS).
pub(super) fn owed_relayed(envelope: &Envelope, chosen: &[usize]) -> Vec<usize> {
    let asks = |recipient: &Recipient| {
        recipient.parameters.iter().any(|word| {
            let (keyword, value) = split_word(word);
            keyword.eq_ignore_ascii_case("NOTIFY")
                && value.unwrap_or_default().split(',').any(|v| v.eq_ignore_ascii_case("SUCCESS"))
        })
    };
    chosen.iter().copied().filter(|i| envelope.recipients.get(*i).is_some_and(asks)).collect()
}

/// 8-bit content for a hop without 8BITMIME is refused, never converted
/// (RFC 6152 section 3).
pub(super) fn check_content(bytes: &[u8], hop: Extensions) -> Result<(), Reply> {
    if hop.has(Extension::EightBitMime) || bytes.is_ascii() {
        return Ok(());
    }
    Err(Reply::new(554, (5, 6, 3), "8-bit content, and the next hop does not take 8BITMIME"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| w.to_string()).collect()
    }

    fn everything() -> Extensions {
        Extensions::read(["SIZE 1000", "8BITMIME", "SMTPUTF8", "DSN"])
    }

    #[test]
    fn words_need_their_extension_and_a_sound_value() {
        let check = |words: &[&str], offered| check_mail(&ReversePath::Null, &list(words), offered);
        let meaning = check(&["SIZE=99", "body=8bitmime", "RET=hdrs", "ENVID=x", "SMTPUTF8"], everything());
        assert_eq!(meaning, Ok(MailMeaning { size: Some(99), smtputf8: SmtpUtf8::Asked }));
        assert_eq!(check(&["SIZE=99999999999999999999"], everything()).unwrap().size, Some(u64::MAX));
        for words in [&["SIZE=99"][..], &["SMTPUTF8"], &["RET=FULL"]] {
            assert_eq!(check(words, Extensions::NONE).unwrap_err().code, 555);
        }
        assert_eq!(check(&["BOGUS=1"], everything()).unwrap_err().code, 555);
        for bad in ["SIZE=-1", "SIZE", "BODY=BINARYMIME", "RET=SOME", "ENVID", "SMTPUTF8=1"] {
            assert_eq!(check(&[bad], everything()).unwrap_err().code, 501, "{bad}");
        }
    }

    #[test]
    fn recipients_words_likewise_and_a_non_ascii_address_needs_smtputf8() {
        let to = |address: &str, words: &[&str]| Recipient {
            address: Address::parse(address).unwrap(),
            parameters: list(words),
        };
        let check = |r: Recipient| check_rcpt(&r, everything(), SmtpUtf8::No).map_err(|r| r.code);
        assert_eq!(check(to("a@b.example", &["NOTIFY=SUCCESS,delay", "ORCPT=rfc822;a@b"])), Ok(()));
        assert_eq!(check(to("a@b.example", &["NOTIFY=NEVER,DELAY"])), Err(501));
        assert_eq!(check(to("a@b.example", &["ORCPT=a@b"])), Err(501));
        assert_eq!(check(to("a@b.example", &["SIZE=1"])), Err(555));
        assert_eq!(check(to("siân@b.example", &[])), Err(553));
        assert_eq!(check_rcpt(&to("siân@b.example", &[]), everything(), SmtpUtf8::Asked), Ok(()));
    }

    #[test]
    fn a_hop_gets_the_words_it_offers_as_they_were_written() {
        let to = Recipient {
            address: Address::parse("A@b.example").unwrap(),
            parameters: list(&["notify=SUCCESS"]),
        };
        let words = list(&["size=9", "BODY=8BITMIME", "RET=HDRS"]);
        let lines = lines_for(&ReversePath::Null, &words, &[&to], everything()).unwrap();
        assert_eq!(lines.mail, "MAIL FROM:<> size=9 BODY=8BITMIME RET=HDRS");
        assert_eq!(
            (&lines.rcpts[..], lines.dsn),
            (&list(&["RCPT TO:<A@b.example> notify=SUCCESS"])[..], DsnFate::PassedOn)
        );
        let lines = lines_for(&ReversePath::Null, &words, &[&to], Extensions::NONE).unwrap();
        assert_eq!((lines.mail.as_str(), lines.dsn), ("MAIL FROM:<>", DsnFate::Relayed));
        let refused = lines_for(&ReversePath::Null, &list(&["SMTPUTF8"]), &[&to], Extensions::NONE);
        assert_eq!(refused.unwrap_err().enhanced, (5, 6, 7));
    }
}
