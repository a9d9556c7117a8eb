//! One question about one thing, answered from a position: a handful of closed sets.

use super::{
    grants::GrantKind,
    model::{Act, Gravity, Matter, Office, Offices, Reach, Relation, SenderMay, State, Step, Thing},
    rules::{Own, Rule, reviewers, rule},
};
use Relation as R;

/// All that an answer depends on.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The asker's offices in force where the thing belongs.
    pub offices: Offices,
    /// The asker's offices in force at the trust.
    pub trust: Offices,
    pub relation: Relation,
    pub thing: Thing,
    pub matter: Matter,
    pub state: State,
    pub gravity: Gravity,
    pub sender_may: SenderMay,
    pub reach: Reach,
    pub step: Step,
    /// For [`Thing::Grant`].
    pub grant: GrantKind,
    /// Offices that somebody holds who is neither the asker nor a party to the thing.
    pub free: Offices,
    /// The same at the trust.
    pub trust_free: Offices,
    /// Offices that somebody holds who is not the asker, party or not.
    pub held: Offices,
    /// The same at the trust.
    pub trust_held: Offices,
}

/// What the answer is. It names offices, never people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Allowed,
    /// It takes effect when one of these, another person, says the same (QU-2).
    NeedsSecond {
        who: Vec<Who>,
    },
    No {
        why: Why,
        instead: Vec<Who>,
    },
    /// For the asker there is no such thing: say exactly what is said of one that is not there.
    NotThere,
}

impl Answer {
    pub fn is_allowed(&self) -> bool {
        *self == Self::Allowed
    }
}

/// Who may instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// The hold's own sender.
    Sender,
    Office(Office),
    /// Whoever stands above the chair of governors at the trust.
    TrustChair,
    /// Those who wrote and got it, in their own mailboxes.
    Correspondents,
    Police,
    /// The local authority's designated officer, told by a person, not by the gate.
    Authority,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// There is no such act on such a thing.
    NoSuchAct,
    /// practice.md, A3.
    Sealed,
    /// practice.md, A6.
    Protected,
    /// practice.md, A5.
    SendersBusiness,
    /// Policy does not let a sender release it.
    PolicyForbids,
    /// practice.md, A9: only a lead, or staff writing to a listed agency.
    NoEmergency,
    /// It is under legal hold; whoever may lift that is named.
    LegalHold,
    /// It has to be decided first.
    NotDecided,
    /// Lead and data protection officer have to review it first.
    NotReviewed,
    /// Nobody asks for, or grants or approves, something for themselves.
    OwnCase,
    /// What one has asked for, another approves.
    OwnRequest,
    /// There is nothing that another has asked for.
    NothingAsked,
    AdminReadsNoContent,
    GovernorReadsReports,
    TrustSeesNoSchool,
    NotYourOffice,
}

/// The answer to "may whoever stands there do this".
pub fn judge(p: &Position, act: Act) -> Answer {
    // A suspension has the words of whoever told it of its subject.
    let of_oneself = p.thing == Thing::Suspension && p.relation == R::Subject && act != Act::Grant;
    if is_hidden(p) || of_oneself {
        return Answer::NotThere;
    }
    let Some(rule) = rule(p, act) else {
        // Only who knows of it learns what cannot be done with it.
        return if knows(p) {
            Answer::No { why: Why::NoSuchAct, instead: Vec::new() }
        } else {
            Answer::NotThere
        };
    };
    if !p.at_work() {
        return if p.thing.hides_from_parties() { Answer::NotThere } else { refused(p, act, &rule) };
    }
    if let Some(answer) = barred(p, act, &rule).or_else(|| own(p, act, &rule)) {
        return answer;
    }
    let offices = p.acting(act);
    let among = |all: &[Office]| all.iter().any(|o| offices.has(*o));
    let in_own_case = p.relation == R::Subject && matches!(act, Act::Grant | Act::Approve | Act::Change);
    match p.step {
        // The second of two, or one who may alone.
        _ if among(rule.alone) && !in_own_case => Answer::Allowed,
        Step::ByAnother if among(rule.second) && !in_own_case => Answer::Allowed,
        Step::ByAsker if among(rule.second) && act == Act::Approve => {
            Answer::No { why: Why::OwnRequest, instead: instead(p, rule.second) }
        }
        _ if act != Act::Approve && (among(rule.first) || in_own_case && among(rule.alone)) => {
            let second = if rule.second.is_empty() { rule.alone } else { rule.second };
            Answer::NeedsSecond { who: instead(p, second) }
        }
        _ => refused(p, act, &rule),
    }
}

impl Position {
    /// Guests, and those whose grants have ended, are nobody here.
    fn at_work(&self) -> bool {
        !self.offices.without(Office::Guest).is_empty() || !self.trust.without(Office::Guest).is_empty()
    }

    /// The offices that count here. Where no free head is left the chair stands in, and where
    /// no chair is, the trust's (practice.md, A4). To whom an item was handed acts as its reviewer.
    fn acting(&self, act: Act) -> Offices {
        let mut offices = self.offices;
        if self.thing.hides_from_parties() || self.thing.is_permission() {
            let head = self.free.has(Office::Head) || self.offices.has(Office::Head);
            let chair = self.free.has(Office::Chair) || self.offices.has(Office::Chair);
            if !head && self.offices.has(Office::Chair) {
                offices = offices.with(Office::Head);
            }
            if !head && !chair && self.trust.has(Office::Chair) {
                offices = offices.with(Office::Head);
            }
            if !chair && self.trust.has(Office::Chair) {
                offices = offices.with(Office::Chair);
            }
        }
        if self.relation == R::Assigned
            && act != Act::Purge
            && matches!(self.thing, Thing::Quarantined | Thing::Sealed | Thing::Incident)
            && !self.offices.without(Office::Guest).is_empty()
        {
            offices = reviewers(self.matter).iter().fold(offices, |all, o| all.with(*o));
        }
        offices
    }

    fn owns(&self) -> bool {
        matches!(self.relation, R::Owner | R::Supervisor)
    }

    /// Whether the asker sees who is party to the thing, and so may be told who is none.
    pub(super) fn sees_parties(&self) -> bool {
        let act = if self.thing == Thing::Sealed { Act::JudgeAccused } else { Act::Particulars };
        let offices = self.acting(act);
        let by_office = || rule(self, act).is_some_and(|r| r.alone.iter().any(|o| offices.has(*o)));
        !self.thing.hides_from_parties() || self.thing == Thing::Hold && self.owns() || by_office()
    }
}

/// practice.md, A2 and A4. A hold is its sender's own, so its sender is no party to hide it from.
fn is_hidden(p: &Position) -> bool {
    p.thing.hides_from_parties()
        && match p.relation {
            R::Party | R::Accused | R::Proposed | R::Subject => true,
            R::Owner | R::Supervisor => p.thing != Thing::Hold,
            R::None | R::Assigned => false,
        }
}

/// What no office opens.
fn barred(p: &Position, act: Act, rule: &Rule) -> Option<Answer> {
    let no =
        |why, instead: Vec<Who>| Some(if knows(p) { Answer::No { why, instead } } else { Answer::NotThere });
    let offers = |offices: &[Office]| instead(p, offices);
    match (p.thing, act) {
        (Thing::Sealed, _) if rule.alone.is_empty() && rule.first.is_empty() => {
            no(Why::Sealed, vec![Who::Police])
        }
        (Thing::Quarantined | Thing::Incident, Act::Particulars | Act::Bytes | Act::Export)
            if p.matter == Matter::Protected =>
        {
            no(Why::Protected, vec![Who::Correspondents])
        }
        (_, Act::Purge) if p.state == State::LegalHold => {
            let lifts = super::rules::rule(p, Act::LegalHold).map_or(&[][..], |r| r.alone);
            no(Why::LegalHold, offers(lifts))
        }
        (Thing::Hold, Act::Purge) if p.state == State::Open => no(Why::NotDecided, vec![Who::Sender]),
        (Thing::Quarantined | Thing::Incident, Act::Purge) if p.state == State::Open => {
            no(Why::NotDecided, offers(reviewers(p.matter)))
        }
        (Thing::SubjectAccess, Act::Export) if p.state == State::Open => {
            no(Why::NotReviewed, offers(&[Office::DataProtection, Office::Lead, Office::Deputy]))
        }
        _ => None,
    }
}

/// What the relation to the thing decides, whatever the office.
fn own(p: &Position, act: Act, rule: &Rule) -> Option<Answer> {
    if p.relation == R::Subject && p.thing == Thing::Grant && matches!(act, Act::List | Act::Revoke) {
        // Everyone sees the own grants, and may lay an office down.
        return Some(Answer::Allowed);
    }
    if p.relation == R::Subject && act == Act::Approve {
        return Some(Answer::No { why: Why::OwnCase, instead: instead(p, rule.second) });
    }
    if p.thing != Thing::Hold || !p.owns() {
        return None;
    }
    let no = |why, offices: &[Office]| Some(Answer::No { why, instead: instead(p, offices) });
    match rule.own {
        Own::Yes if p.relation == R::Owner => Some(Answer::Allowed),
        Own::Yes => Some(Answer::No { why: Why::SendersBusiness, instead: vec![Who::Sender] }),
        Own::Shared => Some(Answer::Allowed),
        Own::ByPolicy if p.sender_may == SenderMay::Release => Some(Answer::Allowed),
        // Nobody is both who asks and who makes the exception.
        Own::ByPolicy => no(Why::PolicyForbids, rule.alone),
        Own::Emergency if p.relation == R::Owner && may_send_now(p) => Some(Answer::Allowed),
        Own::Emergency => no(Why::NoEmergency, &[Office::Lead, Office::Deputy]),
        Own::No => None,
    }
}

fn may_send_now(p: &Position) -> bool {
    const LEADS: Offices = Offices::of(&[Office::Lead, Office::Deputy]);
    p.offices.any(LEADS) || p.offices.has(Office::Staff) && p.reach == Reach::Agency
}

/// Whether the asker may know that the thing is there.
fn knows(p: &Position) -> bool {
    if !p.thing.hides_from_parties() {
        return true;
    }
    let offices = p.acting(Act::List);
    [Act::Count, Act::List]
        .into_iter()
        .filter_map(|act| rule(p, act))
        .any(|rule| rule.alone.iter().any(|o| offices.has(*o)) || rule.own == Own::Shared && p.owns())
}

fn refused(p: &Position, act: Act, rule: &Rule) -> Answer {
    if !knows(p) {
        return Answer::NotThere;
    }
    let at_school = p.offices.without(Office::Guest);
    let only = |office| at_school == Offices::of(&[office]);
    let why = match act {
        _ if p.thing == Thing::Hold => Why::SendersBusiness,
        Act::Particulars | Act::Bytes | Act::Search | Act::Export if only(Office::Admin) => {
            Why::AdminReadsNoContent
        }
        _ if only(Office::Governor) => Why::GovernorReadsReports,
        _ if at_school.is_empty() && !p.trust.is_empty() => Why::TrustSeesNoSchool,
        Act::Approve if p.step == Step::First => Why::NothingAsked,
        _ if rule.alone.is_empty() && rule.second.iter().any(|o| p.acting(act).has(*o)) => Why::NothingAsked,
        _ => Why::NotYourOffice,
    };
    let instead = match p.thing {
        Thing::Hold if rule.own != Own::No => vec![Who::Sender],
        _ if why == Why::NothingAsked && !rule.first.is_empty() => instead(p, rule.first),
        _ if !rule.alone.is_empty() => instead(p, rule.alone),
        _ if !rule.first.is_empty() => instead(p, rule.first),
        _ => instead(p, rule.second),
    };
    Answer::No { why, instead }
}

/// Of these offices those that somebody free holds, in order; the chair where no free head
/// is; the authority where nobody is left. Who does not see the parties is told of all who hold
/// them: whoever was left out would be known for a party (practice.md, A2).
fn instead(p: &Position, offices: &[Office]) -> Vec<Who> {
    let (here, trust) = match p.sees_parties() {
        true => (p.free, p.trust_free),
        false => (p.held, p.trust_held),
    };
    let mut who = Vec::new();
    for office in offices {
        let next = match office {
            _ if here.has(*office) => Some(Who::Office(*office)),
            Office::Head if here.has(Office::Chair) => Some(Who::Office(Office::Chair)),
            Office::Head | Office::Chair if trust.has(Office::Chair) => Some(Who::TrustChair),
            _ => None,
        };
        if let Some(next) = next.filter(|next| !who.contains(next)) {
            who.push(next);
        }
    }
    if who.is_empty() { vec![Who::Authority] } else { who }
}
