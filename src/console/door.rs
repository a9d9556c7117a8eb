//! A door: one method of one address, whom it lets in, and what stands behind it. The router is
//! made from these alone, so that no page can be reached past its guard; the test of all routes
//! reads the same table.

use super::{Console, guard};
use crate::authority::Office;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use std::sync::Arc;

/// Whom a door lets in. What is behind it asks `authority` besides, thing by thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever holds one of these offices at a school or at the trust.
    Holding(&'static [Office]),
}

/// One door.
pub struct Door {
    pub method: Method,
    /// As the router writes it.
    pub place: &'static str,
    pub guard: Guard,
    behind: MethodRouter<Arc<Console>>,
}

impl Door {
    pub(super) fn get<H, T>(place: &'static str, guard: Guard, handler: H) -> Self
    where
        H: Handler<T, Arc<Console>>,
        T: 'static,
    {
        Self { method: Method::GET, place, guard, behind: on(MethodFilter::GET, handler) }
    }

    /// Takes forms up to this size, for files; others are small ([`super::LARGEST_FORM`]).
    pub(super) fn up_to(self, bytes: usize) -> Self {
        Self { behind: self.behind.layer(DefaultBodyLimit::max(bytes)), ..self }
    }

    pub(super) fn post<H, T>(place: &'static str, guard: Guard, handler: H) -> Self
    where
        H: Handler<T, Arc<Console>>,
        T: 'static,
    {
        Self { method: Method::POST, place, guard, behind: on(MethodFilter::POST, handler) }
    }
}

/// Whether there is a page at this address, for anybody.
pub(super) fn is_page(path: &str) -> bool {
    super::pages::doors().iter().any(|door| door.method == Method::GET && fits(door.place, path))
}

/// The nearest page at this address or above it: where somebody goes on whose form could not be taken.
pub(super) fn page_above(path: &str) -> &str {
    let mut path = path;
    while !is_page(path) {
        path = match path.rsplit_once('/') {
            Some((above, _)) if !above.is_empty() => above,
            _ => return "/",
        };
    }
    path
}

fn fits(place: &str, path: &str) -> bool {
    let (mut place, mut path) = (place.split('/'), path.split('/'));
    loop {
        match (place.next(), path.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other || one.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// All doors as one router.
pub(super) fn router(doors: Vec<Door>, console: &Arc<Console>) -> Router<Arc<Console>> {
    doors.into_iter().fold(Router::new(), |router, door| {
        let state = (console.clone(), door.guard);
        let behind = door.behind.layer(middleware::from_fn_with_state(state, guard::check));
        router.route(door.place, behind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_to_the_page_it_stands_on() {
        assert_eq!(page_above("/account/password"), "/account/password");
        assert_eq!(page_above("/account/password/remove"), "/account/password");
        assert_eq!(page_above("/nothing/at/all"), "/");
        assert!(fits("/link/{word}", "/link/abc") && !fits("/link/{word}", "/link"));
    }
}
