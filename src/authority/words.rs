//! Answers in plain sentences.

use super::{
    judge::{Answer, Who, Why},
    model::Office,
};
use std::fmt;

impl Office {
    /// As a sentence calls whoever holds it.
    pub fn called(self) -> &'static str {
        match self {
            Self::Staff => "a member of staff",
            Self::Lead => "the safeguarding lead",
            Self::Deputy => "a deputy lead",
            Self::Head => "the head",
            Self::Chair => "the chair of governors",
            Self::DataProtection => "the data protection officer",
            Self::Admin => "the admin",
            Self::Governor => "a governor",
            Self::Guest => "a guest",
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sender => "its own sender",
            Self::Office(office) => office.called(),
            Self::TrustChair => "the trust",
            Self::Correspondents => "those who wrote and got it, in their own mailboxes",
            Self::Police => "the police, to whom two people hand it over unopened",
            Self::Authority => "the authority directly (the local authority's designated officer)",
        })
    }
}

impl Why {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoSuchAct => "There is no such thing to be done with it.",
            Self::Sealed => {
                "It is sealed, because it may hold an image of a child: hash, time and roles are all that anyone sees. Do not look for it elsewhere and do not forward pictures; tell the lead in person."
            }
            Self::Protected => "It is mail with a protected correspondent: nobody at the school reads it.",
            Self::SendersBusiness => "A held message is the business of its sender alone.",
            Self::PolicyForbids => "The school's policy does not let a sender release this.",
            Self::NoEmergency => {
                "\"Send now\" is for leads, and for staff who write to a listed safeguarding agency."
            }
            Self::LegalHold => "It is under legal hold: nothing of it is removed until that is lifted.",
            Self::NotDecided => "It has to be decided before it is removed.",
            Self::NotReviewed => {
                "The safeguarding lead and the data protection officer both review it before it goes out."
            }
            Self::OwnCase => "Nobody grants or approves anything for themselves.",
            Self::OwnRequest => "What one person has asked for, another approves.",
            Self::NothingAsked => "Nobody has asked for it yet.",
            Self::AdminReadsNoContent => "The admin runs the gate and reads no content.",
            Self::GovernorReadsReports => "Governors read reports, not messages.",
            Self::TrustSeesNoSchool => "An office of the trust opens nothing at a school.",
            Self::NotYourOffice => "Your office does not let you do this.",
        }
    }
}

/// `a, b or c`.
fn list(who: &[Who]) -> String {
    let names: Vec<String> = who.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// The sentence; nothing where there is none.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().unwrap_or_default())
    }
}

/// For whoever asked. `NotThere` has no sentence of its own: it must read like a thing that
/// is not there.
impl Answer {
    pub fn sentence(&self) -> Option<String> {
        match self {
            Self::Allowed | Self::NotThere => None,
            Self::NeedsSecond { who } => {
                Some(format!("It takes two people. When another says the same, it is done: {}.", list(who)))
            }
            Self::No { why, instead } if instead.is_empty() => Some(why.sentence().to_owned()),
            Self::No { why, instead } => Some(format!("{} Who may: {}.", why.sentence(), list(instead))),
        }
    }
}
