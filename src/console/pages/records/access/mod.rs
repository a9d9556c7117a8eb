//! Subject access (PD-12): who asks for what is held on them, what was gathered, what was taken out of it,
//! the rulings of two people, and the answer. What is nobody else's to see is neither shown nor counted.

mod file;
mod list;
mod one;
mod piece;
mod rule;
mod words;

use super::super::super::{Fault, door::Door, visitor::Visitor, words::moment};
use crate::{
    authority::{Act, Office},
    desk::Desk,
    report::subject_access::Reviewed,
    storage::{Eyes, PieceNote, RulingOffice, SubjectAccess, SubjectAccessId, SubjectRuling, WHOLE},
};
pub(super) use words::AccessWords;

/// Who may have business with a request; one by one is asked besides.
const REVIEWERS: &[Office] =
    &[Office::DataProtection, Office::Head, Office::Lead, Office::Deputy, Office::Chair];

pub(super) fn doors() -> Vec<Door> {
    let mut doors = list::doors();
    doors.extend(one::doors());
    doors.extend(piece::doors());
    doors.extend(rule::doors());
    doors.extend(file::doors());
    doors
}

/// What was gathered, as one reviewer may read it.
pub(in super::super::super) struct Review {
    pieces: Vec<Reviewed>,
    /// Messages lie here that cannot be searched whole.
    in_part: bool,
}

/// The request of an address, for whom it is there.
async fn find(visitor: &Visitor, id: &str) -> Result<SubjectAccess, Fault> {
    let id: SubjectAccessId = id.parse().map_err(|()| Fault::NotThere)?;
    if !visitor.holds_one_of(REVIEWERS) {
        return Err(Fault::NotThere);
    }
    Ok(visitor.desk.access(Act::Particulars, &id).await?)
}

/// What somebody may rule for on a piece.
fn offices(desk: &Desk, request: &SubjectAccess, eyes: Eyes) -> Vec<RulingOffice> {
    let all: &[RulingOffice] = match eyes {
        Eyes::Head => &[RulingOffice::Head],
        Eyes::Reviewers => &RulingOffice::REVIEWERS,
    };
    all.iter().copied().filter(|office| desk.rules_for(*office, &request.school)).collect()
}

/// The note of a piece, with its place; `None` is the request as a whole.
fn eyes_of(request: &SubjectAccess, piece: &str) -> Option<Eyes> {
    if piece == WHOLE {
        return Some(Eyes::Reviewers);
    }
    request.asked.pieces.iter().find(|p| p.key == piece).map(|p| p.eyes)
}

/// Whether it waits for a word of one of these offices.
fn waits_for(request: &SubjectAccess, piece: &PieceNote, offices: &[RulingOffice]) -> bool {
    let needs_words = piece.eyes == Eyes::Head || !piece.concerns.is_empty();
    let ruled =
        |office: &RulingOffice| request.rulings.iter().any(|r| r.piece == piece.key && r.office == *office);
    needs_words && request.finished_at.is_none() && offices.iter().any(|office| !ruled(office))
}

/// One ruling as a page shows it.
struct Said {
    office: &'static str,
    ruling: &'static str,
    badge: &'static str,
    by: String,
    at: String,
    words: String,
}

async fn said(visitor: &Visitor, request: &SubjectAccess, piece: &str) -> Result<Vec<Said>, Fault> {
    let w = AccessWords::of(visitor.language);
    let mut all = Vec::new();
    for ruled in request.rulings.iter().filter(|r| r.piece == piece) {
        all.push(Said {
            office: w.office(ruled.office),
            ruling: w.ruling(ruled.ruling),
            badge: badge(ruled.ruling),
            by: super::looks::who(
                super::one::OneWords::of(visitor.language),
                &visitor.desk.seen_by(&ruled.by, None).await?,
            ),
            at: moment(visitor.language, ruled.at),
            words: super::super::super::called::lines(&ruled.words),
        });
    }
    Ok(all)
}

fn badge(ruling: SubjectRuling) -> &'static str {
    match ruling {
        SubjectRuling::Include => "good",
        SubjectRuling::Withhold => "high",
    }
}
