//! Of what the officers of a school hear, and who of them: never a party to it (practice.md, A4).

use super::Desk;
use crate::{
    effects::{
        Withheld,
        prepare::{Matter, Tools},
    },
    mail::{Address, SchoolId},
    parties::{self, School},
    policy::may_disclose,
    ruleset::{Category, Notice, Severity},
    storage::{ItemId, NewAlert, NewItem, Urgency},
    verdict::Disposition,
};

impl Desk<'_> {
    /// Those whom the rules name, each once; the lead when they name nobody. What concerns
    /// staff names the head alone, and the lead is not told of it (practice.md, A4).
    pub(super) fn quarantined(&mut self, item: &NewItem) {
        let asks = |notice| self.asks(&item.school, notice);
        let urgent = asks(Notice::LeadUrgent) || item.severity == Severity::Critical;
        let others: Vec<Notice> = [Notice::Head, Notice::Dpo].into_iter().filter(|n| asks(*n)).collect();
        let lead = asks(Notice::Lead) || asks(Notice::LeadUrgent) || others.is_empty();
        let lead = lead.then_some(if urgent { Notice::LeadUrgent } else { Notice::Lead });
        for notice in lead.into_iter().chain(others) {
            self.alert(&item.school, notice, item.category, item.id.as_str(), Some(&item.id));
        }
        // A call for help in what is sealed is told all the same: nobody can read it there (practice.md, A1, A3).
        if item.category == Category::FileIllegalImage && may_disclose(self.matter.findings) {
            let of = Category::HarmSelfHarm;
            self.alert(&item.school, Notice::LeadUrgent, of, item.id.as_str(), Some(&item.id));
        }
    }

    pub(super) fn delivered(&mut self, school: &SchoolId, notice: Notice) {
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
    pub(super) fn without_twins(&mut self) {
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
            return self.withheld(Withheld::NoOfficer.name());
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
