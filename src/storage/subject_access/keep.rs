//! A request as it is made, looked up, ruled upon and finished.

use super::{Asked, Eyes, Ruled, RulingOffice, SubjectAccess, SubjectRuling, WHOLE};
use crate::{
    mail::SchoolId,
    storage::{
        cannot::Cannot,
        database::{Sql, micros, named, time},
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::SubjectAccessId,
        store::Store,
    },
};
use chrono::Months;

const MOST: i64 = 1_000;
/// Article 12(3): one month.
const MONTHS: Months = Months::new(1);

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
        // What is the head's alone is counted nowhere.
        let pieces = asked.pieces.iter().filter(|p| p.eyes == Eyes::Reviewers).count() as i64;
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

    /// A page of them in the same order, behind the one that stood last.
    pub async fn subject_accesses_page(
        &self,
        after: Option<&SubjectAccessId>,
        limit: u32,
    ) -> Result<Vec<SubjectAccess>, StoreError> {
        let last: Option<(String, i64)> = match after {
            Some(id) => {
                sqlx::query_as("SELECT state, made_at FROM subject_access WHERE id = $1")
                    .bind(id.as_str())
                    .fetch_optional(&self.readers)
                    .await?
            }
            None => None,
        };
        let mut sql = Sql::new("SELECT id FROM subject_access WHERE 1 = 1");
        if let (Some((state, made_at)), Some(id)) = (last, after) {
            sql.push(" AND (state < ").push_bind(state.clone());
            sql.push(" OR (state = ").push_bind(state.clone()).push(" AND made_at > ").push_bind(made_at);
            sql.push(") OR (state = ").push_bind(state).push(" AND made_at = ").push_bind(made_at);
            sql.push(" AND id > ").push_bind(id.to_string()).push("))");
        }
        sql.push(" ORDER BY state DESC, made_at, id LIMIT ").push_bind(i64::from(limit).min(MOST));
        let ids: Vec<String> = sql.build_query_scalar().fetch_all(&self.readers).await?;
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
            return Err(StoreError::NotAllowed(Cannot::AccessFinished));
        }
        let eyes = match request.asked.pieces.iter().find(|p| p.key == piece) {
            Some(known) => known.eyes,
            None if piece == WHOLE => Eyes::Reviewers,
            None => {
                return Err(StoreError::NotAllowed(Cannot::AccessNoPiece));
            }
        };
        match (eyes, office) {
            (Eyes::Reviewers, RulingOffice::Head) => {
                return Err(StoreError::NotAllowed(Cannot::AccessOfReviewers));
            }
            (Eyes::Head, RulingOffice::DataProtection | RulingOffice::Lead) => {
                return Err(StoreError::NotAllowed(Cannot::AccessOfHead));
            }
            _ => {}
        }
        if words.trim().is_empty() {
            return Err(StoreError::NotAllowed(Cannot::AccessWithoutWhy));
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
                    return Err(StoreError::NotAllowed(Cannot::AccessByOne));
                }
                if let Some(other) = &other
                    && !tx.is_known(other).await?
                {
                    return Err(StoreError::NotAllowed(Cannot::AccessForgotten));
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
            return Err(StoreError::NotAllowed(Cannot::AccessOpen));
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
}
