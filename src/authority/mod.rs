//! Who may do what to which thing, and who may instead (practice.md, A). Pure: whoever asks
//! gathers the facts first ([`Asker`], [`Case`], [`Bench`]) and acts on the [`Answer`].
//!
//! The rules stand in `rules`, one line for each act on each kind of thing; `judge` applies
//! them to a [`Position`], which is finite, so that the tests go through all of them; `people`
//! reduces people and things to one. In words: docs/who-may.md, which is made from here.

mod grants;
mod judge;
mod model;
mod page;
mod people;
mod rules;
#[cfg(test)]
mod tests;
mod words;

pub use grants::{Approval, Grant, GrantKind, Scope, in_force};
pub use judge::{Answer, Position, Who, Why, judge};
pub use model::{Act, Gravity, Matter, Office, Offices, Reach, Relation, SenderMay, State, Step, Thing};
pub use page::page;
pub use people::{Asker, Bench, Case, Face, Member, is_hidden_from, may, position};
