//! Facts gathered before the assessment: the time, the sender's proof, what the scanner says, and
//! whether this is one of our own releases on its way back through the gate.

use super::{Gate, Standing, failure::Place, scanner::Scanned};
use crate::{
    mail::{
        Address, Answers, Carried, Facts, Failure, Release, SenderProof, Transaction, fields, header_end,
    },
    parties::Known,
    storage::{Answered, RELEASE_HEADER, ReleaseId, Thread, release_digest},
};

/// The facts, and the release to be used up once our 250 is out.
pub(super) struct Gathered {
    pub(super) facts: Facts,
    pub(super) release: Option<ReleaseId>,
}

impl Gate {
    /// Asks store and scanner at the same time.
    pub(super) async fn gather(
        &self,
        standing: &Standing,
        transaction: &Transaction,
    ) -> Result<Gathered, (Place, Failure)> {
        let (known, scanned) = tokio::join!(self.remembered(transaction), self.scan(standing, transaction));
        let mut gathered = known.map_err(|failure| (Place::Storage, failure))?;
        match scanned.map_err(|failure| (Place::Scanner, failure))? {
            Scanned::NoScanner => {}
            Scanned::Said(scan) => gathered.facts.scans.push(scan),
            Scanned::Not(unscanned) => gathered.facts.unscanned = Some(unscanned),
        }
        Ok(gathered)
    }

    async fn remembered(&self, transaction: &Transaction) -> Result<Gathered, Failure> {
        let mut facts = Facts::at(transaction.received_at, transaction.arrival.proof.clone());
        facts.measures = self.measures.now();
        let answers = answered(&transaction.raw);
        if !answers.is_empty() {
            if self.answers_hostile(transaction, &answers).await? {
                facts.answers = Answers::Hostile;
            }
            facts.earlier = self.thread_carried(transaction, answers).await?;
        }
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

    /// Whether somebody who signed in answers a message that is remembered for its harsh words.
    async fn answers_hostile(
        &self,
        transaction: &Transaction,
        message_ids: &[String],
    ) -> Result<bool, Failure> {
        let (SenderProof::Login(_) | SenderProof::Tenant(_) | SenderProof::ListedHost, Some(sender)) =
            (&transaction.arrival.proof, transaction.envelope.sender.address())
        else {
            return Ok(false);
        };
        let message_ids = message_ids.to_vec();
        let to = transaction.envelope.recipients.iter().map(|r| r.address.clone()).collect();
        Ok(self.store.answers_hostile(&Answered { message_ids, by: self.addresses_of(sender), to }).await?)
    }

    /// What earlier messages of its conversation carried, between the same people.
    async fn thread_carried(
        &self,
        transaction: &Transaction,
        answers: Vec<String>,
    ) -> Result<Vec<Carried>, Failure> {
        let Some(sender) = transaction.envelope.sender.address() else { return Ok(Vec::new()) };
        let to = transaction.envelope.recipients.iter().map(|r| r.address.clone()).collect();
        Ok(self.store.thread_carried(&Thread { answers, by: self.addresses_of(sender), to }).await?)
    }

    /// The address, and all others of whoever alone has it.
    fn addresses_of(&self, sender: &Address) -> Vec<Address> {
        let standing = self.standing();
        let holder = standing.rulebook.directory.lookup(sender).and_then(Known::only_holder);
        let mut all = vec![sender.clone()];
        all.extend(holder.into_iter().flat_map(|h| h.person.addresses().map(|(address, _)| address)));
        all
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

/// What a header says that it answers, without angle brackets: In-Reply-To, then the last of
/// References (RFC 5322 section 3.6.4).
fn answered(raw: &[u8]) -> Vec<String> {
    const MOST: usize = 10;
    let (mut ids, mut references) = (Vec::new(), Vec::new());
    for (name, bytes) in fields(&raw[..header_end(raw)]) {
        let into = match name {
            name if name.eq_ignore_ascii_case("In-Reply-To") => &mut ids,
            name if name.eq_ignore_ascii_case("References") => &mut references,
            _ => continue,
        };
        let text = String::from_utf8_lossy(bytes.get(name.len()..).unwrap_or_default());
        let words = text.split('<').skip(1).filter_map(|word| word.split_once('>'));
        into.extend(words.map(|(id, _)| id.trim().to_owned()).filter(|id| !id.is_empty()));
    }
    ids.truncate(MOST / 2);
    let first = references.len().saturating_sub(MOST - ids.len());
    ids.extend(references.split_off(first));
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_is_read_from_both_fields() {
        let long: String = (0..40).map(|n| format!("\r\n <{n}@x.example>")).collect();
        let raw =
            format!("References:{long}\r\nSubject: a\r\nIN-REPLY-TO: (mine) <last@x.example>\r\n\r\n<no@x>");
        let ids = answered(raw.as_bytes());
        assert_eq!(
            (ids[0].as_str(), ids.last().unwrap().as_str(), ids.len()),
            ("last@x.example", "39@x.example", 10)
        );
        assert!(answered(b"Subject: a <b@c>\r\n\r\n").is_empty());
    }

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
