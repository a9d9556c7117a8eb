//! What tables there are, as the database itself says: for backups and moves, which carry
//! whatever the migrations have made.

use super::{Connection, Kind, StoreError};
use sqlx::AssertSqlSafe;

/// What a column holds; there are no other kinds (CONTRIBUTING.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Number,
    Text,
    Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    refers_to: Vec<String>,
}

const NAMES: [&str; 2] = [
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
     AND name <> '_sqlx_migrations' ORDER BY name",
    "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations'
     ORDER BY 1",
];
const COLUMNS: [&str; 2] = [
    "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
    "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
];
const REFERENCES: [&str; 2] = [
    "SELECT \"table\" FROM pragma_foreign_key_list($1)",
    "SELECT CAST(f.relname AS TEXT) FROM pg_constraint c
     JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
     WHERE c.contype = 'f' AND t.relname = $1 AND t.relnamespace = CAST(current_schema() AS regnamespace)",
];

/// Whether there is a table of this name.
pub(crate) async fn has_table(conn: &mut Connection, name: &str) -> Result<bool, StoreError> {
    let which = usize::from(Kind::of(conn) == Kind::Postgres);
    let names: Vec<String> = sqlx::query_scalar(NAMES[which]).fetch_all(&mut *conn).await?;
    Ok(names.iter().any(|known| known == name))
}

/// Every table of ours; what refers to another comes after it.
pub(crate) async fn tables(conn: &mut Connection) -> Result<Vec<Table>, StoreError> {
    let which = usize::from(Kind::of(conn) == Kind::Postgres);
    let names: Vec<String> = sqlx::query_scalar(NAMES[which]).fetch_all(&mut *conn).await?;
    let mut waiting = Vec::new();
    for name in names {
        let columns: Vec<(String, String)> =
            sqlx::query_as(COLUMNS[which]).bind(&name).fetch_all(&mut *conn).await?;
        let refers_to: Vec<String> =
            sqlx::query_scalar(REFERENCES[which]).bind(&name).fetch_all(&mut *conn).await?;
        let columns = columns.into_iter().map(|(name, kind)| Ok(Column { kind: kind_of(&kind)?, name }));
        waiting.push(Table { columns: columns.collect::<Result<_, StoreError>>()?, refers_to, name });
    }
    in_order(waiting)
}

fn kind_of(word: &str) -> Result<ColumnKind, StoreError> {
    match word.to_ascii_lowercase().as_str() {
        "bigint" | "integer" => Ok(ColumnKind::Number),
        "text" => Ok(ColumnKind::Text),
        "blob" | "bytea" => Ok(ColumnKind::Bytes),
        _ => Err(StoreError::Us("a table has a column of an unknown kind".into())),
    }
}

fn in_order(mut waiting: Vec<Table>) -> Result<Vec<Table>, StoreError> {
    let mut done: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|table| {
            let there = |other: &String| *other == table.name || done.iter().any(|d| d.name == *other);
            table.refers_to.iter().all(there)
        });
        if ready.is_empty() {
            return Err(StoreError::Us("tables refer to each other in a circle".into()));
        }
        done.extend(ready);
        waiting = rest;
    }
    Ok(done)
}

/// After rows came with their numbers, new ones are counted on from there.
pub(crate) async fn count_on(conn: &mut Connection) -> Result<(), StoreError> {
    if Kind::of(conn) == Kind::Sqlite {
        return Ok(());
    }
    let counted: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
         WHERE table_schema = current_schema() AND is_identity = 'YES'",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (table, column) in counted {
        let sql = format!(
            "SELECT CAST(setval(pg_get_serial_sequence('{table}', '{column}'),
                                (SELECT COALESCE(MAX({column}), 0) + 1 FROM {table}), false) AS BIGINT)"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
    }
    Ok(())
}
