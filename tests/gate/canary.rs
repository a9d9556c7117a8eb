//! Canaries (practice.md, C): each way of the mail is proved by a message that passes the gate,
//! and that none came through is an alarm. What only looks like one is mail like any other (A7).

use crate::{
    alerts::Desk,
    dangers::HEALTH,
    gate::{DOORS, Door, Gate, Home, LEAD, OUTSIDE, RELAY, Setup, hop},
    sink::Sink,
};
use chrono::TimeDelta;
use gatehouse::{
    config::CanaryConfig,
    mail::{Address, Envelope, Recipient, ReversePath},
    storage::{ItemFilter, NotOurs, Onto, Sighting, Token, release_digest},
    wire::smtp::{NextHopClient, system_resolver},
};
use serde_json::Value;
use std::{fs, net::SocketAddr};

const OWN: &str = "canary@oakfield.example";
const SECOND: &str = "canary2@oakfield.example";
const AWAY: &str = "canary@elsewhere.example";

fn way(name: &str, direction: &str, submit: SocketAddr, from: &str, to: &str) -> String {
    format!(
        "[[canary]]\nname = \"{name}\"\ndirection = \"{direction}\"\nsubmit = \"{submit}\"\ntls = \"never\"\n\
         from = \"{from}\"\nto = \"{to}\"\n"
    )
}

/// Takes up further lines while the gate runs.
fn add(gate: &Gate, lines: &str) {
    let file = gate.home.path("gatehouse.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + lines).unwrap();
    assert_eq!(gate.home.run(&["reload", "--why", "canaries"]).code(), 0);
    gate.serving.wait_log("gate.reloaded");
}

fn events(home: &Home, event: &str) -> Vec<Value> {
    let rows = home.list(&["ledger", "list"]);
    rows.into_iter().filter(|row| row["event"] == event).collect()
}

/// The token that a delivered probe carries.
fn token(text: &str) -> String {
    let line = text.lines().find_map(|l| l.strip_prefix("X-Gatehouse-Canary: ")).expect(text);
    line.trim().to_owned()
}

/// All four ways through each door: proved, delivered, not counted, not kept, and shown.
#[test]
fn each_way_is_proved_through_either_door_and_is_nobodys_mail() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        // In front of a relay stands another mail server; here another gate of other keys.
        let front = (door == Door::Relay).then(|| {
            let hops = hop("own", "*", gate.serving.relay.unwrap());
            let home = Home::new(&Setup { doors: RELAY.into(), hops, shipped: false, ..Setup::default() });
            (home.serve(), home)
        });
        let before = front.as_ref().map_or_else(|| gate.address(), |(serving, _)| serving.relay.unwrap());
        let said = gate.home.run(&["doctor"]);
        assert!(said.out.contains("partial") && said.out.contains("oakfield: inbound, outbound, internal"));
        add(
            &gate,
            &[
                way("from-outside", "inbound", before, AWAY, OWN),
                way("to-outside", "outbound", before, OWN, AWAY),
                way("within", "internal", before, OWN, SECOND),
                format!("[[canary]]\nname = \"notices\"\ndirection = \"notices\"\nto = \"{OWN}\"\n"),
            ]
            .concat(),
        );
        let ran = gate.home.run(&["canary", "run"]);
        assert_eq!(ran.code(), 0, "{door:?}: {}{}", ran.out, ran.err);
        let ways = gate.home.list(&["canary", "list"]);
        assert!(ways.len() == 4 && ways.iter().all(|w| w["state"] == "proved"), "{ways:?}");
        // The mailboxes beyond have got them, unchanged.
        let delivered = gate.sink.wait_for(4);
        assert!([OWN, SECOND, AWAY].iter().all(|to| delivered.iter().any(|d| d.is_for(to))));
        let doctor = gate.home.run(&["doctor"]);
        assert!(doctor.out.contains("brynglas: inbound, outbound, internal"), "{}", doctor.out);
        assert!(!doctor.out.contains("oakfield: "), "{}", doctor.out);
        let coverage = gate.home.list(&["policy", "coverage"]);
        assert_eq!(coverage.last().unwrap()["routes_proved"].as_array().unwrap().len(), 4);
        // Nobody's mail: no row of the message log, nothing kept.
        let kinds = ["message.intended", "message.passed", "message.left-with-mta", "message.kept"];
        let counted: Vec<_> = kinds.iter().flat_map(|kind| events(&gate.home, kind)).collect();
        assert!(counted.is_empty(), "{door:?}: {counted:?}");
        assert_eq!(events(&gate.home, "canary.proved").len(), 4);
        assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
    }
}

/// A7: no word of a message lessens how it is looked at, and that somebody tried is said.
#[test]
fn a_token_opens_nothing_for_other_mail() {
    let gate = Gate::new(Door::Relay, Setup::default());
    // The host before the gate keeps the probe, so that its token is still good.
    let host = Sink::start();
    add(&gate, &way("to-outside", "outbound", host.address, OWN, OUTSIDE));
    let ran = gate.home.run(&["canary", "run", "--wait", "1"]);
    assert_eq!(ran.code(), 1, "it did not come through: {}", ran.out);
    let probe = host.wait_for(1)[0].text();
    let good = token(&probe);

    // To somebody else, though word for word.
    let reply = gate.send_unproved(OWN, &["clinic2@harbour.example"], &probe);
    assert!(reply.starts_with("250"), "{reply}");
    assert_eq!(events(&gate.home, "canary.not-ours")[0]["details"], "why=other-way");
    // Its token in a message with others' words: held as those words deserve.
    let other = format!(
        "From: g.okafor@oakfield.example\r\nTo: {OUTSIDE}\r\nSubject: About noon\r\nX-Gatehouse-Canary: {good}\r\n\
         Message-ID: <a@b.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{HEALTH}\r\n"
    );
    let reply = gate.send("g.okafor@oakfield.example", &[OUTSIDE], &other);
    assert!(reply.starts_with("250"), "{reply}");
    gate.home.only("hold", "open");
    // The probe itself, once more: used. And one that nobody sent.
    for (text, why) in
        [(probe.clone(), "used"), (probe.replace(&good, "0123456789ABCDEFGHJKMNPQRS"), "unknown")]
    {
        let reply = gate.send_unproved(OWN, &[OUTSIDE], &text);
        assert!(reply.starts_with("250"), "{reply}");
        let rows = events(&gate.home, "canary.not-ours");
        assert_eq!(rows.last().unwrap()["details"], format!("why={why}"), "{rows:?}");
    }
    gate.serving.wait_log("canary.not-ours");
    // Three of them were mail like any other.
    assert_eq!(events(&gate.home, "message.intended").len(), 3);
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

struct Alarm {
    desk: Desk,
    client: NextHopClient,
    folder: tempfile::TempDir,
}

impl Alarm {
    async fn new(ways: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("alarm");
        let more = format!(
            "{ways}[[alarm]]\nname = \"pager\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n",
            out.display()
        );
        let desk = Desk::at("2026-11-25T10:00:00Z", "", &more).await;
        let client = NextHopClient::new("gate.oakfield.example", system_resolver());
        Self { desk, client, folder }
    }

    /// One turn of the gate's own look; the mail of it.
    async fn turn(&self) -> Vec<(String, String)> {
        self.desk.gate.send_canaries(&self.client).await.unwrap();
        self.desk.gate.watch_itself().await.unwrap();
        self.desk.written().await
    }

    fn said(&self) -> Vec<Value> {
        let said = fs::read_to_string(self.folder.path().join("alarm")).unwrap_or_default();
        serde_json::Deserializer::from_str(&said).into_iter().map(Result::unwrap).collect()
    }

    fn canary(&self) -> CanaryConfig {
        self.desk.gate.standing().canaries[0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_does_not_come_through_is_an_alarm_and_so_is_the_next_that_does() {
    let host = Sink::start();
    let alarm = Alarm::new(&way("from-outside", "inbound", host.address, AWAY, OWN)).await;
    assert!(alarm.turn().await.is_empty());
    host.wait_for(1);
    alarm.desk.pass(15);
    assert!(alarm.turn().await.is_empty(), "it has fifteen minutes");
    alarm.desk.pass(1);
    let told = alarm.turn().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "postmaster@oakfield.example");
    assert!(told[0].1.contains("canary/from-outside fails since"), "{}", told[0].1);
    assert!(told[0].1.contains("did not pass the gate"), "{}", told[0].1);
    assert!(!told[0].1.contains(AWAY) && !told[0].1.contains(OWN), "no address: {}", told[0].1);
    alarm.desk.pass(30);
    assert!(alarm.turn().await.is_empty(), "said once, and tried again only after an hour");
    alarm.desk.pass(15);
    alarm.turn().await;
    let probe = host.wait_for(2)[1].text();

    // It comes through the gate now: to the right recipient only, and once.
    let token: Token = token(&probe).parse().unwrap();
    let content = release_digest(probe.as_bytes());
    let envelope = |to: &str| Envelope {
        sender: ReversePath::Mailbox(Address::parse(AWAY).unwrap()),
        parameters: vec![],
        recipients: vec![Recipient::new(Address::parse(to).unwrap())],
    };
    let store = &alarm.desk.store;
    let look = async |to: &str| store.canary_sighted(&token, &envelope(to), &content).await.unwrap();
    assert!(matches!(look(LEAD).await, Sighting::NotOurs(NotOurs::OtherWay)));
    let Sighting::Ours(sighted) = look(OWN).await else { panic!("it is ours") };
    assert!(sighted.intact);
    assert!(store.canary_passed(&sighted, Onto::Mta).await.unwrap());
    assert!(!store.canary_passed(&sighted, Onto::Mta).await.unwrap());
    assert!(matches!(look(OWN).await, Sighting::NotOurs(NotOurs::Used)));
    let told = alarm.turn().await;
    assert!(told.len() == 1 && told[0].1.contains("canary/from-outside works again"), "{told:?}");
    let failing: Vec<bool> = alarm.said().iter().map(|a| a["failing"].as_bool().unwrap()).collect();
    assert_eq!(failing, [true, false]);
    // The next one a day later, and not before.
    alarm.desk.pass(23 * 60);
    alarm.turn().await;
    assert_eq!(host.deliveries().len(), 2);
    alarm.desk.pass(61);
    alarm.turn().await;
    host.wait_for(3);
    store.ledger_verify().await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_away_and_notices_that_do_not_leave_are_said_for_what_they_are() {
    let nobody: SocketAddr = crate::ports::free_port();
    let ways = way("to-outside", "outbound", nobody, OWN, AWAY)
        + &format!(
            "[[canary]]\nname = \"notices\"\ndirection = \"notices\"\nto = \"{OWN}\"\nwithin = \"1h\"\n"
        );
    let alarm = Alarm::new(&ways).await;
    assert_eq!(alarm.turn().await.len(), 1, "the notice itself, which nobody takes from the outbox");
    alarm.desk.pass(16);
    alarm.turn().await;
    alarm.desk.pass(45);
    alarm.turn().await;
    let said = alarm.said();
    let why: Vec<&str> = said.iter().map(|a| a["why"].as_str().unwrap()).collect();
    assert_eq!(why, ["host-away", "not-delivered"], "{said:?}");
    let state = alarm.desk.store.canary_state(&alarm.canary()).await.unwrap();
    assert_eq!((state.last.unwrap().code, state.proved), (Some(0), None));
    assert!(alarm.desk.store.items(&ItemFilter::default()).await.unwrap().is_empty());
}

/// Two gates look at one moment: one canary for both.
#[tokio::test(flavor = "multi_thread")]
async fn a_duty_sends_one_canary_among_all_gates() {
    let host = Sink::start();
    let alarm = Alarm::new(&way("from-outside", "inbound", host.address, AWAY, OWN)).await;
    let other = alarm.desk.second();
    let take = async |gate: &gatehouse::gateway::Gate| {
        let duty = alarm.desk.store.take_duty("canaries", TimeDelta::seconds(50)).await.unwrap();
        match duty {
            Some(duty) => duty.run(gate.send_canaries(&alarm.client)).await.unwrap(),
            None => 0,
        }
    };
    let (one, two) = tokio::join!(take(&alarm.desk.gate), take(&other));
    assert_eq!(one + two, 1);
    assert_eq!(host.wait_for(1).len(), 1);
}

#[test]
fn a_mistake_in_a_canary_is_said_with_its_line() {
    let home = Home::new(&Setup {
        doors: "[relay]\nlisten = [\"127.0.0.1:2525\"]\n[[relay.client]]\nnetworks = [\"127.0.0.1\"]\nschools = [\"oakfield\"]\n".into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        shipped: false,
        ..Setup::default()
    });
    let file = home.path("gatehouse.toml");
    let text = fs::read_to_string(&file).unwrap();
    let wrong = way("a", "outbound", "127.0.0.1:2525".parse().unwrap(), AWAY, OWN)
        + "[[canary]]\nname = \"a\"\ndirection = \"notices\"\nfrom = \"x@oakfield.example\"\nto = \"canary@oakfield.example\"\n\
           [[canary]]\nname = \"b\"\ndirection = \"sideways\"\n";
    fs::write(&file, text + &wrong).unwrap();
    let said = home.run(&["canary", "list"]);
    assert_eq!(said.code(), 2);
    for part in [
        "relay itself",
        "have this name",
        "`from` of outbound",
        "`to` of outbound",
        "is for a route",
        "sideways",
        "no `to`",
    ] {
        assert!(said.err.contains(part), "{part} in {}", said.err);
    }
}
