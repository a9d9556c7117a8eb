//! How Postfix is set up to ask us: the settings on which our promises rest in milter
//! mode (docs/postfix.md).

use super::Check;
use crate::{
    app::MEMORY_WAIT,
    config::{Config, Listen},
};
use std::{collections::HashMap, path::Path, process::Command, time::Duration};

/// What is asked of postconf.
const NAMES: [&str; 6] = [
    "smtpd_milters",
    "milter_default_action",
    "milter_content_timeout",
    "smtpd_forbid_bare_newline",
    "milter_protocol",
    "mail_version",
];

pub(super) fn all(config: &Config, folder: Option<&Path>) -> Vec<Check> {
    if config.milter.is_none() {
        return Vec::new();
    }
    match settings(folder) {
        Some(settings) => checks(config, &settings),
        None => vec![Check::note(
            "postfix",
            "not found here, so its settings were not looked at; docs/postfix.md says which are needed",
        )],
    }
}

/// The settings in force, or `None` where there is no Postfix.
fn settings(folder: Option<&Path>) -> Option<HashMap<String, String>> {
    let mut postconf = Command::new("postconf");
    if let Some(folder) = folder {
        postconf.arg("-c").arg(folder);
    }
    let output = postconf.args(NAMES).output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Some(pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect())
}

fn checks(config: &Config, settings: &HashMap<String, String>) -> Vec<Check> {
    let get = |name: &str| settings.get(name).map_or("", String::as_str);
    let mut checks = vec![asked(config, get("smtpd_milters"))];
    checks.push(match get("milter_default_action") {
        "tempfail" => Check::good("postfix", "milter_default_action = tempfail"),
        other => Check::fault(
            "postfix",
            format!("milter_default_action is `{other}`: with the gate away mail would pass unread or be refused.\nSet it to tempfail."),
        ),
    });
    checks.push(match get("smtpd_forbid_bare_newline") {
        "yes" | "normalize" | "reject" => Check::good("postfix", "bare newlines are not taken for line ends"),
        _ => Check::fault(
            "postfix",
            "smtpd_forbid_bare_newline is not set: SMTP smuggling can carry mail past the gate.\nSet it to yes (Postfix 3.7.9 or later).",
        ),
    });
    // Our last word comes a quarter after the deadline, and a message may wait for memory before.
    let answer = config.limits.deadline + config.limits.deadline / 4 + MEMORY_WAIT;
    checks.push(match seconds(get("milter_content_timeout")) {
        Some(wait) if wait > answer => Check::good("postfix", "waits longer for the gate than it may take"),
        _ => Check::fault(
            "postfix",
            format!(
                "milter_content_timeout must be longer than the gate may take, {} s:\n\
                 [limits] deadline, a quarter of it, and the wait for memory.",
                answer.as_secs()
            ),
        ),
    });
    checks
}

/// Whether Postfix asks us, and nobody who signs before us.
fn asked(config: &Config, milters: &str) -> Check {
    let before: Vec<&str> = milters.split([',', ' ', '\t']).filter(|m| !m.is_empty()).collect();
    let ours: Vec<String> = config.milter.iter().flat_map(|m| &m.listen).map(as_postfix_writes).collect();
    let Some(place) = before.iter().position(|m| ours.iter().any(|o| same(m, o))) else {
        return Check::fault(
            "postfix",
            format!(
                "smtpd_milters does not name the gate: mail passes it by.\nAdd {} in front of any signer.",
                ours.join(" or ")
            ),
        );
    };
    let disclaims = config.schools.iter().any(|s| !s.disclaimers.is_empty());
    match before[..place].first() {
        Some(first) if disclaims => Check::fault(
            "postfix",
            format!(
                "`{first}` comes before the gate in smtpd_milters. If it signs mail, our disclaimers break the signature.\nPut the gate first, or take the disclaimers out."
            ),
        ),
        Some(first) => {
            Check::note("postfix", format!("`{first}` comes before the gate; disclaimers stay off"))
        }
        None => Check::good("postfix", "asks the gate first"),
    }
}

fn as_postfix_writes(listen: &Listen) -> String {
    match listen {
        Listen::Tcp(address) => format!("inet:{}:{}", address.ip(), address.port()),
        Listen::Unix(path, _) => format!("unix:{}", path.display()),
    }
}

/// Postfix takes `localhost` and brackets, and a socket's path below its queue folder.
fn same(theirs: &str, ours: &str) -> bool {
    let plain = |s: &str| s.replace("localhost", "127.0.0.1").replace(['[', ']'], "");
    let (theirs, ours) = (plain(theirs), plain(ours));
    theirs == ours
        || (theirs.starts_with("unix:")
            && ours.starts_with("unix:")
            && ours.trim_start_matches("unix:").ends_with(theirs.trim_start_matches("unix:")))
}

/// A time as Postfix writes it: `300s`, `5m`, plain seconds.
fn seconds(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..at].parse().ok()?;
    let unit = match &text[at..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(number.saturating_mul(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postfix_names_us_in_several_ways() {
        assert!(same("inet:localhost:8891", "inet:127.0.0.1:8891"));
        assert!(same("inet:[127.0.0.1]:8891", "inet:127.0.0.1:8891"));
        assert!(same("unix:/gatehouse/milter.sock", "unix:/var/spool/postfix/gatehouse/milter.sock"));
        assert!(!same("inet:127.0.0.1:8892", "inet:127.0.0.1:8891"));
    }

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(seconds("300s"), Some(Duration::from_secs(300)));
        assert_eq!(seconds("5m"), Some(Duration::from_secs(300)));
        assert_eq!(seconds("90"), Some(Duration::from_secs(90)));
        assert_eq!(seconds("soon"), None);
    }
}
