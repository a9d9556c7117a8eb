//! Opening an incident, and what belongs to one. What is not there for the asker cannot be
//! linked, and the answer is that of a number that does not exist.

use super::{args, args::LinkArgs, args::OpenArgs, find, parse};
use crate::{
    authority::Act,
    cli::{Answer, Mistake, args::Cli, context, desk::Desk},
    desk::{DeskFault, Named, NewCase},
    parties::Directory,
    storage::{IncidentKind, Link},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn open(cli: &Cli, args: &OpenArgs) -> Answer {
    let opened = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let school = desk.config.schools.iter().find(|s| s.id.0.as_ref() == args.school);
        let unknown = || Mistake(format!("`{}` is none of the schools in the configuration", args.school));
        let mut links = Vec::new();
        for text in &args.item {
            let item = text.parse().map_err(|()| Mistake(format!("`{text}` is no item's number")))?;
            links.push(Link::Item(item));
        }
        let new = NewCase {
            school: school.ok_or_else(unknown)?.id.clone(),
            kind: args::kind(&args.kind)?,
            title: args.title.clone(),
            why: args.reason.clone(),
            affected: all_named(&args.affected, &desk.directory)?,
            accused: all_named(&args.accused, &desk.directory)?,
            links,
        };
        let opened = desk.open_incident(new).await?;
        desk.close().await;
        Ok(opened)
    })?;
    writeln!(io::stdout(), "{}", opened.id)?;
    match opened.whose {
        Some((IncidentKind::LowLevel, whose)) => {
            writeln!(io::stderr(), "Kept as a low-level concern, {whose}.")?;
        }
        Some((_, whose)) => writeln!(io::stderr(), "Kept as an allegation, {whose}.")?,
        None => {}
    }
    if opened.is_party {
        writeln!(
            io::stderr(),
            "You are named in it, or a party to what belongs to it: others follow it up."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn all_named(texts: &[String], directory: &Directory) -> Result<Vec<Named>, DeskFault> {
    texts.iter().map(|text| Named::of(text, directory)).collect()
}

pub(super) fn link(cli: &Cli, args: &LinkArgs) -> Answer {
    let id = parse(&args.id)?;
    let link = typed(args)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Act::Note, &id).await?;
        let link = desk.visible(link).await?;
        desk.store.incident_link(&id, link, &desk.actor).await?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Written. For whoever wrote or got it, the incident is not there.")?;
    Ok(ExitCode::SUCCESS)
}

fn typed(args: &LinkArgs) -> Result<Link, Mistake> {
    let no = |text: &str| Mistake(format!("`{text}` is no number of one"));
    let to = &args.to;
    Ok(if let Some(text) = &to.item {
        Link::Item(text.parse().map_err(|()| no(text))?)
    } else if let Some(text) = &to.record {
        Link::Record(text.parse().map_err(|()| no(text))?)
    } else if let Some(text) = &to.message {
        Link::Message(text.parse().map_err(|_| no(text))?)
    } else {
        Link::Incident(parse(to.incident.as_deref().unwrap_or_default())?)
    })
}
