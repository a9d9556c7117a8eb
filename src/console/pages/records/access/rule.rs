//! The word of one office on a piece, on several, or on the request as a whole.

use super::{
    super::super::super::{
        Fault,
        door::{Door, Guard},
        places::{Place, at},
        visitor::{Posted, Visitor},
    },
    AccessWords, eyes_of, find,
};
use crate::storage::{RulingOffice, SubjectRuling, WHOLE};
use axum::{extract::Path, response::Redirect};
use std::collections::HashMap;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::post(at::AccessRule, Guard::SignedIn, rule)]
}

/// `piece` names one, with `from` the place to come back to; without it those that are ticked.
async fn rule(
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(fields): Posted<HashMap<String, String>>,
) -> Result<Redirect, Fault> {
    let request = find(&visitor, &id).await?;
    let w = AccessWords::of(visitor.language);
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let no_word = || Fault::Wrong(w.no_word.to_owned());
    let ruling = SubjectRuling::ALL.into_iter().find(|r| r.name() == field("ruling"));
    let ruling = ruling.ok_or_else(|| no_word().at("ruling"))?;
    let office = RulingOffice::ALL.into_iter().find(|o| o.name() == field("office")).ok_or(Fault::Form)?;
    let because: String = field("because").trim().chars().take(2_000).collect();
    if because.is_empty() {
        return Err(no_word().at("because"));
    }
    let one = field("piece");
    let pieces: Vec<String> = match one {
        "" => {
            let keys = request.asked.pieces.iter().map(|p| &p.key);
            keys.filter(|key| fields.contains_key(&format!("p:{key}"))).cloned().collect()
        }
        one => vec![one.to_owned()],
    };
    if pieces.is_empty() {
        return Err(Fault::Wrong(w.none_ticked.to_owned()));
    }
    for piece in &pieces {
        if eyes_of(&request, piece).is_none() {
            return Err(Fault::NotThere);
        }
        visitor.desk.rule_access(&request.id, piece, (office, ruling), &because).await?;
    }
    let page = Place::Access(request.id.as_str()).to_string();
    Ok(match request.asked.pieces.iter().position(|p| p.key == one) {
        Some(place) => Redirect::to(&Place::AccessPiece(request.id.as_str(), &place.to_string()).to_string()),
        None if one == WHOLE || one.is_empty() => Redirect::to(&format!("{page}?said=noted")),
        None => Redirect::to(&page),
    })
}
