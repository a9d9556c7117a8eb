//! Custodians: the people who open what is kept for a class of access of a school. The set
//! is named in the store; until one is, `[keys] records` stands for the records of every
//! school. A change of the set begins a new epoch in the same commit.

use super::{
    access::{Access, Class},
    database::{Executor, micros, time},
    epochs::digest_of,
    error::{CustodianError, StoreError},
    keys::PublicKey,
    ledger::{Actor, Event, LedgerEvent},
    names::CustodianId,
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::mail::SchoolId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone)]
pub struct Custodian {
    pub id: CustodianId,
    /// Whose key it is; personal data, so never in a log.
    pub name: String,
    /// `age1...`
    pub public: String,
    pub joined_at: DateTime<Utc>,
}

impl std::fmt::Debug for Custodian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Custodian({})", self.id)
    }
}

/// Where the set of an access comes from.
#[derive(Clone, Debug)]
pub enum Custodians {
    /// Named in the store.
    Named(Vec<Custodian>),
    /// Not named yet: the keys of `[keys] records`.
    Configured(Vec<String>),
    /// Neither; nothing can be kept under this access.
    Nobody,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    name: String,
    public: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    joined_at: i64,
    sealed: Vec<u8>,
}

/// A set is wrapped for as a whole, by hand in the worst case.
const MOST: usize = 32;
const LONGEST_NAME: usize = 200;

/// State and access belong to the place, so that no row can be moved or brought back.
fn place(id: &str, access: &Access, state: &str) -> String {
    format!("custodian/{id}/{}/{}/{state}", access.class().name(), access.school_word())
}

async fn named(
    from: impl Executor<'_>,
    secrets: &Secrets,
    access: &Access,
) -> Result<Vec<Custodian>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, joined_at, sealed FROM custodian WHERE class = $1 AND school = $2 AND state = 'in'
         ORDER BY joined_at, id",
    )
    .bind(access.class().name())
    .bind(access.school_word())
    .fetch_all(from)
    .await?;
    let open = |row: Row| {
        let secret: Secret = secrets.open(&place(&row.id, access, "in"), &row.sealed)?;
        Ok(Custodian {
            name: secret.name,
            public: secret.public,
            joined_at: time(row.joined_at),
            id: CustodianId::stored(row.id),
        })
    };
    rows.into_iter().map(open).collect()
}

fn publics(custodians: &[Custodian]) -> Result<Vec<PublicKey>, StoreError> {
    Ok(custodians.iter().map(|c| c.public.parse()).collect::<Result<_, _>>()?)
}

impl Store {
    /// Who opens what is kept under this access, and where that is said.
    pub async fn custodians(&self, access: &Access) -> Result<Custodians, StoreError> {
        let named = named(&self.readers, self.secrets()?, access).await?;
        if !named.is_empty() {
            return Ok(Custodians::Named(named));
        }
        let configured = self.configured(access);
        Ok(match configured.is_empty() {
            true => Custodians::Nobody,
            false => Custodians::Configured(configured.iter().map(PublicKey::to_string).collect()),
        })
    }

    fn configured(&self, access: &Access) -> &[PublicKey] {
        match access.class() {
            Class::Records => self.shared.keys.records(),
            _ => &[],
        }
    }

    /// The public keys that an epoch of this access is wrapped for.
    pub(super) async fn holders(&self, access: &Access) -> Result<Vec<PublicKey>, StoreError> {
        let recovery = self.shared.keys.recovery();
        let mut holders = match access.class() {
            Class::Working => return self.working_holders().await,
            Class::Sealed => Vec::new(),
            _ => match self.custodians(access).await? {
                Custodians::Named(named) => publics(&named)?,
                Custodians::Configured(_) => self.configured(access).to_vec(),
                Custodians::Nobody => return Err(StoreError::NoCustodian(access.to_string())),
            },
        };
        holders.extend_from_slice(recovery);
        match holders.is_empty() {
            true => Err(StoreError::NoCustodian(access.to_string())),
            false => Ok(holders),
        }
    }

    /// A custodian joins: what is kept from now on opens for this key too. The first one
    /// named brings the keys of `[keys] records` into the set.
    pub async fn custodian_join(
        &self,
        access: &Access,
        name: &str,
        public: &str,
        actor: &Actor,
        reason: &str,
    ) -> Result<CustodianId, CustodianError> {
        let key: PublicKey = public.parse().map_err(StoreError::from)?;
        let standing = self.standing(access).await?;
        if standing.iter().any(|c| c.public == key.to_string()) {
            return Err(CustodianError::IsIn);
        }
        if standing.len() >= MOST {
            return Err(CustodianError::TooMany(MOST));
        }
        let new = Custodian {
            id: CustodianId::random(&self.shared.random),
            name: name.chars().take(LONGEST_NAME).collect(),
            public: key.to_string(),
            joined_at: self.now(),
        };
        let id = new.id.clone();
        let members = standing.iter().cloned().chain([new.clone()]).collect();
        self.change_set(access, standing, members, Change::Join(new), actor, reason).await?;
        Ok(id)
    }

    /// A custodian leaves: a new epoch begins, which this key does not open. What was kept
    /// before stays readable to whoever has the key and a copy.
    pub async fn custodian_leave(
        &self,
        access: &Access,
        id: &CustodianId,
        actor: &Actor,
        reason: &str,
    ) -> Result<(), CustodianError> {
        let standing = self.standing(access).await?;
        let (left, members): (Vec<_>, Vec<_>) = standing.iter().cloned().partition(|c| c.id == *id);
        let Some(left) = left.into_iter().next() else { return Err(CustodianError::NotIn(id.clone())) };
        if members.is_empty() {
            return Err(CustodianError::Last);
        }
        self.change_set(access, standing, members, Change::Leave(left), actor, reason).await
    }

    /// The set as it is; keys of the configuration get ids, which count once they are written.
    async fn standing(&self, access: &Access) -> Result<Vec<Custodian>, CustodianError> {
        if !access.class().has_custodians() {
            return Err(CustodianError::NoSet(access.class()));
        }
        Ok(match self.custodians(access).await? {
            Custodians::Named(named) => named,
            Custodians::Nobody => Vec::new(),
            Custodians::Configured(keys) => {
                let seed = |public| Custodian {
                    id: CustodianId::random(&self.shared.random),
                    name: "from [keys] records".into(),
                    public,
                    joined_at: self.now(),
                };
                keys.into_iter().map(seed).collect()
            }
        })
    }

    async fn change_set(
        &self,
        access: &Access,
        before: Vec<Custodian>,
        after: Vec<Custodian>,
        change: Change,
        actor: &Actor,
        reason: &str,
    ) -> Result<(), CustodianError> {
        let mut holders = publics(&after)?;
        holders.extend_from_slice(self.shared.keys.recovery());
        // Wrapped before anything is written: a plugin that is missing stops it here.
        let candidate = self.candidate(access, &holders).await?;
        let (access, actor, reason) = (access.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                tx.hold_set(&access, &before).await?;
                let (event, custodian) = match change {
                    Change::Join(new) => {
                        tx.insert_custodian(&access, &new).await?;
                        (Event::CustodianJoined, new)
                    }
                    Change::Leave(old) => {
                        tx.end_custodian(&access, &old).await?;
                        (Event::CustodianLeft, old)
                    }
                };
                let actor = tx.random_id(&actor).await?;
                let mut event = LedgerEvent::new(event)
                    .about(custodian.id.as_str())
                    .with("class", access.class().name())
                    .with("custodians", after.len() as i64)
                    .with("holders", super::database::hex(&digest_of(&holders)))
                    .because(Some(reason));
                event.school = access.school().cloned();
                tx.append(&actor, event).await?;
                tx.begin_epoch(candidate).await?;
                Ok(())
            })
        })
        .await
    }

    /// Schools that are to keep records for which nobody could read them, and keys of the
    /// configuration that no longer count because the store names the set: each a sentence.
    pub async fn custodian_faults(&self, keeping: &[SchoolId]) -> Result<CustodianFaults, StoreError> {
        let mut faults = CustodianFaults::default();
        for school in keeping {
            let access = Access::of(Class::Records, school);
            match self.custodians(&access).await? {
                Custodians::Nobody => faults.nobody.push(school.clone()),
                Custodians::Configured(_) => {}
                Custodians::Named(named) => {
                    let in_set = |key: &&PublicKey| named.iter().any(|c| c.public == key.to_string());
                    if self.shared.keys.records().iter().any(|key| !in_set(&key)) {
                        faults.not_counting.push(school.clone());
                    }
                }
            }
        }
        Ok(faults)
    }
}

/// How configuration and store do not go together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustodianFaults {
    /// They keep records, and neither place names a custodian.
    pub nobody: Vec<SchoolId>,
    /// The store names their set, and `[keys] records` has a key that is not in it.
    pub not_counting: Vec<SchoolId>,
}

impl CustodianFaults {
    /// Each for whoever runs the gate.
    pub fn sentences(&self) -> Vec<String> {
        let nobody = self.nobody.iter().map(|school| {
            format!(
                "the school {school} keeps records of mail with parents, but nobody could open them: name a custodian \
                 with `gatehouse keys custodian join --school {school}`, or the first one in [keys] records"
            )
        });
        let not_counting = self.not_counting.iter().map(|school| {
            format!(
                "[keys] records names a key that is no custodian of {school}: the store names that school's set, and \
                 it alone counts; let the key join with `gatehouse keys custodian join`, or take it out of the \
                 configuration"
            )
        });
        nobody.chain(not_counting).collect()
    }
}

enum Change {
    Join(Custodian),
    Leave(Custodian),
}

impl Tx {
    /// Fails when the set is no longer the one that something was wrapped for: nobody who has
    /// just left gets in by a process that looked a moment before.
    pub(super) async fn still_held_by(&mut self, access: &Access, holders: &[u8]) -> Result<(), StoreError> {
        if !access.class().has_custodians() {
            return Ok(());
        }
        let shared = self.shared.clone();
        let named = named(&mut self.conn, shared.secrets()?, access).await?;
        let mut now = match named.is_empty() {
            true if access.class() == Class::Records => shared.keys.records().to_vec(),
            _ => publics(&named)?,
        };
        now.extend_from_slice(shared.keys.recovery());
        if digest_of(&now) == holders { Ok(()) } else { Err(StoreError::Busy) }
    }

    /// The set as it was seen, written down where it came from the configuration.
    async fn hold_set(&mut self, access: &Access, seen: &[Custodian]) -> Result<(), CustodianError> {
        let shared = self.shared.clone();
        let now = named(&mut self.conn, shared.secrets()?, access).await?;
        if now.is_empty() {
            for seed in seen {
                self.insert_custodian(access, seed).await?;
            }
            return Ok(());
        }
        let same = now.len() == seen.len() && now.iter().zip(seen).all(|(a, b)| a.id == b.id);
        if same { Ok(()) } else { Err(CustodianError::ChangedMeanwhile) }
    }

    async fn insert_custodian(&mut self, access: &Access, custodian: &Custodian) -> Result<(), StoreError> {
        let secret = Secret { name: custodian.name.clone(), public: custodian.public.clone() };
        let sealed = self.shared.secrets()?.seal(&place(custodian.id.as_str(), access, "in"), &secret)?;
        sqlx::query(
            "INSERT INTO custodian (id, class, school, state, joined_at, sealed) VALUES ($1,$2,$3,'in',$4,$5)",
        )
        .bind(custodian.id.as_str())
        .bind(access.class().name())
        .bind(access.school_word())
        .bind(micros(custodian.joined_at))
        .bind(sealed)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    async fn end_custodian(&mut self, access: &Access, custodian: &Custodian) -> Result<(), StoreError> {
        let secret = Secret { name: custodian.name.clone(), public: custodian.public.clone() };
        let sealed = self.shared.secrets()?.seal(&place(custodian.id.as_str(), access, "out"), &secret)?;
        sqlx::query("UPDATE custodian SET state = 'out', left_at = $1, sealed = $2 WHERE id = $3")
            .bind(micros(self.now))
            .bind(sealed)
            .bind(custodian.id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
