//! A canary on its way through a gate. Only the very message that was sent, for its own
//! recipient and for the first time, is one; anything else with its field is mail like any other
//! (practice.md, A7).

use super::{CanaryNeeds, LIFE, about, digest};
use crate::{
    mail::{Address, Envelope, TransactionId},
    storage::{
        database::{Executor, micros, named},
        error::StoreError,
        ledger::{Event, LedgerEvent},
        names::Token,
        secrets::Secrets,
        store::Store,
    },
};

/// What a message with a canary's field is.
#[derive(Debug)]
pub enum Sighting {
    Ours(Sighted),
    NotOurs(NotOurs),
}

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOurs {
    Unknown,
    Used,
    Expired,
    /// It goes to somebody else than the canary did.
    OtherWay,
}

impl NotOurs {
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::OtherWay => "other-way",
        }
    }
}

/// A canary that passes now. Nothing is used up yet.
#[derive(Debug)]
pub struct Sighted {
    digest: [u8; 32],
    pub route: String,
    leg: Leg,
    /// It is, bit for bit in all that says something, what was sent: nobody else's words are in it.
    pub intact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    Onward,
    /// The mailbox beyond has sent it back.
    Back,
}

/// How it goes on from the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto {
    /// The next hop took it.
    NextHop,
    /// It stays with the MTA that asked, which passes it on.
    Mta,
    /// The next hop refused it for good.
    Refused(u16),
}

#[derive(sqlx::FromRow)]
struct Row {
    route: String,
    from_hash: Option<Vec<u8>>,
    to_hash: Vec<u8>,
    content: Vec<u8>,
    needs: String,
    made_at: i64,
    seen_at: Option<i64>,
    returned_at: Option<i64>,
}

async fn find(executor: impl Executor<'_>, digest: &[u8; 32]) -> Result<Option<Row>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT route, from_hash, to_hash, content, needs, made_at, seen_at, returned_at FROM canary WHERE digest = $1",
    )
    .bind(&digest[..])
    .fetch_optional(executor)
    .await?)
}

impl Store {
    /// Whether a message with this token is a canary on its way. `content` is its
    /// [`crate::storage::release_digest`].
    pub async fn canary_sighted(
        &self,
        token: &Token,
        envelope: &Envelope,
        content: &[u8; 32],
    ) -> Result<Sighting, StoreError> {
        let secrets = self.secrets()?;
        let digest = digest(secrets, token);
        let Some(row) = find(&self.readers, &digest).await? else {
            return Ok(Sighting::NotOurs(NotOurs::Unknown));
        };
        if row.made_at < micros(self.now() - LIFE) {
            return Ok(Sighting::NotOurs(NotOurs::Expired));
        }
        let needs = named(&CanaryNeeds::ALL, CanaryNeeds::name, &row.needs)?;
        let [recipient] = &envelope.recipients[..] else {
            return Ok(Sighting::NotOurs(NotOurs::OtherWay));
        };
        let to = secrets.address(&recipient.address).to_vec();
        let leg = match (row.seen_at, needs) {
            (None, _) if to == row.to_hash => Leg::Onward,
            (Some(_), CanaryNeeds::Returned) if row.from_hash.as_ref() == Some(&to) => Leg::Back,
            (Some(_), _) if to == row.to_hash => return Ok(Sighting::NotOurs(NotOurs::Used)),
            _ => return Ok(Sighting::NotOurs(NotOurs::OtherWay)),
        };
        if leg == Leg::Back && row.returned_at.is_some() {
            return Ok(Sighting::NotOurs(NotOurs::Used));
        }
        let sender = sender_hash(secrets, envelope.sender.address());
        // Who sends it back may do so in the own name.
        let same_sender = leg == Leg::Back || sender == row.from_hash;
        let intact = same_sender && row.content == content[..];
        Ok(Sighting::Ours(Sighted { digest, route: row.route, leg, intact }))
    }

    /// It has gone on. `false` when another message with this token was quicker: each passing
    /// counts once.
    pub async fn canary_passed(&self, sighted: &Sighted, onto: Onto) -> Result<bool, StoreError> {
        let (digest, leg, changed) = (sighted.digest, sighted.leg, i64::from(!sighted.intact));
        let route = sighted.route.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let (code, refused) = match onto {
                    Onto::NextHop => (Some(250), false),
                    Onto::Mta => (None, false),
                    Onto::Refused(code) => (Some(i64::from(code)), true),
                };
                let sql = match leg {
                    Leg::Onward => {
                        "UPDATE canary SET seen_at = $1, changed = $2, onward_code = $3
                         WHERE digest = $4 AND seen_at IS NULL RETURNING needs"
                    }
                    Leg::Back => {
                        "UPDATE canary SET returned_at = $1, changed = $2, onward_code = $3
                         WHERE digest = $4 AND returned_at IS NULL RETURNING needs"
                    }
                };
                let needs: Option<String> = sqlx::query_scalar(sql)
                    .bind(micros(tx.now))
                    .bind(changed)
                    .bind(code)
                    .bind(&digest[..])
                    .fetch_optional(&mut tx.conn)
                    .await?;
                let Some(needs) = needs else { return Ok(false) };
                let event = match onto {
                    Onto::Refused(code) => LedgerEvent::new(Event::CanaryRefused).with("code", code),
                    Onto::NextHop => LedgerEvent::new(Event::CanarySeen).with("onto", "next-hop"),
                    Onto::Mta => LedgerEvent::new(Event::CanarySeen).with("onto", "mta"),
                };
                let event = event.about(about(&route)).with("changed", changed);
                tx.append("gate", event).await?;
                let needs = named(&CanaryNeeds::ALL, CanaryNeeds::name, &needs)?;
                let proves = matches!(
                    (needs, leg),
                    (CanaryNeeds::Seen, Leg::Onward) | (CanaryNeeds::Returned, Leg::Back)
                );
                if proves && !refused {
                    sqlx::query("UPDATE canary SET proved_at = $1 WHERE digest = $2")
                        .bind(micros(tx.now))
                        .bind(&digest[..])
                        .execute(&mut tx.conn)
                        .await?;
                    tx.canary_proved(&route).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    /// A message had the field and is mail like any other.
    pub async fn canary_not_ours(&self, transaction: TransactionId, why: NotOurs) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let event =
                    LedgerEvent::new(Event::CanaryNotOurs).transaction(transaction).with("why", why.name());
                tx.append("gate", event).await.map(|_| ())
            })
        })
        .await
    }
}

fn sender_hash(secrets: &Secrets, sender: Option<&Address>) -> Option<Vec<u8>> {
    sender.map(|sender| secrets.address(sender).to_vec())
}
