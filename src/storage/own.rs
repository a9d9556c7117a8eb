//! One's own messages: holds and delayed mail of a sender, or of the class and group accounts that
//! somebody supervises (practice.md, A5).

use super::{
    database::Sql,
    error::StoreError,
    items::{ItemState, ItemSummary},
    ledger::{Actor, Event, LedgerEvent},
    names::ItemId,
    store::Store,
};
use crate::{authority::Face, mail::Address};

/// Which of one's own are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnState {
    /// They wait for their sender, or leave by themselves soon.
    Waiting,
    /// Whatever became of them.
    Decided,
}

/// By what its sender knows a message again.
#[derive(Clone)]
pub struct OwnLine {
    pub subject: String,
    pub recipients: Vec<Address>,
}

impl OwnState {
    fn states(self) -> &'static [ItemState] {
        use ItemState as S;
        match self {
            Self::Waiting => &[S::Open],
            Self::Decided => {
                &[S::Releasing, S::Released, S::Undeliverable, S::Withdrawn, S::Returned, S::Expired]
            }
        }
    }
}

impl Store {
    /// Newest first, at most so many, those before `before` when it is given.
    pub async fn own_items(
        &self,
        faces: &[Face],
        state: OwnState,
        before: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = Sql::new("i.n IN (SELECT n FROM (");
        for (n, whose) in [
            "i.owner_hash IN ",
            "i.transaction_id IN (SELECT subject FROM concerned WHERE part = 'supervisor' AND face IN ",
        ]
        .into_iter()
        .enumerate()
        {
            sql.push(if n == 0 { "" } else { " UNION " });
            sql.push("SELECT i.n FROM item i WHERE i.kind IN ('hold', 'grace') AND i.state IN ");
            sql.push_row(|list| {
                for state in state.states() {
                    list.bind(state.name());
                }
            });
            sql.push(" AND ").push(whose);
            sql.push_row(|list| {
                for face in faces {
                    list.bind(face.0.to_vec());
                }
            });
            sql.push(if n == 0 { "" } else { ")" });
        }
        sql.push(") own");
        if let Some(before) = before {
            sql.push(" WHERE n < (SELECT n FROM item WHERE id = ").push_bind(before.to_string()).push(")");
        }
        sql.push(" ORDER BY n DESC LIMIT ").push_bind(i64::from(limit)).push(") ORDER BY i.n DESC");
        self.items_where(sql).await
    }

    /// Subject and recipients of these, which one row of the ledger notes.
    pub async fn own_lines(&self, items: &[ItemSummary], actor: &Actor) -> Result<Vec<OwnLine>, StoreError> {
        let mut lines = Vec::with_capacity(items.len());
        for item in items {
            let (_, secret) = self.item_secret(&item.id).await?;
            let recipients = secret.recipients.into_iter().map(|r| r.address).collect();
            lines.push(OwnLine { subject: secret.subject, recipients });
        }
        if !items.is_empty() {
            let event = LedgerEvent::new(Event::OwnMessagesListed).with("messages", items.len());
            self.ledger(actor, event).await?;
        }
        Ok(lines)
    }

    /// Whether the message went to further recipients, who have got their copy.
    pub async fn others_have_it(&self, item: &ItemSummary) -> Result<bool, StoreError> {
        let others: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM message m WHERE m.transaction_id = $1 AND m.recipients >
             (SELECT COALESCE(CAST(SUM(s.recipients) AS BIGINT), 0) FROM item s WHERE s.transaction_id = $1)",
        )
        .bind(item.transaction.to_string())
        .fetch_one(&self.readers)
        .await?;
        Ok(others > 0)
    }
}
