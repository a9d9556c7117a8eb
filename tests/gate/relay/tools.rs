//! Other people's programs against the relay, and many clients at once.

use super::*;
use crate::debian::program;
use std::process::Stdio;

/// Runs a program and gives its exit status and what it said.
async fn run(name: &'static str, args: Vec<String>) -> (Option<i32>, String) {
    let output =
        tokio::task::spawn_blocking(move || program(name).args(&args).stdin(Stdio::null()).output().unwrap());
    let output = output.await.unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaks_is_served() {
    let (relay, hop) = Relay::passing().await;
    let port = relay.address.port().to_string();
    let cases: [(&[&str], i32, usize); 6] = [
        (&["--to", "b@far.example"], 0, 1),
        (&["--to", "b@far.example", "--pipeline"], 0, 1),
        (&["--to", "b@far.example", "--protocol", "SMTP"], 0, 1),
        (&["--to", "a@far.example,b@far.example,c@far.example"], 0, 1),
        (&["--to", "b@far.example", "--quit-after", "RCPT"], 0, 0),
        // 33: XCLIENT is not offered to this host.
        (&["--to", "b@far.example", "--xclient", "ADDR=192.0.2.9"], 33, 0),
    ];
    let mut expected = 0;
    for (extra, status, messages) in cases {
        let fixed =
            ["--server", "127.0.0.1", "--port", &port, "--from", "a@oak.example", "--helo", "c.example"];
        let args = fixed.iter().chain(extra).map(|a| a.to_string()).collect();
        let (code, said) = run("swaks", args).await;
        assert_eq!(code, Some(status), "{extra:?}: {said}");
        expected += messages;
        assert_eq!(hop.count(), expected, "{extra:?}: {said}");
    }
}

/// Ends with the test, also with one that fails.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// smtp-source in front, Postfix's smtp-sink behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smtp_source_and_smtp_sink_are_served() {
    // A port that was free a moment ago; smtp-sink binds nothing else.
    let sink_at = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("messages");
    let user = ["-u".to_owned(), "nobody".to_owned()];
    let root = run("id", vec!["-u".into()]).await.1.trim() == "0";
    let sink = program("smtp-sink")
        .args(if root { &user[..] } else { &[] })
        .args(["-c", &sink_at.to_string(), "100"])
        .stdout(std::fs::File::create(&dump).unwrap())
        .stderr(Stdio::null())
        .spawn();
    let _sink = Running(sink.unwrap());
    let listening = async { while TcpStream::connect(sink_at).await.is_err() {} };
    timeout(PATIENCE, listening).await.expect("smtp-sink listens");
    let house = TestHouse::new(|_| Fate::Pass);
    let relay = Setup::new(vec![next_hop("sink", &["*"], &[sink_at])], house).start().await;
    let to = relay.address.to_string();
    for args in [
        &["-s", "4", "-m", "100", "-l", "20000"][..],
        // One connection for many messages, no fill-up, several recipients.
        &["-s", "4", "-m", "100", "-l", "2000", "-d"],
        &["-s", "2", "-m", "20", "-r", "5", "-N"],
        &["-s", "2", "-m", "10", "-o"],
    ] {
        let fixed = ["-f", "a@oak.example", "-t", "b@far.example", &to];
        let (code, said) =
            run("smtp-source", args.iter().chain(&fixed).map(|a| a.to_string()).collect()).await;
        assert_eq!(code, Some(0), "{args:?}: {said}");
    }
    assert_eq!(relay.house.count(), 230);
    let passed = relay.house.receipts.lock().unwrap().iter().flatten().count();
    assert_eq!(passed, 230, "smtp-sink said 250 to each");
}

/// Nothing lost, nothing twice, and the budget bounds what lies in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_clients_at_once_lose_nothing() {
    const CLIENTS: usize = 20;
    const EACH: usize = 100;
    let hop = Hop::start(HopScript::default()).await;
    let mut setup = Setup::new(vec![next_hop("hop", &["*"], &[hop.address])], TestHouse::new(|_| Fate::Pass));
    setup.limits.memory_bytes = 2_000_000;
    setup.memory_wait = PATIENCE;
    let relay = Arc::new(setup.start().await);
    let clients = (0..CLIENTS).map(|c| {
        let relay = Arc::clone(&relay);
        tokio::spawn(async move {
            let mut client = relay.ready().await;
            for m in 0..EACH {
                let filling = "0123456789 filling of the message\r\n".repeat(m * 5);
                let reply = client.message(format!("Subject: {c}-{m}\r\n\r\n{filling}.\r\n")).await;
                assert!(reply.starts_with("250 "), "{c}-{m}: {reply}");
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let subject = |t: &super::super::hop::Taken| {
        let text = String::from_utf8(t.message()).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    let mut subjects: Vec<String> = hop.taken().iter().map(subject).collect();
    assert_eq!(subjects.len(), CLIENTS * EACH);
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), CLIENTS * EACH, "none twice");
    assert!(hop.connections() <= CLIENTS * EACH / 50, "connections are used again: {}", hop.connections());
}
