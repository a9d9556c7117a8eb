//! The next-hop client: which hop serves a domain, and handing a message over to it.

mod client;
mod connection;
mod dial;
mod pool;
mod reply;
mod report;
mod route;
mod send;

pub use client::NextHopClient;
pub(super) use client::{Delivery, HopTransaction, Sender};
pub use dial::{Resolve, system_resolver};
pub use reply::HopReply;
pub(super) use reply::split_enhanced;
pub use report::{DsnFate, Handover, RecipientFate, SendReport};
pub use route::route;
