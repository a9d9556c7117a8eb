//! Ports for servers that must be told theirs beforehand. The kernel gives none of these to a connection of its own
//! accord, as it would one that was asked for and let go (port 0), and each is given once.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// Below what Linux takes for connections (net.ipv4.ip_local_port_range).
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port on loopback that nobody uses.
pub(crate) fn free_port() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs of the tests begin far from each other.
    let start = u16::try_from(std::process::id().wrapping_mul(7919) % u32::from(COUNT)).unwrap();
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + u16::try_from((u32::from(start) + u32::from(step)) % u32::from(COUNT)).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return (Ipv4Addr::LOCALHOST, port).into();
        }
    }
    panic!("every port is in use");
}
