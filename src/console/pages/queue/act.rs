//! What is done with an item: each act has its form with ready texts for the reason; what takes two people says so,
//! and who spoke first. The acts themselves are the desk's.

use super::{
    super::super::{
        Console, Fault,
        answers::answer,
        called,
        door::{Door, Guard},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, moment},
    },
    item::{account, find},
    list::Choice,
    people::everyone,
};
use crate::{
    authority::{Act, Answer, Case, Gravity, Office},
    desk::{Asked, Judged, Named, Said},
    effects::Language,
    policy::sender_may_hear,
    storage::{Accusation, Decision, ItemOffice, ItemState, ItemSummary, LegalSubject, lives::step},
};
use axum::{
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) use super::act_words::ActWords;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::post(at::ItemDecide, Guard::SignedIn, decide),
        Door::post(at::ItemAccused, Guard::SignedIn, accused),
    ]
}

/// What somebody may choose, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choose {
    Release,
    Return,
    Keep,
    Escalate,
    HandOver,
    Reopen,
    LegalHold,
    Seal,
}

impl Choose {
    const ALL: [Self; 8] = [
        Self::Release,
        Self::Return,
        Self::Keep,
        Self::Escalate,
        Self::HandOver,
        Self::Reopen,
        Self::LegalHold,
        Self::Seal,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Return => "return",
            Self::Keep => "keep",
            Self::Escalate => "escalate",
            Self::HandOver => "hand-over",
            Self::Reopen => "reopen",
            Self::LegalHold => "legal-hold",
            Self::Seal => "seal",
        }
    }

    fn act(self) -> Act {
        match self {
            Self::Release => Act::Release,
            Self::Return => Act::Return,
            Self::Keep | Self::Reopen => Act::KeepAsEvidence,
            Self::Escalate => Act::Escalate,
            Self::HandOver => Act::HandOver,
            Self::LegalHold => Act::LegalHold,
            Self::Seal => Act::Seal,
        }
    }

    /// `None`: it changes no state.
    fn decision(self, office: ItemOffice) -> Option<Decision> {
        Some(match self {
            Self::Release => Decision::Release,
            Self::Return => Decision::Return,
            Self::Keep => Decision::KeepAsEvidence,
            Self::Escalate => Decision::Escalate(office),
            Self::HandOver => Decision::HandOn(office),
            Self::Reopen => Decision::Reopen,
            Self::Seal => Decision::Seal,
            Self::LegalHold => return None,
        })
    }

    fn key(self) -> &'static str {
        match self {
            Self::Release => "r",
            Self::Return => "b",
            Self::Keep => "e",
            Self::Escalate => "u",
            Self::HandOver => "h",
            Self::Reopen => "z",
            Self::LegalHold => "l",
            Self::Seal => "s",
        }
    }

    /// Reasons that are often true.
    fn ready(self, w: &ActWords) -> Vec<&'static str> {
        match self {
            Self::Release => vec![w.r_false, w.r_checked, w.r_lesson, w.r_needed],
            Self::Return => vec![w.r_wrong, w.r_data, w.r_tone],
            Self::Keep => vec![w.r_evidence, w.r_police],
            Self::Escalate => vec![w.r_not_alone, w.r_adult],
            Self::HandOver => vec![w.r_party, w.r_know, w.r_adult],
            Self::Reopen => vec![w.r_slip, w.r_again],
            Self::LegalHold => vec![w.r_claim, w.r_police],
            Self::Seal => vec![w.r_image],
        }
    }
}

/// One act with its form.
pub(super) struct Offer {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) key: &'static str,
    pub(super) place: String,
    pub(super) hint: &'static str,
    /// What is said of the two that it takes.
    pub(super) two: Option<String>,
    pub(super) ready: Vec<&'static str>,
    pub(super) offices: Vec<Choice>,
    /// Ready advice; empty where the sender is written nothing.
    pub(super) advice: Vec<&'static str>,
    pub(super) is_grave: bool,
}

/// What the visitor may do with it now.
pub(super) async fn offers(
    console: &Console,
    visitor: &Visitor,
    item: &ItemSummary,
    case: &Case,
) -> Result<Vec<Offer>, Fault> {
    let (desk, w) = (&visitor.desk, ActWords::of(visitor.language));
    let mut offers = Vec::new();
    for choice in Choose::ALL {
        let possible = match choice.decision(ItemOffice::Head) {
            Some(decision) => step(item.kind, item.state, decision.act()).is_ok(),
            None => !item.state.is_sealed() && item.state != ItemState::Purged,
        };
        // Of some things the gate writes to no party: a person speaks with them (practice.md, A2).
        let is_told = choice != Choose::Return || sender_may_hear(item.category);
        if !possible || !is_told {
            continue;
        }
        let first = console.store.first_of_two(choice.act(), item.id.as_str()).await?;
        let by = first.as_ref().and_then(|f| desk.users.iter().find(|u| u.id == f.account));
        let mut as_second = case.clone();
        if let Some(user) = by {
            as_second.asked = Some(desk.faces_of(user)?);
        }
        let two = match (desk.may(choice.act(), case), desk.may(choice.act(), &as_second)) {
            (Answer::Allowed, _) => None,
            (_, Answer::Allowed) => Some(match (by, &first) {
                (Some(user), Some(first)) => {
                    fill(w.second, &[&desk.name_of(user), &moment(visitor.language, first.at)])
                }
                _ => w.two.to_owned(),
            }),
            (Answer::NeedsSecond { .. }, _) => Some(w.two.to_owned()),
            _ => continue,
        };
        let goes = matches!(choice, Choose::Escalate | Choose::HandOver);
        offers.push(Offer {
            name: choice.name(),
            title: title(choice, w),
            key: choice.key(),
            place: Place::ItemDecide(item.id.as_str()).to_string(),
            hint: hint(choice, w),
            two,
            ready: choice.ready(w),
            offices: if goes { offices(visitor.language, choice) } else { Vec::new() },
            advice: if choice == Choose::Return {
                vec![w.a_recipient, w.a_data, w.a_tone]
            } else {
                Vec::new()
            },
            is_grave: choice == Choose::Seal,
        });
    }
    Ok(offers)
}

fn title(choice: Choose, w: &ActWords) -> &'static str {
    match choice {
        Choose::Release => w.release,
        Choose::Return => w.return_,
        Choose::Keep => w.keep,
        Choose::Escalate => w.escalate,
        Choose::HandOver => w.hand_over,
        Choose::Reopen => w.reopen,
        Choose::LegalHold => w.legal_hold,
        Choose::Seal => w.seal,
    }
}

fn hint(choice: Choose, w: &ActWords) -> &'static str {
    match choice {
        Choose::Release => w.release_hint,
        Choose::Return => w.return_hint,
        Choose::Escalate => w.escalate_hint,
        Choose::HandOver => w.unread_hint,
        Choose::Seal => w.seal_hint,
        Choose::Keep | Choose::Reopen | Choose::LegalHold => "",
    }
}

fn offices(language: Language, choice: Choose) -> Vec<Choice> {
    let upward = [
        ItemOffice::Head,
        ItemOffice::Deputy,
        ItemOffice::Chair,
        ItemOffice::Lead,
        ItemOffice::DataProtection,
    ];
    upward
        .into_iter()
        .filter_map(|office| Some((office, Office::named(office.name())?)))
        .map(|(office, named)| Choice {
            value: office.name().to_owned(),
            name: called::office(language, named).to_owned(),
            is_chosen: office
                == if choice == Choose::Escalate { ItemOffice::Head } else { ItemOffice::Deputy },
        })
        .collect()
}

/// The state of an item, for people.
pub(in super::super) fn state(language: Language, state: ItemState) -> &'static str {
    let (english, welsh) = match state {
        ItemState::Provisional => ("being received", "yn cael ei derbyn"),
        ItemState::Open => ("waits for a decision", "yn aros am benderfyniad"),
        ItemState::Escalated => {
            ("escalated; waits for a decision", "wedi'i huwchgyfeirio; yn aros am benderfyniad")
        }
        ItemState::Releasing => ("released, on its way", "wedi'i rhyddhau, ar ei ffordd"),
        ItemState::Released => ("released", "wedi'i rhyddhau"),
        ItemState::Undeliverable => ("could not be delivered", "ni ellid ei dosbarthu"),
        ItemState::Withdrawn => ("withdrawn", "wedi'i thynnu'n ôl"),
        ItemState::Returned => ("returned to its sender", "wedi'i dychwelyd at ei hanfonwr"),
        ItemState::Expired => {
            ("returned, nobody decided in time", "wedi'i dychwelyd, ni phenderfynodd neb mewn pryd")
        }
        ItemState::KeptAsEvidence => ("kept as evidence", "wedi'i chadw fel tystiolaeth"),
        ItemState::Sealed => ("sealed", "dan sêl"),
        ItemState::HandedToPolice => ("sealed, and with the police", "dan sêl, a chyda'r heddlu"),
        ItemState::Purged => ("purged", "wedi'i dileu"),
        ItemState::Dropped => ("dropped", "wedi'i gollwng"),
    };
    match language {
        Language::English => english,
        Language::Welsh => welsh,
    }
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    act: String,
    #[serde(default)]
    ready: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    advice: String,
    #[serde(default)]
    advice_words: String,
}

/// One's own words, of bounded length; without any the ready text that was chosen. Never both: the first
/// ready text stands there by itself, and would say what nobody has said.
fn reason_of(ready: &str, words: &str) -> Option<String> {
    let text = if words.trim().is_empty() { ready } else { words };
    Some(text.trim().chars().take(2_000).collect::<String>()).filter(|text| !text.is_empty())
}

async fn decide(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(chosen): Posted<Chosen>,
) -> Result<Redirect, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    let (desk, w) = (&visitor.desk, ActWords::of(visitor.language));
    let wrong = |sentence: &str| Fault::Wrong(sentence.to_owned());
    let choice = Choose::ALL.into_iter().find(|c| c.name() == chosen.act).ok_or(Fault::Form)?;
    // What cannot be undone, or takes two, is done by whoever is still there.
    let is_grave = choice == Choose::Seal || choice == Choose::Release && case.gravity == Gravity::Gravest;
    if is_grave && !visitor.session.is_fresh() {
        return Err(Fault::ProveAnew);
    }
    let is_sent = matches!(choice, Choose::Release | Choose::Return);
    if is_sent && console.live.look(account(&visitor), item.id.as_str()).is_none() {
        return Err(wrong(w.look_first));
    }
    let reason = reason_of(&chosen.ready, &chosen.words).ok_or_else(|| wrong(w.why).at("words"))?;
    let office = ItemOffice::ALL.into_iter().find(|o| o.name() == chosen.to);
    let advice = reason_of(&chosen.advice, &chosen.advice_words);
    match choice {
        Choose::Escalate | Choose::HandOver if office.is_none() => return Err(wrong(w.no_office).at("to")),
        Choose::Return if advice.is_none() => return Err(wrong(w.no_advice).at("advice_words")),
        _ => {}
    }
    let page = Place::Item(item.id.as_str()).to_string();
    let Some(decision) = choice.decision(office.unwrap_or(ItemOffice::Head)) else {
        let held = desk.set_legal_hold(LegalSubject::Item(item.id.clone()), &reason).await?;
        if held.id.is_none() {
            return Ok(Redirect::to(&format!("{page}?said=noted")));
        }
        return Ok(Redirect::to(&format!("{page}?said=legal-hold")));
    };
    let asked = Asked { advice: advice.as_deref(), ..Asked::new(item.id.as_str(), decision, &reason) };
    let said = match desk.decide(&item.id, &asked).await? {
        Said::Noted(_) => "noted",
        Said::Decided { .. } => choice.name(),
    };
    // What is with another office now may not be there any more for whoever gave it away.
    let (_, case) = console.store.item_case(&item.id).await?;
    if choice == Choose::HandOver || !desk.may(Act::List, &case).is_allowed() {
        console.live.forget_look(account(&visitor), item.id.as_str());
        return Ok(Redirect::to(&Place::Queue.to_string()));
    }
    Ok(Redirect::to(&format!("{page}?said={said}")))
}

/// What the page says after an act; of a first word, who is to be the second.
pub(super) async fn said(
    visitor: &Visitor,
    word: &str,
    item: &ItemSummary,
    case: &Case,
) -> Result<Option<String>, Fault> {
    let w = ActWords::of(visitor.language);
    let sentence = match word {
        "noted" => {
            let mut answers = Choose::ALL.into_iter().map(|c| visitor.desk.may(c.act(), case));
            let waits = answers.find(|a| matches!(a, Answer::NeedsSecond { .. }));
            fill(w.noted, &[&waits.map(|a| answer(visitor.language, &a)).unwrap_or_default()])
        }
        "release" if matches!(item.state, ItemState::Releasing | ItemState::Released) => {
            w.said_release.to_owned()
        }
        "return" => w.said_return.to_owned(),
        "keep" => w.said_keep.to_owned(),
        "escalate" => w.said_escalate.to_owned(),
        "reopen" => w.said_reopen.to_owned(),
        "legal-hold" => w.said_legal.to_owned(),
        "seal" => w.said_seal.to_owned(),
        "accused" => w.said_accused.to_owned(),
        "not-accused" => w.said_not_accused.to_owned(),
        _ => return Ok(None),
    };
    Ok(Some(sentence))
}

#[derive(Deserialize)]
struct Accused {
    /// The person's place in the list of who is in it.
    #[serde(default)]
    who: String,
    #[serde(default)]
    word: String,
    #[serde(default)]
    words: String,
}

/// A person's word on who is accused, about somebody who is in it.
async fn accused(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(given): Posted<Accused>,
) -> Result<Redirect, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    let (desk, w) = (&visitor.desk, ActWords::of(visitor.language));
    let why = reason_of("", &given.words).ok_or_else(|| Fault::Wrong(w.why.to_owned()).at("words"))?;
    let word = match given.word.as_str() {
        "yes" => Accusation::Confirmed,
        "no" => Accusation::Refused,
        _ => return Err(Fault::Form),
    };
    let look = console.live.look(account(&visitor), item.id.as_str()).ok_or(Fault::Form)?;
    let opened = desk.open_item(&item.id, &case, &look.why).await?;
    let place: usize = given.who.parse().map_err(|_| Fault::Form)?;
    let address = everyone(&opened.detail).nth(place).ok_or(Fault::Form)?;
    let named = Named::of(address.as_str(), &desk.directory)?;
    let said = match desk.judge_accused(&item.id, &named, word, &why).await? {
        Judged::NothingToRefuse => return Err(Fault::Wrong(w.nobody_accused.to_owned()).at("who")),
        Judged::NotAccused => "not-accused",
        Judged::Accused | Judged::Allegation(_) => "accused",
    };
    let (_, case) = console.store.item_case(&item.id).await?;
    if !desk.may(Act::List, &case).is_allowed() {
        return Ok(Redirect::to(&Place::Queue.to_string()));
    }
    Ok(Redirect::to(&format!("{}?said={said}", Place::Item(item.id.as_str()))))
}
