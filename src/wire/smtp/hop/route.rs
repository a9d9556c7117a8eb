//! Which next hop serves a recipient's domain.

use crate::config::NextHop;
use std::sync::Arc;

/// The hop for `domain` (lower case): the first in order that names it. A hop's `*` serves
/// what no hop names. `None`: nobody serves it.
pub fn route(hops: &[Arc<NextHop>], domain: &str) -> Option<Arc<NextHop>> {
    let domain = domain.trim_end_matches('.');
    let named = hops.iter().find(|hop| hop.domains.iter().any(|d| d.eq_ignore_ascii_case(domain)));
    named.or_else(|| hops.iter().find(|hop| hop.domains.iter().any(|d| d == "*"))).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HopTls;
    use std::time::Duration;

    fn hop(name: &str, domains: &[&str]) -> Arc<NextHop> {
        Arc::new(NextHop {
            name: name.into(),
            domains: domains.iter().map(|d| d.to_string()).collect(),
            hosts: vec![],
            tls: HopTls::Never,
            ca: None,
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
        })
    }

    #[test]
    fn a_named_domain_goes_before_the_star_wherever_it_stands() {
        let hops = [hop("rest", &["*"]), hop("school", &["oakfield.example"])];
        assert_eq!(route(&hops, "oakfield.example").unwrap().name, "school");
        assert_eq!(route(&hops, "Oakfield.Example.").unwrap().name, "school");
        assert_eq!(route(&hops, "elsewhere.example").unwrap().name, "rest");
        assert!(route(&hops[1..], "elsewhere.example").is_none());
    }
}
