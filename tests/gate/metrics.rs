//! The door of the metrics: numbers of what waits and works, and nothing of any message.

use crate::{
    dangers::HEALTH,
    gate::{Door, Gate, OUTSIDE, Setup, TEACHER, mail},
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

fn ask(address: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{line} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_numbers_are_there_and_nothing_else() {
    let more = "[metrics]\nlisten = \"127.0.0.1:0\"\n[[canary]]\nname = \"notices\"\ndirection = \"notices\"\n\
                to = \"canary@oakfield.example\"\n";
    let gate = Gate::new(Door::Relay, Setup { more: more.into(), ..Setup::default() });
    let open = gate.serving.wait_log("metrics.open");
    let address: SocketAddr = open.split_once("address=").unwrap().1.trim().parse().unwrap();
    assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "About noon", HEALTH)).starts_with("250"));
    // The nudge, and the canary that was sent at the start.
    gate.sink.wait_for(2);
    assert_eq!(gate.home.run(&["canary", "run"]).code(), 0);

    assert!(ask(address, "GET /").starts_with("HTTP/1.1 404"));
    assert!(ask(address, "POST /metrics").starts_with("HTTP/1.1 405"));
    let page = ask(address, "GET /metrics");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("version=0.0.4"), "{page}");
    for line in [
        "gatehouse_up 1",
        "gatehouse_holds_waiting 1",
        "gatehouse_quarantine_waiting 0",
        "gatehouse_quarantine_overdue{for=\"lead\"} 0",
        "gatehouse_alerts_waiting{urgency=\"urgent\"} 0",
        "gatehouse_messages_total{disposition=\"hold\"} 1",
        "gatehouse_failures_total{place=\"storage\"} 0",
        "gatehouse_canary_up{way=\"notices\",direction=\"notices\"} 1",
        "gatehouse_working_key 1",
        "gatehouse_file_workers_up{of=\"files\"} 1",
        "gatehouse_file_workers{of=\"files\",state=\"busy\"} 0",
        "gatehouse_files_total{of=\"files\",result=\"reader-crashed\"} 0",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in {page}");
    }
    assert!(page.contains("gatehouse_canary_last_proof_timestamp_seconds{way=\"notices\""), "{page}");
    assert!(
        page.contains("gatehouse_outbox_recipients_total{kind=\"notice\",result=\"delivered\"}"),
        "{page}"
    );
    for word in ["okafor", "harbour", "noon", "epilepsy", "@"] {
        assert!(!page.contains(word), "{word} in {page}");
    }
    // Each line has the form that Prometheus reads.
    let body = page.split_once("\r\n\r\n").unwrap().1;
    for line in body.lines().filter(|l| !l.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("gatehouse_") && value.parse::<u64>().is_ok(), "{line}");
    }
}
