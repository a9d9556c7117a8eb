//! Address blocks, as `networks` in gatehouse.toml names them.

use std::net::IpAddr;

/// An address block in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub address: IpAddr,
    pub prefix: u8,
}

impl Network {
    /// An address block; bits behind the prefix are a mistake, not a wish.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits, width) = match address {
            IpAddr::V4(a) => (u128::from(a.to_bits()) << 96, 32),
            IpAddr::V6(a) => (a.to_bits(), 128),
        };
        let prefix = prefix.unwrap_or(width);
        let behind = bits.checked_shl(u32::from(prefix)).unwrap_or(0);
        (prefix <= width && behind == 0).then_some(Self { address, prefix })
    }

    /// Whether the address lies in the block; an IPv4 address also in its IPv6 clothes.
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = |one: u128, two: u128, width: u32| {
            let prefix = u32::from(self.prefix);
            // A shift by the whole width is no shift: prefix 0 covers all.
            prefix <= width && (one ^ two).checked_shr(width - prefix).unwrap_or(0) == 0
        };
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_own_and_no_other() {
        let holds = |network: &str, address: &str| {
            Network::parse(network).unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.7/32", "::ffff:192.0.2.7") && !holds("192.0.2.7/32", "192.0.2.6"));
        assert!(holds("0.0.0.0/0", "203.0.113.1") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "2001:db8::1"));
        let impossible = Network { address: "192.0.2.0".parse().unwrap(), prefix: 64 };
        assert!(!impossible.contains("192.0.2.1".parse().unwrap()));
    }
}
