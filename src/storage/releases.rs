//! Releases on their way: how one is known when it comes back through the gate
//! (design, Fates), so that it is not caught again by the rule that was decided upon.

use super::{
    database::micros,
    error::StoreError,
    ledger::{Event, LedgerEvent},
    names::{ItemId, ReleaseId},
    store::Store,
    writer::Tx,
};
use crate::mail::{Address, fields, header_end};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The field by which a release is known when it comes back; to be taken out before
/// the message goes on.
pub const RELEASE_HEADER: &str = "X-Gatehouse-Release";

/// The fields that say who wrote what to whom, and how the body is to be read.
const IDENTITY: [&str; 14] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
];

/// Digest of the body and the fields that say who wrote what to whom; the same
/// before and after trace fields, signatures, refolding and other line ends (in the
/// spirit of the relaxed forms of RFC 6376 section 3.4).
pub fn release_digest(raw: &[u8]) -> [u8; 32] {
    let end = header_end(raw);
    let (header, body) = raw.split_at_checked(end).unwrap_or((raw, &[]));
    let mut hash = Sha256::new();
    for (name, field) in fields(header) {
        let name = name.to_ascii_lowercase();
        if !IDENTITY.contains(&name.as_str()) {
            continue;
        }
        hash.update(name.as_bytes());
        let value = memchr::memchr(b':', field).map_or(&[][..], |colon| field.split_at(colon + 1).1);
        for word in value.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()) {
            hash.update(b" ");
            hash.update(word);
        }
        hash.update(b"\n");
    }
    // The empty line belongs to neither; empty lines at the end do not count.
    let body = body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n")).unwrap_or(body);
    let body = body.trim_ascii_end();
    hash.update(b"\n");
    for line in body.split(|b| *b == b'\n') {
        hash.update(line.strip_suffix(b"\r").unwrap_or(line));
        hash.update(b"\n");
    }
    hash.finalize().into()
}

/// A release that is about to leave.
pub(super) struct NewRelease {
    pub(super) id: ReleaseId,
    pub(super) item: ItemId,
    pub(super) digest: [u8; 32],
    pub(super) recipients: Vec<[u8; 32]>,
    pub(super) policies: Vec<String>,
}

impl Tx {
    pub(super) async fn insert_release(&mut self, release: &NewRelease) -> Result<(), StoreError> {
        let policies = serde_json::to_string(&release.policies).map_err(|e| StoreError::Us(e.to_string()))?;
        sqlx::query("INSERT INTO release (id, item, digest, policies, expires_at) VALUES ($1,$2,$3,$4,$5)")
            .bind(release.id.as_str())
            .bind(release.item.as_str())
            .bind(&release.digest[..])
            .bind(policies)
            .bind(micros(self.now + self.shared.timing.release_life))
            .execute(&mut self.conn)
            .await?;
        for recipient in &release.recipients {
            sqlx::query(
                "INSERT INTO release_recipient (release, address_hash) VALUES ($1, $2)
                 ON CONFLICT (release, address_hash) DO NOTHING",
            )
            .bind(release.id.as_str())
            .bind(&recipient[..])
            .execute(&mut self.conn)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// The policy rules that are settled for this message and recipient, when `id` is a
    /// release in flight with this content. Consumes nothing.
    pub async fn find_release(
        &self,
        id: &ReleaseId,
        digest: &[u8; 32],
        recipient: &Address,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let hash = self.secrets()?.address(recipient);
        let found: Option<(Vec<u8>, String)> = sqlx::query_as(
            "SELECT r.digest, r.policies FROM release r JOIN release_recipient a ON a.release = r.id
             WHERE r.id = $1 AND a.address_hash = $2 AND a.consumed_at IS NULL AND r.expires_at > $3",
        )
        .bind(id.as_str())
        .bind(&hash[..])
        .bind(micros(self.now()))
        .fetch_optional(&self.readers)
        .await?;
        let Some((expected, policies)) = found else { return Ok(None) };
        if !bool::from(expected.ct_eq(&digest[..])) {
            return Ok(None);
        }
        let policies = serde_json::from_str(&policies);
        policies.map(Some).map_err(|_| StoreError::Damaged(format!("release of {id} cannot be read")))
    }

    /// Our 250 for it was sent: it cannot come a second time for this recipient.
    pub async fn consume_release(&self, id: &ReleaseId, recipient: &Address) -> Result<(), StoreError> {
        let (id, hash) = (id.clone(), self.secrets()?.address(recipient));
        self.write(move |tx| {
            Box::pin(async move {
                let item: Option<String> = sqlx::query_scalar(
                    "UPDATE release_recipient SET consumed_at = $1
                     WHERE release = $2 AND address_hash = $3 AND consumed_at IS NULL
                     RETURNING (SELECT item FROM release WHERE id = $2)",
                )
                .bind(micros(tx.now))
                .bind(id.as_str())
                .bind(&hash[..])
                .fetch_optional(&mut tx.conn)
                .await?;
                if let Some(item) = item {
                    tx.append("gate", LedgerEvent::new(Event::ReleaseSeen).about(item)).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &[u8] =
        b"From: a@b.example\r\nTo: c@d.example,\r\n e@f.example\r\nSubject: x\r\n\r\nbody\r\n.\r\n";

    #[test]
    fn what_a_way_through_mtas_changes_does_not_change_the_digest() {
        let back =
            b"Received: from x\n\tby y\nX-Gatehouse-Release: 1\nDKIM-Signature: z\nFrom:   a@b.example\n\
            To: c@d.example, e@f.example\nSubject: x\n\nbody\n.\n\n";
        assert_eq!(release_digest(SENT), release_digest(back));
    }

    #[test]
    fn other_words_or_another_body_change_it() {
        let text = std::str::from_utf8(SENT).unwrap();
        for (from, to) in
            [("Subject: x", "Subject: y"), ("body", "b0dy"), ("e@f", "g@f"), ("body", "bo\r\ndy")]
        {
            assert_ne!(release_digest(SENT), release_digest(text.replace(from, to).as_bytes()), "{to}");
        }
        release_digest(b"");
        release_digest(b"\n");
    }
}
