//! `quarantine accused`: a person's word on who is accused in a message.

use super::{Opened, find, parse};
use crate::{
    authority::{Act, Matter},
    cli::{
        Answer, Mistake,
        accused::{AccusedArgs, AtWork, Named},
        args::Cli,
        context,
        desk::Desk,
        take_over::allegation,
    },
    effects::HandedThing,
    storage::{Accusation, AccusedInItem},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn accused(cli: &Cli, args: &AccusedArgs) -> Answer {
    let (id, word) = (parse(&args.id)?, args.word());
    let (whose, changed) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (summary, case) = find(&desk, Opened::Quarantine, &id).await?;
        desk.authorise(Act::JudgeAccused, &case, "item", id.as_str()).await?;
        let named = Named::of(&args.person, &desk.directory)?;
        let against_staff = word == Accusation::Confirmed && named.at_work == AtWork::Yes;
        let matter = (against_staff && case.matter == Matter::Concern).then_some(Matter::Allegation);
        let person = desk.faces(named.person.as_ref(), &named.addresses)?;
        let (mut whose, mut outbox) = (None, Vec::new());
        if against_staff {
            let what = (id.as_str(), Some(summary.category), HandedThing::Quarantined);
            let allegation = allegation(&desk, &case, &person, what)?;
            (whose, outbox) = (Some(allegation.whose), allegation.outbox);
        }
        let said = AccusedInItem { person, word, matter, why: args.reason.clone(), outbox };
        let changed = desk.store.item_accused(&id, &summary.school, said, &desk.actor).await?;
        desk.close().await;
        Ok((whose, changed))
    })?;
    let mut err = io::stderr();
    match (word, whose) {
        (_, Some(whose)) => {
            writeln!(err, "{id}: it is about somebody at the school: from now on an allegation, {whose}.")?;
        }
        (Accusation::Confirmed, None) => writeln!(err, "{id}: for whoever is accused, it is not there.")?,
        (Accusation::Refused, None) if changed => writeln!(err, "{id}: not accused.")?,
        (Accusation::Refused, None) => {
            return Err(Mistake(format!("nobody of that name is said or guessed to be accused in {id}")));
        }
    }
    Ok(ExitCode::SUCCESS)
}
