//! A signed head brought to a place outside: a line of a file on a share, a mail, a POST.

use super::Notices;
use crate::{
    config::{AnchorPlace, TokenSource},
    storage::{Actor, AnchorFault, DueAnchor, SignedHead, Store},
    wire::post_json,
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Brings `signed` to `place`. The job of the outbox when it leaves by mail.
pub async fn bring(
    place: &AnchorPlace,
    due: &DueAnchor,
    signed: &SignedHead,
    (store, notices, now): (&Store, &Notices, DateTime<Utc>),
) -> Result<Option<String>, AnchorFault> {
    let line = signed.line().map_err(|_| AnchorFault::Unknown)?;
    match place {
        AnchorPlace::Folder(folder) => {
            let path = folder.join(format!("gatehouse-ledger-{}.jsonl", signed.installation));
            append_within(LONGEST, path, line, due.last.clone()).await.map(|()| None)
        }
        AnchorPlace::Http { url, token } => {
            let token = token.as_ref().map(secret).transpose()?;
            match post_json(url, token.as_deref(), line).await {
                Ok(200..=299) => Ok(None),
                Ok(code) => Err(AnchorFault::Status(code)),
                Err(_) => Err(AnchorFault::NoAnswer),
            }
        }
        AnchorPlace::Mail(to) => {
            let written = notices.anchor(to, signed, &line, now).map_err(|_| AnchorFault::NoOutbox)?;
            let jobs = store.enqueue(vec![written.outbox(None, None)], &Actor::Gate).await;
            let jobs = jobs.map_err(|_| AnchorFault::NoOutbox)?;
            Ok(jobs.first().map(|job| job.as_str().to_owned()))
        }
    }
}

fn secret(source: &TokenSource) -> Result<String, AnchorFault> {
    let text = match source {
        TokenSource::File(path) => fs::read_to_string(path).map_err(|_| AnchorFault::NoToken)?,
        TokenSource::Environment(name) => std::env::var(name).map_err(|_| AnchorFault::NoToken)?,
    };
    let token = text.trim();
    (!token.is_empty()).then(|| token.to_owned()).ok_or(AnchorFault::NoToken)
}

/// A share that hangs has so long.
const LONGEST: Duration = Duration::from_secs(30);

/// Files that a thread of this process still writes to: a share that hangs gets one, and no more
/// until that one has come back.
static UNDER_WAY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// No thread can be broken off that waits for a share: it is left behind. The line that it may still
/// write one day is a true one.
async fn append_within(
    longest: Duration,
    path: PathBuf,
    line: String,
    last: Option<String>,
) -> Result<(), AnchorFault> {
    let files = || UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    if !files().insert(path.clone()) {
        return Err(AnchorFault::NoAnswer);
    }
    let appended = tokio::task::spawn_blocking(move || {
        let appended = append(&path, &line, last.as_deref());
        files().remove(&path);
        appended
    });
    match tokio::time::timeout(longest, appended).await {
        Ok(appended) => appended.map_err(|_| AnchorFault::Unknown)?,
        Err(_) => Err(AnchorFault::NoAnswer),
    }
}

/// The last anchor stands within this much of the file's end, even when a kill after writing
/// made some lines repeat.
const TAIL: u64 = 64 << 10;

/// Adds one line and syncs it. Where a line was written before, it must still be there: an empty
/// mount point would take the line too, and nobody outside would have it.
fn append(path: &Path, line: &str, last: Option<&str>) -> Result<(), AnchorFault> {
    let not_written = |_: io::Error| AnchorFault::NotWritten;
    if !path.parent().is_some_and(Path::is_dir) {
        return Err(AnchorFault::Away);
    }
    if let Some(last) = last {
        match tail(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(AnchorFault::Away),
            Err(e) => return Err(not_written(e)),
            Ok(end) if !end.contains(last) => return Err(AnchorFault::OtherFile),
            Ok(_) => {}
        }
    }
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).map_err(not_written)?;
    file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(not_written)?;
    // A new file is there only when its folder says so. Some network shares cannot sync a folder.
    if last.is_none() {
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(TAIL).read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_away_or_another_one_is_said_and_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("share/heads.jsonl");
        assert_eq!(append(&path, "one", None), Err(AnchorFault::Away));
        fs::create_dir(folder.path().join("share")).unwrap();
        assert_eq!(append(&path, "one", Some("zero")), Err(AnchorFault::Away));
        append(&path, "one", None).unwrap();
        append(&path, "two", Some("one")).unwrap();
        assert_eq!(append(&path, "three", Some("2")), Err(AnchorFault::OtherFile));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    /// A FIFO that nobody reads hangs as such a share does.
    #[tokio::test]
    async fn a_share_that_hangs_is_given_up_and_gets_no_second_thread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.jsonl");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let append = |longest| append_within(longest, path.clone(), "one".into(), None);
        assert_eq!(append(Duration::from_millis(50)).await, Err(AnchorFault::NoAnswer));
        // It would wait for an hour.
        assert_eq!(append(Duration::from_secs(3600)).await, Err(AnchorFault::NoAnswer));
        let read = tokio::task::spawn_blocking(move || fs::read_to_string(path).unwrap());
        assert_eq!(read.await.unwrap(), "one\n");
    }
}
