//! What rows of the ledger belong to: a row about a job, an alert, an object or a legal hold is
//! one about the message behind it, and is hidden from whom that is hidden (practice.md, A4).

use super::about::about;
use crate::{
    authority::{Case, Matter, Scope, Thing},
    mail::SchoolId,
    storage::{database::Sql, error::StoreError, store::Store},
};
use std::collections::HashMap;

/// What one row is about, and at which school.
#[derive(Clone, Debug)]
pub struct RowSubjects {
    pub row: u64,
    pub school: Option<SchoolId>,
    /// Its subject, its transaction, and what its details name.
    pub about: Vec<String>,
}

/// Subjects in one statement.
const AT_ONCE: usize = 100;
/// Where an id (first) leads to another (second).
const WAYS: [(&str, &str, &str); 10] = [
    ("outbox", "id", "transaction_id"),
    ("outbox", "id", "item"),
    ("alert", "id", "transaction_id"),
    ("release", "id", "item"),
    ("record", "id", "transaction_id"),
    ("breach", "id", "transaction_id"),
    ("item", "object", "transaction_id"),
    ("record", "object", "transaction_id"),
    ("incident_link", "object", "incident"),
    ("legal_hold", "id", "subject"),
];

impl Store {
    /// The transactions, items and incidents to which these subjects belong, by subject.
    pub async fn belongs(&self, subjects: &[String]) -> Result<HashMap<String, Vec<String>>, StoreError> {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for some in subjects.chunks(AT_ONCE) {
            let mut sql = Sql::new("");
            for (n, (table, from, to)) in WAYS.into_iter().enumerate() {
                sql.push(if n == 0 { "SELECT " } else { " UNION ALL SELECT " });
                sql.push(from).push(", ").push(to).push(" FROM ").push(table).push(" WHERE ").push(to);
                sql.push(" IS NOT NULL AND ").push(from).push(" IN ");
                sql.push_row(|list| {
                    for id in some {
                        list.bind(id.clone());
                    }
                });
            }
            let rows: Vec<(String, String)> = sql.build_query_as().fetch_all(&self.readers).await?;
            for (subject, of) in rows {
                all.entry(subject).or_default().push(of);
            }
        }
        Ok(all)
    }

    /// Of these transactions those with an item that not every officer may know of: an
    /// allegation or misuse, as cases of the message log.
    pub async fn grave_log_cases(&self, transactions: &[String]) -> Result<Vec<(String, Case)>, StoreError> {
        let mut cases = Vec::new();
        for some in transactions.chunks(AT_ONCE) {
            let mut sql = Sql::new(
                "SELECT i.transaction_id, i.school, x.matter FROM item i JOIN matter x ON x.subject = i.id
                 WHERE x.matter IN ('allegation', 'misuse') AND i.transaction_id IN ",
            );
            sql.push_row(|list| {
                for id in some {
                    list.bind(id.clone());
                }
            });
            let rows: Vec<(String, String, String)> = sql.build_query_as().fetch_all(&self.readers).await?;
            for (transaction, school, matter) in rows {
                let mut case = Case::new(Thing::LogEntry, Scope::School(SchoolId(school.into())));
                case.matter = Matter::named(&matter).unwrap_or(Matter::Allegation);
                cases.push((transaction, case));
            }
        }
        Ok(cases)
    }

    /// What the next rows are about, in order; none are left when there is none.
    pub async fn ledger_subjects(&self, after: u64, limit: u32) -> Result<Vec<RowSubjects>, StoreError> {
        type Row = (i64, Option<String>, Option<String>, Option<String>, String);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, school, subject, transaction_id, details FROM ledger WHERE n > $1 ORDER BY n LIMIT $2",
        )
        .bind(after.cast_signed())
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        let one = |(n, school, subject, transaction, details): Row| RowSubjects {
            row: n.unsigned_abs(),
            school: school.map(|s| SchoolId(s.into())),
            about: about(subject, transaction, &details),
        };
        Ok(rows.into_iter().map(one).collect())
    }
}
