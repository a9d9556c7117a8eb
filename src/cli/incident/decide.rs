//! Lines of the timeline: what was done, how it ended, to whom it went.

use super::parse;
use crate::{
    authority::Act,
    cli::{Answer, args::Cli, context, desk::Desk, render},
    desk::Leave,
    storage::{Entry, ItemOffice},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn write(cli: &Cli, id: &str, act: Act, entry: Entry) -> Answer {
    let id = parse(id)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        desk.write_incident(&id, act, entry).await?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Written.")?;
    Ok(ExitCode::SUCCESS)
}

/// Closed or dismissed; of the gravest, on the word of two.
pub(super) fn end(cli: &Cli, id: &str, entry: Entry) -> Answer {
    let id = parse(id)?;
    let leave = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let leave = desk.end_incident(&id, entry).await?;
        desk.close().await;
        Ok(leave)
    })?;
    let mut err = io::stderr();
    match leave {
        Leave::Go => writeln!(err, "Written.")?,
        Leave::GoAsSecond { first, at } => {
            let at = render::time(at);
            writeln!(err, "You are the second of two people: {first} said the same on {at}.")?;
            writeln!(err, "Written.")?;
        }
        Leave::WaitForSecond(sentence) => writeln!(err, "Noted. {sentence}")?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn hand_over(cli: &Cli, id: &str, to: ItemOffice, reason: &str) -> Answer {
    let id = parse(id)?;
    let told = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let told = desk.hand_over_incident(&id, to, reason).await?;
        desk.close().await;
        Ok(told)
    })?;
    writeln!(io::stderr(), "Handed over; {told} are told its number.")?;
    Ok(ExitCode::SUCCESS)
}
