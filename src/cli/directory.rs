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
    parties::{self, Diff, Directory, PersonId, Role},
    storage::{Event, LedgerEvent},
};
use chrono::Utc;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
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

/// Puts new people in force; the ledger names who did (QU-5).
async fn save(
    config: &Config,
    (old, new): (&Directory, &Directory),
    diff: &Diff,
    why: Option<String>,
) -> Result<(), Mistake> {
    // First, since it makes the data folder, readable by nobody else.
    let store = context::store(config).await?;
    if app::save(config, new)? == app::Lying::Clear {
        writeln!(io::stderr(), "Warning: the people lie in clear on this disk. {}", app::SEAL_THEM)?;
    }
    let event = LedgerEvent::new(Event::DirectoryImported)
        .with("directory", new.id().0.clone())
        .with("added", diff.added.len())
        .with("removed", diff.removed.len())
        .with("left", diff.left.len())
        .with("changed", diff.changed.len())
        .with("groups", diff.groups_changed)
        .because(why);
    store.ledger(&context::actor(), event).await?;
    for (role, [added, removed, left, changed]) in by_role(old, new, diff) {
        let event = LedgerEvent::new(Event::DirectoryChanged)
            .about(format!("people/{}", role.name()))
            .with("added", added)
            .with("removed", removed)
            .with("left", left)
            .with("changed", changed);
        store.ledger(&context::actor(), event).await?;
    }
    let today = Utc::now().date_naive();
    store.note_leaving(&parties::leaving(new, today), today, &context::actor()).await?;
    store.close().await;
    Ok(())
}

/// How many of each role came, went, left and are different; somebody of two roles counts in both.
fn by_role(old: &Directory, new: &Directory, diff: &Diff) -> BTreeMap<Role, [usize; 4]> {
    let mut counts: BTreeMap<Role, [usize; 4]> = BTreeMap::new();
    let changed: Vec<PersonId> = diff.changed.iter().map(|(id, _)| id.clone()).collect();
    let lists = [(&diff.added, new), (&diff.removed, old), (&diff.left, old), (&changed, new)];
    for (column, (ids, directory)) in lists.into_iter().enumerate() {
        for person in ids.iter().filter_map(|id| directory.person(id)) {
            let roles: BTreeSet<Role> = person.memberships().map(|(_, role)| role).collect();
            for role in roles {
                counts.entry(role).or_default()[column] += 1;
            }
        }
    }
    counts
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
    let mut counts: BTreeMap<(String, Role), usize> = BTreeMap::new();
    for person in directory.people() {
        for (school, role) in person.memberships().filter(|(school, _)| schools.contains(school)) {
            *counts.entry((school.to_string(), role)).or_default() += 1;
        }
    }
    let rows: Vec<_> = counts
        .iter()
        .map(|((school, role), count)| json!({"school": school, "role": role.name(), "people": count}))
        .collect();
    let columns = render::columns(&[("school", "School"), ("role", "Role"), ("people", "People")]);
    let empty = "There is nobody: bring people in with `gatehouse directory import`.";
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, empty)?;
    Ok(ExitCode::SUCCESS)
}
