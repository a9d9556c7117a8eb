//! Who may speak, and for whom.

use super::*;
use gatehouse::{config::TenantSecret, mail::SenderProof};
use sha2::{Digest, Sha256};

const FAR: &str = "MAIL FROM:<x@far.example>";

async fn relay_for(clients: Vec<RelayClient>) -> (Relay, Hop) {
    let hop = Hop::start(HopScript::default()).await;
    let mut setup = Setup::new(vec![next_hop("hop", &["*"], &[hop.address])], TestHouse::new(|_| Fate::Pass));
    setup.config.clients = clients;
    let secret = |school: &str, value: &str| TenantSecret {
        school: SchoolId(school.into()),
        header: format!("X-Gate-{school}"),
        sha256: Sha256::digest(value).iter().map(|b| format!("{b:02x}")).collect(),
    };
    setup.config.tenants = vec![secret("oak", "acorn-7Hq"), secret("elm", "samara-2Xw")];
    (setup.start().await, hop)
}

/// A whole message from `from` to `to`; the first reply that is not positive, or the last.
async fn try_mail(relay: &Relay, from: &str, to: &str, message: &str) -> String {
    let mut client = relay.ready().await;
    for line in [&format!("MAIL FROM:<{from}>"), &format!("RCPT TO:<{to}>"), "DATA"] {
        let reply = client.cmd(line).await;
        if !reply.starts_with("250 ") && !reply.starts_with("354 ") {
            return reply;
        }
    }
    client.cmd(format!("{message}.")).await
}

#[tokio::test]
async fn whoever_is_not_listed_is_not_served() {
    let elsewhere = Network { address: "192.0.2.0".parse().unwrap(), prefix: 24 };
    for clients in [vec![], vec![RelayClient { networks: vec![elsewhere], ..loopback() }]] {
        let (relay, _hop) = relay_for(clients).await;
        let mut client = relay.client().await;
        assert!(client.reply().await.starts_with("554 "));
        client.closed().await;
    }
}

#[tokio::test]
async fn it_is_no_open_relay() {
    let (relay, hop) = relay_for(vec![loopback()]).await;
    let mut client = relay.ready().await;
    client.expect(FAR, "250 ").await;
    client.expect("RCPT TO:<y@elsewhere.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<y%elsewhere.example@far.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<@oak.example:y@elsewhere.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<\"y@elsewhere.example\"@far.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<y%elsewhere.example@oak.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<elsewhere.example!y@oak.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<\"y@elsewhere.example\"@oak.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<y@notoak.example>", "550 5.7.1 ").await;
    client.expect("RCPT TO:<y@oak.example.far.example>", "550 5.7.1 ").await;
    client.expect("DATA", "503 ").await;
    assert_eq!(hop.commands(), Vec::<String>::new(), "the hop hears nothing of it");
    client.expect("RCPT TO:<a@mail.oak.example>", "250 ").await;
    client.expect("RCPT TO:<Postmaster>", "250 ").await;
    client.expect("RCPT TO:<y@elsewhere.example>", "550 5.7.1 ").await;
    assert_eq!(hop.commands().last().unwrap(), "RCPT TO:<postmaster@oak.example>");
}

#[tokio::test]
async fn a_host_of_one_school_does_not_speak_for_another() {
    let oak = RelayClient { schools: vec![SchoolId("oak".into())], ..loopback() };
    let (relay, hop) = relay_for(vec![oak]).await;
    let message = "From: b@elm.example\r\n\r\nx\r\n";
    assert!(try_mail(&relay, "b@elm.example", "y@far.example", message).await.starts_with("550 5.7.1 "));
    assert!(try_mail(&relay, "b@elm.example", "a@oak.example", message).await.starts_with("250 "));
    assert_eq!(hop.count(), 1);
}

#[tokio::test]
async fn a_null_sender_s_report_goes_out_when_it_is_the_school_s_own() {
    let (relay, hop) = relay_for(vec![loopback()]).await;
    let own = "From: Mail System <mailer-daemon@oak.example>\r\nAuto-Submitted: auto-replied\r\n\r\nx\r\n";
    assert!(try_mail(&relay, "", "y@far.example", own).await.starts_with("250 "));
    for other in ["From: daemon@far.example\r\n\r\nx\r\n", "Subject: no from\r\n\r\nx\r\n"] {
        assert!(try_mail(&relay, "", "y@far.example", other).await.starts_with("550 5.7.1 "));
    }
    assert!(
        try_mail(&relay, "", "a@oak.example", "From: daemon@far.example\r\n\r\nx\r\n")
            .await
            .starts_with("250 ")
    );
    assert_eq!(hop.count(), 2);
}

#[tokio::test]
async fn a_second_tenant_at_the_same_address_is_refused() {
    let (relay, hop) = relay_for(vec![RelayClient { shared: true, ..loopback() }]).await;
    let oak = "From: A <a@oak.example>\r\nX-Gate-oak: acorn-7Hq\r\nSubject: x\r\n\r\nbody\r\n";
    assert!(try_mail(&relay, "a@oak.example", "y@far.example", oak).await.starts_with("250 "));
    assert_eq!(hop.only().message(), b"From: A <a@oak.example>\r\nSubject: x\r\n\r\nbody\r\n");
    let transaction = relay.house.only();
    assert_eq!(transaction.arrival.proof, SenderProof::Tenant(SchoolId("oak".into())));
    assert!(!transaction.raw.windows(5).any(|w| w == b"acorn"), "the house never sees the secret");
    let refused = [
        // No secret; a wrong one; the right one of the wrong school.
        ("a@oak.example", "y@far.example", "From: a@oak.example\r\n\r\nx\r\n"),
        ("a@oak.example", "y@far.example", "From: a@oak.example\r\nX-Gate-oak: acorn-7Hr\r\n\r\nx\r\n"),
        ("a@oak.example", "y@far.example", "From: a@oak.example\r\nX-Gate-elm: samara-2Xw\r\n\r\nx\r\n"),
        // The second tenant's own secret, under the first one's names.
        ("b@elm.example", "y@far.example", "From: a@oak.example\r\nX-Gate-elm: samara-2Xw\r\n\r\nx\r\n"),
        (
            "x@far.example",
            "y@elsewhere.example",
            "From: b@elm.example\r\nX-Gate-elm: samara-2Xw\r\n\r\nx\r\n",
        ),
        ("x@far.example", "a@oak.example", "From: x@far.example\r\nX-Gate-elm: samara-2Xw\r\n\r\nx\r\n"),
        // The secret in the body proves nothing.
        ("a@oak.example", "y@far.example", "From: a@oak.example\r\n\r\nX-Gate-oak: acorn-7Hq\r\n"),
    ];
    for (from, to, message) in refused {
        let reply = try_mail(&relay, from, to, message).await;
        assert!(reply.starts_with("550 5.7.1 "), "{from} {to} {message}: {reply}");
    }
    assert_eq!((hop.count(), relay.house.count()), (1, 1));
    let inbound = "From: x@far.example\r\nX-Gate-oak: acorn-7Hq\r\n\r\nx\r\n";
    assert!(try_mail(&relay, "x@far.example", "a@oak.example", inbound).await.starts_with("250 "));
    assert_eq!(relay.house.transactions.lock().unwrap()[1].arrival.proof, SenderProof::Unproved);
}

#[tokio::test]
async fn secrets_are_taken_out_of_everyone_s_mail() {
    let (relay, hop) = relay_for(vec![loopback()]).await;
    let message = "x-gate-OAK: guess one\r\nFrom: a@oak.example\r\nX-Gate-elm:\r\n\tfolded\r\nX-Gate-oak: acorn-7Hq\r\n\r\nx\r\n";
    assert!(try_mail(&relay, "a@oak.example", "y@far.example", message).await.starts_with("250 "));
    assert_eq!(hop.only().message(), b"From: a@oak.example\r\n\r\nx\r\n");
}

#[tokio::test]
async fn a_host_that_authenticates_its_users_proves_its_own_senders() {
    let (relay, _hop) = relay_for(vec![RelayClient { authenticates_users: true, ..loopback() }]).await;
    for (from, header) in [
        ("a@oak.example", "a@oak.example"),
        ("x@far.example", "a@oak.example"),
        ("a@oak.example", "x@far.example"),
    ] {
        let message = format!("From: {header}\r\n\r\nx\r\n");
        assert!(try_mail(&relay, from, "b@elm.example", &message).await.starts_with("250 "));
    }
    let proofs: Vec<_> =
        relay.house.transactions.lock().unwrap().iter().map(|t| t.arrival.proof.clone()).collect();
    assert_eq!(proofs, [SenderProof::ListedHost, SenderProof::Unproved, SenderProof::Unproved]);
}

#[tokio::test]
async fn xclient_and_xforward_are_for_listed_hosts_only() {
    for client in [loopback(), RelayClient { xclient: true, shared: true, ..loopback() }] {
        let (relay, _hop) = relay_for(vec![client]).await;
        let mut client = relay.client().await;
        assert!(!client.greeted().await.contains("XCLIENT"));
        client.expect("XCLIENT LOGIN=a.staff", "550 5.7.0 ").await;
        client.expect("XFORWARD ADDR=192.0.2.9", "550 5.7.0 ").await;
    }
}

#[tokio::test]
async fn a_listed_host_names_its_client_and_its_login() {
    let (relay, hop) = relay_for(vec![RelayClient { xclient: true, ..loopback() }]).await;
    let mut client = relay.client().await;
    let offered = client.greeted().await;
    assert!(offered.contains("XCLIENT NAME ADDR PORT PROTO HELO LOGIN") && offered.contains("XFORWARD NAME"));
    client.expect("XCLIENT FOO=bar", "501 ").await;
    client.expect("XCLIENT ADDR=192.0.2.300", "501 ").await;
    client.expect(FROM, "250 ").await;
    client.expect("XCLIENT LOGIN=x", "503 ").await;
    client.expect("RSET", "250 ").await;
    client.expect("XCLIENT NAME=pc.oak.example ADDR=IPV6:2001:db8::9 LOGIN=a.st+61ff HELO=pc", "220 ").await;
    client.expect("MAIL FROM:<a@oak.example> SIZE=1", "555 ").await;
    assert!(client.cmd("EHLO filter.example").await.contains("XCLIENT"), "its rights stay the host's");
    client.message("From: a.staff@oak.example\r\n\r\nx\r\n.\r\n").await;
    client.expect("XFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.9 IDENT=4QxYz HELO=mx.far.example", "250 ").await;
    client.message("From: a.staff@oak.example\r\n\r\nx\r\n.\r\n").await;
    client.message("From: a.staff@oak.example\r\n\r\nx\r\n.\r\n").await;
    client.expect("XCLIENT LOGIN=[UNAVAILABLE]", "220 ").await;
    client.cmd("EHLO filter.example").await;
    client.message("From: a.staff@oak.example\r\n\r\nx\r\n.\r\n").await;
    let arrivals: Vec<_> =
        relay.house.transactions.lock().unwrap().iter().map(|t| t.arrival.clone()).collect();
    let login = SenderProof::Login("a.staff".into());
    assert_eq!(arrivals[0].client, Some("2001:db8::9".parse().unwrap()));
    assert_eq!(
        (arrivals[0].client_name.as_deref(), arrivals[0].helo.as_deref()),
        (Some("pc.oak.example"), Some("pc"))
    );
    assert_eq!((&arrivals[0].proof, &arrivals[0].queue_id), (&login, &None));
    assert_eq!(arrivals[1].client, Some("192.0.2.9".parse().unwrap()));
    assert_eq!((arrivals[1].client_name.as_deref(), arrivals[1].queue_id.as_deref()), (None, Some("4QxYz")));
    assert_eq!((&arrivals[2].proof, &arrivals[2].queue_id), (&login, &None), "XFORWARD is for one message");
    assert_eq!(arrivals[3].proof, SenderProof::Unproved);
    let text = String::from_utf8(hop.taken()[0].with_trace()).unwrap();
    assert!(text.starts_with("Received: from pc (pc.oak.example [IPv6:2001:db8::9])\r\n\tby gate.example (Gatehouse) with ESMTPA id "));
}
