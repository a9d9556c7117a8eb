//! All rows as one file that either database can be filled from: zstd of JSON lines. A line
//! with a table's name and columns, then its rows as lists (numbers, texts, bytes in base64);
//! at the end how many there were of each, so that a file that was cut off is known.

use crate::storage::{
    database::{self, ColumnKind, Connection, Kind, Pool, Sql, Table},
    error::StoreError,
    vault::disk_error,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

pub(super) type Counts = BTreeMap<String, u64>;

const FORMAT: &str = "gatehouse-rows/1";
const LEVEL: i32 = 3;
/// One line: a row, of which the largest holds a long notice.
const LONGEST_LINE: u64 = 256 << 20;
/// Rows of one INSERT.
const TOGETHER: usize = 100;
/// The row of `meta` that is carried apart, since each database has another place for it.
pub(super) const STORE_KEY: &str = "store-key.age";

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Format { format: String },
    Table { table: String, columns: Vec<String> },
    End { end: Counts },
    Row(Vec<Value>),
}

/// Writes every row as of one moment, while others go on writing. Returns the counts and
/// the file's SHA-256.
pub(super) async fn write(readers: &Pool, kind: Kind, path: &Path) -> Result<(Counts, [u8; 32]), StoreError> {
    let disk = |e: io::Error| disk_error(&e);
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(disk)?;
    let mut out = zstd::Encoder::new(Hashing { inner: BufWriter::new(file), hash: Sha256::new() }, LEVEL)
        .map_err(disk)?;
    let mut moment = database::moment(readers, kind).await?;
    line(&mut out, &Line::Format { format: FORMAT.into() })?;
    let mut counts = Counts::new();
    for table in database::tables(&mut moment).await? {
        let columns = table.columns.iter().map(|c| c.name.clone()).collect();
        line(&mut out, &Line::Table { table: table.name.clone(), columns })?;
        let mut count = 0;
        let sql = select(&table);
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *moment);
        while let Some(row) = rows.next().await {
            line(&mut out, &Line::Row(values(&table, &row?)?))?;
            count += 1;
        }
        counts.insert(table.name, count);
    }
    line(&mut out, &Line::End { end: counts.clone() })?;
    let Hashing { inner, hash } = out.finish().map_err(disk)?;
    let file = inner.into_inner().map_err(|e| disk_error(e.error()))?;
    file.sync_all().map_err(disk)?;
    Ok((counts, hash.finalize().into()))
}

fn select(table: &Table) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let apart = if table.name == "meta" { format!(" WHERE name <> '{STORE_KEY}'") } else { String::new() };
    format!("SELECT {} FROM {}{apart}", columns.join(", "), table.name)
}

fn values(table: &Table, row: &AnyRow) -> Result<Vec<Value>, StoreError> {
    let value = |(i, kind): (usize, ColumnKind)| {
        Ok(match kind {
            ColumnKind::Number => row.try_get::<Option<i64>, _>(i)?.map_or(Value::Null, Value::from),
            ColumnKind::Text => row.try_get::<Option<String>, _>(i)?.map_or(Value::Null, Value::from),
            ColumnKind::Bytes => row
                .try_get::<Option<Vec<u8>>, _>(i)?
                .map_or(Value::Null, |bytes| BASE64_STANDARD.encode(bytes).into()),
        })
    };
    table.columns.iter().map(|c| c.kind).enumerate().map(value).collect()
}

fn line(out: &mut impl Write, value: &Line) -> Result<(), StoreError> {
    let mut text = serde_json::to_vec(value).map_err(|e| StoreError::Us(e.to_string()))?;
    text.push(b'\n');
    out.write_all(&text).map_err(|e| disk_error(&e))
}

/// Goes through the lines of a file.
struct Lines {
    input: BufReader<zstd::Decoder<'static, BufReader<fs::File>>>,
    text: Vec<u8>,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let file = fs::File::open(path).map_err(|e| disk_error(&e))?;
        let input = BufReader::new(zstd::Decoder::new(file).map_err(|e| disk_error(&e))?);
        let mut lines = Self { input, text: Vec::new() };
        match lines.next()? {
            Some(Line::Format { format }) if format == FORMAT => Ok(lines),
            Some(Line::Format { .. }) => Err(bad("is of another edition of Gatehouse")),
            _ => Err(bad("is no file of rows")),
        }
    }

    fn next(&mut self) -> Result<Option<Line>, StoreError> {
        self.text.clear();
        let mut bounded = self.input.by_ref().take(LONGEST_LINE);
        let read = bounded.read_until(b'\n', &mut self.text).map_err(|_| bad("is damaged"))?;
        match read {
            0 => Ok(None),
            _ => serde_json::from_slice(&self.text)
                .map(Some)
                .map_err(|_| bad("has a line that cannot be read")),
        }
    }
}

fn bad(what: &str) -> StoreError {
    StoreError::Backup(format!("the file of rows {what}"))
}

/// What `object` says of one object that must be in the vault.
pub(super) struct Named {
    pub(super) path: String,
    pub(super) sha256: Vec<u8>,
    pub(super) kept_at: i64,
}

/// Calls `see` for each object of a file of rows that was not purged.
pub(super) async fn objects(
    path: &Path,
    mut see: impl AsyncFnMut(Named) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut lines = Lines::open(path)?;
    let mut places: Option<[usize; 5]> = None;
    while let Some(line) = lines.next()? {
        match line {
            Line::Table { table, columns } if table == "object" => {
                let at = |name: &str| columns.iter().position(|c| c == name);
                let all = ["path", "object_sha256", "kept_at", "purged_at", "unwanted_at"].map(at);
                let [Some(a), Some(b), Some(c), Some(d), Some(e)] = all else {
                    return Err(bad("lacks columns of objects"));
                };
                places = Some([a, b, c, d, e]);
            }
            Line::Table { .. } => places = None,
            Line::Row(row) => {
                let Some([path, sha256, kept_at, purged, unwanted]) = places else { continue };
                let cell = |at: usize| row.get(at).unwrap_or(&Value::Null);
                if !cell(purged).is_null() || !cell(unwanted).is_null() {
                    continue;
                }
                let text = |at| cell(at).as_str().ok_or_else(|| bad("has an object that cannot be read"));
                let sha256 = BASE64_STANDARD.decode(text(sha256)?).map_err(|_| bad("is damaged"))?;
                let kept_at = cell(kept_at).as_i64().unwrap_or_default();
                see(Named { path: text(path)?.to_owned(), sha256, kept_at }).await?;
            }
            Line::Format { .. } | Line::End { .. } => {}
        }
    }
    Ok(())
}

/// Calls `see` with the path of every object that the rows know, purged ones too.
pub(super) fn paths(path: &Path, mut see: impl FnMut(&str)) -> Result<(), StoreError> {
    let mut lines = Lines::open(path)?;
    let mut place = None;
    while let Some(line) = lines.next()? {
        match line {
            Line::Table { table, columns } => {
                place = columns.iter().position(|column| table == "object" && column == "path");
            }
            Line::Row(row) => {
                if let Some(path) = place.and_then(|at| row.get(at)).and_then(Value::as_str) {
                    see(path);
                }
            }
            Line::Format { .. } | Line::End { .. } => {}
        }
    }
    Ok(())
}

/// Fills empty tables within the caller's transaction. Fails on a file that is not whole, and
/// on tables and columns that this edition does not know.
pub(super) async fn read(conn: &mut Connection, path: &Path) -> Result<Counts, StoreError> {
    let tables = database::tables(&mut *conn).await?;
    let mut lines = Lines::open(path)?;
    let mut into: Option<Filling> = None;
    let mut counts = Counts::new();
    while let Some(line) = lines.next()? {
        match line {
            Line::Row(row) => {
                let filling = into.as_mut().ok_or_else(|| bad("has a row of no table"))?;
                *counts.entry(filling.table.clone()).or_default() += 1;
                filling.add(conn, row).await?;
            }
            Line::Table { table, columns } => {
                if let Some(filling) = &mut into {
                    filling.flush(conn).await?;
                }
                counts.insert(table.clone(), 0);
                into = Some(Filling::new(&tables, table, &columns)?);
            }
            Line::End { end } => {
                if let Some(filling) = &mut into {
                    filling.flush(conn).await?;
                }
                if end != counts || lines.next()?.is_some() {
                    return Err(bad("is not whole"));
                }
                database::count_on(conn).await?;
                return Ok(counts);
            }
            Line::Format { .. } => return Err(bad("begins twice")),
        }
    }
    Err(bad("is cut off"))
}

/// Rows on their way into one table.
struct Filling {
    table: String,
    columns: Vec<(String, ColumnKind)>,
    rows: Vec<Vec<Value>>,
}

impl Filling {
    fn new(tables: &[Table], table: String, columns: &[String]) -> Result<Self, StoreError> {
        let newer = || bad("has a table or column that this edition of Gatehouse does not know");
        let known = tables.iter().find(|t| t.name == table).ok_or_else(newer)?;
        let kind = |name: &String| {
            let column = known.columns.iter().find(|c| c.name == *name).ok_or_else(newer)?;
            Ok((name.clone(), column.kind))
        };
        Ok(Self {
            columns: columns.iter().map(kind).collect::<Result<_, StoreError>>()?,
            table,
            rows: Vec::new(),
        })
    }

    async fn add(&mut self, conn: &mut Connection, row: Vec<Value>) -> Result<(), StoreError> {
        if row.len() != self.columns.len() {
            return Err(bad("has a row of another length than its table"));
        }
        self.rows.push(row);
        if self.rows.len() >= TOGETHER { self.flush(conn).await } else { Ok(()) }
    }

    async fn flush(&mut self, conn: &mut Connection) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        // Names are those of our own tables, compared with them above.
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut sql = Sql::new(format!("INSERT INTO {} ({}) VALUES ", self.table, names.join(", ")));
        for (n, row) in self.rows.drain(..).enumerate() {
            sql.push(if n == 0 { "(" } else { ", (" });
            for (i, (value, (_, kind))) in row.into_iter().zip(&self.columns).enumerate() {
                if i > 0 {
                    sql.push(", ");
                }
                bind(&mut sql, value, *kind)?;
            }
            sql.push(")");
        }
        sql.build().execute(conn).await?;
        Ok(())
    }
}

fn bind(sql: &mut Sql, value: Value, kind: ColumnKind) -> Result<(), StoreError> {
    let wrong = || bad("has a value of another kind than its column");
    match (kind, value) {
        (ColumnKind::Number, Value::Null) => sql.push_bind(None::<i64>),
        (ColumnKind::Number, value) => sql.push_bind(Some(value.as_i64().ok_or_else(wrong)?)),
        (ColumnKind::Text, Value::Null) => sql.push_bind(None::<String>),
        (ColumnKind::Text, Value::String(text)) => sql.push_bind(Some(text)),
        (ColumnKind::Bytes, Value::Null) => sql.push_bind(None::<Vec<u8>>),
        (ColumnKind::Bytes, Value::String(text)) => {
            sql.push_bind(Some(BASE64_STANDARD.decode(text).map_err(|_| wrong())?))
        }
        _ => return Err(wrong()),
    };
    Ok(())
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// SHA-256 of a file.
pub(super) fn sha256_of(path: &Path) -> Result<[u8; 32], StoreError> {
    let mut hash = Hashing { inner: io::sink(), hash: Sha256::new() };
    let mut file = fs::File::open(path).map_err(|e| disk_error(&e))?;
    io::copy(&mut file, &mut hash).map_err(|e| disk_error(&e))?;
    Ok(hash.hash.finalize().into())
}
