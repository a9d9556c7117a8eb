//! `gatehouse report`: a month or a term of one school, for governors, head, officers and leads.
//! Counts alone; who may not see a message may see this.

use super::{
    Answer, Mistake,
    args::{Cli, Format},
    context,
    desk::Desk,
    render::{self, unless_closed, wrapped},
};
use crate::{
    app,
    authority::{Act, Case, Scope, Thing},
    desk::school_report::{self, Asked},
    parties::School,
    report::{
        school::{self as shown, Report},
        sheet,
    },
};
use clap::{Args, ValueEnum};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Of which school; may be left out where there is only one
    #[arg(long, value_name = "SCHOOL")]
    school: Option<String>,
    /// A month, for example 2026-10; without it the last whole one
    #[arg(long, value_name = "MONTH", conflicts_with = "term")]
    month: Option<String>,
    /// The term in which this day lies: September to December, January to March, or April to August
    #[arg(long, value_name = "DAY")]
    term: Option<String>,
    /// As a file for people or a spreadsheet; by the ending of --out when missing
    #[arg(long = "as", value_enum)]
    form: Option<Form>,
    /// Where to; it must not be there yet. Standard output when missing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One page, nothing fetched
    Html,
    Pdf,
    /// For a spreadsheet
    Csv,
}

/// Columns of a line on a terminal.
const WIDTH: usize = 100;

pub(super) fn run(cli: &Cli, args: &ReportArgs) -> Answer {
    let form = form(args)?;
    let report = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let school = school(&desk, args.school.as_deref())?;
        let case = Case::any(Thing::Report, Scope::School(school.id.clone()));
        let act = if form.is_some() { Act::Export } else { Act::Particulars };
        desk.authorise(act, &case, "report", &school.id.0).await?;
        let asked = match (&args.month, &args.term) {
            (_, Some(day)) => Asked::term(day, &school.calendar)?,
            (Some(month), None) => Asked::month(month, &school.calendar)?,
            (None, None) => Asked::last_month(&school.calendar)?,
        };
        let rules = app::rules(&desk.config.rulesets)?;
        let (report, _) = school_report::make(&desk, &school, &asked, &rules).await?;
        school_report::note(&desk, &school, &asked, form.map_or("text", Form::name)).await?;
        desk.close().await;
        Ok(report)
    })?;
    match form {
        Some(form) => write(&form.bytes(&report), args.out.as_deref()),
        None => print(cli.format, &report),
    }
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
        }
    }

    fn bytes(self, report: &Report) -> Vec<u8> {
        match self {
            Self::Html => sheet::html(&shown::sheet(report)).into_bytes(),
            Self::Pdf => sheet::pdf(&shown::sheet(report)),
            Self::Csv => shown::csv(report).into_bytes(),
        }
    }
}

fn form(args: &ReportArgs) -> Result<Option<Form>, Mistake> {
    let ending = args.out.as_deref().map(|out| out.extension().and_then(|e| e.to_str()).unwrap_or_default());
    match (args.form, ending) {
        (Some(form), _) => Ok(Some(form)),
        (None, None) => Ok(None),
        (None, Some(ending)) => Form::value_variants()
            .iter()
            .find(|form| form.name().eq_ignore_ascii_case(ending))
            .map(|form| Some(*form))
            .ok_or_else(|| Mistake("Say what the file is to be with --as html, pdf or csv.".into())),
    }
}

fn school(desk: &Desk, named: Option<&str>) -> Result<Arc<School>, Mistake> {
    let all = &desk.config.schools;
    let ids = || all.iter().map(|s| s.id.to_string()).collect::<Vec<_>>().join(", ");
    match named {
        None if all.len() == 1 => Ok(Arc::clone(&all[0])),
        None => Err(Mistake(format!("Say of which school with --school: {}.", ids()))),
        Some(name) => all
            .iter()
            .find(|s| *s.id.0 == *name)
            .cloned()
            .ok_or_else(|| Mistake(format!("There is no school `{name}`. There are: {}.", ids()))),
    }
}

fn print(format: Format, report: &Report) -> Answer {
    let mut out = io::stdout().lock();
    unless_closed(match format {
        Format::Jsonl => report
            .parts
            .iter()
            .try_for_each(|part| render::rows(&mut out, format, &[], &shown::rows(part), "")),
        Format::Table => text(&mut out, report),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn text(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let paragraph = |out: &mut dyn Write, text: &str| {
        wrapped(text, WIDTH, "").iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    writeln!(out, "{}\n", report.title)?;
    paragraph(out, &report.mark)?;
    for part in &report.parts {
        writeln!(out, "\n{}\n", part.title)?;
        part.says.iter().try_for_each(|says| paragraph(out, says))?;
        let compared = part.lines.iter().any(|line| line.before.is_some());
        let all = [("name", ""), ("now", "Now"), ("before", "Before"), ("change", "Change")];
        let columns = render::columns(if compared { &all } else { &all[..2] });
        render::rows(out, Format::Table, &columns, &shown::rows(part), "Nothing.")?;
    }
    Ok(())
}

fn write(bytes: &[u8], out: Option<&Path>) -> Answer {
    match out {
        Some(path) => {
            context::write_new(path, bytes)?;
            writeln!(io::stderr(), "{}: {} bytes.", path.display(), bytes.len())?;
        }
        None => unless_closed(io::stdout().lock().write_all(bytes))?,
    }
    Ok(ExitCode::SUCCESS)
}
