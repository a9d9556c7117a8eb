//! Giving an office, saying yes to one that another asked for, ending one; and the first officers of a
//! school, whom the configuration names.

use super::{Desk, DeskFault, Leave, Wrong, refusal};
use crate::{
    authority::{Act, Answer, Approval, Case, GrantKind, Office, Scope, Thing},
    mail::Address,
    officers,
    parties::{GroupKind, Known, School},
    storage::{Genuine, GrantId, KeptGrant, KeptUser, NewGrant, NewUser, UserError},
};
use chrono::{DateTime, Utc};

/// An office as it is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub office: Office,
    pub scope: Scope,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub reason: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Given {
    Now(GrantId),
    /// Nobody could approve it yet, and the configuration names the person.
    ByConfiguration(GrantId),
    /// Another has to approve it; the sentence says who.
    Asked(GrantId, Answer),
}

impl From<UserError> for DeskFault {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Store(error) => error.into(),
            error => Self::Wrong(Wrong::Office(error)),
        }
    }
}

impl Desk {
    /// Gives an office to a registered person, or asks for it where another has to approve.
    pub async fn give_office(&self, user: &KeptUser, wish: Wish) -> Result<Given, DeskFault> {
        let new = |approval| NewGrant {
            account: user.id.clone(),
            office: wish.office,
            scope: wish.scope.clone(),
            from: wish.from,
            until: wish.until,
            reason: wish.reason.clone(),
            approval,
        };
        if self.is_first_by_configuration(user, wish.office, &wish.scope) {
            let id = self.store.grant_bootstrap(new(Approval::Given), &self.actor).await?;
            return Ok(Given::ByConfiguration(id));
        }
        match self.may_give_office(user, wish.office, wish.scope.clone())? {
            Answer::Allowed => Ok(Given::Now(self.store.grant_ask(new(Approval::Given), &self.actor).await?)),
            answer @ Answer::NeedsSecond { .. } => {
                let id = self.store.grant_ask(new(Approval::Awaited), &self.actor).await?;
                Ok(Given::Asked(id, answer))
            }
            answer => Err(refusal(&answer, "user", user.id.as_str())),
        }
    }

    /// Whether the asker may give this office to this person.
    pub fn may_give_office(
        &self,
        user: &KeptUser,
        office: Office,
        scope: Scope,
    ) -> Result<Answer, DeskFault> {
        let mut case = self.grant_case(user, office, scope)?;
        Ok(self.at_any_school(Act::Grant, &mut case))
    }

    /// Whether the asker may say yes to what another asked for.
    pub async fn may_approve_office(&self, user: &KeptUser, grant: &KeptGrant) -> Result<Answer, DeskFault> {
        let mut case = self.grant_case(user, grant.grant.office, grant.grant.scope.clone())?;
        case.asked = Some(self.faces_behind(&grant.asked.0).await?);
        Ok(self.at_any_school(Act::Approve, &mut case))
    }

    /// Says yes to what another asked for.
    pub async fn approve_office(
        &self,
        user: &KeptUser,
        grant: &KeptGrant,
        reason: &str,
    ) -> Result<(), DeskFault> {
        let answer = self.may_approve_office(user, grant).await?;
        if self.user.is_none() || !answer.is_allowed() {
            return Err(match self.user {
                Some(_) => refusal(&answer, "grant", grant.id.as_str()),
                None => Wrong::ApprovedByNobody.into(),
            });
        }
        Ok(self.store.grant_approve(&grant.id, &self.actor, reason).await?)
    }

    /// Ends an office, or takes a request back. Of some offices two people say so.
    pub async fn end_office(
        &self,
        user: &KeptUser,
        grant: &KeptGrant,
        reason: &str,
    ) -> Result<Leave, DeskFault> {
        let case = self.grant_case(user, grant.grant.office, grant.grant.scope.clone())?;
        let leave = self.authorise_of_two(Act::Revoke, &case, ("grant", grant.id.as_str()), reason).await?;
        if !matches!(leave, Leave::WaitForSecond(_)) {
            self.store.grant_revoke(&grant.id, &self.actor, reason).await?;
        }
        Ok(leave)
    }

    /// A grant by its number, with whose it is.
    pub fn grant(&self, id: &GrantId) -> Option<(&KeptUser, &KeptGrant)> {
        let mut all = self.users.iter().flat_map(|user| user.grants.iter().map(move |grant| (user, grant)));
        all.find(|(_, grant)| grant.id == *id)
    }

    /// The facts of an office for this person.
    pub fn grant_case(&self, user: &KeptUser, office: Office, scope: Scope) -> Result<Case, DeskFault> {
        let mut case = Case::new(Thing::Grant, scope);
        case.grant = GrantKind::of(office);
        case.subject = self.faces_of(user)?;
        Ok(case)
    }

    /// Offices of the trust are given by the officers of its schools, as long as it has none.
    fn at_any_school(&self, act: Act, case: &mut Case) -> Answer {
        let first = self.may(act, case);
        if case.scope != Scope::Trust || first.is_allowed() {
            return first;
        }
        let schools = self.config.schools.iter().map(|s| Scope::School(s.id.clone()));
        let mut answers: Vec<Answer> = schools
            .map(|scope| {
                case.scope = scope;
                self.may(act, case)
            })
            .collect();
        answers.push(first);
        let allowed = answers.iter().position(Answer::is_allowed);
        let second = answers.iter().position(|a| matches!(a, Answer::NeedsSecond { .. }));
        answers.swap_remove(allowed.or(second).unwrap_or(0))
    }

    /// Nobody at the school could approve, and the configuration names this person's address.
    fn is_first_by_configuration(&self, user: &KeptUser, office: Office, scope: &Scope) -> bool {
        let Scope::School(id) = scope else { return false };
        let Some(school) = self.config.schools.iter().find(|s| s.id == *id) else { return false };
        let governs = |o: Office| matches!(o, Office::Head | Office::DataProtection);
        let now = Utc::now();
        // A row that somebody changed may have been that of whoever could approve.
        let stands = |g: &KeptGrant| {
            let at_work = g.grant.scope == *scope && governs(g.grant.office) && g.grant.counts_at(now);
            at_work || g.genuine == Genuine::No
        };
        if !governs(office) || self.users.iter().flat_map(|u| &u.grants).any(stands) {
            return false;
        }
        self.is_named(&user.who, school, office)
    }

    /// Whether somebody can be the first user: the configuration names the person for an office
    /// that says who reads.
    pub fn may_begin(&self, who: &NewUser) -> bool {
        let offices = [Office::Head, Office::DataProtection];
        self.config.schools.iter().any(|school| offices.iter().any(|o| self.is_named(who, school, *o)))
    }

    /// Whether `[school.officers]` names one of the person's addresses, or a mailbox that the
    /// person reads, for this office.
    fn is_named(&self, who: &NewUser, school: &School, office: Office) -> bool {
        let person = who.person.as_ref().and_then(|p| self.directory.person(p));
        let is_theirs = |address: &Address| {
            let known = self.directory.lookup(address);
            let mailbox = known.and_then(Known::group).filter(|g| g.kind() == GroupKind::Mailbox);
            who.address.as_ref() == Some(address)
                || person.is_some_and(|p| {
                    p.addresses().any(|(own, _)| own == *address)
                        || mailbox.is_some_and(|g| g.members().any(|m| m == p))
                })
        };
        officers::named(&school.officers).any(|(of, address)| of == office && is_theirs(address))
    }
}
