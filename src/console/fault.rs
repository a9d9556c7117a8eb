//! Why a page is not shown: a sentence for whoever asked, a line without content for the log. What
//! is not there for somebody looks like what is there for nobody.

use super::said::Said;
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
#[derive(Clone, Debug)]
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
    /// The store holds to what somebody has ordered.
    Kept(Said),
    /// What was filled in cannot be taken; the page's own sentence says why.
    Wrong(String),
    /// The same, as desk or store answer by name.
    Cannot(Said),
    /// The same, of one field of the form.
    At(&'static str, Box<Self>),
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
    /// Of this field of the form.
    pub fn at(self, field: &'static str) -> Self {
        match self {
            Self::Wrong(_) | Self::Cannot(_) | Self::Decided | Self::ParentsNotSaid => {
                Self::At(field, Box::new(self))
            }
            other => other,
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::At(_, fault) => fault.status(),
            Self::SignIn | Self::ProveAnew | Self::UnlockKey => StatusCode::SEE_OTHER,
            Self::NotThere => StatusCode::NOT_FOUND,
            Self::Refused(_) | Self::Offices(_) | Self::Kept(_) | Self::Form => StatusCode::FORBIDDEN,
            Self::Wrong(_) | Self::Cannot(_) | Self::Decided | Self::ParentsNotSaid => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
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
        use StoreError as E;
        match error {
            E::NotFound { .. } => Self::NotThere,
            E::Sealed => Self::Kept(Said::Sealed),
            E::MayHoldImage => Self::Kept(Said::MayHoldImage),
            E::NoLeave(why) => Self::Kept(why.into()),
            E::NotAllowed(why) => Self::Cannot(why.into()),
            E::NothingToSearchFor => Self::Cannot(Said::NothingToSearchFor),
            E::TooMuchAsked { most } => Self::Cannot(Said::TooMuchAsked(most)),
            // Of the session: the store never sees another's.
            E::NotForThisKey | E::CustodianKey(_) => Self::Cannot(Said::OtherKey),
            error => {
                tracing::warn!(%error, "console.store");
                Self::Away
            }
        }
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        match error {
            StateError::NotFound(_) => Self::NotThere,
            StateError::Store(error) => error.into(),
            // Who was quicker has a random name there, which says nothing to anybody.
            StateError::AlreadyDecided { .. } => Self::Decided,
            StateError::StillProvisional => Self::Cannot(Said::StillReceived),
            StateError::NotAllowed(why) => Self::Cannot(why.into()),
            StateError::Token(token) => Self::Cannot(Said::Token(token)),
        }
    }
}

impl From<IncidentError> for Fault {
    fn from(error: IncidentError) -> Self {
        match error {
            IncidentError::NotFound(_) | IncidentError::NoTarget { .. } => Self::NotThere,
            IncidentError::Store(error) => error.into(),
            IncidentError::ParentsNotSaid => Self::ParentsNotSaid,
            IncidentError::State { state, why } => Self::Cannot(Said::Incident(state, why)),
            IncidentError::Text => Self::Cannot(Said::IncidentText(IncidentError::LETTERS)),
            IncidentError::Full => Self::Cannot(Said::IncidentFull(IncidentError::ENTRIES)),
            IncidentError::NotNamed => Self::Cannot(Said::NobodyAccused),
        }
    }
}

impl From<DeskFault> for Fault {
    fn from(fault: DeskFault) -> Self {
        match fault {
            DeskFault::NotThere { .. } => Self::NotThere,
            DeskFault::Refused(refusal) => Self::Refused(refusal),
            DeskFault::Wrong(wrong) => Self::Cannot(Said::Wrong(Box::new(wrong))),
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
