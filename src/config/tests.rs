//! The example loads; every mistake has its exact fault; ten mistakes are ten faults.

use super::*;
use crate::mail::Mode;
use std::{os::unix::fs::PermissionsExt, time::Duration};

const EXAMPLE: &str = include_str!("../../gatehouse.example.toml");

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("gatehouse.example.toml")
}

/// `line:column: message | hint`, without the warnings of a small file.
fn said(result: &Result<Checked, Faults>, severity: Gravity) -> Vec<String> {
    let faults = match result {
        Ok(checked) => &checked.warnings.0,
        Err(faults) => &faults.0,
    };
    let line =
        |f: &Fault| format!("{}:{}: {} | {}", f.line, f.column, f.message, f.hint.as_deref().unwrap_or(""));
    faults.iter().filter(|f| f.severity == severity).map(line).collect()
}

fn errors(text: &str) -> Vec<String> {
    said(&parse(text, Path::new("/etc/g.toml")), Gravity::Error)
}

#[test]
fn the_example_has_no_fault() {
    let checked = parse(EXAMPLE, &example()).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(checked.warnings.0.is_empty(), "{}", checked.warnings);
    let config = checked.config;
    assert_eq!((config.schools.len(), config.next_hops.len(), config.mode), (2, 2, Mode::Observe));
    assert_eq!(config.limits.message_bytes, 50_000_000);
    assert_eq!(config.schools[1].disclaimers[0].languages, ["cy", "en"]);
    assert_eq!(
        config.relay.unwrap().clients[1].networks,
        [Network { address: [192, 0, 2, 0].into(), prefix: 24 }]
    );
}

/// What the example shows as defaults are the defaults.
#[test]
fn the_examples_limits_are_the_defaults() {
    let checked = parse(EXAMPLE, &example()).unwrap();
    assert_eq!(format!("{:?}", checked.config.limits), format!("{:?}", Limits::default()));
    assert_eq!(checked.config.files, FilesConfig::default());
}

const SMALL: &str = "\
hostname = \"gate.oakfield.example\"
[keys]
working = \"stdin\"
[[school]]
id = \"oakfield\"
name = \"Oakfield\"
domains = [\"oakfield.example\"]
officers = { lead = \"p.nair@oakfield.example\" }
";

#[test]
fn a_milter_door_that_others_reach_is_warned_of() {
    let warned = |listen: &str| {
        let text = format!("{SMALL}[milter]\nlisten = \"{listen}\"\n");
        let checked = parse(&text, Path::new("/etc/g.toml")).unwrap_or_else(|faults| panic!("{faults}"));
        checked.warnings.0.iter().any(|w| w.message.starts_with("Whoever reaches this door"))
    };
    assert!(warned("0.0.0.0:8891") && warned("192.0.2.7:8891"));
    assert!(!warned("127.0.0.1:8891") && !warned("unix:/run/m.sock"));
}

#[test]
fn a_database_elsewhere_that_proves_nothing_is_warned_of() {
    let warned = |url: &str| {
        let text = format!("{SMALL}[store]\nurl = \"{url}\"\n");
        let checked = parse(&text, Path::new("/etc/g.toml")).unwrap_or_else(|faults| panic!("{faults}"));
        checked.warnings.0.iter().any(|w| w.message.starts_with("Nothing proves"))
    };
    assert!(warned("postgres://gate@db.oakfield.example/gatehouse"));
    assert!(warned("postgres://gate@db.oakfield.example/gatehouse?sslmode=require"));
    assert!(!warned("postgres://gate@db.oakfield.example/gatehouse?sslmode=verify-full"));
    assert!(
        !warned("postgres://gate@[::1]/gatehouse") && !warned("postgres://gate@127.0.0.1:5433/gatehouse")
    );
    assert!(!warned("postgres://gate@localhost/gatehouse?host=/run/postgresql"));
}

#[test]
fn a_small_file_gets_safe_defaults() {
    let checked = parse(SMALL, Path::new("/etc/g.toml")).unwrap_or_else(|faults| panic!("{faults}"));
    let config = checked.config;
    assert_eq!((config.mode, config.schools[0].mode), (Mode::Observe, Mode::Observe));
    assert!(!config.schools[0].record_parent_mail);
    assert_eq!(config.on_failure.assessment, FailureChoice::Defer);
    assert_eq!(config.limits.deadline, Duration::from_secs(60));
    assert_eq!(config.notices.from, "Gatehouse <gatehouse@gate.oakfield.example>");
    assert_eq!(config.rulesets, [Path::new("/etc/rulesets")]);
    let warned: Vec<&str> = checked.warnings.0.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(
        warned,
        [
            "There is no door for mail.",
            "Without a next hop nothing can be released and nobody told.",
            "The school `oakfield` names nobody as `deputies`.",
            "The school `oakfield` names nobody as `head`.",
            "The school `oakfield` names nobody as `chair`.",
            "The school `oakfield` names nobody as `data-protection`.",
        ]
    );
}

/// Each addition to the small file, and the one fault that it makes.
#[test]
fn every_mistake_has_its_fault() {
    const HOP: &str = "[[next-hop]]\nname = \"a\"\ndomains = [\"*\"]\nhosts = [\"h.example:25\"]\n";
    let relay = |rest: &str| {
        format!(
            "{HOP}[relay]\nlisten = \"127.0.0.1:2525\"\n[[relay.client]]\nnetworks = \"192.0.2.1\"\nschools = \"oakfield\"\n{rest}"
        )
    };
    let table: Vec<(String, &str)> = vec![
        // Keys and kinds of values.
        ("[vault]\nurl = \"s3:/x\"\n".into(), "10:7: `url` must be a bucket, with a folder in it or without. | Write the bucket and a folder in it, \"s3://school-mail/gatehouse\"; without `url` objects lie in the data folder."),
        ("[vault]\nurl = \"s3://mail/a/../b\"\n".into(), "10:7: `url` must be a bucket, with a folder in it or without. | Write the bucket and a folder in it, \"s3://school-mail/gatehouse\"; without `url` objects lie in the data folder."),
        ("[vault]\nregion = \"x\"\n".into(), "9:1: `[vault]` has no `url`. | Write the bucket and a folder in it, \"s3://school-mail/gatehouse\"; without `url` objects lie in the data folder."),
        ("[vault]\nurl = \"s3://mail\"\nendpoint = \"s3.oakfield.example\"\n".into(), "11:12: `endpoint` must be the address of an S3 server. | Write its address, \"https://s3.school.example\" or with `:9000`; leave it out for Amazon's own."),
        ("[vault]\nurl = \"s3://mail\"\naws-secret = \"x\"\n".into(), "11:1: The key `aws-secret` is not known in `[vault]`. | Known keys: url, region, endpoint, credentials, ca, timeout, lock."),
        ("[vault]\nurl = \"s3://mail\"\n[vault.lock]\nmode = \"forever\"\n".into(), "12:8: `mode` must be one of \"governance\", \"compliance\". | "),
        ("[store]\nurl = \"mysql://a@b/c\"\n".into(), "10:7: `url` must be the address of a PostgreSQL database. | Write \"postgres://gatehouse@db.school.example/gatehouse?sslmode=verify-full\"; without `url` the rows lie in the data folder."),
        ("[store]\nurl = \"postgres://db.oakfield.example/gatehouse\"\n".into(), "10:7: `url` must be the address of a PostgreSQL database. | Write \"postgres://gatehouse@db.school.example/gatehouse?sslmode=verify-full\"; without `url` the rows lie in the data folder."),
        ("[store]\nurl = \"postgres://gate:word@localhost/gatehouse\"\n".into(), "10:7: The password must not stand in `url`. | Give `password`: Write { file = \"...\" } or { environment = \"...\" }."),
        ("[store]\nurl = \"postgres://gate@localhost/gatehouse?ssl=1\"\n".into(), "10:7: `url` has a parameter `ssl` that is not known. | Known are host, port, sslmode, sslrootcert, sslcert, sslkey."),
        ("[store]\nurl = \"postgres://gate@localhost/gatehouse\"\npassword = {}\n".into(), "11:12: `password` must be one source of the password. | Write { file = \"...\" } or { environment = \"...\" }."),
        ("[limts]\n".into(), "9:2: The key `limts` is not known here. | Did you mean `limits`?"),
        ("[[next_hop]]\n".into(), "9:3: The key `next_hop` is not known here. | Did you mean `next-hop`?"),
        ("[limits]\nzebra = 1\n".into(), "10:1: The key `zebra` is not known in `[limits]`. | Known keys: message-size, recipients, connections, memory, deadline, idle, parts, nesting, depth, header-size, text-size, findings, page-elements, page-steps."),
        ("[limits]\nmessage-size = \"50 megs\"\n".into(), "10:16: `message-size` must be a size from 100 KB to 2 GB. | Write a number with its unit, \"50 MB\"; the default is \"50 MB\"."),
        ("[limits]\nmessage-size = 50000000\n".into(), "10:16: `message-size` must be a size from 100 KB to 2 GB. | Write a number with its unit, \"50 MB\"; the default is \"50 MB\"."),
        ("[limits]\ndeadline = \"10m\"\n".into(), "10:12: `deadline` must be a duration from 1s to 290s. | Write a number with its unit, \"60s\" or \"5m\"; the default is \"1m\"."),
        ("[limits]\nrecipients = 5\n".into(), "10:14: `recipients` must be a number from 100 to 100000. | The default is 1000."),
        ("[limits]\nmemory = \"60 MB\"\n".into(), "9:1: `memory` (60 MB) is less than twice `message-size`. | A message of 50 MB and its edited copy need both."),
        ("[limits]\ndeadline = \"90s\"\nidle = \"30s\"\n".into(), "9:1: `idle` is shorter than `deadline`. | A client may be silent at least as long as it waits for us."),
        ("[on-failure]\nassessment = \"defered\"\n".into(), "10:14: `assessment` must be one of \"defer\", \"deliver-marked\", \"quarantine\". | Did you mean \"defer\"?"),
        ("[on-failure]\nstorage = \"quarantine\"\n".into(), "10:11: `storage` must be one of \"defer\", \"deliver-marked\". | "),
        // The scanner.
        ("[scanner]\nlargest = \"1 MB\"\n".into(), "9:1: `[scanner]` has no `clamd`. | Write \"unix:/run/clamav/clamd.ctl\" or \"127.0.0.1:3310\"."),
        ("[scanner]\nclamd = \"unix:clamd.ctl\"\n".into(), "10:9: `clamd` must be the address of a clamd. | Write \"unix:/run/clamav/clamd.ctl\" or \"127.0.0.1:3310\"."),
        ("[scanner]\nclamd = \"127.0.0.1\"\ntoo-large = \"defer\"\n".into(), "11:13: `too-large` must be one of \"quarantine\", \"deliver-marked\". | "),
        ("[scanner]\nclamd = \"127.0.0.1\"\nalarm-after = \"1d\"\n".into(), "9:1: `alarm-after` comes before `old-after`. | Signatures are old before they are an alarm."),
        ("[scanner]\nclamd = \"127.0.0.1\"\ndeadline = \"239s\"\n".into(), "9:1: `deadline` of `[scanner]` and of `[limits]` are 299s together. | 290s at most, since an MTA waits no longer."),
        ("record-parent-mail = \"yes\"\n".into(), "9:22: `record-parent-mail` must be true or false. | Write it without quotation marks."),
        ("mode = \"off\"\n".into(), "9:8: `mode` must be one of \"observe\", \"enforce\". | "),
        ("languages = [\"english\"]\n".into(), "9:14: `languages` must be a language. | As in \"en\" or \"cy\"."),
        ("[school.list]\n".into(), "9:1: `list` must be a list of sections. | Write `[[school.list]]`, with two brackets."),
        ("[[school.list]]\nkind = \"helplines\"\nentries = \"help.example\"\n".into(), "10:8: `kind` must be one of \"safeguarding-agency\", \"helpline\", \"lead\", \"protected\", \"partner\", \"bulk-sender\". | Did you mean \"helpline\"?"),
        ("[[school.list]]\nkind = \"helpline\"\nentries = [\"help\"]\n".into(), "11:12: `entries` must be an address or a domain. | As in \"help@service.example\" or \"service.example\"."),
        ("[[school.disclaimer]]\ntemplate = \"../x\"\n".into(), "10:12: `template` must be the name of a template. | As in \"standard\", without folder and ending."),
        ("[[school.disclaimer]]\ntemplate = \"x\"\nroles = [\"teacher\"]\n".into(), "11:10: `roles` must be one of \"staff\", \"pupil\", \"supply\", \"governor\", \"parent\", \"guest\", \"group\", \"service\", \"partner\", \"outside\". | "),
        // A school's times.
        ("grace-period = \"1h\"\n".into(), "9:16: `grace-period` must be a duration from 30s to 15m. | Write a number with its unit, \"60s\" or \"5m\"; the default is \"2m\"."),
        ("[school.calendar]\nholidays = [\"2026-10-30/2026-10-26\"]\n".into(), "10:13: `holidays` must be days. | As in \"2026-10-26/2026-10-30\", first and last day, or one day alone."),
        ("[school.calendar]\ntime-zone = \"GMT\"\n".into(), "10:13: `time-zone` must be one of \"Europe/London\", \"UTC\". | "),
        ("[school.calendar]\nterms = [\"2026-09-02/2026-12-18\", \"2026-11-02/2027-03-25\"]\n".into(), "10:35: This term begins within another one. | Holidays within a term go to `holidays`."),
        ("[school.retention]\ndismissed = \"1 day\"\n".into(), "10:13: `dismissed` must be a time from 7 days to 2 years. | Write a number with days, weeks, months or years; the default is \"30 days\"."),
        ("[school.retention]\nsealed = \"1 year\"\n".into(), "10:1: The key `sealed` is not known in `[school.retention]`. | Known keys: dismissed, message-log, parent-mail, complaint, evidence, incidents, low-level, allegations, breaches."),
        // Schools among each other.
        ("[[school]]\nid = \"b\"\nname = \"B\"\ndomains = \"Oakfield.example\"\n[school.officers]\nlead = \"a@oakfield.example\"\n".into(), "12:11: The domain belongs to `oakfield` too. | Mail must belong to one school: give each its own domain."),
        ("[[school]]\nid = \"oakfield\"\nname = \"B\"\ndomains = \"b.example\"\n[school.officers]\nlead = \"a@b.example\"\n".into(), "10:6: Two schools have this id. | Each school has its own."),
        ("[[school]]\nid = \"b\"\nname = \"B\"\ndomains = \"b.example\"\n".into(), "9:1: The school `b` has no safeguarding lead. | Give `lead` in `[school.officers]`: somebody must be told."),
        ("[[school]]\nid = \"b\"\nname = \"B\"\n[school.officers]\nlead = \"a@b.example\"\n".into(), "9:1: `[[school]]` has no `domains`. | The school's mail domains, as in [\"school.example\"]."),
        ("[[school]]\nid = \"B!\"\nname = \"B\"\ndomains = \"b.example\"\n[school.officers]\nlead = \"a@b.example\"\n".into(), "10:6: `id` must be a short name of a-z, 0-9 and -. | As in \"oakfield\"."),
        ("mode = \"enforce\"\n".into(), "0:0: Without a next hop nothing can be released and nobody told. | Add `[[next-hop]]`, for example your own MTA at a port without this milter."),
        // Doors.
        ("[milter]\n".into(), "9:1: `[milter]` has no `listen`. | Write \"127.0.0.1:8891\" or \"unix:/run/gatehouse/milter.sock\"."),
        ("[milter]\nlisten = \"8891\"\n".into(), "10:10: `listen` must be an address to listen on. | Write \"127.0.0.1:8891\" or \"unix:/run/gatehouse/milter.sock\"."),
        ("[milter]\nlisten = [\"unix:/run/a\", \"unix:/run/a\"]\n".into(), "10:26: Two doors listen on this address. | Give each its own port or socket."),
        ("[milter]\nlisten = \"unix:/run/a\"\nsocket-mode = \"rw\"\n".into(), "11:15: `socket-mode` must be the permission bits of the socket. | As in \"0660\"."),
        ("[milter]\nlisten = \"unix:/run/a\"\nauthenticating-hosts = \"10.0.0.1/8\"\n".into(), "11:24: `authenticating-hosts` must be a network. | Write \"192.0.2.25\" or \"192.0.2.0/24\", with zeros behind the prefix."),
        (relay("[milter]\nlisten = \"0.0.0.0:2525\"\n"), "19:10: Two doors listen on this address. | Give each its own port or socket."),
        ("[relay]\nlisten = \"127.0.0.1:2525\"\n[[relay.client]]\nnetworks = \"192.0.2.1\"\nschools = \"oakfield\"\n".into(), "9:1: The relay has no next hop. | Add `[[next-hop]]` with name, domains and hosts."),
        (format!("{HOP}[relay]\nlisten = \"127.0.0.1:2525\"\n"), "13:1: The relay has no client. | Add `[[relay.client]]` with networks and schools: without an entry nobody may speak."),
        (relay("[[relay.client]]\nnetworks = \"192.0.2.1\"\nschools = \"okfield\"\n"), "20:11: There is no school `okfield`. | Did you mean `oakfield`?"),
        (relay("shared = true\n"), "15:1: The school `oakfield` has no secret header for this shared range. | Add `[[relay.tenant]]` with school, header and sha256."),
        (relay("shared = true\nxclient = true\n[[relay.tenant]]\nschool = \"oakfield\"\nheader = \"X-G\"\nsha256 = \"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"\n"), "15:1: A shared range proves nothing. | Anybody's tenant speaks from a shared range: take `xclient` and `authenticates-users` out."),
        (relay("[[relay.tenant]]\nschool = \"oakfield\"\nheader = \"From\"\nsha256 = \"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"\n"), "20:10: `header` must be the name of a field of your own. | It begins with `X-`, since it is taken out of the mail."),
        (relay("[[relay.client]]\nnetworks = \"0.0.0.0/0\"\nschools = \"oakfield\"\n"), "18:1: The whole internet may speak to the relay. | Name the hosts that may."),
        (relay("").replace("\"*\"", "\"b.example\""), "7:12: No next hop takes mail to this domain. | Put it into `domains` of a `[[next-hop]]`, or add one with \"*\"."),
        (relay("").replace("h.example:25", "localhost:2525"), "12:10: This is the relay itself. | Mail would go round in a circle."),
        (format!("{HOP}[[next-hop]]\nname = \"b\"\ndomains = \"b.example\"\nhosts = \"h.example\"\n"), "14:8: This next hop is never used: one with \"*\" stands before it. | Move the one with \"*\" to the end: the first that fits is taken."),
        (HOP.replace("h.example:25", "h.example:smtp"), "12:10: `hosts` must be a host with its port. | As in \"mail.school.example:25\"."),
        // Notices, keys, signatures.
        (format!("{HOP}[notices]\nnext-hop = \"b\"\n"), "14:12: There is no next hop `b`. | Did you mean `a`?"),
        ("[notices]\nfrom = \"Gatehouse\"\n".into(), "10:8: `from` must be a name with a mail address. | As in \"Gatehouse <gatehouse@school.example>\"."),
        ("[notices]\nreply-to = \"a@other.example\"\n".into(), "10:12: `reply-to` is in no school's domain. | Replies to nudges must come back through this gate."),
        ("[[dkim]]\ndomain = \"other.example\"\nselector = \"s\"\nkey = \"k.pem\"\n".into(), "9:1: `[[dkim]]` signs for a domain of no school. | Only a school's own mail is signed."),
        ("[[dkim]]\ndomain = \"oakfield.example\"\nselector = \"s\"\n".into(), "9:1: `[[dkim]]` has no `key`. | The file of the private key, PEM."),
    ];
    for (addition, expected) in table {
        assert_eq!(errors(&format!("{SMALL}{addition}")), [expected], "{addition}");
    }
}

#[test]
fn mistakes_in_the_small_file_itself() {
    let hint = "Write { file = \"...\" }, { environment = \"...\" } or \"stdin\".";
    let table: &[(&str, &str, String)] = &[
        ("hostname = \"gate.oakfield.example\"\n", "", "0:0: The file has no `hostname`. | Write the name of this host, as in \"gate.school.example\".".into()),
        ("gate.oakfield.example", "gate", "1:12: `hostname` must be a host name with a domain. | As in \"gate.school.example\".".into()),
        ("[keys]\nworking = \"stdin\"\n", "", "0:0: The file has no `keys`. | Say where the working key is: `[keys]` with `working = { file = \"...\" }`.".into()),
        ("working = \"stdin\"\n", "", format!("2:1: `[keys]` has no `working`. | {hint}")),
        ("\"stdin\"", "\"keyboard\"", format!("3:11: `working` must be a source of the working key. | {hint}")),
        ("\"stdin\"", "{ file = \"a\", environment = \"B\" }", format!("3:11: `working` must be one source of the working key. | {hint}")),
        ("\"stdin\"\n", "\"stdin\"\nrecords = \"me\"\n", "4:11: `records` must be an age recipient. | It begins with `age1`; `gatehouse keys` shows it.".into()),
        ("p.nair@oakfield.example", "p.nair", "8:21: `lead` must be a mail address. | Write name@school.example.".into()),
        ("domains = [\"oakfield.example\"]", "domains = [\"@oakfield\"]", "7:12: `domains` must be a domain. | As in \"school.example\", without @.".into()),
        ("domains = [", "domains = ", "7:29: This is no TOML: ".into()),
    ];
    for (from, to, expected) in table {
        let found = errors(&SMALL.replacen(from, to, 1));
        assert!(found.len() == 1 && found[0].starts_with(expected.as_str()), "{to}: {found:#?}");
    }
    assert!(errors("").len() >= 3);
}

#[test]
fn ten_mistakes_are_ten_faults_in_the_order_of_the_file() {
    let text = "\
mode = \"watch\"
[milter]
listen = \"nowhere\"
[relay]
listen = \"127.0.0.1:2525\"
bare-newline = \"keep\"
[[relay.client]]
networks = [\"10.0.0.300\"]
schools = [\"elm\"]
[[next-hop]]
name = \"cloud\"
hosts = [\"mail.example:0\"]
domains = [\"elsewhere.example\"]
[[school]]
id = \"oak\"
name = \"Oak\"
domains = [\"oak.example\"]
[limits]
deadline = 60
[keys]
working = \"stdin\"
";
    let lines: Vec<&str> =
        vec!["0:0", "1:8", "3:10", "6:16", "8:13", "9:12", "12:10", "14:1", "17:12", "19:12"];
    let found = errors(text);
    let places: Vec<String> =
        found.iter().map(|f| f.splitn(3, ':').take(2).collect::<Vec<_>>().join(":")).collect();
    assert_eq!(places, lines, "{found:#?}");
}

#[test]
fn the_files_that_are_named_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = path("gatehouse.toml");
    let text = SMALL.replace("\"stdin\"", "{ file = \"working.key\" }")
        + "[[school.disclaimer]]\ntemplate = \"standard\"\n[milter]\nlisten = \"unix:/nonexistent/run/m.sock\"\n";
    fs::write(&file, text).unwrap();
    let messages = |severity| -> Vec<String> {
        let cut = |m: &str| {
            m.split(": ").last().unwrap_or_default().replace(&folder.path().display().to_string(), "")
        };
        said(&check(&file), severity).iter().map(|line| cut(line.split(" | ").next().unwrap())).collect()
    };
    assert_eq!(
        messages(Gravity::Error),
        [
            "The folder /disclaimers is not there.",
            "The folder /rulesets is not there.",
            "The disclaimer /disclaimers/en/standard.txt is not there.",
            "The folder /nonexistent/run is not there.",
        ]
    );
    fs::create_dir_all(path("disclaimers/en")).unwrap();
    fs::create_dir(path("rulesets")).unwrap();
    fs::write(path("working.key"), "x").unwrap();
    fs::set_permissions(path("working.key"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path("disclaimers/en/standard.txt"), "x").unwrap();
    assert_eq!(messages(Gravity::Error), ["The folder /nonexistent/run is not there."]);
    let warned = messages(Gravity::Warning);
    assert!(warned.contains(&"Others on this host may read this key.".to_owned()), "{warned:?}");
    assert!(
        warned.contains(&"The disclaimer /disclaimers/en/standard.html is not there.".to_owned()),
        "{warned:?}"
    );
    assert!(load(&path("absent.toml")).unwrap_err().to_string().contains("cannot be read"));
}

/// Somebody who puts the secret itself into the file does not see it on the terminal.
#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    let faults =
        parse(&format!("{SMALL}[[relay.tenant]]\nsecret = \"hunter2\"\n"), Path::new("g")).unwrap_err();
    assert!(faults.to_string().contains("The key `secret`") || faults.to_string().contains("relay"));
    let faults = parse(&format!("{SMALL}secret = \"hunter2\"\n"), Path::new("g")).unwrap_err();
    let shown = faults.to_string();
    assert!(shown.contains("The key `secret`") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn no_text_makes_the_reading_fail() {
    for cut in (0..EXAMPLE.len()).step_by(37).filter(|at| EXAMPLE.is_char_boundary(*at)) {
        let _ = parse(&EXAMPLE[..cut], Path::new("g"));
        let _ = parse(&EXAMPLE[cut..], Path::new("g"));
    }
    for odd in [
        "\u{feff}",
        "[",
        "a.b.c = 1",
        "school = 1",
        "school = [1]",
        "limits = []",
        "\0",
        "[[school]]\n[[school]]\n",
    ] {
        assert!(parse(odd, Path::new("")).is_err(), "{odd:?}");
    }
}

#[test]
fn a_schools_times_are_read() {
    use crate::parties::{Period, Retention, Span};
    let day = |text: &str| text.parse().unwrap();
    let text = format!(
        "{SMALL}grace-period = \"2m\"\n[school.calendar]\ntime-zone = \"UTC\"\nweekdays = [\"sunday\", \"monday\"]\n\
         terms = [\"2027-01-04/2027-03-25\", \"2026-09-02/2026-12-18\"]\nholidays = \"2026-10-26\"\n\
         [school.retention]\ndismissed = \"2 weeks\"\nparent-mail = \"18 months\"\n"
    );
    let config = parse(&text, Path::new("/etc/g.toml")).unwrap_or_else(|faults| panic!("{faults}")).config;
    let school = &config.schools[0];
    assert_eq!(school.grace, Some(chrono::TimeDelta::minutes(2)));
    assert_eq!(school.calendar.holidays, [Span { first: day("2026-10-26"), last: day("2026-10-26") }]);
    assert_eq!(school.calendar.terms[0].first, day("2026-09-02"));
    assert!(
        school.calendar.is_school_day(day("2026-09-06")) && !school.calendar.is_school_day(day("2026-09-08"))
    );
    let kept =
        Retention { dismissed: Period::days(14), parent_mail: Period::months(18), ..Retention::default() };
    assert_eq!(school.retention, kept);
}
