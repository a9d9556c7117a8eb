//! `gatehouse scan`: read mail from files and say what would be done with each message.
//! Messages are assessed on all cores; lines come in the order of the input.

mod line;
mod malware;
mod work;

use super::{
    Answer, Mistake,
    args::{Cli, Format, ScanArgs},
    context, render,
};
use crate::{
    app,
    mail::{Address, ReversePath, SenderProof},
    ruleset::DispositionName,
    verdict::Disposition,
    wire::files::{FileLimits, Overrides, PassedOver, sources},
};
use indicatif::{ProgressBar, ProgressStyle};
use malware::Malware;
use serde_json::Value;
use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    os::fd::AsFd,
    process::ExitCode,
};
use work::Scanned;

pub(super) fn run(cli: &Cli, args: &ScanArgs) -> Answer {
    let config = context::config(cli)?;
    let folders = if args.rules.is_empty() { &config.rulesets } else { &args.rules };
    let rulebook = app::rulebook(&config, app::rules(folders)?)?;
    let overrides = overrides(args.from.as_deref(), &args.to)?;
    let proof = proof(args.signed_in);
    let jobs = args.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from));
    let limits = FileLimits { message_bytes: config.limits.message_bytes, ..FileLimits::default() };
    let mut printer = Printer::new(cli.format, args.fail_on.as_deref())?;
    let input = sources(args.paths.clone(), limits);
    let passed_over = input.passed_over();
    let malware = config.scanner.clone().filter(|_| !args.without_scanner).map(Malware::new).transpose()?;
    let job =
        work::Job { rulebook: &rulebook, overrides: &overrides, proof: &proof, malware: malware.as_ref() };
    work::in_order(input, &job, jobs, |scanned| printer.put(&scanned))?;
    say_passed_over(&passed_over)?;
    say_unscanned(malware.as_ref())?;
    printer.end()
}

/// Never a silent skip: who wants such a file read names it.
fn say_passed_over(passed_over: &PassedOver) -> io::Result<()> {
    let (count, first) = passed_over.seen();
    if count == 0 {
        return Ok(());
    }
    let names: Vec<String> = first.iter().map(|path| path.display().to_string()).collect();
    let more = if count > names.len() { format!(" and {} more", count - names.len()) } else { String::new() };
    let names = render::printable(&names.join(", "));
    writeln!(io::stderr(), "Passed over as no mail: {names}{more}. Name such a file itself to have it read.")
}

fn say_unscanned(malware: Option<&Malware>) -> io::Result<()> {
    match malware.map_or(0, Malware::unscanned) {
        0 => Ok(()),
        count => writeln!(
            io::stderr(),
            "{count} were not scanned for malware, since clamd did not answer: `gatehouse doctor` says more."
        ),
    }
}

/// The envelope as the command line gives it.
pub(super) fn overrides(from: Option<&str>, to: &[String]) -> Result<Overrides, Mistake> {
    let address = |text: &str| {
        Address::parse(text.trim_matches(['<', '>']))
            .ok_or_else(|| Mistake(format!("`{text}` is no mail address")))
    };
    let from = match from {
        None => None,
        Some("" | "<>") => Some(ReversePath::Null),
        Some(text) => Some(ReversePath::Mailbox(address(text)?)),
    };
    Ok(Overrides { from, to: to.iter().map(|t| address(t)).collect::<Result<_, _>>()? })
}

/// A file proves nothing; `--signed-in` lets it count as submitted by its sender.
pub(super) fn proof(signed_in: bool) -> SenderProof {
    if signed_in { SenderProof::ListedHost } else { SenderProof::Unproved }
}

/// Some lines' worth.
const OUTPUT_BUFFER: usize = 64 << 10;

struct Printer {
    format: Format,
    fail_at: Option<Disposition>,
    reached: bool,
    out: BufWriter<File>,
    rows: usize,
    read: usize,
    unread: usize,
    progress: ProgressBar,
}

impl Printer {
    fn new(format: Format, fail_on: Option<&str>) -> io::Result<Self> {
        let fail_at = match fail_on {
            Some("hold") => Some(DispositionName::Hold.into()),
            Some("quarantine") => Some(DispositionName::Quarantine.into()),
            Some(_) => Some(DispositionName::Refuse.into()),
            None => None,
        };
        let progress =
            if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} messages, {per_sec}, {elapsed}") {
            progress.set_style(style);
        }
        // The standard library's handle would look through every line of ours for its end.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let out = BufWriter::with_capacity(OUTPUT_BUFFER, out);
        Ok(Self { format, fail_at, reached: false, out, rows: 0, read: 0, unread: 0, progress })
    }

    fn put(&mut self, scanned: &Scanned) -> io::Result<()> {
        self.progress.inc(1);
        match scanned {
            Scanned::Message { line, disposition } => {
                self.read += 1;
                self.reached |= self.fail_at.is_some_and(|at| *disposition >= at);
                self.message(line)
            }
            Scanned::Unreadable { line } => {
                self.unread += 1;
                self.message(line)
            }
        }
    }

    fn message(&mut self, line: &str) -> io::Result<()> {
        if self.format == Format::Jsonl {
            return writeln!(self.out, "{line}");
        }
        let value: Value = serde_json::from_str(line).unwrap_or_default();
        let columns = render::columns(&[
            ("path", "Message"),
            ("relations", "Relations"),
            ("disposition", "Disposition"),
            ("actions", "Actions"),
            ("categories", "Found"),
        ]);
        if self.rows == 0 {
            render::head(&mut self.out, &columns, &WIDTHS)?;
        }
        self.rows += 1;
        render::row(&mut self.out, &columns, &WIDTHS, &line::for_people(value))
    }

    fn end(mut self) -> Answer {
        self.out.flush()?;
        self.progress.finish_and_clear();
        if self.unread > 0 && self.read == 0 {
            return Err(Mistake("nothing could be read; each line says why".into()));
        }
        if self.unread > 0 {
            writeln!(io::stderr(), "{} could not be read; their lines say why.", self.unread)?;
        }
        Ok(if self.reached { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// Columns of a table that is printed while it grows.
const WIDTHS: [usize; 5] = [40, 24, 12, 30, 40];
