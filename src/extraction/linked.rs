//! Links whose text names another host than the one they lead to.

use super::{Fragment, read::Reader};
use super::{
    host::{Authority, authority, owned, percent_decoded, shown},
    html,
    model::{LinkTrick, OddLink},
    view::Builder,
};

/// Of one message; which of them are findings is decided when it is known whose hosts are whose.
const MOST: usize = 1_000;
/// Hosts by which mail is checked when a link is opened: they lead on to what stands in their query.
const WRAPPERS: &[&str] = &[
    "outlook.com",
    "urldefense.com",
    "urldefense.us",
    "proofpoint.com",
    "mimecast.com",
    "mimecastprotect.com",
    "cudasvc.com",
    "symantec.com",
    "sophos.com",
    "google.com",
    "trendmicro.com",
    "forcepoint.com",
];

impl Reader<'_, '_> {
    /// Notes the links of a page that was read last.
    pub(super) fn odd_links(&mut self, anchors: &[html::Anchor], fragment: usize) {
        let Some(fragment) = self.out.fragments.get(fragment) else { return };
        let mut found = Vec::new();
        for anchor in anchors {
            if self.out.odd_links.len() + found.len() >= MOST {
                break;
            }
            found.extend(odd(fragment, anchor));
        }
        self.out.odd_links.append(&mut found);
    }
}

fn odd(fragment: &Fragment<'_>, anchor: &html::Anchor) -> Option<OddLink> {
    let end = anchor.text.end.min(fragment.view.text.len());
    let text = fragment.view.text.get(anchor.text.start.min(end)..end)?;
    let written = fragment.source.get(anchor.href.clone())?;
    // What names no host can differ from none; most links do not.
    if !text.contains('.') && !written.contains('@') {
        return None;
    }
    let target = authority(&html::resolved(written))?;
    let (shown, trick) = differs(text, &target)?;
    let view = anchor.text.start..end;
    Some(OddLink {
        place: fragment.place.to_string(),
        part: fragment.part,
        span: fragment.view.map.range(view, fragment.source.len()),
        shown,
        target: target.host,
        trick,
    })
}

/// The host that is shown and the way in which it is not the target's.
fn differs(text: &str, target: &Authority) -> Option<(String, LinkTrick)> {
    if let Some(user) = &target.user
        && let Some(named) = shown(user.split(':').next().unwrap_or_default()).filter(|s| !s.is_mailbox)
        && owned(&named.host) != owned(&target.host)
    {
        return Some((named.host, LinkTrick::BeforeTheHost));
    }
    let named = shown(text)?;
    if owned(&named.host) == owned(&target.host) {
        return None;
    }
    if leads_on(target, &named.host) {
        let is_wrapper = WRAPPERS.contains(&owned(&target.host));
        return (!is_wrapper).then_some((named.host, LinkTrick::LeadsOn));
    }
    Some((named.host, if named.is_mailbox { LinkTrick::Mailbox } else { LinkTrick::Host }))
}

/// Whether the target's query or path names the host, as it does where a link is counted or checked on the way.
fn leads_on(target: &Authority, host: &str) -> bool {
    let mut rest = target.rest.to_lowercase();
    for _ in 0..3 {
        if rest.contains(owned(host)) {
            return true;
        }
        // Proofpoint writes `-3A` for `%3A`, and `_` for `/`.
        let decoded = percent_decoded(&rest).into_owned();
        if decoded == rest {
            return false;
        }
        rest = decoded;
    }
    false
}

/// What a page's links show, while it is read: where the text of the one that is open begins.
#[derive(Default)]
pub(super) struct Anchors {
    pub(super) all: Vec<html::Anchor>,
    open: Option<(std::ops::Range<usize>, usize)>,
}

/// Links of one page that are looked at.
const MOST_ANCHORS: usize = 5_000;

impl Anchors {
    pub(super) fn begin(&mut self, href: std::ops::Range<usize>, visible: &Builder) {
        self.end(visible);
        self.open = Some((href, visible.len()));
    }

    pub(super) fn end(&mut self, visible: &Builder) {
        let Some((href, start)) = self.open.take() else { return };
        if visible.len() > start && self.all.len() < MOST_ANCHORS {
            self.all.push(html::Anchor { href, text: start..visible.len() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ExtractLimits, extract};
    use super::*;
    use crate::{
        files::Files,
        message::{ReadLimits, read},
    };

    fn odd_in(page: &str) -> Vec<(String, String, LinkTrick, String)> {
        let raw = format!("Content-Type: text/html; charset=utf-8\n\n{page}");
        let message = read(raw.as_bytes(), ReadLimits::default());
        let files = Files::default();
        let extract = extract(&message, &files, ExtractLimits::default());
        let source = &extract.fragments[0].source;
        let row = |link: &OddLink| {
            (link.shown.clone(), link.target.clone(), link.trick, source[link.span.clone()].trim().to_owned())
        };
        extract.odd_links.iter().map(row).collect()
    }

    #[test]
    fn a_link_that_shows_another_host_is_noted() {
        for (page, shown, target, trick) in [
            (
                "<a href='https://evil.example/x'>https://oakfield.example/pay</a>",
                "oakfield.example",
                "evil.example",
                LinkTrick::Host,
            ),
            (
                "<p>See <a href='https://evil.example'>our page at <b>www.oak</b>field.example</a></p>",
                "www.oakfield.example",
                "evil.example",
                LinkTrick::Host,
            ),
            (
                "<a href='https://oakfield.example.evil.example/'>oakfield.example</a>",
                "oakfield.example",
                "oakfield.example.evil.example",
                LinkTrick::Host,
            ),
            (
                "<a href='https://xn--okfield-7nf.example/'>oakfield.example</a>",
                "oakfield.example",
                "okаfield.example",
                LinkTrick::Host,
            ),
            (
                "<a href='https://203.0.113.7/'>www.oakfield.example</a>",
                "www.oakfield.example",
                "203.0.113.7",
                LinkTrick::Host,
            ),
            (
                "<a href='mailto:head@freemail.example'>head@oakfield.example</a>",
                "oakfield.example",
                "freemail.example",
                LinkTrick::Mailbox,
            ),
            (
                "<a href='https://oakfield.example@evil.example/'>Pay here</a>",
                "oakfield.example",
                "evil.example",
                LinkTrick::BeforeTheHost,
            ),
            (
                "<a href='https&#58;//evil.example/?u=https%3A%2F%2Foakfield.example'>oakfield.example</a>",
                "oakfield.example",
                "evil.example",
                LinkTrick::LeadsOn,
            ),
        ] {
            let found = odd_in(page);
            assert_eq!(found.len(), 1, "{page} {found:?}");
            assert_eq!((found[0].0.as_str(), found[0].2), (shown, trick), "{page}");
            if !target.contains('а') {
                assert_eq!(found[0].1, target, "{page}");
            }
        }
    }

    #[test]
    fn what_leads_where_it_says_is_not() {
        for page in [
            "<a href='https://www.oakfield.example/pay'>oakfield.example</a>",
            "<a href='http://mail.oakfield.example'>https://oakfield.example</a>",
            "<a href='https://evil.example/'>Read more...</a>",
            "<a href='https://files.example/x'>minutes.pdf</a>",
            "<a href='mailto:office@oakfield.example'>www.oakfield.example</a>",
            "<a href='https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.oakfield.example%2F&data=1'>www.oakfield.example</a>",
            "<a href='https://xn--mller-kva.example/'>müller.example</a>",
            "<a href='https://user:pass@oakfield.example/'>Sign in</a>",
            "<a href='#top'>oakfield.example</a>",
            "<a name=x>oakfield.example</a> <a href='https://evil.example'>here</a> brynglas.example",
        ] {
            assert!(odd_in(page).is_empty(), "{page} {:?}", odd_in(page));
        }
    }
}
