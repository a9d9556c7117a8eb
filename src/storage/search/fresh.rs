//! What is kept becomes findable in the same commit: one encrypted row for each document, which
//! waits there until a segment takes it up ([`super::tidy`]).

use super::{
    Searchable,
    searchable::{Correspondent, Family},
    segment::{Directory, ENTRIES, Entry, Kind, NUMBERS, Token, blank, entries},
};
use crate::{
    mail::SchoolId,
    ruleset::Category,
    storage::{error::StoreError, records::FiledAs, secrets::Secrets, writer::Tx},
};

/// Rows grow in steps of so many bytes, so that their length tells little.
const STEP: usize = 512;

/// What is said of a document besides its message.
pub(crate) struct Facets<'a> {
    pub(crate) kind: Kind,
    pub(crate) id: &'a str,
    pub(crate) at: i64,
    pub(crate) school: &'a SchoolId,
    pub(crate) category: Option<Category>,
    /// As what and under whom (`records::person_hash`) a record is filed.
    pub(crate) filed: Vec<(FiledAs, &'a [u8])>,
}

/// A row of `search_fresh`.
pub(crate) struct FreshRow {
    id: String,
    at: i64,
    sealed: Vec<u8>,
}

impl FreshRow {
    pub(crate) fn prepare(
        searchable: &Searchable,
        facets: &Facets<'_>,
        secrets: &Secrets,
    ) -> Result<Self, StoreError> {
        Self::with(searchable, facets, std::iter::empty(), secrets)
    }

    /// The same with further tokens.
    pub(super) fn with(
        searchable: &Searchable,
        facets: &Facets<'_>,
        further: impl Iterator<Item = Token>,
        secrets: &Secrets,
    ) -> Result<Self, StoreError> {
        let mut tokens = tokens(searchable, facets, secrets);
        tokens.extend(further);
        tokens.sort_unstable();
        tokens.dedup();
        let fresh = Fresh { entry: Entry::new(facets.kind, facets.at, facets.id)?, tokens };
        let sealed = secrets.seal_bytes(&place(facets.id), &fresh.write())?;
        Ok(Self { id: facets.id.to_owned(), at: facets.at, sealed })
    }
}

fn tokens(searchable: &Searchable, facets: &Facets<'_>, secrets: &Secrets) -> Vec<Token> {
    let mut tokens = vec![
        token(secrets, Family::Kind, &[&[facets.kind as u8]]),
        token(secrets, Family::School, &[facets.school.to_string().as_bytes()]),
    ];
    if let Some(category) = facets.category {
        tokens.push(token(secrets, Family::Category, &[category.name().as_bytes()]));
    }
    for (filed_as, person) in &facets.filed {
        tokens.push(filed_token(secrets, Some(*filed_as), person));
        tokens.push(filed_token(secrets, None, person));
    }
    // Of a suspected illegal image nothing but kind, time and roles is shown to anyone (practice.md, A3).
    if facets.category != Some(Category::FileIllegalImage) {
        if searchable.in_part {
            tokens.push(token(secrets, Family::InPart, &[]));
        }
        tokens.extend(searchable.terms.iter().map(|(f, text)| token(secrets, *f, &[text.as_bytes()])));
        for (family, people) in [(Family::From, &searchable.from), (Family::To, &searchable.to)] {
            for who in people {
                tokens.push(person_token(secrets, family, who));
                tokens.push(person_token(secrets, Family::With, who));
            }
        }
    }
    tokens
}

/// The keyed hash of a term, truncated: even whoever opens the index needs a word to find a word.
pub(super) fn token(secrets: &Secrets, family: Family, parts: &[&[u8]]) -> Token {
    let mut all = vec![family.letter()];
    all.extend_from_slice(parts);
    let [a, b, c, d, e, f, g, h, ..] = secrets.hash("search", &all);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Filed under a person, as something or in whatever way.
pub(super) fn filed_token(secrets: &Secrets, filed_as: Option<FiledAs>, person: &[u8]) -> Token {
    token(secrets, Family::Filed, &[filed_as.map_or("", FiledAs::name).as_bytes(), person])
}

pub(super) fn person_token(secrets: &Secrets, family: Family, who: &Correspondent) -> Token {
    match who {
        // Of the hash that other tables have, so that it can be made again from those.
        Correspondent::Address(address) => token(secrets, family, &[b"address", &secrets.address(address)]),
        Correspondent::Person(id) => token(secrets, family, &[b"person", id.0.as_bytes()]),
    }
}

/// A document with its tokens, sorted.
pub(super) struct Fresh {
    pub(super) entry: Entry,
    pub(super) tokens: Vec<Token>,
}

impl Fresh {
    fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.tokens.len() * 8 + STEP);
        self.entry.write(&mut out);
        out.extend_from_slice(&(self.tokens.len() as u32).to_le_bytes());
        self.tokens.iter().for_each(|t| out.extend_from_slice(&t.to_le_bytes()));
        out.resize(out.len().next_multiple_of(STEP), 0);
        out
    }

    pub(super) fn open(secrets: &Secrets, id: &str, sealed: &[u8]) -> Result<Self, StoreError> {
        let plain = secrets.open_bytes(&place(id), sealed)?;
        let read = || {
            let entry = Entry::read(&plain)?;
            let mut left = plain.get(Entry::LENGTH..)?;
            let count = u32::from_le_bytes(*left.split_first_chunk()?.0) as usize;
            left = left.get(4..)?;
            let tokens = left.chunks_exact(8).take(count).filter_map(|b| b.try_into().ok());
            let tokens: Vec<Token> = tokens.map(u64::from_le_bytes).collect();
            (tokens.len() == count).then_some(Self { entry, tokens })
        };
        read().ok_or_else(|| StoreError::Damaged(format!("the index of {id} cannot be read")))
    }
}

fn place(id: &str) -> String {
    format!("search/fresh/{id}")
}

pub(super) fn chunk_place(id: i64) -> String {
    format!("search/chunk/{id}")
}

pub(super) fn segment_place(id: i64) -> String {
    format!("search/segment/{id}")
}

impl Tx {
    pub(crate) async fn make_searchable(&mut self, row: &FreshRow) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO search_fresh (id, at, sealed) VALUES ($1, $2, $3)")
            .bind(&row.id)
            .bind(row.at)
            .bind(&row.sealed)
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Takes a document out of the index. What nobody has confirmed lies in its own row, which is
    /// gone with this commit. In a segment it loses its name now, and its words when the
    /// segment is written anew ([`crate::storage::Store::search_tidy`]).
    pub(crate) async fn forget_searchable(&mut self, id: &str, at: i64) -> Result<(), StoreError> {
        let gone =
            sqlx::query("DELETE FROM search_fresh WHERE id = $1").bind(id).execute(&mut self.conn).await?;
        if gone.rows_affected() > 0 {
            return Ok(());
        }
        let segments: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT id, sealed FROM search_segment WHERE state = 'live' AND oldest <= $1 AND newest >= $1",
        )
        .bind(at)
        .fetch_all(&mut self.conn)
        .await?;
        for (segment, sealed) in segments {
            let secrets = self.shared.secrets()?;
            let directory = Directory::read(&secrets.open_bytes(&segment_place(segment), &sealed)?);
            let directory = directory.ok_or_else(|| super::damaged(segment))?;
            // The chunk that begins at or before this time, and those that begin with it.
            let first = directory.times.partition_point(|t| *t > at).saturating_sub(1);
            let end = directory.times.partition_point(|t| *t >= at);
            for number in first..end.max(first + 1).min(directory.times.len()) {
                if self.blank_entry(segment, number, id).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn blank_entry(&mut self, segment: i64, number: usize, id: &str) -> Result<bool, StoreError> {
        let chunk = segment * NUMBERS + number as i64;
        let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM search_chunk WHERE id = $1")
            .bind(chunk)
            .fetch_one(&mut self.conn)
            .await?;
        let secrets = self.shared.secrets()?;
        let mut plain = secrets.open_bytes(&chunk_place(chunk), &sealed)?;
        let Some(index) = entries(&plain).take(ENTRIES).position(|e| e.id() == id) else { return Ok(false) };
        blank(&mut plain, index);
        let sealed = secrets.seal_bytes(&chunk_place(chunk), &plain)?;
        sqlx::query("UPDATE search_chunk SET sealed = $1 WHERE id = $2")
            .bind(sealed)
            .bind(chunk)
            .execute(&mut self.conn)
            .await?;
        sqlx::query("UPDATE search_segment SET blanks = blanks + 1 WHERE id = $1")
            .bind(segment)
            .execute(&mut self.conn)
            .await?;
        Ok(true)
    }
}
