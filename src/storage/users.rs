//! Users and their offices as they are kept. A user is a person with a key of their own; an
//! office is given for a time, asked for by one and, where the rules say so, approved by
//! another. Who may ask and approve is for the caller (`authority`); that it is another
//! person is seen to here.

use super::{
    database::{micros, time},
    error::StoreError,
    keys::PublicKey,
    ledger::{Actor, Event, LedgerEvent},
    names::{AccountId, GrantId},
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::{
    authority::{Approval, Grant, Office, Scope},
    mail::{Address, SchoolId},
    parties::PersonId,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Somebody who gets a key registered. At least one of person and address says who.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewUser {
    /// In the directory.
    pub person: Option<PersonId>,
    pub address: Option<Address>,
    /// `age1...`; its private half stays with the person.
    pub public_key: String,
}

/// An office that is asked for.
#[derive(Clone)]
pub struct NewGrant {
    pub account: AccountId,
    pub office: Office,
    pub scope: Scope,
    /// Now when missing.
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// In the asker's own words; encrypted.
    pub reason: String,
    pub approval: Approval,
}

#[derive(Clone)]
pub struct KeptUser {
    pub id: AccountId,
    pub who: NewUser,
    pub added_at: DateTime<Utc>,
    pub grants: Vec<KeptGrant>,
}

/// A grant with its life so far. Acts carry random ids of the ledger.
#[derive(Clone)]
pub struct KeptGrant {
    pub id: GrantId,
    pub account: AccountId,
    pub grant: Grant,
    pub genuine: Genuine,
    /// Empty where it is not genuine.
    pub reason: String,
    pub asked: (String, DateTime<Utc>),
    pub approved: Option<(String, DateTime<Utc>)>,
    pub revoked: Option<(String, DateTime<Utc>)>,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("`{0}` is no age recipient (age1...)")]
    NoKey(String),
    #[error("this key is registered already: each user has a key of their own")]
    KeyTaken,
    #[error("this person is registered already")]
    PersonTaken,
    #[error("{MOST} users are registered already")]
    TooMany,
    #[error("a reason of 3 to {MOST_LETTERS} letters is needed")]
    Reason,
    #[error("its end must lie in the future and after its beginning")]
    Backwards,
    #[error("it is approved already")]
    Approved,
    #[error("it was revoked")]
    Revoked,
    #[error("whoever asked for it cannot approve it: another must")]
    OwnRequest,
    #[error("the ledger has forgotten who asked for it, so nobody can be told from them: ask again")]
    Forgotten,
    #[error(
        "somebody else than the gate changed it, so it counts for nothing: `gatehouse ledger verify`, and tell the head"
    )]
    Changed,
    #[error("nobody approves an office for themselves")]
    OwnCase,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for UserError {
    fn from(e: sqlx::Error) -> Self {
        Self::Store(e.into())
    }
}

const MOST: usize = 2_000;
const MOST_LETTERS: usize = 2_000;

/// Who it is stays out of logs.
impl fmt::Debug for KeptUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptUser({}, {} grants)", self.id, self.grants.len())
    }
}

impl KeptUser {
    /// As the ledger knows this user.
    pub fn actor(&self) -> Actor {
        match &self.who.person {
            Some(person) => Actor::Person(person.clone()),
            None => Actor::Account(self.id.as_str().into()),
        }
    }
}

/// Whether a row says what the gate wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genuine {
    Yes,
    /// Somebody else changed it: it counts for nothing.
    No,
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: String,
    account: String,
    office: String,
    school: Option<String>,
    from_at: i64,
    until_at: Option<i64>,
    asked_at: i64,
    asked_by: String,
    approved_at: Option<i64>,
    approved_by: Option<String>,
    revoked_at: Option<i64>,
    revoked_by: Option<String>,
    sealed: Vec<u8>,
}

impl GrantRow {
    /// Where the reason lies encrypted: under everything that the row says, so that it opens only as
    /// long as nobody but the gate has changed a word of it.
    fn place(&self) -> String {
        let GrantRow { id, account, office, school, from_at, until_at, .. } = self;
        let acts = [
            (Some(self.asked_at), Some(&self.asked_by)),
            (self.approved_at, self.approved_by.as_ref()),
            (self.revoked_at, self.revoked_by.as_ref()),
        ];
        format!("grant/{}", serde_json::json!([id, account, office, school, from_at, until_at, acts]))
    }

    fn reason(&self, secrets: &Secrets) -> Option<String> {
        secrets.open(&self.place(), &self.sealed).ok()
    }

    fn read(self, secrets: &Secrets) -> Result<KeptGrant, StoreError> {
        let unknown = || StoreError::Damaged("an office that this version does not know".into());
        let act = |by: Option<String>, at: Option<i64>| by.zip(at.map(time));
        let (genuine, reason) = match self.reason(secrets) {
            Some(reason) => (Genuine::Yes, reason),
            None => (Genuine::No, String::new()),
        };
        let stand_in = (genuine == Genuine::No).then_some(Office::Guest);
        Ok(KeptGrant {
            genuine,
            reason,
            id: GrantId::stored(self.id),
            account: AccountId::stored(self.account),
            grant: Grant {
                office: Office::named(&self.office).or(stand_in).ok_or_else(unknown)?,
                scope: self.school.map_or(Scope::Trust, |s| Scope::School(SchoolId(s.into()))),
                from: time(self.from_at),
                until: self.until_at.map(time),
                revoked: self.revoked_at.map(time),
                approval: match self.approved_at {
                    Some(_) if genuine == Genuine::Yes => Approval::Given,
                    _ => Approval::Awaited,
                },
            },
            asked: (self.asked_by, time(self.asked_at)),
            approved: act(self.approved_by, self.approved_at),
            revoked: act(self.revoked_by, self.revoked_at),
        })
    }
}

fn place(id: &str) -> String {
    format!("account/{id}")
}

impl Store {
    /// Everyone, in the order in which they came; needs the working key.
    pub async fn users(&self) -> Result<Vec<KeptUser>, StoreError> {
        let secrets = self.secrets()?;
        let rows: Vec<(String, i64, Vec<u8>)> =
            sqlx::query_as("SELECT id, added_at, sealed FROM account ORDER BY added_at, id")
                .fetch_all(&self.readers)
                .await?;
        let grants: Vec<GrantRow> = sqlx::query_as("SELECT * FROM office_grant ORDER BY asked_at, id")
            .fetch_all(&self.readers)
            .await?;
        let mut users = Vec::with_capacity(rows.len());
        for (id, added_at, sealed) in rows {
            let who = secrets.open(&place(&id), &sealed)?;
            users.push(KeptUser { id: AccountId::stored(id), who, added_at: time(added_at), grants: vec![] });
        }
        for grant in grants {
            let grant = grant.read(secrets)?;
            if let Some(user) = users.iter_mut().find(|u| u.id == grant.account) {
                user.grants.push(grant);
            }
        }
        Ok(users)
    }

    /// Whether anybody is registered or ever was; without a key. Whoever takes the rows away does not
    /// bring back the days before the first user.
    pub async fn ever_had_users(&self) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(1 AS BIGINT) FROM account
             UNION ALL SELECT CAST(1 AS BIGINT) FROM ledger WHERE event = $1 LIMIT 1",
        )
        .bind(Event::UserAdded.name())
        .fetch_optional(&self.readers)
        .await?;
        Ok(found.is_some())
    }

    /// Registers a person with a key. It gives no office by itself.
    pub async fn user_add(&self, new: NewUser, actor: &Actor) -> Result<AccountId, UserError> {
        let key: PublicKey = new.public_key.parse().map_err(|_| no_key(&new.public_key))?;
        let new = NewUser { public_key: key.to_string(), ..new };
        let known = self.users().await?;
        if known.len() >= MOST {
            return Err(UserError::TooMany);
        }
        let same = |u: &&KeptUser| {
            new.person.is_some() && u.who.person == new.person
                || new.person.is_none() && u.who.address == new.address
        };
        if known.iter().any(|u| same(&u)) {
            return Err(UserError::PersonTaken);
        }
        let secrets = self.secrets()?;
        let id = AccountId::random(&self.shared.random);
        let sealed = secrets.seal(&place(id.as_str()), &new)?;
        let hash = secrets.hash("account key", &[new.public_key.as_bytes()]);
        let (actor, named) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let added = sqlx::query(
                    "INSERT INTO account (id, key_hash, added_at, added_by, sealed) VALUES ($1,$2,$3,$4,$5)
                     ON CONFLICT (key_hash) DO NOTHING",
                )
                .bind(named.as_str())
                .bind(hash.to_vec())
                .bind(micros(tx.now))
                .bind(&by)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                if added.rows_affected() == 0 {
                    return Err(UserError::KeyTaken);
                }
                tx.append(&by, LedgerEvent::new(Event::UserAdded).about(named.as_str())).await?;
                Ok(())
            })
        })
        .await?;
        Ok(id)
    }

    /// Asks for an office, or gives it when `approval` is given. `event` says how it came about.
    pub async fn grant_ask(&self, new: NewGrant, actor: &Actor) -> Result<GrantId, UserError> {
        self.grant_with(new, actor, Event::GrantAsked).await
    }

    /// The first head or data protection officer of a school, whom the configuration names:
    /// nobody is there yet who could approve.
    pub async fn grant_bootstrap(&self, new: NewGrant, actor: &Actor) -> Result<GrantId, UserError> {
        self.grant_with(new, actor, Event::UserBootstrapped).await
    }

    async fn grant_with(&self, new: NewGrant, actor: &Actor, event: Event) -> Result<GrantId, UserError> {
        check(&new, self.now())?;
        let id = GrantId::random(&self.shared.random);
        let (actor, named) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let approved = (new.approval == Approval::Given).then(|| by.clone());
                let row = GrantRow {
                    id: named.to_string(),
                    account: new.account.to_string(),
                    office: new.office.name().to_owned(),
                    school: school_of(&new.scope).map(ToString::to_string),
                    from_at: micros(new.from.unwrap_or(tx.now)),
                    until_at: new.until.map(micros),
                    asked_at: micros(tx.now),
                    asked_by: by.clone(),
                    approved_at: approved.as_ref().map(|_| micros(tx.now)),
                    approved_by: approved.clone(),
                    revoked_at: None,
                    revoked_by: None,
                    sealed: Vec::new(),
                };
                let sealed = tx.shared.secrets()?.seal(&row.place(), &new.reason)?;
                sqlx::query(
                    "INSERT INTO office_grant (id, account, office, school, from_at, until_at, asked_at,
                     asked_by, approved_at, approved_by, sealed) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)",
                )
                .bind(&row.id)
                .bind(&row.account)
                .bind(&row.office)
                .bind(&row.school)
                .bind(row.from_at)
                .bind(row.until_at)
                .bind(row.asked_at)
                .bind(&row.asked_by)
                .bind(row.approved_at)
                .bind(&row.approved_by)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                let mut asked = LedgerEvent::new(event)
                    .about(named.as_str())
                    .with("account", new.account.to_string())
                    .with("office", new.office.name())
                    .because(Some(new.reason));
                asked.school = school_of(&new.scope).cloned();
                tx.append(&by, asked).await?;
                if approved.is_some() && event == Event::GrantAsked {
                    let mut given = LedgerEvent::new(Event::GrantApproved).about(named.as_str());
                    given.school = school_of(&new.scope).cloned();
                    tx.append(&by, given).await?;
                }
                Ok::<(), UserError>(())
            })
        })
        .await?;
        Ok(id)
    }

    /// Another person's yes.
    pub async fn grant_approve(&self, id: &GrantId, actor: &Actor, reason: &str) -> Result<(), UserError> {
        let (users, id, actor, reason) = (self.users().await?, id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let (mut row, words) = tx.grant(&id).await?;
                let by = tx.random_id(&actor).await?;
                if row.revoked_at.is_some() {
                    return Err(UserError::Revoked);
                }
                if row.approved_at.is_some() {
                    return Err(UserError::Approved);
                }
                if row.asked_by == by {
                    return Err(UserError::OwnRequest);
                }
                if !tx.is_known(&row.asked_by).await? {
                    return Err(UserError::Forgotten);
                }
                if let Some(user) = users.iter().find(|u| u.id.as_str() == row.account)
                    && tx.random_id(&user.actor()).await? == by
                {
                    return Err(UserError::OwnCase);
                }
                row.approved_at = Some(micros(tx.now));
                row.approved_by = Some(by.clone());
                tx.put_grant(&row, &words).await?;
                tx.append(&by, row.event(Event::GrantApproved).because(Some(reason))).await?;
                Ok(())
            })
        })
        .await
    }

    /// Ends an office, or takes a request back.
    pub async fn grant_revoke(&self, id: &GrantId, actor: &Actor, reason: &str) -> Result<(), UserError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let (mut row, words) = tx.grant(&id).await?;
                if row.revoked_at.is_some() {
                    return Err(UserError::Revoked);
                }
                let by = tx.random_id(&actor).await?;
                row.revoked_at = Some(micros(tx.now));
                row.revoked_by = Some(by.clone());
                tx.put_grant(&row, &words).await?;
                tx.append(&by, row.event(Event::GrantRevoked).because(Some(reason))).await?;
                Ok(())
            })
        })
        .await
    }
}

fn check(new: &NewGrant, now: DateTime<Utc>) -> Result<(), UserError> {
    if !(3..=MOST_LETTERS).contains(&new.reason.trim().chars().count()) {
        return Err(UserError::Reason);
    }
    match new.until {
        Some(end) if end <= now || new.from.is_some_and(|from| end <= from) => Err(UserError::Backwards),
        _ => Ok(()),
    }
}

fn no_key(text: &str) -> UserError {
    UserError::NoKey(text.trim().chars().take(80).collect())
}

fn school_of(scope: &Scope) -> Option<&SchoolId> {
    match scope {
        Scope::School(school) => Some(school),
        Scope::Trust => None,
    }
}

impl GrantRow {
    fn event(&self, event: Event) -> LedgerEvent {
        let mut event = LedgerEvent::new(event)
            .about(self.id.as_str())
            .with("account", self.account.clone())
            .with("office", self.office.clone());
        event.school = self.school.as_deref().map(|s| SchoolId(s.into()));
        event
    }
}

impl Tx {
    /// One grant with the words of who asked, as long as it is as the gate wrote it.
    async fn grant(&mut self, id: &GrantId) -> Result<(GrantRow, String), UserError> {
        let row: Option<GrantRow> = sqlx::query_as("SELECT * FROM office_grant WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut self.conn)
            .await?;
        let row = row.ok_or(UserError::NotFound("grant"))?;
        let reason = row.reason(self.shared.secrets()?).ok_or(UserError::Changed)?;
        Ok((row, reason))
    }

    /// Writes what has become of a grant, with the asker's words sealed under it anew.
    async fn put_grant(&mut self, row: &GrantRow, words: &str) -> Result<(), StoreError> {
        let sealed = self.shared.secrets()?.seal(&row.place(), &words)?;
        sqlx::query(
            "UPDATE office_grant SET approved_at = $1, approved_by = $2, revoked_at = $3, revoked_by = $4,
             sealed = $5 WHERE id = $6",
        )
        .bind(row.approved_at)
        .bind(&row.approved_by)
        .bind(row.revoked_at)
        .bind(&row.revoked_by)
        .bind(sealed)
        .bind(&row.id)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }
}
