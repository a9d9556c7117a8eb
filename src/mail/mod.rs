//! The plain values that every room passes. This is the leftmost room: it knows
//! no protocol, no rule and no store, and does no I/O.

mod address;
mod door;
mod edit;
mod facts;
mod measures;
mod receipt;
mod reply;
mod transaction;

pub use address::{Address, ReversePath};
pub use door::{AnyProof, House, Onward, Outcome, Passing, Waiting};
pub use edit::{Edits, HeaderEdit, Splice, fields, header_end};
pub use facts::{Answers, Carried, Facts, Hit, Mode, NotScanned, Release, Scan, Unscanned, UnscannedThen};
pub use measures::{Covers, Exception, Measures, Observing, Period, Suspension};
pub use receipt::{Custody, Proof, Receipt};
pub use reply::{Blame, Failure, Reply};
pub use transaction::{
    Arrival, Channel, Door, Envelope, Recipient, SchoolId, SenderProof, Transaction, TransactionId,
};
