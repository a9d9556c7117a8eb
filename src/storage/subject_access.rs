//! Requests of people for what is held on them (PD-12): what was gathered, what makes a piece
//! doubtful, and what the data protection officer and the safeguarding lead ruled on it. Two
//! people rule on each doubtful piece and on the whole; before that nothing is given out.

use super::{
    database::{Sql, micros, named, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{ItemId, SubjectAccessId},
    store::Store,
};
use crate::{
    mail::{Address, SchoolId},
    parties::PersonId,
};
use chrono::{DateTime, Months, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const MOST: i64 = 1_000;
/// Article 12(3): one month.
const MONTHS: Months = Months::new(1);
/// The key of the ruling on the request as a whole.
pub const WHOLE: &str = "request";

/// Why a piece is not given out before two people have looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Child abuse data (Data Protection Act 2018, schedule 3, part 5).
    Abuse,
    /// A solicitor, union or other protected correspondent.
    Privilege,
    /// It is also about other children.
    OtherChildren,
    /// A parent asks about a child who may well decide alone.
    ChildsRights,
    /// It may hold an image of a child: it is sealed, and nobody here opens it.
    Sealed,
}

impl Concern {
    /// In general words, as a cover sheet says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Abuse => "information about the protection of a child",
            Self::Privilege => "correspondence with a protected adviser",
            Self::OtherChildren => "information that is also about other children",
            Self::ChildsRights => "information over which a child may decide alone",
            Self::Sealed => "a sealed item",
        }
    }
}

/// One thing that was gathered, without its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PieceNote {
    /// `record/ID`, `item/ID`, `log`.
    pub key: String,
    pub at: DateTime<Utc>,
    pub concerns: BTreeSet<Concern>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RulingOffice {
    DataProtection,
    Lead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectRuling {
    Include,
    Withhold,
}

impl RulingOffice {
    pub const ALL: [Self; 2] = [Self::DataProtection, Self::Lead];
    pub fn name(self) -> &'static str {
        match self {
            Self::DataProtection => "data-protection",
            Self::Lead => "lead",
        }
    }
}

impl SubjectRuling {
    pub const ALL: [Self; 2] = [Self::Include, Self::Withhold];
    pub fn name(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Withhold => "withhold",
        }
    }
}

/// Who asks for what is held on `person`; encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub struct Asked {
    pub person: PersonId,
    /// `None`: the person.
    pub by: Option<PersonId>,
    pub pieces: Vec<PieceNote>,
    /// Concerns about the request as a whole.
    pub concerns: BTreeSet<Concern>,
}

/// A ruling with who gave it (a random id) and why.
#[derive(Clone, Debug)]
pub struct Ruled {
    pub piece: String,
    pub office: RulingOffice,
    pub ruling: SubjectRuling,
    pub by: String,
    pub at: DateTime<Utc>,
    pub words: String,
}

#[derive(Clone)]
pub struct SubjectAccess {
    pub id: SubjectAccessId,
    pub school: SchoolId,
    pub made_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub asked: Asked,
    pub rulings: Vec<Ruled>,
}

impl SubjectAccess {
    /// The keys of the pieces that go out; or what is still to be ruled.
    pub fn ready(&self) -> Result<BTreeSet<&str>, Vec<String>> {
        let of = |piece: &str, office| {
            self.rulings.iter().find(|r| r.piece == piece && r.office == office).map(|r| r.ruling)
        };
        let both = |piece: &str| RulingOffice::ALL.map(|office| of(piece, office));
        let mut open = Vec::new();
        let mut going = BTreeSet::new();
        let mut needs = |piece: &str| {
            for (office, ruling) in RulingOffice::ALL.into_iter().zip(both(piece)) {
                if ruling.is_none() {
                    open.push(format!("{piece}: {}", office.name()));
                }
            }
            both(piece) == [Some(SubjectRuling::Include); 2]
        };
        let whole = needs(WHOLE);
        for piece in &self.asked.pieces {
            let included = piece.concerns.is_empty() || needs(&piece.key);
            // What is sealed is not opened whatever anybody rules (practice.md, A3).
            if whole && included && !piece.concerns.contains(&Concern::Sealed) {
                going.insert(piece.key.as_str());
            }
        }
        if open.is_empty() { Ok(going) } else { Err(open) }
    }
}

type Row = (String, String, i64, i64, Option<i64>, Vec<u8>);

impl Store {
    /// Notes what was gathered. Nothing of it is kept but which pieces there are.
    pub async fn subject_access_make(
        &self,
        school: &SchoolId,
        asked: Asked,
        actor: &Actor,
    ) -> Result<SubjectAccessId, StoreError> {
        let id = SubjectAccessId::random(&self.shared.random);
        let secrets = self.secrets()?;
        let hash = secrets.hash("filed", &[asked.person.0.as_bytes()]).to_vec();
        let sealed = secrets.seal(&format!("subject-access/{id}"), &asked)?;
        let (made, actor, school) = (id.clone(), actor.clone(), school.clone());
        let pieces = asked.pieces.len() as i64;
        self.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let due = tx.now.checked_add_months(MONTHS).unwrap_or(tx.now);
                sqlx::query(
                    "INSERT INTO subject_access (id, state, school, person_hash, made_at, due_at, sealed)
                     VALUES ($1,'open',$2,$3,$4,$5,$6)",
                )
                .bind(made.as_str())
                .bind(school.to_string())
                .bind(hash)
                .bind(micros(tx.now))
                .bind(micros(due))
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                let event = LedgerEvent::new(Event::SubjectAccessMade)
                    .school(&school)
                    .about(made.as_str())
                    .with("pieces", pieces);
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await?;
        Ok(id)
    }

    /// Those that are not finished first, the oldest on top.
    pub async fn subject_accesses(&self) -> Result<Vec<SubjectAccess>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM subject_access ORDER BY state DESC, made_at LIMIT $1")
                .bind(MOST)
                .fetch_all(&self.readers)
                .await?;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            all.push(self.subject_access(&SubjectAccessId::stored(id)).await?);
        }
        Ok(all)
    }

    pub async fn subject_access(&self, id: &SubjectAccessId) -> Result<SubjectAccess, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, school, made_at, due_at, finished_at, sealed FROM subject_access WHERE id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        let (_, school, made_at, due_at, finished_at, sealed) =
            row.ok_or_else(|| StoreError::NotFound { what: "request", id: id.to_string() })?;
        let secrets = self.secrets()?;
        let rows: Vec<(String, String, String, String, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT piece, office, ruling, ruled_by, ruled_at, sealed FROM subject_access_ruling
             WHERE request = $1 ORDER BY ruled_at",
        )
        .bind(id.as_str())
        .fetch_all(&self.readers)
        .await?;
        let mut rulings = Vec::with_capacity(rows.len());
        for (piece, office, ruling, by, at, sealed) in rows {
            rulings.push(Ruled {
                office: named(&RulingOffice::ALL, RulingOffice::name, &office)?,
                ruling: named(&SubjectRuling::ALL, SubjectRuling::name, &ruling)?,
                words: secrets.open(&format!("subject-access/{id}/{piece}/{office}"), &sealed)?,
                piece,
                by,
                at: time(at),
            });
        }
        Ok(SubjectAccess {
            id: id.clone(),
            school: SchoolId(school.into()),
            made_at: time(made_at),
            due_at: time(due_at),
            finished_at: finished_at.map(time),
            asked: secrets.open(&format!("subject-access/{id}"), &sealed)?,
            rulings,
        })
    }

    /// One office's ruling on a piece, with the reason; the two are two people, and a ruling
    /// can be changed until the request is finished.
    pub async fn subject_access_rule(
        &self,
        id: &SubjectAccessId,
        piece: &str,
        office: RulingOffice,
        ruling: SubjectRuling,
        words: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let request = self.subject_access(id).await?;
        if request.finished_at.is_some() {
            return Err(StoreError::NotAllowed("this request is finished"));
        }
        if piece != WHOLE && !request.asked.pieces.iter().any(|p| p.key == piece) {
            return Err(StoreError::NotAllowed(
                "this request has no such piece: `subject-access show` lists them",
            ));
        }
        if words.trim().is_empty() {
            return Err(StoreError::NotAllowed("say why; it is kept encrypted"));
        }
        let place = format!("subject-access/{id}/{piece}/{}", office.name());
        let sealed = self.secrets()?.seal(&place, &words)?;
        let (id, piece, actor, school) = (id.to_string(), piece.to_owned(), actor.clone(), request.school);
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let other: Option<String> = sqlx::query_scalar(
                    "SELECT ruled_by FROM subject_access_ruling WHERE request = $1 AND piece = $2 AND office <> $3",
                )
                .bind(&id)
                .bind(&piece)
                .bind(office.name())
                .fetch_optional(&mut tx.conn)
                .await?;
                if other.as_ref() == Some(&by) {
                    return Err(StoreError::NotAllowed(
                        "two people rule: who spoke for the one office does not speak for the other",
                    ));
                }
                sqlx::query(
                    "INSERT INTO subject_access_ruling (request, piece, office, ruling, ruled_by, ruled_at, sealed)
                     VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (request, piece, office) DO UPDATE SET
                     ruling = excluded.ruling, ruled_by = excluded.ruled_by, ruled_at = excluded.ruled_at,
                     sealed = excluded.sealed",
                )
                .bind(&id)
                .bind(&piece)
                .bind(office.name())
                .bind(ruling.name())
                .bind(&by)
                .bind(micros(tx.now))
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                let event = LedgerEvent::new(Event::SubjectAccessRuled)
                    .school(&school)
                    .about(id)
                    .with("piece", piece)
                    .with("office", office.name())
                    .with("ruling", ruling.name());
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await
    }

    /// The ledger has the digest of what is given out before it is written.
    pub async fn subject_access_finish(
        &self,
        id: &SubjectAccessId,
        bundle: [u8; 32],
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let request = self.subject_access(id).await?;
        if request.ready().is_err() {
            return Err(StoreError::NotAllowed("not everything is ruled upon yet: `subject-access show`"));
        }
        let (id, actor, school) = (id.to_string(), actor.clone(), request.school);
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                sqlx::query("UPDATE subject_access SET state = 'finished', finished_at = $1 WHERE id = $2")
                    .bind(micros(tx.now))
                    .bind(&id)
                    .execute(&mut tx.conn)
                    .await?;
                let mut event = LedgerEvent::new(Event::SubjectAccessFinished).school(&school).about(id);
                event.hash_out = Some(bundle);
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await
    }

    /// Held and quarantined messages that one with these addresses sent, was sent, or holds.
    pub async fn items_with(&self, addresses: &[Address]) -> Result<Vec<ItemId>, StoreError> {
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let secrets = self.secrets()?;
        let hashes: Vec<Vec<u8>> = addresses.iter().map(|a| secrets.address(a).to_vec()).collect();
        let mut sql = Sql::new(
            "SELECT i.id FROM item i LEFT JOIN message m ON m.transaction_id = i.transaction_id
             WHERE i.state NOT IN ('provisional', 'dropped') AND (i.id IN
             (SELECT item FROM item_recipient WHERE address_hash IN ",
        );
        let list = |sql: &mut Sql| {
            sql.push_row(|row| {
                for hash in &hashes {
                    row.bind(hash.clone());
                }
            });
        };
        list(&mut sql);
        sql.push(") OR m.sender_hash IN ");
        list(&mut sql);
        sql.push(" OR i.owner_hash IN ");
        list(&mut sql);
        sql.push(") ORDER BY i.n LIMIT ").push_bind(MOST);
        let ids: Vec<String> = sql.build_query_scalar().fetch_all(&self.readers).await?;
        Ok(ids.into_iter().map(ItemId::stored).collect())
    }

    /// What the message log has of one who sends from these addresses: time, direction,
    /// disposition, number of recipients. The newest thousand.
    pub async fn log_of(
        &self,
        addresses: &[Address],
    ) -> Result<Vec<(DateTime<Utc>, String, String, u64)>, StoreError> {
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let secrets = self.secrets()?;
        let mut sql = Sql::new(
            "SELECT received_at, direction, disposition, recipients FROM message WHERE sender_hash IN ",
        );
        sql.push_row(|row| {
            for address in addresses {
                row.bind(secrets.address(address).to_vec());
            }
        });
        sql.push(" ORDER BY received_at DESC LIMIT ").push_bind(MOST);
        let rows: Vec<(i64, String, String, i64)> = sql.build_query_as().fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(at, d, f, n)| (time(at), d, f, n.unsigned_abs())).collect())
    }
}
