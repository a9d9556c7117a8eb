//! Mail addresses as an envelope or a header gives them (RFC 5321 section 4.1.2,
//! RFC 6531 for non-ASCII).

use std::fmt;

/// A mailbox `local@domain`. Keeps the spelling it came with; compares by
/// [`Address::key`], since schools and providers treat the local part without case.
#[derive(Clone)]
pub struct Address {
    text: Box<str>,
    key: Box<str>,
    at: usize,
}

/// The longest path that RFC 5321 section 4.5.3.1.3 allows, doubled, since real
/// mail exceeds it; anything longer is no address.
const LONGEST: usize = 512;

impl Address {
    /// Reads `local@domain` without angle brackets. `None` when there is no
    /// unquoted `@`, a side is empty, or a control character or space stands in it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let at = text.rfind('@')?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>,;".contains(c);
        if local.is_empty() || domain.is_empty() || !domain.chars().all(|c| plain(c) && c != '@') {
            return None;
        }
        if !quoted && !local.chars().all(|c| plain(c) && c != '"') {
            return None;
        }
        if quoted && local.chars().any(char::is_control) {
            return None;
        }
        let local = if quoted { unquoted(local) } else { local.to_lowercase() };
        let key = format!("{local}@{}", domain.to_lowercase().trim_end_matches('.'));
        Some(Self { text: text.into(), key: key.into(), at: local.len() })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Lower case; what two spellings of one mailbox share.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part before the `@`, lower case.
    pub fn local(&self) -> &str {
        &self.key[..self.at]
    }

    /// The part after the `@`, lower case, without a final dot.
    pub fn domain(&self) -> &str {
        &self.key[self.at + 1..]
    }

    /// Whether the address lies in `domain` or in a domain below it.
    pub fn is_within(&self, domain: &str) -> bool {
        let own = self.domain();
        own == domain
            || own.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && !domain.is_empty())
    }
}

/// A quoted local part as it compares: without quotes where it needs none, since `"p"@x` is
/// the mailbox `p@x` (RFC 5321 section 4.1.2), and an escape is what it escapes.
fn unquoted(local: &str) -> String {
    let inner = &local[1..local.len() - 1];
    let mut content = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        content.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
    }
    let atom = |part: &str| !part.is_empty() && part.chars().all(is_atom_text);
    if content.split('.').all(atom) { content.to_lowercase() } else { local.to_lowercase() }
}

/// atext of RFC 5322 section 3.2.3, and of RFC 6532 section 3.2.
fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_whitespace())
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Address {}
impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
/// An address names a person, so it never reaches a log through `{:?}`.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}
impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a mail address"))
    }
}

/// The envelope sender: a mailbox, or `<>` for reports and notices (RFC 5321 section 4.5.5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ReversePath {
    Null,
    Mailbox(Address),
}

impl ReversePath {
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Null => None,
            Self::Mailbox(address) => Some(address),
        }
    }
}

impl fmt::Display for ReversePath {
    /// Without angle brackets; empty for the null sender.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().map_or(Ok(()), |a| a.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_kept_and_comparison_ignores_case() {
        let a = Address::parse("T.Staff@Oakfield.Example.").unwrap();
        assert_eq!(a.as_str(), "T.Staff@Oakfield.Example.");
        assert_eq!((a.local(), a.domain()), ("t.staff", "oakfield.example"));
        assert_eq!(a, Address::parse("t.staff@oakfield.example").unwrap());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "a",
            "@b.example",
            "a@",
            "a b@c.example",
            "a@b c",
            "a@b@c d",
            "a\r@b.example",
            "a\"b@c.example",
        ] {
            assert!(Address::parse(bad).is_none(), "{bad:?}");
        }
        assert!(Address::parse(&format!("{}@b.example", "a".repeat(600))).is_none());
        assert!(Address::parse("\"a b\"@c.example").is_some());
    }

    #[test]
    fn quotes_that_are_not_needed_make_no_other_mailbox() {
        let a = |s| Address::parse(s).unwrap();
        assert_eq!(a("\"T.Staff\"@c.example"), a("t.staff@c.example"));
        assert_eq!(a("\"t\\.staff\"@c.example"), a("t.staff@c.example"));
        assert_eq!(a("\"siân\"@c.example").local(), "siân");
        for apart in
            ["\"t..staff\"@c.example", "\"t staff\"@c.example", "\"t@staff\"@c.example", "\"\"@c.example"]
        {
            assert!(a(apart).local().starts_with('"'), "{apart}");
            assert_eq!(a(apart).domain(), "c.example");
        }
    }

    #[test]
    fn a_subdomain_lies_within_and_a_look_alike_does_not() {
        let a = |s| Address::parse(s).unwrap();
        assert!(a("x@mail.oakfield.example").is_within("oakfield.example"));
        assert!(a("x@oakfield.example").is_within("oakfield.example"));
        assert!(!a("x@notoakfield.example").is_within("oakfield.example"));
    }
}
