//! What is written out: for those who review it, and for the person.

use super::{allowed, case, is_there};
use crate::{
    authority::{Act, Case},
    cli::{Mistake, context, desk::Desk},
    parties::School,
    report::{
        redact::Redactor,
        subject_access::{Audience, Content, Gathered, Gathering, childs_rights, gather, write},
    },
    storage::{Asked, Concern, Eyes, SubjectAccess, SubjectAccessId},
};
use chrono::Utc;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
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
    let (directory, store) = (&desk.directory, &desk.store);
    let subject = crate::desk::person(directory, person)?;
    let asker = requested_by.map(|p| crate::desk::person(directory, p)).transpose()?;
    let school = subject
        .memberships()
        .find_map(|(id, _)| desk.config.schools.iter().find(|s| s.id == *id))
        .ok_or_else(|| Mistake("This person belongs to no school of the configuration".into()))?;
    let now = Utc::now();
    let by_other = asker.is_some_and(|a| a != subject);
    let rights = childs_rights(subject, by_other, school.child_decides_from, now.date_naive());
    let concerns: BTreeSet<Concern> = rights.then_some(Concern::ChildsRights).into_iter().collect();
    let mut asked = Asked {
        person: subject.id().clone(),
        by: asker.map(|a| a.id().clone()),
        pieces: Vec::new(),
        concerns,
    };
    desk.authorise(Act::Open, &case(desk, &school.id, &asked)?, "request", "new").await?;
    let custodian = desk.custodian(custodian)?;
    let there = |case: &Case| is_there(desk, case);
    let sees = &there;
    let with = Gathering { store, directory, school, custodian: &custodian, actor: &desk.actor, sees };
    let gathered = gather(&with, subject).await?;
    asked.pieces = gathered.pieces.iter().map(|p| p.note.clone()).collect();
    let id = store.subject_access_make(&school.id, asked, &desk.actor).await?;
    let request = store.subject_access(&id).await?;
    context::write_new(out, &set(desk, &request, &gathered, &[], Audience::Reviewers, school)?)?;
    let pieces = gathered.pieces.iter().filter(|p| p.note.eyes == Eyes::Reviewers).count();
    writeln!(io::stdout(), "{id}")?;
    if rights {
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

/// The bundle's bytes, for the one or the other audience.
fn set(
    desk: &Desk,
    request: &SubjectAccess,
    gathered: &Gathered,
    keep: &[String],
    audience: Audience,
    school: &School,
) -> Result<Vec<u8>, Mistake> {
    let gone = || Mistake("This person is no longer in the directory; import the people of that time".into());
    let directory = &desk.directory;
    let subject = directory.person(&request.asked.person).ok_or_else(gone)?;
    // Correspondents whom the directory does not know have names too.
    let known = |name: &str| format!("{} {}", subject.given(), subject.family()).eq_ignore_ascii_case(name);
    let letters = gathered.pieces.iter().filter_map(|p| match &p.content {
        Content::Letter(letter) => Some(letter),
        _ => None,
    });
    let mut others: Vec<String> =
        letters.flat_map(|l| l.correspondents.iter().cloned()).filter(|name| !known(name)).collect();
    others.sort_unstable();
    others.dedup();
    let mut redactor = Redactor::new(directory, subject, &others, keep);
    let by = desk.called();
    let mut bytes = Vec::new();
    write(&mut bytes, request, gathered, &mut redactor, audience, (school, &by, Utc::now()))?;
    Ok(bytes)
}

pub(super) async fn release(
    desk: &Desk,
    id: &SubjectAccessId,
    custodian: Option<&Path>,
    out: &Path,
    keep: &[String],
) -> Result<(), Mistake> {
    let request = allowed(desk, Act::Particulars, id).await?;
    if let Err(open) = request.ready() {
        return Err(Mistake(format!("Still to be ruled upon: {}", open.join(", "))));
    }
    allowed(desk, Act::Export, id).await?;
    let school = school_of(desk, &request)?;
    let mut gathered = gathered(desk, &request, custodian).await?;
    // What came in since was not reviewed.
    gathered.pieces.retain(|p| request.asked.pieces.iter().any(|known| known.key == p.note.key));
    let going = request.ready().unwrap_or_default();
    let for_another = gathered
        .pieces
        .iter()
        .any(|p| going.contains(p.note.key.as_str()) && matches!(p.content, Content::Unopened));
    let bytes = set(desk, &request, &gathered, keep, Audience::Person, school)?;
    store_and_write(desk, id, &bytes, out).await?;
    if for_another {
        writeln!(
            io::stderr(),
            "A part of the answer is for somebody else to write out: the same command, run by the head, or by the other \
             of data protection officer and head."
        )?;
    }
    Ok(())
}

async fn store_and_write(desk: &Desk, id: &SubjectAccessId, bytes: &[u8], out: &Path) -> Result<(), Mistake> {
    desk.store.subject_access_finish(id, Sha256::digest(bytes).into(), &desk.actor).await?;
    context::write_new(out, bytes)?;
    writeln!(
        io::stderr(),
        "Written to {}; its digest is in the ledger. Read it once more before it goes.",
        out.display()
    )?;
    Ok(())
}

/// For another reviewer than the one who made the request.
pub(super) async fn review(
    desk: &Desk,
    id: &SubjectAccessId,
    custodian: Option<&Path>,
    out: &Path,
) -> Result<(), Mistake> {
    let request = allowed(desk, Act::Particulars, id).await?;
    let mut gathered = gathered(desk, &request, custodian).await?;
    gathered.pieces.retain_mut(|piece| {
        let known = request.asked.pieces.iter().find(|known| known.key == piece.note.key);
        // Who rules was settled when the request was made.
        known.is_some_and(|known| {
            piece.note = known.clone();
            true
        })
    });
    let school = school_of(desk, &request)?;
    context::write_new(out, &set(desk, &request, &gathered, &[], Audience::Reviewers, school)?)?;
    writeln!(io::stderr(), "Written to {} for your review. Do not send it.", out.display())?;
    Ok(())
}

fn school_of<'d>(desk: &'d Desk, request: &SubjectAccess) -> Result<&'d School, Mistake> {
    let found = desk.config.schools.iter().find(|s| s.id == request.school);
    found.map(|s| &**s).ok_or_else(|| Mistake("The school is not there any more".into()))
}

/// All that is held now on the person of a request.
async fn gathered(
    desk: &Desk,
    request: &SubjectAccess,
    custodian: Option<&Path>,
) -> Result<Gathered, Mistake> {
    let (directory, store) = (&desk.directory, &desk.store);
    let gone = || Mistake("The person is not there any more".into());
    let subject = directory.person(&request.asked.person).ok_or_else(gone)?;
    let school = school_of(desk, request)?;
    let custodian = desk.custodian(custodian)?;
    let there = |case: &Case| is_there(desk, case);
    let sees = &there;
    let with = Gathering { store, directory, school, custodian: &custodian, actor: &desk.actor, sees };
    Ok(gather(&with, subject).await?)
}
