//! What the sections say of each other.

use super::{
    Config, Listen,
    read::Marks,
    source::{Source, WHOLE_FILE},
    units,
};
use crate::{
    mail::{Address, Mode, SchoolId},
    parties::closest,
};
use std::{collections::HashMap, net::SocketAddr};

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
    cross.notices();
    cross.keys_and_dkim();
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
                let text = format!("The school `{}` has no safeguarding lead.", school.id);
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
                let text = format!("The school `{}` names nobody as `{office}`.", school.id);
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

    fn listeners(&self) {
        let mut listeners: Vec<_> = self.marks.listeners.iter().collect();
        listeners.sort_by_key(|at| at.span.start);
        for (n, later) in listeners.iter().enumerate() {
            if listeners.iter().take(n).any(|earlier| clash(&earlier.value, &later.value)) {
                self.source.error(
                    &later.span,
                    "Two doors listen on this address.",
                    "Give each its own port or socket.",
                );
            }
        }
        if self.config.milter.is_none() && self.config.relay.is_none() {
            let hint =
                "Add `[milter]` or `[relay]`; until then `gatehouse scan` works, `gatehouse serve` does not.";
            self.source.warning(&WHOLE_FILE, "There is no door for mail.", hint);
        }
    }

    fn hops(&self) {
        let mut names: HashMap<&str, ()> = HashMap::new();
        let mut domains: HashMap<&str, &str> = HashMap::new();
        let mut all_taken = false;
        for hop in &self.marks.hops {
            if !hop.name.value.is_empty() && names.insert(&hop.name.value, ()).is_some() {
                self.source.error(hop.span(), "Two next hops have this name.", "Each has its own.");
            }
            if all_taken {
                let hint = "Move the one with \"*\" to the end: the first that fits is taken.";
                self.source.error(
                    hop.span(),
                    "This next hop is never used: one with \"*\" stands before it.",
                    hint,
                );
            }
            for domain in &hop.domains {
                if let Some(first) = domains.insert(&domain.value, &hop.name.value).filter(|_| !all_taken) {
                    let text = format!("The domain goes to the next hop `{first}` already.");
                    self.source.error(&domain.span, text, "The first that fits is taken.");
                }
            }
            all_taken |= hop.domains.iter().any(|domain| domain.value == "*");
            self.hop_is_not_ourselves(hop);
        }
    }

    fn hop_is_not_ourselves(&self, hop: &super::doors::HopMarks) {
        let own: Vec<SocketAddr> =
            self.config.relay.iter().flat_map(|relay| relay.listen.iter().copied()).collect();
        for host in &hop.hosts {
            let address = host.value.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>();
            if address.is_ok_and(|a| {
                own.iter().any(|o| a.ip().is_loopback() && clash(&Listen::Tcp(*o), &Listen::Tcp(a)))
            }) {
                self.source.error(
                    &host.span,
                    "This is the relay itself.",
                    "Mail would go round in a circle.",
                );
            }
        }
    }

    fn relay(&self) {
        let (Some(relay), Some(span)) = (&self.config.relay, &self.marks.relay) else { return };
        if self.marks.hops.is_empty() {
            self.source.error(
                span,
                "The relay has no next hop.",
                "Add `[[next-hop]]` with name, domains and hosts.",
            );
        } else {
            let taken = |domain: &str| {
                let hops = self.marks.hops.iter().flat_map(|hop| &hop.domains);
                hops.into_iter().any(|at| at.value == "*" || covers(&at.value, domain))
            };
            for domain in self.marks.schools.iter().flat_map(|s| &s.domains).filter(|d| !taken(&d.value)) {
                let hint = "Put it into `domains` of a `[[next-hop]]`, or add one with \"*\".";
                self.source.error(&domain.span, "No next hop takes mail to this domain.", hint);
            }
        }
        if relay.clients.is_empty() {
            let hint = "Add `[[relay.client]]` with networks and schools: without an entry nobody may speak.";
            self.source.error(span, "The relay has no client.", hint);
        }
        for (client, span) in relay.clients.iter().zip(&self.marks.clients) {
            if client.shared && (client.xclient || client.authenticates_users) {
                let hint = "Anybody's tenant speaks from a shared range: take `xclient` and `authenticates-users` out.";
                self.source.error(span, "A shared range proves nothing.", hint);
            }
            let proved = |id: &SchoolId| relay.tenants.iter().any(|tenant| tenant.school == *id);
            for school in client.schools.iter().filter(|id| client.shared && !proved(id)) {
                let text = format!("The school `{school}` has no secret header for this shared range.");
                self.source.error(span, text, "Add `[[relay.tenant]]` with school, header and sha256.");
            }
            if client.networks.iter().any(|n| n.prefix == 0) {
                self.source.error(
                    span,
                    "The whole internet may speak to the relay.",
                    "Name the hosts that may.",
                );
            }
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

    fn keys_and_dkim(&self) {
        let records = self.config.schools.iter().zip(&self.marks.schools);
        for (school, marks) in records.filter(|(school, _)| school.record_parent_mail) {
            if self.config.keys.records.is_empty() {
                let text = format!("The school `{}` keeps records, but nobody could read them.", school.id);
                self.source.error(
                    &marks.section,
                    text,
                    "Give `records` in `[keys]`, an age recipient of a custodian.",
                );
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

/// Whether two doors cannot be open at once; an unspecified address takes all of a port.
fn clash(a: &Listen, b: &Listen) -> bool {
    match (a, b) {
        (Listen::Unix(a, _), Listen::Unix(b, _)) => a == b,
        (Listen::Tcp(a), Listen::Tcp(b)) => {
            a.port() == b.port()
                && a.port() != 0
                && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
        }
        _ => false,
    }
}
