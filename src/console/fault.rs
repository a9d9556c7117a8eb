//! Why a page is not shown: a sentence for whoever asked, a line without content for the log. What
//! is not there for somebody looks like what is there for nobody.

use crate::{
    authority::Office,
    desk::{DeskFault, Refusal},
    storage::{IncidentError, StateError, StoreError},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// The page itself is made at the very outside, where language and layout are known
/// ([`super::guard`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody is signed in, or not any more.
    SignIn,
    /// It takes a fresh proof of who asks.
    ProveAnew,
    /// It takes a custodian's key, and this session holds none.
    UnlockKey,
    /// There is no such page or thing, for anybody or for whoever asked.
    NotThere,
    /// May not; it says who may.
    Refused(Refusal),
    /// The page is these offices'.
    Offices(&'static [Office]),
    /// The store holds to what somebody has ordered; the sentence says it.
    Kept(String),
    /// What was filled in cannot be taken; the sentence says why.
    Wrong(String),
    /// Somebody was quicker.
    Decided,
    /// An incident is closed only when it is said whether the parents were told.
    ParentsNotSaid,
    /// The form did not come from a page of ours, or from one of a former session.
    Form,
    /// Too many tries.
    TooOften,
    /// The store or the gate cannot answer now; nothing was done.
    Away,
}

impl Fault {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn | Self::ProveAnew | Self::UnlockKey => StatusCode::SEE_OTHER,
            Self::NotThere => StatusCode::NOT_FOUND,
            Self::Refused(_) | Self::Offices(_) | Self::Kept(_) | Self::Form => StatusCode::FORBIDDEN,
            Self::Wrong(_) | Self::Decided | Self::ParentsNotSaid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Away => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NotThere,
            e if e.is_refusal() => Self::Kept(e.to_string()),
            StoreError::NotAllowed(_) | StoreError::NothingToSearchFor | StoreError::TooMuchAsked { .. } => {
                Self::Wrong(sentence(&error.to_string()))
            }
            // Of the session: the store never sees another's.
            StoreError::NotForThisKey | StoreError::CustodianKey(_) => Self::Wrong(
                "The key that you have unlocked does not open this: it takes the key of a custodian of the school's records."
                    .to_owned(),
            ),
            error => {
                tracing::warn!(%error, "console.store");
                Self::Away
            }
        }
    }
}

/// With a capital and an end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        match error {
            StateError::NotFound(_) => Self::NotThere,
            StateError::Store(error) => error.into(),
            // Who was quicker has a random name there, which says nothing to anybody.
            StateError::AlreadyDecided { .. } => Self::Decided,
            other => Self::Wrong(format!("{other}.")),
        }
    }
}

impl From<IncidentError> for Fault {
    fn from(error: IncidentError) -> Self {
        match error {
            IncidentError::NotFound(_) | IncidentError::NoTarget { .. } => Self::NotThere,
            IncidentError::Store(error) => error.into(),
            IncidentError::ParentsNotSaid => Self::ParentsNotSaid,
            other => Self::Wrong(format!("This cannot be done: {other}.")),
        }
    }
}

impl From<DeskFault> for Fault {
    fn from(fault: DeskFault) -> Self {
        match fault {
            DeskFault::NotThere { .. } => Self::NotThere,
            DeskFault::Refused(refusal) => Self::Refused(refusal),
            DeskFault::Wrong(sentence) => Self::Wrong(sentence),
            DeskFault::State(error) => error.into(),
            DeskFault::Incident(error) => error.into(),
            DeskFault::Notice(error) => {
                tracing::warn!(%error, "console.notice");
                Self::Away
            }
            DeskFault::Store(error) => error.into(),
        }
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "console.page");
        Self::Away
    }
}
