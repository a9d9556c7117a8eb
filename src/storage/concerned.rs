//! Whom something concerns: parties, accused, supervisors, by keyed hashes of person and
//! address, so that a list can be filtered without a clear address (practice.md, A4).
//! What concerns a transaction concerns every item and record of it.

use super::{
    database::{Sql, named},
    error::StoreError,
    items::{ItemKind, ItemState, ItemSummary},
    names::{ItemId, RecordId},
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::{
    authority::{Case, Face, Gravity, Matter, Scope, SenderMay, State, Thing},
    mail::{Address, Envelope, SchoolId},
    parties::PersonId,
    ruleset::{Category, Severity},
};
use std::collections::HashMap;

/// What somebody is to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Involvement {
    /// Wrote, got or was shown it.
    Party,
    /// A person said so.
    Accused,
    /// The machine guesses so; hides like `Accused` until a person has judged it.
    Proposed,
    /// Supervises the class or group account that it was written from.
    Supervisor,
    /// It was handed over to them.
    Assigned,
    /// Whom it is about.
    Subject,
}

impl Involvement {
    const ALL: [Self; 6] =
        [Self::Party, Self::Accused, Self::Proposed, Self::Supervisor, Self::Assigned, Self::Subject];
    pub fn name(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Accused => "accused",
            Self::Proposed => "proposed",
            Self::Supervisor => "supervisor",
            Self::Assigned => "assigned",
            Self::Subject => "subject",
        }
    }
}

/// Whom a transaction concerns, and what its items are about. Everyone of the envelope is a
/// party without being named here.
#[derive(Clone, Default)]
pub struct Concerned {
    pub people: Vec<(PersonId, Involvement)>,
    pub addresses: Vec<(Address, Involvement)>,
    /// What is not here is a concern.
    pub matters: Vec<(ItemId, Matter)>,
}

/// The same as rows.
pub(super) struct ConcernedRows {
    faces: Vec<([u8; 32], Involvement)>,
    matters: Vec<(ItemId, Matter)>,
}

/// Rows in one statement; with three values each far below every database's bound.
const AT_ONCE: usize = 200;

impl Secrets {
    pub(super) fn face(&self, person: &PersonId) -> [u8; 32] {
        self.hash("face", &[person.0.as_bytes()])
    }
}

impl ConcernedRows {
    pub(super) fn prepare(concerned: Concerned, envelope: &Envelope, secrets: &Secrets) -> Self {
        let recipients = envelope.recipients.iter().map(|r| &r.address);
        let of_envelope =
            recipients.chain(envelope.sender.address()).map(|a| (secrets.address(a), Involvement::Party));
        let addresses = concerned.addresses.iter().map(|(a, part)| (secrets.address(a), *part));
        let people = concerned.people.iter().map(|(p, part)| (secrets.face(p), *part));
        let mut faces: Vec<_> = of_envelope.chain(addresses).chain(people).collect();
        faces.sort_unstable_by_key(|(face, part)| (*face, part.name()));
        faces.dedup();
        Self { faces, matters: concerned.matters }
    }

    pub(super) async fn insert(&self, tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
        tx.insert_faces(subject, &self.faces).await?;
        for (item, matter) in &self.matters {
            sqlx::query(
                "INSERT INTO matter (subject, matter) VALUES ($1, $2) ON CONFLICT (subject) DO NOTHING",
            )
            .bind(item.as_str())
            .bind(matter.name())
            .execute(&mut tx.conn)
            .await?;
        }
        Ok(())
    }
}

impl Tx {
    pub(super) async fn insert_faces(
        &mut self,
        subject: &str,
        faces: &[([u8; 32], Involvement)],
    ) -> Result<(), StoreError> {
        for some in faces.chunks(AT_ONCE) {
            let mut sql = Sql::new("INSERT INTO concerned (subject, face, part) VALUES ");
            for (n, (face, part)) in some.iter().enumerate() {
                sql.push(if n == 0 { "" } else { ", " });
                sql.push_row(|row| {
                    row.bind(subject.to_owned()).bind(face.to_vec()).bind(part.name());
                });
            }
            sql.push(" ON CONFLICT (subject, face, part) DO NOTHING");
            sql.build().execute(&mut self.conn).await?;
        }
        Ok(())
    }

    /// Hands a thing over: to whom it was handed before has it no longer.
    pub(super) async fn assign(&mut self, subject: &str, takers: &[Face]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM concerned WHERE subject = $1 AND part = $2")
            .bind(subject)
            .bind(Involvement::Assigned.name())
            .execute(&mut self.conn)
            .await?;
        let faces: Vec<_> = takers.iter().map(|face| (face.0, Involvement::Assigned)).collect();
        self.insert_faces(subject, &faces).await
    }
}

/// Those concerned by one thing.
#[derive(Clone, Debug, Default)]
pub struct Faces {
    pub parties: Vec<Face>,
    pub accused: Vec<Face>,
    pub proposed: Vec<Face>,
    pub supervisors: Vec<Face>,
    pub assigned: Vec<Face>,
    pub subject: Vec<Face>,
}

impl Faces {
    fn add(&mut self, face: Face, part: Involvement) {
        match part {
            Involvement::Party => self.parties.push(face),
            Involvement::Accused => self.accused.push(face),
            Involvement::Proposed => self.proposed.push(face),
            Involvement::Supervisor => self.supervisors.push(face),
            Involvement::Assigned => self.assigned.push(face),
            Involvement::Subject => self.subject.push(face),
        }
    }

    pub fn join(&mut self, other: &Self) {
        self.parties.extend(&other.parties);
        self.accused.extend(&other.accused);
        self.proposed.extend(&other.proposed);
        self.supervisors.extend(&other.supervisors);
        self.assigned.extend(&other.assigned);
        self.subject.extend(&other.subject);
    }

    /// Into the case of a thing.
    pub fn fill(self, case: &mut Case) {
        case.parties = self.parties;
        case.accused = self.accused;
        case.proposed = self.proposed;
        case.supervisors = self.supervisors;
        case.assigned = self.assigned;
        case.subject = self.subject;
    }
}

fn read_face(bytes: &[u8]) -> Result<Face, StoreError> {
    bytes.try_into().map(Face).map_err(|_| StoreError::Damaged("a keyed hash is too short".into()))
}

impl Store {
    /// The faces of one human being: all ids in the directory, all addresses.
    pub fn faces<'a>(
        &self,
        people: impl IntoIterator<Item = &'a PersonId>,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) -> Result<Vec<Face>, StoreError> {
        let secrets = self.secrets()?;
        let people = people.into_iter().map(|p| Face(secrets.face(p)));
        Ok(people.chain(addresses.into_iter().map(|a| Face(secrets.address(a)))).collect())
    }

    /// Whom each of these subjects (ids of transactions, items, records, incidents) concerns;
    /// who is accused in an incident is accused in what belongs to it.
    pub async fn concerned(&self, subjects: &[String]) -> Result<HashMap<String, Faces>, StoreError> {
        let mut all: HashMap<String, Faces> = HashMap::new();
        for some in subjects.chunks(AT_ONCE) {
            let mut sql = Sql::new("SELECT subject, face, part FROM concerned WHERE subject IN ");
            sql.push_row(|list| {
                some.iter().for_each(|subject| {
                    list.bind(subject.clone());
                });
            });
            let rows: Vec<(String, Vec<u8>, String)> = sql.build_query_as().fetch_all(&self.readers).await?;
            for (subject, face, part) in rows {
                let part = named(&Involvement::ALL, Involvement::name, &part)?;
                all.entry(subject).or_default().add(read_face(&face)?, part);
            }
            for (subject, face, part) in self.accused_in_incidents(some).await? {
                all.entry(subject).or_default().add(face, part);
            }
        }
        Ok(all)
    }

    /// The facts of items that say who may do what to them, in the same order.
    pub async fn item_cases(&self, items: &[ItemSummary]) -> Result<Vec<Case>, StoreError> {
        let ids = items.iter().flat_map(|i| [i.id.to_string(), i.transaction.to_string()]);
        let concerned = self.concerned(&ids.collect::<Vec<_>>()).await?;
        let matters = self.matters(items).await?;
        let owners = self.owners(items).await?;
        items
            .iter()
            .map(|item| {
                let mut case = Case::new(thing(item), Scope::School(item.school.clone()));
                let mut faces = Faces::default();
                for subject in [item.id.to_string(), item.transaction.to_string()] {
                    concerned.get(&subject).into_iter().for_each(|more| faces.join(more));
                }
                faces.fill(&mut case);
                case.matter = matters.get(item.id.as_str()).copied().unwrap_or(Matter::Concern);
                case.owner = owners.get(item.id.as_str()).copied().into_iter().collect();
                case.gravity = match item.severity {
                    Severity::Critical => Gravity::Gravest,
                    _ => Gravity::Ordinary,
                };
                if item.sender_may_release {
                    case.sender_may = SenderMay::Release;
                }
                if !matches!(item.state, ItemState::Open | ItemState::Escalated | ItemState::Provisional) {
                    case.state = State::Decided;
                }
                Ok(case)
            })
            .collect()
    }

    /// The facts of records of these schools and transactions, in the same order. Who is accused in an
    /// item of the same message is accused in its record.
    pub async fn record_cases(&self, of: &[(SchoolId, String)]) -> Result<Vec<Case>, StoreError> {
        let subjects: Vec<String> = of.iter().map(|(_, transaction)| transaction.clone()).collect();
        let mut concerned = self.concerned(&subjects).await?;
        let items = self.items_of(&subjects).await?;
        let of_items: Vec<String> = items.iter().map(|item| item.id.to_string()).collect();
        let mut named = self.concerned(&of_items).await?;
        for item in items {
            let Some(Faces { accused, proposed, .. }) = named.remove(item.id.as_str()) else { continue };
            let also = Faces { accused, proposed, ..Faces::default() };
            concerned.entry(item.transaction.to_string()).or_default().join(&also);
        }
        let case = |(school, transaction): &(SchoolId, String)| {
            let mut case = Case::new(Thing::Record, Scope::School(school.clone()));
            concerned.get(transaction).cloned().unwrap_or_default().fill(&mut case);
            case
        };
        Ok(of.iter().map(case).collect())
    }

    /// The facts of one record.
    pub async fn record_case(&self, id: &RecordId) -> Result<Case, StoreError> {
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT school, transaction_id FROM record WHERE id = $1 AND state = 'kept'")
                .bind(id.as_str())
                .fetch_optional(&self.readers)
                .await?;
        let missing = || StoreError::NotFound { what: "record", id: id.to_string() };
        let (school, transaction) = row.ok_or_else(missing)?;
        let cases = self.record_cases(&[(SchoolId(school.into()), transaction)]).await?;
        cases.into_iter().next().ok_or_else(missing)
    }

    /// The facts of one item.
    pub async fn item_case(&self, id: &ItemId) -> Result<(ItemSummary, Case), StoreError> {
        let summary = self.item_summary(id).await?;
        let case = self.item_cases(std::slice::from_ref(&summary)).await?;
        let missing = || StoreError::Us("an item has no facts".into());
        Ok((summary, case.into_iter().next().ok_or_else(missing)?))
    }

    async fn matters(&self, items: &[ItemSummary]) -> Result<HashMap<String, Matter>, StoreError> {
        let mut all = HashMap::new();
        for some in items.chunks(AT_ONCE) {
            let mut sql = Sql::new("SELECT subject, matter FROM matter WHERE subject IN ");
            sql.push_row(|list| {
                some.iter().for_each(|item| {
                    list.bind(item.id.to_string());
                });
            });
            let rows: Vec<(String, String)> = sql.build_query_as().fetch_all(&self.readers).await?;
            for (subject, matter) in rows {
                let unknown = || StoreError::Damaged("a matter that this version does not know".into());
                all.insert(subject, Matter::named(&matter).ok_or_else(unknown)?);
            }
        }
        Ok(all)
    }

    async fn owners(&self, items: &[ItemSummary]) -> Result<HashMap<String, Face>, StoreError> {
        let mut all = HashMap::new();
        for some in items.chunks(AT_ONCE) {
            let mut sql = Sql::new("SELECT id, owner_hash FROM item WHERE owner_hash IS NOT NULL AND id IN ");
            sql.push_row(|list| {
                some.iter().for_each(|item| {
                    list.bind(item.id.to_string());
                });
            });
            let rows: Vec<(String, Vec<u8>)> = sql.build_query_as().fetch_all(&self.readers).await?;
            for (id, face) in rows {
                all.insert(id, read_face(&face)?);
            }
        }
        Ok(all)
    }
}

fn thing(item: &ItemSummary) -> Thing {
    match item.kind {
        _ if item.state.is_sealed() => Thing::Sealed,
        ItemKind::Quarantine if item.category == Category::FileIllegalImage => Thing::Sealed,
        ItemKind::Quarantine => Thing::Quarantined,
        _ => Thing::Hold,
    }
}
