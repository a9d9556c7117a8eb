//! Deciding at the command line, and the words that follow.

use super::{Opened, find, parse};
use crate::{
    authority::Act,
    cli::{
        Answer, Mistake,
        args::Cli,
        context,
        desk::{Desk, Leave},
        take_over::take_over,
    },
    config::Config,
    effects::{Comeback, HandedThing, Notices, comeback},
    policy::sender_may_hear,
    storage::{Decision, ItemDetail, ItemId, ItemKind, ItemState, LegalSubject, NewOutbox, Ruling},
};
use chrono::Utc;
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// A decision as it was typed.
pub(super) struct Asked<'a> {
    pub(super) id: &'a str,
    pub(super) decision: Decision,
    pub(super) reason: &'a str,
    pub(super) advice: Option<&'a str>,
    /// Put it under legal hold besides.
    pub(super) legal_hold: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn new(id: &'a str, decision: Decision, reason: &'a str) -> Self {
        Self { id, decision, reason, advice: None, legal_hold: false }
    }
}

pub(super) fn decide(cli: &Cli, opened: Opened, asked: &Asked<'_>) -> Answer {
    let id = parse(asked.id)?;
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let said = ruled(&desk, opened, &id, asked).await?;
        desk.close().await;
        Ok(said)
    })?;
    match said {
        Said::Decided(state) => {
            writeln!(io::stderr(), "{id}: {}. {}", state.name(), sentence(asked.decision, state))?;
        }
        Said::Noted(sentence) => writeln!(io::stderr(), "{id}: noted. {sentence}")?,
    }
    Ok(ExitCode::SUCCESS)
}

enum Said {
    Decided(ItemState),
    /// The first of two has spoken.
    Noted(String),
}

/// The act that a decision is. Whoever may keep something as evidence may take it out again.
fn act(decision: Decision) -> Act {
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

async fn ruled(desk: &Desk, opened: Opened, id: &ItemId, asked: &Asked<'_>) -> Result<Said, Mistake> {
    let (summary, case) = find(desk, opened, id).await?;
    let what = ("item", id.as_str());
    if let Leave::WaitForSecond(sentence) =
        desk.authorise_of_two(act(asked.decision), &case, what, asked.reason).await?
    {
        return Ok(Said::Noted(sentence));
    }
    if asked.legal_hold {
        desk.authorise(Act::LegalHold, &case, "item", id.as_str()).await?;
    }
    // Only what the sender is to read needs the particulars: nobody else's look is noted.
    let outbox = match asked.decision {
        Decision::Return => {
            let detail = desk.store.item(id, &desk.actor, asked.reason).await?;
            vec![back(&desk.config, &detail, Comeback::Returned { advice: asked.advice })?]
        }
        Decision::Withdraw if summary.kind != ItemKind::Quarantine => {
            let detail = desk.store.item(id, &desk.actor, asked.reason).await?;
            vec![back(&desk.config, &detail, Comeback::Withdrawn)?]
        }
        _ => Vec::new(),
    };
    // Who takes over gets a notice with the number and the category.
    let (outbox, takers) = match asked.decision {
        Decision::HandOn(office) | Decision::Escalate(office) => {
            let about = (id.as_str(), Some(summary.category), HandedThing::Quarantined);
            let taken = take_over(desk, office, &case, about)?;
            (taken.outbox, taken.faces)
        }
        _ => (outbox, Vec::new()),
    };
    let ruling = Ruling {
        decision: asked.decision,
        actor: desk.actor.clone(),
        reason: Some(asked.reason.to_owned()),
        token: None,
        next_hop: desk.config.notices.next_hop.clone(),
        outbox,
        takers,
    };
    let decided = desk.store.decide(id, ruling).await?;
    if asked.legal_hold {
        let subject = LegalSubject::Item(id.clone());
        desk.store.set_legal_hold(subject, &summary.school, &desk.actor, asked.reason).await?;
    }
    Ok(Said::Decided(decided.state))
}

fn sentence(decision: Decision, state: ItemState) -> &'static str {
    match (decision, state) {
        (Decision::SendNow, _) => {
            "It leaves now. `gatehouse hold reviews` lists it until somebody has reviewed how that came about."
        }
        (Decision::Escalate(_), _) => "It stays open for that office, which is told; its clock goes on.",
        (Decision::HandOn(_), _) => "It lies with that office now, which is told its number.",
        (_, ItemState::Releasing) => "It is on its way: `show` says when the next hop has taken it.",
        (_, ItemState::Returned) => "It goes back to its sender.",
        (_, ItemState::Withdrawn) => "It does not leave; its sender is told.",
        (_, ItemState::KeptAsEvidence) => "It is kept as evidence.",
        (_, ItemState::Sealed) => "From now on hash, time and roles are all that anybody sees of it.",
        (_, ItemState::Open) => "It waits for a decision again.",
        _ => "It is decided.",
    }
}

/// The notice to the sender. About some things the gate writes to nobody (practice.md,
/// A2): then a person has to speak.
fn back(config: &Config, detail: &ItemDetail, why: Comeback<'_>) -> Result<NewOutbox, Mistake> {
    let silent = detail.findings.iter().any(|f| !sender_may_hear(f.category))
        || !sender_may_hear(detail.summary.category);
    // What is only delayed may have no finding at all.
    if silent && detail.summary.kind != ItemKind::Grace {
        return Err(Mistake(format!(
            "{} is about {}: the gate tells no party of it. Keep it, and let a person speak with whom it concerns.",
            detail.summary.id, detail.summary.category
        )));
    }
    let sender = detail.envelope.sender.address().ok_or_else(|| {
        Mistake(format!("{} has no sender to go back to; release it or keep it", detail.summary.id))
    })?;
    let notices = Notices::new(&config.notices, &config.hostname)?;
    Ok(comeback(&notices, &config.schools, detail, sender, why, Utc::now())?)
}
