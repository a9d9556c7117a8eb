//! What the doors and next hops say of each other and of the schools.

use super::{Cross, covers};
use crate::{
    config::{Listen, source::WHOLE_FILE},
    mail::SchoolId,
};
use std::{collections::HashMap, net::SocketAddr};

impl Cross<'_> {
    pub(super) fn listeners(&self) {
        let mut listeners: Vec<_> = self.marks.listeners.iter().collect();
        listeners.sort_by_key(|at| at.span.start);
        for (n, later) in listeners.iter().enumerate() {
            if listeners.iter().take(n).any(|earlier| clash(&earlier.value, &later.value)) {
                self.source.error(
                    &later.span,
                    "Two doors listen on this address.",
                    "Give each its own port or socket.",
                );
            }
        }
        for at in &listeners {
            if let Listen::Tcp(address) = at.value
                && !address.ip().is_loopback()
                && self.is_milter(&at.value)
            {
                let hint = "Let a firewall admit your mail servers only, or listen on a Unix socket or the loopback.";
                let text = "Whoever reaches this door is believed about who has signed in.";
                self.source.warning(&at.span, text, hint);
            }
        }
        if self.config.milter.is_none() && self.config.relay.is_none() {
            let hint =
                "Add `[milter]` or `[relay]`; until then `gatehouse scan` works, `gatehouse serve` does not.";
            self.source.warning(&WHOLE_FILE, "There is no door for mail.", hint);
        }
    }

    pub(super) fn hops(&self) {
        let mut names: HashMap<&str, ()> = HashMap::new();
        let mut domains: HashMap<&str, &str> = HashMap::new();
        let mut all_taken = false;
        for hop in &self.marks.hops {
            if !hop.name.value.is_empty() && names.insert(&hop.name.value, ()).is_some() {
                self.source.error(hop.span(), "Two next hops have this name.", "Each has its own.");
            }
            if all_taken {
                let hint = "Move the one with \"*\" to the end: the first that fits is taken.";
                self.source.error(
                    hop.span(),
                    "This next hop is never used: one with \"*\" stands before it.",
                    hint,
                );
            }
            for domain in &hop.domains {
                if let Some(first) = domains.insert(&domain.value, &hop.name.value).filter(|_| !all_taken) {
                    let text = format!("The domain goes to the next hop `{first}` already.");
                    self.source.error(&domain.span, text, "The first that fits is taken.");
                }
            }
            all_taken |= hop.domains.iter().any(|domain| domain.value == "*");
            self.hop_is_not_ourselves(hop);
        }
    }

    fn is_milter(&self, listen: &Listen) -> bool {
        self.config.milter.as_ref().is_some_and(|milter| milter.listen.contains(listen))
    }

    fn hop_is_not_ourselves(&self, hop: &crate::config::doors::HopMarks) {
        for host in hop.hosts.iter().filter(|host| self.is_our_relay(&host.value)) {
            self.source.error(&host.span, "This is the relay itself.", "Mail would go round in a circle.");
        }
    }

    /// Whether `host:port` is the relay's own door, as far as the file shows it.
    pub(super) fn is_our_relay(&self, host: &str) -> bool {
        let mut own = self.config.relay.iter().flat_map(|relay| relay.listen.iter().copied());
        let address = host.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>();
        address.is_ok_and(|a| own.any(|o| a.ip().is_loopback() && clash(&Listen::Tcp(o), &Listen::Tcp(a))))
    }

    pub(super) fn relay(&self) {
        let (Some(relay), Some(span)) = (&self.config.relay, &self.marks.relay) else { return };
        if self.marks.hops.is_empty() {
            self.source.error(
                span,
                "The relay has no next hop.",
                "Add `[[next-hop]]` with name, domains and hosts.",
            );
        } else {
            let taken = |domain: &str| {
                let hops = self.marks.hops.iter().flat_map(|hop| &hop.domains);
                hops.into_iter().any(|at| at.value == "*" || covers(&at.value, domain))
            };
            for domain in self.marks.schools.iter().flat_map(|s| &s.domains).filter(|d| !taken(&d.value)) {
                let hint = "Put it into `domains` of a `[[next-hop]]`, or add one with \"*\".";
                self.source.error(&domain.span, "No next hop takes mail to this domain.", hint);
            }
        }
        if relay.clients.is_empty() {
            let hint = "Add `[[relay.client]]` with networks and schools: without an entry nobody may speak.";
            self.source.error(span, "The relay has no client.", hint);
        }
        for (client, span) in relay.clients.iter().zip(&self.marks.clients) {
            if client.shared && (client.xclient || client.authenticates_users) {
                let hint = "Anybody's tenant speaks from a shared range: take `xclient` and `authenticates-users` out.";
                self.source.error(span, "A shared range proves nothing.", hint);
            }
            let proved = |id: &SchoolId| relay.tenants.iter().any(|tenant| tenant.school == *id);
            for school in client.schools.iter().filter(|id| client.shared && !proved(id)) {
                let text = format!("The school `{school}` has no secret header for this shared range.");
                self.source.error(span, text, "Add `[[relay.tenant]]` with school, header and sha256.");
            }
            if client.networks.iter().any(|n| n.prefix == 0) {
                self.source.error(
                    span,
                    "The whole internet may speak to the relay.",
                    "Name the hosts that may.",
                );
            }
        }
    }
}

/// Whether two doors cannot be open at once; an unspecified address takes all of a port.
fn clash(a: &Listen, b: &Listen) -> bool {
    match (a, b) {
        (Listen::Unix(a, _), Listen::Unix(b, _)) => a == b,
        (Listen::Tcp(a), Listen::Tcp(b)) => {
            a.port() == b.port()
                && a.port() != 0
                && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
        }
        _ => false,
    }
}
