//! A record as one line: when, which way, with whom, about whom. The names are the directory's; the store
//! knows them by keyed hashes alone.

use super::{
    super::super::{
        Console, Fault, called,
        places::Place,
        visitor::Visitor,
        words::{fill, moment},
    },
    ask::AskWords,
    filed_names,
};
use crate::{
    authority::{Act, Case, Scope, Thing},
    desk::Desk,
    effects::Language,
    parties::{Direction, PersonId},
    storage::{Certainty, Filed, FiledAs, RecordId, RecordSummary},
};

/// Names of one kind in one line.
const MOST_NAMES: usize = 4;

pub(super) struct Line {
    pub(super) id: String,
    pub(super) place: String,
    pub(super) received: String,
    pub(super) way: &'static str,
    pub(super) parents: String,
    pub(super) children: String,
    pub(super) staff: String,
    pub(super) files: u32,
    pub(super) school: String,
}

/// `from` stands behind each address, so that the page of a record knows the way back.
pub(super) async fn lines(
    console: &Console,
    visitor: &Visitor,
    records: &[RecordSummary],
    from: &str,
) -> Result<Vec<Line>, Fault> {
    let names = filed_names(console, visitor)?;
    let ids: Vec<RecordId> = records.iter().map(|r| r.id.clone()).collect();
    let filed = console.store.records_filed(&ids, &names).await?;
    let line = |record: &RecordSummary| {
        let known = filed.get(&record.id).map_or(&[][..], Vec::as_slice);
        line(&visitor.desk, visitor.language, record, known, from)
    };
    Ok(records.iter().map(line).collect())
}

fn line(desk: &Desk, language: Language, record: &RecordSummary, filed: &[Filed], from: &str) -> Line {
    let w = AskWords::of(language);
    let case = Case::any(Thing::Record, Scope::School(record.school.clone()));
    let filed = if desk.may(Act::Particulars, &case).is_allowed() { filed } else { &[] };
    let listed = |filed_as, count| listed(desk, w, filed, filed_as, count);
    let place = Place::Record(record.id.as_str());
    Line {
        place: if from.is_empty() { place.to_string() } else { format!("{place}?from={from}") },
        id: record.id.to_string(),
        received: moment(language, record.received_at),
        way: way(w, record.direction),
        parents: listed(FiledAs::Parent, record.parents),
        children: listed(FiledAs::Child, record.children),
        staff: listed(FiledAs::Staff, record.staff),
        files: record.attachments,
        school: desk.school_name(&record.school),
    }
}

pub(super) fn way(w: &AskWords, direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => w.inbound,
        Direction::Outbound => w.outbound,
        Direction::Internal => w.internal,
    }
}

/// As the school calls them; empty when the directory does not know them any more.
pub(super) fn name_of(desk: &Desk, id: &PersonId) -> String {
    desk.directory
        .person(id)
        .map(|p| called::plain(&format!("{} {}", p.given(), p.family()), 100))
        .unwrap_or_default()
}

/// `Amelia Martin, Jacob Rowe (not certain)`; of those whom nobody knows any more, how many.
fn listed(desk: &Desk, w: &AskWords, filed: &[Filed], filed_as: FiledAs, count: u32) -> String {
    let all: Vec<String> = filed
        .iter()
        .filter(|f| f.filed_as == filed_as)
        .map(|f| match f.certainty {
            Certainty::Certain => name_of(desk, &f.person),
            Certainty::NotCertain => format!("{} ({})", name_of(desk, &f.person), w.not_certain),
        })
        .collect();
    let gone = (count as usize).saturating_sub(all.len());
    let mut said: Vec<String> = all.iter().take(MOST_NAMES).cloned().collect();
    if all.len() > MOST_NAMES {
        said.push(fill(w.more_names, &[&(all.len() - MOST_NAMES).to_string()]));
    }
    if gone > 0 {
        said.push(fill(w.gone, &[&gone.to_string()]));
    }
    said.join(", ")
}
