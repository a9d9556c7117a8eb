//! Lines of the timeline: what was done, how it ended, to whom it went.

use super::{WHAT, find, parse};
use crate::{
    authority::{Act, Thing},
    cli::{
        Answer, Mistake,
        args::Cli,
        context,
        desk::{Desk, Leave},
    },
    desk::take_over,
    effects::HandedThing,
    storage::{Entry, HandedOver, ItemOffice},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn write(cli: &Cli, id: &str, act: Act, entry: Entry) -> Answer {
    let id = parse(id)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, act, &id).await?;
        desk.store.incident_write(&id, entry, &desk.actor).await?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Written.")?;
    Ok(ExitCode::SUCCESS)
}

/// Closed or dismissed; of the gravest, on the word of two.
pub(super) fn end(cli: &Cli, id: &str, entry: Entry) -> Answer {
    let id = parse(id)?;
    let (act, reason) = match &entry {
        Entry::Dismissed { text, .. } => (Act::Dismiss, text.clone()),
        Entry::Closed { outcome } => (Act::Close, outcome.clone()),
        _ => (Act::Close, String::new()),
    };
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = desk.store.incident_case(&id).await?;
        let leave = desk.authorise_of_two(act, &case, (WHAT, id.as_str()), &reason).await?;
        let said = match leave {
            Leave::Go => {
                desk.store.incident_write(&id, entry, &desk.actor).await?;
                "Written.".to_owned()
            }
            Leave::WaitForSecond(sentence) => format!("Noted. {sentence}"),
        };
        desk.close().await;
        Ok(said)
    })?;
    writeln!(io::stderr(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn hand_over(cli: &Cli, id: &str, to: ItemOffice, reason: &str) -> Answer {
    let id = parse(id)?;
    let told = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, low) = desk.store.incident_case(&id).await?;
        if low.thing == Thing::LowLevelConcern && desk.may(Act::List, &low).is_allowed() {
            return Err(Mistake::refused(
                "A low-level concern is the head's alone and is not handed over. Where the head has a part in it, \
                 name the head (`gatehouse incident person`): from then on it is the chair's.",
            ));
        }
        let (summary, case) = find(&desk, Act::HandOver, &id).await?;
        let about = (id.as_str(), summary.category, HandedThing::Incident);
        let taken = take_over(&desk, to, &case, about)?;
        let told = taken.outbox.len();
        let over = HandedOver {
            to: to.name().to_owned(),
            why: reason.to_owned(),
            takers: taken.faces,
            outbox: taken.outbox,
        };
        desk.store.incident_hand_over(&id, over, &desk.actor).await?;
        desk.close().await;
        Ok(told)
    })?;
    writeln!(io::stderr(), "Handed over; {told} are told its number.")?;
    Ok(ExitCode::SUCCESS)
}
