//! A thief has the gate's whole disk, its log and what it left in its temporary folder, and a
//! dictionary of every word that he hopes for; no custodian's key, not the working key. Where rows
//! and objects lie elsewhere he has those disks too, and what the gate's disk says of the way to
//! them. Of 500 messages that were held, quarantined, recorded, passed on, released, read, searched
//! for and told of, he finds no word: not plain, not encoded, not compressed, not as a hash. Nor does
//! he learn who belongs to the school.

use crate::{
    dangers::{GROOMING, HEALTH},
    debian::program,
    gate::{Home, PARENT, PUPIL, RELAY, ROOT, Serving, Setup, TEACHER, hop},
    house::PATIENCE,
    postgres,
    s3::{self, TestBucket},
    sink::{Asked, Sink},
    smtp::Client,
};
use aho_corasick::AhoCorasick;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::{
    io::{self, Read},
    os::unix::process::ExitStatusExt,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

const MESSAGES: usize = 500;
const KEY: &str = "GATEHOUSE_TEST_WORKING_KEY";

/// A word that stands nowhere else, one for each place of each message.
fn canary(number: usize, place: usize) -> String {
    let syllable =
        |n: usize| format!("{}{}", b"bdfgklmnprstvwz"[n % 15] as char, b"aeiou"[n / 15 % 5] as char);
    let seed = number * 8 + place;
    format!("q{}{}x{}y\u{e9}", syllable(seed), syllable(seed / 75), syllable(seed * 31 % 75)) + "dd"
}

/// Where a word stands in a message.
const SUBJECT: usize = 0;
const BODY: usize = 1;
const NAME: usize = 2;
const FILE_NAME: usize = 3;
const FILE: usize = 4;
const ADDRESS: usize = 5;
/// In what an operator writes, or a next hop answers.
const REASON: usize = 6;

fn address(number: usize) -> String {
    format!("{}@harbour.example", canary(number, ADDRESS).replace('\u{e9}', "e"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Held,
    Quarantined,
    Recorded,
    PassedIn,
    PassedOut,
}

fn way(number: usize) -> Way {
    [Way::Held, Way::Quarantined, Way::Recorded, Way::PassedIn, Way::PassedOut][number % 5]
}

fn send(serving: &Serving, number: usize) {
    let other = address(number);
    let (login, from, to, text) = match way(number) {
        Way::Held => (Some(TEACHER), TEACHER, other.as_str(), HEALTH),
        Way::Quarantined => (None, other.as_str(), PUPIL, GROOMING),
        Way::Recorded => (Some(TEACHER), TEACHER, PARENT, "Thank you for your letter."),
        Way::PassedIn => (None, other.as_str(), TEACHER, "All is well."),
        Way::PassedOut => (Some(TEACHER), TEACHER, other.as_str(), "All is well."),
    };
    let word = |place| canary(number, place);
    let file = STANDARD_NO_PAD.encode(format!("The file says {}, and no more.", word(FILE)));
    let data = format!(
        "From: \"{} Doe\" <{from}>\r\nTo: {to}\r\nSubject: About {}\r\nMessage-ID: <{}@client.example>\r\n\
         Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text} It was {} who said so.\r\n--b\r\n\
         Content-Type: text/plain; name=\"{}.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--b--\r\n",
        word(NAME),
        word(SUBJECT),
        word(SUBJECT),
        word(BODY),
        word(FILE_NAME),
    );
    let mut client = Client::connect(serving.relay.unwrap());
    if let Some(login) = login {
        client.say(&format!("XCLIENT LOGIN={login}"));
        client.say("EHLO mail.oakfield.example");
    }
    let reply = client.send(from, &[to], &data);
    client.say("QUIT");
    assert!(reply.starts_with("250"), "{:?}: {reply}", way(number));
}

/// What a person at the command line does with what is kept.
fn work(home: &Home) {
    let ok = |args: &[&str]| {
        let said = home.run(args);
        assert_eq!(said.code(), 0, "{args:?}: {}", said.err);
        said.out
    };
    let ids = |kind: &str| -> Vec<String> {
        home.list(&[kind, "list"]).iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
    };
    let (holds, waiting) = (ids("hold"), ids("quarantine"));
    assert_eq!((holds.len(), waiting.len()), (MESSAGES / 5, MESSAGES / 5));
    for number in 0..2 {
        let reason = canary(number, REASON);
        ok(&["hold", "release", &holds[number], "--reason", &reason]);
        ok(&["quarantine", "release", &waiting[number], "--reason", &reason]);
        ok(&["quarantine", "keep", &waiting[number + 2], "--reason", &reason]);
    }
    let raw = ok(&["quarantine", "show", &waiting[5], "--raw", "--purpose", "safeguarding"]);
    assert!(raw.contains("The") || raw.contains("It was"), "{raw}");
    let found = |args: &[&str]| home.list(args).len();
    let (quarantined, recorded) = (canary(1, BODY), canary(2, SUBJECT));
    assert_eq!(found(&["quarantine", "search", &quarantined, "--purpose", "safeguarding"]), 1);
    assert_eq!(found(&["quarantine", "search", "--from", &address(1), "--purpose", "safeguarding"]), 1);
    assert_eq!(found(&["records", "search", "--purpose", "facts", &recorded]), 1);
    assert_eq!(
        found(&["records", "search", "--purpose", "facts", "--parent", PARENT, "--limit", "1000"]),
        MESSAGES / 5
    );
    ok(&["ledger", "verify"]);
}

/// Looks for the words and all that a dictionary makes of them.
struct Thief(AhoCorasick, Vec<String>);

impl Thief {
    fn get() -> &'static Self {
        static THIEF: OnceLock<Thief> = OnceLock::new();
        THIEF.get_or_init(Self::new)
    }

    fn new() -> Self {
        let (mut patterns, mut names) = (Vec::<Vec<u8>>::new(), Vec::new());
        let mut words: Vec<String> =
            (0..MESSAGES).flat_map(|n| (SUBJECT..=REASON).map(move |place| canary(n, place))).collect();
        words.extend((0..MESSAGES).map(address));
        words.extend((0..MESSAGES).map(|n| address(n).split('@').next().unwrap().to_owned()));
        for word in &words {
            for (how, bytes) in forms(word) {
                patterns.push(bytes);
                names.push(format!("{word} {how}"));
            }
        }
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(aho_corasick::AhoCorasickKind::ContiguousNFA));
        Self(builder.build(&patterns).unwrap(), names)
    }

    /// What is found in these bytes, and in each zstd frame among them.
    fn finds(&self, bytes: &[u8]) -> Option<&str> {
        let direct = |bytes: &[u8]| self.0.find(bytes).map(|hit| self.1[hit.pattern().as_usize()].as_str());
        let frames = memchr::memmem::find_iter(bytes, b"\x28\xb5\x2f\xfd");
        direct(bytes).or_else(|| {
            frames.into_iter().find_map(|at| {
                let mut plain = Vec::new();
                let decoder = zstd::stream::read::Decoder::new(&bytes[at..]).ok()?;
                // Whatever comes out before the end or the first fault counts.
                let _ = decoder.take(1 << 26).read_to_end(&mut plain);
                direct(&plain)
            })
        })
    }
}

/// A word as it stands in mail, and as it would stand in a careless index or log.
fn forms(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>().into_bytes();
    let latin: Vec<u8> = word.chars().map(|c| c as u8).collect();
    let utf16 = |swap: fn(u16) -> [u8; 2]| word.encode_utf16().flat_map(swap).collect::<Vec<u8>>();
    let quoted: String =
        word.bytes().map(|b| if b.is_ascii() { (b as char).into() } else { format!("={b:02X}") }).collect();
    // Without the accent, as an index folds it.
    let folded = word.replace('\u{e9}', "e");
    let mut forms = vec![
        ("plain", word.as_bytes().to_vec()),
        ("folded", folded.as_bytes().to_vec()),
        ("Latin 1", latin),
        ("UTF-16 LE", utf16(u16::to_le_bytes)),
        ("UTF-16 BE", utf16(u16::to_be_bytes)),
        ("quoted-printable", quoted.into_bytes()),
        ("hex", hex(word.as_bytes())),
    ];
    for lead in 0..3 {
        // The characters that depend on this word alone.
        let text = STANDARD_NO_PAD.encode([&b"\0\0"[..lead], word.as_bytes()].concat());
        let last = if (word.len() + lead).is_multiple_of(3) { text.len() } else { text.len() - 1 };
        forms.push(("base64", text.as_bytes()[[0, 2, 3][lead]..last].to_vec()));
    }
    for text in [word.as_bytes(), folded.as_bytes()] {
        let hashes = [Sha256::digest(text).to_vec(), Sha1::digest(text).to_vec(), Md5::digest(text).to_vec()];
        for hash in hashes {
            // The first eight bytes are in the whole too.
            forms.push(("hashed", hash[..8].to_vec()));
            forms.push(("hashed, in hex", hex(&hash[..8])));
            forms.push(("hashed, in base64", STANDARD_NO_PAD.encode(&hash[..8]).as_bytes()[..10].to_vec()));
        }
    }
    forms
}

type Loot = Vec<(String, Vec<u8>)>;

/// All files below a folder; what links lead to belongs to somebody else. A server that runs may
/// take one away meanwhile.
fn files(folder: &Path) -> Loot {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            all.extend(files(&entry.path()));
        } else if kind.is_file() {
            match std::fs::read(entry.path()) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                read => all.push((entry.path().display().to_string(), read.unwrap())),
            }
        }
    }
    all
}

/// Where rows and objects lie.
enum Place {
    /// On the gate's own disk: SQLite and a folder.
    OneDisk,
    /// PostgreSQL and S3, each with disks of its own.
    Servers { cluster: postgres::Cluster, url: String, bucket: TestBucket },
}

impl Place {
    fn servers() -> Self {
        let cluster = postgres::Cluster::alone();
        let url = cluster.fresh_database();
        Self::Servers { cluster, url, bucket: s3::server().bucket(s3::Kind::Plain) }
    }

    /// What gatehouse.toml says of it.
    fn toml(&self) -> String {
        match self {
            Self::OneDisk => String::new(),
            Self::Servers { url, bucket, .. } => {
                format!("[store]\nurl = \"{url}\"\n{}", bucket.toml(s3::server().address))
            }
        }
    }

    /// The rows of the database put together again, and each value of bytes among them as it is.
    fn rows(&self, home: &Home) -> Vec<u8> {
        let mut rows = match self {
            Self::OneDisk => {
                let dump = program("sqlite3").arg(home.path("data/gatehouse.db")).arg(".dump").output();
                let dump = dump.unwrap();
                assert!(dump.status.success());
                dump.stdout
            }
            Self::Servers { url, .. } => postgres::dump(url),
        };
        assert!(rows.len() > 1_000_000);
        let values = rows.split(|b| !b.is_ascii_hexdigit()).filter(|run| run.len() >= 16);
        let bytes: Vec<u8> = values.flat_map(|run| hex(run).chain([0])).collect();
        assert!(bytes.len() > 500_000);
        rows.extend(bytes);
        rows
    }

    /// The disks that are not the gate's, and of them what is this gate's alone.
    fn elsewhere(&self) -> (Loot, Loot) {
        let Self::Servers { cluster, url, bucket } = self else { return Default::default() };
        // What the server still holds in memory goes to its disk.
        assert!(postgres::psql(url).args(["-c", "CHECKPOINT"]).status().unwrap().success());
        let (mut own, objects) = (files(cluster.folder()), bucket.objects());
        assert!(own.iter().any(|(name, _)| name.contains("/pg_wal/")) && !objects.is_empty());
        own.extend(objects);
        (files(s3::server().folder()), own)
    }
}

/// What lies open in a table or an object is found, in every place where he looks.
fn would_find_on_the_servers(place: &Place, home: &Home) {
    let Place::Servers { cluster, url, bucket } = place else { return };
    let (word, finds) = (canary(2, BODY), |bytes: &[u8]| Thief::get().finds(bytes).is_some());
    let table = format!("CREATE TABLE open AS SELECT '{word}' AS word");
    assert!(postgres::psql(url).args(["-c", &table, "-c", "CHECKPOINT"]).status().unwrap().success());
    assert_eq!(bucket.overwrite("open", word.as_bytes()), 200);
    for disk in [&cluster.folder().join("data/base"), s3::server().folder()] {
        assert!(files(disk).iter().any(|(_, bytes)| finds(bytes)), "{}", disk.display());
    }
    assert!(bucket.objects().iter().any(|(_, bytes)| finds(bytes)) && finds(&place.rows(home)));
    assert_eq!(bucket.delete("open"), 204);
}

/// The bytes that an even number of these digits write.
fn hex(digits: &[u8]) -> impl Iterator<Item = u8> {
    let digit = |d: u8| char::from(d).to_digit(16).unwrap() as u8;
    digits.as_chunks::<2>().0.iter().map(move |[high, low]| digit(*high) << 4 | digit(*low))
}

/// The addresses of everybody whom the school's system knows.
fn people() -> AhoCorasick {
    let users = std::fs::read_to_string(format!("{ROOT}/demo/directory/users.csv")).unwrap();
    let of_a_line =
        |line: &str| line.split(',').filter(|f| f.contains('@')).map(str::to_owned).collect::<Vec<_>>();
    let addresses: Vec<String> = users.lines().flat_map(of_a_line).collect();
    assert!(addresses.len() > 20);
    let people = AhoCorasick::builder().ascii_case_insensitive(true).build(&addresses).unwrap();
    assert!(people.find(&users).is_some());
    people
}

/// Everything on the disk of this gate and those of its servers, and the rows put together again;
/// how many objects of the vault are among it.
fn steal(home: &Home, place: &Place, when: &str) -> usize {
    let (thief, people) = (Thief::get(), people());
    let (mut loot, mut own) = place.elsewhere();
    own.push(("the rows".into(), place.rows(home)));
    for (name, bytes) in files(&home.path("data")).iter().chain(&own) {
        assert!(people.find(bytes).is_none(), "{when}: a person in {name}");
    }
    loot.extend(own);
    loot.extend(files(home.path(".").as_path()));
    for (name, bytes) in &loot {
        assert_eq!(thief.finds(bytes), None, "{when}: in {name}");
        // A private key, of whatever kind.
        for key in ["AGE-SECRET-KEY-", "PRIVATE KEY"] {
            let found = memchr::memmem::find(&bytes.to_ascii_uppercase(), key.as_bytes());
            assert!(found.is_none(), "{when}: a key in {name}");
        }
    }
    loot.iter().filter(|(name, _)| name.ends_with(".age")).count()
}

fn home(sink: &Sink, place: &Place, elsewhere: &Path) -> Home {
    let setup = Setup {
        doors: RELAY.into(),
        hops: hop("own", "*", sink.address),
        school: "record-parent-mail = true\n".into(),
        more: place.toml(),
        ..Setup::default()
    };
    let mut home = Home::new(&setup);
    let file = home.path("gatehouse.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let by_variable = format!("working = {{ environment = \"{KEY}\" }}");
    assert!(text.contains("working = { file = \"working.key\" }"));
    std::fs::write(&file, text.replace("working = { file = \"working.key\" }", &by_variable)).unwrap();
    for name in ["working.key", "custodian.key"] {
        std::fs::copy(home.path(name), elsewhere.join(name)).unwrap();
        std::fs::remove_file(home.path(name)).unwrap();
    }
    let key = std::fs::read_to_string(elsewhere.join("working.key")).unwrap();
    let key = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    std::fs::create_dir(home.path("tmp")).unwrap();
    let tmp = home.path("tmp").display().to_string();
    home.environment =
        vec![(KEY, key.to_owned()), ("TMPDIR", tmp), ("GATEHOUSE_LOG", "info,gatehouse=trace".into())];
    home
}

/// One after another by four clients.
fn send_all(serving: &Serving) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= MESSAGES {
                        return;
                    }
                    send(serving, number);
                }
            });
        }
    });
}

#[test]
fn a_thief_with_the_disk_and_a_dictionary_finds_no_word_of_500_messages() {
    nothing_is_found_at(&Place::OneDisk);
}

#[test]
fn nor_does_one_who_has_the_disks_of_database_and_bucket_and_the_way_to_them() {
    nothing_is_found_at(&Place::servers());
}

fn nothing_is_found_at(place: &Place) {
    let elsewhere = tempfile::tempdir().unwrap();
    // What is released later is answered with its own words, and waits.
    let full = Arc::new(AtomicBool::new(false));
    let later = Arc::clone(&full);
    let sink = Sink::scripted(move |asked| match asked {
        Asked::Rcpt(to) if later.load(Ordering::SeqCst) && to.contains("@harbour.example") => {
            Some(format!("451 4.2.1 {to} {} is full", address(0)))
        }
        _ => None,
    });
    let home = home(&sink, place, elsewhere.path());
    let serving = Serving::under(&home, "ulimit -c unlimited 2>/dev/null;");
    send_all(&serving);
    full.store(true, Ordering::SeqCst);
    work(&home);
    let since = Instant::now();
    let tried = |job: &Value| job["kind"] == "release" && job["state"] != "done" && job["attempts"] != 0;
    while home.list(&["outbox", "list"]).iter().filter(|job| tried(job)).count() < 2 {
        assert!(since.elapsed() < PATIENCE, "the released are never tried");
    }

    let thief = Thief::get();
    // He would find what is there to be found.
    let passed = sink.deliveries().into_iter().find(|d| d.text().contains(&canary(3, BODY))).unwrap();
    let packed = zstd::encode_all(&passed.data[..], 3).unwrap();
    let encoded = |lead: &str| STANDARD_NO_PAD.encode(format!("{lead}{} was here", canary(3, FILE)));
    let careless = [encoded(""), encoded("I"), encoded("We"), canary(3, NAME).to_ascii_uppercase()];
    let careless = careless.into_iter().map(String::into_bytes);
    let hashed = Md5::digest(address(4)).to_vec();
    for bytes in [passed.data, [b"before".to_vec(), packed].concat(), hashed].into_iter().chain(careless) {
        assert!(thief.finds(&bytes).is_some(), "{:?}", String::from_utf8_lossy(&bytes));
    }

    serving.signal("ABRT");
    serving.wait_log("ended");
    let log = serving.log().join("\n");
    let status = serving.end("ABRT");
    assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
    assert_eq!(thief.finds(log.as_bytes()), None, "in the log");
    assert!(steal(&home, place, "crashed") > MESSAGES / 5);
    assert!(home.serve().stop().success());
    steal(&home, place, "stopped");
    would_find_on_the_servers(place, &home);
}
