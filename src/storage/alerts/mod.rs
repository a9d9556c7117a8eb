//! What officers are to be told, kept with the message it speaks of: who is asked first, who
//! next, who has been told, who has answered. The gateway's worker does the telling.

mod alarm;
mod answer;
mod away;
mod due;
mod keep;
mod overdue;
mod tell;

pub use away::Away;
pub use due::{AlertSummary, AlertsStuck, DigestDue, DueAlert};
pub(in crate::storage) use keep::AlertRow;
pub use overdue::OverdueTold;
pub use tell::Told;

use super::names::ItemId;
use crate::{
    mail::{Address, SchoolId, TransactionId},
    ruleset::Category,
};
use chrono::{DateTime, Utc};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// At once, and on to the next office when nobody answers.
    Urgent,
    /// At the school's pace, within the budget.
    Ordinary,
}

impl Urgency {
    pub const ALL: [Self; 2] = [Self::Urgent, Self::Ordinary];
    pub fn name(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Ordinary => "ordinary",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlertState {
    Provisional,
    /// Nobody has been told yet.
    Waiting,
    Told,
    /// Somebody has looked or decided.
    Answered,
    /// The budget was used up: logged, and counted in the digest.
    Grouped,
    Dropped,
}

impl AlertState {
    pub const ALL: [Self; 6] =
        [Self::Provisional, Self::Waiting, Self::Told, Self::Answered, Self::Grouped, Self::Dropped];
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Waiting => "waiting",
            Self::Told => "told",
            Self::Answered => "answered",
            Self::Grouped => "grouped",
            Self::Dropped => "dropped",
        }
    }
}

/// Somebody of the school has to hear of the transaction being kept.
#[derive(Clone)]
pub struct NewAlert {
    pub school: SchoolId,
    pub urgency: Urgency,
    pub category: Category,
    /// The rule that asked, for the budget.
    pub policy: Option<String>,
    /// By which the notice names it: an item's number, or the begin of a transaction's.
    pub number: String,
    /// `None`: the message itself was delivered.
    pub item: Option<ItemId>,
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    /// Who is asked, office by office; never a party (practice.md, A4). Not empty.
    pub ladder: Vec<Vec<Address>>,
}
