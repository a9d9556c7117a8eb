//! What is written out: for those who review it, and for the person.

use crate::{
    authority::Act,
    cli::{Mistake, context, desk::Desk},
    report::subject_access::Audience,
    storage::{Eyes, SubjectAccessId},
};
use std::{
    io::{self, Write},
    path::Path,
};

pub(super) async fn make(
    desk: &Desk,
    person: &str,
    requested_by: Option<&str>,
    custodian: Option<&Path>,
    out: &Path,
) -> Result<(), Mistake> {
    let made = desk.make_access(person, requested_by, || desk.custodian(custodian)).await?;
    let (id, gathered) = (&made.request.id, &made.gathered);
    context::write_new(out, &desk.access_set(&made.request, gathered, &[], Audience::Reviewers)?)?;
    let pieces = gathered.pieces.iter().filter(|p| p.note.eyes == Eyes::Reviewers).count();
    writeln!(io::stdout(), "{id}")?;
    if made.childs_rights {
        writeln!(
            io::stderr(),
            "A parent asks about a child who may decide alone: the data protection officer answers first."
        )?;
    }
    writeln!(
        io::stderr(),
        "{pieces} pieces, in {} for the two reviewers. Nothing is given out before both have ruled: \
         `gatehouse subject-access show {id}`. Ask the head to look too: what is for the head alone is not told here, \
         whether there is any or not.",
        out.display()
    )?;
    Ok(())
}

pub(super) async fn release(
    desk: &Desk,
    id: &SubjectAccessId,
    custodian: Option<&Path>,
    out: &Path,
    keep: &[String],
) -> Result<(), Mistake> {
    let given = desk.release_access(id, keep, || desk.custodian(custodian)).await?;
    context::write_new(out, &given.bytes)?;
    writeln!(
        io::stderr(),
        "Written to {}; its digest is in the ledger. Read it once more before it goes.",
        out.display()
    )?;
    if given.for_another {
        writeln!(
            io::stderr(),
            "A part of the answer is for somebody else to write out: the same command, run by the head, or by the other \
             of data protection officer and head."
        )?;
    }
    Ok(())
}

/// For another reviewer than the one who made the request.
pub(super) async fn review(
    desk: &Desk,
    id: &SubjectAccessId,
    custodian: Option<&Path>,
    out: &Path,
) -> Result<(), Mistake> {
    let request = desk.access(Act::Particulars, id).await?;
    let gathered = desk.review_access(&request, || desk.custodian(custodian)).await?;
    context::write_new(out, &desk.access_set(&request, &gathered, &[], Audience::Reviewers)?)?;
    writeln!(io::stderr(), "Written to {} for your review. Do not send it.", out.display())?;
    Ok(())
}
