//! A school as the rooms see it: already checked; `config` makes it.

use super::{
    Alerts, Calendar, Direction, Listing, Retention, Role,
    resolve::{entry, listing},
};
use crate::mail::{Address, Mode, SchoolId};
use chrono::TimeDelta;

/// Who holds which office. The order within one office is the order of standing in.
#[derive(Clone, Debug, Default)]
pub struct Officers {
    /// Designated safeguarding lead.
    pub lead: Vec<Address>,
    pub deputies: Vec<Address>,
    pub head: Vec<Address>,
    /// Chair of governors (or the trust), for allegations against the head.
    pub chair: Vec<Address>,
    pub data_protection: Vec<Address>,
    /// Where reports about our own mail go (RFC 2142 postmaster).
    pub postmaster: Option<Address>,
    /// Where people pass on what they should not have got (OF-7); the lead reads it.
    pub report: Vec<Address>,
}

/// An address (`a@b.example`) or a whole domain (`b.example`) on one of the lists.
#[derive(Clone, Debug)]
pub struct ListEntry {
    /// Lower case; contains `@` for a single address. A domain covers those below it.
    pub pattern: String,
    pub listing: Listing,
}

/// Which disclaimer goes under which mail. The first choice that fits is taken.
#[derive(Clone, Debug)]
pub struct DisclaimerChoice {
    /// Template name: `disclaimers/<lang>/<name>.txt` and `.html`.
    pub template: String,
    /// One text after the other, in this order.
    pub languages: Vec<String>,
    /// Sender's roles; empty is any.
    pub roles: Vec<Role>,
    /// Empty is outbound.
    pub directions: Vec<Direction>,
}

/// Whose law and guidance hold (practice.md, E).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nation {
    #[default]
    England,
    Wales,
    Scotland,
    NorthernIreland,
}

impl Nation {
    /// The age from which a child is presumed to decide alone over what is held on it:
    /// 12 in Scotland (Data Protection Act 2018, section 208), about 13 elsewhere by custom.
    pub fn child_decides_from(self) -> u32 {
        if self == Self::Scotland { 12 } else { 13 }
    }
}

#[derive(Clone, Debug)]
pub struct School {
    pub id: SchoolId,
    pub name: String,
    pub nation: Nation,
    /// The age from which a child decides alone over what is held on it; by nation when not given.
    pub child_decides_from: u32,
    /// Lower case; mail in these and below is the school's own.
    pub domains: Vec<String>,
    /// `en`, `cy`.
    pub languages: Vec<String>,
    pub mode: Mode,
    pub officers: Officers,
    pub lists: Vec<ListEntry>,
    pub disclaimers: Vec<DisclaimerChoice>,
    /// Copy mail with parents to the records (RE-1). Off until the school switches it on.
    pub record_parent_mail: bool,
    /// How notices and subject marks call the confidential mark, for example `[Confidential]`.
    pub confidential_mark: String,
    pub calendar: Calendar,
    pub retention: Retention,
    /// How long mail to outside waits before it leaves, so that its sender can take it back
    /// (PD-3). `None`: it leaves at once.
    pub grace: Option<TimeDelta>,
    /// When its officers are told.
    pub alerts: Alerts,
}

impl School {
    /// The list that an address outside is on.
    pub fn listing(&self, address: &Address) -> Option<Listing> {
        listing(&self.lists, address)
    }

    /// The place in `lists` of the entry that says so.
    pub fn list_entry(&self, address: &Address) -> Option<usize> {
        entry(&self.lists, address)
    }
}
