//! A conversation: records that name each other's Message-ID. It is shown for one parent
//! at a time, since what the other parent wrote to the same teacher about the same child
//! may well belong to the same thread (practice.md, A10).

use super::{
    FiledAs, not_found, person_hash,
    summary::{COLUMNS, MOST, RecordSummary, Row, summaries},
};
use crate::{
    parties::PersonId,
    storage::{
        cannot::Cannot,
        database::Sql,
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::RecordId,
        purpose::Why,
        store::Store,
    },
};
use std::collections::BTreeSet;

/// Steps from answer to answer; a mail program names nearly all of a thread in each message.
const STEPS: usize = 16;

impl Store {
    /// The records of one thread in order of time, only those in which `parent` stands.
    /// Without one the record must be filed under a single parent, or under none.
    pub async fn records_thread(
        &self,
        id: &RecordId,
        parent: Option<&PersonId>,
        actor: &Actor,
        why: &Why,
    ) -> Result<Vec<RecordSummary>, StoreError> {
        let secrets = self.secrets()?;
        let school: Option<String> =
            sqlx::query_scalar("SELECT school FROM record WHERE id = $1 AND state = 'kept'")
                .bind(id.as_str())
                .fetch_optional(&self.readers)
                .await?;
        let school = school.ok_or_else(|| not_found(id))?;
        let parents: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT person_hash FROM record_person WHERE record = $1 AND filed_as = $2 ORDER BY person_hash",
        )
        .bind(id.as_str())
        .bind(FiledAs::Parent.name())
        .fetch_all(&self.readers)
        .await?;
        let parent = match (parent.map(|p| person_hash(secrets, p)), parents.as_slice()) {
            (Some(wanted), all) if all.contains(&wanted) => Some(wanted),
            (Some(_), _) => return Err(StoreError::NotAllowed(Cannot::ThreadOfOther)),
            (None, []) => None,
            (None, [one]) => Some(one.clone()),
            (None, _) => {
                return Err(StoreError::NotAllowed(Cannot::ThreadOfSeveral));
            }
        };
        let members = self.thread_members(id, parent.as_deref(), &school).await?;
        let mut sql = Sql::new(COLUMNS);
        sql.push(" AND r.id IN ").push_row(|list| {
            for member in &members {
                list.bind(member.as_str());
            }
        });
        sql.push(" ORDER BY r.received_at, r.n");
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        let event = LedgerEvent::new(Event::RecordsSearched)
            .school(&crate::mail::SchoolId(school.into()))
            .about(id.as_str())
            .with("found", rows.len() as i64)
            .looked(why);
        self.ledger(actor, event).await?;
        let mut conn = self.readers.acquire().await?;
        summaries(&mut conn, rows).await
    }

    /// Goes from the record to all that share a Message-ID with it, and from those on,
    /// through this parent's records alone.
    async fn thread_members(
        &self,
        id: &RecordId,
        parent: Option<&[u8]>,
        school: &str,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut members = BTreeSet::from([id.to_string()]);
        let mut newest: Vec<String> = members.iter().cloned().collect();
        for _ in 0..STEPS {
            let mut sql = Sql::new(
                "SELECT DISTINCT b.record FROM record_link a JOIN record_link b ON b.link_hash = a.link_hash
                 JOIN record r ON r.id = b.record WHERE r.state = 'kept' AND r.school = ",
            );
            sql.push_bind(school.to_owned()).push(" AND a.record IN ").push_row(|list| {
                for record in &newest {
                    list.bind(record.as_str());
                }
            });
            if let Some(parent) = parent {
                sql.push(" AND b.record IN (SELECT record FROM record_person WHERE filed_as = 'parent' AND person_hash = ");
                sql.push_bind(parent.to_vec()).push(")");
            }
            sql.push(" LIMIT ").push_bind(i64::from(MOST));
            let found: Vec<String> = sql.build_query_scalar().fetch_all(&self.readers).await?;
            newest = found.into_iter().filter(|r| !members.contains(r)).collect();
            newest.truncate((MOST as usize).saturating_sub(members.len()));
            if newest.is_empty() {
                break;
            }
            members.extend(newest.iter().cloned());
        }
        Ok(members)
    }
}
