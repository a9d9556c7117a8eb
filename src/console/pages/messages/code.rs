//! By the one-time code of a notice: what the notice says, and the same choices, without signing in.
//! Looking uses nothing up and leaves nothing behind; a button acts on that one hold as its own sender.

use super::{
    super::super::{
        Console, Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Tongue,
        words::moment,
    },
    words::{LONGEST_REASON, MessagesWords, chosen, opening},
};
use crate::{
    effects::{Found, Language, Whereabouts, found_line},
    gateway::ByCode,
    mail::Address,
    policy::sender_may_hear,
    ruleset::Category,
    storage::{Coded, Decision, ItemKind, ItemState, StateError, Token, TokenError},
};
use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "messages/code.html")]
struct CodePage {
    frame: Frame,
    w: &'static MessagesWords,
    here: String,
    signed_in: String,
    /// What it says when nothing can be decided here any more.
    over: Option<&'static str>,
    state: &'static str,
    opening: String,
    written: String,
    subject: String,
    to: String,
    found: Vec<String>,
    is_grace: bool,
    may_send: bool,
    may_mark: Option<String>,
    reason: String,
    error: &'static str,
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    Path(code): Path<String>,
) -> Result<Response, Fault> {
    let (_, coded) = find(&console, &code).await?;
    shown(&made(&console, language, &code, &coded, "", "").await?)
}

#[derive(Deserialize)]
pub(super) struct Choice {
    choice: String,
    #[serde(default)]
    reason: String,
}

/// No word of a session: there is none, and whoever has the code may use it. That the form is of a page
/// of ours, the guard around all doors sees to.
pub(super) async fn decide(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    Path(code): Path<String>,
    Form(form): Form<Choice>,
) -> Result<Response, Fault> {
    let (token, coded) = find(&console, &code).await?;
    let w = MessagesWords::of(language);
    let decision = chosen(&form.choice).filter(|d| *d != Decision::SendNow).ok_or(Fault::NotThere)?;
    let written: String = form.reason.trim().chars().take(LONGEST_REASON).collect();
    if decision == Decision::Release
        && written.is_empty()
        && coded.detail.summary.kind == ItemKind::Hold
        && coded.good.is_ok()
    {
        let page = made(&console, language, &code, &coded, "", w.why_missing).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)?).into_response());
    }
    let owner = coded.detail.owner.as_ref().ok_or(Fault::NotThere)?;
    let reason = (!written.is_empty()).then_some(written);
    let asked = ByCode { token, decision, reason, why: "answer to a nudge, in the console" };
    match console.gate.decide_by_code(&coded.detail.summary.id, owner, asked).await {
        // The page says what became of it, and that the code is used up.
        Ok(_) | Err(StateError::AlreadyDecided { .. } | StateError::Token(_)) => {
            Ok(Redirect::to(&Place::Coded(&code).to_string()).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The hold of a code; for a code that nobody was sent there is none.
async fn find(console: &Console, code: &str) -> Result<(Token, Coded), Fault> {
    let token: Token = code.parse().map_err(|()| Fault::NotThere)?;
    let coded = console.store.coded(&token).await?.ok_or(Fault::NotThere)?;
    Ok((token, coded))
}

async fn made(
    console: &Console,
    language: Language,
    code: &str,
    coded: &Coded,
    reason: &str,
    error: &'static str,
) -> Result<CodePage, Fault> {
    let w = MessagesWords::of(language);
    let (detail, summary) = (&coded.detail, &coded.detail.summary);
    let over = match coded.good {
        _ if summary.state != ItemState::Open => Some(w.code_used),
        Ok(()) => None,
        Err(TokenError::Expired) => Some(w.code_old),
        Err(_) => Some(w.code_used),
    };
    let config = console.config();
    let school = config.schools.iter().find(|s| s.id == summary.school);
    let inside = |a: &Address| config.schools.iter().flat_map(|s| &s.domains).any(|own| a.is_within(own));
    let recipients = detail.envelope.recipients.iter();
    let outside = recipients.clone().filter(|r| !inside(&r.address)).count();
    // Whether somebody has looked meanwhile is not told here: the sentence is left out.
    let whereabouts = match console.store.others_have_it(summary).await? {
        true => Whereabouts::SomeHaveIt,
        false => Whereabouts::LookedAt,
    };
    let heard = detail
        .findings
        .iter()
        .filter(|f| sender_may_hear(f.category) && f.category != Category::PersonalWrongRecipient);
    let mut found: Vec<String> =
        heard.map(|f| found_line(language, &Found { category: f.category, place: &f.part })).collect();
    found.sort();
    found.dedup();
    found.truncate(10);
    let may_send = summary.sender_may_release;
    let mark = school.filter(|_| may_send && summary.may_be_marked && summary.kind == ItemKind::Hold);
    Ok(CodePage {
        frame: Frame::of_nobody(language, w.one_title, Place::Coded(code)),
        here: Place::Coded(code).to_string(),
        signed_in: Place::Message(summary.id.as_str()).to_string(),
        state: w.state(summary.state),
        opening: opening(language, detail, outside, whereabouts),
        written: moment(language, summary.received_at),
        subject: detail.subject.clone(),
        to: recipients.map(|r| r.address.to_string()).collect::<Vec<_>>().join(", "),
        found,
        is_grace: summary.kind == ItemKind::Grace,
        may_send,
        may_mark: mark.map(|s| s.confidential_mark.clone()),
        reason: reason.to_owned(),
        error,
        over,
        w,
    })
}
