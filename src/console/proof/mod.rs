//! What proves who somebody is: a password with a code of the moment, a passkey; and how often it may
//! be tried.

mod asker;
mod by_password;
mod ceremonies;
mod code;
mod passkey;
mod password;
mod school;
mod tries;

pub(super) use asker::Asker;
pub(super) use by_password::Given;
pub(super) use code::{Enrolment, step_of};
pub(super) use passkey::Passkeys;
pub(super) use password::{Passwords, WeakPassword, weakness};
pub(super) use school::{ByClaims, Purpose, SchoolDoors};
pub(super) use tries::Tries;
