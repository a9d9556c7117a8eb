//! Requests as lists, and what is ruled upon them.

use super::{Office, Ruling};
use crate::{
    authority::{Act, Thing},
    cli::{Mistake, args::Cli, desk::Desk, render},
    storage::{Concern, Eyes, RulingOffice, SubjectAccess, SubjectAccessId, SubjectRuling},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, io};

pub(super) async fn rule(
    desk: &Desk,
    id: &SubjectAccessId,
    piece: &str,
    ruling: Ruling,
    office: Office,
    because: &str,
) -> Result<(), Mistake> {
    let office = match office {
        Office::DataProtection => RulingOffice::DataProtection,
        Office::Lead => RulingOffice::Lead,
        Office::Head => RulingOffice::Head,
    };
    let ruling = match ruling {
        Ruling::Include => SubjectRuling::Include,
        Ruling::Withhold => SubjectRuling::Withhold,
    };
    Ok(desk.rule_access(id, piece, (office, ruling), because).await?)
}

pub(super) async fn list(cli: &Cli, desk: &Desk) -> Result<(), Mistake> {
    desk.schools_or_refuse(Act::List, Thing::SubjectAccess)?;
    let seen = desk.accesses_seen(desk.store.subject_accesses().await?)?;
    let rows: Vec<Value> = seen.iter().map(row).collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("school", "School"),
        ("made_at", "Made"),
        ("due_at", "Answer due"),
        ("pieces", "Pieces"),
        ("open", "To be ruled"),
        ("finished_at", "Finished"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nobody has asked.")?;
    Ok(())
}

fn row(r: &SubjectAccess) -> Value {
    json!({
        "id": r.id.as_str(), "school": r.school.to_string(), "made_at": render::time(r.made_at),
        "due_at": render::time(r.due_at), "pieces": r.asked.pieces.iter().filter(|p| p.eyes == Eyes::Reviewers).count(),
        "open": r.ready().err().map_or(0, |open| open.len()),
        "finished_at": r.finished_at.map(render::time),
    })
}

pub(super) async fn show(cli: &Cli, desk: &Desk, request: &SubjectAccess) -> Result<(), Mistake> {
    let ruled = |piece: &str, office| {
        let found = request.rulings.iter().find(|r| r.piece == piece && r.office == office);
        found.map_or("", |r| r.ruling.name())
    };
    let line = |piece: &str, at: String, concerns: &BTreeSet<Concern>| {
        json!({
            "piece": piece, "at": at,
            "concerns": concerns.iter().map(|c| c.words()).collect::<Vec<_>>(),
            "data_protection": ruled(piece, RulingOffice::DataProtection),
            "lead": ruled(piece, RulingOffice::Lead),
            "head": ruled(piece, RulingOffice::Head),
        })
    };
    let mut rows = vec![line(crate::storage::WHOLE, String::new(), &request.asked.concerns)];
    for piece in &request.asked.pieces {
        if desk.sees_piece(piece).await? {
            rows.push(line(&piece.key, render::time(piece.at), &piece.concerns));
        }
    }
    let columns = render::columns(&[
        ("piece", "Piece"),
        ("at", "When"),
        ("concerns", "Doubtful because of"),
        ("data_protection", "Data protection"),
        ("lead", "Lead"),
        ("head", "Head"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "")?;
    Ok(())
}
