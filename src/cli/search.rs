//! `search` of `gatehouse quarantine` and `gatehouse records`: what is asked for as typed becomes one
//! question of the store; a person stands for all their addresses.

use super::{Answer, Mistake, args::Cli, context, desk::Desk, held, purpose::WhyArgs, render};
use crate::{
    app,
    authority::{Act, Thing},
    desk::correspondents,
    mail::SchoolId,
    parties::Directory,
    ruleset::Category,
    storage::{Correspondent, Cursor, Found, ItemState, Search, Store},
};
use clap::Args;
use serde_json::Value;
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// What every search may ask for.
#[derive(Debug, Args)]
pub struct Asked {
    /// Words that must all be there, in the subject, the text, a name or a file name
    ///
    /// Case, accents, plurals and Welsh mutations make no difference: `plant` finds `blant`.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
    /// Words of the subject
    #[arg(long, value_name = "WORDS")]
    pub subject: Option<String>,
    /// Who sent it: an address, or a person by name or id with all their addresses
    #[arg(long, value_name = "WHO")]
    pub from: Vec<String>,
    /// Who got it
    #[arg(long, value_name = "WHO")]
    pub to: Vec<String>,
    /// Who sent or got it; given several times, all of them
    #[arg(long, value_name = "WHO", visible_alias = "address")]
    pub with: Vec<String>,
    /// From this day, for example 2026-09-01
    #[arg(long, value_name = "DAY")]
    pub since: Option<String>,
    /// Up to and with this day
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    #[arg(long, value_name = "SCHOOL")]
    pub school: Option<String>,
    /// At most so many, newest first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// The next page: the word that the page before ended with
    #[arg(long, value_name = "PAGE")]
    pub after: Option<String>,
}

#[derive(Debug, Args)]
pub struct QuarantineSearch {
    #[command(flatten)]
    pub asked: Asked,
    /// Only what is in this state (open, releasing, released, returned, kept-as-evidence, ...)
    #[arg(long, value_name = "STATE")]
    pub state: Vec<String>,
    /// Only what is of this category, for example harm.bullying
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,
    #[command(flatten)]
    pub why: WhyArgs,
}

pub(super) fn quarantine(cli: &Cli, args: &QuarantineSearch) -> Answer {
    let mut states = Vec::new();
    for name in &args.state {
        let state = ItemState::ALL.into_iter().find(|s| s.name() == name);
        states.push(state.ok_or_else(|| Mistake(format!("there is no state `{name}`")))?);
    }
    let category = args
        .category
        .as_deref()
        .map(|name| name.parse::<Category>().map_err(|()| Mistake(format!("there is no category `{name}`"))));
    let config = context::config(cli)?;
    let search =
        Search { states, category: category.transpose()?, ..args.asked.search(&app::directory(&config)?)? };
    let (found, after) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        desk.schools_or_refuse(Act::Search, Thing::Quarantined)?;
        let search = Search { after: args.asked.after(&desk.store)?, ..search };
        // Before it is shown or counted.
        let found = desk.store.quarantine_seen(&search, &*desk, &desk.actor, &args.why.why()).await?;
        let after = found.after.map(|after| desk.store.cursor_word(after)).transpose()?;
        Ok((found, after))
    })?;
    let rows: Vec<Value> = found.hits.iter().map(held::found).collect();
    let (mut out, columns) = (io::stdout().lock(), render::columns(&held::COLUMNS));
    render::rows(&mut out, cli.format, &columns, &rows, "Nothing was found in quarantine.")?;
    say_more(&found, after.as_deref())
}

impl Asked {
    pub(super) fn search(&self, directory: &Directory) -> Result<Search, Mistake> {
        let people = |given: &[String]| -> Result<Vec<Vec<Correspondent>>, Mistake> {
            given.iter().map(|text| Ok(correspondents(directory, text)?)).collect()
        };
        Ok(Search {
            words: self.words.join(" "),
            subject: self.subject.clone().unwrap_or_default(),
            from: people(&self.from)?,
            to: people(&self.to)?,
            with: people(&self.with)?,
            since: self.since.as_deref().map(context::day).transpose()?,
            until: self.until.as_deref().map(context::end_of_day).transpose()?,
            school: self.school.as_deref().map(|s| SchoolId(s.into())),
            limit: Some(self.limit),
            ..Search::default()
        })
    }

    /// Where the page begins, which only the store can read.
    pub(super) fn after(&self, store: &Store) -> Result<Option<Cursor>, Mistake> {
        let Some(word) = &self.after else { return Ok(None) };
        let wrong = || Mistake("--after takes the word that the page before ended with".into());
        store.cursor(word)?.ok_or_else(wrong).map(Some)
    }
}

/// What an answer leaves open, on standard error.
pub(super) fn say_more<T>(found: &Found<T>, after: Option<&str>) -> Answer {
    let mut err = io::stderr();
    if let Some(after) = after {
        writeln!(err, "There may be more: the same again with --after {after}")?;
    }
    if found.in_part {
        writeln!(
            err,
            "Some messages cannot be searched whole, because they are too long or a file in them could not be read: \
             look for those by people and time as well."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
