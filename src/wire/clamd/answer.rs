//! clamd's answers, taken at their exact word.

use super::ScanFault;

/// What clamd says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Clean,
    /// By the name of the signature: printable ASCII.
    Found(String),
    /// Larger than `[scanner] largest`, or than clamd's own StreamMaxLength.
    TooLarge,
}

/// Longer answers are none of clamd's.
pub(super) const ANSWER_LENGTH: usize = 512;
pub(super) const VERSION_LENGTH: usize = 256;
const LONGEST_NAME: usize = 256;

/// Whether clamd had the whole message when it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    All,
    Part,
}

/// Reads an answer to INSTREAM, without the NUL that ends it.
pub(super) fn read(answer: &[u8], heard: Heard) -> Result<Said, ScanFault> {
    if answer == b"INSTREAM size limit exceeded. ERROR" {
        return Ok(Said::TooLarge);
    }
    if answer.ends_with(b" ERROR") {
        return Err(ScanFault::Failed);
    }
    // Of half a message nothing can be known.
    if heard == Heard::Part {
        return Err(ScanFault::Broken);
    }
    let Some(said) = answer.strip_prefix(b"stream: ") else { return Err(ScanFault::NotClamd) };
    if said == b"OK" {
        return Ok(Said::Clean);
    }
    match said.strip_suffix(b" FOUND") {
        Some(name) if !name.is_empty() && name.len() <= LONGEST_NAME => Ok(Said::Found(plain(name))),
        _ => Err(ScanFault::NotClamd),
    }
}

fn plain(name: &[u8]) -> String {
    name.iter().map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_exact_word_is_clean() {
        let all = |answer: &str| read(answer.as_bytes(), Heard::All);
        assert_eq!(all("stream: OK"), Ok(Said::Clean));
        assert_eq!(all("stream: Win.Test.EICAR_HDB-1 FOUND"), Ok(Said::Found("Win.Test.EICAR_HDB-1".into())));
        assert_eq!(all("stream: OK FOUND"), Ok(Said::Found("OK".into())));
        assert_eq!(all("INSTREAM size limit exceeded. ERROR"), Ok(Said::TooLarge));
        for failed in ["stream: Can't allocate memory ERROR", "stream: OK ERROR", "UNKNOWN COMMAND ERROR"] {
            assert_eq!(all(failed), Err(ScanFault::Failed), "{failed}");
        }
        for strange in [
            "",
            "OK",
            "stream:OK",
            "stream: ok",
            "stream: OK ",
            " stream: OK",
            "stream: OK\n",
            "1: stream: OK",
            "stream:  FOUND",
            "stream: FOUND",
            "PONG",
            "COMMAND READ TIMED OUT\n",
            "HTTP/1.1 200 OK",
        ] {
            assert_eq!(all(strange), Err(ScanFault::NotClamd), "{strange:?}");
        }
        assert_eq!(read("stream: X FOUND".as_bytes(), Heard::Part), Err(ScanFault::Broken));
        assert_eq!(read("stream: OK".as_bytes(), Heard::Part), Err(ScanFault::Broken));
        assert_eq!(all(&format!("stream: {} FOUND", "x".repeat(300))), Err(ScanFault::NotClamd));
        assert_eq!(all("stream: a\u{1b}[31mb FOUND"), Ok(Said::Found("a?[31mb".into())));
    }
}
