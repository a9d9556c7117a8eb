//! Canaries: messages of the gate's own that prove a way of the mail. Each is known by a token
//! that nobody can guess, kept as a keyed hash, good for one passing and one recipient.

mod sight;
mod state;

pub use sight::{NotOurs, Onto, Sighted, Sighting};
pub use state::{CanaryState, Probe};

use super::{
    database::micros,
    error::StoreError,
    jobs::{Standing, own_objects},
    ledger::{Actor, Event, LedgerEvent},
    names::Token,
    outbox::NewOutbox,
    secrets::Secrets,
    store::Store,
    writer::{Tx, Unwritten},
};
use crate::{
    config::{CanaryConfig, CanaryEnd, CanaryWay},
    mail::{Address, ReversePath},
};
use chrono::TimeDelta;

/// The field that carries the token.
pub const CANARY_HEADER: &str = "X-Gatehouse-Canary";

/// So long a token is good, and what passes later proves its way still.
const LIFE: TimeDelta = TimeDelta::days(3);
/// How long what was proved is kept, beside the ledger.
const KEPT: TimeDelta = TimeDelta::days(400);

/// What proves a canary's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryNeeds {
    /// That it passed the gate.
    Seen,
    /// That it came back and passed once more.
    Returned,
    /// That the next hop took it from the outbox.
    Delivered,
}

impl CanaryNeeds {
    const ALL: [Self; 3] = [Self::Seen, Self::Returned, Self::Delivered];
    pub fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Returned => "returned",
            Self::Delivered => "delivered",
        }
    }
    pub fn of(canary: &CanaryConfig) -> Self {
        match &canary.way {
            CanaryWay::Notices => Self::Delivered,
            CanaryWay::Route(route) if route.end == CanaryEnd::Back => Self::Returned,
            CanaryWay::Route(_) => Self::Seen,
        }
    }
}

/// A probe that is about to leave.
pub struct NewCanary<'a> {
    pub canary: &'a CanaryConfig,
    pub token: &'a Token,
    pub sender: ReversePath,
    /// [`super::release_digest`] of the message.
    pub content: [u8; 32],
    /// For what leaves by the outbox.
    pub job: Option<NewOutbox>,
}

fn digest(secrets: &Secrets, token: &Token) -> [u8; 32] {
    secrets.hash("canary", &[token.reveal().as_bytes()])
}

fn terms(secrets: &Secrets, canary: &CanaryConfig) -> [u8; 32] {
    let terms = canary.terms();
    secrets.hash("canary terms", &terms.iter().map(String::as_bytes).collect::<Vec<_>>())
}

fn about(route: &str) -> String {
    format!("canary/{route}")
}

impl Store {
    /// Writes down a probe before it leaves, so that whichever node sees it knows it. One for the
    /// outbox is there with the same commit.
    pub async fn canary_begin(&self, new: NewCanary<'_>, actor: &Actor) -> Result<(), StoreError> {
        let secrets = self.secrets()?;
        let hashes = (digest(secrets, new.token), terms(secrets, new.canary));
        let sender = new.sender.address().map(|from: &Address| secrets.address(from).to_vec());
        let to = secrets.address(&new.canary.to);
        let (route, needs) = (new.canary.name.clone(), CanaryNeeds::of(new.canary).name());
        let jobs = self.prepare_jobs(new.job.into_iter().collect(), None, None).await?;
        let (objects, content, actor) = (own_objects(&jobs), new.content, actor.clone());
        let written = self.write_or_tell(move |tx| {
            Box::pin(async move {
                let now = micros(tx.now);
                for job in &jobs {
                    tx.insert_job(job, Standing::Final(None)).await?;
                }
                sqlx::query(
                    "INSERT INTO canary (digest, route, terms, from_hash, to_hash, content, needs, made_at, sent_at,
                     outbox) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
                )
                .bind(&hashes.0[..])
                .bind(&route)
                .bind(&hashes.1[..])
                .bind(sender)
                .bind(&to[..])
                .bind(&content[..])
                .bind(needs)
                .bind(now)
                .bind(jobs.first().map(|_| now))
                .bind(jobs.first().map(|job| job.id.to_string()))
                .execute(&mut tx.conn)
                .await?;
                sqlx::query("DELETE FROM canary WHERE made_at < $1")
                    .bind(micros(tx.now - KEPT))
                    .execute(&mut tx.conn)
                    .await?;
                if let Some(job) = jobs.first() {
                    let event = LedgerEvent::new(Event::CanarySent).with("job", job.id.to_string());
                    let by = tx.random_id(&actor).await?;
                    tx.append(&by, event.about(about(&route))).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        match written.await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => other.map_err(Unwritten::into_error),
        }
    }

    /// What the host before the gate has said: taken, or the code of its refusal (0: nobody
    /// answered).
    pub async fn canary_handed(
        &self,
        token: &Token,
        said: Result<(), u16>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let (digest, actor) = (digest(self.secrets()?, token), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let code = said.err().map(i64::from);
                let route: Option<String> = sqlx::query_scalar(
                    "UPDATE canary SET sent_at = $1, code = $2 WHERE digest = $3 RETURNING route",
                )
                .bind(said.is_ok().then(|| micros(tx.now)))
                .bind(code)
                .bind(&digest[..])
                .fetch_optional(&mut tx.conn)
                .await?;
                let Some(route) = route else { return Ok(()) };
                let event = match code {
                    None => LedgerEvent::new(Event::CanarySent),
                    Some(code) => LedgerEvent::new(Event::CanaryUnsent).with("code", code),
                };
                let by = tx.random_id(&actor).await?;
                tx.append(&by, event.about(about(&route))).await.map(|_| ())
            })
        })
        .await
    }

    /// Probes of the outbox that a next hop has taken prove that notices leave; how many.
    pub async fn canaries_delivered(&self) -> Result<usize, StoreError> {
        let waiting: Option<String> = sqlx::query_scalar(
            "SELECT route FROM canary WHERE needs = 'delivered' AND proved_at IS NULL LIMIT 1",
        )
        .fetch_optional(&self.readers)
        .await?;
        if waiting.is_none() {
            return Ok(0);
        }
        self.write(move |tx| {
            Box::pin(async move {
                let proved: Vec<String> = sqlx::query_scalar(
                    "UPDATE canary SET proved_at = $1 WHERE needs = 'delivered' AND proved_at IS NULL
                     AND EXISTS (SELECT 1 FROM outbox_recipient r WHERE r.outbox = canary.outbox AND r.state = 'delivered')
                     RETURNING route",
                )
                .bind(micros(tx.now))
                .fetch_all(&mut tx.conn)
                .await?;
                for route in &proved {
                    tx.canary_proved(route).await?;
                }
                Ok(proved.len())
            })
        })
        .await
    }
}

impl Tx {
    async fn canary_proved(&mut self, route: &str) -> Result<(), StoreError> {
        self.append("gate", LedgerEvent::new(Event::CanaryProved).about(about(route))).await.map(|_| ())
    }
}
