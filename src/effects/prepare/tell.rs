//! Who is told what: the sender of what waits or was advised upon, the officers of what
//! they have to look at. Nothing that practice.md forbids gets past `may_write`.

use super::{Matter, Prepared, Tools};
use crate::{
    detection::Finding,
    effects::{Addressee, Found, Language, Nudge, Occasion, Situation, Whereabouts, Written},
    mail::{Address, Mode, SchoolId},
    parties::{self, Direction, School},
    policy::may_disclose,
    ruleset::{Category, Notice, Severity},
    storage::{Event, ItemId, ItemKind, LedgerEvent, NewAlert, NewItem, Urgency},
    verdict::{Disposition, Group},
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

/// While a school only observes, a possible disclosure is told of when somebody is named to
/// attend to it at any hour (practice.md, B).
pub(super) fn disclosed_while_observing(
    matter: &Matter<'_>,
    tools: &Tools<'_>,
    observed: &[&Group],
    prepared: &mut Prepared,
) {
    if observed.is_empty() || !matter.facts.releases.is_empty() || !may_disclose(matter.findings) {
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

    /// Only delayed: its sender hears when it leaves, and how to take it back before.
    fn delayed(&mut self, item: &NewItem) {
        let (Some(owner), Some(grace)) = (&item.owner, &item.grace) else { return };
        if !self.may_write(Occasion::Sender, &owner.address) {
            return;
        }
        // Advice that is due anyhow comes before it has left.
        let spoke = |g: &Group| g.reasons.iter().any(|r| !r.findings.is_empty());
        let advised = self.asks(&item.school, Notice::Sender);
        let stood_on = if advised { self.stood_on(spoke) } else { Vec::new() };
        let worth = stood_on.iter().filter(|f| f.confidence >= WORTH_A_WORD);
        let found: Vec<Found<'_>> = worth.map(|f| Found { category: f.category, place: &f.part }).collect();
        let recipients: Vec<Address> = item.recipients.iter().map(|r| r.address.clone()).collect();
        let school = self.tools.school(Some(&item.school));
        let nudge = Nudge {
            received_at: self.matter.transaction.received_at,
            recipients: &recipients,
            outside: self.outside(&recipients),
            subject: &self.matter.message.header.subject,
            found: &found,
            situation: Situation::Leaving {
                number: item.id.as_str(),
                token: item.token.as_ref().map(crate::storage::Token::reveal),
                at: self.matter.facts.now + grace.lasts,
            },
        };
        let (languages, unique) = (languages(school), item.id.to_string());
        let written =
            self.tools.notices.nudge(&owner.address, &languages, &nudge, &unique, self.matter.facts.now);
        self.put(written, school, Some(&item.id));
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
        // The end of a transaction's id is chance; it begins with the time.
        let id = self.matter.transaction.id.to_string();
        let number = id.get(id.len().saturating_sub(10)..).unwrap_or(&id);
        self.alert(school, notice, category, number, None);
    }

    /// Who is told at once of a message is not told of it once more in a digest, where it would
    /// use up the budget.
    fn without_twins(&mut self) {
        let urgent: Vec<NewAlert> =
            self.alerts.iter().filter(|a| a.urgency == Urgency::Urgent).cloned().collect();
        let told = |address: &Address, alert: &NewAlert| {
            let same = |u: &&NewAlert| (&u.school, &u.number) == (&alert.school, &alert.number);
            urgent.iter().filter(same).any(|u| u.ladder.iter().flatten().any(|a| a == address))
        };
        self.alerts.retain(|alert| {
            alert.urgency == Urgency::Urgent || !alert.ladder.iter().flatten().all(|a| told(a, alert))
        });
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

    /// Somebody of the school has to hear of it; when and who next is the worker's business.
    fn alert(
        &mut self,
        id: &SchoolId,
        notice: Notice,
        category: Category,
        number: &str,
        item: Option<&ItemId>,
    ) {
        let Some(school) = self.tools.school(Some(id)) else { return };
        let ladder = ladder(school, notice, self.matter, self.tools);
        if ladder.is_empty() {
            return self.withheld(crate::effects::Withheld::NoOfficer.name());
        }
        let urgent = notice == Notice::LeadUrgent;
        self.alerts.push(NewAlert {
            school: id.clone(),
            urgency: if urgent { Urgency::Urgent } else { Urgency::Ordinary },
            category,
            policy: self.policy(category),
            number: number.to_owned(),
            item: item.cloned(),
            transaction: self.matter.transaction.id,
            received_at: self.matter.transaction.received_at,
            ladder,
        });
    }

    /// The rule that spoke because of such a finding, for the budget.
    fn policy(&self, category: Category) -> Option<String> {
        let of = |i: &usize| self.matter.findings.get(*i).is_some_and(|f| f.category == category);
        let reasons = self.live.iter().flat_map(|g| &g.reasons);
        reasons.filter(|r| r.findings.iter().any(of)).map(|r| r.policy.to_string()).next()
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

/// Who is asked, and who next: never a party to the item, compared as people (practice.md, A4).
fn ladder(school: &School, notice: Notice, matter: &Matter<'_>, tools: &Tools<'_>) -> Vec<Vec<Address>> {
    let free = |of| parties::ladder(school, of, matter.parties, tools.directory);
    match notice {
        Notice::Sender | Notice::Pause => Vec::new(),
        Notice::Lead | Notice::LeadUrgent => free(parties::Matter::Concern),
        Notice::Head => free(parties::Matter::Allegation),
        Notice::Dpo => {
            let office = &school.officers.data_protection;
            let parties: Vec<&Address> = matter
                .parties
                .senders()
                .chain(&matter.parties.recipients)
                .filter_map(|p| p.address.as_ref())
                .collect();
            let own: Vec<Address> = office.iter().filter(|a| !parties.contains(a)).cloned().collect();
            if own.is_empty() { free(parties::Matter::Allegation) } else { vec![own] }
        }
    }
}
