//! The milter door through a real MTA: what Postfix makes of our answers is read from the
//! bytes that it delivers. The shipped main.cf lines are what connects the two.

use crate::{
    debian::program,
    house::{Script, ScriptedHouse},
    milter::{TestMilter, limits},
    postfix::{Options, Postfix},
    sink::Sink,
};
use gatehouse::{
    config::Listen,
    mail::{Address, Edits, HeaderEdit, Reply, SenderProof, Splice, Transaction, fields, header_end},
};
use std::fs;

/// The lines that we ship.
fn shipped() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/postfix/main.cf.milter")).unwrap()
}

/// Postfix with our milter by the shipped lines, once over its Unix socket and once over
/// TCP, and a sink behind.
struct Gate {
    sink: Sink,
    house: std::sync::Arc<ScriptedHouse>,
    postfix: Postfix,
    _milter: TestMilter,
}

impl Gate {
    fn over_unix(script: impl Fn(&Transaction) -> Script + Send + Sync + 'static) -> Self {
        Self::with("", script)
    }

    fn with(main_cf: &str, script: impl Fn(&Transaction) -> Script + Send + Sync + 'static) -> Self {
        let sink = Sink::start();
        let house = ScriptedHouse::new(script);
        let postfix = Postfix::start(&Options { next_hop: Some(sink.address), main_cf: shipped() + main_cf });
        let dir = postfix.queue_directory().join("gatehouse");
        fs::create_dir(&dir).unwrap();
        let listen = Listen::Unix(dir.join("milter.sock"), 0o666);
        let milter = TestMilter::start(vec![listen], limits(), house.clone());
        Self { sink, house, postfix, _milter: milter }
    }

    fn over_tcp(script: impl Fn(&Transaction) -> Script + Send + Sync + 'static) -> Self {
        let sink = Sink::start();
        let house = ScriptedHouse::new(script);
        let listen = Listen::Tcp("127.0.0.1:0".parse().unwrap());
        let milter = TestMilter::start(vec![listen], limits(), house.clone());
        let Listen::Tcp(address) = milter.addresses[0] else { panic!() };
        let main_cf = format!("{}smtpd_milters = inet:{}:{}\n", shipped(), address.ip(), address.port());
        let postfix = Postfix::start(&Options { next_hop: Some(sink.address), main_cf });
        Self { sink, house, postfix, _milter: milter }
    }
}

fn subject(transaction: &Transaction) -> String {
    let text = String::from_utf8_lossy(&transaction.raw);
    text.lines().find_map(|l| l.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
}

/// Header and body edits at once, of every kind.
fn edits(transaction: &Transaction) -> Edits {
    let raw = &transaction.raw;
    let middle = header_end(raw) + 2 + 7;
    Edits {
        headers: vec![
            HeaderEdit::Prepend { name: "X-Gate".into(), value: "one\r\n two".into() },
            HeaderEdit::Prepend { name: "X-Top".into(), value: "top".into() },
            HeaderEdit::Replace { name: "Subject".into(), nth: 1, value: "[School] edited".into() },
            HeaderEdit::Remove { name: "X-Old".into(), nth: 1 },
            HeaderEdit::Remove { name: "X-Old".into(), nth: 3 },
        ],
        body: vec![
            Splice { range: middle..middle + 4, bytes: "LINE".into() },
            Splice {
                range: raw.len()..raw.len(),
                bytes: "-- \r\n.a dot\r\nA line from the school: caf\u{e9}.\r\n".into(),
            },
        ],
    }
}

fn act(transaction: &Transaction) -> Script {
    match subject(transaction).as_str() {
        "edit" => Script::Pass(edits(transaction)),
        "only first" => Script::PassTo(vec![0], Edits::default()),
        "keep" => Script::Keep,
        "refuse" => Script::Refuse(Reply::new(550, (5, 7, 1), "Not sent; 100% of it waits for you")),
        "defer" => Script::Defer(Reply::new(451, (4, 3, 2), "Later")),
        "panic" => Script::Panic,
        _ => Script::Pass(Edits::default()),
    }
}

/// The delivered bytes without the MTA's own Received fields.
fn without_received(data: &[u8]) -> Vec<u8> {
    let end = header_end(data);
    let mut out: Vec<u8> = Vec::new();
    for (name, bytes) in fields(&data[..end]) {
        if !name.eq_ignore_ascii_case("received") {
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(&data[end..]);
    out
}

const MAIL: &str = "From: t.staff@oakfield.example\r\nTo: p.parent@post.example\r\nX-Old: one\r\nX-Old:two\r\n\
    Subject: edit\r\nDate: Tue, 01 Sep 2026 09:00:00 +0000\r\nMessage-ID: <1@oakfield.example>\r\nx-old: \
    three\r\nX-Folded:  one\r\n\ttwo\r\n\r\n.first line\r\n..\r\nlast\r\n";

#[test]
fn what_is_delivered_is_what_the_edits_say() {
    for gate in [Gate::over_unix(act), Gate::over_tcp(act)] {
        let mut client = gate.postfix.client();
        let reply = client.send("t.staff@oakfield.example", &["p.parent@post.example"], MAIL);
        assert!(reply.starts_with("250"), "{reply}");
        let plain = MAIL.replace("Subject: edit", "Subject: plain");
        assert!(client.send("", &["p.parent@post.example"], &plain).starts_with("250"));
        let delivered = gate.sink.wait_for(2);
        let seen = gate.house.transactions();
        assert_eq!(seen[0].raw, MAIL, "as the client wrote it");
        let queue_id = seen[0].arrival.queue_id.clone().unwrap();
        assert!(reply.contains(&queue_id), "{reply} names the queue id {queue_id}");
        let edited = delivered.iter().find(|d| d.mail.contains("t.staff")).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&without_received(&edited.data)),
            String::from_utf8_lossy(&edits(&seen[0]).apply(&seen[0].raw))
        );
        assert!(edited.data.starts_with(b"X-Top: top\r\nX-Gate: one\r\n two\r\n"), "{}", edited.text());
        let unedited = delivered.iter().find(|d| d.mail.contains("<>")).unwrap();
        assert_eq!(without_received(&unedited.data), plain.as_bytes());
    }
}

#[test]
fn fates_of_a_message_and_who_learns_of_them() {
    let gate = Gate::over_unix(act);
    let mut client = gate.postfix.client();
    let mut send = |subject: &str, to: &[&str]| {
        let data = MAIL.replace("Subject: edit", &format!("Subject: {subject}"));
        client.send("t.staff@oakfield.example", to, &data)
    };
    let p = "p.parent@post.example";
    assert_eq!(send("refuse", &[p]), "550 5.7.1 Not sent; 100 percent of it waits for you\r\n");
    assert_eq!(send("defer", &[p]), "451 4.3.2 Later\r\n");
    assert!(send("panic", &[p]).starts_with("451 4.3.0"));
    assert!(send("keep", &[p]).starts_with("250"), "the client is told that it is safe");
    assert!(gate.house.confirmed().is_empty(), "no positive reply was known to be seen");
    assert!(send("only first", &[p, "b@post.example"]).starts_with("250"));
    gate.house.wait_confirmed(1);
    assert!(send("plain", &["c@post.example"]).starts_with("250"));
    let delivered = gate.sink.wait_for(2);
    assert!(client.say("QUIT").starts_with("221"));

    let seen = gate.house.transactions();
    assert_eq!(gate.house.confirmed(), [seen[3].id, seen[4].id], "a farewell confirms nothing");
    let rcpts: Vec<String> = delivered.iter().flat_map(|d| d.rcpts.clone()).collect();
    assert_eq!(rcpts.len(), 2, "{rcpts:?}");
    assert!(delivered.iter().any(|d| d.is_for(p)) && delivered.iter().any(|d| d.is_for("c@post.example")));
}

/// Whoever holds mail back for a recipient relies on the MTA's removing it however the
/// client wrote the address, and on judging the address that the MTA means.
#[test]
fn a_removed_recipient_is_removed_in_every_spelling() {
    let gate = Gate::over_unix(act);
    let mut client = gate.postfix.client();
    client.say("MAIL FROM:<t.staff@oakfield.example>");
    assert!(client.say("RCPT TO:<keep@post.example>").starts_with("250"));
    let spellings = [
        ("p1@post.example", "p1@post.example"),
        ("<P2@POST.example>", "P2@POST.example"),
        ("<(note)P3@post.example>", "p3@post.example"),
        ("<p4@post.example.>", "p4@post.example."),
        ("<p5@[192.0.2.5]>", "p5@[192.0.2.5]"),
        ("<\"p6\"@post.example>", "p6@post.example"),
        ("<\"p\\7\"@post.example>", "p7@post.example"),
        ("<\"p 8\"@post.example>", "\"p 8\"@post.example"),
        ("<post.example!p9>", "p9@post.example"),
        ("<O'Brien+x@post.example> NOTIFY=NEVER", "O'Brien+x@post.example"),
        ("<p@10@post.example>", "\"p@10\"@post.example"),
        ("<caf\u{e9}@post.example>", "caf\u{e9}@post.example"),
        ("<postmaster>", "postmaster@gw.example"),
        ("<p 11 @ post.example>", ""),
        ("<p12 @ post.example>", "p12@post.example"),
    ];
    let mut meant = vec!["keep@post.example"];
    for (spelling, address) in spellings {
        let taken = client.say(&format!("RCPT TO:{spelling}")).starts_with("250");
        assert_eq!(taken, !address.is_empty(), "{spelling}");
        meant.extend(Some(address).filter(|a| !a.is_empty()));
    }
    assert!(client.say("RCPT TO:<@relay.example:p13@post.example>").starts_with("553 5.1.3"));
    assert!(client.say("DATA").starts_with("354"));
    client.write(MAIL.replace("Subject: edit", "Subject: only first").replace("\r\n.", "\r\n..").as_bytes());
    client.write(b".\r\n");
    assert!(client.reply().starts_with("250"));
    // A second one, so that the first has been through the queue when it arrives.
    assert!(client.send("b@oakfield.example", &["last@post.example"], MAIL).starts_with("250"));
    let rcpts: Vec<String> = gate.sink.wait_for(2).into_iter().flat_map(|d| d.rcpts).collect();
    let seen = gate.house.transactions();
    let judged: Vec<&str> = seen[0].envelope.recipients.iter().map(|r| r.address.key()).collect();
    let meant: Vec<Address> = meant.into_iter().map(|a| Address::parse(a).unwrap()).collect();
    assert_eq!(judged, meant.iter().map(Address::key).collect::<Vec<_>>());
    assert_eq!(rcpts.len(), 2, "{rcpts:?}");
}

#[test]
fn two_hundred_messages_over_eight_connections() {
    for gate in [Gate::over_unix(act), Gate::over_tcp(act)] {
        std::thread::scope(|scope| {
            for worker in 0..8 {
                let mut client = gate.postfix.client();
                scope.spawn(move || {
                    for n in 0..25 {
                        let subject = if n % 2 == 0 { "edit" } else { "plain" };
                        let mail = MAIL.replace("Subject: edit", &format!("Subject: {subject}"));
                        let mail =
                            format!("X-Number: {worker}-{n}\r\n{mail}{}", "line\r\n".repeat(worker * 2000));
                        assert!(
                            client
                                .send("t.staff@oakfield.example", &["p@post.example"], &mail)
                                .starts_with("250")
                        );
                    }
                });
            }
        });
        let delivered = gate.sink.wait_for(200);
        let seen = gate.house.transactions();
        assert_eq!((delivered.len(), seen.len()), (200, 200));
        let mut expected: Vec<_> = seen
            .iter()
            .map(|t| match subject(t).as_str() {
                "edit" => edits(t).apply(&t.raw).to_vec(),
                _ => t.raw.to_vec(),
            })
            .collect();
        let mut arrived: Vec<_> = delivered.iter().map(|d| without_received(&d.data)).collect();
        expected.sort();
        arrived.sort();
        assert!(expected == arrived, "each message is what its edits say");
    }
}

#[test]
fn without_the_milter_the_client_keeps_its_mail() {
    let sink = Sink::start();
    let postfix = Postfix::start(&Options { next_hop: Some(sink.address), main_cf: shipped() });
    let reply = postfix.client().send("t.staff@oakfield.example", &["p@post.example"], MAIL);
    assert!(reply.starts_with("451"), "{reply}");
    assert!(sink.deliveries().is_empty());
}

#[test]
fn a_large_body_is_replaced_whole() {
    let gate = Gate::over_tcp(act);
    let mail = format!("{MAIL}{}", "a line of a large body, with a dot or two...\r\n".repeat(100_000));
    assert!(
        gate.postfix.client().send("t.staff@oakfield.example", &["p@post.example"], &mail).starts_with("250")
    );
    let delivered = gate.sink.wait_for(1);
    let seen = gate.house.transactions();
    assert!(seen[0].raw == mail.as_bytes());
    assert!(without_received(&delivered[0].data) == edits(&seen[0]).apply(&seen[0].raw));
}

/// Everything that some server somewhere takes for the end of a message, followed by a
/// second message that its sender was never asked about.
const SMUGGLED: &str = "MAIL FROM:<head@oakfield.example>\r\nRCPT TO:<p@post.example>\r\nDATA\r\n\
    Subject: smuggled\r\n\r\nsmuggled\r\n.\r\n";
const FALSE_ENDS: [&str; 10] = [
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\n.\r",
    "\r.\n",
    "\r\n\0.\r\n",
    "\r\n.\0\r\n",
];

/// How many messages Postfix makes of one, for each false end.
fn cut_by(main_cf: &str, gate: &Gate) -> Vec<usize> {
    let sink = Sink::start();
    let Listen::Unix(path, _) = &gate._milter.addresses[0] else { panic!() };
    let main_cf = format!("{}smtpd_milters = unix:{}\n{main_cf}", shipped(), path.display());
    let postfix = Postfix::start(&Options { next_hop: Some(sink.address), main_cf });
    let cut = |end: &&str| {
        let before = gate.house.transactions().len();
        let mut client = postfix.client();
        client.say("MAIL FROM:<t.staff@oakfield.example>");
        client.say("RCPT TO:<p@post.example>");
        client.say("DATA");
        client.write(format!("Subject: plain\r\n\r\nfirst{end}{SMUGGLED}QUIT\r\n").as_bytes());
        while !client.reply().is_empty() {}
        gate.house.transactions().len() - before
    };
    FALSE_ENDS.iter().map(cut).collect()
}

#[test]
fn the_shipped_lines_stop_smuggling() {
    let gate = Gate::over_unix(act);
    assert_eq!(cut_by("", &gate), [1; 10]);
    assert!(gate.house.transactions().iter().all(|t| subject(t) != "smuggled"));
    // The test can tell: at its defaults this Postfix is deceived.
    let deceived = cut_by("smtpd_forbid_bare_newline = no\n", &gate);
    assert!(deceived.contains(&2), "{deceived:?}");
}

#[test]
fn swaks_gets_its_mail_through() {
    let gate = Gate::over_tcp(act);
    let out = program("swaks")
        .args(["--server", &gate.postfix.smtp.to_string(), "--from", "t.staff@oakfield.example"])
        .args(["--to", "a@post.example,b@post.example", "--h-Subject", "only first", "--body", "Hello."])
        .args(["--attach-type", "text/plain", "--attach-name", "list.txt", "--attach", "one two three"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    let delivered = gate.sink.wait_for(1);
    assert!(delivered[0].is_for("a@post.example") && !delivered[0].is_for("b@post.example"));
    assert_eq!(without_received(&delivered[0].data), gate.house.transactions()[0].raw);
}

/// XCLIENT stands for a sign-in here; without one, only a listed host's word counts.
#[test]
fn who_proves_to_be_the_sender() {
    let gate = Gate::with("mynetworks = 0.0.0.0/0 [::]/0\nsmtpd_sasl_auth_enable = yes\n", act);
    let proof = |xclient: &str| {
        let mut client = gate.postfix.client();
        assert!(client.say(xclient).starts_with("220"));
        client.say("EHLO mail.oakfield.example");
        assert!(client.send("t.staff@oakfield.example", &["p@post.example"], MAIL).starts_with("250"));
        let arrival = gate.house.transactions().pop().unwrap().arrival;
        (arrival.client.unwrap().to_string(), arrival.client_name, arrival.proof)
    };
    let host = Some("mail.oakfield.example".to_owned());
    assert_eq!(
        proof("XCLIENT ADDR=198.51.100.9 NAME=mail.oakfield.example"),
        ("198.51.100.9".into(), host, SenderProof::ListedHost)
    );
    assert_eq!(
        proof("XCLIENT ADDR=203.0.113.9 NAME=[UNAVAILABLE]"),
        ("203.0.113.9".into(), None, SenderProof::Unproved)
    );
    assert_eq!(proof("XCLIENT ADDR=203.0.113.9 LOGIN=t.staff").2, SenderProof::Login("t.staff".into()));
}
