//! Records of mail with parents: found, opened and written out by whoever sits at the command line or at
//! the console. Each look is in the ledger before anything is shown.

use super::{Desk, DeskFault, SeenBy, Wrong};
use crate::{
    authority::{Act, Case, Thing},
    parties::PersonId,
    report::{
        bundle, mbox,
        records::{Maker, contents},
    },
    storage::{
        Event, Found, Identities, LedgerEvent, LedgerFilter, Purpose, RecordExport, RecordId, RecordLook,
        RecordSummary, Search, Why,
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Records that are opened at once; who needs more asks again.
pub const MOST_OPENED: usize = 500;
/// Rows of the ledger about one record that are shown.
const MOST_LOOKS: u32 = 100;

/// How records are opened.
pub struct Opening<'a> {
    pub look: RecordLook,
    pub why: &'a Why,
    /// Bytes of messages that are held in memory at once.
    pub most_bytes: usize,
}

/// A bundle as it is handed over.
pub struct Bundle {
    pub bytes: Vec<u8>,
    pub records: usize,
    /// The manifest's SHA-256, which stands for all of it and which the ledger has.
    pub digest: String,
}

/// A row of the ledger about one record.
pub struct RecordLooked {
    pub at: DateTime<Utc>,
    pub who: SeenBy,
    /// The ledger's name of what was done.
    pub event: String,
    /// `shown`, `exported`, `gathered`.
    pub how: String,
    /// The name of the purpose.
    pub purpose: String,
    pub words: String,
}

impl Desk {
    /// The records that answer and are there for whoever asks, newest first.
    pub async fn find_records(&self, search: &Search, why: &Why) -> Result<Found<RecordSummary>, DeskFault> {
        self.schools_or_refuse(Act::Search, Thing::Record)?;
        // Others' records would be looked up one by one and left out again.
        let search = match (&search.school, &self.own_schools()[..]) {
            (None, [one]) => Search { school: Some(one.clone()), ..search.clone() },
            _ => search.clone(),
        };
        Ok(self.store.records_seen(&search, self, &self.actor, why).await?)
    }

    /// One record without its content, for whom it is there.
    pub async fn record(&self, id: &RecordId) -> Result<(RecordSummary, Case), DeskFault> {
        let case = self.store.record_case(id).await?;
        self.authorise(Act::List, &case, "record", id.as_str()).await?;
        Ok((self.store.record_summary(id).await?, case))
    }

    /// The conversation that a record belongs to, for one parent.
    pub async fn record_thread(
        &self,
        id: &RecordId,
        parent: Option<&PersonId>,
        why: &Why,
    ) -> Result<Vec<RecordSummary>, DeskFault> {
        let case = self.store.record_case(id).await?;
        self.authorise(Act::Particulars, &case, "record", id.as_str()).await?;
        let found = self.store.records_thread(id, parent, &self.actor, why).await?;
        let of: Vec<_> = found.iter().map(|r| (r.school.clone(), r.transaction.to_string())).collect();
        let cases = self.store.record_cases(&of).await?;
        let pairs = found.into_iter().zip(&cases);
        Ok(pairs
            .filter(|(_, case)| self.may(Act::List, case).is_allowed())
            .map(|(record, _)| record)
            .collect())
    }

    /// Opens what was asked for, in the order in which it was asked; nothing when one of it may not be
    /// opened. The key is asked for when it is known that it may be used.
    pub async fn open_records<E: From<DeskFault>>(
        &self,
        ids: &[RecordId],
        opening: &Opening<'_>,
        key: impl FnOnce() -> Result<Identities, E>,
    ) -> Result<Vec<RecordExport>, E> {
        if ids.len() > MOST_OPENED {
            return Err(DeskFault::from(Wrong::TooManyRecords(MOST_OPENED)).into());
        }
        let act = match opening.look {
            RecordLook::Exported => Act::Export,
            RecordLook::Shown | RecordLook::Gathered => Act::Bytes,
        };
        for id in ids {
            let case = self.store.record_case(id).await.map_err(DeskFault::from)?;
            self.authorise(act, &case, "record", id.as_str()).await?;
        }
        let custodian = key()?;
        let (mut all, mut bytes) = (Vec::with_capacity(ids.len()), 0);
        for id in ids {
            let people = self.directory.people().map(|p| p.id());
            let (look, why) = (opening.look, opening.why);
            let opened = self.store.record_export(id, &custodian, &self.actor, look, why, people).await;
            let record = opened.map_err(DeskFault::from)?;
            bytes += record.raw.len();
            if bytes > opening.most_bytes {
                return Err(DeskFault::from(Wrong::TooLarge).into());
            }
            all.push(record);
        }
        Ok(all)
    }

    /// Opened records as a bundle; its manifest's digest is in the ledger, so that who has the ledger can
    /// tell this bundle from one that was made up later.
    pub async fn bundle_records(
        &self,
        records: Vec<RecordExport>,
        purpose: Purpose,
    ) -> Result<Bundle, DeskFault> {
        let about: Vec<String> = records
            .iter()
            .flat_map(|r| [r.id.to_string(), r.object.clone(), r.transaction.to_string()])
            .collect();
        let count = records.len();
        let ledger = self.store.ledger_extract(&about).await?;
        let maker = Maker { by: self.called(), at: Utc::now(), purpose };
        let written = tokio::task::block_in_place(|| {
            let contents = contents(&maker, records, ledger, &self.directory, &self.config.schools);
            let mut bytes = Vec::new();
            bundle::write(&mut bytes, contents).map(|digest| (bytes, digest))
        });
        let (bytes, digest) = written.map_err(|e| DeskFault::from(Wrong::NotBundled(e.to_string())))?;
        let mut event = LedgerEvent::new(Event::RecordsBundled)
            .with("records", count as i64)
            .with("purpose", purpose.name())
            .with("manifest-sha256", digest.clone());
        event.hash_out = Some(Sha256::digest(&bytes).into());
        self.store.ledger(&self.actor, event).await?;
        Ok(Bundle { bytes, records: count, digest })
    }

    /// What the ledger says of one record, newest first; that it was looked at is a row too.
    pub async fn record_looks(&self, id: &RecordId) -> Result<Vec<RecordLooked>, DeskFault> {
        let filter = LedgerFilter {
            subject: Some(id.to_string()),
            limit: Some(MOST_LOOKS),
            ..LedgerFilter::default()
        };
        let mut looks = Vec::new();
        for row in self.ledger_rows(&filter, "record").await?.into_iter().rev() {
            let details: Map<String, Value> = serde_json::from_str(&row.details).unwrap_or_default();
            let word = |name: &str| details.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            looks.push(RecordLooked {
                at: row.at,
                who: self.seen_by(&row.actor, None).await?,
                how: word("how"),
                purpose: word("purpose"),
                words: row.reason.unwrap_or_default(),
                event: row.event,
            });
        }
        Ok(looks)
    }
}

/// Several messages in one file (mboxrd), exact to the byte.
pub fn mbox_of(records: &[RecordExport]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        mbox::append(&mut bytes, &record.envelope.sender.to_string(), record.received_at, &record.raw);
    }
    bytes
}
