//! Whether everything is where it should be: each message against what the corpus
//! expects, each recipient against the verdict, and the ledger against itself.

use super::{look::Row, sink::Delivered};
use crate::{
    cli::{
        Mistake, context,
        corpus::{self, Mismatch, Seen},
    },
    mail::Mode,
    storage::{ItemFilter, ItemKind, ItemSummary, LedgerReport, Purpose, RecordSummary, Search, Store},
    verdict::Disposition,
};

/// What the gate keeps at the end.
pub(super) struct Kept {
    pub(super) holds: Vec<ItemSummary>,
    pub(super) quarantined: Vec<ItemSummary>,
    pub(super) records: Vec<RecordSummary>,
    /// Or what is wrong with the ledger.
    pub(super) ledger: Result<LedgerReport, String>,
}

pub(super) async fn kept(store: &Store) -> Result<Kept, Mistake> {
    let of_kind = async |kind| store.items(&ItemFilter { kind: Some(kind), ..ItemFilter::default() }).await;
    let why = Purpose::SystemOperation.into();
    let records = store.search_records(&Search::default(), &|_| true, &context::actor(), &why).await?.hits;
    Ok(Kept {
        holds: of_kind(ItemKind::Hold).await?,
        quarantined: of_kind(ItemKind::Quarantine).await?,
        records,
        ledger: store.ledger_verify().await?.map_err(|fault| fault.to_string()),
    })
}

/// Everything that is not as it should be, one sentence each.
pub(super) fn compare(rows: &[Row], delivered: &[Delivered], kept: &Kept) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    for row in rows {
        let found = expected(row).into_iter().chain(arrived(row, delivered));
        faults.extend(found.map(|fault| format!("message {} ({}): {fault}", row.mail.number, row.mail.path)));
    }
    if let Err(fault) = &kept.ledger {
        faults.push(format!("the ledger: {fault}"));
    }
    faults
}

/// Against the manifest. Direction and relations are `gatehouse corpus eval`'s to compare:
/// the log has no need of them.
fn expected(row: &Row) -> Vec<String> {
    let Some(expected) = &row.mail.expected else { return Vec::new() };
    let recipients = &row.mail.recipients;
    let fates = row.groups.iter().flat_map(|g| g.recipients.iter().map(|at| (*at, g.disposition)));
    let seen = Seen {
        fates: fates.filter_map(|(at, fate)| Some((recipients.get(at)?.as_str(), fate))).collect(),
        findings: row.findings.iter().map(|f| (f.category.as_str(), f.confidence)).collect(),
        actions: row.actions.clone(),
        ..Seen::default()
    };
    corpus::compare(expected, &seen).iter().map(Mismatch::sentence).collect()
}

/// Nobody has it whom the verdict keeps it from, and everybody else has it once.
fn arrived(row: &Row, delivered: &[Delivered]) -> Vec<String> {
    let mut faults = Vec::new();
    if row.groups.is_empty() {
        return vec![format!("the gate decided nothing; its answer was: {}", row.reply)];
    }
    for group in &row.groups {
        let passes = group.disposition == Disposition::Deliver || row.mode == Mode::Observe;
        for recipient in group.recipients.iter().filter_map(|r| row.mail.recipients.get(*r)) {
            let here = |d: &&Delivered| {
                d.number == row.mail.number && !d.is_release() && d.recipient.eq_ignore_ascii_case(recipient)
            };
            match (passes, delivered.iter().filter(here).count()) {
                (true, 1) | (false, 0) => {}
                (true, 0) => faults.push(format!("{recipient} did not get it")),
                (true, copies) => faults.push(format!("{recipient} got it {copies} times")),
                (false, _) => faults.push(format!("{recipient} got it although it was kept back")),
            }
        }
    }
    faults
}
