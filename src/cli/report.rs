//! `gatehouse report`: a month or a term of one school, for governors, head, officers and leads.
//! Counts alone; who may not see a message may see this.

use super::{
    Answer, Mistake,
    args::{Cli, Format},
    context,
    desk::Desk,
    policy,
    render::{self, unless_closed, wrapped},
    ways,
};
use crate::{
    app,
    authority::{Act, Case, Scope, Thing},
    parties::{Calendar, Direction, School, Span},
    report::{
        Coverage, Standing, Table, coverage,
        school::{self as school_report, Facts, Period, Report},
        sheet, unproved,
    },
    storage::{Between, Event, LedgerEvent, Store, Switch},
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
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
    /// The term in which this day lies, by the school's calendar
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
const DIRECTIONS: [(Direction, &str); 3] = [
    (Direction::Inbound, "mail from outside"),
    (Direction::Outbound, "mail to outside"),
    (Direction::Internal, "mail within the school"),
];

pub(super) fn run(cli: &Cli, args: &ReportArgs) -> Answer {
    let form = form(args)?;
    let report = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let school = school(&desk, args.school.as_deref())?;
        let case = Case::any(Thing::Report, Scope::School(school.id.clone()));
        let act = if form.is_some() { Act::Export } else { Act::Particulars };
        desk.authorise(act, &case, "report", &school.id.0).await?;
        let asked = Asked::of(args, &school.calendar)?;
        let report = make(&desk, &school, &asked).await?;
        let event = LedgerEvent::new(Event::ReportMade)
            .school(&school.id)
            .with("from", asked.span.first.to_string())
            .with("until", asked.span.last.to_string())
            .with("as", form.map_or("text", Form::name));
        desk.store.ledger(&desk.actor, event).await?;
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
            Self::Html => sheet::html(&school_report::sheet(report)).into_bytes(),
            Self::Pdf => sheet::pdf(&school_report::sheet(report)),
            Self::Csv => school_report::csv(report).into_bytes(),
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

/// Which days, and which they are compared with. Whole months and terms alone: two reports whose
/// days differ by one would tell what happened on it.
struct Asked {
    span: Span,
    called: String,
    before: Option<(Span, String)>,
}

impl Asked {
    fn of(args: &ReportArgs, calendar: &Calendar) -> Result<Self, Mistake> {
        let today = calendar.local(Utc::now()).date();
        let asked = match (&args.month, &args.term) {
            (_, Some(day)) => Self::term(day, calendar)?,
            (Some(month), None) => {
                let first = format!("{month}-01").parse();
                Self::month(
                    first.map_err(|_| Mistake(format!("`{month}` is no month; write it as 2026-10")))?,
                )?
            }
            (None, None) => {
                let this = today.with_day(1).unwrap_or(today);
                Self::month(this.checked_sub_months(Months::new(1)).unwrap_or(this))?
            }
        };
        match asked.span.first > today {
            true => Err(Mistake(format!("{} has not begun yet.", asked.called))),
            false => Ok(asked),
        }
    }

    fn month(first: NaiveDate) -> Result<Self, Mistake> {
        let span = |first: NaiveDate| {
            let last = first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?;
            Some(Span { first, last })
        };
        let called = |span: Span| span.first.format("%B %Y").to_string();
        let now = span(first).ok_or_else(|| Mistake("No calendar has that month.".into()))?;
        let before = first.checked_sub_months(Months::new(1)).and_then(span);
        Ok(Self { span: now, called: called(now), before: before.map(|b| (b, called(b))) })
    }

    fn term(day: &str, calendar: &Calendar) -> Result<Self, Mistake> {
        let day: NaiveDate =
            day.parse().map_err(|_| Mistake(format!("`{day}` is no day; write it as 2026-09-01")))?;
        let Some(at) = calendar.terms.iter().position(|term| term.holds(day)) else {
            return Err(Mistake(
                "That day lies in no term of the school's calendar: [school.calendar] in gatehouse.toml names the terms."
                    .into(),
            ));
        };
        let called = |s: Span| {
            format!("the term from {} to {}", s.first.format("%-d %B %Y"), s.last.format("%-d %B %Y"))
        };
        let now = calendar.terms[at];
        let before = at.checked_sub(1).map(|at| calendar.terms[at]);
        Ok(Self { span: now, called: called(now), before: before.map(|b| (b, called(b))) })
    }
}

/// From midnight to midnight by the school's clock.
fn between(span: Span, calendar: &Calendar) -> Between {
    let midnight = |day: NaiveDate| calendar.instant(day.and_time(NaiveTime::MIN));
    let after = span.last.checked_add_days(Days::new(1)).unwrap_or(span.last);
    Between { from: midnight(span.first), until: midnight(after) }
}

async fn make(desk: &Desk, school: &Arc<School>, asked: &Asked) -> Result<Report, Mistake> {
    let (store, made_at) = (&desk.store, Utc::now());
    let time = between(asked.span, &school.calendar);
    let now = store.tally(&school.id, &school.time(), time).await?;
    let before = match &asked.before {
        Some((span, _)) => {
            Some(store.tally(&school.id, &school.time(), between(*span, &school.calendar)).await?)
        }
        None => None,
    };
    let (proved, not_proved) = routes(desk, school).await?;
    let facts = Facts {
        school: &school.name,
        mode: school.mode,
        period: Period {
            called: asked.called.clone(),
            before: asked.before.as_ref().map(|(_, called)| called.clone()),
            is_over: time.until <= made_at,
        },
        made_at,
        now: &now,
        before: before.as_ref(),
        coverage: &clauses(desk, school).await?,
        switches: &switches(store, school, (time.from, time.until)).await?,
        proved: &proved,
        not_proved: &not_proved,
    };
    Ok(school_report::report(&facts))
}

/// What a canary proves now, and what none does.
async fn routes(desk: &Desk, school: &Arc<School>) -> Result<(Vec<String>, Vec<String>), Mistake> {
    let ways = ways::all(&desk.config, &desk.store).await?;
    let open: Vec<Direction> =
        unproved(std::slice::from_ref(school), &ways).into_iter().flat_map(|u| u.directions).collect();
    let called = |is_open: bool| {
        let of = DIRECTIONS.iter().filter(|(direction, _)| open.contains(direction) == is_open);
        of.map(|(_, name)| (*name).to_owned()).collect()
    };
    Ok((called(false), called(true)))
}

async fn clauses(desk: &Desk, school: &Arc<School>) -> Result<Vec<Coverage>, Mistake> {
    let rules = app::rules(&desk.config.rulesets)?;
    let schools = [Arc::clone(school)];
    let without_readers = &policy::unread_in(&desk.store, &desk.config).await?;
    Ok(coverage(Table::of_this_edition()?, &Standing { rules: &rules, schools: &schools, without_readers }))
}

async fn switches(
    store: &Store,
    school: &School,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Switch>, Mistake> {
    let mut all = store.switches().await?;
    all.retain(|s| s.school == school.id && s.period.from < until && s.period.until > from);
    Ok(all)
}

fn print(format: Format, report: &Report) -> Answer {
    let mut out = io::stdout().lock();
    unless_closed(match format {
        Format::Jsonl => report
            .parts
            .iter()
            .try_for_each(|part| render::rows(&mut out, format, &[], &school_report::rows(part), "")),
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
        render::rows(out, Format::Table, &columns, &school_report::rows(part), "Nothing.")?;
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
