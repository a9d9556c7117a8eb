//! The corpus as its manifest lists it: messages with what they show and what is expected.

use crate::{cli::Mistake, mail::fields, verdict::Disposition};
use bytes::Bytes;
use serde::Deserialize;
use std::{fs, path::Path};

/// More than any corpus that somebody wants to watch.
const MOST: usize = 1_000;

/// One line of manifest.jsonl.
#[derive(Deserialize)]
struct Line {
    file: String,
    from: String,
    to: Vec<String>,
    #[serde(default)]
    proof: Option<String>,
    shows: String,
    expect: Expect,
}

/// What is expected of a message; what is not said is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Expect {
    /// The strictest of all groups.
    #[serde(default)]
    pub(super) disposition: Option<Disposition>,
    /// Each of these actions is among those of the verdict.
    #[serde(default)]
    pub(super) actions: Vec<String>,
}

/// One message of the corpus, ready to be sent.
#[derive(Clone)]
pub(super) struct Mail {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) file: String,
    pub(super) shows: String,
    /// Empty is the null reverse path.
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    /// The name under which its sender has signed in, if at all.
    pub(super) login: Option<String>,
    /// Lines ended by CRLF.
    pub(super) raw: Bytes,
    pub(super) expect: Expect,
}

/// Reads the whole corpus, or says which line is wrong.
pub(super) fn read(folder: &Path) -> Result<Vec<Mail>, Mistake> {
    let manifest = folder.join("manifest.jsonl");
    let text = fs::read_to_string(&manifest).map_err(|e| Mistake(format!("{}: {e}", manifest.display())))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).take(MOST);
    lines
        .enumerate()
        .map(|(at, (line, json))| {
            let wrong = |why: String| Mistake(format!("{}:{}: {why}", manifest.display(), line + 1));
            let line: Line = serde_json::from_str(json).map_err(|e| wrong(e.to_string()))?;
            let raw = fs::read(folder.join(&line.file)).map_err(|e| wrong(format!("{}: {e}", line.file)))?;
            let login = (line.proof.as_deref() == Some("login")).then(|| line.from.clone());
            Ok(Mail {
                number: at + 1,
                file: line.file,
                shows: line.shows,
                sender: line.from,
                recipients: line.to,
                login,
                raw: crlf(&raw).into(),
                expect: line.expect,
            })
        })
        .collect()
}

/// As it goes over the wire; a file in a working copy may have bare line feeds.
fn crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The value of a header field as it stands in the message.
pub(super) fn field(raw: &[u8], name: &str) -> Option<String> {
    let (header, _) = raw.split_at(crate::mail::header_end(raw));
    let (_, bytes) = fields(header).find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    let text = String::from_utf8_lossy(bytes);
    Some(text.split_once(':')?.1.trim().to_owned())
}
