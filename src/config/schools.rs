//! `[[school]]` with its officers, lists and disclaimers.

use super::{
    alerts, lives,
    read::Marks,
    section::Section,
    source::{At, Source},
};
use crate::{
    mail::{Address, Mode, SchoolId},
    parties::{Direction, DisclaimerChoice, ListEntry, Listing, Nation, Officers, Role, School},
};
use std::ops::Range;

pub(super) struct SchoolMarks {
    pub(super) section: Range<usize>,
    pub(super) id: Range<usize>,
    pub(super) domains: Vec<At<String>>,
    pub(super) officers: Range<usize>,
    /// The offices for which somebody is named, rightly or wrongly.
    pub(super) offices: Vec<&'static str>,
    pub(super) officer_addresses: Vec<At<Address>>,
    pub(super) lists: Vec<At<ListEntry>>,
    pub(super) templates: Vec<At<String>>,
}

const LISTINGS: [(&str, Listing); 6] = [
    ("safeguarding-agency", Listing::SafeguardingAgency),
    ("helpline", Listing::Helpline),
    ("lead", Listing::Lead),
    ("protected", Listing::Protected),
    ("partner", Listing::Partner),
    ("bulk-sender", Listing::BulkSender),
];

const NATIONS: [(&str, Nation); 4] = [
    ("england", Nation::England),
    ("wales", Nation::Wales),
    ("scotland", Nation::Scotland),
    ("northern-ireland", Nation::NorthernIreland),
];

const DIRECTIONS: [(&str, Direction); 3] =
    [("inbound", Direction::Inbound), ("outbound", Direction::Outbound), ("internal", Direction::Internal)];

pub(super) fn school(source: &Source<'_>, s: Section<'_>, default: Mode, marks: &mut Marks) -> School {
    let id = s.list("id", "a short name of a-z, 0-9 and -", "As in \"oakfield\".", short_name).pop();
    let id = s.require("id", id, "A short name of a-z, 0-9 and -, as in \"oakfield\".");
    let name = s.text("name");
    let name = s.require("name", name, "The school's full name.");
    let domains = s.list("domains", "a domain", "As in \"school.example\", without @.", domain);
    s.require(
        "domains",
        Some(()).filter(|()| s.has("domains")),
        "The school's mail domains, as in [\"school.example\"].",
    );
    if s.has("domains") && !s.is_filled("domains") {
        source.error(&s.span, "The school has no domain.", "Mail is known as a school's by its domain.");
    }
    let languages = languages(&s).unwrap_or_else(|| vec!["en".to_owned()]);
    let modes = [("observe", Mode::Observe), ("enforce", Mode::Enforce)];
    let mode = s.choice("mode", &modes, default);
    let nation = s.choice("nation", &NATIONS, Nation::default());
    let usual = nation.child_decides_from() as usize;
    let child_decides_from = s.number("child-decides-from", 8..=18, usual) as u32;
    let record_parent_mail = s.flag("record-parent-mail", false);
    let mark = s.text("confidential-mark");
    let (officers, officers_span, offices, officer_addresses) = officers(&s);
    let lists: Vec<At<ListEntry>> = s.sections("list").into_iter().flat_map(|l| list(source, l)).collect();
    let mut templates = Vec::new();
    let disclaimers = s
        .sections("disclaimer")
        .into_iter()
        .filter_map(|d| disclaimer(d, &languages, &mut templates))
        .collect();
    let section = s.span.clone();
    let (calendar, retention, grace) = (lives::calendar(&s), lives::retention(&s), lives::grace(&s));
    let alerts = alerts::alerts(&s);
    s.close();
    let id = id.unwrap_or_else(|| At { value: String::new(), span: section.clone() });
    let school = School {
        id: SchoolId(id.value.into()),
        name: name.map(|at| at.value).unwrap_or_default(),
        domains: domains.iter().map(|at| at.value.clone()).collect(),
        languages,
        mode,
        officers,
        lists: lists.iter().map(|at| at.value.clone()).collect(),
        disclaimers,
        record_parent_mail,
        nation,
        child_decides_from,
        confidential_mark: mark.map_or_else(|| "[Confidential]".to_owned(), |mark| mark.value),
        calendar,
        retention,
        grace,
        alerts,
    };
    marks.schools.push(SchoolMarks {
        section,
        id: id.span,
        domains,
        officers: officers_span,
        offices,
        officer_addresses,
        lists,
        templates,
    });
    school
}

fn short_name(text: &str) -> Option<String> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (text.len() <= 40 && text.bytes().all(fits)).then(|| text.to_owned())
}

/// A mail domain in lower case; non-ASCII letters as RFC 6531 allows them.
pub(super) fn domain(text: &str) -> Option<String> {
    let domain = text.trim().trim_end_matches('.').to_lowercase();
    is_domain(&domain).then_some(domain)
}

pub(super) fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}

fn languages(s: &Section<'_>) -> Option<Vec<String>> {
    let tag = |text: &str| {
        let fits = (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase());
        fits.then(|| text.to_owned())
    };
    let found = s.list("languages", "a language", "As in \"en\" or \"cy\".", tag);
    Some(found.into_iter().map(|at| at.value).collect()).filter(|all: &Vec<String>| !all.is_empty())
}

fn officers(s: &Section<'_>) -> (Officers, Range<usize>, Vec<&'static str>, Vec<At<Address>>) {
    let Some(o) = s.section("officers") else {
        return (Officers::default(), s.span.clone(), Vec::new(), Vec::new());
    };
    let (mut all, mut filled) = (Vec::new(), Vec::new());
    let mut office = |key| -> Vec<Address> {
        filled.extend(o.is_filled(key).then_some(key));
        let found = o.addresses(key);
        all.extend(found.iter().cloned());
        found.into_iter().map(|at| at.value).collect()
    };
    let officers = Officers {
        lead: office("lead"),
        deputies: office("deputies"),
        head: office("head"),
        chair: office("chair"),
        data_protection: office("data-protection"),
        postmaster: office("postmaster").pop(),
        report: office("report"),
    };
    let span = o.span.clone();
    o.close();
    (officers, span, filled, all)
}

fn list(source: &Source<'_>, s: Section<'_>) -> Vec<At<ListEntry>> {
    let kinds: Vec<(&str, Option<Listing>)> =
        LISTINGS.iter().map(|(name, kind)| (*name, Some(*kind))).collect();
    let kind = s.choice("kind", &kinds, None);
    if !s.has("kind") {
        let all = LISTINGS.map(|(name, _)| format!("\"{name}\"")).join(", ");
        source.error(&s.span, "`[[school.list]]` has no `kind`.", format!("One of {all}."));
    }
    let pattern = |text: &str| {
        if text.contains('@') { Address::parse(text).map(|a| a.key().to_owned()) } else { domain(text) }
    };
    let entries = s.list(
        "entries",
        "an address or a domain",
        "As in \"help@service.example\" or \"service.example\".",
        pattern,
    );
    s.require("entries", Some(()).filter(|()| s.has("entries")), "Addresses or domains.");
    s.close();
    let Some(listing) = kind else { return Vec::new() };
    entries
        .into_iter()
        .map(|at| At { value: ListEntry { pattern: at.value, listing }, span: at.span })
        .collect()
}

fn disclaimer(
    s: Section<'_>,
    school: &[String],
    templates: &mut Vec<At<String>>,
) -> Option<DisclaimerChoice> {
    let file = |text: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (!text.is_empty() && text.bytes().all(fits)).then(|| text.to_owned())
    };
    let template = s
        .list("template", "the name of a template", "As in \"standard\", without folder and ending.", file)
        .pop();
    let template = s.require("template", template, "As in \"standard\", for disclaimers/en/standard.txt.");
    let languages = languages(&s).unwrap_or_else(|| school.to_vec());
    let roles: Vec<(&str, Role)> = Role::ALL.iter().map(|role| (role.name(), *role)).collect();
    let choice = DisclaimerChoice {
        template: template.as_ref().map(|t| t.value.clone()).unwrap_or_default(),
        roles: s.choices("roles", &roles),
        directions: s.choices("directions", &DIRECTIONS),
        languages,
    };
    s.close();
    let template = template?;
    templates.extend(
        choice
            .languages
            .iter()
            .map(|l| At { value: format!("{l}/{}", template.value), span: template.span.clone() }),
    );
    Some(choice)
}
