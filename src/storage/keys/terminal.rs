//! What is asked of a person: a passphrase or a word, at the terminal without an echo, or
//! from standard input when that is a pipe. Never from an argument or a variable.

use crate::storage::error::KeyError;
use age::{
    Callbacks,
    secrecy::{SecretString, zeroize::Zeroizing},
};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::{
    fs::{File, OpenOptions},
    io::{self, IsTerminal, Read, Write},
};

/// Longer than any line that a person types.
const LONGEST: usize = 1024;

/// Where answers come from in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Terminal,
    /// Standard input is a pipe or a file: one line for each question, in order.
    Pipe,
}

impl Source {
    pub(super) fn of_this_process() -> Self {
        match io::stdin().is_terminal() {
            true => Self::Terminal,
            false => Self::Pipe,
        }
    }
}

/// Asks for something secret where answers come from; an empty answer is none.
pub fn ask_secret(question: &str) -> Result<SecretString, KeyError> {
    let answer = match Source::of_this_process() {
        Source::Terminal => at_terminal(question, Echo::Off),
        Source::Pipe => line(&mut io::stdin().lock()),
    };
    answered(answer)
}

/// The same with what is typed shown, for what is long and on paper.
pub fn ask_shown(question: &str) -> Result<Zeroizing<String>, KeyError> {
    let answer = match Source::of_this_process() {
        Source::Terminal => at_terminal(question, Echo::On),
        Source::Pipe => line(&mut io::stdin().lock()),
    };
    answer.map_err(|source| KeyError::File { path: "the terminal".into(), source })
}

/// To the person, not into an answer that a program reads.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

pub(super) fn answered(answer: io::Result<Zeroizing<String>>) -> Result<SecretString, KeyError> {
    match answer {
        Ok(text) if text.is_empty() => Err(KeyError::NoPassphrase),
        Ok(text) => Ok(SecretString::from(text.as_str())),
        Err(_) => Err(KeyError::NoPassphrase),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    On,
    Off,
}

pub(super) fn at_terminal(question: &str, echo: Echo) -> io::Result<Zeroizing<String>> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    write!(terminal, "{question} ")?;
    let hidden = match echo {
        Echo::Off => Some(Hidden::begin(terminal.try_clone()?)?),
        Echo::On => None,
    };
    let answer = line(&mut terminal);
    if let Some(hidden) = hidden {
        drop(hidden);
        writeln!(terminal)?;
    }
    answer
}

/// The terminal without an echo, until dropped.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn begin(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Now, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// One line without its end, byte by byte: what follows belongs to the next question.
pub(super) fn line(from: &mut impl Read) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut one = Zeroizing::new([0_u8]);
    while bytes.len() < LONGEST && from.read(&mut one[..])? == 1 && one[0] != b'\n' {
        bytes.push(one[0]);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
}

/// What a plugin has to say or to ask (insert the key, touch it, its PIN).
#[derive(Clone, Copy)]
pub(super) struct AtTerminal;

impl Callbacks for AtTerminal {
    fn display_message(&self, message: &str) {
        let _ = writeln!(io::stderr(), "{message}");
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let question = match no {
            Some(no) => format!("{message} (y: {yes}, n: {no})"),
            None => format!("{message} (y: {yes})"),
        };
        let answer = at_terminal(&question, Echo::On).ok()?;
        Some(answer.trim().eq_ignore_ascii_case("y"))
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        at_terminal(description, Echo::On).ok().map(|answer| answer.to_string())
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        ask_secret(description).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_the_next_answer_begins_and_is_bounded() {
        let mut input: &[u8] = b"first words\r\nsecond\n";
        assert_eq!(line(&mut input).unwrap().as_str(), "first words");
        assert_eq!(line(&mut input).unwrap().as_str(), "second");
        assert_eq!(line(&mut input).unwrap().as_str(), "");
        let long = [b'x'; 5000];
        assert_eq!(line(&mut &long[..]).unwrap().len(), LONGEST);
        assert!(line(&mut &b"\xff\n"[..]).is_err());
    }
}
