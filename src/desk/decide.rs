//! Deciding what waits: the same for whoever sits at the command line and at the console.

use super::{Desk, DeskFault, Leave, Wrong, take_over::take_over};
use crate::{
    authority::{Act, Answer},
    config::Config,
    effects::{Comeback, HandedThing, Notices, comeback},
    policy::sender_may_hear,
    storage::{
        Decision, ItemDetail, ItemId, ItemKind, ItemState, LegalSubject, NewOutbox, Purpose, Ruling, Why,
    },
};
use chrono::{DateTime, Utc};

/// A decision as somebody asks for it.
pub struct Asked<'a> {
    pub id: &'a str,
    pub decision: Decision,
    pub reason: &'a str,
    pub advice: Option<&'a str>,
    /// Put it under legal hold besides.
    pub legal_hold: bool,
}

impl<'a> Asked<'a> {
    pub fn new(id: &'a str, decision: Decision, reason: &'a str) -> Self {
        Self { id, decision, reason, advice: None, legal_hold: false }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// `after`: the first of two, and when they said the same.
    Decided { state: ItemState, after: Option<(String, DateTime<Utc>)> },
    /// The first of two has spoken; the answer says who is to be the second.
    Noted(Answer),
}

/// The act that a decision is. Whoever may keep something as evidence may take it out again.
pub fn act_of(decision: Decision) -> Act {
    match decision {
        Decision::Release => Act::Release,
        Decision::ReleaseMarked => Act::ReleaseMarked,
        Decision::SendNow => Act::SendNow,
        Decision::Return | Decision::Expire => Act::Return,
        Decision::Withdraw => Act::Withdraw,
        Decision::KeepAsEvidence | Decision::Reopen => Act::KeepAsEvidence,
        Decision::Escalate(_) => Act::Escalate,
        Decision::HandOn(_) => Act::HandOver,
        Decision::Seal => Act::Seal,
    }
}

impl Desk {
    /// Decides an item of any kind: authority, the second of two, the notices that follow, and the ruling.
    pub async fn decide(&self, id: &ItemId, asked: &Asked<'_>) -> Result<Said, DeskFault> {
        let (summary, mut case) = self.store.item_case(id).await?;
        // Staff may send at once what goes to a listed agency: only for that one looks whither it goes.
        if asked.decision == Decision::SendNow && self.may(Act::Particulars, &case).is_allowed() {
            let detail = self.store.item(id, &self.actor, to_write_it(asked.reason)).await?;
            case = self.with_reach(case, &detail);
        }
        let what = ("item", id.as_str());
        let leave = self.authorise_of_two(act_of(asked.decision), &case, what, asked.reason).await?;
        let after = match leave {
            Leave::WaitForSecond(answer) => return Ok(Said::Noted(answer)),
            Leave::GoAsSecond { first, at } => Some((first, at)),
            Leave::Go => None,
        };
        if asked.legal_hold {
            self.authorise(Act::LegalHold, &case, "item", id.as_str()).await?;
        }
        // Only what the sender is to read needs the particulars: nobody else's look is noted.
        let outbox = match asked.decision {
            Decision::Return => {
                let detail = self.store.item(id, &self.actor, to_write_it(asked.reason)).await?;
                vec![back(&self.config, &detail, Comeback::Returned { advice: asked.advice })?]
            }
            Decision::Withdraw if summary.kind != ItemKind::Quarantine => {
                let detail = self.store.item(id, &self.actor, to_write_it(asked.reason)).await?;
                vec![back(&self.config, &detail, Comeback::Withdrawn)?]
            }
            _ => Vec::new(),
        };
        // Who takes over gets a notice with the number and the category.
        let (outbox, takers) = match asked.decision {
            Decision::HandOn(office) | Decision::Escalate(office) => {
                let about = (id.as_str(), Some(summary.category), HandedThing::Quarantined);
                let taken = take_over(self, office, &case, about)?;
                (taken.outbox, taken.faces)
            }
            _ => (outbox, Vec::new()),
        };
        let ruling = Ruling {
            decision: asked.decision,
            actor: self.actor.clone(),
            reason: Some(asked.reason.to_owned()),
            token: None,
            next_hop: self.config.notices.next_hop.clone(),
            outbox,
            takers,
        };
        let decided = self.store.decide(id, ruling).await?;
        if asked.legal_hold {
            let subject = LegalSubject::Item(id.clone());
            self.store.set_legal_hold(subject, &summary.school, &self.actor, asked.reason).await?;
        }
        Ok(Said::Decided { state: decided.state, after })
    }
}

/// The notice to the sender. About some things the gate writes to nobody (practice.md,
/// A2): then a person has to speak.
fn back(config: &Config, detail: &ItemDetail, why: Comeback<'_>) -> Result<NewOutbox, DeskFault> {
    let silent = detail.findings.iter().any(|f| !sender_may_hear(f.category))
        || !sender_may_hear(detail.summary.category);
    // What is only delayed may have no finding at all.
    if silent && detail.summary.kind != ItemKind::Grace {
        return Err(Wrong::TellsNoParty(detail.summary.id.clone(), detail.summary.category).into());
    }
    let sender =
        detail.envelope.sender.address().ok_or_else(|| Wrong::NoSender(detail.summary.id.clone()))?;
    let notices = Notices::new(&config.notices, &config.hostname)?;
    Ok(comeback(&notices, &config.schools, detail, sender, why, Utc::now())?)
}

/// Nobody is shown them: they are needed to write to the sender.
fn to_write_it(reason: &str) -> Why {
    Why::new(Purpose::SystemOperation, reason)
}
