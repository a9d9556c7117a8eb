//! `[[canary]]`: a way of the mail that is proved once a day by a message of the gate's own.

use super::{
    CanaryConfig, CanaryEnd, CanaryRoute, CanaryWay, HopTls, NextHop,
    doors::host,
    read::{Marks, Need},
    section::Section,
    source::{At, Source},
};
use crate::{mail::Address, parties::Direction};
use chrono::TimeDelta;
use std::{ops::Range, sync::Arc, time::Duration};

/// Places of what is compared across sections.
pub(super) struct CanaryMarks {
    pub(super) name: At<String>,
    pub(super) from: Option<Range<usize>>,
    pub(super) to: Range<usize>,
    pub(super) hosts: Vec<At<String>>,
}

/// What the host before the gate has for each step; the rest of the day is for the mail.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

const DIRECTIONS: [(&str, Option<Direction>); 4] = [
    ("inbound", Some(Direction::Inbound)),
    ("outbound", Some(Direction::Outbound)),
    ("internal", Some(Direction::Internal)),
    ("notices", None),
];

pub(super) fn canary(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<CanaryConfig> {
    const WHICH: &str =
        "One of \"inbound\", \"outbound\", \"internal\" and \"notices\" (what the gate itself writes).";
    let short = |text: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (text.len() <= 40 && text.bytes().all(fits)).then(|| text.to_owned())
    };
    let name = s.list("name", "a short name of a-z, 0-9 and -", "As in \"from-outside\".", short).pop();
    let name = s.require("name", name, "A short name of your choice, as in \"from-outside\".");
    let direction = s.has("direction").then(|| s.choice("direction", &DIRECTIONS, None));
    s.require("direction", direction, WHICH);
    let to = s.addresses("to").pop();
    let to =
        s.require("to", to, "The address that it goes to: a mailbox for it, or one that throws it away.");
    let (minute, day) = (Duration::from_secs(60), Duration::from_secs(86_400));
    let within = s.duration("within", minute..=day, minute * 15);
    let within = TimeDelta::from_std(within).unwrap_or(TimeDelta::minutes(15));
    let (way, from, hosts) = match direction {
        Some(Some(direction)) => {
            let (route, from, hosts) = route(&s, direction, marks);
            (route.map(CanaryWay::Route), from, hosts)
        }
        _ => {
            let no = ["submit", "from", "returns", "tls", "ca"].into_iter().find(|key| s.has(key));
            if let Some(key) = no.filter(|_| direction.is_some()) {
                let text =
                    format!("`{key}` is for a route; what the gate itself writes leaves by `[notices]`.");
                source.error(&s.span, text, "Take it out.");
            }
            (Some(CanaryWay::Notices), None, Vec::new())
        }
    };
    let span = s.span.clone();
    s.close();
    if let (Some(name), Some(to)) = (&name, &to) {
        marks.canaries.push(CanaryMarks {
            name: name.clone(),
            from: from.map(|from| from.span),
            to: to.span.clone(),
            hosts,
        });
    }
    // Further ones than anybody has routes are a mistake, and each costs mail every day.
    if marks.canaries.len() > MOST {
        source.error(
            &span,
            format!("There are more than {MOST} `[[canary]]`."),
            "One for each way is enough.",
        );
    }
    direction?;
    Some(CanaryConfig { name: name?.value, way: way?, to: to?.value, within })
}

const MOST: usize = 100;

type Route = (Option<CanaryRoute>, Option<At<Address>>, Vec<At<String>>);

fn route(s: &Section<'_>, direction: Direction, marks: &mut Marks) -> Route {
    const SUBMIT: &str =
        "The host where mail of this way begins, before the gate, as in [\"mx.school.example:25\"].";
    let hosts = s.list("submit", "a host with its port", "As in \"mx.school.example:25\".", host);
    s.require("submit", Some(()).filter(|()| s.has("submit")), SUBMIT);
    let from = s.addresses("from").pop();
    let from = s.require("from", from, "The address that it comes from; a bounce would go there.");
    let tls =
        [("never", HopTls::Never), ("opportunistic", HopTls::Opportunistic), ("required", HopTls::Required)];
    let tls = s.choice("tls", &tls, HopTls::Opportunistic);
    let ca = s.path("ca");
    marks.files.extend(ca.iter().map(|ca| (Need::File, ca.clone())));
    let end = if s.flag("returns", false) { CanaryEnd::Back } else { CanaryEnd::Gate };
    let submit = NextHop {
        name: "canary".to_owned(),
        domains: Vec::new(),
        hosts: hosts.iter().map(|at| at.value.clone()).collect(),
        tls,
        ca: ca.map(|ca| ca.value),
        connect_timeout: PATIENCE.0,
        timeout: PATIENCE.1,
    };
    let route = from.as_ref().filter(|_| !hosts.is_empty()).map(|from| CanaryRoute {
        direction,
        submit: Arc::new(submit),
        from: from.value.clone(),
        end,
    });
    (route, from, hosts)
}

/// A route for tests: from one address to another, handed to a host that is nowhere.
#[cfg(test)]
pub(crate) fn sample(name: &str, direction: Direction, from: &str, to: &str) -> CanaryConfig {
    let address = |text: &str| Address::parse(text).unwrap();
    let submit = NextHop {
        name: "canary".into(),
        domains: vec![],
        hosts: vec!["mx.oakfield.example:25".into()],
        tls: HopTls::Never,
        ca: None,
        connect_timeout: PATIENCE.0,
        timeout: PATIENCE.1,
    };
    let route =
        CanaryRoute { direction, submit: Arc::new(submit), from: address(from), end: CanaryEnd::Gate };
    let within = TimeDelta::minutes(15);
    CanaryConfig { name: name.into(), way: CanaryWay::Route(route), to: address(to), within }
}
