//! Macros: what the MTA tells beside the commands (Postfix: MILTER_README, "Sending
//! Postfix macros"). Only those that we ask for are kept, each in its stage.

use bytes::Bytes;
use indymilter::MacroStage;
use std::{collections::HashMap, ffi::CString};

/// What we ask for in each stage, where the MTA lets a milter choose; otherwise the
/// MTA's own lists decide (contrib/postfix/main.cf.milter names the same).
const WANTED: &[(MacroStage, &str)] = &[
    (MacroStage::Connect, "j {daemon_name} {client_addr} {client_name} v"),
    (MacroStage::Helo, "{tls_version} {cipher}"),
    (MacroStage::Mail, "i {auth_type} {auth_authen} {mail_addr}"),
    (MacroStage::Rcpt, "i {rcpt_addr}"),
    (MacroStage::Data, "i"),
    (MacroStage::Eoh, "i"),
    (MacroStage::Eom, "i"),
];

/// A longer value is none that we could use.
const LONGEST: usize = 1024;

/// The request of a negotiation.
pub(super) fn requests() -> HashMap<MacroStage, CString> {
    WANTED.iter().filter_map(|(stage, names)| Some((*stage, CString::new(*names).ok()?))).collect()
}

fn wanted(name: &[u8]) -> Option<&'static str> {
    let bare = |name: &'static str| name.trim_start_matches('{').trim_end_matches('}');
    let name = name.strip_prefix(b"{").and_then(|n| n.strip_suffix(b"}")).unwrap_or(name);
    WANTED.iter().flat_map(|(_, names)| names.split(' ')).map(bare).find(|known| known.as_bytes() == name)
}

/// Stages in the order in which they come.
fn rank(stage: MacroStage) -> usize {
    MacroStage::all().position(|s| s == stage).unwrap_or_default()
}

#[derive(Default)]
pub(super) struct Macros {
    known: Vec<(usize, &'static str, String)>,
}

impl Macros {
    /// Takes a definition packet: one byte of stage, then names and values. It replaces
    /// all that was said for this stage, also when it is empty (Postfix sends such), so
    /// that nobody's sign-in outlives the transaction for which it was told.
    pub(super) fn define(&mut self, packet: &Bytes) {
        let Some((stage, pairs)) = packet.split_first() else { return };
        let Ok(stage) = MacroStage::try_from(*stage) else { return };
        let rank = rank(stage);
        self.known.retain(|(r, ..)| *r != rank);
        let mut words = pairs.split(|b| *b == 0);
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            let Some(name) = wanted(name) else { continue };
            let known = self.known.iter().any(|(r, n, _)| *r == rank && *n == name);
            if !known && value.len() <= LONGEST && !value.is_empty() {
                self.known.push((rank, name, String::from_utf8_lossy(value).into_owned()));
            }
        }
    }

    /// The value said in the latest stage; the name without braces.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.known.iter().filter(|(_, n, _)| *n == name).max_by_key(|(r, ..)| *r).map(|(.., v)| v.as_str())
    }

    /// Forgets what was said of one recipient, so that it is not taken for the next.
    pub(super) fn forget(&mut self, name: &str) {
        self.known.retain(|(_, n, _)| *n != name);
    }

    /// Forgets what later stages than this said: it belonged to an earlier transaction.
    pub(super) fn forget_after(&mut self, stage: MacroStage) {
        let rank = rank(stage);
        self.known.retain(|(r, ..)| *r <= rank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    #[test]
    fn the_latest_stage_speaks_and_names_go_with_and_without_braces() {
        let mut macros = Macros::default();
        macros.define(&packet("Ci\0one\0{daemon_name}\0mx\0{unwanted}\0x\0"));
        macros.define(&packet("E{i}\0two\0"));
        assert_eq!(macros.get("i"), Some("two"));
        assert_eq!(macros.get("daemon_name"), Some("mx"));
        assert_eq!(macros.get("unwanted"), None);
        macros.forget_after(MacroStage::Connect);
        assert_eq!(macros.get("i"), Some("one"));
    }

    #[test]
    fn a_sign_in_does_not_outlive_its_transaction() {
        let mut macros = Macros::default();
        macros.define(&packet("M{auth_authen}\0t.staff\0"));
        macros.define(&packet("M"));
        assert_eq!(macros.get("auth_authen"), None);
    }

    #[test]
    fn broken_definitions_are_survived() {
        let mut macros = Macros::default();
        for bad in ["", "?i\0x\0", "Mi", "M\0\0\0", "Mi\0"] {
            macros.define(&packet(bad));
        }
        macros.define(&packet(&format!("Mi\0{}\0", "x".repeat(2000))));
        assert_eq!(macros.get("i"), None);
    }
}
