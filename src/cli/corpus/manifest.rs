//! The corpus as its manifest lists it (corpus/README.md): messages as they go over the
//! wire, with their envelope, what they show and what is expected of them.

use crate::{
    cli::Mistake,
    mail::{Envelope, fields, header_end},
    parties::Direction,
    verdict::Disposition,
    wire::files::{Overrides, envelope},
};
use bytes::Bytes;
use serde::Deserialize;
use std::{
    fs,
    path::{Component, Path},
};

/// More than any corpus that somebody wants to wait for.
const MOST: usize = 100_000;
/// What gives a message its envelope; neither is part of the message that was sent.
const ENVELOPE_FIELDS: [&str; 2] = ["x-envelope-from", "x-envelope-to"];

/// One line of manifest.jsonl. An unknown key is a fault: a slip of the pen would else
/// expect nothing and always be met.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    shows: String,
    proof: Proof,
    disposition: Disposition,
    direction: Direction,
    #[serde(default)]
    relations: Vec<String>,
    groups: Vec<ExpectedGroup>,
    findings: Wanted,
    actions: Wanted,
}

/// What proves the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Proof {
    /// The sender has signed in.
    Login,
    None,
}

/// Recipients and what each of them meets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct ExpectedGroup {
    pub(in crate::cli) recipients: Vec<String>,
    pub(in crate::cli) disposition: Disposition,
}

/// Names that must be there, and names that must not.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Wanted {
    pub(in crate::cli) required: Vec<String>,
    pub(in crate::cli) forbidden: Vec<String>,
}

/// All that a manifest says of one message.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Expected {
    /// The strictest of all groups.
    pub(in crate::cli) disposition: Disposition,
    pub(in crate::cli) direction: Direction,
    pub(in crate::cli) relations: Vec<String>,
    pub(in crate::cli) groups: Vec<ExpectedGroup>,
    pub(in crate::cli) findings: Wanted,
    pub(in crate::cli) actions: Wanted,
}

/// One message of the corpus, ready to be sent.
#[derive(Clone)]
pub(in crate::cli) struct Example {
    /// Below the corpus folder; its first part names the area.
    pub(in crate::cli) path: String,
    pub(in crate::cli) shows: String,
    pub(in crate::cli) proof: Proof,
    pub(in crate::cli) envelope: Envelope,
    /// Lines ended by CRLF, without the fields that give the envelope.
    pub(in crate::cli) raw: Bytes,
    pub(in crate::cli) expected: Expected,
}

/// Reads the whole corpus, or says which line is wrong.
pub(in crate::cli) fn read(folder: &Path) -> Result<Vec<Example>, Mistake> {
    let manifest = folder.join("manifest.jsonl");
    let text = fs::read_to_string(&manifest).map_err(|e| Mistake(format!("{}: {e}", manifest.display())))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).take(MOST);
    let examples: Vec<Example> = lines
        .map(|(at, json)| {
            example(folder, json).map_err(|why| Mistake(format!("{}:{}: {why}", manifest.display(), at + 1)))
        })
        .collect::<Result<_, _>>()?;
    if examples.is_empty() {
        return Err(Mistake(format!("{} lists no message.", manifest.display())));
    }
    Ok(examples)
}

fn example(folder: &Path, json: &str) -> Result<Example, String> {
    let line: Line = serde_json::from_str(json).map_err(|e| e.to_string())?;
    if !Path::new(&line.path).components().all(|c| matches!(c, Component::Normal(_))) {
        return Err(format!("{}: a path leads out of the corpus", line.path));
    }
    let raw = fs::read(folder.join(&line.path)).map_err(|e| format!("{}: {e}", line.path))?;
    let envelope = envelope(&raw, &Overrides::default());
    if envelope.recipients.is_empty() {
        return Err(format!("{}: nobody is to receive it", line.path));
    }
    Ok(Example {
        path: line.path,
        shows: line.shows,
        proof: line.proof,
        envelope,
        raw: as_sent(&raw).into(),
        expected: Expected {
            disposition: line.disposition,
            direction: line.direction,
            relations: line.relations,
            groups: line.groups,
            findings: line.findings,
            actions: line.actions,
        },
    })
}

/// The message that was sent, as it goes over the wire; a file in a working copy may have
/// bare line feeds.
fn as_sent(raw: &[u8]) -> Vec<u8> {
    let (header, body) = raw.split_at(header_end(raw));
    let own =
        fields(header).filter(|(name, _)| !ENVELOPE_FIELDS.iter().any(|f| name.eq_ignore_ascii_case(f)));
    let mut message: Vec<u8> = own.flat_map(|(_, bytes)| bytes).copied().collect();
    message.extend_from_slice(body);
    let mut out = Vec::with_capacity(message.len() + message.len() / 32);
    for line in message.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"path": "a.eml", "shows": "x", "proof": "login", "disposition": "hold", "direction": "outbound",
        "groups": [], "findings": {"required": [], "forbidden": []}, "actions": {"required": [], "forbidden": []}}"#;

    #[test]
    fn what_is_sent_has_no_envelope_fields_and_whole_line_ends() {
        let dir = tempfile::tempdir().unwrap();
        let text = "X-Envelope-From: <a@x.example>\nX-Envelope-To: <b@x.example>,\n <c@x.example>\nFrom: d@x.example\n\nX-Envelope-To: stays";
        fs::write(dir.path().join("a.eml"), text).unwrap();
        let one = example(dir.path(), LINE).unwrap();
        assert_eq!(one.raw, "From: d@x.example\r\n\r\nX-Envelope-To: stays\r\n");
        assert_eq!(one.envelope.sender.to_string(), "a@x.example");
        assert_eq!(one.envelope.recipients.len(), 2);
    }

    #[test]
    fn a_slip_of_the_pen_is_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.eml"), "To: b@x.example\n\nhi\n").unwrap();
        assert!(example(dir.path(), LINE).is_ok());
        for (from, to) in
            [("\"groups\"", "\"goups\""), ("\"hold\"", "\"held\""), ("a.eml", "../a.eml"), ("a.eml", "b.eml")]
        {
            assert!(example(dir.path(), &LINE.replace(from, to)).is_err(), "{to}");
        }
    }
}
