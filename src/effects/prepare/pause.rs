//! The notice to whoever answers harsh words.

use super::{
    propose::name_of,
    tell::{Desk, languages},
};
use crate::{
    effects::{Occasion, Pause},
    mail::{Address, SchoolId},
    parties::{self, Role},
};

impl Desk<'_> {
    /// Who answers harsh words is asked to pause, keep them and tell somebody (OF-7).
    pub(super) fn asked_to_pause(&mut self, id: &SchoolId) {
        let (matter, tools) = (self.matter, self.tools);
        let Some(to) = matter.transaction.envelope.sender.address() else { return };
        let Some(school) = tools.school(Some(id)).filter(|_| self.may_write_of(Occasion::Sender, to, &[]))
        else {
            return;
        };
        let free = parties::may_be_told(school, parties::Matter::Concern, matter.parties, tools.directory);
        let helper = free.first().and_then(|officer| name_of(officer, tools.directory));
        let recipients: Vec<Address> =
            matter.transaction.envelope.recipients.iter().map(|r| r.address.clone()).collect();
        let pause = Pause {
            received_at: matter.transaction.received_at,
            recipients: &recipients,
            subject: &matter.message.header.subject,
            report: school.officers.report.first(),
            helper: helper.as_deref(),
            to_pupil: matter.parties.envelope_sender.is(Role::Pupil),
        };
        let (languages, unique) = (languages(Some(school)), matter.transaction.id.to_string());
        let written = tools.notices.pause(to, &languages, &pause, &unique, matter.facts.now);
        self.put(written, Some(school), None);
    }
}
