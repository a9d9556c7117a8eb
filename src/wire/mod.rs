//! Protocols only: each door makes a `Transaction` and turns the house's answer into its own reply.

mod accept;
mod certificate;
pub mod clamd;
pub mod files;
pub mod http;
mod memory;
mod metrics;
pub mod milter;
mod refused;
pub mod smtp;
mod web;

pub use certificate::{CertificateFacts, certificate_facts};
pub use http::{NoAnswer, post_json};
pub use memory::{MemoryBudget, NoMemory, Reservation};
pub use metrics::{MetricsServer, Page};
pub use web::WebServer;
