//! Opening an incident, and what belongs to one. What is not there for the asker cannot be
//! linked, and the answer is that of a number that does not exist.

use super::{args, args::LinkArgs, args::OpenArgs, find, parse};
use crate::{
    authority::{Act, Case, Scope, Thing},
    cli::{Answer, Mistake, args::Cli, context, desk::Desk},
    desk::{AtWork, Named, allegation},
    effects::HandedThing,
    storage::{IncidentError, IncidentKind, Link, NewIncident, Part, StoreError, Who},
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn open(cli: &Cli, args: &OpenArgs) -> Answer {
    let (id, whose, is_party) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let school = desk.config.schools.iter().find(|s| s.id.0.as_ref() == args.school);
        let unknown = || Mistake(format!("`{}` is none of the schools in the configuration", args.school));
        let school = school.ok_or_else(unknown)?.id.clone();
        let mut kind = args::kind(&args.kind)?;
        let thing = if kind == IncidentKind::LowLevel { Thing::LowLevelConcern } else { Thing::Incident };
        if !desk.schools_or_refuse(Act::Open, thing)?.contains(&school) {
            return Err(Mistake::refused(format!(
                "You hold no office at {}, where this would belong.",
                args.school
            )));
        }
        let (mut people, mut accused) = (Vec::new(), Vec::new());
        for (texts, part) in [(&args.affected, Part::Affected), (&args.accused, Part::Accused)] {
            for text in texts {
                let named = Named::of(text, &desk.directory)?;
                if part == Part::Accused && named.at_work == AtWork::Yes {
                    accused.extend(desk.faces(named.person.as_ref(), &named.addresses)?);
                    if kind == IncidentKind::Concern {
                        kind = IncidentKind::Allegation;
                    }
                }
                people.extend(named.who().map(|who: Who| (who, part)));
            }
        }
        let mut links = Vec::new();
        for text in &args.item {
            let item = text.parse().map_err(|()| Mistake(format!("`{text}` is no item's number")))?;
            links.push(visible(&desk, Link::Item(item)).await?);
        }
        let (title, why) = (args.title.clone(), args.reason.clone());
        let id = desk.store.new_incident_id();
        let (mut whose, mut outbox) = (None, Vec::new());
        if matches!(kind, IncidentKind::Allegation | IncidentKind::LowLevel) {
            let case = Case::new(thing, Scope::School(school.clone()));
            let allegation = allegation(&desk, &case, &accused, (id.as_str(), None, HandedThing::Incident))?;
            (whose, outbox) = (Some((kind, allegation.whose)), allegation.outbox);
        }
        let new = NewIncident { school, kind, title, people, links, why };
        desk.store.incident_open(&id, new, outbox, &desk.actor).await?;
        let (_, case) = desk.store.incident_case(&id).await?;
        let is_party = desk.is_hidden(&case);
        desk.close().await;
        Ok((id, whose, is_party))
    })?;
    writeln!(io::stdout(), "{id}")?;
    match whose {
        Some((IncidentKind::LowLevel, whose)) => {
            writeln!(io::stderr(), "Kept as a low-level concern, {whose}.")?;
        }
        Some((_, whose)) => writeln!(io::stderr(), "Kept as an allegation, {whose}.")?,
        None => {}
    }
    if is_party {
        writeln!(
            io::stderr(),
            "You are named in it, or a party to what belongs to it: others follow it up."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn link(cli: &Cli, args: &LinkArgs) -> Answer {
    let id = parse(&args.id)?;
    let link = typed(args)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Act::Note, &id).await?;
        let link = visible(&desk, link).await?;
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

/// The link, when the asker may know of what it leads to.
async fn visible(desk: &Desk, link: Link) -> Result<Link, Mistake> {
    let case: Result<Case, StoreError> = match &link {
        Link::Item(id) => desk.store.item_case(id).await.map(|(_, case)| case),
        Link::Record(id) => desk.store.record_case(id).await,
        Link::Incident(id) => desk.store.incident_case(id).await.map(|(_, case)| case),
        Link::Message(id) => {
            let faces = desk.store.concerned(&[id.to_string()]).await?.remove(&id.to_string());
            let mut case = Case::new(Thing::LogEntry, Scope::Trust);
            faces.unwrap_or_default().fill(&mut case);
            return match desk.is_hidden(&case) {
                true => Err(none(&link)),
                false => Ok(link),
            };
        }
    };
    match case {
        Ok(case) if desk.may(Act::List, &case).is_allowed() => Ok(link),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(none(&link)),
        Err(e) => Err(e.into()),
    }
}

fn none(link: &Link) -> Mistake {
    IncidentError::NoTarget { what: link.kind(), id: link.target() }.into()
}
