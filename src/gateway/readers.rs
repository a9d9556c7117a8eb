//! Those who open attachments, in numbers, and as something that may fail: while none can be
//! started, mail goes its way with its files unread, which whoever runs the machine must hear.

use super::{metrics::Exposition, trouble::Sign};
use crate::{
    files::{Readers, Start},
    storage::Health,
};
use chrono::{DateTime, Utc};

pub(super) fn metrics(all: &[Readers], out: &mut Exposition) {
    const UP: &str = "gatehouse_file_workers_up";
    out.head(UP, "gauge", "Workers that open files can be started (1).");
    for readers in all {
        out.line(UP, &[("of", readers.of)], u64::from(!matches!(readers.start, Start::Fails(_))));
    }
    const WORKERS: &str = "gatehouse_file_workers";
    out.head(WORKERS, "gauge", "Workers by what they do, and files that wait for one.");
    for readers in all {
        for (state, count) in [("busy", readers.busy), ("idle", readers.idle), ("awaited", readers.waiting)] {
            out.line(WORKERS, &[("of", readers.of), ("state", state)], count as u64);
        }
    }
    const OPENED: &str = "gatehouse_files_total";
    out.head(OPENED, "counter", "Files given to workers, by what came of it.");
    for readers in all {
        let results = [("opened", readers.opened)].into_iter().chain(readers.not_opened.iter().copied());
        for (result, count) in results {
            out.line(OPENED, &[("of", readers.of), ("result", result)], count);
        }
    }
}

pub(super) fn signs(all: &[Readers], now: DateTime<Utc>) -> Vec<Sign> {
    let sign = |readers: &Readers| {
        let (health, says) = match &readers.start {
            Start::NotTried => (None, String::new()),
            Start::Works => (Some(Health::Well), "Attachments are opened again.".to_owned()),
            Start::Fails(why) => (
                Some(Health::Failing { since: now, why: "no-worker-started" }),
                format!(
                    "Attachments are not opened: {why}.\nMail goes its way, and what is in its files is not known.\n\
                     To see what this machine lacks: gatehouse doctor"
                ),
            ),
        };
        Sign { name: format!("workers/{}", readers.of), health, says }
    };
    all.iter().map(sign).collect()
}
