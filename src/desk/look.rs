//! Looking at one item, for whoever reviews: what is there for them, what the ledger is to know before it is
//! shown, and what else there is of the same people.

use super::{Desk, DeskFault, Waiting};
use crate::{
    authority::{Act, Answer, Case, Face},
    mail::Address,
    parties::{Known, Person},
    report::{bundle::Contents, item::contents, records::Maker},
    storage::{
        IncidentSummary, ItemDetail, ItemId, ItemKind, ItemSummary, Precision, SealedView, StoreError, Who,
        Why,
    },
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// People of one message whose history is looked for; of a message to everybody nobody's is.
const MOST_PEOPLE: usize = 20;
const PRECISION_DAYS: i64 = 90;
/// Earlier items and incidents that are shown.
const MOST_EARLIER: u32 = 20;

/// One item as it was opened.
pub struct Opened {
    pub detail: ItemDetail,
    /// The message, or why nobody here sees it.
    pub raw: Result<Bytes, Covered>,
    /// Whether its sender was proved; `None` where the log no longer has it.
    pub proved: Option<bool>,
}

/// Why the message itself is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Covered {
    /// practice.md, A3.
    MayHoldImage,
    /// The answer says who may.
    NotYours(Answer),
    /// It is lost or was changed.
    Unreadable,
}

/// What else there is of the same people that the asker may know of.
#[derive(Default)]
pub struct Earlier {
    /// Of the same conversation, oldest first.
    pub conversation: Vec<Waiting>,
    /// The rest, newest first.
    pub items: Vec<Waiting>,
    pub incidents: Vec<IncidentSummary>,
}

impl Desk {
    /// An item of quarantine, for whom it is there. A hold is its sender's business (practice.md, A5).
    pub async fn reviewed(&self, id: &ItemId) -> Result<(ItemSummary, Case), DeskFault> {
        let (item, case) = self.store.item_case(id).await?;
        if item.kind != ItemKind::Quarantine && !item.state.is_sealed() {
            return Err(DeskFault::NotThere { what: "item", id: id.to_string() });
        }
        self.authorise(Act::List, &case, "item", id.as_str()).await?;
        Ok((item, case))
    }

    /// Hash, time and roles.
    pub async fn look_at_sealed(&self, id: &ItemId, why: &Why) -> Result<SealedView, DeskFault> {
        Ok(self.store.sealed_item(id, &self.actor, why.clone()).await?)
    }

    /// Particulars and bytes; the ledger has both looks before anything is shown.
    pub async fn open_item(&self, id: &ItemId, case: &Case, why: &Why) -> Result<Opened, DeskFault> {
        self.authorise(Act::Particulars, case, "item", id.as_str()).await?;
        let detail = self.store.item(id, &self.actor, why.clone()).await?;
        let answer = self.may(Act::Bytes, case);
        let raw = match answer.is_allowed() {
            false => Err(Covered::NotYours(answer)),
            true => match self.store.raw(id, &self.actor, why.clone()).await {
                Ok(raw) => Ok(raw),
                Err(StoreError::MayHoldImage) => Err(Covered::MayHoldImage),
                Err(StoreError::Object { .. }) => Err(Covered::Unreadable),
                Err(e) => return Err(e.into()),
            },
        };
        let proved = self.store.sender_was_proved(&detail.summary).await?;
        Ok(Opened { detail, raw, proved })
    }

    /// Other items and incidents of those who wrote and got it.
    pub async fn earlier(&self, detail: &ItemDetail, now: DateTime<Utc>) -> Result<Earlier, DeskFault> {
        let id = &detail.summary.id;
        let conversation = self.store.quarantined_conversation(id, MOST_EARLIER).await?;
        let mut earlier =
            Earlier { conversation: self.known_of(conversation, now).await?, ..Earlier::default() };
        let recipients = detail.envelope.recipients.iter().map(|r| &r.address);
        let everyone: Vec<&Address> =
            detail.envelope.sender.address().into_iter().chain(recipients).collect();
        if everyone.len() > MOST_PEOPLE {
            return Ok(earlier);
        }
        let (mut faces, mut whos): (Vec<Face>, Vec<Who>) = (Vec::new(), Vec::new());
        for address in everyone {
            faces.extend(self.faces(None, std::slice::from_ref(address))?);
            whos.push(Who::Address(address.clone()));
            let known = self.directory.lookup(address).and_then(Known::only_holder);
            whos.extend(known.map(|holder| Who::Person(holder.person.id().clone())));
        }
        let mut items = self.store.quarantine_with(&faces, id, MOST_EARLIER).await?;
        items.retain(|item| !earlier.conversation.iter().any(|known| known.item.id == item.id));
        earlier.items = self.known_of(items, now).await?;
        let mut found: Vec<IncidentSummary> = Vec::new();
        for who in &whos {
            for incident in self.store.incident_history(who).await? {
                if !found.iter().any(|known| known.id == incident.id) {
                    found.push(incident);
                }
            }
        }
        found.truncate(MOST_EARLIER as usize * 5);
        let cases = self.store.incident_cases(&found).await?;
        for (incident, case) in found.into_iter().zip(cases) {
            if self.may(Act::List, &case).is_allowed() {
                earlier.incidents.push(incident);
            }
        }
        earlier.incidents.truncate(MOST_EARLIER as usize);
        Ok(earlier)
    }

    /// Those of them that the asker may know of.
    async fn known_of(&self, items: Vec<ItemSummary>, now: DateTime<Utc>) -> Result<Vec<Waiting>, DeskFault> {
        let cases = self.store.item_cases(&items).await?;
        let known = items.into_iter().zip(cases).filter(|(_, case)| self.may(Act::List, case).is_allowed());
        Ok(known.map(|(item, case)| self.waits(item, case, now)).collect())
    }

    /// How often each of these rules was right in the last ninety days, at the asker's schools.
    pub async fn precision(
        &self,
        rules: &[String],
        now: DateTime<Utc>,
    ) -> Result<HashMap<String, Precision>, DeskFault> {
        let since = now - TimeDelta::days(PRECISION_DAYS);
        Ok(self.store.precision(rules, &self.own_schools(), &self.asker.faces, since).await?)
    }

    /// The message as evidence, with all that the ledger says of it.
    pub async fn evidence(&self, id: &ItemId, case: &Case, why: &Why) -> Result<Contents, DeskFault> {
        self.authorise(Act::Export, case, "item", id.as_str()).await?;
        let opened = self.open_item(id, case, why).await?;
        let copy = self.store.copy_item(id, &self.actor, why).await?;
        let school = self.school(&copy.summary.school).map(|s| s.name.clone()).unwrap_or_default();
        let about = [id.to_string(), copy.object.clone(), copy.summary.transaction.to_string()];
        let ledger = self.store.ledger_extract(&about).await?;
        let by = self.user.as_ref().map(|user| self.name_of(user)).unwrap_or_default();
        let maker = Maker { by, at: Utc::now(), purpose: why.purpose };
        Ok(contents(&maker, copy, &opened.detail, opened.proved, &school, ledger))
    }

    /// The person of the directory whose address this is alone.
    pub fn holder(&self, address: &Address) -> Option<Person<'_>> {
        self.directory.lookup(address).and_then(Known::only_holder).map(|holder| holder.person)
    }
}
