//! Of which messages it is remembered, for the rest of their conversation, that they carried a protected file or a
//! password.

use super::Matter;
use crate::storage::Carrying;

pub(super) fn carrying(matter: &Matter<'_>) -> Option<Carrying> {
    let header = &matter.message.header;
    let senders = matter.parties.senders().filter_map(|p| p.address.clone());
    let recipients = matter.parties.recipients.iter().filter_map(|p| p.address.clone());
    // What goes to a list is no conversation.
    (!matter.carried.is_empty() && !header.list).then(|| Carrying {
        message_id: header.message_id.clone(),
        answers: header.references.iter().chain(&header.in_reply_to).cloned().collect(),
        people: senders.chain(recipients).collect(),
        what: matter.carried.to_vec(),
    })
}
