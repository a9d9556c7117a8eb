//! `gatehouse directory`: bring people in, checked and compared before they take effect.

use super::{
    Answer, Mistake,
    args::{Cli, DirectoryCommand},
    context, desk, render,
};
use crate::{
    app,
    authority::{Act, Thing},
    config::{Config, render as render_faults},
    desk::import::{counted, keep_people},
    parties::{self, Diff, Directory},
};
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &DirectoryCommand) -> Answer {
    let config = context::config(cli)?;
    match command {
        DirectoryCommand::Import { path, dry_run, confirm_removals, why } => {
            import(cli, &config, path, (*dry_run, *confirm_removals), why.clone())
        }
        DirectoryCommand::Show => show(cli, &config),
    }
}

fn import(
    cli: &Cli,
    config: &Config,
    path: &Path,
    (dry_run, confirmed): (bool, bool),
    why: Option<String>,
) -> Answer {
    let import = parties::import(path, &config.schools);
    let mut err = io::stderr();
    write!(err, "{}", render_faults(&import.warnings))?;
    let Some(new) = import.directory else {
        return Err(Mistake(format!(
            "{}Nothing was taken over; the people in force are unchanged.",
            render_faults(&import.faults)
        )));
    };
    let old = app::directory(config)?;
    let diff = parties::diff(&old, &new);
    write!(io::stdout(), "{diff}")?;
    if dry_run {
        writeln!(err, "Nothing was taken over: --dry-run.")?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(question) = diff.question().filter(|_| !confirmed) {
        return Err(Mistake(format!(
            "{question} If so, say it again with --confirm-removals. Nothing was taken over."
        )));
    }
    desk::require(cli, Act::Change, Thing::Directory)?;
    context::block_on(save(config, (&old, &new), &diff, why))?;
    writeln!(err, "Taken over. A running gate takes it up on reload (SIGHUP).")?;
    Ok(ExitCode::SUCCESS)
}

/// Puts new people in force.
async fn save(
    config: &Config,
    people: (&Directory, &Directory),
    diff: &Diff,
    why: Option<String>,
) -> Result<(), Mistake> {
    // First, since it makes the data folder, readable by nobody else.
    let store = context::store(config).await?;
    if keep_people((&store, config, &context::actor()), people, diff, why).await? == app::Lying::Clear {
        writeln!(io::stderr(), "Warning: the people lie in clear on this disk. {}", app::SEAL_THEM)?;
    }
    store.close().await;
    Ok(())
}

/// A first import without questions, for the demonstration; how many people there are now.
pub(super) async fn import_first(config: &Config, path: &Path) -> Result<usize, Mistake> {
    let import = parties::import(path, &config.schools);
    let new = import.directory.ok_or_else(|| Mistake(render_faults(&import.faults)))?;
    let diff = parties::diff(&Directory::empty(), &new);
    save(config, (&Directory::empty(), &new), &diff, None).await?;
    Ok(new.people().count())
}

fn show(cli: &Cli, config: &Config) -> Answer {
    let schools = desk::require(cli, Act::List, Thing::Directory)?;
    let directory = app::directory(config)?;
    let counts = counted(&directory);
    let theirs = |school: &str| schools.iter().any(|own| *own.0 == *school);
    let rows: Vec<_> = counts
        .iter()
        .filter(|((school, _), _)| theirs(school))
        .map(|((school, role), count)| json!({"school": school, "role": role.name(), "people": count}))
        .collect();
    let columns = render::columns(&[("school", "School"), ("role", "Role"), ("people", "People")]);
    let empty = "There is nobody: bring people in with `gatehouse directory import`.";
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, empty)?;
    Ok(ExitCode::SUCCESS)
}
