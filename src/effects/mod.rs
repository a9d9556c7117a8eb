//! A plan carried out: disclaimers and marks as edits (data, never done here to the
//! bytes), notices and reports as composed messages, DKIM as the last edit, and the
//! worker that empties the outbox.

mod anchor;
mod answer;
mod change;
mod comeback;
mod conserved;
mod delivery;
mod disclaimer;
mod dkim;
mod html;
mod mark;
mod notices;
mod prepare;
mod reminder;
mod rescan;
mod words;

pub use anchor::bring;
pub use answer::{Answer, Keyword, parse_answer};
pub use change::{Addressing, Attached, CannotChange, Changes, Only, attachments, changed};
pub use comeback::comeback;
pub use delivery::{Delivery, DeliveryOptions, Observer, ReleaseField, Turn};
pub use disclaimer::{Disclaimer, Disclaimers, NotApplied, TemplateFault, disclaimer_edits};
pub use dkim::{Signers, SigningFailed};
pub use mark::{is_marked, subject_mark};
pub use notices::{
    AccountNews, Addressee, Alert, Canary, Comeback, ComposeError, DeliveryReport, Digest, DigestLine, Found,
    Handed, HandedThing, Language, Notices, Nudge, Occasion, Pause, PerHour, Receipt, ReportedRecipient,
    Returned, Situation, Trouble, Waited, WayIn, Whereabouts, Withheld, Written, found_line, may_write,
    wants_failure, wants_success,
};
pub use prepare::{Matter, Prepared, Tools, keep_unread, prepare};
pub use reminder::reminder;
pub use rescan::{Looked, Rescan};
