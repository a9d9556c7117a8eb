//! What every session of the relay works with.

use super::{access::Access, tenant::Tenants};
use crate::{
    config::{BareNewline, Limits, NextHop},
    mail::{House, TransactionId},
    wire::{MemoryBudget, smtp::hop::NextHopClient},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

pub(super) struct Services {
    pub(super) hostname: String,
    pub(super) access: Access,
    pub(super) tenants: Tenants,
    pub(super) hops: Vec<Arc<NextHop>>,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) bare_newline: BareNewline,
    pub(super) max_received: usize,
    pub(super) limits: Arc<Limits>,
    pub(super) memory: MemoryBudget,
    pub(super) client: Arc<NextHopClient>,
    pub(super) house: Arc<dyn House>,
    pub(super) ids: Arc<dyn Fn() -> TransactionId + Send + Sync>,
    pub(super) now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}
