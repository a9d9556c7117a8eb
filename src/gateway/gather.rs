//! Facts gathered before the assessment: the time, the sender's proof, and whether this
//! is one of our own releases on its way back through the gate.

use super::Gate;
use crate::{
    mail::{Address, Facts, Failure, Release, Transaction, fields, header_end},
    storage::{RELEASE_HEADER, ReleaseId, release_digest},
};

/// The facts, and the release to be used up once our 250 is out.
pub(super) struct Gathered {
    pub(super) facts: Facts,
    pub(super) release: Option<ReleaseId>,
}

impl Gate {
    pub(super) async fn gather(&self, transaction: &Transaction) -> Result<Gathered, Failure> {
        let mut facts = Facts::at(transaction.received_at, transaction.arrival.proof.clone());
        facts.measures = self.measures.now();
        let Some(id) = release_id(&transaction.raw) else {
            return Ok(Gathered { facts, release: None });
        };
        let digest = release_digest(&transaction.raw);
        for recipient in &transaction.envelope.recipients {
            match self.store.find_release(&id, &digest, &recipient.address).await? {
                Some(settled_policies) => {
                    let recipient = recipient.address.clone();
                    facts.releases.push(Release { settled_policies, recipient });
                }
                // A field anyone could write, other content, or a recipient nobody
                // decided about: then it is mail like any other for all of them.
                None => return Ok(Gathered { facts: without_releases(facts), release: None }),
            }
        }
        Ok(Gathered { facts, release: Some(id) })
    }

    /// Our 250 is out: the release cannot come a second time.
    pub(super) async fn use_up(&self, release: &ReleaseId, recipients: impl Iterator<Item = &Address>) {
        for recipient in recipients {
            if let Err(error) = self.store.consume_release(release, recipient).await {
                tracing::warn!(%error, "a release that came through stays usable until it expires");
            }
        }
    }
}

fn without_releases(mut facts: Facts) -> Facts {
    facts.releases.clear();
    facts
}

/// The value of the only release field; several are somebody's game.
fn release_id(raw: &[u8]) -> Option<ReleaseId> {
    let mut found =
        fields(&raw[..header_end(raw)]).filter(|(name, _)| name.eq_ignore_ascii_case(RELEASE_HEADER));
    let (name, bytes) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let value = bytes.get(name.len()..)?;
    let value = std::str::from_utf8(value).ok()?.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_well_formed_release_field_is_looked_at() {
        let id = "0123456789ABCDEFGHJKMNPQRS";
        let one = format!("X-Gatehouse-Release: {id}\r\nSubject: a\r\n\r\n");
        assert_eq!(release_id(one.as_bytes()).map(|r| r.to_string()).as_deref(), Some(id));
        assert!(release_id(format!("X-Gatehouse-Release: {id}\r\n{one}").as_bytes()).is_none());
        assert!(release_id(b"X-Gatehouse-Release: no\r\n\r\n").is_none());
        assert!(release_id(format!("Subject: a\r\n\r\n{one}").as_bytes()).is_none());
    }
}
