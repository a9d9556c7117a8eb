//! Custodians: the people who open what is kept for a class of access of a school. The set
//! is named in the store; until one is, `[keys] records` stands for the records of every
//! school. A change of the set begins a new epoch in the same commit.

mod change;

use super::{
    access::{Access, Class},
    database::{Executor, time},
    error::StoreError,
    keys::PublicKey,
    names::CustodianId,
    secrets::Secrets,
    store::Store,
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
