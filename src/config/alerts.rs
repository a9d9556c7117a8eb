//! `[school.alerts]`, `[[school.rota]]` and `[[alarm]]`: when officers are told, who is on
//! duty, and the channel that is no mail.

use super::{
    AlarmConfig, AlarmWay,
    anchors::{token, url},
    lives::span,
    read::Marks,
    section::Section,
    source::Source,
};
use crate::parties::{Alerts, OnDuty, Pace};
use chrono::{NaiveTime, TimeDelta};
use std::time::Duration;

const MOST_TIMES: usize = 12;
const MOST_ROTA: usize = 500;

pub(super) fn alerts(school: &Section<'_>) -> Alerts {
    let d = Alerts::default();
    let rota = school.sections("rota").into_iter().take(MOST_ROTA).filter_map(on_duty).collect();
    let Some(s) = school.section("alerts") else { return Alerts { rota, ..d } };
    let ordinary = s.choice("ordinary", &[("digest", Pace::Digest), ("at-once", Pace::AtOnce)], d.ordinary);
    let time = |key, default: NaiveTime| times(&s, key).first().copied().unwrap_or(default);
    let mut digests = times(&s, "digests");
    if digests.is_empty() {
        digests.clone_from(&d.digests);
    }
    let hours = times(&s, "hours");
    let hours = match hours[..] {
        [from, until] if from < until => (from, until),
        [] => d.hours,
        _ => {
            s.fault(
                &s.span,
                "`hours` are two times, the first before the second.",
                "As in [\"08:00\", \"17:00\"].",
            );
            d.hours
        }
    };
    let wait = |key, default: TimeDelta| {
        let range = Duration::from_secs(60)..=Duration::from_secs(4 * 3600);
        let given = s.duration(key, range, default.to_std().unwrap_or_default());
        TimeDelta::from_std(given).unwrap_or(default)
    };
    let (deputy_after, head_after) = (wait("deputy-after", d.deputy_after), wait("head-after", d.head_after));
    if head_after < deputy_after {
        s.fault(&s.span, "The head would be told before the deputies.", "`head-after` is the longer one.");
    }
    let alerts = Alerts {
        ordinary,
        digests,
        holiday_digest: time("holiday-digest", d.holiday_digest),
        hours,
        deputy_after,
        head_after,
        budget: u32::try_from(s.number("budget", 1..=100, d.budget as usize)).unwrap_or(d.budget),
        rota,
    };
    s.close();
    alerts
}

/// Times of the day, sorted.
fn times(s: &Section<'_>, key: &'static str) -> Vec<NaiveTime> {
    let read = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let found = s.list(key, "a time of the day", "As in \"08:15\".", read);
    let mut times: Vec<NaiveTime> = found.into_iter().take(MOST_TIMES).map(|at| at.value).collect();
    times.sort_unstable();
    times
}

fn on_duty(s: Section<'_>) -> Option<OnDuty> {
    const HINT: &str = "As in \"2026-12-19/2027-01-03\", first and last day, or one day alone.";
    let days = s.list("days", "days", HINT, span).pop();
    let days = s.require("days", days, HINT);
    let people: Vec<_> = s.addresses("people").into_iter().map(|at| at.value).collect();
    let named = Some(()).filter(|()| !people.is_empty());
    s.require("people", named, "The addresses of those on duty, in the order of standing in.");
    s.close();
    Some(OnDuty { days: days?.value, people })
}

pub(super) fn alarm(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<AlarmConfig> {
    const WAYS: &str = "One of `webhook = \"https://...\"` or `command = [\"/usr/local/bin/page\"]`.";
    let name = s.text("name");
    let name = s.require("name", name, "A short name of your choice, as in \"pager\".");
    let webhook = s.list("webhook", "a web address", "It begins with https://.", url).pop();
    let token = s.section("token").and_then(|table| token(source, table, marks));
    let command: Vec<String> = s.texts("command").into_iter().flatten().map(|at| at.value).collect();
    let way = match (webhook, command.first()) {
        (Some(url), None) => Some(AlarmWay::Webhook { url: url.value, token }),
        (None, Some(program)) if program.starts_with('/') => Some(AlarmWay::Command(command)),
        (None, Some(_)) => {
            source.error(
                &s.span,
                "The alarm's command has no whole path.",
                "It begins with /; no shell reads it.",
            );
            None
        }
        _ => {
            source.error(&s.span, "`[[alarm]]` needs one way.", WAYS);
            None
        }
    };
    s.close();
    Some(AlarmConfig { name: name?.value, way: way? })
}
