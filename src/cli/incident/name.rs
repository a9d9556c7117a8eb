//! Who is what to an incident, and a person's word on who is accused.

use super::{args, find, parse};
use crate::{
    authority::Act,
    cli::{Answer, Mistake, accused::AccusedArgs, args::Cli, context, desk::Desk},
    desk::Named,
    storage::{Accusation, Part},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn person(cli: &Cli, id: &str, person: &str, part: &str) -> Answer {
    let part = args::part(part)?;
    if part == Part::Accused {
        return say(cli, id, person, Accusation::Confirmed, "");
    }
    let id = parse(id)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Act::Note, &id).await?;
        let who = Named::of(person, &desk.directory)?.who();
        let who = who.ok_or_else(|| Mistake("give a person of the directory or a mail address".into()))?;
        desk.store.incident_name(&id, who, part, &desk.actor).await?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Written. For whoever is named in it, it is not there.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn accused(cli: &Cli, args: &AccusedArgs) -> Answer {
    say(cli, &args.id, &args.person, args.word(), &args.reason)
}

fn say(cli: &Cli, id: &str, person: &str, word: Accusation, why: &str) -> Answer {
    let id = parse(id)?;
    let moved = context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Act::JudgeAccused, &id).await?;
        let named = Named::of(person, &desk.directory)?;
        let whose = desk.judge_accused_in_incident(&id, named, word, why).await?;
        desk.close().await;
        Ok(whose)
    })?;
    let mut err = io::stderr();
    match (word, moved) {
        (_, Some(whose)) => {
            writeln!(err, "Written. It is about somebody at the school: from now on an allegation, {whose}.")?
        }
        (Accusation::Confirmed, None) => writeln!(err, "Written. For whoever is accused, it is not there.")?,
        (Accusation::Refused, None) => writeln!(err, "Written: not accused.")?,
    }
    Ok(ExitCode::SUCCESS)
}
