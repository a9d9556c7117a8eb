//! Who may speak to the relay, and for whom. Never an open relay: every transaction is from
//! or to a school of the client that brings it.

use super::header_from::HeaderFrom;
use crate::{
    config::{Network, RelayClient},
    mail::{Address, Envelope, Reply, ReversePath, SchoolId, SenderProof},
    parties::School,
};
use std::{io, net::IpAddr, sync::Arc};

/// The clients of the configuration, in its order.
pub(super) struct Access {
    entries: Vec<Arc<Entry>>,
}

/// One of them, its schools with their domains.
pub(super) struct Entry {
    networks: Vec<Network>,
    certificates: Vec<Fingerprint>,
    schools: Vec<(SchoolId, Vec<String>)>,
    standing: Standing,
    xclient: MaySayXclient,
}

pub(super) type Fingerprint = [u8; 32];

/// What an address or certificate of the entry proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// A host of the school itself.
    Own,
    /// That, and it lets none of its users write under another's name.
    Authenticating,
    /// A cloud range: nothing. Anyone's tenant comes from there.
    Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaySayXclient {
    No,
    Yes,
}

/// What is known at RCPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Granted,
    /// The message will show it: the tenant's secret, or whose a null sender's message is.
    AfterData,
    Refused,
}

/// What the message showed.
pub(super) struct Shown<'a> {
    /// Schools whose secret header was in it.
    pub(super) tenants: &'a [SchoolId],
    pub(super) header_from: &'a HeaderFrom,
    /// From XCLIENT.
    pub(super) login: Option<&'a str>,
}

pub(super) fn denied() -> Reply {
    Reply::new(550, (5, 7, 1), "Relaying denied")
}

/// 64 hex digits.
pub(super) fn fingerprint(hex: &str) -> io::Result<Fingerprint> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "not a SHA-256 in hex");
    let digits: Vec<u8> = hex.bytes().filter(|b| *b != b':').collect();
    let mut out = [0; 32];
    if digits.len() != 2 * out.len() {
        return Err(wrong());
    }
    for (octet, pair) in out.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        *octet = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(out)
}

impl Access {
    /// A school that is not among `schools` or a fingerprint that is none is an error.
    pub(super) fn new(clients: &[RelayClient], schools: &[Arc<School>]) -> io::Result<Self> {
        let entries = clients.iter().map(|client| Entry::new(client, schools).map(Arc::new));
        Ok(Self { entries: entries.collect::<io::Result<_>>()? })
    }

    /// Whether any client is known by its certificate.
    pub(super) fn asks_for_certificates(&self) -> bool {
        self.entries.iter().any(|e| !e.certificates.is_empty())
    }

    /// The first entry that fits.
    pub(super) fn entry(&self, address: IpAddr, certificate: Option<&Fingerprint>) -> Option<Arc<Entry>> {
        let shown = |e: &&Arc<Entry>| {
            e.certificates.is_empty() || certificate.is_some_and(|c| e.certificates.contains(c))
        };
        self.entries.iter().filter(|e| e.covers(address)).find(shown).cloned()
    }

    /// Whether any entry could fit once a certificate is shown.
    pub(super) fn may_come(&self, address: IpAddr) -> bool {
        self.entries.iter().any(|e| e.covers(address))
    }
}

impl Entry {
    fn new(client: &RelayClient, schools: &[Arc<School>]) -> io::Result<Self> {
        let domains = |id: &SchoolId| {
            let school = schools.iter().find(|s| s.id == *id);
            let unknown = || {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("relay client for `{id}`: no such school"),
                )
            };
            school.map(|s| (id.clone(), s.domains.clone())).ok_or_else(unknown)
        };
        let standing = match (client.shared, client.authenticates_users) {
            (true, _) => Standing::Shared,
            (false, true) => Standing::Authenticating,
            (false, false) => Standing::Own,
        };
        // Whoever shares the range could say it too.
        let xclient = if client.xclient && !client.shared { MaySayXclient::Yes } else { MaySayXclient::No };
        Ok(Self {
            networks: client.networks.clone(),
            certificates: client.certificates.iter().map(|c| fingerprint(c)).collect::<io::Result<_>>()?,
            schools: client.schools.iter().map(domains).collect::<io::Result<_>>()?,
            standing,
            xclient,
        })
    }

    /// Without networks, an entry is known by its certificates alone.
    fn covers(&self, address: IpAddr) -> bool {
        let within = self.networks.iter().any(|network| network.contains(address));
        within || (self.networks.is_empty() && !self.certificates.is_empty())
    }

    pub(super) fn xclient(&self) -> MaySayXclient {
        self.xclient
    }

    /// Where `<postmaster>` without a domain goes: its first school.
    pub(super) fn first_domain(&self) -> Option<&str> {
        self.schools.iter().find_map(|(_, domains)| domains.first()).map(String::as_str)
    }

    fn serves(&self, address: &Address) -> bool {
        self.schools.iter().any(|(_, domains)| is_of(address, domains))
    }

    /// At RCPT. The null sender's reports go out too: whose they are shows their header.
    pub(super) fn right(&self, sender: &ReversePath, recipient: &Address) -> Right {
        let named = (self.serves(recipient) && !is_routed(recipient))
            || sender.address().is_some_and(|a| self.serves(a));
        match (self.standing, named, sender) {
            (Standing::Shared, true, _) | (_, false, ReversePath::Null) => Right::AfterData,
            (_, true, _) => Right::Granted,
            (_, false, ReversePath::Mailbox(_)) => Right::Refused,
        }
    }

    /// At the end of data: may this message pass, and what proves its sender?
    pub(super) fn admit(&self, envelope: &Envelope, shown: &Shown<'_>) -> Result<SenderProof, Reply> {
        let writes = |domains: &[String]| {
            let envelope_is = envelope.sender.address().is_none_or(|a| is_of(a, domains));
            envelope_is && shown.header_from.all(|a| is_of(a, domains))
        };
        let to = |address: &Address, domains: &[String]| is_of(address, domains) && !is_routed(address);
        let reads = |domains: &[String]| envelope.recipients.iter().all(|r| to(&r.address, domains));
        let mut proved = self.schools.iter().filter(|(id, _)| shown.tenants.contains(id));
        if self.standing == Standing::Shared {
            let (id, domains) =
                proved.find(|(_, domains)| writes(domains) || reads(domains)).ok_or_else(denied)?;
            return Ok(if writes(domains) { SenderProof::Tenant(id.clone()) } else { SenderProof::Unproved });
        }
        let own_sender = self.schools.iter().any(|(_, domains)| writes(domains));
        let right = |r: &Address| self.right(&envelope.sender, r) == Right::Granted;
        if !own_sender && !envelope.recipients.iter().all(|r| right(&r.address)) {
            return Err(denied());
        }
        Ok(match (shown.login, proved.find(|(_, domains)| writes(domains))) {
            (Some(login), _) => SenderProof::Login(login.to_owned()),
            (None, Some((id, _))) => SenderProof::Tenant(id.clone()),
            (None, None) if own_sender && self.standing == Standing::Authenticating => {
                SenderProof::ListedHost
            }
            (None, None) => SenderProof::Unproved,
        })
    }
}

fn is_of(address: &Address, domains: &[String]) -> bool {
    domains.iter().any(|domain| address.is_within(domain))
}

/// `user%elsewhere@school`, `elsewhere!user@school`, `"user@elsewhere"@school`: a next hop that
/// trusts us may send these on to elsewhere, and the relay would be open by its hand. A
/// school's own sender may still write so.
fn is_routed(address: &Address) -> bool {
    address.local().contains(['%', '!', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Recipient;

    fn network(text: &str) -> Network {
        let (address, prefix) = text.split_once('/').unwrap();
        Network { address: address.parse().unwrap(), prefix: prefix.parse().unwrap() }
    }

    fn entry(standing: Standing) -> Entry {
        Entry {
            networks: vec![network("192.0.2.0/24")],
            certificates: vec![],
            schools: vec![
                (SchoolId("oak".into()), vec!["oak.example".into()]),
                (SchoolId("elm".into()), vec!["elm.example".into()]),
            ],
            standing,
            xclient: MaySayXclient::No,
        }
    }

    fn envelope(from: &str, to: &[&str]) -> Envelope {
        let sender = Address::parse(from).map_or(ReversePath::Null, ReversePath::Mailbox);
        let recipients = to.iter().map(|t| Recipient::new(Address::parse(t).unwrap())).collect();
        Envelope { sender, parameters: vec![], recipients }
    }

    fn admit(standing: Standing, e: &Envelope, tenants: &[&str], from: &str) -> Result<SenderProof, u16> {
        let tenants: Vec<SchoolId> = tenants.iter().map(|t| SchoolId((*t).into())).collect();
        let header_from = HeaderFrom::read(format!("From: {from}\r\n\r\n").as_bytes());
        let shown = Shown { tenants: &tenants, header_from: &header_from, login: None };
        entry(standing).admit(e, &shown).map_err(|reply| reply.code)
    }

    #[test]
    fn a_school_s_own_host_speaks_for_its_schools_only() {
        let right = |e: &Envelope| entry(Standing::Own).right(&e.sender, &e.recipients[0].address);
        assert_eq!(right(&envelope("a@oak.example", &["x@far.example"])), Right::Granted);
        assert_eq!(right(&envelope("x@far.example", &["a@mail.elm.example"])), Right::Granted);
        assert_eq!(right(&envelope("x@far.example", &["y@far.example"])), Right::Refused);
        assert_eq!(right(&envelope("", &["y@far.example"])), Right::AfterData);
        let report = envelope("", &["y@far.example"]);
        assert_eq!(
            admit(Standing::Own, &report, &[], "MAILER-DAEMON@oak.example"),
            Ok(SenderProof::Unproved)
        );
        assert_eq!(admit(Standing::Own, &report, &[], "daemon@far.example"), Err(550));
    }

    #[test]
    fn a_listed_host_proves_its_own_senders_only() {
        let mail = envelope("a@oak.example", &["x@far.example"]);
        assert_eq!(
            admit(Standing::Authenticating, &mail, &[], "A <a@oak.example>"),
            Ok(SenderProof::ListedHost)
        );
        assert_eq!(admit(Standing::Authenticating, &mail, &[], "x@far.example"), Ok(SenderProof::Unproved));
        let inbound = envelope("x@far.example", &["a@oak.example"]);
        assert_eq!(
            admit(Standing::Authenticating, &inbound, &[], "a@oak.example"),
            Ok(SenderProof::Unproved)
        );
        assert_eq!(admit(Standing::Own, &mail, &[], "a@oak.example"), Ok(SenderProof::Unproved));
    }

    #[test]
    fn in_a_shared_range_each_school_proves_itself() {
        let oak = envelope("a@oak.example", &["x@far.example"]);
        let tenant = Ok(SenderProof::Tenant(SchoolId("oak".into())));
        assert_eq!(admit(Standing::Shared, &oak, &["oak"], "a@oak.example"), tenant);
        // No secret, a neighbour's secret, a stranger's secret.
        assert_eq!(admit(Standing::Shared, &oak, &[], "a@oak.example"), Err(550));
        assert_eq!(admit(Standing::Shared, &oak, &["elm"], "a@oak.example"), Err(550));
        assert_eq!(admit(Standing::Shared, &oak, &["ash"], "a@oak.example"), Err(550));
        // The right secret under a name that is not the school's.
        assert_eq!(admit(Standing::Shared, &oak, &["oak"], "b@elm.example"), Err(550));
        assert_eq!(admit(Standing::Shared, &oak, &["oak"], "a@oak.example, b@elm.example"), Err(550));
        let elm = envelope("b@elm.example", &["x@far.example"]);
        assert_eq!(admit(Standing::Shared, &elm, &["oak"], "a@oak.example"), Err(550));
        // Inbound through the tenant: to itself only, and that proves no sender.
        let inbound = envelope("x@far.example", &["a@oak.example"]);
        assert_eq!(admit(Standing::Shared, &inbound, &["oak"], "x@far.example"), Ok(SenderProof::Unproved));
        let both = envelope("x@far.example", &["a@oak.example", "b@elm.example"]);
        assert_eq!(admit(Standing::Shared, &both, &["oak"], "x@far.example"), Err(550));
    }
}
