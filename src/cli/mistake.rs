//! What ends a command early: sentences for whoever typed it, and the status of the process.

use crate::{
    desk::DeskFault,
    storage::{IncidentError, StoreError},
};
use std::{error::Error, fmt, io, process::ExitCode};

/// Why a command ends early, and so with which status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Bad usage or configuration, or a thing that is not there.
    Mistake,
    /// Who asks may not. Of what is not there *for them* it is never said: that is [`End::Mistake`],
    /// in the words of a thing that is not there for anybody.
    Refused,
    /// Whoever read the answer stopped reading (`| head`).
    NotRead,
}

impl End {
    pub(crate) fn status(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Mistake => 2,
            Self::Refused => 3,
            // A shell says the same of other programs.
            Self::NotRead => 141,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Mistake {
    text: String,
    end: End,
    /// The number that was asked for and is not there.
    missing: Option<String>,
}

/// Most ends are mistakes; they are written like a value of a tuple.
#[allow(non_snake_case)]
pub(crate) fn Mistake(text: String) -> Mistake {
    Mistake { text, end: End::Mistake, missing: None }
}

impl Mistake {
    /// Who asks may not; the text says who may, where that tips nobody off.
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self { text: text.into(), end: End::Refused, missing: None }
    }

    /// The number that was asked for and is not there: for anybody, or for whoever asked.
    pub(crate) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    pub(crate) fn end(&self) -> End {
        self.end
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<E: Error + 'static> From<E> for Mistake {
    fn from(error: E) -> Self {
        let any = &error as &(dyn Error + 'static);
        let io = any.downcast_ref::<io::Error>().map(io::Error::kind);
        let fault = any.downcast_ref::<DeskFault>();
        let store = match fault {
            Some(DeskFault::Store(store)) => Some(store),
            _ => any.downcast_ref::<StoreError>(),
        };
        let end = match store {
            _ if io == Some(io::ErrorKind::BrokenPipe) => End::NotRead,
            _ if matches!(fault, Some(DeskFault::Refused(_))) => End::Refused,
            Some(e) if e.is_refusal() => End::Refused,
            _ => End::Mistake,
        };
        let incident = match fault {
            Some(DeskFault::Incident(incident)) => Some(incident),
            _ => any.downcast_ref::<IncidentError>(),
        };
        let missing = match (store, incident) {
            (Some(StoreError::NotFound { id, .. }), _)
            | (
                _,
                Some(
                    IncidentError::NoTarget { id, .. }
                    | IncidentError::Store(StoreError::NotFound { id, .. }),
                ),
            ) => Some(id.clone()),
            (_, Some(IncidentError::NotFound(id))) => Some(id.to_string()),
            _ => match fault {
                Some(DeskFault::NotThere { id, .. }) => Some(id.clone()),
                _ => None,
            },
        };
        Self { text: error.to_string(), end, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_mistake_and_from_what_is_not_there() {
        let end = |e: StoreError| Mistake::from(e).end();
        assert_eq!(end(StoreError::Sealed), End::Refused);
        assert_eq!(end(StoreError::NotFound { what: "item", id: "7".into() }), End::Mistake);
        assert_eq!(Mistake("unknown".into()).end(), End::Mistake);
        assert_eq!(Mistake::refused("no").end(), End::Refused);
        assert_eq!(Mistake::from(io::Error::from(io::ErrorKind::BrokenPipe)).end(), End::NotRead);
    }
}
