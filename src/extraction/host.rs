//! Hosts of addresses on the web (WHATWG URL), as far as it takes to say whether two are one owner's.

use idna::punycode;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Endings of names that, without `http://` or `www.` before them, are more likely a host than a file or a sentence.
const KNOWN_ENDINGS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "info", "biz", "uk", "wales", "cymru", "scot", "london", "school",
    "ie", "eu", "de", "fr", "es", "it", "nl", "be", "us", "ca", "au", "nz", "in", "example",
];
/// Below a country, what stands for no owner.
const SECOND_LEVELS: &[&str] = &[
    "ac", "co", "com", "edu", "gov", "govt", "ltd", "me", "mod", "net", "nhs", "or", "org", "plc", "police",
    "school",
];
const LONGEST: usize = 253;

/// The authority of a target.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authority {
    pub(super) host: String,
    /// What stands before `@`, which no reader takes for a name: `https://oakfield.example@evil.example/`.
    pub(super) user: Option<String>,
    /// Path, query and fragment.
    pub(super) rest: String,
    pub(super) is_mailbox: bool,
}

/// Reads a link's target as a browser does; `None` for what leads to no host (`#top`, `tel:`, a path of the same page).
pub(super) fn authority(target: &str) -> Option<Authority> {
    let target: String = target.trim().chars().filter(|c| !c.is_control()).collect();
    let (scheme, rest) = match target.split_once(':') {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) => {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => (String::new(), target.as_str()),
    };
    if scheme == "mailto" {
        let (mailbox, rest) = rest.split_at(rest.find(['?', ',']).unwrap_or(rest.len()));
        let (_, domain) = mailbox.rsplit_once('@')?;
        let host = plain_host(&percent_decoded(domain))?;
        return Some(Authority { host, user: None, rest: rest.to_owned(), is_mailbox: true });
    }
    let slashed = rest.trim_start_matches(['/', '\\']);
    let is_special = matches!(scheme.as_str(), "http" | "https" | "ftp");
    let has_authority = is_special || scheme.is_empty() && rest.len() - slashed.len() >= 2;
    if !has_authority {
        return None;
    }
    let (authority, rest) = slashed.split_at(slashed.find(['/', '\\', '?', '#']).unwrap_or(slashed.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(percent_decoded(user).to_lowercase()), host),
        None => (None, authority),
    };
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let host = plain_host(&percent_decoded(host))?;
    Some(Authority { host, user, rest: rest.to_owned(), is_mailbox: false })
}

/// A host without case, `www.` and the coding of letters beyond ASCII (RFC 3492).
fn plain_host(host: &str) -> Option<String> {
    let host = host.trim_matches('.').to_lowercase().replace(['。', '．', '｡'], ".");
    let labels: Vec<Cow<'_, str>> = host
        .split('.')
        .map(|label| match label.strip_prefix("xn--").and_then(punycode::decode_to_string) {
            Some(label) => Cow::Owned(label),
            None => Cow::Borrowed(label),
        })
        .collect();
    let fits = |label: &Cow<'_, str>| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || "-_[]:".contains(c))
    };
    (host.len() <= LONGEST && labels.iter().all(fits)).then(|| labels.join("."))
}

/// A host that a reader sees in a text, and whether as the end of a mail address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) host: String,
    pub(super) is_mailbox: bool,
}

/// The first host that stands in the text of a link.
pub(super) fn shown(text: &str) -> Option<Shown> {
    let parts_words = |c: char| c.is_whitespace() || "<>()[]\"'“”‘’,;|".contains(c);
    text.split(parts_words).filter(|word| word.len() <= 2 * LONGEST).find_map(shown_in)
}

fn shown_in(word: &str) -> Option<Shown> {
    let word = word.trim_matches(|c: char| ".:!?*_".contains(c));
    let is_web = ["http://", "https://", "www."].into_iter().any(|start| word.starts_with(start));
    if is_web {
        let with_scheme = if word.starts_with("www.") { format!("http://{word}") } else { word.to_owned() };
        let host = authority(&with_scheme)?.host;
        return host.contains('.').then_some(Shown { host, is_mailbox: false });
    }
    if let Some((local, domain)) = word.rsplit_once('@') {
        let host = plain_host(domain)?;
        let is_mailbox = !local.is_empty() && !local.contains(['/', '@']) && ends_as_host(&host, |_| true);
        return is_mailbox.then_some(Shown { host, is_mailbox: true });
    }
    let host = plain_host(word.split('/').next().unwrap_or_default())?;
    let known = |ending: &str| KNOWN_ENDINGS.contains(&ending);
    ends_as_host(&host, known).then_some(Shown { host, is_mailbox: false })
}

fn ends_as_host(host: &str, known: impl Fn(&str) -> bool) -> bool {
    host.rsplit_once('.').is_some_and(|(before, ending)| {
        before.chars().any(char::is_alphabetic)
            && ending.len() >= 2
            && ending.chars().all(char::is_alphabetic)
            && known(ending)
    })
}

/// The part of a host that somebody owns: `oakfield.example` of `mail.oakfield.example`. By rule of thumb, not by the
/// list of public suffixes: schools of Britain stand one level lower (`oakfield.leeds.sch.uk`).
pub(super) fn owned(host: &str) -> &str {
    let labels: Vec<&str> = host.split('.').collect();
    let last =
        |nth: usize| labels.len().checked_sub(nth).and_then(|at| labels.get(at)).copied().unwrap_or_default();
    let take = match (last(2), last(1)) {
        ("sch", "uk") => 4,
        (second, country) if country.len() == 2 && SECOND_LEVELS.contains(&second) => 3,
        _ => 2,
    };
    let from = labels.len().saturating_sub(take);
    let skipped: usize = labels.iter().take(from).map(|label| label.len() + 1).sum();
    host.get(skipped..).unwrap_or(host)
}

/// `%41` as what it stands for.
pub(super) fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_browsers_do() {
        let host = |target: &str| authority(target).map(|a| a.host);
        for (target, expected) in [
            ("https://www.oakfield.example/a?b=1", Some("www.oakfield.example")),
            ("HTTP:\\\\Oakfield.Example:8080\\x", Some("oakfield.example")),
            ("//evil.example", Some("evil.example")),
            ("https:evil.example", Some("evil.example")),
            ("https://oakfield.example@evil.example/", Some("evil.example")),
            ("https://oakfield.example%2f@evil%2Eexample", Some("evil.example")),
            ("ht\ntps://ev\til.example", Some("evil.example")),
            ("https://xn--mller-kva.example/", Some("müller.example")),
            ("https://203.0.113.7/x", Some("203.0.113.7")),
            ("mailto:Office@Oakfield.example?subject=x", Some("oakfield.example")),
            ("tel:+441632960123", None),
            ("#top", None),
            ("page.html", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(host(target).as_deref(), expected, "{target}");
        }
        let tricky = authority("https://oakfield.example@evil.example/").unwrap();
        assert_eq!(tricky.user.as_deref(), Some("oakfield.example"));
    }

    #[test]
    fn hosts_in_texts_are_hosts_and_not_files_or_sentences() {
        for (text, expected) in [
            ("https://oakfield.example/pay", Some("oakfield.example")),
            ("go to www.oakfield.example now", Some("www.oakfield.example")),
            ("oakfield.example", Some("oakfield.example")),
            ("(office@oakfield.example)", Some("oakfield.example")),
            ("amazon.co.uk.", Some("amazon.co.uk")),
            ("minutes.pdf", None),
            ("version 2.0 of node.js", None),
            ("read more...", None),
            ("end.Next sentence", None),
            ("@oakfield", None),
            ("1.2.org.chart", None),
            ("http://localhost/x", None),
        ] {
            assert_eq!(shown(text).map(|s| s.host).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_one_owner_has_is_the_same() {
        assert_eq!(owned("mail.oakfield.example"), "oakfield.example");
        assert_eq!(owned("www.bbc.co.uk"), "bbc.co.uk");
        assert_eq!(owned("www.oakfield.leeds.sch.uk"), "oakfield.leeds.sch.uk");
        assert_eq!(owned("localhost"), "localhost");
        assert_ne!(owned("oakfield.example.evil.example"), "oakfield.example");
    }

    #[test]
    fn punycode_is_read_and_nonsense_is_not() {
        let host = |target: &str| authority(target).map(|a| a.host);
        assert_eq!(host("https://xn--80akhbyknj4f.example/").as_deref(), Some("испытание.example"));
        // What makes no sense stays as it is written.
        for odd in ["xn--99999999999999.example", "xn--é.example"] {
            assert_eq!(host(&format!("https://{odd}/")).as_deref(), Some(odd));
        }
        assert_eq!(host("https://xn--.example/"), None);
    }
}
