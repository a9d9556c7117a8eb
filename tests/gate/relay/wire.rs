//! Framing, smuggling, pipelining and limits.

use super::*;

const HEAD: &str = "From: a.staff@oak.example\r\nSubject: wire\r\n\r\n";

/// Sequences that some server takes for the end of data, between two halves of a message.
const SMUGGLING: [(&str, &[u8]); 14] = [
    ("LF.LF", b"\n.\n"),
    ("LF.CRLF", b"\n.\r\n"),
    ("CR.CR", b"\r.\r"),
    ("CR.CRLF", b"\r.\r\n"),
    ("CRLF.LF", b"\r\n.\n"),
    ("CRLF.CR", b"\r\n.\rx"),
    ("LF.CR", b"\n.\rx"),
    ("CRCRLF.CRCRLF", b"\r\r\n.\r\r\n"),
    ("CRLF.CRCRLF", b"\r\n.\r\r\n"),
    ("CRLF.CRNULLF", b"\r\n.\r\0\n"),
    ("CRNULLF.CRNULLF", b"\r\0\n.\r\0\n"),
    ("CRLFNUL.CRLF and LF", b"\r\n\0.\r\n\n"),
    ("CRLF.NULLF", b"\r\n.\0\n"),
    ("LFCR.LFCR", b"\n\r.\n\rx"),
];

const SMUGGLED: &[u8] =
    b"MAIL FROM:<evil@oak.example>\r\nRCPT TO:<victim@far.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n";

#[tokio::test]
async fn no_smuggling_form_is_an_end_and_all_are_refused() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    for (name, form) in SMUGGLING {
        client.envelope(&[TO]).await;
        client.send([HEAD.as_bytes(), b"one", form, SMUGGLED].concat()).await;
        let reply = client.reply().await;
        assert!(reply.starts_with("554 5.6.0 "), "{name}: {reply}");
        // Nothing of it was read as commands: the session stands where it should.
        client.expect("NOOP", "250 ").await;
    }
    assert_eq!((hop.count(), relay.house.count()), (0, 0));
    assert!(client.message(format!("{HEAD}good\r\n.\r\n")).await.starts_with("250 "));
}

#[tokio::test]
async fn when_normalised_no_smuggling_form_reaches_the_hop() {
    let hop = Hop::start(HopScript::default()).await;
    let mut setup = Setup::new(vec![next_hop("hop", &["*"], &[hop.address])], TestHouse::new(|_| Fate::Pass));
    setup.config.bare_newline = BareNewline::Normalise;
    let relay = setup.start().await;
    let mut client = relay.ready().await;
    for (name, form) in SMUGGLING {
        client.envelope(&[TO]).await;
        client.send([HEAD.as_bytes(), b"one", form, SMUGGLED].concat()).await;
        let reply = client.reply().await;
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        let taken = hop.taken().pop().unwrap();
        let lone = taken.wire.windows(2).any(|w| (w[0] == b'\r') != (w[1] == b'\n'));
        assert!(!lone, "{name}: a lone CR or LF left");
        assert!(!taken.wire.windows(5).any(|w| w == b"\r\n.\r\n"), "{name}");
        assert!(taken.message().ends_with(b"Subject: smuggled\r\n\r\nx\r\n"), "{name}: one message");
    }
    assert_eq!(hop.count(), SMUGGLING.len());
}

#[tokio::test]
async fn a_nul_alone_smuggles_nothing_and_comes_through() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    for form in [&b"\r\n\0.\r\n"[..], b"\r\n.\0\r\n", b"\0\r\n..\0\r\n"] {
        client.envelope(&[TO]).await;
        client.send([HEAD.as_bytes(), b"one", form, b"two\r\n.\r\n"].concat()).await;
        assert!(client.reply().await.starts_with("250 "), "{form:?}");
    }
    assert_eq!(hop.count(), 3);
    let second = [HEAD.as_bytes(), b"one\r\n\0\r\ntwo\r\n"].concat();
    assert_eq!(hop.taken()[1].message(), second, "a leading dot is stuffing, whatever follows");
}

#[tokio::test]
async fn the_end_may_come_octet_by_octet() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.client().await;
    client.reply().await;
    for octet in b"EHLO client.example\r\n" {
        client.send([*octet]).await;
    }
    assert!(client.reply().await.starts_with("250"));
    client.envelope(&[TO]).await;
    for octet in format!("{HEAD}..x\r\n.\r\n").as_bytes() {
        client.send([*octet]).await;
    }
    assert!(client.reply().await.starts_with("250 "));
    assert_eq!(hop.only().message(), format!("{HEAD}.x\r\n").as_bytes());
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order_also_behind_the_end_of_data() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    client.send(format!("{FROM}\r\n{TO}\r\nRCPT TO:<c@far.example>\r\nDATA\r\n")).await;
    for start in ["250 2.1.0", "250 2.1.5", "250 2.1.5", "354 "] {
        let reply = client.reply().await;
        assert!(reply.starts_with(start), "{reply}");
    }
    client.send(format!("{HEAD}x\r\n.\r\n{FROM}\r\n{TO}\r\nRSET\r\nQUIT\r\n")).await;
    for start in ["250 2.0.0 Accepted", "250 2.1.0", "250 2.1.5", "250 2.0.0 Reset", "221 "] {
        let reply = client.reply().await;
        assert!(reply.starts_with(start), "{reply}");
    }
    client.closed().await;
    assert_eq!(hop.only().rcpts.len(), 2);
}

#[tokio::test]
async fn bytes_before_354_end_the_session() {
    let (relay, hop) = Relay::passing().await;
    for early in [format!("{HEAD}x\r\n.\r\n"), "QUIT\r\n".into(), "x".into()] {
        let mut client = relay.ready().await;
        client.expect(FROM, "250 ").await;
        client.expect(TO, "250 ").await;
        client.send(format!("DATA\r\n{early}")).await;
        assert!(client.reply().await.starts_with("554 5.5.0 "));
        client.closed().await;
    }
    let mut client = relay.ready().await;
    client.send(format!("DATA\r\n{SMUGGLED_TEXT}")).await;
    assert!(client.reply().await.starts_with("554 5.5.0 "), "also when DATA itself is out of place");
    client.closed().await;
    assert_eq!((hop.count(), relay.house.count()), (0, 0));
}

const SMUGGLED_TEXT: &str = "MAIL FROM:<evil@oak.example>\r\n";

#[tokio::test]
async fn commands_are_lines_that_end_in_crlf() {
    let (relay, _hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    assert!(client.cmd("NOOP\rRSET").await.starts_with("500 5.5.2 "));
    assert!(client.cmd("NOOP\0").await.starts_with("500 5.5.2 "));
    assert!(client.cmd([&b"NOOP "[..], &b"x".repeat(4000)].concat()).await.starts_with("250 "));
    assert!(client.cmd([&b"NOOP "[..], &b"x".repeat(50_000)].concat()).await.starts_with("500 5.5.2 "));
    client.expect("NOOP", "250 ").await;
    // Too long without an end: answered, not waited for.
    client.send(b"y".repeat(5000)).await;
    assert!(client.reply().await.starts_with("500 5.5.2 "));
    client.send("yyy\r\n").await;
    client.expect("NOOP", "250 ").await;
    client.send(format!("NOOP\n{FROM}\r\n")).await;
    assert!(client.reply().await.starts_with("500 5.5.2 "));
    client.closed().await;
}

#[tokio::test]
async fn commands_stand_in_their_order() {
    let (relay, _hop) = Relay::passing().await;
    let mut client = relay.client().await;
    client.reply().await;
    client.expect(TO, "503 5.5.1 ").await;
    client.expect("MAIL FROM:<a@oak.example> SIZE=10", "555 ").await;
    client.expect(FROM, "250 ").await;
    assert_eq!(client.cmd("HELO client.example").await, "250 gate.example\r\n");
    client.expect("MAIL FROM:<a@oak.example> SIZE=10", "555 ").await;
    client.expect("ehlo", "501 5.5.4 ").await;
    client.cmd("ehlo client.example").await;
    client.expect(TO, "503 5.5.1 ").await;
    client.expect("DATA", "503 5.5.1 ").await;
    client.expect("mail from:<a@oak.example>", "250 ").await;
    client.expect(FROM, "503 5.5.1 ").await;
    client.expect("DATA", "503 5.5.1 ").await;
    client.expect("RSET", "250 ").await;
    client.expect("VRFY someone", "252 ").await;
    client.expect("HELP", "214 ").await;
    client.expect("NOOP anything", "250 ").await;
    client.expect("EXPN list", "502 5.5.1 ").await;
    client.expect("STARTTLS", "502 5.5.1 ").await;
    client.expect("FOOBAR", "500 5.5.2 ").await;
    client.expect("MAIL FROM:<a b@oak.example>", "501 5.1.7 ").await;
    client.expect("MAIL FROM:<>", "250 ").await;
    client.expect("EHLO again.example", "250").await;
    client.expect(TO, "503 5.5.1 ").await;
    client.expect("BDAT 10 LAST", "502 ").await;
    client.closed().await;
}

#[tokio::test]
async fn a_client_that_only_errs_is_let_go() {
    let (relay, _hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    for _ in 0..19 {
        client.expect("FOOBAR", "500 ").await;
    }
    client.expect("FOOBAR", "500 ").await;
    assert!(client.reply().await.starts_with("421 4.7.0 "));
    client.closed().await;
    let mut client = relay.ready().await;
    let mut noops = 0;
    while client.cmd("NOOP").await.starts_with("250 ") {
        noops += 1;
    }
    assert!((100..300).contains(&noops), "{noops}");
}

/// A relay with other limits.
async fn limited(change: impl FnOnce(&mut Limits)) -> (Relay, Hop) {
    let hop = Hop::start(HopScript::default()).await;
    let mut setup = Setup::new(vec![next_hop("hop", &["*"], &[hop.address])], TestHouse::new(|_| Fate::Pass));
    change(&mut setup.limits);
    (setup.start().await, hop)
}

#[tokio::test]
async fn size_is_checked_as_announced_and_as_it_comes() {
    let (relay, hop) = limited(|l| l.message_bytes = 10_000).await;
    let mut client = relay.client().await;
    assert!(client.greeted().await.contains("SIZE 10000\r\n"));
    client.expect("MAIL FROM:<a@oak.example> SIZE=10001", "552 5.3.4 ").await;
    let sized = |n: usize| format!("{}\r\n.\r\n", "x".repeat(n - 2));
    assert!(client.message(sized(10_000)).await.starts_with("250 "));
    assert!(client.message(sized(10_001)).await.starts_with("552 5.3.4 "));
    assert!(client.message(sized(5_000_000)).await.starts_with("552 5.3.4 "));
    client.expect("NOOP", "250 ").await;
    assert_eq!((hop.count(), relay.house.count()), (1, 1));
}

#[tokio::test]
async fn what_never_ends_is_cut_off() {
    let (relay, hop) = limited(|l| l.message_bytes = 10_000).await;
    let mut client = relay.ready().await;
    client.envelope(&[TO]).await;
    let (mut read, mut write) = tokio::io::split(client.into_stream());
    let writer = tokio::spawn(async move {
        let piece = b"z".repeat(64 * 1024);
        // Until the relay closes: a client without manners.
        while write.write_all(&piece).await.is_ok() {}
    });
    let mut said = Vec::new();
    // The last word arrives, though the client never stops talking.
    while !said.ends_with(b"\r\n") {
        let count = timeout(PATIENCE, read.read_buf(&mut said)).await.expect("the relay ends it").unwrap();
        assert!(count > 0, "closed without a word");
    }
    assert!(said.starts_with(b"552 5.3.4 "));
    writer.await.unwrap();
    assert_eq!((hop.count(), relay.house.count()), (0, 0));
}

#[tokio::test]
async fn recipients_beyond_the_limit_come_again() {
    let (relay, hop) = limited(|l| l.recipients = 100).await;
    let mut client = relay.ready().await;
    client.expect(FROM, "250 ").await;
    for n in 0..100 {
        client.expect(&format!("RCPT TO:<u{n}@far.example>"), "250 ").await;
    }
    client.expect("RCPT TO:<one.more@far.example>", "452 4.5.3 ").await;
    client.expect("DATA", "354 ").await;
    client.send(format!("{HEAD}x\r\n.\r\n")).await;
    assert!(client.reply().await.starts_with("250 "));
    assert_eq!(hop.only().rcpts.len(), 100);
}

#[tokio::test]
async fn connections_beyond_the_limit_hear_421() {
    let (relay, _hop) = limited(|l| l.connections = 2).await;
    let (one, mut two) = (relay.ready().await, relay.ready().await);
    let mut three = relay.client().await;
    assert!(three.reply().await.starts_with("421 4.3.2 "));
    three.closed().await;
    two.expect("QUIT", "221 ").await;
    two.closed().await;
    drop(one);
    // A place is free as soon as the server has seen one of them go.
    let come_in = async { while !relay.client().await.reply().await.starts_with("220 ") {} };
    timeout(PATIENCE, come_in).await.expect("a free place");
}

#[tokio::test]
async fn messages_beyond_the_memory_budget_wait_and_then_come_again() {
    let (relay, hop) = limited(|l| l.memory_bytes = 1_000_000).await;
    let (mut large, mut other) = (relay.ready().await, relay.ready().await);
    large.envelope(&[TO]).await;
    large.send(b"x".repeat(500_000)).await;
    // Its doubling reservation has taken what there is when another comes.
    let full = async {
        while relay.memory.free() > 500_000 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, full).await.expect("the first message is taken in");
    other.envelope(&[TO]).await;
    other.send(b"y".repeat(600_000)).await;
    other.send(b"\r\n.\r\n").await;
    assert!(other.reply().await.starts_with("451 4.3.1 "));
    large.send("\r\n.\r\n").await;
    assert!(large.reply().await.starts_with("250 "));
    other.envelope(&[TO]).await;
    other.send([&b"y".repeat(400_000)[..], b"\r\n.\r\n"].concat()).await;
    assert!(other.reply().await.starts_with("250 "));
    assert_eq!(hop.count(), 2);
    drop((large, other));
    let all_back = async {
        while relay.memory.free() < 999_000 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all_back).await.expect("all memory is given back");
}

#[tokio::test]
async fn an_announced_size_is_reserved_before_354() {
    let (relay, hop) = limited(|l| l.memory_bytes = 1_000_000).await;
    let (mut one, mut two) = (relay.ready().await, relay.ready().await);
    for client in [&mut one, &mut two] {
        client.expect("MAIL FROM:<a@oak.example> SIZE=600000", "250 ").await;
        client.expect(TO, "250 ").await;
    }
    one.expect("DATA", "354 ").await;
    two.expect("DATA", "451 4.3.1 ").await;
    one.send("x\r\n.\r\n").await;
    assert!(one.reply().await.starts_with("250 "));
    assert!(two.message("y\r\n.\r\n").await.starts_with("250 "));
    assert_eq!(hop.count(), 2);
}

#[tokio::test]
async fn silence_ends_a_session() {
    let (relay, hop) = limited(|l| l.idle = Duration::from_millis(200)).await;
    let mut client = relay.ready().await;
    let reply = client.reply().await;
    assert!(reply.starts_with("421 4.4.2 "), "{reply}");
    let mut client = relay.ready().await;
    client.envelope(&[TO]).await;
    client.send("half a mess").await;
    client.closed().await;
    assert_eq!((hop.count(), relay.house.count()), (0, 0));
}

#[tokio::test]
async fn a_drop_in_data_leaves_nothing_behind() {
    let (relay, hop) = Relay::passing().await;
    let mut client = relay.ready().await;
    client.envelope(&[TO]).await;
    client.send(format!("{HEAD}half a mess")).await;
    drop(client);
    let mut client = relay.ready().await;
    assert!(client.message(format!("{HEAD}x\r\n.\r\n")).await.starts_with("250 "));
    assert_eq!(hop.only().message(), format!("{HEAD}x\r\n").as_bytes());
    assert_eq!(relay.house.count(), 1);
}
