//! The next-hop client: which hop serves a domain, and handing a message over to it.

mod reply;
mod report;
mod route;

pub use reply::HopReply;
pub use report::{DsnFate, Handover, RecipientFate, SendReport};
pub use route::route;
