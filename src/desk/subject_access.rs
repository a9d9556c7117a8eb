//! What is held on a person (PD-12): gathered, ruled upon by two people, given. The same for whoever sits at
//! the command line and at the console.

use super::{Desk, DeskFault, Refusal, Wrong, person};
use crate::{
    authority::{self, Act, Case, Office, Offices, Scope, State, Thing},
    mail::{Address, SchoolId},
    parties::School,
    report::{
        redact::Redactor,
        subject_access::{
            Audience, Content, Gathered, Gathering, Reviewed, case_of, childs_rights, gather, reviewed, write,
        },
    },
    storage::{
        Asked, Cannot, Concern, Eyes, Identities, PieceNote, RulingOffice, StoreError, SubjectAccess,
        SubjectAccessId, SubjectRuling,
    },
};
use chrono::Utc;
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::Arc};

/// A request as it was made.
pub struct AccessMade {
    pub request: SubjectAccess,
    pub gathered: Gathered,
    /// A parent asks about a child who may decide alone.
    pub childs_rights: bool,
}

/// What the person is given.
pub struct AccessGiven {
    pub bytes: Vec<u8>,
    /// A part of the answer is for somebody else to write out.
    pub for_another: bool,
}

impl Desk {
    /// The facts of a request: whoever asks, and whom it is about, have no part in it.
    pub fn access_case(&self, school: &SchoolId, asked: &Asked) -> Result<Case, DeskFault> {
        let mut case = Case::any(Thing::SubjectAccess, Scope::School(school.clone()));
        for id in [Some(&asked.person), asked.by.as_ref()].into_iter().flatten() {
            let person = self.directory.person(id);
            let addresses: Vec<Address> =
                person.iter().flat_map(|p| p.addresses()).map(|(address, _)| address).collect();
            case.subject.extend(self.faces(Some(id), &addresses)?);
        }
        Ok(case)
    }

    /// The request, when the asker may do this to it.
    pub async fn access(&self, act: Act, id: &SubjectAccessId) -> Result<SubjectAccess, DeskFault> {
        let request = self.store.subject_access(id).await?;
        let mut case = self.access_case(&request.school, &request.asked)?;
        if request.ready().is_ok() {
            case.state = State::Decided;
        }
        self.authorise(act, &case, "request", id.as_str()).await?;
        Ok(request)
    }

    /// Of these requests those that are there for the asker.
    pub fn accesses_seen(&self, mut all: Vec<SubjectAccess>) -> Result<Vec<SubjectAccess>, DeskFault> {
        let mut seen = Vec::with_capacity(all.len());
        for request in &all {
            seen.push(self.may(Act::List, &self.access_case(&request.school, &request.asked)?).is_allowed());
        }
        let mut seen = seen.into_iter();
        all.retain(|_| seen.next().unwrap_or(false));
        Ok(all)
    }

    /// Whether a piece is there for whoever acts (practice.md, A4).
    pub async fn sees_piece(&self, piece: &PieceNote) -> Result<bool, DeskFault> {
        match case_of(&self.store, &piece.key).await {
            Ok(case) => Ok(case.is_none_or(|case| self.is_there(&case))),
            // What is held no longer is named to those who were to rule upon it.
            Err(StoreError::NotFound { .. }) => Ok(piece.eyes == Eyes::Reviewers),
            Err(e) => Err(e.into()),
        }
    }

    /// Gathers what is held on a person, and notes which pieces there are.
    pub async fn make_access<E: From<DeskFault>>(
        &self,
        whose: &str,
        requested_by: Option<&str>,
        key: impl FnOnce() -> Result<Identities, E>,
    ) -> Result<AccessMade, E> {
        let subject = person(&self.directory, whose)?;
        let asker = requested_by.map(|p| person(&self.directory, p)).transpose()?;
        let school = subject
            .memberships()
            .find_map(|(id, _)| self.school(id))
            .ok_or_else(|| DeskFault::from(Wrong::OfNoSchool))?;
        let by_other = asker.is_some_and(|a| a != subject);
        let rights = childs_rights(subject, by_other, school.child_decides_from, Utc::now().date_naive());
        let concerns: BTreeSet<Concern> = rights.then_some(Concern::ChildsRights).into_iter().collect();
        let mut asked = Asked {
            person: subject.id().clone(),
            by: asker.map(|a| a.id().clone()),
            pieces: Vec::new(),
            concerns,
        };
        let case = self.access_case(&school.id, &asked)?;
        self.authorise(Act::Open, &case, "request", "new").await?;
        let gathered = self.gather(&asked, school, &key()?).await?;
        asked.pieces = gathered.pieces.iter().map(|p| p.note.clone()).collect();
        let made = self.store.subject_access_make(&school.id, asked, &self.actor).await;
        let request = self.store.subject_access(&made.map_err(DeskFault::from)?).await;
        Ok(AccessMade { request: request.map_err(DeskFault::from)?, gathered, childs_rights: rights })
    }

    /// All that was gathered for a request and is held still, as its reviewers see it.
    pub async fn review_access<E: From<DeskFault>>(
        &self,
        request: &SubjectAccess,
        key: impl FnOnce() -> Result<Identities, E>,
    ) -> Result<Gathered, E> {
        let school = self.school_of(request)?;
        let mut gathered = self.gather(&request.asked, school, &key()?).await?;
        gathered.pieces.retain_mut(|piece| {
            let known = request.asked.pieces.iter().find(|known| known.key == piece.note.key);
            // Who rules was settled when the request was made.
            known.is_some_and(|known| {
                piece.note = known.clone();
                true
            })
        });
        Ok(gathered)
    }

    /// One office's ruling on a piece, or on the request as a whole.
    pub async fn rule_access(
        &self,
        id: &SubjectAccessId,
        piece: &str,
        (office, ruling): (RulingOffice, SubjectRuling),
        because: &str,
    ) -> Result<(), DeskFault> {
        let act = match office {
            RulingOffice::Head => Act::Particulars,
            RulingOffice::DataProtection | RulingOffice::Lead => Act::Review,
        };
        let request = self.access(act, id).await?;
        let known = request.asked.pieces.iter().find(|p| p.key == piece);
        if let Some(known) = known
            && !self.sees_piece(known).await?
        {
            return Err(StoreError::NotAllowed(Cannot::AccessNoPiece).into());
        }
        if !self.rules_for(office, &request.school) {
            return Err(DeskFault::Refused(Refusal::NotForThatOffice));
        }
        let other = request.rulings.iter().find(|r| r.piece == piece && r.office != office);
        if let Some(other) = other
            && self.is_asker(&self.faces_behind(&other.by).await?)
        {
            return Err(StoreError::NotAllowed(Cannot::AccessByOne).into());
        }
        Ok(self.store.subject_access_rule(id, piece, office, ruling, because, &self.actor).await?)
    }

    /// Whether the asker may speak for this office at a school. Whoever stands in where no head is free is
    /// asked by the piece itself.
    pub fn rules_for(&self, office: RulingOffice, school: &SchoolId) -> bool {
        let held = match office {
            RulingOffice::DataProtection => Offices::of(&[Office::DataProtection]),
            RulingOffice::Head => Offices::of(&[Office::Head, Office::Chair]),
            RulingOffice::Lead => Offices::of(&[Office::Lead, Office::Deputy]),
        };
        self.holds(held, school)
    }

    /// What the person is given, when everything is ruled upon; its digest is in the ledger before it is
    /// handed out.
    pub async fn release_access<E: From<DeskFault>>(
        &self,
        id: &SubjectAccessId,
        keep: &[String],
        key: impl FnOnce() -> Result<Identities, E>,
    ) -> Result<AccessGiven, E> {
        let request = self.access(Act::Particulars, id).await?;
        if let Err(open) = request.ready() {
            return Err(DeskFault::from(Wrong::StillToRule(open.join(", "))).into());
        }
        self.access(Act::Export, id).await?;
        let school = self.school_of(&request)?;
        let mut gathered = self.gather(&request.asked, school, &key()?).await?;
        // What came in since was not reviewed.
        gathered.pieces.retain(|p| request.asked.pieces.iter().any(|known| known.key == p.note.key));
        let going = request.ready().unwrap_or_default();
        let for_another = gathered
            .pieces
            .iter()
            .any(|p| going.contains(p.note.key.as_str()) && matches!(p.content, Content::Unopened));
        let bytes = self.access_set(&request, &gathered, keep, Audience::Person)?;
        let digest = Sha256::digest(&bytes).into();
        self.store.subject_access_finish(id, digest, &self.actor).await.map_err(DeskFault::from)?;
        Ok(AccessGiven { bytes, for_another })
    }

    /// The bundle's bytes, for the one or the other audience.
    pub fn access_set(
        &self,
        request: &SubjectAccess,
        gathered: &Gathered,
        keep: &[String],
        audience: Audience,
    ) -> Result<Vec<u8>, DeskFault> {
        let (school, by) = (self.school_of(request)?, self.called());
        let mut redactor = self.redactor(request, gathered, keep)?;
        tokio::task::block_in_place(|| {
            let mut bytes = Vec::new();
            write(&mut bytes, request, gathered, &mut redactor, audience, (school, &by, Utc::now()))
                .map(|_| bytes)
                .map_err(|e| Wrong::NotBundled(e.to_string()).into())
        })
    }

    /// The pieces as their reviewers read them, each with what was taken out.
    pub fn access_reviewed(
        &self,
        request: &SubjectAccess,
        gathered: &Gathered,
    ) -> Result<Vec<Reviewed>, DeskFault> {
        let mut redactor = self.redactor(request, gathered, &[])?;
        Ok(tokio::task::block_in_place(|| reviewed(gathered, &mut redactor)))
    }

    fn redactor(
        &self,
        request: &SubjectAccess,
        gathered: &Gathered,
        keep: &[String],
    ) -> Result<Redactor<'_>, DeskFault> {
        let subject = self.directory.person(&request.asked.person).ok_or(Wrong::NotInDirectoryNow)?;
        // Correspondents whom the directory does not know have names too.
        let known =
            |name: &str| format!("{} {}", subject.given(), subject.family()).eq_ignore_ascii_case(name);
        let letters = gathered.pieces.iter().filter_map(|p| match &p.content {
            Content::Letter(letter) => Some(letter),
            _ => None,
        });
        let mut others: Vec<String> =
            letters.flat_map(|l| l.correspondents.iter().cloned()).filter(|name| !known(name)).collect();
        others.sort_unstable();
        others.dedup();
        Ok(Redactor::new(&self.directory, subject, &others, keep))
    }

    fn school_of(&self, request: &SubjectAccess) -> Result<&Arc<School>, DeskFault> {
        self.school(&request.school).ok_or(Wrong::SchoolGone.into())
    }

    /// Whether a thing is there for whoever acts; not whether they may read it otherwise.
    fn is_there(&self, case: &Case) -> bool {
        self.may(Act::List, case) != authority::Answer::NotThere
    }

    /// All that is held now on a person.
    async fn gather(
        &self,
        asked: &Asked,
        school: &School,
        custodian: &Identities,
    ) -> Result<Gathered, DeskFault> {
        let subject = self.directory.person(&asked.person).ok_or(Wrong::PersonGone)?;
        let sees = |case: &Case| self.is_there(case);
        let with = Gathering {
            store: &self.store,
            directory: &self.directory,
            school,
            custodian,
            actor: &self.actor,
            sees: &sees,
            reads_notes: self.rules_for(RulingOffice::DataProtection, &school.id)
                || self.rules_for(RulingOffice::Lead, &school.id),
        };
        Ok(gather(&with, subject).await?)
    }
}
