//! One command line as the relay understands it (RFC 5321 section 4.1.1). Addresses and
//! ESMTP words keep the client's spelling, since they are passed on as they were written.

use crate::mail::{Address, Reply, ReversePath};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Helo(String),
    Ehlo(String),
    Mail { sender: ReversePath, words: Vec<String> },
    Rcpt { recipient: ForwardPath, words: Vec<String> },
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Help,
    StartTls,
    Xclient(Vec<Attribute>),
    Xforward(Vec<Attribute>),
}

/// The path of RCPT. `<postmaster>` needs no domain (RFC 5321 section 4.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ForwardPath {
    Mailbox(Address),
    Postmaster,
}

/// `NAME=value` of XCLIENT and XFORWARD, the value decoded from xtext; `None` for
/// `[UNAVAILABLE]` and `[TEMPUNAVAIL]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Upper case.
    pub(super) name: String,
    pub(super) value: Option<String>,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommandFault {
    Unknown,
    /// A command of SMTP that the relay does not have.
    NotHere,
    /// What follows such a line is not SMTP and must not be read as such: a chunk of BDAT, or
    /// the rest of an HTTP request that a browser was tricked into sending.
    Foreign,
    Syntax(&'static str),
    BadSender,
    BadRecipient,
}

impl CommandFault {
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Unknown => Reply::new(500, (5, 5, 2), "Command not recognised"),
            Self::NotHere => Reply::new(502, (5, 5, 1), "Command not implemented"),
            Self::Foreign => Reply::new(502, (5, 5, 1), "Command not implemented, closing"),
            Self::Syntax(usage) => Reply::new(501, (5, 5, 4), format!("Syntax: {usage}")),
            Self::BadSender => Reply::new(501, (5, 1, 7), "Bad sender address syntax"),
            Self::BadRecipient => Reply::new(501, (5, 1, 3), "Bad recipient address syntax"),
        }
    }
}

/// Longer host names do not exist (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 255;
/// More words than any envelope has use for.
const MOST_WORDS: usize = 32;

impl Command {
    pub(super) fn parse(line: &[u8]) -> Result<Self, CommandFault> {
        let text = std::str::from_utf8(line).map_err(|_| CommandFault::Unknown)?;
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(CommandFault::Unknown);
        }
        let text = text.trim_end_matches([' ', '\t']);
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let verb = verb.to_ascii_uppercase();
        let alone =
            |command, usage| if rest.is_empty() { Ok(command) } else { Err(CommandFault::Syntax(usage)) };
        match verb.as_str() {
            "HELO" => hello(rest).map(Self::Helo).ok_or(CommandFault::Syntax("HELO hostname")),
            "EHLO" => hello(rest).map(Self::Ehlo).ok_or(CommandFault::Syntax("EHLO hostname")),
            "MAIL" => mail(rest),
            "RCPT" => rcpt(rest),
            "DATA" => alone(Self::Data, "DATA"),
            "RSET" => alone(Self::Rset, "RSET"),
            "QUIT" => alone(Self::Quit, "QUIT"),
            "STARTTLS" => alone(Self::StartTls, "STARTTLS"),
            "NOOP" => Ok(Self::Noop),
            "HELP" => Ok(Self::Help),
            "VRFY" if rest.is_empty() => Err(CommandFault::Syntax("VRFY address")),
            "VRFY" => Ok(Self::Vrfy),
            "XCLIENT" => {
                attributes(rest).map(Self::Xclient).ok_or(CommandFault::Syntax("XCLIENT name=value ..."))
            }
            "XFORWARD" => {
                attributes(rest).map(Self::Xforward).ok_or(CommandFault::Syntax("XFORWARD name=value ..."))
            }
            "EXPN" | "AUTH" | "TURN" | "ETRN" | "SEND" | "SOML" | "SAML" => Err(CommandFault::NotHere),
            "BDAT" | "GET" | "POST" | "PUT" | "HEAD" | "CONNECT" | "OPTIONS" => Err(CommandFault::Foreign),
            _ => Err(CommandFault::Unknown),
        }
    }
}

fn hello(rest: &str) -> Option<String> {
    let name = rest.trim();
    let fits = !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains([' ', '\t']);
    fits.then(|| name.to_owned())
}

fn mail(rest: &str) -> Result<Command, CommandFault> {
    const USAGE: CommandFault = CommandFault::Syntax("MAIL FROM:<address> [parameters]");
    let (path, rest) = path_after(rest, "FROM:").ok_or(USAGE)?;
    let sender = match without_route(path) {
        "" => ReversePath::Null,
        text => ReversePath::Mailbox(mailbox(text).ok_or(CommandFault::BadSender)?),
    };
    Ok(Command::Mail { sender, words: words(rest).ok_or(USAGE)? })
}

fn rcpt(rest: &str) -> Result<Command, CommandFault> {
    const USAGE: CommandFault = CommandFault::Syntax("RCPT TO:<address> [parameters]");
    let (path, rest) = path_after(rest, "TO:").ok_or(USAGE)?;
    let text = without_route(path);
    let recipient = if text.eq_ignore_ascii_case("postmaster") {
        ForwardPath::Postmaster
    } else {
        ForwardPath::Mailbox(mailbox(text).ok_or(CommandFault::BadRecipient)?)
    };
    Ok(Command::Rcpt { recipient, words: words(rest).ok_or(USAGE)? })
}

/// What stands in the angle brackets after `keyword`, and what follows them. Blanks before
/// the bracket are common enough to be borne; an address without brackets is not.
fn path_after<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let rest = rest.trim_start();
    let (start, rest) = rest.split_at_checked(keyword.len())?;
    let inner = rest.trim_start().strip_prefix('<').filter(|_| start.eq_ignore_ascii_case(keyword))?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => {
                let after = &inner[at + 1..];
                return (after.is_empty() || after.starts_with(' ')).then_some((&inner[..at], after));
            }
            _ => {}
        }
    }
    None
}

/// A source route is accepted and ignored (RFC 5321 appendix C).
fn without_route(path: &str) -> &str {
    match path.split_once(':') {
        Some((route, rest)) if route.starts_with('@') => rest,
        _ => path,
    }
}

/// `Local-part "@" Domain` (RFC 5321 section 4.1.2), strictly: a comment or another quoting
/// would let a next hop see one mailbox and our directory another. A local part that is
/// quoted without need comes out plain, which is the same mailbox (same section); dots may
/// stand where they should not, since real mailboxes have them there.
fn mailbox(text: &str) -> Option<Address> {
    let (local, domain) = if text.starts_with('"') {
        let (quoted, rest) = quoted_string(text)?;
        let plain = is_dot_string(&quoted);
        let spelled = &text[..text.len() - rest.len()];
        (if plain { quoted } else { spelled.to_owned() }, rest.strip_prefix('@')?)
    } else {
        let (local, domain) = text.split_once('@')?;
        is_dot_string(local).then(|| (local.to_owned(), domain))?
    };
    let label = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || matches!(c, '-' | '_' | '.');
    let literal = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']'));
    let sound = literal.map_or_else(
        || domain.chars().all(label),
        |inner| inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-')),
    );
    sound.then(|| Address::parse(&format!("{local}@{domain}")))?
}

fn is_dot_string(text: &str) -> bool {
    let atext = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !text.is_empty() && text.chars().all(atext)
}

/// The content of the quoted string at the start, and what follows it.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((content, &text[at + 1..])),
            '\\' => content.push(chars.next()?.1),
            c => content.push(c),
        }
    }
    None
}

/// ESMTP words as written. `None` when one is malformed or stands twice
/// (RFC 5321 section 4.1.2, `esmtp-param`).
fn words(rest: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for word in rest.split_ascii_whitespace() {
        let (keyword, value) = split_word(word);
        let fits = keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
            && keyword.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && value.is_none_or(|v| !v.is_empty() && !v.contains('='))
            && !found.iter().any(|f| split_word(f).0.eq_ignore_ascii_case(keyword));
        if !fits || found.len() >= MOST_WORDS {
            return None;
        }
        found.push(word.to_owned());
    }
    Some(found)
}

/// `KEYWORD=value` apart.
pub(super) fn split_word(word: &str) -> (&str, Option<&str>) {
    word.split_once('=').map_or((word, None), |(keyword, value)| (keyword, Some(value)))
}

fn attributes(rest: &str) -> Option<Vec<Attribute>> {
    let found: Option<Vec<Attribute>> = rest
        .split_ascii_whitespace()
        .map(|word| {
            let (name, value) = word.split_once('=')?;
            let value = xtext(value)?;
            let missing = ["[UNAVAILABLE]", "[TEMPUNAVAIL]"].iter().any(|m| m.eq_ignore_ascii_case(&value));
            Some(Attribute {
                name: name.to_ascii_uppercase(),
                value: (!missing && !value.is_empty()).then_some(value),
            })
        })
        .collect();
    found.filter(|f| !f.is_empty() && f.len() <= MOST_WORDS)
}

/// Decodes xtext (RFC 3461 section 4); control characters in the result are refused.
fn xtext(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        if octet == b'+' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            digits.bytes().all(|d| d.is_ascii_hexdigit()).then_some(())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(octet);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|s| s.len() <= LONGEST_NAME && !s.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, CommandFault> {
        Command::parse(line.as_bytes())
    }

    #[test]
    fn an_envelope_keeps_the_spelling_it_came_with() {
        let Ok(Command::Mail { sender, words }) =
            parse("mail From:<T.Staff@Oakfield.Example> BODY=8bitmime ENVID=a+2Bb")
        else {
            panic!()
        };
        assert_eq!(sender.to_string(), "T.Staff@Oakfield.Example");
        assert_eq!(words, ["BODY=8bitmime", "ENVID=a+2Bb"]);
        let Ok(Command::Rcpt { recipient: ForwardPath::Mailbox(to), words }) =
            parse("RCPT TO: <\"odd > one\"@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@y.example")
        else {
            panic!()
        };
        assert_eq!(to.as_str(), "\"odd > one\"@b.example");
        assert_eq!(words, ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;x@y.example"]);
    }

    #[test]
    fn null_postmaster_and_source_routes_are_known() {
        assert!(matches!(parse("MAIL FROM:<>"), Ok(Command::Mail { sender: ReversePath::Null, .. })));
        assert!(matches!(
            parse("RCPT TO:<Postmaster>"),
            Ok(Command::Rcpt { recipient: ForwardPath::Postmaster, .. })
        ));
        let Ok(Command::Rcpt { recipient: ForwardPath::Mailbox(to), .. }) =
            parse("RCPT TO:<@a.example,@b.example:c@d.example>")
        else {
            panic!()
        };
        assert_eq!(to.as_str(), "c@d.example");
    }

    #[test]
    fn one_mailbox_has_one_spelling() {
        let read = |path: &str| match parse(&format!("RCPT TO:<{path}>")) {
            Ok(Command::Rcpt { recipient: ForwardPath::Mailbox(to), .. }) => Some(to.as_str().to_owned()),
            _ => None,
        };
        assert_eq!(read("\"p.pupil\"@b.example").as_deref(), Some("p.pupil@b.example"));
        assert_eq!(read("\"p\\.pup\\il\"@b.example").as_deref(), Some("p.pupil@b.example"));
        assert_eq!(read("\"a@b\"@c.example").as_deref(), Some("\"a@b\"@c.example"));
        assert_eq!(read("a..b.@[192.0.2.1]").as_deref(), Some("a..b.@[192.0.2.1]"));
        assert_eq!(read("siân@ysgol.example").as_deref(), Some("siân@ysgol.example"));
        for odd in [
            "(note)pupil@b.example",
            "pupil(x)@b.example",
            "pupil@(x)b.example",
            "a@b@c.example",
            "a:b@c.example",
            "\"a\"b@c.example",
            "a\\b@c.example",
            "a@[b",
            "a@b.example,c",
            "\"a@b.example",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for bad in [
            "MAIL FROM:",
            "MAIL a@b.example",
            "MAIL FROM:a@b.example",
            "MAIL FROM:<a@b.example",
            "RCPT <a@b>",
        ] {
            assert!(matches!(parse(bad), Err(CommandFault::Syntax(_))), "{bad}");
        }
        for bad in
            ["MAIL FROM:<a b@c.example>", "MAIL FROM:< a@c.example>", "MAIL FROM:<a>", "MAIL FROM:<a@b@>"]
        {
            assert_eq!(parse(bad), Err(CommandFault::BadSender), "{bad}");
        }
        assert_eq!(parse("RCPT TO:<>"), Err(CommandFault::BadRecipient));
        for bad in ["MAIL FROM:<>x", "MAIL FROM:<> A=", "MAIL FROM:<> =b", "MAIL FROM:<> A=1 a=2", "DATA now"]
        {
            assert!(matches!(parse(bad), Err(CommandFault::Syntax(_))), "{bad}");
        }
    }

    #[test]
    fn control_characters_and_broken_utf8_are_no_command() {
        for bad in [&b"NOOP \0"[..], b"NOOP\x01", b"\xff\xfe", b"NOO\x7f"] {
            assert_eq!(Command::parse(bad), Err(CommandFault::Unknown), "{bad:?}");
        }
        assert_eq!(parse("BDAT 10 LAST"), Err(CommandFault::Foreign));
        assert_eq!(parse("GET / HTTP/1.1"), Err(CommandFault::Foreign));
        assert_eq!(parse(""), Err(CommandFault::Unknown));
    }

    #[test]
    fn xclient_values_are_decoded_and_may_be_unavailable() {
        let Ok(Command::Xclient(found)) = parse("XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1 login=t+2Bstaff")
        else {
            panic!()
        };
        let values: Vec<_> = found.iter().map(|a| (a.name.as_str(), a.value.as_deref())).collect();
        assert_eq!(values, [("NAME", None), ("ADDR", Some("192.0.2.1")), ("LOGIN", Some("t+staff"))]);
        for bad in ["XCLIENT", "XCLIENT NAME", "XCLIENT NAME=+4", "XCLIENT NAME=a+0Db", "XFORWARD ADDR=+ZZ"] {
            assert!(matches!(parse(bad), Err(CommandFault::Syntax(_))), "{bad}");
        }
    }
}
