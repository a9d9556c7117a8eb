//! A message's parts to [`Fragment`](super::Fragment)s and [`Unread`]s.

use super::{Extract, ExtractLimits, Unread, UnreadReason, View};
use crate::message::Message;

/// All text of `message`, each stretch with its normalised view, and what was not read.
/// Borrows decoded text from the message; never fails.
pub fn extract<'m>(message: &'m Message<'_>, _limits: ExtractLimits) -> Extract<'m> {
    let unread = message.parts.iter().enumerate().map(|(index, part)| Unread {
        place: part.path.clone(),
        part: Some(index),
        media_type: part.media_type.clone(),
        reason: UnreadReason::FormatNotSupported,
    });
    Extract { fragments: Vec::new(), unread: unread.collect() }
}

/// The normalised view of a plain text, as patterns see it (docs/rules.md).
pub fn normalise(text: &str) -> View {
    View { text: text.to_lowercase(), ..View::default() }
}
