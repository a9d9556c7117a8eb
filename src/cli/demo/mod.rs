//! `gatehouse demo`: the whole gate on two invented schools. Real listeners on loopback,
//! the corpus through relay and milter, mailboxes that write down what arrives, two
//! decisions by people; then what happened to which kind of mail and why, where everything
//! lies, and whether it is what the corpus expects.

mod areas;
mod check;
mod console;
mod decide;
mod doors;
mod folder;
mod look;
mod mail;
mod print;
mod sink;
mod smtp;
mod style;
mod table;
mod wait;

use super::{
    Answer, Mistake,
    args::{Cli, DemoArgs, Format},
    context,
    corpus::{self, Example},
    directory,
};
use crate::{app, config, storage::ItemKind};
use decide::{Desk, LetGo};
use doors::{Door, Doors};
use folder::{Folder, Looks, Sources};
use indicatif::{ProgressBar, ProgressStyle};
use look::Row;
use mail::Mail;
use print::Reasons;
use sink::Sink;
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
    time::{Duration, Instant},
};
use style::Style;

/// The gate's own name in the demonstration's configuration; its notices carry it.
const HOSTNAME: &str = "gate.oakfield.example";

pub(super) fn run(cli: &Cli, args: &DemoArgs) -> Answer {
    if cli.config.is_some() || cli.format != Format::Table {
        return Err(Mistake("`gatehouse demo` writes its own configuration and prints for people: leave --config and --format out".into()));
    }
    let sources = Sources::here()?;
    let examples = corpus::read(&sources.corpus)?;
    let folder = Folder::make(&args.folder)?;
    context::block_on(play(&sources, &folder, examples))
}

/// Everything that happened.
struct Played {
    rows: Vec<Row>,
    let_go: Vec<LetGo>,
    took: Duration,
}

async fn play(sources: &Sources, folder: &Folder, examples: Vec<Example>) -> Answer {
    let mails: Vec<Mail> = examples.into_iter().zip(1..).map(|(one, number)| Mail::of(number, one)).collect();
    let sink = Sink::open(folder.delivered(), folder.notices()).await?;
    let at_terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    let looks = if at_terminal { Looks::AtThePages } else { Looks::AtWhatIsPrinted };
    folder.configure(sources, sink.address, console::free_port()?, looks)?;
    let config = config::load(&folder.config()).map_err(|faults| Mistake(faults.to_string()))?;
    let style = Style::of_this_terminal();
    print::title(style)?;
    let people = directory::import_first(&config, &sources.directory).await?;
    let reasons = Reasons::new(&app::rules(&config.rulesets)?);
    let gate = app::start(config.clone()).await?;
    let (Some(relay), Some(milter)) = (gate.relay.first(), gate.milter.first()) else {
        return Err(Mistake("the demonstration's configuration opens no doors".into()));
    };
    let doors = Doors { relay: *relay, milter: milter.clone(), mailboxes: sink.address };
    print::opening(&config, &doors, people, mails.len())?;

    let desk = Desk { store: &gate.store, doors: &doors, sink: &sink };
    let played = send_and_decide(&desk, mails).await;
    let played = match played {
        Ok(played) => played,
        Err(mistake) => {
            gate.stop().await;
            return Err(mistake);
        }
    };
    let kept = check::kept(&gate.store).await?;
    // Somebody is there to look at the pages: the gate goes on for them.
    let mut going_on = None;
    if looks == Looks::AtThePages {
        let directory = app::directory(&config)?;
        let ways = console::people(&config, &directory, &gate.store, folder).await?;
        going_on = Some((gate, ways));
    } else {
        gate.stop().await;
    }
    let faults = check::compare(&played.rows, &sink.delivered(), &kept);
    table::write(&mut folder.messages()?, &played.rows, &reasons)?;
    areas::print(style, &played.rows, &reasons)?;
    print::decisions(style, &played.let_go, folder)?;
    let me = going_on.is_some().then(|| folder.head_key());
    print::whereabouts(style, folder, (&kept, &sink), me.as_deref())?;
    print::ending(style, &played, &faults)?;
    if let Some((gate, ways)) = going_on {
        console::serve(style, gate, &ways, folder).await?;
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn send_and_decide(desk: &Desk<'_>, mails: Vec<Mail>) -> Result<Played, Mistake> {
    let start = Instant::now();
    let bar = progress(mails.len());
    let mut rows = Vec::with_capacity(mails.len());
    let mut last = None;
    for mail in mails {
        let door = Door::of(mail.number);
        desk.sink.expect(mail.number, "");
        let reply = desk.doors.send(door, &mail).await?;
        rows.push(look::look(desk.store, (mail, door, reply), &mut last).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    wait::outbox_is_empty(desk.store, desk.sink).await?;
    let took = start.elapsed();
    let holds = decide::open_items(desk.store, ItemKind::Hold, &rows).await?;
    let quarantined = decide::open_items(desk.store, ItemKind::Quarantine, &rows).await?;
    let mut let_go = Vec::new();
    let_go.extend(desk.answer_hold(&holds).await?);
    let_go.extend(desk.release(&quarantined).await?);
    Ok(Played { rows, let_go, took })
}

/// On a terminal only.
fn progress(messages: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:40} {pos} of {len} messages");
    let bar = ProgressBar::new(messages as u64);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
