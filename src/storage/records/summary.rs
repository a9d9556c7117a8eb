//! What lists show of records; they are found by `search`.

use super::FiledAs;
use crate::{
    mail::{SchoolId, TransactionId},
    parties::{Direction, Role},
    storage::{
        database::{Connection, Sql, hex, named, time},
        error::StoreError,
        names::RecordId,
    },
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// What can be seen of a record without a custodian's key.
#[derive(Clone, Debug)]
pub struct RecordSummary {
    pub id: RecordId,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub direction: Direction,
    pub roles: Vec<Role>,
    /// Of parents, children and staff that it is filed under, how many.
    pub parents: u32,
    pub children: u32,
    pub staff: u32,
    /// Children of whom it is not certain that it is about them.
    pub not_certain: u32,
    pub attachments: u32,
    pub bytes: u64,
    /// SHA-256 of the message, hex.
    pub sha256: String,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    school: String,
    transaction_id: String,
    received_at: i64,
    direction: String,
    attachments: i64,
    bytes: i64,
    sha256: Vec<u8>,
}

pub(super) const COLUMNS: &str = "SELECT r.id, r.school, r.transaction_id, r.received_at, r.direction,
    r.attachments, o.bytes, o.sha256 FROM record r JOIN object o ON o.id = r.object WHERE r.state = 'kept'";

const DIRECTIONS: [Direction; 3] = [Direction::Inbound, Direction::Outbound, Direction::Internal];
/// Most records of one answer.
pub(super) const MOST: u32 = 1_000;
/// Records whose particulars are read with one statement.
const TOGETHER: usize = 500;

/// What belongs to them is read for many at once: a page has hundreds.
pub(super) async fn summaries(
    conn: &mut Connection,
    rows: Vec<Row>,
) -> Result<Vec<RecordSummary>, StoreError> {
    let (mut roles, mut filed) = (HashMap::new(), HashMap::new());
    for rows in rows.chunks(TOGETHER) {
        let found = of_records(conn, "SELECT record, role, role FROM record_party", rows).await?;
        found.into_iter().for_each(|(id, role, _)| roles.entry(id).or_insert_with(Vec::new).push(role));
        let found = of_records(conn, "SELECT record, filed_as, certainty FROM record_person", rows).await?;
        found.into_iter().for_each(|(id, f, c)| filed.entry(id).or_insert_with(Vec::new).push((f, c)));
    }
    let summary = |row: Row| {
        let roles = roles.remove(&row.id).unwrap_or_default();
        let filed = filed.remove(&row.id).unwrap_or_default();
        record_summary(row, roles, &filed)
    };
    rows.into_iter().map(summary).collect()
}

/// Those of these records that count, in no order.
pub(in crate::storage) async fn records_named(
    conn: &mut Connection,
    ids: &[String],
) -> Result<Vec<RecordSummary>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" AND r.id IN ").push_list(ids);
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *conn).await?;
    summaries(conn, rows).await
}

async fn of_records(
    conn: &mut Connection,
    select: &'static str,
    rows: &[Row],
) -> Result<Vec<(String, String, String)>, StoreError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut sql = Sql::new(select);
    sql.push(" WHERE record IN ").push_list(&ids);
    Ok(sql.build_query_as().fetch_all(conn).await?)
}

fn record_summary(
    row: Row,
    mut roles: Vec<String>,
    filed: &[(String, String)],
) -> Result<RecordSummary, StoreError> {
    roles.sort_unstable();
    let count = |kind: FiledAs| filed.iter().filter(|(f, _)| f == kind.name()).count() as u32;
    let damaged = |_| StoreError::Damaged(format!("record {} cannot be read", row.id));
    Ok(RecordSummary {
        transaction: row.transaction_id.parse().map_err(damaged)?,
        school: SchoolId(row.school.into()),
        received_at: time(row.received_at),
        direction: named(&DIRECTIONS, Direction::name, &row.direction)?,
        roles: roles.iter().map(|r| named(&Role::ALL, Role::name, r)).collect::<Result<_, _>>()?,
        parents: count(FiledAs::Parent),
        children: count(FiledAs::Child),
        staff: count(FiledAs::Staff),
        not_certain: filed.iter().filter(|(_, c)| c != "certain").count() as u32,
        attachments: u32::try_from(row.attachments).unwrap_or(u32::MAX),
        bytes: row.bytes.unsigned_abs(),
        sha256: hex(&row.sha256),
        id: RecordId::stored(row.id),
    })
}
