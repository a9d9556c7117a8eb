//! Deciding at the command line, and the words that follow.

use super::{Opened, find, parse};
use crate::{
    cli::{Answer, args::Cli, context, desk::Desk, render},
    desk::{Asked, Said},
    storage::{Decision, ItemState},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn decide(cli: &Cli, opened: Opened, asked: &Asked<'_>) -> Answer {
    let id = parse(asked.id)?;
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, opened, &id).await?;
        let said = desk.decide(&id, asked).await?;
        desk.close().await;
        Ok(said)
    })?;
    match said {
        Said::Decided { state, after } => {
            if let Some((first, at)) = after {
                let at = render::time(at);
                writeln!(io::stderr(), "You are the second of two people: {first} said the same on {at}.")?;
            }
            writeln!(io::stderr(), "{id}: {}. {}", state.name(), sentence(asked.decision, state))?;
        }
        Said::Noted(sentence) => writeln!(io::stderr(), "{id}: noted. {sentence}")?,
    }
    Ok(ExitCode::SUCCESS)
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
