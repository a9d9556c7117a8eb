//! `[[anchor]]`: the places outside this machine that hold the ledger's heads.

use super::{
    AnchorConfig, AnchorPlace, TokenSource,
    read::{Marks, Need},
    section::Section,
    source::Source,
};
use chrono::TimeDelta;
use std::time::Duration;

/// Three heads missed are no hiccup.
const ALARM_AFTER: Duration = Duration::from_secs(3 * 3600);

pub(super) fn anchor(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<AnchorConfig> {
    const PLACES: &str =
        "One of `mail = \"name@elsewhere.example\"`, `folder = \"/mnt/share\"`, `url = \"https://...\"`.";
    let short = |text: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (text.len() <= 40 && text.bytes().all(fits)).then(|| text.to_owned())
    };
    let name = s.list("name", "a short name of a-z, 0-9 and -", "As in \"county\".", short).pop();
    let name = s.require("name", name, "A short name of your choice, as in \"county\".");
    let mail = s.addresses("mail").pop();
    let folder = s.path("folder");
    let url = s.list("url", "a web address", "It begins with https://.", url).pop();
    let token = s.section("token").and_then(|table| token(source, table, marks));
    if token.is_some() && url.is_none() {
        source.error(&s.span, "`token` belongs to `url`.", "Only a web service asks for one.");
    }
    if let Some(url) = url.as_ref().filter(|url| url.value.starts_with("http://")) {
        let hint = "Others on the way can read it and answer in the service's name; use https://.";
        source.warning(&url.span, "The anchor goes over the network in the clear.", hint);
    }
    let place = match (mail, folder, url) {
        (Some(mail), None, None) => Some(AnchorPlace::Mail(mail.value)),
        (None, Some(folder), None) => {
            marks.anchor_folders.push(folder.clone());
            Some(AnchorPlace::Folder(folder.value))
        }
        (None, None, Some(url)) => Some(AnchorPlace::Http { url: url.value, token }),
        _ if s.has("mail") || s.has("folder") || s.has("url") => {
            let named = ["mail", "folder", "url"].into_iter().filter(|key| s.has(key)).count();
            if named > 1 {
                source.error(&s.span, "`[[anchor]]` has several places.", "Write one `[[anchor]]` for each.");
            }
            None
        }
        _ => {
            source.error(&s.span, "`[[anchor]]` has no place.", PLACES);
            None
        }
    };
    let hour = Duration::from_secs(3600);
    let alarm_after = s.duration("alarm-after", hour * 2..=hour * 168, ALARM_AFTER);
    let alarm_after = TimeDelta::from_std(alarm_after).unwrap_or(TimeDelta::hours(3));
    if let Some(name) = &name {
        marks.anchors.push(name.clone());
    }
    s.close();
    Some(AnchorConfig { name: name?.value, place: place?, alarm_after })
}

pub(super) fn url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain = text.len() <= 2_000 && text.bytes().all(|b| b.is_ascii_graphic());
    // A password in a URL would stand in every listing.
    (plain && !rest.is_empty() && !rest.split('/').next().unwrap_or_default().contains('@'))
        .then(|| text.to_owned())
}

pub(super) fn token(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<TokenSource> {
    let (file, variable) = (s.path("file"), s.text("environment"));
    let span = s.span.clone();
    s.close();
    match (file, variable) {
        (Some(file), None) => {
            marks.files.push((Need::Secret, file.clone()));
            Some(TokenSource::File(file.value))
        }
        (None, Some(variable)) => Some(TokenSource::Environment(variable.value)),
        _ => {
            let hint = "Write { file = \"...\" } or { environment = \"...\" }.";
            source.error(&span, "`token` must be one source of the bearer token.", hint);
            None
        }
    }
}
