//! Who is told what: the sender of what waits or was advised upon, the officers of what
//! they have to look at. Nothing that practice.md forbids gets past `may_write`.

use super::{Matter, Prepared, Tools};
use crate::{
    detection::Finding,
    effects::{Addressee, Alert, Found, Language, Nudge, Occasion, Situation, Whereabouts, Written},
    mail::{Address, SchoolId},
    parties::{self, Direction, School},
    ruleset::{Category, Notice, Severity},
    storage::{Event, ItemId, ItemKind, LedgerEvent, NewItem},
    verdict::{Disposition, Group},
};

/// Confidence from which a finding is worth a word to its sender.
const WORTH_A_WORD: f32 = 0.3;

pub(super) fn tell(matter: &Matter<'_>, tools: &Tools<'_>, live: &[&Group], prepared: &mut Prepared) {
    // A release on its way back: everyone was told when it was first kept.
    if !matter.facts.releases.is_empty() && prepared.items.is_empty() {
        return;
    }
    let mut desk = Desk { matter, tools, live, written: Vec::new(), ledger: Vec::new() };
    let somebody_has_it = !prepared.passing.is_empty();
    for item in &prepared.items {
        match item.kind {
            ItemKind::Hold => desk.waiting(item, somebody_has_it),
            ItemKind::Quarantine => desk.quarantined(item),
        }
    }
    let quarantined = prepared.items.iter().filter(|i| i.kind == ItemKind::Quarantine);
    let told: Vec<&SchoolId> = quarantined.map(|i| &i.school).collect();
    for (school, notice) in &matter.verdict.plan.notices {
        match notice {
            Notice::Sender if prepared.items.is_empty() => desk.advised(),
            Notice::Sender => {}
            // The quarantine's own notices have told this school's officers already.
            _ if told.contains(&school) => {}
            officer => desk.delivered(school, *officer),
        }
    }
    prepared.outbox.extend(desk.written);
    prepared.ledger.extend(desk.ledger);
}

struct Desk<'a> {
    matter: &'a Matter<'a>,
    tools: &'a Tools<'a>,
    live: &'a [&'a Group],
    written: Vec<crate::storage::NewOutbox>,
    ledger: Vec<LedgerEvent>,
}

impl<'a> Desk<'a> {
    /// A hold: the sender's own business, and nobody else's (practice.md, A5).
    fn waiting(&mut self, item: &NewItem, somebody_has_it: bool) {
        let Some(owner) = &item.owner else { return };
        let recipients: Vec<Address> = item.recipients.iter().map(|r| r.address.clone()).collect();
        let school = self.tools.school(Some(&item.school));
        let situation = Situation::Waiting {
            number: item.id.as_str(),
            token: item.token.as_ref().map(crate::storage::Token::reveal),
            may_send: item.sender_may_release,
            mark: school.filter(|_| item.marked_edits.is_some()).map(|s| s.confidential_mark.as_str()),
            whereabouts: if somebody_has_it { Whereabouts::SomeHaveIt } else { Whereabouts::NobodyElse },
            reminder: false,
        };
        let stood_on = self.stood_on(|g| g.disposition == Disposition::Hold);
        self.nudge(
            Occasion::SenderWaiting,
            &owner.address,
            &recipients,
            &stood_on,
            situation,
            Some(&item.id),
        );
    }

    /// It went its way; a word of advice for the next one.
    fn advised(&mut self) {
        let Some(sender) = self.matter.transaction.envelope.sender.address() else { return };
        let spoke = |g: &Group| g.reasons.iter().any(|r| !r.findings.is_empty());
        let stood_on = self.stood_on(spoke);
        let recipients: Vec<Address> = self
            .live
            .iter()
            .filter(|g| spoke(g))
            .flat_map(|g| &g.recipients)
            .filter_map(|&i| self.matter.transaction.envelope.recipients.get(i))
            .map(|r| r.address.clone())
            .collect();
        let sender = sender.clone();
        self.nudge(Occasion::Sender, &sender, &recipients, &stood_on, Situation::Sent, None);
    }

    /// Those whom the rules name, each once; the lead when they name nobody. What concerns
    /// staff names the head alone, and the lead is not told of it (practice.md, A4).
    fn quarantined(&mut self, item: &NewItem) {
        let asks = |notice| self.asks(&item.school, notice);
        let urgent = asks(Notice::LeadUrgent) || item.severity == Severity::Critical;
        let others: Vec<Notice> = [Notice::Head, Notice::Dpo].into_iter().filter(|n| asks(*n)).collect();
        let lead = asks(Notice::Lead) || asks(Notice::LeadUrgent) || others.is_empty();
        let lead = lead.then_some(if urgent { Notice::LeadUrgent } else { Notice::Lead });
        for notice in lead.into_iter().chain(others) {
            self.alert(&item.school, notice, item.category, item.id.as_str(), Some(&item.id));
        }
    }

    fn delivered(&mut self, school: &SchoolId, notice: Notice) {
        let found = self.stood_on(|_| true);
        let worst = found
            .iter()
            .max_by(|a, b| (a.severity, a.confidence.to_bits()).cmp(&(b.severity, b.confidence.to_bits())));
        let Some(category) = worst.map(|f| f.category) else { return };
        // What waits for its sender is not the lead's business (practice.md, A5).
        let holds = self.live.iter().any(|g| g.disposition == Disposition::Hold);
        if holds
            && category.family() == "personal-data"
            && matches!(notice, Notice::Lead | Notice::LeadUrgent)
        {
            return self.withheld("a-hold-is-its-senders");
        }
        let number = self.matter.transaction.id.to_string();
        self.alert(school, notice, category, number.get(..10).unwrap_or(&number), None);
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

    fn nudge(
        &mut self,
        occasion: Occasion,
        to: &Address,
        recipients: &[Address],
        stood_on: &[&Finding],
        situation: Situation<'_>,
        item: Option<&ItemId>,
    ) {
        let worth = stood_on.iter().filter(|f| f.confidence >= WORTH_A_WORD);
        let found: Vec<Found<'_>> = worth.map(|f| Found { category: f.category, place: &f.part }).collect();
        if found.is_empty() || !self.may_write(occasion, to) {
            return;
        }
        let school = self.tools.school(self.matter.parties.school.as_ref());
        let nudge = Nudge {
            received_at: self.matter.transaction.received_at,
            recipients,
            outside: self.outside(recipients),
            subject: &self.matter.message.header.subject,
            found: &found,
            situation,
        };
        let unique = item.map_or_else(|| self.matter.transaction.id.to_string(), ToString::to_string);
        let written =
            self.tools.notices.nudge(to, &languages(school), &nudge, &unique, self.matter.facts.now);
        self.put(written, school, item);
    }

    fn alert(
        &mut self,
        id: &SchoolId,
        notice: Notice,
        category: Category,
        number: &str,
        item: Option<&ItemId>,
    ) {
        let Some(school) = self.tools.school(Some(id)) else { return };
        let urgent = notice == Notice::LeadUrgent;
        let officers = officers(school, notice, self.matter, self.tools);
        if officers.is_empty() {
            self.withheld(crate::effects::Withheld::NoOfficer.name());
        }
        let occasion = if urgent { Occasion::OfficerUrgent } else { Occasion::Officer };
        for officer in officers {
            if !self.may_write(occasion, &officer) {
                continue;
            }
            let alert = Alert {
                school: &school.name,
                number,
                category,
                at: self.matter.transaction.received_at,
                urgent,
                delivered: item.is_none(),
            };
            let now = self.matter.facts.now;
            let written = self.tools.notices.alert(&officer, &languages(Some(school)), &alert, now);
            self.put(written, Some(school), item);
        }
    }

    fn outside(&self, recipients: &[Address]) -> usize {
        let parties = self.matter.parties;
        let is_outside = |address: &&Address| {
            parties
                .recipients
                .iter()
                .zip(&parties.directions)
                .any(|(p, d)| p.address.as_ref() == Some(*address) && *d == Direction::Outbound)
        };
        recipients.iter().filter(is_outside).count()
    }

    fn may_write(&mut self, occasion: Occasion, to: &Address) -> bool {
        let matter = self.matter;
        let categories: Vec<Category> =
            matter.findings.iter().filter(|f| f.confidence >= WORTH_A_WORD).map(|f| f.category).collect();
        let about = Addressee {
            envelope_sender: &matter.transaction.envelope.sender,
            automatic: matter.message.header.automatic,
            list: matter.message.header.list,
            proved: matter.parties.proved_sender.is_some(),
            categories: &categories,
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

    fn put(
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

/// The officers to tell: never a party to the item, compared as people (practice.md,
/// A4). An urgent matter goes to lead and deputies at once.
fn officers(school: &School, notice: Notice, matter: &Matter<'_>, tools: &Tools<'_>) -> Vec<Address> {
    let free = |of| parties::may_be_told(school, of, matter.parties, tools.directory);
    match notice {
        Notice::Sender => Vec::new(),
        Notice::Lead => free(parties::Matter::Concern).into_iter().take(1).collect(),
        Notice::LeadUrgent => {
            let all = free(parties::Matter::Concern);
            let first = school.officers.lead.len() + school.officers.deputies.len();
            all.into_iter().take(first.max(1)).collect()
        }
        Notice::Head => free(parties::Matter::Allegation).into_iter().take(1).collect(),
        Notice::Dpo => {
            let office = &school.officers.data_protection;
            let parties: Vec<&Address> = matter
                .parties
                .senders()
                .chain(&matter.parties.recipients)
                .filter_map(|p| p.address.as_ref())
                .collect();
            let own = office.iter().filter(|a| !parties.contains(a)).take(1).cloned().collect::<Vec<_>>();
            if own.is_empty() { free(parties::Matter::Allegation).into_iter().take(1).collect() } else { own }
        }
    }
}
