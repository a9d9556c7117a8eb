//! Which messages belong to one conversation: those that name the same Message-ID (RFC 5322, section
//! 3.6.4). Kept as keyed hashes.

use super::{
    error::StoreError, items::ItemSummary, names::ItemId, secrets::Secrets, store::Store,
    waiting::others_in_quarantine,
};

/// Message-IDs of one message that are kept. A thread's first one comes first and its last
/// ones last, so that the middle of a very long list can go.
const MOST_LINKS: usize = 64;

impl Secrets {
    /// Of a message's own Message-ID and of those that it answers, each once.
    pub(super) fn links(&self, own: Option<&String>, answers: &[String]) -> Vec<Vec<u8>> {
        let (first, last) = answers.split_at(answers.len().min(MOST_LINKS / 2));
        let last = last.get(last.len().saturating_sub(MOST_LINKS / 2)..).unwrap_or_default();
        let link = |id: &String| self.hash("message-id", &[id.as_bytes()]).to_vec();
        let mut links: Vec<_> = own.into_iter().chain(first).chain(last).map(link).collect();
        links.sort_unstable();
        links.dedup();
        links
    }
}

impl Store {
    /// Other messages of quarantine that name a Message-ID which this one names too, oldest first.
    pub async fn quarantined_conversation(
        &self,
        id: &ItemId,
        limit: u32,
    ) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = others_in_quarantine(id);
        sql.push(" AND i.id IN (SELECT b.item FROM item_link a JOIN item_link b ON b.link_hash = a.link_hash WHERE a.item = ");
        sql.push_bind(id.to_string()).push(") ORDER BY i.n LIMIT ").push_bind(i64::from(limit));
        self.items_where(sql).await
    }
}
