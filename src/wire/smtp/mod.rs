//! SMTP, both sides: the relay (a synchronous proxy: the client hears 250 only when the next
//! hop has said it, or the house keeps the message) and the one next-hop client that the
//! relay, releases and notices share.
//!
//! All framing is our own. The public parsers made for this are lenient where leniency lets
//! one message be read as two (they end a line at a lone LF, skip a CR, and dissolve ESMTP
//! words into values, while the proxy passes words on as the client wrote them).

mod hop;

pub use hop::{
    DsnFate, Handover, HopReply, NextHopClient, RecipientFate, Resolve, SendReport, route, system_resolver,
};
mod command;
mod extension;
mod framing;
mod relay;
mod stream;
mod tls;

pub(super) use tls::web_acceptor;
mod words;
pub use relay::{Accepted, RelayServed, RelayServer, RelayService};
