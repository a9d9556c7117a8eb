//! From people and things to a position. People are compared by face: a keyed hash of a
//! person's id or of an address, as the store keeps them, so that a lead who got a message at
//! a private address, or as a parent, is a party all the same.

use super::{
    grants::{GrantKind, Scope},
    judge::{Answer, Position, judge},
    model::{Act, Gravity, Matter, Office, Offices, Reach, Relation, SenderMay, State, Step, Thing},
};

/// A keyed hash of a person's id or an address ([`crate::storage`] makes them).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Face(pub [u8; 32]);

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Face(..)")
    }
}

/// Who asks: all faces of one human being, and the offices in force.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    /// Empty for the operator of the machine without an identity.
    pub faces: Vec<Face>,
    pub offices: Vec<(Scope, Offices)>,
}

impl Asker {
    /// Whoever runs the machine without a personal identity: counts, lists and runs, and
    /// reads no content.
    pub fn operator() -> Self {
        Self { faces: Vec::new(), offices: vec![(Scope::Trust, Offices::of(&[Office::Admin]))] }
    }

    pub fn at(&self, scope: &Scope) -> Offices {
        self.offices.iter().filter(|(s, _)| s == scope).fold(Offices::NONE, |all, (_, o)| all.and(*o))
    }

    fn is_any(&self, faces: &[Face]) -> bool {
        self.faces.iter().any(|face| faces.contains(face))
    }
}

/// One who holds offices: a registered user, or an officer of the configuration.
#[derive(Clone, Debug)]
pub struct Member {
    pub faces: Vec<Face>,
    pub offices: Vec<(Scope, Offices)>,
}

/// Everyone who holds an office, so that it can be said who may instead.
#[derive(Clone, Debug, Default)]
pub struct Bench(pub Vec<Member>);

impl Bench {
    /// The offices at `scope` held by somebody who is neither the asker nor in `not`. Whoever has
    /// the machine is an admin.
    fn free(&self, scope: &Scope, asker: &Asker, not: &[&[Face]]) -> Offices {
        let operator = if asker.faces.is_empty() { Offices::NONE } else { Offices::of(&[Office::Admin]) };
        let others = self.0.iter().filter(|member| {
            !asker.is_any(&member.faces)
                && !not.iter().any(|faces| member.faces.iter().any(|f| faces.contains(f)))
        });
        others.flat_map(|m| &m.offices).filter(|(s, _)| s == scope).fold(operator, |all, (_, o)| all.and(*o))
    }
}

/// The facts of one thing.
#[derive(Clone, Debug)]
pub struct Case {
    pub thing: Thing,
    pub scope: Scope,
    pub matter: Matter,
    pub state: State,
    pub gravity: Gravity,
    pub sender_may: SenderMay,
    pub reach: Reach,
    /// For [`Thing::Grant`].
    pub grant: GrantKind,
    pub owner: Vec<Face>,
    pub supervisors: Vec<Face>,
    /// To whom it was handed over.
    pub assigned: Vec<Face>,
    pub parties: Vec<Face>,
    pub accused: Vec<Face>,
    /// The machine's guess; counts as accused until somebody has refused it.
    pub proposed: Vec<Face>,
    /// Whom a grant, exception, history or request is about.
    pub subject: Vec<Face>,
    /// Who has asked for the act, where it takes two.
    pub asked: Option<Vec<Face>>,
}

impl Case {
    /// A thing of this kind with nobody in it.
    pub fn new(thing: Thing, scope: Scope) -> Self {
        Self {
            thing,
            scope,
            matter: Matter::Concern,
            state: State::Open,
            gravity: Gravity::Ordinary,
            sender_may: SenderMay::OnlyWithdraw,
            reach: Reach::Ordinary,
            grant: GrantKind::Plain,
            owner: Vec::new(),
            supervisors: Vec::new(),
            assigned: Vec::new(),
            parties: Vec::new(),
            accused: Vec::new(),
            proposed: Vec::new(),
            subject: Vec::new(),
            asked: None,
        }
    }

    /// A whole kind of thing, for `Search`, `Open`, and what belongs to a school as such.
    pub fn any(thing: Thing, scope: Scope) -> Self {
        Self::new(thing, scope)
    }

    fn relation(&self, asker: &Asker) -> Relation {
        let own_hold = self.thing == Thing::Hold;
        if asker.is_any(&self.accused) {
            Relation::Accused
        } else if asker.is_any(&self.proposed) {
            Relation::Proposed
        } else if own_hold && asker.is_any(&self.owner) {
            Relation::Owner
        } else if asker.is_any(&self.parties)
            || !own_hold && (asker.is_any(&self.owner) || asker.is_any(&self.supervisors))
        {
            Relation::Party
        } else if asker.is_any(&self.subject) {
            Relation::Subject
        } else if asker.is_any(&self.supervisors) {
            Relation::Supervisor
        } else if asker.is_any(&self.assigned) {
            Relation::Assigned
        } else {
            Relation::None
        }
    }
}

/// Where `asker` stands to `case`.
pub fn position(asker: &Asker, case: &Case, bench: &Bench) -> Position {
    let hidden: &[&[Face]] = match case.thing.hides_from_parties() {
        true => {
            &[&case.parties, &case.owner, &case.supervisors, &case.accused, &case.proposed, &case.subject]
        }
        false => &[&case.subject],
    };
    Position {
        offices: at(asker, &case.scope),
        trust: asker.at(&Scope::Trust),
        relation: case.relation(asker),
        thing: case.thing,
        matter: case.matter,
        state: case.state,
        gravity: case.gravity,
        sender_may: case.sender_may,
        reach: case.reach,
        step: match &case.asked {
            None => Step::First,
            Some(by) if asker.is_any(by) => Step::ByAsker,
            Some(_) => Step::ByAnother,
        },
        grant: case.grant,
        free: bench.free(&case.scope, asker, hidden),
        trust_free: bench.free(&Scope::Trust, asker, hidden),
        held: bench.free(&case.scope, asker, &[]),
        trust_held: bench.free(&Scope::Trust, asker, &[]),
    }
}

/// An admin of the trust runs the machine of every school; no other office of the trust is
/// one at a school.
fn at(asker: &Asker, scope: &Scope) -> Offices {
    let here = asker.at(scope);
    if asker.at(&Scope::Trust).has(Office::Admin) { here.with(Office::Admin) } else { here }
}

/// May `asker` do `act` to the thing of `case`, and who may instead.
pub fn may(asker: &Asker, act: Act, case: &Case, bench: &Bench) -> Answer {
    judge(&position(asker, case, bench), act)
}

/// Whether the asker is a party to it, accused in it, or guessed to be.
pub fn is_hidden_from(asker: &Asker, case: &Case) -> bool {
    matches!(
        case.relation(asker),
        Relation::Party | Relation::Accused | Relation::Proposed | Relation::Subject
    )
}
