//! What is asked for, and the tokens that must be there.

use super::{
    Correspondent, english,
    fresh::{filed_token, person_token, token},
    searchable::Family,
    segment::{Entry, ID, Kind, Token},
    welsh,
    words::{self, Enough},
};
use crate::{
    mail::SchoolId,
    parties::PersonId,
    ruleset::Category,
    storage::{
        database::{hex, micros, time, unhex},
        error::StoreError,
        items::ItemState,
        records::{FiledAs, person_hash},
        secrets::Secrets,
        store::Store,
    },
};
use chrono::{DateTime, Utc};
use std::fmt;

/// Words and people of one question.
const MOST_ASKED: usize = 32;
/// Addresses of one person.
const MOST_ADDRESSES: usize = 64;

/// All of it must hold; what is not given asks nothing.
#[derive(Clone, Default)]
pub struct Search {
    /// Words anywhere: subject, text, names, file names.
    pub words: String,
    /// Words of the subject.
    pub subject: String,
    /// Each is one of several that are the same person.
    pub from: Vec<Vec<Correspondent>>,
    pub to: Vec<Vec<Correspondent>>,
    /// From or to.
    pub with: Vec<Vec<Correspondent>>,
    /// Filed under each of these, as that or in whatever way (records).
    pub filed: Vec<(PersonId, Option<FiledAs>)>,
    /// From this moment on.
    pub since: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
    pub school: Option<SchoolId>,
    /// Of an item of quarantine.
    pub category: Option<Category>,
    /// Of an item; empty is all that lists show.
    pub states: Vec<ItemState>,
    /// Older than the last of a page.
    pub after: Option<Cursor>,
    /// At most so many, and never more than 1,000.
    pub limit: Option<u32>,
}

/// Words and people are content.
impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Search(..)")
    }
}

/// Where a page ended: time and id of what stood last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) at: i64,
    pub(super) id: [u8; ID],
}

impl Cursor {
    pub(super) fn of(entry: &Entry) -> Self {
        Self { at: entry.at, id: entry.id }
    }

    /// Of what stood last.
    pub fn time(self) -> DateTime<Utc> {
        time(self.at)
    }

    /// Where a page ended that goes no further than this one, of this time.
    pub fn at(received_at: DateTime<Utc>, id: &str) -> Option<Self> {
        Some(Self { at: micros(received_at), id: id.as_bytes().try_into().ok()? })
    }
}

/// Where a cursor that is sealed belongs.
const CURSOR: &str = "search/cursor";

impl Store {
    /// A cursor as a word that is handed to whoever asked. It is sealed: the page may have ended with
    /// something that is not there for them.
    pub fn cursor_word(&self, cursor: Cursor) -> Result<String, StoreError> {
        let plain = [&cursor.at.to_be_bytes()[..], &cursor.id].concat();
        Ok(hex(&self.secrets()?.seal_bytes(CURSOR, &plain)?))
    }

    /// `None`: that is no word of this store.
    pub fn cursor(&self, word: &str) -> Result<Option<Cursor>, StoreError> {
        let secrets = self.secrets()?;
        let plain = unhex(word.trim()).and_then(|sealed| secrets.open_bytes(CURSOR, &sealed).ok());
        Ok(plain.and_then(|plain| {
            let (at, id) = plain.split_first_chunk()?;
            Some(Cursor { at: i64::from_be_bytes(*at), id: id.try_into().ok()? })
        }))
    }
}

/// A question in tokens: of each group one must be there.
pub(super) struct Plan {
    pub(super) groups: Vec<Vec<Token>>,
    /// In microseconds, both included.
    pub(super) newest: i64,
    pub(super) oldest: i64,
    pub(super) before: Option<Cursor>,
    pub(super) kind: Kind,
    /// Alone in one of the groups.
    pub(super) kind_token: Token,
}

impl Plan {
    pub(super) fn new(search: &Search, kind: Kind, secrets: &Secrets) -> Result<Self, StoreError> {
        let mut plan = Self::within(search, kind, secrets);
        for (text, stems, radicals) in [
            (&search.words, Family::Word, Family::Radical),
            (&search.subject, Family::SubjectWord, Family::SubjectRadical),
        ] {
            let groups = word_groups(text, stems, radicals, secrets);
            if groups.is_empty() && !text.trim().is_empty() {
                return Err(StoreError::NothingToSearchFor);
            }
            plan.groups.extend(groups);
        }
        let sides = [(Family::From, &search.from), (Family::To, &search.to), (Family::With, &search.with)];
        for (family, people) in sides {
            for person in people {
                let who = person.iter().take(MOST_ADDRESSES);
                plan.groups.push(who.map(|w| person_token(secrets, family, w)).collect());
            }
        }
        for (person, filed_as) in &search.filed {
            plan.groups.push(vec![filed_token(secrets, *filed_as, &person_hash(secrets, person))]);
        }
        if plan.groups.len() > MOST_ASKED {
            return Err(StoreError::TooMuchAsked { most: MOST_ASKED });
        }
        Ok(plan)
    }

    /// Whatever lies within the question's bounds but cannot be searched whole.
    pub(super) fn in_part(search: &Search, kind: Kind, secrets: &Secrets) -> Self {
        let mut plan = Self::within(search, kind, secrets);
        plan.groups.push(vec![token(secrets, Family::InPart, &[])]);
        plan
    }

    fn within(search: &Search, kind: Kind, secrets: &Secrets) -> Self {
        let kind_token = token(secrets, Family::Kind, &[&[kind as u8]]);
        let mut groups = vec![vec![kind_token]];
        if let Some(school) = &search.school {
            groups.push(vec![token(secrets, Family::School, &[school.to_string().as_bytes()])]);
        }
        if let Some(category) = search.category {
            groups.push(vec![token(secrets, Family::Category, &[category.name().as_bytes()])]);
        }
        let until = search.until.map_or(i64::MAX, |t| micros(t).saturating_sub(1));
        Self {
            groups,
            newest: search.after.map_or(until, |after| until.min(after.at)),
            oldest: search.since.map_or(i64::MIN, micros),
            before: search.after,
            kind,
            kind_token,
        }
    }

    /// Whether an entry is of the kind and lies within the bounds of time and page.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        entry.kind == self.kind
            && (self.oldest..=self.newest).contains(&entry.at)
            && self.before.is_none_or(|before| (entry.at, entry.id) < (before.at, before.id))
    }
}

/// For each word those tokens of which one must be there: its stem, its possible Welsh radicals,
/// and for a part of a compound the compound as a whole (`e-mail` finds `email`).
fn word_groups(text: &str, stems: Family, radicals: Family, secrets: &Secrets) -> Vec<Vec<Token>> {
    let alternatives = |word: &str| {
        let stem = token(secrets, stems, &[english::stem(word).as_bytes()]);
        let radicals = welsh::radicals(word).into_iter().map(|r| token(secrets, radicals, &[r.as_bytes()]));
        std::iter::once(stem).chain(radicals).collect::<Vec<_>>()
    };
    let mut groups: Vec<Vec<Token>> = Vec::new();
    words::compounds(&crate::extraction::normalise(text).text, |parts, whole| {
        let asked: Vec<Vec<Token>> = match parts {
            [] if words::is_word(whole) => vec![alternatives(whole)],
            parts => parts.iter().map(|part| [alternatives(part), alternatives(whole)].concat()).collect(),
        };
        for mut group in asked {
            group.sort_unstable();
            group.dedup();
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        if groups.len() <= MOST_ASKED { Enough::No } else { Enough::Yes }
    });
    groups
}

/// What the ledger knows of a question: the same question has the same mark.
pub(super) fn mark(plan: &Plan, secrets: &Secrets) -> String {
    let mut groups: Vec<&Vec<Token>> = plan.groups.iter().collect();
    groups.sort_unstable();
    let mut bytes: Vec<u8> = Vec::new();
    for group in groups {
        bytes.extend_from_slice(&(group.len() as u64).to_be_bytes());
        group.iter().for_each(|token| bytes.extend_from_slice(&token.to_be_bytes()));
    }
    let bounds = [plan.oldest.to_be_bytes(), plan.newest.to_be_bytes()].concat();
    hex(&secrets.hash("question", &[&bytes, &bounds])[..8])
}
