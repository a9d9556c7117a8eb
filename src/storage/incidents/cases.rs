//! The facts of incidents that say who may know of them (practice.md, A4): everyone who is
//! named in one, and everyone concerned by what belongs to it.

use super::{
    IncidentKind, IncidentOrigin, IncidentState, IncidentSummary, Part, Who, place,
    read::{COLUMNS, Row},
};
use crate::{
    authority::{Case, Face, Gravity, Matter, Scope, State, Thing},
    storage::{
        concerned::{Faces, Involvement},
        database::{Sql, named},
        error::StoreError,
        names::IncidentId,
        store::Store,
    },
};
use std::collections::{HashMap, HashSet};

/// Incidents whose facts are gathered together.
const AT_ONCE: usize = 100;

/// A face with what its owner is, by the id of an incident or of what belongs to one.
type Named = (String, Face, Involvement);

impl Store {
    /// One incident with the facts that say who may do what to it.
    pub async fn incident_case(&self, id: &IncidentId) -> Result<(IncidentSummary, Case), StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push("i.state NOT IN ('provisional', 'dropped', 'purged') AND i.id = ").push_bind(id.to_string());
        let row: Option<Row> = sql.build_query_as().fetch_optional(&self.readers).await?;
        let missing = || StoreError::NotFound { what: "incident", id: id.to_string() };
        let summary = row.ok_or_else(missing)?.summary()?;
        let cases = self.incident_cases(std::slice::from_ref(&summary)).await?;
        Ok((summary, cases.into_iter().next().ok_or_else(missing)?))
    }

    /// The facts of those of these ids that are incidents.
    pub async fn incidents_among(&self, ids: &[String]) -> Result<Vec<(IncidentSummary, Case)>, StoreError> {
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let mut sql = Sql::new(COLUMNS);
            list(sql.push("i.id IN "), some);
            let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
            let all = rows.into_iter().map(Row::summary).collect::<Result<Vec<_>, _>>()?;
            let cases = self.incident_cases(&all).await?;
            found.extend(all.into_iter().zip(cases));
        }
        Ok(found)
    }

    /// The facts of incidents, in the same order.
    pub async fn incident_cases(&self, of: &[IncidentSummary]) -> Result<Vec<Case>, StoreError> {
        let mut cases = Vec::with_capacity(of.len());
        for some in of.chunks(AT_ONCE) {
            let ids: Vec<String> = some.iter().map(|i| i.id.to_string()).collect();
            let mut people: HashMap<String, Vec<(Face, Involvement)>> = HashMap::new();
            for (incident, face, part) in self.named_in(&ids).await? {
                people.entry(incident).or_default().push((face, part));
            }
            let belongs = self.belongings(&ids).await?;
            let subjects: Vec<String> =
                ids.iter().cloned().chain(belongs.iter().map(|(_, subject)| subject.clone())).collect();
            let concerned = self.concerned(&subjects).await?;
            let gravest = self.about_the_gravest(&ids).await?;
            for summary in some {
                let id = summary.id.as_str();
                let mut case = bare(summary, gravest.contains(id));
                for (face, part) in people.remove(id).unwrap_or_default() {
                    match part {
                        Involvement::Accused => case.accused.push(face),
                        Involvement::Proposed => case.proposed.push(face),
                        _ => case.parties.push(face),
                    }
                }
                for (_, subject) in belongs.iter().filter(|(incident, _)| incident == id) {
                    concerned.get(subject).into_iter().for_each(|faces| add(&mut case, faces));
                }
                if let Some(own) = concerned.get(id) {
                    case.assigned.clone_from(&own.assigned);
                }
                cases.push(case);
            }
        }
        Ok(cases)
    }

    async fn named_in(&self, incidents: &[String]) -> Result<Vec<Named>, StoreError> {
        let mut sql =
            Sql::new("SELECT incident, incident, part, sealed FROM incident_person WHERE incident IN ");
        list(&mut sql, incidents);
        self.named_by(sql).await
    }

    /// Who is accused, or guessed to be, in an incident to which one of these belongs (ids of
    /// transactions, items and records): from them it is hidden too, whoever wrote or got it.
    pub(in crate::storage) async fn accused_in_incidents(
        &self,
        subjects: &[String],
    ) -> Result<Vec<Named>, StoreError> {
        const WHO: &str = " JOIN incident c ON c.id = l.incident AND c.state <> 'dropped'
            JOIN incident_person p ON p.incident = l.incident AND p.part IN ('accused', 'author') WHERE ";
        let mut sql = Sql::new("SELECT l.target, l.incident, p.part, p.sealed FROM incident_link l");
        list(sql.push(WHO).push("l.target IN "), subjects);
        for kind in ["item", "record"] {
            sql.push(" UNION ALL SELECT t.transaction_id, l.incident, p.part, p.sealed FROM ").push(kind);
            sql.push(" t JOIN incident_link l ON l.target = t.id AND l.kind = ").push_bind(kind);
            list(sql.push(WHO).push("t.transaction_id IN "), subjects);
        }
        self.named_by(sql).await
    }

    /// Rows of a subject, an incident, a part in it and a person.
    async fn named_by(&self, sql: Sql) -> Result<Vec<Named>, StoreError> {
        let rows: Vec<(String, String, String, Vec<u8>)> =
            sql.build_query_as().fetch_all(&self.readers).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let secrets = self.secrets()?;
        let read = |(subject, incident, part, sealed): (String, String, String, Vec<u8>)| {
            let who: Who =
                secrets.open(&format!("{}/person", place(&IncidentId::stored(incident))), &sealed)?;
            let part = match named(Part::ALL, Part::name, &part)? {
                Part::Accused => Involvement::Accused,
                // The machine's guess, until a person has refused it.
                Part::Author => Involvement::Proposed,
                _ => Involvement::Party,
            };
            Ok((subject, secrets.face_of(&who), part))
        };
        rows.into_iter().map(read).collect()
    }

    /// Ids under which it stands whom the messages, items and records of incidents concern.
    /// Not the message that a report came with: whoever reads the report address got it, and
    /// is to look into it.
    async fn belongings(&self, incidents: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        let mut sql = Sql::new(
            "SELECT l.incident, l.target, COALESCE(t.transaction_id, r.transaction_id) FROM incident_link l
             JOIN incident c ON c.id = l.incident
             LEFT JOIN item t ON l.kind = 'item' AND t.id = l.target
             LEFT JOIN record r ON l.kind = 'record' AND r.id = l.target
             WHERE l.kind <> 'incident' AND NOT (l.kind = 'message' AND l.at = c.made_at AND c.origin = ",
        );
        list(sql.push_bind(IncidentOrigin::Report.name()).push(") AND l.incident IN "), incidents);
        let rows: Vec<(String, String, Option<String>)> =
            sql.build_query_as().fetch_all(&self.readers).await?;
        let each = |(incident, target, transaction): (String, String, Option<String>)| {
            let more = transaction.map(|t| (incident.clone(), t));
            std::iter::once((incident, target)).chain(more)
        };
        Ok(rows.into_iter().flat_map(each).collect())
    }

    /// Those about something that it takes two people to release (QU-2).
    async fn about_the_gravest(&self, incidents: &[String]) -> Result<HashSet<String>, StoreError> {
        let mut sql = Sql::new("SELECT l.incident FROM incident_link l JOIN item t ON t.id = l.target");
        list(sql.push(" WHERE l.kind = 'item' AND t.severity = 'critical' AND l.incident IN "), incidents);
        sql.push(" UNION SELECT l.incident FROM incident_link l JOIN item t ON t.transaction_id = l.target");
        list(sql.push(" WHERE l.kind = 'message' AND t.severity = 'critical' AND l.incident IN "), incidents);
        let found: Vec<String> = sql.build_query_scalar().fetch_all(&self.readers).await?;
        Ok(found.into_iter().collect())
    }
}

fn list(sql: &mut Sql, ids: &[String]) {
    sql.push_row(|row| {
        ids.iter().for_each(|id| {
            row.bind(id.clone());
        });
    });
}

fn bare(summary: &IncidentSummary, gravest: bool) -> Case {
    let thing = match summary.kind {
        IncidentKind::LowLevel => Thing::LowLevelConcern,
        IncidentKind::Concern | IncidentKind::Allegation | IncidentKind::Misuse => Thing::Incident,
    };
    let mut case = Case::new(thing, Scope::School(summary.school.clone()));
    case.matter = match summary.kind {
        IncidentKind::Concern => Matter::Concern,
        IncidentKind::Allegation | IncidentKind::LowLevel => Matter::Allegation,
        IncidentKind::Misuse => Matter::Misuse,
    };
    if gravest {
        case.gravity = Gravity::Gravest;
    }
    if matches!(summary.state, IncidentState::Closed | IncidentState::Dismissed) {
        case.state = State::Decided;
    }
    case
}

/// To whom a message was handed over was handed that, not what became of it.
fn add(case: &mut Case, faces: &Faces) {
    case.parties.extend(faces.parties.iter().chain(&faces.supervisors).chain(&faces.subject));
    case.accused.extend(&faces.accused);
    case.proposed.extend(&faces.proposed);
}
