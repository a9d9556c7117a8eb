//! How a set changes: somebody joins or leaves, and a new epoch begins in the same commit.

use super::{Custodian, Custodians, Secret, named, place, publics};
use crate::storage::{
    access::{Access, Class},
    database::{hex, micros},
    epochs::digest_of,
    error::{CustodianError, StoreError},
    keys::PublicKey,
    ledger::{Actor, Event, LedgerEvent},
    names::CustodianId,
    store::Store,
    writer::Tx,
};

/// A set is wrapped for as a whole, by hand in the worst case.
const MOST: usize = 32;
const LONGEST_NAME: usize = 200;

impl Store {
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
                    .with("holders", hex(&digest_of(&holders)))
                    .because(Some(reason));
                event.school = access.school().cloned();
                tx.append(&actor, event).await?;
                tx.begin_epoch(candidate).await?;
                Ok(())
            })
        })
        .await
    }
}

enum Change {
    Join(Custodian),
    Leave(Custodian),
}

impl Tx {
    /// Fails when the set is no longer the one that something was wrapped for: nobody who has
    /// just left gets in by a process that looked a moment before.
    pub(in crate::storage) async fn still_held_by(
        &mut self,
        access: &Access,
        holders: &[u8],
    ) -> Result<(), StoreError> {
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
