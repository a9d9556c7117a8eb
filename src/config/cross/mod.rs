//! What the sections say of each other.

mod canary;
mod doors;

use super::{
    Config, pictures,
    read::{LONGEST_DEADLINE, Marks},
    source::{Source, WHOLE_FILE},
    units,
};
use crate::{
    mail::{Address, Mode, SchoolId},
    parties::closest,
};
use std::collections::HashMap;

pub(super) fn check(source: &Source<'_>, config: &Config, marks: &Marks) {
    let cross = Cross { source, config, marks };
    cross.schools();
    cross.officers();
    cross.lists();
    cross.names();
    cross.listeners();
    cross.hops();
    cross.relay();
    cross.limits();
    cross.scanner();
    cross.pictures();
    cross.notices();
    cross.keys_and_dkim();
    cross.anchors();
    cross.canaries();
}

struct Cross<'a> {
    source: &'a Source<'a>,
    config: &'a Config,
    marks: &'a Marks,
}

/// Whether `domain` is `own` or lies below it.
fn covers(own: &str, domain: &str) -> bool {
    domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A school whose id is wrong too has no name to be called by.
fn named(id: &SchoolId) -> String {
    if id.0.is_empty() { "This school".into() } else { format!("The school `{id}`") }
}

impl Cross<'_> {
    fn enforces(&self) -> bool {
        self.config.schools.iter().any(|school| school.mode == Mode::Enforce)
    }

    fn is_ours(&self, domain: &str) -> bool {
        self.config.schools.iter().flat_map(|s| &s.domains).any(|own| covers(own, domain))
    }

    fn schools(&self) {
        if self.marks.schools.is_empty() {
            let hint = "Add `[[school]]` with id, name, domains and `[school.officers]`.";
            self.source.error(&WHOLE_FILE, "There is no school.", hint);
        }
        let mut ids: HashMap<&str, ()> = HashMap::new();
        let mut domains: HashMap<&str, &str> = HashMap::new();
        for (school, marks) in self.config.schools.iter().zip(&self.marks.schools) {
            if !school.id.0.is_empty() && ids.insert(&school.id.0, ()).is_some() {
                self.source.error(&marks.id, "Two schools have this id.", "Each school has its own.");
            }
            for domain in &marks.domains {
                let first = domains.insert(&domain.value, &school.id.0);
                if let Some(first) = first.filter(|first| *first != &*school.id.0) {
                    let text = format!("The domain belongs to `{first}` too.");
                    self.source.error(
                        &domain.span,
                        text,
                        "Mail must belong to one school: give each its own domain.",
                    );
                } else if first.is_some() {
                    self.source.warning(&domain.span, "The domain is there twice.", "");
                }
            }
        }
    }

    fn officers(&self) {
        for (school, marks) in self.config.schools.iter().zip(&self.marks.schools) {
            let nobody = |office: &&str| !marks.offices.contains(office);
            if nobody(&"lead") {
                let text = format!("{} has no safeguarding lead.", named(&school.id));
                self.source.error(
                    &marks.officers,
                    text,
                    "Give `lead` in `[school.officers]`: somebody must be told.",
                );
            }
            let others = [
                ("deputies", "Who is told when the lead is away or a party?"),
                ("head", "Who is told of an allegation against a member of staff?"),
                ("chair", "Who is told of an allegation against the head?"),
                ("data-protection", "Who is told of misuse and breaches?"),
            ];
            for (office, why) in others.iter().filter(|(office, _)| nobody(office)) {
                let text = format!("{} names nobody as `{office}`.", named(&school.id));
                self.source.warning(&marks.officers, text, *why);
            }
            self.officers_are_inside(marks);
        }
    }

    fn officers_are_inside(&self, marks: &super::schools::SchoolMarks) {
        let inside = |address: &Address| self.is_ours(address.domain());
        for officer in marks.officer_addresses.iter().filter(|o| !inside(&o.value)) {
            let hint = "Notices would leave the school.";
            self.source.warning(&officer.span, "The officer's address is in no school's domain.", hint);
        }
    }

    fn lists(&self) {
        for marks in &self.marks.schools {
            let mut seen: HashMap<&str, _> = HashMap::new();
            for entry in &marks.lists {
                if let Some(first) = seen.insert(&entry.value.pattern, entry.value.listing)
                    && first != entry.value.listing
                {
                    let hint = "The first list counts. Take it out of one of them.";
                    self.source.warning(&entry.span, "The entry is on two lists.", hint);
                }
            }
        }
    }

    /// Schools and hops that are named exist.
    fn names(&self) {
        let ids: Vec<&str> = self.config.schools.iter().map(|s| &*s.id.0).collect();
        for named in self.marks.named_schools.iter().filter(|n| !ids.contains(&&*n.value.0)) {
            let text = format!("There is no school `{}`.", named.value);
            self.source.error(&named.span, text, self.nearest(&named.value.0, &ids));
        }
        let hops: Vec<&str> = self.marks.hops.iter().map(|hop| hop.name.value.as_str()).collect();
        if let Some(name) = self.marks.notices_hop.as_ref().filter(|n| !hops.contains(&n.value.as_str())) {
            let text = format!("There is no next hop `{}`.", name.value);
            self.source.error(&name.span, text, self.nearest(&name.value, &hops));
        }
    }

    fn nearest(&self, word: &str, options: &[&str]) -> String {
        match closest(word, options.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None if options.is_empty() => "There is none in this file.".into(),
            None => format!("There are: {}.", options.join(", ")),
        }
    }

    fn limits(&self) {
        let limits = &self.config.limits;
        let size = |bytes: usize| units::show_size(bytes as u64);
        // A message and its edited copy lie in memory at once.
        if limits.memory_bytes < limits.message_bytes.saturating_mul(2) {
            let text = format!("`memory` ({}) is less than twice `message-size`.", size(limits.memory_bytes));
            let hint = format!("A message of {} and its edited copy need both.", size(limits.message_bytes));
            self.source.error(&self.marks.limits, text, hint);
        }
        if limits.idle < limits.deadline {
            let hint = "A client may be silent at least as long as it waits for us.";
            self.source.error(&self.marks.limits, "`idle` is shorter than `deadline`.", hint);
        }
    }

    /// What one picture may take is a part of what its worker has.
    fn pictures(&self) {
        pictures::names_differ(self.source, &self.marks.picture_lists);
        let files = &self.config.files;
        if !self.config.picture_lists.is_empty() && files.picture_limits.memory > files.memory / 2 {
            self.source.error(
                &self.marks.attachments,
                "`picture-memory` is more than half of `memory`.",
                "A worker needs the rest for the file itself: raise `memory`, or lower `picture-memory`.",
            );
        }
    }

    /// A message is scanned before it is assessed.
    fn scanner(&self) {
        let Some(scanner) = &self.config.scanner else { return };
        let both = scanner.deadline + self.config.limits.deadline;
        if both > LONGEST_DEADLINE {
            let text = format!(
                "`deadline` of `[scanner]` and of `[limits]` are {} together.",
                units::show_duration(both)
            );
            let hint =
                format!("{} at most, since an MTA waits no longer.", units::show_duration(LONGEST_DEADLINE));
            self.source.error(&self.marks.scanner, text, hint);
        }
    }

    fn notices(&self) {
        let place = |span: &Option<std::ops::Range<usize>>| span.clone().unwrap_or(WHOLE_FILE);
        if self.marks.hops.is_empty() && self.marks.relay.is_none() {
            let hint = "Add `[[next-hop]]`, for example your own MTA at a port without this milter.";
            let text = "Without a next hop nothing can be released and nobody told.";
            if self.enforces() {
                self.source.error(&WHOLE_FILE, text, hint);
            } else {
                self.source.warning(&WHOLE_FILE, text, hint);
            }
        }
        match &self.config.notices.reply_to {
            Some(address) if !self.is_ours(address.domain()) => {
                let hint = "Replies to nudges must come back through this gate.";
                self.source.error(&place(&self.marks.reply_to), "`reply-to` is in no school's domain.", hint);
            }
            None if self.enforces() => {
                let hint = "Give `reply-to` in `[notices]`, an address in a school's domain.";
                self.source.warning(&WHOLE_FILE, "Senders cannot answer a nudge by a reply.", hint);
            }
            _ => {}
        }
    }

    fn anchors(&self) {
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for name in &self.marks.anchors {
            if seen.insert(&name.value, ()).is_some() {
                let hint = "The ledger calls a place by its name.";
                self.source.error(&name.span, "Two `[[anchor]]` have this name.", hint);
            }
        }
        for folder in self.marks.anchor_folders.iter().filter(|f| f.value.starts_with(&self.config.data)) {
            let hint = "Who rewrites the ledger rewrites it too. Name a folder of another machine.";
            self.source.error(&folder.span, "The anchor's folder lies in the data folder.", hint);
        }
    }

    fn keys_and_dkim(&self) {
        let records = self.config.schools.iter().zip(&self.marks.schools);
        for (school, marks) in records.filter(|(school, _)| school.record_parent_mail) {
            if self.config.keys.records.is_empty() {
                // The store may name the custodians, which is asked at start.
                let text = format!("{} keeps records, and `[keys]` names no custodian.", named(&school.id));
                let hint = "Give `records` in `[keys]`, or name one by `gatehouse keys custodian join`.";
                self.source.warning(&marks.section, text, hint);
            }
        }
        if let super::WorkingKeySource::File(path) = &self.config.keys.working
            && path.starts_with(&self.config.data)
        {
            let hint = "Who takes the disk has both. Keep it on another one, or in memory.";
            self.source.warning(&self.marks.keys, "The working key lies in the data folder.", hint);
        }
        let mut seen: HashMap<(&str, &str), ()> = HashMap::new();
        for (dkim, span) in self.config.dkim.iter().zip(&self.marks.dkim) {
            if !self.is_ours(&dkim.domain) {
                self.source.error(
                    span,
                    "`[[dkim]]` signs for a domain of no school.",
                    "Only a school's own mail is signed.",
                );
            }
            if seen.insert((&dkim.domain, &dkim.selector), ()).is_some() {
                self.source.error(span, "Two `[[dkim]]` have this domain and selector.", "");
            }
        }
    }
}
