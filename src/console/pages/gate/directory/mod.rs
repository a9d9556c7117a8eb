//! The directory: who is in force, in counts, and the export of the school's system brought in. What would
//! change, and taking it over, is in `draft`.

mod draft;
mod words;

pub(super) use draft::{forget, page as draft, take_over};

use super::{
    super::super::{
        Console, Fault, called,
        drafts::Draft,
        page::{Frame, shown},
        places::Place,
        upload::Uploads,
        visitor::Visitor,
        words::fill,
    },
    GateWords,
};
use crate::{
    authority::{Act, Thing},
    desk::import::counted,
    mail::SchoolId,
    parties::{self, SourceFile},
};
use askama::Template;
use axum::{
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use words::DirectoryWords;

/// Of all files together.
pub(super) const LARGEST: usize = 32 << 20;
/// Faults and warnings that are shown.
const MOST_FAULTS: usize = 100;

/// A fault or a warning of a file; none carries a person's data.
struct Line {
    place: String,
    message: String,
    hint: String,
}

#[derive(Template)]
#[template(path = "gate/directory.html")]
struct DirectoryPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static DirectoryWords,
    counts: Vec<(String, &'static str, usize)>,
    may: bool,
    hint: String,
    wrong: String,
    faults: Vec<Line>,
    first: String,
}

pub(super) async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    made(&console, &visitor, String::new(), &[])
}

fn made(
    console: &Console,
    visitor: &Visitor,
    wrong: String,
    faults: &[parties::Fault],
) -> Result<Response, Fault> {
    let own = visitor.desk.schools_or_refuse(Act::List, Thing::Directory)?;
    let (language, w) = (visitor.language, DirectoryWords::of(visitor.language));
    let config = console.config();
    let names: BTreeMap<String, &str> = config.schools.iter().map(|s| (s.id.to_string(), &*s.name)).collect();
    let theirs = |school: &str| own.iter().any(|id: &SchoolId| *id.0 == *school);
    let counts = counted(&console.gate.standing().rulebook.directory).into_iter();
    let counts = counts.filter(|((school, _), _)| theirs(school)).map(|((school, role), count)| {
        let name = names.get(&school).map_or_else(|| school.clone(), |name| (*name).to_owned());
        (name, called::role(language, role), count)
    });
    let g = GateWords::of(language);
    shown(&DirectoryPage {
        frame: Frame::of(visitor, g.directory, Place::GateDirectory),
        g,
        w,
        counts: counts.collect(),
        may: !visitor.desk.schools_where(Act::Change, Thing::Directory).is_empty(),
        hint: fill(w.bring_hint, &[&(LARGEST >> 20).to_string()]),
        wrong,
        faults: lines(w, faults),
        first: match faults.len() > MOST_FAULTS {
            true => fill(w.first_faults, &[&MOST_FAULTS.to_string()]),
            false => String::new(),
        },
    })
}

fn lines(w: &DirectoryWords, faults: &[parties::Fault]) -> Vec<Line> {
    let line = |fault: &parties::Fault| {
        let file = fault.file.display().to_string();
        let place = match fault.line {
            0 => file,
            line => format!("{file}, {}", fill(w.fault_line, &[&line.to_string()])),
        };
        let hint = fault.hint.clone().unwrap_or_default();
        Line {
            place: called::plain(&place, 200),
            message: called::plain(&fault.message, 400),
            hint: called::plain(&hint, 400),
        }
    };
    faults.iter().take(MOST_FAULTS).map(line).collect()
}

/// Files in, and a draft out; or all that is wrong with them. Whoever may not change the people sends
/// nothing that is read.
pub(super) async fn compare(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Change, Thing::Directory)?;
    let w = DirectoryWords::of(visitor.language);
    let Ok(turn) = console.drafts.turn.clone().try_acquire_owned() else {
        return made(&console, &visitor, w.busy.to_owned(), &[]);
    };
    let uploads = Uploads::from_request(request, &console).await?;
    let files: Vec<SourceFile> =
        uploads.files.into_iter().filter(|(_, bytes)| !bytes.is_empty()).map(file).collect();
    if files.is_empty() {
        return made(&console, &visitor, w.no_file.to_owned(), &[]);
    }
    let (schools, old) =
        (console.config().schools.clone(), console.gate.standing().rulebook.directory.clone());
    let read = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let import = parties::import_files(&files, &schools);
        match import.directory {
            Some(new) => Ok(Draft::new((old, Arc::new(new)), import.warnings, import.skipped)),
            None => Err(import.faults),
        }
    });
    match read.await.map_err(|_| Fault::Away)? {
        Ok(draft) => {
            console.drafts.keep(visitor.word.reveal(), draft);
            Ok(Redirect::to(&Place::GateDraft.to_string()).into_response())
        }
        Err(faults) => {
            let wrong = fill(w.faults, &[&faults.len().to_string()]);
            made(&console, &visitor, wrong, &faults)
        }
    }
}

/// Browsers name a file as it was called, some with the folder it lay in.
fn file((name, bytes): (String, Vec<u8>)) -> SourceFile {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    SourceFile { name: PathBuf::from(called::plain(last, 100)), bytes }
}
