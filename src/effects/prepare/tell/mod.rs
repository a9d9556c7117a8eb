//! Who is told what: the sender of what waits or was advised upon, the officers of what
//! they have to look at. Nothing that practice.md forbids gets past `may_write`.

mod officers;
mod sender;

use super::{Matter, Prepared, Tools};
use crate::{
    detection::Finding,
    effects::{Addressee, Language, Occasion, Written},
    mail::{Address, Mode, SchoolId},
    parties::School,
    policy::may_disclose,
    ruleset::{Category, Notice},
    storage::{Event, ItemId, ItemKind, LedgerEvent, NewAlert},
    verdict::Group,
};

/// Confidence from which a finding is worth a word to its sender.
const WORTH_A_WORD: f32 = 0.3;

pub(super) fn tell(matter: &Matter<'_>, tools: &Tools<'_>, live: &[&Group], prepared: &mut Prepared) {
    // A release on its way back: everyone was told when it was first kept.
    if !matter.facts.releases.is_empty() && prepared.items.is_empty() {
        return;
    }
    let mut desk = Desk::new(matter, tools, live);
    let somebody_has_it = !prepared.passing.is_empty();
    for item in &prepared.items {
        match item.kind {
            ItemKind::Hold => desk.waiting(item, somebody_has_it),
            ItemKind::Quarantine => desk.quarantined(item),
            ItemKind::Grace => desk.delayed(item),
        }
    }
    let quarantined = prepared.items.iter().filter(|i| i.kind == ItemKind::Quarantine);
    let told: Vec<&SchoolId> = quarantined.map(|i| &i.school).collect();
    for (school, notice) in &matter.verdict.plan.notices {
        match notice {
            Notice::Sender if prepared.items.is_empty() => desk.advised(),
            Notice::Sender => {}
            Notice::Pause if told.is_empty() => desk.asked_to_pause(school),
            Notice::Pause => {}
            // The quarantine's own notices have told this school's officers already.
            _ if told.contains(&school) => {}
            officer => desk.delivered(school, *officer),
        }
    }
    desk.without_twins();
    prepared.outbox.extend(desk.written);
    prepared.alerts.extend(desk.alerts);
    prepared.ledger.extend(desk.ledger);
}

/// While a school only observes, a possible disclosure and a suspected illegal image are told of when somebody is named to
/// attend to it at any hour (practice.md, B).
pub(super) fn disclosed_while_observing(
    matter: &Matter<'_>,
    tools: &Tools<'_>,
    observed: &[&Group],
    prepared: &mut Prepared,
) {
    if observed.is_empty() || !matter.facts.releases.is_empty() || !is_urgent(matter.findings) {
        return;
    }
    let attended = |school: &School| school.mode == Mode::Observe && !school.alerts.rota.is_empty();
    let mut desk = Desk::new(matter, tools, observed);
    for (school, notice) in &matter.verdict.plan.notices {
        if *notice == Notice::LeadUrgent && tools.school(Some(school)).is_some_and(attended) {
            desk.delivered(school, *notice);
        }
    }
    prepared.alerts.extend(desk.alerts);
}

fn is_urgent(findings: &[Finding]) -> bool {
    may_disclose(findings) || findings.iter().any(|f| f.category == Category::FileIllegalImage)
}

pub(super) struct Desk<'a> {
    pub(super) matter: &'a Matter<'a>,
    pub(super) tools: &'a Tools<'a>,
    live: &'a [&'a Group],
    written: Vec<crate::storage::NewOutbox>,
    alerts: Vec<NewAlert>,
    ledger: Vec<LedgerEvent>,
}

impl<'a> Desk<'a> {
    fn new(matter: &'a Matter<'a>, tools: &'a Tools<'a>, live: &'a [&'a Group]) -> Self {
        Self { matter, tools, live, written: Vec::new(), alerts: Vec::new(), ledger: Vec::new() }
    }

    fn asks(&self, school: &SchoolId, notice: Notice) -> bool {
        self.matter.verdict.plan.notices.iter().any(|(s, n)| s == school && *n == notice)
    }

    /// The findings on which rules spoke in the groups chosen, each once.
    fn stood_on(&self, chosen: impl Fn(&Group) -> bool) -> Vec<&'a Finding> {
        let groups = self.live.iter().filter(|g| chosen(g));
        let mut indexes: Vec<usize> =
            groups.flat_map(|g| &g.reasons).flat_map(|r| r.findings.iter().copied()).collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes.into_iter().filter_map(|i| self.matter.findings.get(i)).collect()
    }

    fn may_write(&mut self, occasion: Occasion, to: &Address) -> bool {
        let found = self.matter.findings.iter().filter(|f| f.confidence >= WORTH_A_WORD);
        let categories: Vec<Category> = found.map(|f| f.category).collect();
        self.may_write_of(occasion, to, &categories)
    }

    pub(super) fn may_write_of(&mut self, occasion: Occasion, to: &Address, categories: &[Category]) -> bool {
        let matter = self.matter;
        let about = Addressee {
            envelope_sender: &matter.transaction.envelope.sender,
            automatic: matter.message.header.automatic,
            list: matter.message.header.list,
            proved: matter.parties.proved_sender.is_some(),
            categories,
            to,
        };
        match (self.tools.may_write)(occasion, &about) {
            Ok(()) => true,
            Err(why) => {
                self.withheld(why.name());
                false
            }
        }
    }

    fn withheld(&mut self, why: &'static str) {
        let event = LedgerEvent::new(Event::NoticeSuppressed).transaction(self.matter.transaction.id);
        self.ledger.push(event.with("why", why));
    }

    pub(super) fn put(
        &mut self,
        written: Result<Written, crate::effects::ComposeError>,
        school: Option<&School>,
        item: Option<&ItemId>,
    ) {
        match written {
            Ok(written) => self.written.push(written.outbox(school.map(|s| s.id.clone()), item.cloned())),
            Err(error) => {
                tracing::error!(transaction = %self.matter.transaction.id, %error, "notice.not-written");
                self.withheld("not-composed");
            }
        }
    }
}

pub(super) fn languages(school: Option<&School>) -> Vec<Language> {
    Language::of(school.map_or(&[], |s| s.languages.as_slice()))
}
