//! The one reminder of a hold that its sender has not answered (practice.md, B: after an
//! hour), as a job of the outbox. It says what the first notice said.

use super::{ComposeError, Found, Language, Notices, Nudge, Situation, Whereabouts};
use crate::{
    mail::Address,
    parties::School,
    storage::{ItemDetail, NewOutbox, Owner, Token, Unanswered},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// To the hold's owner, in the languages of the item's school. `token` as for the first notice.
pub fn reminder(
    notices: &Notices,
    schools: &[Arc<School>],
    (item, owner): (&ItemDetail, &Owner),
    unanswered: &Unanswered,
    token: Option<&Token>,
    now: DateTime<Utc>,
) -> Result<NewOutbox, ComposeError> {
    let school = schools.iter().find(|s| s.id == item.summary.school);
    let recipients: Vec<Address> = item.envelope.recipients.iter().map(|r| r.address.clone()).collect();
    let inside =
        |address: &Address| schools.iter().flat_map(|s| &s.domains).any(|own| address.is_within(own));
    let found: Vec<Found<'_>> =
        item.findings.iter().map(|f| Found { category: f.category, place: &f.part }).collect();
    let markable = school.filter(|_| item.summary.may_be_marked);
    let nudge = Nudge {
        received_at: item.summary.received_at,
        recipients: &recipients,
        outside: recipients.iter().filter(|address| !inside(address)).count(),
        subject: &item.subject,
        found: &found,
        situation: Situation::Waiting {
            number: item.summary.id.as_str(),
            token: token.map(Token::reveal),
            may_send: item.summary.sender_may_release,
            mark: markable.map(|s| s.confidential_mark.as_str()),
            whereabouts: whereabouts(unanswered),
            reminder: true,
        },
    };
    let languages = Language::of(school.map_or(&[], |s| s.languages.as_slice()));
    let unique = format!("{}.reminder", item.summary.id);
    let written = notices.nudge(&owner.address, &languages, &nudge, &unique, now)?;
    Ok(written.outbox(Some(item.summary.school.clone()), Some(item.summary.id.clone())))
}

fn whereabouts(unanswered: &Unanswered) -> Whereabouts {
    match (unanswered.others_have_it, unanswered.looked_at) {
        (true, _) => Whereabouts::SomeHaveIt,
        (false, true) => Whereabouts::LookedAt,
        (false, false) => Whereabouts::NobodyElse,
    }
}
