//! A door that cannot be opened: which one, where, and who is to do what about it.

use std::{
    fmt::Display,
    io::{self, ErrorKind},
};

/// For the error of a bind. `key` is where the configuration names the address.
pub(super) fn refused(key: &'static str, address: impl Display) -> impl FnOnce(io::Error) -> io::Error {
    move |error| {
        let who_acts = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program listens there: stop that one (`ss -ltnp` and `ss -lxp` show it), or name another \
                 place for the gate"
            }
            ErrorKind::AddrNotAvailable => "this machine has no such address: name one that it has",
            ErrorKind::PermissionDenied => {
                "the gate's account may not: give it the right (a port under 1024 takes CAP_NET_BIND_SERVICE, as the \
                 shipped unit gives it; a socket a folder that it may write to), or name another place"
            }
            _ => "whoever runs the machine looks into it, or names another place",
        };
        io::Error::new(error.kind(), format!("{address} ({key}): {error}; {who_acts}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_the_address_and_who_acts_are_named() {
        let taken = refused("[relay] listen", "127.0.0.1:25")(ErrorKind::AddrInUse.into());
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        let text = taken.to_string();
        assert!(
            text.starts_with("127.0.0.1:25 ([relay] listen): ") && text.contains("stop that one"),
            "{text}"
        );
    }
}
