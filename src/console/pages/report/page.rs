//! The report as a page, and as the files that a meeting takes home.

use super::{
    super::super::{
        Console, Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{fill, month as month_called, words},
    },
    chart::{self, Bar},
    said::said,
};
use crate::{
    authority::{Act, Case, Scope, Thing},
    desk::school_report::{self, Asked},
    effects::Language,
    parties::{Calendar, Month, School, Season, Term},
    report::{
        school::{self, Part, Report, Stands},
        sheet,
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use chrono::{Datelike, NaiveDate, Utc};
use serde::Deserialize;
use std::sync::Arc;

words! {
    pub struct ReportWords {
        room: "Report" / "Adroddiad",
        school: "School" / "Ysgol",
        period: "Month or term" / "Mis neu dymor",
        month: "Month" / "Mis",
        term: "Term" / "Tymor",
        show: "Show" / "Dangos",
        pdf: "As PDF" / "Fel PDF",
        csv: "For a spreadsheet (CSV)" / "Ar gyfer taenlen (CSV)",
        now: "Now" / "Nawr",
        before: "Before" / "Cynt",
        change: "Change" / "Newid",
        nothing: "Nothing." / "Dim.",
        title: "Mail at {}: {}" / "Post yn {}: {}",
        // In English the report has its own.
        mark: "" / "Gatehouse {}, gwnaed ar {}. {} Cyfrifon yn unig: ni ddangosir yr un dan bump, nac un a fyddai'n ei ddatgelu (\"heb ei ddangos\", neu \"20 neu ragor\" lle na ellir dangos mis). Nid yw honiadau yn erbyn staff, pryderon lefel isel ac eitemau dan sêl yn yr un o'r niferoedd. Nid yr hyn a ddigwyddodd yw'r hyn y mae'r porth yn ei ganfod: nid digwyddiad yw canfyddiad.",
        counted: "" / "Cyfrifwyd unwaith, ar {}: nid yw dim a benderfynwyd nac a ddilëwyd ers hynny yn newid dim.",
        first_counts: "" / "Ar y gweill: daw'r cyfrifon cyntaf ar {}.",
        more_counts: "" / "Ar y gweill; cyfrifwyd hyd yma: {}. Daw rhagor ar {}.",
        grow: "" / "Byddai cyfrifon sy'n tyfu o ddydd i ddydd yn datgelu beth ddigwyddodd ar un ohonynt.",
        autumn: "Autumn {} (September to December)" / "Tymor yr hydref {} (Medi i Ragfyr)",
        spring: "Spring {} (January to March)" / "Tymor y gwanwyn {} (Ionawr i Fawrth)",
        summer: "Summer {} (April to August)" / "Tymor yr haf {} (Ebrill i Awst)",
        under_way_mark: "{}: under way" / "{}: ar y gweill",
        files_english: "" / "Saesneg yw geiriau'r PDF a'r CSV.",
        legend: "Thick bar: this period. Thin bar: the one before." / "Bar trwchus: y cyfnod hwn. Bar tenau: y cyfnod cynt.",
    }
}

pub fn name(language: Language) -> &'static str {
    ReportWords::of(language).room
}

#[derive(Deserialize)]
pub struct Wanted {
    school: Option<String>,
    period: Option<String>,
    #[serde(rename = "as")]
    form: Option<String>,
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct Shown {
    title: String,
    says: Vec<String>,
    drawn: bool,
    compared: bool,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    now: String,
    before: String,
    change: String,
    bar: Option<Bar>,
}

#[derive(Template)]
#[template(path = "report/report.html")]
struct ReportPage {
    frame: Frame,
    w: &'static ReportWords,
    title: String,
    mark: String,
    schools: Vec<Choice>,
    months: Vec<Choice>,
    terms: Vec<Choice>,
    pdf: String,
    csv: String,
    parts: Vec<Shown>,
}

/// The schools whose report the visitor may see, and the one that is asked for.
fn school_of(visitor: &Visitor, act: Act, wanted: &Wanted) -> Result<(Vec<Arc<School>>, Arc<School>), Fault> {
    let desk = &visitor.desk;
    let may =
        |s: &&Arc<School>| desk.may(act, &Case::any(Thing::Report, Scope::School(s.id.clone()))).is_allowed();
    let all: Vec<Arc<School>> = desk.config.schools.iter().filter(may).cloned().collect();
    if all.is_empty() {
        desk.schools_or_refuse(act, Thing::Report)?;
    }
    let one = match &wanted.school {
        None => all.first().cloned(),
        Some(id) => all.iter().find(|s| *s.id.0 == **id).cloned(),
    };
    Ok((all, one.ok_or(Fault::NotThere)?))
}

/// `2026-10`, or `term-2026-09-07` for the term of that day.
fn asked(wanted: &Wanted, calendar: &Calendar) -> Result<Asked, Fault> {
    Ok(match wanted.period.as_deref() {
        None | Some("") => Asked::last_month(calendar)?,
        Some(period) => match period.strip_prefix("term-") {
            Some(day) => Asked::term(day, calendar)?,
            None => Asked::month(period, calendar)?,
        },
    })
}

pub(super) async fn report(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let (schools, school) = school_of(&visitor, Act::Particulars, &wanted)?;
    let (asked, report, stands) = made(&console, &visitor, &school, &wanted, "page").await?;
    let w = ReportWords::of(visitor.language);
    let period = match wanted.period.as_deref() {
        None | Some("") => asked.span.first.format("%Y-%m").to_string(),
        Some(period) => period.to_owned(),
    };
    let choice = |value: String, name: String| Choice { chosen: value == period, value, name };
    let file = |form: &str| format!("{}?school={}&period={period}&as={form}", Place::ReportFile, school.id);
    let schools = schools.iter().map(|s| Choice {
        value: s.id.to_string(),
        name: s.name.clone(),
        chosen: s.id == school.id,
    });
    let (title, mark) = match visitor.language {
        Language::English => (report.title, report.mark),
        Language::Welsh => in_welsh(w, &school, &asked, &stands),
    };
    shown(&ReportPage {
        frame: Frame::of(&visitor, title.clone(), Place::Report),
        w,
        title,
        mark,
        schools: schools.collect(),
        months: months(visitor.language, &school.calendar).into_iter().map(|(v, n)| choice(v, n)).collect(),
        terms: terms(w, &school.calendar).into_iter().map(|(v, n)| choice(v, n)).collect(),
        pdf: file("pdf"),
        csv: file("csv"),
        parts: report.parts.iter().map(|one| part(visitor.language, one)).collect(),
    })
}

/// Heading and mark.
fn in_welsh(w: &ReportWords, school: &School, asked: &Asked, stands: &Stands) -> (String, String) {
    let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
    let period = format!("{} – {}", day(asked.span.first), day(asked.span.last));
    let today = school.calendar.local(Utc::now()).date();
    let stands = match stands {
        Stands::Counted(on) => fill(w.counted, &[&day(*on)]),
        Stands::UnderWay { counted, more } => {
            let months: Vec<String> = counted.iter().map(|m| m.first().format("%m/%Y").to_string()).collect();
            let comes = match months.is_empty() {
                true => fill(w.first_counts, &[&day(*more)]),
                false => fill(w.more_counts, &[&months.join(", "), &day(*more)]),
            };
            format!("{comes} {}", w.grow)
        }
    };
    let mark = fill(w.mark, &[env!("CARGO_PKG_VERSION"), &day(today), &stands]);
    (fill(w.title, &[&school.name, &period]), mark)
}

async fn made(
    console: &Console,
    visitor: &Visitor,
    school: &Arc<School>,
    wanted: &Wanted,
    form: &'static str,
) -> Result<(Asked, Report, Stands), Fault> {
    let asked = asked(wanted, &school.calendar)?;
    let standing = console.gate.standing();
    let (report, stands) =
        school_report::make(&visitor.desk, school, &asked, &standing.rulebook.rules).await?;
    school_report::note(&visitor.desk, school, &asked, form).await?;
    Ok((asked, report, stands))
}

/// The months of two years that have begun, newest first.
fn months(language: Language, calendar: &Calendar) -> Vec<(String, String)> {
    let w = ReportWords::of(language);
    let called = |month: Month| month_called(language, month.first());
    let mut month = Month::of(calendar.local(Utc::now()).date());
    let mut all = vec![(month.name(), fill(w.under_way_mark, &[&called(month)]))];
    for _ in 1..24 {
        month = month.before();
        all.push((month.name(), called(month)));
    }
    all
}

/// The terms of four years that have begun, newest first.
fn terms(w: &ReportWords, calendar: &Calendar) -> Vec<(String, String)> {
    let mut term = Term::of(Month::of(calendar.local(Utc::now()).date()));
    let mut all = Vec::with_capacity(12);
    for n in 0..12 {
        let named = match term.season {
            Season::Autumn => w.autumn,
            Season::Spring => w.spring,
            Season::Summer => w.summer,
        };
        let named = fill(named, &[&term.first().year().to_string()]);
        let named = if n == 0 { fill(w.under_way_mark, &[&named]) } else { named };
        all.push((format!("term-{}", term.first()), named));
        term = term.before();
    }
    all
}

fn part(language: Language, part: &Part) -> Shown {
    let bars = chart::bars(part);
    let drawn = !bars.is_empty();
    let mut bars = bars.into_iter();
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => said(language, text),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let rows: Vec<Row> = school::rows(part)
        .iter()
        .map(|row| Row {
            name: text(&row["name"]),
            now: text(&row["now"]),
            before: text(&row["before"]),
            change: row["change"].as_i64().map_or_else(String::new, school::signed),
            bar: bars.next(),
        })
        .collect();
    Shown {
        title: said(language, part.title),
        says: part.says.iter().map(|text| said(language, text)).collect(),
        drawn,
        compared: part.lines.iter().any(|line| line.before.is_some()),
        rows,
    }
}

/// PDF or CSV, to be kept.
pub(super) async fn file(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let (_, school) = school_of(&visitor, Act::Export, &wanted)?;
    let (form, kind): (&'static str, &'static str) = match wanted.form.as_deref() {
        Some("pdf") => ("pdf", "application/pdf"),
        Some("csv") => ("csv", "text/csv; charset=utf-8"),
        _ => return Err(Fault::NotThere),
    };
    let (asked, report, _) = made(&console, &visitor, &school, &wanted, form).await?;
    let bytes = match form {
        "pdf" => sheet::pdf(&school::sheet(&report)),
        _ => school::csv(&report).into_bytes(),
    };
    let name = format!("attachment; filename=\"report-{}-{}.{form}\"", school.id, asked.span.first);
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)], bytes).into_response())
}
