//! What the sender of a message hears of it: that it waits, that it leaves later, or a word of
//! advice.

use super::{Desk, WORTH_A_WORD, languages};
use crate::{
    detection::Finding,
    effects::{Found, Nudge, Occasion, Situation, Whereabouts},
    mail::Address,
    parties::Direction,
    ruleset::Notice,
    storage::{ItemId, NewItem},
    verdict::{Disposition, Group},
};

impl Desk<'_> {
    /// A hold: the sender's own business, and nobody else's (practice.md, A5).
    pub(super) fn waiting(&mut self, item: &NewItem, somebody_has_it: bool) {
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
    pub(super) fn delayed(&mut self, item: &NewItem) {
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
    pub(super) fn advised(&mut self) {
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
}
