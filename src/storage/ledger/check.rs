//! What a verification holds against the rows: their chain, the keys that the chain names,
//! and every head that somebody vouches for by a signature, here or outside the machine.

use super::{
    LedgerDamage, LedgerReport,
    chain::{Head, RowRef, Walk},
    event::Event,
    signed::{SignedHead, certificate, fits},
};
use crate::storage::database::hex;

/// What whoever verifies has from outside the machine.
#[derive(Clone, Debug, Default)]
pub struct Against {
    pub anchors: Vec<Gathered>,
    /// A public key noted elsewhere, hex: the ledger must name it.
    pub public_key: Option<String>,
}

/// One anchor as it was found outside.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// `anchors.jsonl line 3`, for messages.
    pub place: String,
    /// `None`: a line that is marked as an anchor but cannot be read.
    pub head: Option<SignedHead>,
}

/// A head that must be on the chain.
struct Wanted {
    place: Option<String>,
    head: SignedHead,
    /// Whether its row has its hash; `None` as long as its row has not come.
    fits: Option<bool>,
}

impl Wanted {
    fn place(&self) -> String {
        self.place
            .clone()
            .unwrap_or_else(|| format!("the head that the gate signed at row {}", self.head.rows))
    }
}

/// The keys that the chain names, each with the row from which it signs.
#[derive(Default)]
struct Keyring {
    installation: Option<String>,
    keys: Vec<(u64, String)>,
}

impl Keyring {
    /// A first key stands for itself; each further one needs the signature of the one before it.
    fn see(&mut self, row: &RowRef<'_>) -> Result<(), LedgerDamage> {
        let first = row.event == Event::LedgerKeyMade.name();
        if !first && row.event != Event::LedgerKeyChanged.name() {
            return Ok(());
        }
        let details: serde_json::Value = serde_json::from_str(row.details).unwrap_or_default();
        let (word, public) = (|name: &str| details[name].as_str(), row.subject.unwrap_or_default());
        match (first, self.keys.last(), &self.installation) {
            (true, None, None) => {
                self.installation = Some(word("installation").unwrap_or_default().to_owned())
            }
            (false, Some((_, old)), Some(installation))
                if word("old") == Some(old)
                    && fits(
                        old,
                        &certificate(installation, old, public),
                        word("signature").unwrap_or_default(),
                    ) => {}
            _ => return Err(LedgerDamage::KeyNotCertified),
        }
        self.keys.push((row.n.unsigned_abs(), public.to_owned()));
        Ok(())
    }

    /// Whether the key was the one in force at that row.
    fn signs(&self, key: &str, row: u64) -> bool {
        self.keys.iter().take_while(|(from, _)| *from <= row).last().is_some_and(|(_, known)| known == key)
    }
}

pub(crate) struct Check<'a> {
    pub(crate) walk: Walk,
    keyring: Keyring,
    against: &'a Against,
    /// In the order of their rows, which come in that order too.
    wanted: Vec<Wanted>,
    next: usize,
    withheld: u64,
}

impl<'a> Check<'a> {
    /// `kept` are heads that the store or the export has itself.
    pub(crate) fn start(kept: Vec<SignedHead>, against: &'a Against) -> Self {
        let kept = kept.into_iter().map(|head| Wanted { place: None, head, fits: None });
        let gathered = against
            .anchors
            .iter()
            .filter_map(|a| Some(Wanted { place: Some(a.place.clone()), head: a.head.clone()?, fits: None }));
        let mut wanted: Vec<Wanted> = kept.chain(gathered).collect();
        wanted.sort_by_key(|w| w.head.rows);
        Self { walk: Walk::start(), keyring: Keyring::default(), against, wanted, next: 0, withheld: 0 }
    }

    pub(crate) fn step(&mut self, row: &RowRef<'_>) -> Result<(), (i64, LedgerDamage)> {
        self.walk.step(row)?;
        self.keyring.see(row).map_err(|damage| (row.n, damage))?;
        self.reached(row.n, row.hash);
        Ok(())
    }

    /// A row of which there is only the hash. The row after it names that hash in its own, and so
    /// on to the head, which is signed: none can be put in another's place.
    pub(crate) fn withheld(
        &mut self,
        n: i64,
        previous: &[u8],
        hash: &[u8],
    ) -> Result<(), (i64, LedgerDamage)> {
        self.walk.link(n, previous, hash)?;
        self.withheld += 1;
        self.reached(n, hash);
        Ok(())
    }

    fn reached(&mut self, n: i64, hash: &[u8]) {
        while let Some(wanted) = self.wanted.get_mut(self.next)
            && wanted.head.rows <= n.unsigned_abs()
        {
            wanted.fits = Some(wanted.head.rows == n.unsigned_abs() && hex(hash) == wanted.head.head);
            self.next += 1;
        }
    }

    /// After the last row: `sealed` is the head that the gate wrote beside the rows, `last` the
    /// signature that an export ends with.
    pub(crate) fn end(
        mut self,
        sealed: &Head,
        last: Option<SignedHead>,
    ) -> Result<LedgerReport, (i64, LedgerDamage)> {
        self.walk.end(sealed)?;
        let (rows, head) = (self.walk.head.n.unsigned_abs(), hex(&self.walk.head.hash));
        if let Some(last) = last {
            let fits = Some(last.rows == rows && last.head == head);
            self.wanted.push(Wanted { place: Some("the signature at the end".into()), head: last, fits });
        }
        self.judge(rows)?;
        let reach = |w: &Wanted| w.head.rows;
        Ok(LedgerReport {
            rows,
            head,
            sealed: false,
            installation: self.keyring.installation.clone(),
            key: self.keyring.keys.last().map(|(_, key)| key.clone()),
            signed_rows: self.wanted.iter().map(reach).max().unwrap_or(0),
            anchors: self.against.anchors.len() as u64,
            anchored_rows: self.anchored().map(reach).max().unwrap_or(0),
            withheld: self.withheld,
        })
    }

    fn anchored(&self) -> impl Iterator<Item = &Wanted> {
        self.wanted.iter().filter(|w| self.against.anchors.iter().any(|a| Some(&a.place) == w.place.as_ref()))
    }

    fn judge(&self, rows: u64) -> Result<(), (i64, LedgerDamage)> {
        if let Some(broken) = self.against.anchors.iter().find(|a| a.head.is_none()) {
            return Err((rows.cast_signed(), LedgerDamage::SignatureBroken(broken.place.clone())));
        }
        for wanted in &self.wanted {
            let fault = |row: u64, damage: fn(String) -> LedgerDamage| {
                Err((row.cast_signed(), damage(wanted.place())))
            };
            let head = &wanted.head;
            if !head.is_signed() {
                return fault(head.rows, LedgerDamage::SignatureBroken);
            }
            if self.keyring.installation.as_ref().is_some_and(|own| *own != head.installation) {
                return fault(head.rows, LedgerDamage::OtherInstallation);
            }
            // A chain that is too short may lack the key's own row.
            if wanted.fits.is_none() {
                return fault(rows + 1, LedgerDamage::CutOff);
            }
            if !self.keyring.signs(&head.key, head.rows) {
                return fault(head.rows, LedgerDamage::KeyUnknown);
            }
            if wanted.fits == Some(false) {
                return fault(head.rows, LedgerDamage::Rewritten);
            }
        }
        match &self.against.public_key {
            Some(key) if !self.keyring.keys.iter().any(|(_, known)| known == key) => {
                let row = self.keyring.keys.first().map_or(1, |(row, _)| *row);
                Err((row.cast_signed(), LedgerDamage::WrongKey))
            }
            _ => Ok(()),
        }
    }
}
