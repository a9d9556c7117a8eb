//! The console: the pages of staff, leads, heads, admins and governors. Each page is a file with its
//! template, its words in both languages and its handler; `door` is the table of all of them with
//! whom each lets in; what may be done there is asked of `authority` through [`crate::desk`].
//! Everything works without script.

mod answers;
mod assets;
mod called;
mod cookies;
mod door;
mod drafts;
mod events;
mod fault;
mod guard;
mod held_keys;
#[cfg(test)]
mod hostile_pages;
mod kept;
mod live;
mod page;
mod pages;
mod places;
mod proof;
mod refill;
mod render;
mod said;
mod told;
mod typed;
mod upload;
mod visitor;
mod words;
mod works;

pub use door::Guard;
pub use fault::Fault;

use crate::{
    config::{Config, ConsoleConfig},
    gateway::Gate,
    storage::Store,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
};
use held_keys::HeldKeys;
use hyper_util::service::TowerToHyperService;
use proof::{Passkeys, Passwords, SchoolDoors, Tries};
use std::sync::{Arc, PoisonError, RwLock};

/// The largest form; a key file is smaller too.
const LARGEST_FORM: usize = 256 << 10;

/// What every page is made from.
pub struct Console {
    store: Store,
    gate: Arc<Gate>,
    /// Swapped in whole on reload.
    config: RwLock<Arc<Config>>,
    /// Door and address change only with a restart.
    at: ConsoleConfig,
    live: Arc<live::Live>,
    passwords: Passwords,
    passkeys: Passkeys,
    school_doors: SchoolDoors,
    tries: Tries,
    held_keys: HeldKeys,
    asked: pages::Asked,
    drafts: drafts::Drafts,
    typed: typed::AllTyped,
    what_ifs: works::Works<pages::WhatIf>,
    would_haves: works::Works<pages::WouldHave>,
}

impl Console {
    pub fn new(store: Store, gate: Arc<Gate>, config: Arc<Config>, at: ConsoleConfig) -> Self {
        let config = RwLock::new(config);
        let passkeys = Passkeys::new(&at);
        Self {
            store,
            gate,
            config,
            at,
            passwords: Passwords::new(),
            passkeys,
            school_doors: SchoolDoors::new(),
            tries: Tries::default(),
            live: Arc::default(),
            held_keys: HeldKeys::default(),
            asked: pages::Asked::default(),
            drafts: drafts::Drafts::default(),
            typed: typed::none_typed(),
            what_ifs: works::Works::default(),
            would_haves: works::Works::default(),
        }
    }

    /// What the configuration says now.
    fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// After a reload.
    pub fn replace(&self, config: Arc<Config>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// Whether browsers come by TLS, here or at a proxy.
    fn is_secure(&self) -> bool {
        self.at.address.scheme() == "https"
    }
}

/// What answers a browser.
pub type Service = TowerToHyperService<Router>;

/// All pages behind their guards.
pub fn service(console: Console) -> (Arc<Console>, Service) {
    let console = Arc::new(console);
    let behind = door::router(pages::doors(), &console)
        .fallback(pages::nowhere)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(console.clone());
    // As one service, so that what stands around a form can ask for its page too.
    let router = Router::new()
        .fallback_service(behind)
        .layer(from_fn_with_state(console.clone(), guard::around))
        .layer(from_fn(guard::headers));
    (console, TowerToHyperService::new(router))
}

/// Every door with whom it lets in, for whoever checks them all.
pub fn doors() -> Vec<(Method, &'static str, Guard)> {
    pages::doors().into_iter().map(|door| (door.method, door.place, door.guard)).collect()
}
