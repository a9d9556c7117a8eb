//! The notice that a kept message is back with its sender, as a job of the outbox.

use super::{Comeback, ComposeError, Language, Notices, Returned};
use crate::{
    mail::Address,
    parties::School,
    storage::{ItemDetail, NewOutbox},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Written to `sender` in the languages of the item's school.
pub fn comeback(
    notices: &Notices,
    schools: &[Arc<School>],
    item: &ItemDetail,
    sender: &Address,
    why: Comeback<'_>,
    now: DateTime<Utc>,
) -> Result<NewOutbox, ComposeError> {
    let school = schools.iter().find(|s| s.id == item.summary.school);
    let recipients: Vec<Address> = item.envelope.recipients.iter().map(|r| r.address.clone()).collect();
    let returned = Returned {
        received_at: item.summary.received_at,
        recipients: &recipients,
        subject: &item.subject,
        number: item.summary.id.as_str(),
        why,
    };
    let languages = Language::of(school.map_or(&[], |s| s.languages.as_slice()));
    let written = notices.returned(sender, &languages, &returned, now)?;
    Ok(written.outbox(Some(item.summary.school.clone()), Some(item.summary.id.clone())))
}
