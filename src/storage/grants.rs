//! Offices as they are kept: given to a user for a time, asked for by one and, where the rules
//! say so, approved by another. Who may ask and approve is for the caller (`authority`); that it
//! is another person is seen to here.

use super::{
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{AccountId, GrantId},
    secrets::Secrets,
    store::Store,
    users::UserError,
    writer::Tx,
};
use crate::{
    authority::{Approval, Grant, Office, Scope},
    mail::SchoolId,
};
use chrono::{DateTime, Utc};

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

/// Whether a row says what the gate wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genuine {
    Yes,
    /// Somebody else changed it: it counts for nothing.
    No,
}

pub(super) const MOST_LETTERS: usize = 2_000;

#[derive(sqlx::FromRow)]
pub(super) struct GrantRow {
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

    pub(super) fn read(self, secrets: &Secrets) -> Result<KeptGrant, StoreError> {
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

    fn event(&self, event: Event) -> LedgerEvent {
        let mut event = LedgerEvent::new(event)
            .about(self.id.as_str())
            .with("account", self.account.clone())
            .with("office", self.office.clone());
        event.school = self.school.as_deref().map(|s| SchoolId(s.into()));
        event
    }
}

impl Store {
    /// Asks for an office, or gives it when `approval` is given.
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

fn school_of(scope: &Scope) -> Option<&SchoolId> {
    match scope {
        Scope::School(school) => Some(school),
        Scope::Trust => None,
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
