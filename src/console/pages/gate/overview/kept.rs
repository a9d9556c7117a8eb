//! Where everything is kept, whether it was looked through and backed up; the certificates of the doors; and
//! what scans for malware.

use super::{
    super::super::super::{
        Console, Fault,
        words::{fill, moment, words},
    },
    Line, stands,
};
use crate::{
    config::{Config, TlsFiles, VaultConfig},
    effects::Language,
    gateway::{ScannerStands, SignatureAge},
    storage::Counts,
    wire::{CertificateFacts, certificate_facts},
};
use chrono::{DateTime, TimeDelta, Utc};

/// Of a count that is older it is said.
const A_MOMENT: TimeDelta = TimeDelta::seconds(10);
/// A certificate that ends within this is soon over.
const SOON: TimeDelta = TimeDelta::days(30);
/// A backup that is older is no backup of this week.
const OLD: TimeDelta = TimeDelta::days(7);

words! {
    pub struct KeptWords {
        stores: "What is kept" / "Yr hyn a gedwir",
        database: "Database" / "Cronfa ddata",
        vault: "Vault" / "Claddgell",
        folder: "a folder in {}" / "ffolder yn {}",
        bucket: "the bucket {}" / "y bwced {}",
        size: "{} MB, {} rows in the ledger, {} messages in the log" / "{} MB, {} rhes yn y cofnod, {} neges yn y log",
        counted: "(counted {})" / "(cyfrifwyd {})",
        unsynced: "fsync is off: what it acknowledges is lost with the power" / "mae fsync i ffwrdd: collir yr hyn y mae'n ei gydnabod gyda'r pŵer",
        well: "well" / "iawn",
        needs_you: "needs you" / "angen sylw",
        key: "Working key" / "Allwedd weithio",
        key_there: "in memory" / "yn y cof",
        key_missing: "not there: nothing can be held or released" / "nid yw yno: ni ellir dal na rhyddhau dim",
        scrub: "Every object read and compared" / "Pob gwrthrych wedi'i ddarllen a'i gymharu",
        scrubbed: "last {}; every one since {}" / "ddiwethaf {}; pob un ers {}",
        scrub_begun: "under way: some were not read yet" / "ar y gweill: nid yw rhai wedi'u darllen eto",
        nothing_kept: "nothing is kept yet" / "nid oes dim wedi'i gadw eto",
        faulty: "{} missing or changed: `gatehouse store scrub` names them" / "{} ar goll neu wedi'u newid: mae `gatehouse store scrub` yn eu henwi",
        purges: "{} could not be deleted yet" / "ni ellid dileu {} eto",
        backup: "Backup" / "Copi wrth gefn",
        backed: "by `gatehouse store backup`, {}" / "gan `gatehouse store backup`, {}",
        backup_old: "older than a week" / "yn hŷn nag wythnos",
        no_backup: "none by `gatehouse store backup`; what else copies this machine the gate does not see"
            / "dim gan `gatehouse store backup`; nid yw'r porth yn gweld beth arall sy'n copïo'r peiriant hwn",
        certificates: "Certificates" / "Tystysgrifau",
        no_certificates: "No door has a certificate of its own." / "Nid oes gan unrhyw ddrws ei dystysgrif ei hun.",
        relay: "relay" / "trosglwyddo",
        console: "these pages" / "y tudalennau hyn",
        until: "until {}" / "tan {}",
        over: "over since {}" / "wedi dod i ben ers {}",
        in_days: "{} days left" / "{} diwrnod ar ôl",
        unreadable: "cannot be read: {}" / "ni ellir ei darllen: {}",
        replaced: "the file was replaced since the start: it is used after a restart" / "disodlwyd y ffeil ers y dechrau: fe'i defnyddir ar ôl ailgychwyn",
        plain_relay: "relay: none; mail comes to it in plain text" / "trosglwyddo: dim; daw post ato mewn testun plaen",
        by_proxy: "these pages: none; the proxy before them has one" / "y tudalennau hyn: dim; mae gan y dirprwy o'u blaen un",
        scanner: "Malware scanner" / "Sganiwr maleiswedd",
        no_scanner: "No scanner is configured: nothing scans mail for malware. [scanner] in gatehouse.toml names a clamd."
            / "Nid oes sganiwr wedi'i ffurfweddu: nid oes dim yn sganio post am faleiswedd. Mae [scanner] yn gatehouse.toml yn enwi clamd.",
        answers: "answers" / "yn ateb",
        not_asked: "not asked yet" / "heb ei holi eto",
        away: "does not answer since {}: {}" / "ddim yn ateb ers {}: {}",
        takes_less: "it refuses messages that [scanner] largest allows: raise StreamMaxLength in clamd.conf"
            / "mae'n gwrthod negeseuon y mae [scanner] largest yn eu caniatáu: codwch StreamMaxLength yn clamd.conf",
        signatures: "Its signatures" / "Ei lofnodion",
        made: "of {}" / "o {}",
        no_date: "it does not say how old they are" / "nid yw'n dweud pa mor hen ydynt",
        fresh: "fresh" / "newydd",
        old: "old: does freshclam run?" / "hen: a yw freshclam yn rhedeg?",
    }
}

/// What is kept, line by line.
pub(super) async fn stores(
    console: &Console,
    language: Language,
    config: &Config,
    counts: &Counts,
) -> Result<Vec<Line>, Fault> {
    let (w, store, now) = (KeptWords::of(language), &console.store, Utc::now());
    let facts = store.database().await?;
    let size = [counts.database_bytes >> 20, counts.ledger_rows, counts.messages].map(|n| n.to_string());
    let mut size = fill(w.size, &[&size[0], &size[1], &size[2]]);
    if now - counts.counted_at > A_MOMENT {
        size = format!("{size} {}", fill(w.counted, &[&moment(language, counts.counted_at)]));
    }
    let well = |name: &str, says: String| line(name, "good", w.well, says);
    let bad = |name: &str, says: String| line(name, "critical", w.needs_you, says);
    let database = format!("{} {}", facts.kind.name(), facts.version);
    let mut lines = vec![match facts.synced {
        true => well(w.database, format!("{database}. {size}")),
        false => bad(w.database, format!("{database}: {}", w.unsynced)),
    }];
    let vault = match &config.vault {
        VaultConfig::Folder => fill(w.folder, &[&config.data.join("vault").display().to_string()]),
        VaultConfig::Bucket(bucket) => fill(w.bucket, &[&bucket.bucket]),
    };
    lines.push(match (counts.faulty, counts.purges_failing) {
        (0, 0) => well(w.vault, vault),
        (0, purges) => {
            line(w.vault, "high", w.needs_you, format!("{vault}. {}", fill(w.purges, &[&purges.to_string()])))
        }
        (faulty, _) => bad(w.vault, fill(w.faulty, &[&faulty.to_string()])),
    });
    lines.push(match counts.working_key {
        true => well(w.key, w.key_there.to_owned()),
        false => bad(w.key, w.key_missing.to_owned()),
    });
    let scrubbed = store.scrubbed().await?;
    let says = match (scrubbed.is_empty, scrubbed.last, scrubbed.all_since) {
        (true, ..) => w.nothing_kept.to_owned(),
        (false, Some(last), Some(since)) => {
            fill(w.scrubbed, &[&moment(language, last), &moment(language, since)])
        }
        (false, ..) => w.scrub_begun.to_owned(),
    };
    lines.push(line(
        w.scrub,
        if counts.faulty > 0 { "critical" } else { "good" },
        if counts.faulty > 0 { w.needs_you } else { w.well },
        says,
    ));
    lines.push(match store.backed_up().await? {
        None => line(w.backup, "high", w.needs_you, w.no_backup.to_owned()),
        Some(at) => {
            let says = fill(w.backed, &[&moment(language, at)]);
            match now - at > OLD {
                true => line(w.backup, "high", w.backup_old, says),
                false => well(w.backup, says),
            }
        }
    });
    Ok(lines)
}

/// How the scanner stands and how old its signatures are; nothing when none is configured.
pub(super) fn scanner(console: &Console, language: Language, config: &Config) -> Vec<Line> {
    let w = KeptWords::of(language);
    let (Some(scanner), Some(seen)) = (&config.scanner, console.gate.scanner_seen()) else {
        return Vec::new();
    };
    let address = scanner.address.to_string();
    let stands = match seen.stands {
        ScannerStands::NotAsked => line("clamd", "medium", w.not_asked, address),
        ScannerStands::Away { since, fault } => {
            let says = fill(w.away, &[&moment(language, since), &stands::scanner(language, fault)]);
            line("clamd", "critical", w.needs_you, format!("{address}: {says}"))
        }
        ScannerStands::Well if seen.takes_less => {
            line("clamd", "critical", w.needs_you, w.takes_less.to_owned())
        }
        ScannerStands::Well => line("clamd", "good", w.answers, address),
    };
    let Some(signatures) = seen.signatures else { return vec![stands] };
    let (badge, state) = match SignatureAge::of(Some(&signatures), scanner, Utc::now()) {
        SignatureAge::Unknown => ("medium", w.no_date),
        SignatureAge::Fresh => ("good", w.fresh),
        SignatureAge::Old => ("high", w.old),
        SignatureAge::Alarm(_) => ("critical", w.old),
    };
    let mut says = format!("ClamAV {}", signatures.engine);
    says.extend(signatures.number.map(|number| format!(", {number}")));
    says.extend(signatures.made_at.map(|at| format!(", {}", fill(w.made, &[&moment(language, at)]))));
    vec![stands, line(w.signatures, badge, state, says)]
}

fn line(name: &str, badge: &'static str, state: &str, says: String) -> Line {
    Line { name: name.to_owned(), badge, state: state.to_owned(), says }
}

/// The certificates of our own doors, as their files have them; and the doors without one, as sentences.
pub(super) async fn certificates(
    console: &Console,
    language: Language,
    config: &Config,
) -> Result<(Vec<Line>, Vec<&'static str>), Fault> {
    let w = KeptWords::of(language);
    let mut without = Vec::new();
    let mut files: Vec<(&'static str, TlsFiles)> = Vec::new();
    if let Some(relay) = &config.relay {
        match &relay.tls {
            Some(tls) => files.push((w.relay, tls.clone())),
            None => without.push(w.plain_relay),
        }
    }
    match &console.at.tls {
        Some(tls) => files.push((w.console, tls.clone())),
        None if console.is_secure() => without.push(w.by_proxy),
        None => {}
    }
    let started = console.store.nodes().await?.into_iter().find(|node| node.here).map(|node| node.started_at);
    let read = tokio::task::spawn_blocking(move || {
        files.into_iter().map(|(door, tls)| (door, certificate_facts(&tls.certificate))).collect::<Vec<_>>()
    });
    let read = read.await.map_err(|_| Fault::Away)?;
    let lines = read.into_iter().map(|(door, facts)| match facts {
        Ok(facts) => certificate(w, language, door, &facts, started),
        Err(error) => line(door, "critical", w.needs_you, fill(w.unreadable, &[&error.to_string()])),
    });
    Ok((lines.collect(), without))
}

fn certificate(
    w: &KeptWords,
    language: Language,
    door: &str,
    facts: &CertificateFacts,
    started: Option<DateTime<Utc>>,
) -> Line {
    let left = facts.until - Utc::now();
    let day = moment(language, facts.until);
    let (badge, state) = match () {
        () if left <= TimeDelta::zero() => ("critical", fill(w.over, &[&day])),
        () if left < SOON => ("high", fill(w.in_days, &[&left.num_days().to_string()])),
        () => ("good", fill(w.until, &[&day])),
    };
    let mut says = facts.names.join(", ");
    if left > TimeDelta::zero() && left < SOON {
        says = format!("{says}: {}", fill(w.until, &[&day]));
    }
    if facts.written.zip(started).is_some_and(|(written, started)| written > started) {
        says = format!("{says}; {}", w.replaced);
    }
    line(door, badge, &state, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_said_to_end_before_it_does() {
        let w = KeptWords::of(Language::English);
        let badge = |days: i64| {
            let facts = CertificateFacts {
                names: vec!["gate.oakfield.example".into()],
                until: Utc::now() + TimeDelta::days(days),
                written: None,
            };
            certificate(w, Language::English, "relay", &facts, None).badge
        };
        assert_eq!([badge(90), badge(29), badge(-1)], ["good", "high", "critical"]);
        let facts = CertificateFacts {
            names: vec![],
            until: Utc::now() + TimeDelta::days(90),
            written: Some(Utc::now()),
        };
        let after =
            certificate(w, Language::English, "relay", &facts, Some(Utc::now() - TimeDelta::hours(1)));
        assert!(after.says.contains("after a restart"), "{}", after.says);
    }
}
