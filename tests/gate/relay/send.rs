//! The next-hop client by itself, as release, notices and the outbox use it.

use super::*;
use gatehouse::{
    mail::{Address, Recipient, ReversePath},
    wire::smtp::{DsnFate, HopReply, RecipientFate},
};

fn envelope(words: &[&str], to: &[&str]) -> Envelope {
    let recipient = |t: &&str| Recipient { address: Address::parse(t).unwrap(), parameters: vec![] };
    Envelope {
        sender: ReversePath::Null,
        parameters: words.iter().map(|w| w.to_string()).collect(),
        recipients: to.iter().map(recipient).collect(),
    }
}

fn client() -> NextHopClient {
    NextHopClient::new("gate.example", system_resolver())
}

fn said(code: u16, text: &str) -> HopReply {
    HopReply { code, lines: vec![text.into()] }
}

#[tokio::test]
async fn each_recipient_has_its_own_fate() {
    let answer = |line: &str| match line {
        l if l.contains("nobody@") => "550 5.1.1 unknown".into(),
        l if l.contains("full@") => "452 4.2.2 full".into(),
        _ => "250 ok".to_owned(),
    };
    for extensions in [super::super::hop::ALL.to_vec(), vec![]] {
        let hop = Hop::start(HopScript { extensions, answer: Box::new(answer), ..Default::default() }).await;
        let next = next_hop("hop", &["*"], &[hop.address]);
        let to = envelope(&[], &["a@far.example", "nobody@far.example", "full@far.example"]);
        let report = client().send(&next, &to, b"Subject: x\r\n\r\n.dot and no end").await;
        assert_eq!(
            report.recipients,
            [
                RecipientFate::Accepted,
                RecipientFate::Permanent(said(550, "5.1.1 unknown")),
                RecipientFate::Temporary(said(452, "4.2.2 full"))
            ]
        );
        let handover = report.handover.unwrap();
        assert_eq!(
            (handover.reply(), handover.dsn()),
            (&said(250, "2.0.0 queued as HOP1"), DsnFate::PassedOn)
        );
        assert_eq!(handover.host(), hop.address.to_string());
        assert_eq!(hop.only().with_trace(), b"Subject: x\r\n\r\n.dot and no end\r\n");
        assert_eq!(hop.only().mail, "MAIL FROM:<>");
    }
}

#[tokio::test]
async fn many_recipients_are_named_in_batches_and_all_answered() {
    let hop = Hop::start(HopScript::default()).await;
    let next = next_hop("hop", &["*"], &[hop.address]);
    let names: Vec<String> = (0..500).map(|n| format!("u{n}@far.example")).collect();
    let to = envelope(&[], &names.iter().map(String::as_str).collect::<Vec<_>>());
    let report = client().send(&next, &to, b"x\r\n").await;
    assert_eq!(report.recipients.iter().filter(|f| **f == RecipientFate::Accepted).count(), 500);
    assert_eq!(hop.only().rcpts.len(), 500);
}

#[tokio::test]
async fn without_a_recipient_no_data_is_sent() {
    let answer = |line: &str| if line.starts_with("RCPT") { "550 5.1.1 no".into() } else { "250 ok".into() };
    let hop = Hop::start(HopScript { answer: Box::new(answer), ..Default::default() }).await;
    let report =
        client().send(&next_hop("hop", &["*"], &[hop.address]), &envelope(&[], &["a@b.example"]), b"x").await;
    assert!(report.handover.is_none());
    assert!(!hop.commands().contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn a_refusal_or_a_break_is_told_for_every_recipient() {
    for (end, expected) in [
        ("554 5.7.1 no", RecipientFate::Permanent(said(554, "5.7.1 no"))),
        ("451 4.0.0 later", RecipientFate::Temporary(said(451, "4.0.0 later"))),
        ("", RecipientFate::Temporary(said(451, "4.4.2 The connection broke before the next hop's answer"))),
    ] {
        let hop = Hop::start(HopScript { end: Box::new(move |_| end.into()), ..Default::default() }).await;
        let next = next_hop("hop", &["*"], &[hop.address]);
        let report = client().send(&next, &envelope(&[], &["a@b.example", "c@b.example"]), b"x\r\n").await;
        assert_eq!(report.recipients, [expected.clone(), expected]);
        assert!(report.handover.is_none());
    }
    let nobody = next_hop("away", &["*"], &["127.0.0.1:1".parse().unwrap()]);
    let report = client().send(&nobody, &envelope(&[], &["a@b.example"]), b"x").await;
    assert!(matches!(&report.recipients[..], [RecipientFate::Temporary(reply)] if reply.code == 451));
}

#[tokio::test]
async fn what_the_hop_cannot_take_is_refused_for_ever() {
    let hop = Hop::start(HopScript { extensions: vec![], ..Default::default() }).await;
    let next = next_hop("hop", &["*"], &[hop.address]);
    let own = client();
    let eight = own.send(&next, &envelope(&["BODY=8BITMIME"], &["a@b.example"]), "é".as_bytes()).await;
    assert!(matches!(&eight.recipients[..], [RecipientFate::Permanent(r)] if r.enhanced() == (5, 6, 3)));
    let utf8 = own.send(&next, &envelope(&["SMTPUTF8"], &["a@b.example"]), b"x").await;
    assert!(matches!(&utf8.recipients[..], [RecipientFate::Permanent(r)] if r.enhanced() == (5, 6, 7)));
    let dsn = own.send(&next, &envelope(&["ENVID=1"], &["a@b.example"]), b"x").await;
    assert_eq!(dsn.handover.unwrap().dsn(), DsnFate::Relayed);
    let injected = envelope(&["RET=FULL\r\nRCPT TO:<evil@b.example>"], &["a@b.example"]);
    let full = Hop::start(HopScript::default()).await;
    let report = client().send(&next_hop("full", &["*"], &[full.address]), &injected, b"x").await;
    assert!(matches!(&report.recipients[..], [RecipientFate::Permanent(_)]));
    assert_eq!(full.commands(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lone_cr_or_lf_leaves_as_crlf() {
    let hop = Hop::start(HopScript::default()).await;
    let next = next_hop("hop", &["*"], &[hop.address]);
    client().send(&next, &envelope(&[], &["a@b.example"]), b"a\n.\nb\r.\r\nc\r\n.\n").await;
    assert_eq!(hop.only().wire, b"a\r\n..\r\nb\r\n..\r\nc\r\n..\r\n");
}

#[tokio::test]
async fn an_old_server_is_spoken_to_with_helo() {
    let answer = |line: &str| if line.starts_with("EHLO") { "502 what".into() } else { "250 ok".into() };
    let hop = Hop::start(HopScript { answer: Box::new(answer), ..Default::default() }).await;
    let report = client()
        .send(&next_hop("hop", &["*"], &[hop.address]), &envelope(&[], &["a@b.example"]), b"x\r\n")
        .await;
    assert!(report.handover.is_some());
    assert_eq!(hop.all_commands()[..2], ["EHLO gate.example", "HELO gate.example"]);
}
