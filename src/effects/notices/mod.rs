//! What the gate writes to people: the sender's own nudge, officers' alerts without
//! content, returned messages, delivery reports. Everything has the null reverse path and
//! `Auto-Submitted`, and nothing is written that [`may_write`] forbids (RFC 3834;
//! practice.md, A2 and D).

mod account;
mod alert;
mod allow;
mod canary;
mod compose;
mod digest;
mod handed;
mod nudge;
mod pause;
mod receipt;
mod report;
mod returned;
mod time;
mod trouble;
mod waited;
mod way_in;
mod words;

pub use account::AccountNews;
pub use alert::Alert;
pub use allow::{Addressee, Occasion, PerHour, Withheld, may_write};
pub use canary::Canary;
pub use compose::{ComposeError, Notices, Written};
pub use digest::{Digest, DigestLine};
pub use handed::{Handed, HandedThing};
pub use nudge::{Found, Nudge, Situation, Whereabouts, found_line};
pub use pause::Pause;
pub use receipt::Receipt;
pub use report::{DeliveryReport, ReportedRecipient, wants_failure, wants_success};
pub use returned::{Comeback, Returned};
pub use trouble::Trouble;
pub use waited::Waited;
pub use way_in::WayIn;
pub use words::Language;
