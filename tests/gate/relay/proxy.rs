//! The synchronous proxy: what is offered, passed, passed on and told.

use super::{super::hop::ALL, *};
use gatehouse::mail::{Arrival, HeaderEdit, SenderProof};

const MAIL: &str = "From: a.staff@oak.example\r\nSubject: trip\r\n\r\nOn Friday.\r\n.\r\n";

#[tokio::test]
async fn a_message_passes_with_one_received_field_on_top_and_its_next_hop_s_250() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    let reply = client.message(MAIL).await;
    assert_eq!(reply, "250 2.0.0 Accepted as 00000000000000000000000000000001\r\n");
    let taken = hop.only();
    assert_eq!(taken.mail, "MAIL FROM:<a.staff@oak.example>");
    assert_eq!(taken.rcpts, ["RCPT TO:<b.parent@far.example>"]);
    let text = String::from_utf8(taken.with_trace()).unwrap();
    let (first, rest) = text.split_once("X-Gatehouse-Pass: 1\r\n").unwrap();
    assert_eq!(
        first,
        "Received: from client.example ([127.0.0.1])\r\n\tby gate.example (Gatehouse) with ESMTP id \
         00000000000000000000000000000001\r\n\tfor <b.parent@far.example>;\r\n\tSun, 22 Nov 2026 10:00:00 +0000\r\n"
    );
    assert_eq!(rest, MAIL.strip_suffix(".\r\n").unwrap());
    let custody = relay.house.receipts.lock().unwrap().clone();
    assert_eq!(custody, [[Custody::NextHopAccepted { reply: "250 2.0.0 queued as HOP1".into() }]]);
    let Arrival { helo, proof, .. } = relay.house.only().arrival;
    assert_eq!((helo.as_deref(), proof), (Some("client.example"), SenderProof::Unproved));
}

#[tokio::test]
async fn every_octet_comes_through_unchanged() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    let head = b"Subject: exact\r\n\r\n".to_vec();
    let all_octets: Vec<u8> = (0..=255u8).filter(|o| !matches!(o, b'\r' | b'\n')).collect();
    let messages = [
        vec![],
        b"\r\n".to_vec(),
        [&head[..], b".\r\n..\r\n.a\r\n.\r\n\r\n"].concat(),
        [&head[..], &all_octets, b"\r\n"].concat(),
        [&head[..], &b"y".repeat(100_000), b"\r\n"].concat(),
        [&head[..], b"a\0b \xff\xfe caf\xe9 \t \r\n   \r\n"].concat(),
        [&head[..], &b"0123456789 text \xc3\xa9 .\r\n.dot\r\n".repeat(20_000)].concat(),
    ];
    for message in &messages {
        // Stuffed here by another way than the relay's.
        let mut wire = b"\r\n".to_vec();
        wire.extend_from_slice(message);
        let text: Vec<u8> = wire
            .windows(3)
            .enumerate()
            .filter(|(_, w)| w == b"\r\n.")
            .fold((wire.clone(), 0), |(mut out, added), (at, _)| {
                out.insert(at + 2 + added, b'.');
                (out, added + 1)
            })
            .0;
        let reply = client.message([&text[2..], b".\r\n"].concat()).await;
        assert!(reply.starts_with("250 "), "{reply}");
    }
    let taken = hop.taken();
    assert_eq!(taken.len(), messages.len());
    for (nth, (sent, got)) in messages.iter().zip(&taken).enumerate() {
        assert!(got.message() == *sent, "message {nth} changed");
        assert!(relay.house.transactions.lock().unwrap()[nth].raw == sent[..], "message {nth} at the house");
    }
    assert_eq!(hop.connections(), 1, "one connection serves one message after the other");
}

#[tokio::test]
async fn edits_are_made_and_nothing_else() {
    let edits = Edits {
        headers: vec![HeaderEdit::Replace { name: "Subject".into(), nth: 1, value: "[Marked] trip".into() }],
        body: vec![],
    };
    let (relay, hop) = Relay::with(HopScript::default(), move |_| Fate::Edited(edits.clone())).await;
    relay.ready().await.message(MAIL).await;
    let expected = MAIL.strip_suffix(".\r\n").unwrap().replace("Subject: trip", "Subject: [Marked] trip");
    assert_eq!(hop.only().message(), expected.as_bytes());
}

#[tokio::test]
async fn ehlo_offers_what_every_next_hop_offers_and_the_smallest_size() {
    let one = Hop::start(HopScript::default()).await;
    let two = Hop::start(HopScript { extensions: vec!["8BITMIME", "SIZE 5000"], ..Default::default() }).await;
    let hops =
        vec![next_hop("one", &["one.example"], &[one.address]), next_hop("two", &["*"], &[two.address])];
    let relay = Setup::new(hops, TestHouse::new(|_| Fate::Pass)).start().await;
    let offered = relay.client().await.greeted().await;
    let mut lines: Vec<&str> = offered.lines().map(|l| &l[4..]).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE 5000", "gate.example"]);
    let mut client = relay.ready().await;
    client.expect("MAIL FROM:<a@oak.example> SIZE=5001", "552 5.3.4 ").await;
    client.expect("MAIL FROM:<a@oak.example> SMTPUTF8", "555 ").await;
    assert_eq!((one.connections(), two.connections()), (1, 1), "asked once and remembered");
    let all = Relay::passing().await;
    let offered = all.0.client().await.greeted().await;
    for extension in ["PIPELINING", "SIZE 20000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"] {
        assert!(offered.contains(extension), "{extension}");
    }
    assert!(!offered.contains("CHUNKING") && !offered.contains("XCLIENT") && !offered.contains("STARTTLS"));
}

#[tokio::test]
async fn esmtp_words_are_passed_as_they_were_written() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    let mail = "MAIL FROM:<A.Staff@Oak.Example> size=100 BODY=8bitmime RET=hdrs ENVID=q+2B1 SMTPUTF8";
    let rcpt = "RCPT TO:<siân@far.example> NOTIFY=success,DELAY ORCPT=rfc822;Sian@far.example";
    client.expect(mail, "250 ").await;
    client.expect(rcpt, "250 ").await;
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("250 "));
    let taken = hop.only();
    assert_eq!((taken.mail.as_str(), &taken.rcpts[..]), (mail, &[rcpt.to_owned()][..]));
    assert!(String::from_utf8(taken.with_trace()).unwrap().contains(" with UTF8SMTP id "));
    let transaction = relay.house.only();
    assert_eq!(transaction.envelope.parameters.len(), 5);
    assert_eq!(transaction.envelope.recipients[0].parameters[0], "NOTIFY=success,DELAY");
}

#[tokio::test]
async fn the_next_hop_s_refusals_are_passed_on_at_once() {
    let answer = |line: &str| {
        match line {
            l if l.contains("nobody@") => "550-5.1.1 no such\r\n550 5.1.1 user here",
            l if l.contains("full@") => "452 4.2.2 full",
            l if l.contains("odd@") => "550 no code",
            l if l.contains("bad.sender") => "553 5.1.8 not you",
            _ => "250 ok",
        }
        .to_owned()
    };
    let (relay, hop) =
        Relay::with(HopScript { answer: Box::new(answer), ..Default::default() }, |_| Fate::Pass).await;
    let mut client = relay.ready().await;
    client.expect(FROM, "250 ").await;
    assert_eq!(
        client.cmd("RCPT TO:<nobody@far.example>").await,
        "550-5.1.1 no such\r\n550 5.1.1 user here\r\n"
    );
    assert_eq!(client.cmd("RCPT TO:<full@far.example>").await, "452 4.2.2 full\r\n");
    assert_eq!(client.cmd("RCPT TO:<odd@far.example>").await, "550 5.0.0 no code\r\n");
    client.expect("DATA", "554 5.5.1 ").await;
    client.expect(TO, "250 ").await;
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("250 "));
    assert_eq!(hop.only().rcpts, [TO]);
    assert_eq!(relay.house.only().envelope.recipients.len(), 1, "the house hears of accepted ones only");
    client.expect("MAIL FROM:<bad.sender@oak.example>", "250 ").await;
    client.expect(TO, "553 5.1.8 not you").await;
    client.expect("RCPT TO:<c@far.example>", "553 5.1.8 not you").await;
}

#[tokio::test]
async fn the_next_hop_s_word_on_the_message_is_the_client_s() {
    for (said, expected) in [
        ("554 5.7.1 not here", "554 5.7.1 not here\r\n"),
        ("451 4.3.0 later", "451 4.3.0 later\r\n"),
        ("421 4.3.2 closing", "451 4.3.2 closing\r\n"),
        ("250", "250 2.0.0 Accepted as 00000000000000000000000000000001\r\n"),
        // It closes without an answer: nobody knows, so the client keeps it.
        ("", "451 4.4.2 The next hop broke off, try again later\r\n"),
    ] {
        let script = HopScript { end: Box::new(move |_| said.into()), ..Default::default() };
        let (relay, _hop) = Relay::with(script, |_| Fate::Pass).await;
        assert_eq!(relay.ready().await.message(MAIL).await, expected, "{said}");
    }
}

#[tokio::test]
async fn recipients_of_another_next_hop_come_again() {
    let (one, two) = (Hop::start(HopScript::default()).await, Hop::start(HopScript::default()).await);
    let hops =
        vec![next_hop("two", &["two.example"], &[two.address]), next_hop("one", &["*"], &[one.address])];
    let relay = Setup::new(hops, TestHouse::new(|_| Fate::Pass)).start().await;
    let mut client = relay.ready().await;
    client.expect(FROM, "250 ").await;
    client.expect("RCPT TO:<x@one.example>", "250 ").await;
    client.expect("RCPT TO:<y@two.example>", "452 4.5.3 ").await;
    client.expect("RCPT TO:<z@one.example>", "250 ").await;
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("250 "));
    assert_eq!(one.only().rcpts.len(), 2);
    assert!(!String::from_utf8(one.only().with_trace()).unwrap().contains("\tfor <"), "no for with several");
    client.expect(FROM, "250 ").await;
    client.expect("RCPT TO:<y@two.example>", "250 ").await;
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("250 "));
    assert_eq!(two.only().rcpts, ["RCPT TO:<y@two.example>"]);
}

#[tokio::test]
async fn a_refused_first_hop_does_not_bind_the_transaction() {
    let away = next_hop("away", &["away.example"], &["127.0.0.1:1".parse().unwrap()]);
    let hop = Hop::start(HopScript::default()).await;
    let hops = vec![away, next_hop("hop", &["*"], &[hop.address])];
    let relay = Setup::new(hops, TestHouse::new(|_| Fate::Pass)).start().await;
    let mut client = relay.ready().await;
    client.expect(FROM, "250 ").await;
    client.expect("RCPT TO:<x@away.example>", "451 4.4.1 ").await;
    client.expect("RCPT TO:<y@away.example>", "451 4.4.1 ").await;
    client.expect(TO, "250 ").await;
    client.expect("RCPT TO:<z@away.example>", "452 4.5.3 ").await;
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("250 "));
    assert_eq!(hop.only().rcpts, [TO]);
}

#[tokio::test]
async fn those_who_pass_are_named_again_when_others_are_held() {
    for extensions in [ALL.to_vec(), vec!["8BITMIME", "SIZE 100000"]] {
        let (relay, hop) =
            Relay::with(HopScript { extensions, ..Default::default() }, |_| Fate::PassTo(vec![2, 0])).await;
        let mut client = relay.ready().await;
        let rcpts = ["RCPT TO:<a@far.example>", "RCPT TO:<b@far.example>", "RCPT TO:<c@far.example>"];
        client.envelope(&rcpts).await;
        client.send(MAIL).await;
        assert!(client.reply().await.starts_with("250 "));
        assert_eq!(
            hop.commands(),
            [FROM, rcpts[0], rcpts[1], rcpts[2], "RSET", FROM, rcpts[0], rcpts[2], "DATA"]
        );
        assert_eq!(hop.only().rcpts, [rcpts[0], rcpts[2]]);
        assert!(!String::from_utf8(hop.only().with_trace()).unwrap().contains("\tfor <"));
        let custody = relay.house.receipts.lock().unwrap()[0].clone();
        assert!(matches!(custody[..], [Custody::NextHopAccepted { .. }, Custody::Held]));
    }
}

#[tokio::test]
async fn a_recipient_refused_at_the_repeat_defers_the_whole() {
    let again = AtomicU64::new(0);
    let answer = move |line: &str| {
        let second = line.contains("<a@") && again.fetch_add(1, Ordering::SeqCst) > 0;
        if second { "550 5.1.1 gone by now".to_owned() } else { "250 ok".to_owned() }
    };
    let script = HopScript { answer: Box::new(answer), ..Default::default() };
    let (relay, hop) = Relay::with(script, |_| Fate::PassTo(vec![0])).await;
    let mut client = relay.ready().await;
    client.envelope(&["RCPT TO:<a@far.example>", "RCPT TO:<b@far.example>"]).await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("451 4.5.0 "));
    assert_eq!(hop.count(), 0);
}

#[tokio::test]
async fn what_is_held_wholly_never_reaches_the_hop_and_is_answered_alike() {
    let (relay, hop) = Relay::with(HopScript::default(), |t| {
        if t.envelope.recipients[0].address.local() == "held" { Fate::Hold } else { Fate::Pass }
    })
    .await;
    let mut client = relay.ready().await;
    client.envelope(&["RCPT TO:<held@far.example>"]).await;
    client.send(MAIL).await;
    assert_eq!(client.reply().await, "250 2.0.0 Accepted as 00000000000000000000000000000001\r\n");
    assert_eq!(hop.count(), 0);
    assert_eq!(client.message(MAIL).await, "250 2.0.0 Accepted as 00000000000000000000000000000002\r\n");
    assert_eq!(hop.only().rcpts, [TO]);
    assert_eq!(hop.connections(), 1, "the connection was used again, after RSET");
}

#[tokio::test]
async fn refusals_and_deferrals_of_the_house_are_told_and_nothing_is_passed() {
    let (relay, hop) =
        Relay::with(HopScript::default(), |t| match t.envelope.recipients[0].address.local() {
            "refuse" => Fate::Refuse(Reply::new(550, (5, 7, 1), "Malware was found")),
            "defer" => Fate::Defer(Reply::new(451, (4, 3, 0), "Scanner away")),
            // A reply that says the opposite of the outcome is not believed.
            "wrong" => Fate::Refuse(Reply::new(250, (2, 0, 0), "fine")),
            "nobody" => Fate::PassToNobody,
            "panic" => Fate::Panic,
            _ => Fate::Pass,
        })
        .await;
    let mut client = relay.ready().await;
    for (local, expected) in [
        ("refuse", "550 5.7.1 Malware was found\r\n"),
        ("defer", "451 4.3.0 Scanner away\r\n"),
        ("wrong", "451 4.3.0 Internal fault, try again later\r\n"),
        ("nobody", "451 4.3.0 Internal fault, try again later\r\n"),
        ("panic", "451 4.3.0 Internal fault, try again later\r\n"),
    ] {
        client.envelope(&[&format!("RCPT TO:<{local}@far.example>")]).await;
        client.send(MAIL).await;
        assert_eq!(client.reply().await, expected, "{local}");
    }
    assert_eq!(hop.count(), 0);
    assert!(client.message(MAIL).await.starts_with("250 "), "the session goes on after each");
}

#[tokio::test]
async fn a_house_that_never_answers_is_answered_for() {
    let hop = Hop::start(HopScript::default()).await;
    let mut setup = Setup::new(vec![next_hop("hop", &["*"], &[hop.address])], TestHouse::new(|_| Fate::Hang));
    setup.limits.deadline = Duration::from_millis(50);
    let relay = setup.start().await;
    let mut client = relay.ready().await;
    let reply = client.message(MAIL).await;
    assert_eq!(reply, "451 4.3.0 No decision in time, try again later\r\n");
    assert_eq!(hop.count(), 0);
}

#[tokio::test]
async fn a_reply_counts_as_seen_when_a_later_command_shows_it() {
    let (relay, _hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    client.envelope(&[TO]).await;
    // QUIT goes out before the reply can be known: no proof that it was seen.
    client.send(format!("{MAIL}NOOP\r\n")).await;
    assert!(client.reply().await.starts_with("250 2.0.0 Accepted"));
    assert!(client.reply().await.starts_with("250 2.0.0 Ok"));
    assert_eq!(relay.house.confirmed(), 0);
    client.expect("NOOP", "250 ").await;
    relay.house.wait("the first reply seen", |house| house.confirmed() == 1).await;
    // A client that goes away without another word has shown nothing.
    let mut other = relay.ready().await;
    other.message(MAIL).await;
    drop(other);
    client.message(MAIL).await;
    client.expect("QUIT", "221 ").await;
    relay.house.wait("the third seen", |house| house.confirmed() == 2).await;
    let confirmed: Vec<u128> = relay.house.confirmed.lock().unwrap().iter().map(|id| id.0).collect();
    assert_eq!(confirmed, [1, 3]);
}

#[tokio::test]
async fn the_next_host_is_tried_when_one_fails() {
    let busy = Hop::start(HopScript { greeting: "421 4.3.2 busy".into(), ..Default::default() }).await;
    let closing =
        |line: &str| if line.starts_with("MAIL") { "421 4.3.2 closing".into() } else { "250 ok".into() };
    let closes = Hop::start(HopScript { answer: Box::new(closing), ..Default::default() }).await;
    let good = Hop::start(HopScript::default()).await;
    let nobody = "127.0.0.1:1".parse().unwrap();
    let hop = next_hop("hop", &["*"], &[nobody, busy.address, closes.address, good.address]);
    let relay = Setup::new(vec![hop], TestHouse::new(|_| Fate::Pass)).start().await;
    assert!(relay.ready().await.message(MAIL).await.starts_with("250 "));
    assert_eq!(good.count(), 1);
    assert!(relay.ready().await.message(MAIL).await.starts_with("250 "));
    assert_eq!((good.count(), closes.count()), (2, 0));
}

#[tokio::test]
async fn a_connection_lost_before_data_is_replaced() {
    let first = AtomicU64::new(0);
    let answer = move |line: &str| {
        // The first DATA finds the hop closing its connection.
        if line == "DATA" && first.fetch_add(1, Ordering::SeqCst) == 0 {
            String::new()
        } else {
            "250 ok".into()
        }
    };
    let (relay, hop) =
        Relay::with(HopScript { answer: Box::new(answer), ..Default::default() }, |_| Fate::Pass).await;
    assert!(relay.ready().await.message(MAIL).await.starts_with("250 "));
    assert_eq!((hop.count(), hop.connections()), (1, 2));
}

#[tokio::test]
async fn with_the_next_hop_away_the_client_comes_again() {
    let away = next_hop("away", &["*"], &["127.0.0.1:1".parse().unwrap()]);
    let relay = Setup::new(vec![away], TestHouse::new(|_| Fate::Pass)).start().await;
    let mut client = relay.client().await;
    // Never reached, it has no say in what is offered.
    assert!(client.greeted().await.contains("8BITMIME"));
    client.expect(FROM, "250 ").await;
    client.expect(TO, "451 4.4.1 ").await;
    client.expect("DATA", "554 5.5.1 ").await;
    assert_eq!(relay.house.count(), 0);
}

/// Offers much at the first EHLO of all and little afterwards, as after a fail-over to an
/// older host.
fn shrinking(later: Vec<&'static str>) -> (HopScript, HopScript) {
    let rich = HopScript {
        // It answers EHLO and then refuses all mail for the moment.
        answer: Box::new(|line| if line.starts_with("MAIL") { "421 gone".into() } else { "250 ok".into() }),
        ..Default::default()
    };
    (rich, HopScript { extensions: later, ..Default::default() })
}

async fn fallen_short(later: Vec<&'static str>) -> (Relay, Hop) {
    let (rich, poor) = shrinking(later);
    let (rich, poor) = (Hop::start(rich).await, Hop::start(poor).await);
    let hop = next_hop("hop", &["*"], &[rich.address, poor.address]);
    (Setup::new(vec![hop], TestHouse::new(|_| Fate::Pass)).start().await, poor)
}

#[tokio::test]
async fn a_hop_that_falls_short_of_smtputf8_is_told_never_converted_for() {
    let (relay, hop) = fallen_short(vec!["8BITMIME"]).await;
    let mut client = relay.ready().await;
    client.expect("MAIL FROM:<siân@oak.example> SMTPUTF8", "250 ").await;
    client.expect(TO, "553 5.6.7 ").await;
    client.expect("DATA", "554 5.5.1 ").await;
    assert_eq!(hop.count(), 0);
}

#[tokio::test]
async fn a_hop_that_falls_short_of_8bitmime_gets_seven_bits_and_nothing_else() {
    let (relay, hop) = fallen_short(vec!["PIPELINING"]).await;
    let mut client = relay.ready().await;
    for (body, expected) in [("caf\u{e9}", "554 5.6.3 "), ("cafe", "250 ")] {
        client.expect("MAIL FROM:<a@oak.example> BODY=8BITMIME SIZE=50", "250 ").await;
        client.expect(TO, "250 ").await;
        client.expect("DATA", "354 ").await;
        client.send(format!("Subject: x\r\n\r\n{body}\r\n.\r\n")).await;
        let reply = client.reply().await;
        assert!(reply.starts_with(expected), "{reply}");
    }
    assert_eq!(hop.only().mail, "MAIL FROM:<a@oak.example>");
    assert_eq!(relay.house.count(), 1, "what cannot go on is not given to the house");
}

#[tokio::test]
async fn a_hop_that_falls_short_of_dsn_gets_none_and_the_sender_is_owed_a_report() {
    let (relay, hop) = fallen_short(vec!["8BITMIME"]).await;
    let mut client = relay.ready().await;
    client.expect("MAIL FROM:<a@oak.example> RET=FULL ENVID=7", "250 ").await;
    client.expect("RCPT TO:<b@far.example> NOTIFY=NEVER", "250 ").await;
    client.expect("RCPT TO:<c@far.example> NOTIFY=success ORCPT=rfc822;c@far.example", "250 ").await;
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    assert!(client.reply().await.starts_with("250 "));
    let taken = hop.only();
    assert_eq!(taken.mail, "MAIL FROM:<a@oak.example>");
    assert_eq!(taken.rcpts, ["RCPT TO:<b@far.example>", "RCPT TO:<c@far.example>"]);
    assert_eq!(*relay.house.relayed.lock().unwrap(), [[1]]);
}

#[tokio::test]
async fn a_message_that_goes_round_is_refused() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    let received = |n: usize| format!("{}Subject: x\r\n\r\n.\r\n", "Received: by x\r\n".repeat(n));
    assert!(client.message(received(30)).await.starts_with("250 "));
    assert!(client.message(received(31)).await.starts_with("554 5.4.6 "));
    // Through the relay again and again: its own count ends it, not later than the limit.
    let mut message = b"Subject: round\r\n\r\nx\r\n".to_vec();
    let mut rounds = 0;
    while client.message([&message[..], b".\r\n"].concat()).await.starts_with("250 ") {
        rounds += 1;
        message = hop.taken().last().unwrap().with_trace();
        assert!(rounds < 20, "it never ends");
    }
    assert_eq!(rounds, 8);
}

#[tokio::test]
async fn at_shutdown_the_idle_hear_421_and_messages_on_their_way_end() {
    let (mut relay, hop) = Relay::passing().await;
    let (mut idle, mut busy) = (relay.ready().await, relay.ready().await);
    busy.envelope(&[TO]).await;
    relay.stop();
    assert!(idle.reply().await.starts_with("421 4.3.2 "));
    idle.closed().await;
    busy.send(MAIL).await;
    assert!(busy.reply().await.starts_with("250 "));
    assert!(busy.reply().await.starts_with("421 4.3.2 "));
    assert_eq!(relay.ended().await.cut_off, 0);
    assert_eq!(hop.count(), 1);
    assert!(hop.all_commands().iter().any(|c| c == "QUIT"), "idle connections to the hop are ended politely");
}
