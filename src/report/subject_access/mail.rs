//! Mail: records filed under the person, messages that waited or wait which the person sent, was sent
//! or holds, and whatever of both only names the person, found through the search index and then read.

use super::{Asked, Content, Piece, Pieces, add, why};
use crate::{
    authority::{self, Case},
    report::{letter::Letter, redact::Named},
    storage::{
        Certainty, Concern, Correspondent, Eyes, FiledAs, ItemDetail, ItemId, ItemKind, ItemState,
        ItemSummary, PieceNote, RecordLook, RecordSummary, Search, StoreError,
    },
};
use std::collections::BTreeSet;

const RECORD: &str = "Record of mail with a parent";
/// One page of a search.
const PAGE: u32 = 1_000;

/// Whether something within the bounds could not be searched whole.
pub(super) async fn gather(asked: &Asked<'_>, found: &mut Pieces) -> Result<bool, StoreError> {
    let filed = Search { filed: vec![(asked.subject.id().clone(), None)], ..asked.search() };
    let mut in_part = false;
    for (search, relation) in std::iter::once((filed, Relation::Theirs)).chain(asked.questions()) {
        in_part |= asked.records(&search, relation, found).await?;
    }
    for id in asked.with.store.items_with(asked.subject.id(), &asked.addresses()).await? {
        asked.item(&id, Relation::Theirs, found).await?;
    }
    for (search, relation) in asked.questions() {
        in_part |= asked.items(&search, relation, found).await?;
    }
    Ok(in_part)
}

/// How a message came to be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// They sent it, were sent it, or it is filed under them.
    Theirs,
    /// A search found words that may be their name.
    Found,
}

impl Asked<'_> {
    fn search(&self) -> Search {
        Search { school: Some(self.with.school.id.clone()), limit: Some(PAGE), ..Search::default() }
    }

    /// By correspondent, then by each form of name.
    fn questions(&self) -> impl Iterator<Item = (Search, Relation)> {
        let who = self.addresses().into_iter().map(Correspondent::Address);
        let who = who.chain([Correspondent::Person(self.subject.id().clone())]).collect();
        let with = Search { with: vec![who], ..self.search() };
        let names = self.spotter.searches().into_iter();
        let named = names.map(|words| (Search { words, ..self.search() }, Relation::Found));
        std::iter::once((with, Relation::Theirs)).chain(named)
    }

    async fn records(
        &self,
        search: &Search,
        relation: Relation,
        found: &mut Pieces,
    ) -> Result<bool, StoreError> {
        let (mut search, mut in_part) = (search.clone(), false);
        loop {
            let page = self.with.store.search_records(&search, &|_| true, self.with.actor, &why()).await;
            let page = match page {
                // A name of one letter is in no index.
                Err(StoreError::NothingToSearchFor) => return Ok(in_part),
                page => page?,
            };
            in_part |= page.in_part;
            for record in &page.hits {
                self.record(record, relation, found).await?;
            }
            let Some(after) = page.after else { return Ok(in_part) };
            search.after = Some(after);
        }
    }

    async fn record(
        &self,
        summary: &RecordSummary,
        relation: Relation,
        found: &mut Pieces,
    ) -> Result<(), StoreError> {
        let id = &summary.id;
        let key = format!("record/{id}");
        if found.contains_key(&key) {
            return Ok(());
        }
        let case = self.with.store.record_case(id).await?;
        let people = self.with.directory.people().map(|p| p.id());
        let (store, custodian, actor) = (self.with.store, self.with.custodian, self.with.actor);
        const LOOK: RecordLook = RecordLook::Gathered;
        if !(self.with.sees)(&case) {
            return match relation {
                Relation::Theirs => add(found, unopened(key, summary.received_at, RECORD, self.eyes(&case))),
                // Whether it speaks of them could be told only by reading it.
                Relation::Found => Ok(()),
            };
        }
        let record = store.record_export(id, custodian, actor, LOOK, &why(), people).await?;
        let letter = Letter::read(&record.raw);
        let Some(mut concerns) = self.looked_at(&letter, relation) else { return Ok(()) };
        let me = self.subject.id();
        let others = record.filed.iter().any(|f| f.filed_as == FiledAs::Child && f.person != *me);
        let guess = record.filed.iter().any(|f| f.person == *me && f.certainty == Certainty::NotCertain);
        if others || guess {
            concerns.insert(Concern::OtherChildren);
        }
        let note = PieceNote { key, at: record.received_at, concerns, eyes: self.eyes(&case) };
        add(found, Piece { note, source: RECORD, content: Content::Letter(letter.into()) })
    }

    /// What a letter gives rise to; `None` when it does not speak of them after all.
    fn looked_at(&self, letter: &Letter, relation: Relation) -> Option<BTreeSet<Concern>> {
        let mut concerns = self.concerns_of(letter);
        if relation == Relation::Found {
            let text =
                [&letter.subject, &letter.from, &letter.to, &letter.cc, &letter.text].map(String::as_str);
            let files: Vec<&str> = letter.files.iter().map(|f| f.name.as_str()).collect();
            match self.spotter.names_subject(&[&text[..], &files[..]].concat().join("\n")) {
                Named::No => return None,
                Named::Perhaps => drop(concerns.insert(Concern::NotCertain)),
                Named::Surely => {}
            }
        }
        Some(concerns)
    }

    async fn items(
        &self,
        search: &Search,
        relation: Relation,
        found: &mut Pieces,
    ) -> Result<bool, StoreError> {
        let states = ItemState::ALL.into_iter();
        let states = states
            .filter(|s| !matches!(s, ItemState::Provisional | ItemState::Dropped | ItemState::Purged))
            .collect();
        let (mut search, mut in_part) = (Search { states, ..search.clone() }, false);
        loop {
            let page = self.with.store.search_quarantine(&search, &|_| true, self.with.actor, &why()).await;
            let page = match page {
                Err(StoreError::NothingToSearchFor) => return Ok(in_part),
                page => page?,
            };
            in_part |= page.in_part;
            for item in &page.hits {
                self.item(&item.id, relation, found).await?;
            }
            let Some(after) = page.after else { return Ok(in_part) };
            search.after = Some(after);
        }
    }

    async fn item(&self, id: &ItemId, relation: Relation, found: &mut Pieces) -> Result<(), StoreError> {
        let key = format!("item/{id}");
        if found.contains_key(&key) {
            return Ok(());
        }
        let (summary, case) = self.with.store.item_case(id).await?;
        if summary.school != self.with.school.id {
            return Ok(());
        }
        let source = match summary.kind {
            ItemKind::Hold => "Message held for its sender",
            ItemKind::Quarantine => "Message held for review",
            ItemKind::Grace => "Message delayed for its sender",
        };
        let eyes = self.eyes(&case);
        if let Some(barred) = barred(&summary, &case) {
            let mut piece = unopened(key, summary.received_at, source, eyes);
            piece.note.concerns = BTreeSet::from([barred]);
            // What cannot be read is theirs when they wrote or got it, not when a word may be their name.
            return if relation == Relation::Theirs { add(found, piece) } else { Ok(()) };
        }
        if summary.kind == ItemKind::Quarantine && !(self.with.sees)(&case) {
            let piece = unopened(key, summary.received_at, source, eyes);
            return if relation == Relation::Theirs { add(found, piece) } else { Ok(()) };
        }
        let detail = self.with.store.item(id, self.with.actor, why()).await?;
        // A hold is its sender's business (practice.md, A5).
        let own = detail.owner.as_ref().is_some_and(|o| o.person == *self.subject.id());
        if summary.kind != ItemKind::Quarantine && !own {
            return Ok(());
        }
        let raw = match self.with.store.raw(id, self.with.actor, why()).await {
            Ok(raw) => raw,
            Err(StoreError::MayHoldImage) => {
                let mut piece = unopened(key, summary.received_at, source, eyes);
                piece.note.concerns = BTreeSet::from([Concern::Sealed]);
                return add(found, piece);
            }
            Err(e) => return Err(e),
        };
        let letter = Letter::read(&raw);
        let Some(mut concerns) = self.looked_at(&letter, relation) else { return Ok(()) };
        concerns.extend(of_item(&summary, &detail));
        let note = PieceNote { key, at: summary.received_at, concerns, eyes };
        add(found, Piece { note, source, content: Content::Letter(letter.into()) })
    }
}

fn unopened(key: String, at: chrono::DateTime<chrono::Utc>, source: &'static str, eyes: Eyes) -> Piece {
    let note = PieceNote { key, at, concerns: BTreeSet::new(), eyes };
    Piece { note, source, content: Content::Unopened }
}

/// What nobody opens (practice.md, A3 and A6).
fn barred(item: &ItemSummary, case: &Case) -> Option<Concern> {
    if case.thing == authority::Thing::Sealed {
        return Some(Concern::Sealed);
    }
    let protected = item.kind == ItemKind::Quarantine && case.matter == authority::Matter::Protected;
    protected.then_some(Concern::Protected)
}

fn of_item(item: &ItemSummary, detail: &ItemDetail) -> BTreeSet<Concern> {
    let mut concerns = BTreeSet::new();
    let abuse = |name: &str| {
        matches!(
            name,
            "harm.self-harm"
                | "harm.sexual"
                | "harm.threat"
                | "harm.extremism"
                | "harm.violence"
                | "personal-data.safeguarding"
        ) || name.starts_with("contact.")
            || name.starts_with("file.illegal")
    };
    let graves = detail.findings.iter().map(|f| f.category).chain([item.category]);
    if graves.into_iter().any(|category| abuse(category.name())) {
        concerns.insert(Concern::Abuse);
    }
    if item.kind == ItemKind::Quarantine && matches!(item.state, ItemState::Open | ItemState::Escalated) {
        concerns.insert(Concern::Undecided);
    }
    concerns
}
