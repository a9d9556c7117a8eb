//! `quarantine accused`: a person's word on who is accused in a message.

use super::{Opened, find, parse};
use crate::{
    cli::{Answer, Mistake, accused::AccusedArgs, args::Cli, context, desk::Desk},
    desk::{Judged, Named},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn accused(cli: &Cli, args: &AccusedArgs) -> Answer {
    let id = parse(&args.id)?;
    let judged = context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Opened::Quarantine, &id).await?;
        let named = Named::of(&args.person, &desk.directory)?;
        let judged = desk.judge_accused(&id, &named, args.word(), &args.reason).await?;
        desk.close().await;
        Ok(judged)
    })?;
    let mut err = io::stderr();
    match judged {
        Judged::Allegation(whose) => {
            writeln!(err, "{id}: it is about somebody at the school: from now on an allegation, {whose}.")?;
        }
        Judged::Accused => writeln!(err, "{id}: for whoever is accused, it is not there.")?,
        Judged::NotAccused => writeln!(err, "{id}: not accused.")?,
        Judged::NothingToRefuse => {
            return Err(Mistake(format!("nobody of that name is said or guessed to be accused in {id}")));
        }
    }
    Ok(ExitCode::SUCCESS)
}
