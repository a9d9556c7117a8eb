//! The addresses of the header's From, read narrowly: only to ask whether all of them are a
//! school's own. What cannot be read is nobody's (RFC 5322 section 3.4).

use crate::mail::{Address, fields, header_end};

/// Every address of every From field.
pub(super) struct HeaderFrom(Vec<Address>);

/// More authors than any message has.
const MOST: usize = 64;

impl HeaderFrom {
    /// Empty when there is no From or one that does not parse.
    pub(super) fn read(raw: &[u8]) -> Self {
        let header = raw.get(..header_end(raw)).unwrap_or_default();
        let mut found = Vec::new();
        for (name, bytes) in fields(header) {
            if !name.eq_ignore_ascii_case("From") {
                continue;
            }
            match std::str::from_utf8(after_colon(bytes)).ok().and_then(addresses) {
                Some(more) if found.len() + more.len() <= MOST => found.extend(more),
                _ => return Self(Vec::new()),
            }
        }
        Self(found)
    }

    /// Whether there is an address and `own` holds for each.
    pub(super) fn all(&self, own: impl Fn(&Address) -> bool) -> bool {
        !self.0.is_empty() && self.0.iter().all(own)
    }
}

fn after_colon(field: &[u8]) -> &[u8] {
    memchr::memchr(b':', field).map_or(&[], |colon| &field[colon + 1..])
}

/// Where the reader of a field stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Text,
    Quote,
    Comment(u32),
    Angle,
    AngleQuote,
}

/// The addresses of one field; `None` when it is not a list of them.
fn addresses(value: &str) -> Option<Vec<Address>> {
    let (mut place, mut escaped) = (In::Text, false);
    let (mut text, mut angle, mut found) = (String::new(), None::<String>, Vec::new());
    for c in value.chars().filter(|c| !matches!(c, '\r' | '\n')).chain([',']) {
        if escaped {
            escaped = false;
            match place {
                In::Quote => text.push(c),
                In::AngleQuote => angle.get_or_insert_default().push(c),
                _ => {}
            }
            continue;
        }
        match (place, c) {
            (In::Quote | In::AngleQuote | In::Comment(_), '\\') => escaped = true,
            (In::Quote, '"') => place = In::Text,
            (In::AngleQuote, '"') => place = In::Angle,
            (In::Comment(depth), '(') => place = In::Comment(depth + 1),
            (In::Comment(1), ')') => place = In::Text,
            (In::Comment(depth), ')') => place = In::Comment(depth - 1),
            (In::Comment(_), _) => continue,
            (In::Text, '(') => place = In::Comment(1),
            (In::Text, '"') => place = In::Quote,
            (In::Text, '<') if angle.is_none() => (place, angle) = (In::Angle, Some(String::new())),
            (In::Angle, '"') => place = In::AngleQuote,
            (In::Angle, '>') => place = In::Text,
            // A group's name before the colon is no address.
            (In::Text, ':') if angle.is_none() => text.clear(),
            (In::Text, ',' | ';') => {
                match (angle.take(), text.trim()) {
                    (Some(address), _) => found.push(Address::parse(&address)?),
                    (None, "") => {}
                    (None, address) => found.push(Address::parse(address)?),
                }
                text.clear();
                continue;
            }
            (In::Angle, '<') | (In::Text, '<' | '>') => return None,
            _ => {}
        }
        match place {
            In::Angle | In::AngleQuote if !(place == In::Angle && c == '<') => {
                angle.get_or_insert_default().push(c);
            }
            In::Text | In::Quote if !matches!(c, ')' | '>' | ':') => text.push(c),
            _ => {}
        }
    }
    (place == In::Text && found.len() <= MOST).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Vec<String> {
        let raw = format!("Subject: x\r\nFrom: {value}\r\n\r\nFrom: no@header.example\r\n");
        HeaderFrom::read(raw.as_bytes()).0.iter().map(|a| a.as_str().to_owned()).collect()
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        assert_eq!(read("a@oak.example"), ["a@oak.example"]);
        assert_eq!(read("A Staff <a@oak.example>"), ["a@oak.example"]);
        assert_eq!(read("\"Staff, A <x@y.example>\" <a@oak.example>"), ["a@oak.example"]);
        assert_eq!(read("=?utf-8?Q?Si=C3=A2n?=\r\n <s@oak.example> (Siân (x@y.example))"), ["s@oak.example"]);
        assert_eq!(read("a@oak.example, B <b@elm.example>"), ["a@oak.example", "b@elm.example"]);
        assert_eq!(read("Team: a@oak.example, <b@elm.example>;"), ["a@oak.example", "b@elm.example"]);
        assert_eq!(read("\"a b\"@oak.example"), ["\"a b\"@oak.example"]);
        assert_eq!(read("<\"a>b\"@oak.example>"), ["\"a>b\"@oak.example"]);
    }

    #[test]
    fn what_does_not_parse_is_nobody_s() {
        for bad in [
            "",
            "A Staff",
            "<a@oak.example",
            "\"a@oak.example",
            "a@oak.example <b@elm.example> <c@x.example>",
            "a@oak.example)(",
            "<<a@oak.example>>",
            "a@oak.example b@elm.example",
            "(a@oak.example",
        ] {
            assert_eq!(read(bad), Vec::<String>::new(), "{bad}");
        }
        let two = HeaderFrom::read(b"From: a@oak.example\r\nfrom : <b@elm.example>\r\n\r\n");
        assert_eq!(two.0.len(), 2);
        assert!(!two.all(|a| a.domain() == "oak.example"));
        assert!(!HeaderFrom::read(b"Subject: x\r\n\r\n").all(|_| true));
    }
}
