//! Officers and what they are told (practice.md, B and C), with a clock that the test moves:
//! the urgent on to the next office until somebody answers, the ordinary in digests within the
//! budget, the alarm that is no mail; and never a word of any message.

use crate::{
    gate::{HEAD, Home, LEAD, PUPIL, RELAY, Setup, hop, mail},
    incidents::{FRIEND, gate},
    storage::{Sample, address, school},
    users::{by, first_head, officer},
};
use chrono::{DateTime, TimeDelta, Utc};
use gatehouse::{
    app,
    authority::{Approval, Office, Scope},
    config,
    gateway::Gate,
    parties::PersonId,
    ruleset::Category,
    storage::*,
};
use std::{
    fs,
    sync::{Arc, Mutex},
};

pub(crate) const DEPUTY: &str = "t.ellery@oakfield.example";

pub(crate) struct Desk {
    pub(crate) gate: Gate,
    pub(crate) store: Store,
    pub(crate) clock: Arc<Mutex<DateTime<Utc>>>,
    pub(crate) home: Home,
    numbers: Mutex<u128>,
}

impl Desk {
    /// A gate whose clock stands at `now`; `alerts` are lines of `[school.alerts]`.
    pub(crate) async fn at(now: &str, alerts: &str, more: &str) -> Self {
        let home = Home::new(&Setup {
            shipped: false,
            doors: RELAY.into(),
            hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
            more: more.into(),
            ..Setup::default()
        });
        let file = home.path("gatehouse.toml");
        let text = fs::read_to_string(&file).unwrap();
        let own = "[school.alerts]\nordinary = \"at-once\"\nbudget = 100\n";
        assert!(text.contains(own));
        fs::write(&file, text.replacen(own, &format!("[school.alerts]\n{alerts}\n"), 1)).unwrap();
        let config = config::load(&file).unwrap_or_else(|e| panic!("{e}"));
        let clock = Arc::new(Mutex::new(now.parse::<DateTime<Utc>>().unwrap()));
        let shared = clock.clone();
        let clock_of: gatehouse::clock::Clock = Arc::new(move || *shared.lock().unwrap());
        let keys = Keys::from_config(&config.keys).unwrap();
        let mut options = StoreOptions::from_config(&config, keys);
        options.clock = clock_of.clone();
        let store = Store::open(options).await.unwrap();
        let standing = app::standing(&config, &Keys::from_config(&config.keys).unwrap())
            .unwrap_or_else(|e| panic!("{e}"));
        let gate = Gate::new(standing, store.clone(), clock_of, 1_000);
        Self { gate, store, clock, home, numbers: Mutex::new(1) }
    }

    /// A second gate on the same store and clock.
    pub(crate) fn second(&self) -> Gate {
        let config = config::load(&self.home.path("gatehouse.toml")).unwrap();
        let standing = app::standing(&config, &Keys::from_config(&config.keys).unwrap())
            .unwrap_or_else(|e| panic!("{e}"));
        let clock = self.clock.clone();
        Gate::new(standing, self.store.clone(), Arc::new(move || *clock.lock().unwrap()), 1_000)
    }

    pub(crate) fn pass(&self, minutes: i64) {
        *self.clock.lock().unwrap() += TimeDelta::minutes(minutes);
    }

    /// A quarantined message of which the lead, the deputies and the head may be told.
    pub(crate) async fn quarantined(&self, urgency: Urgency, policy: &str) -> ItemId {
        self.quarantined_for(urgency, policy, &[LEAD, DEPUTY, HEAD]).await
    }

    /// One of which these may be told, office by office.
    async fn quarantined_for(&self, urgency: Urgency, policy: &str, ladder: &[&str]) -> ItemId {
        let number = {
            let mut numbers = self.numbers.lock().unwrap();
            *numbers += 1;
            *numbers
        };
        let sample = Sample::new(number);
        let mut keep = sample.keep(&self.store, ItemKind::Quarantine).await;
        let id = keep.items[0].id.clone();
        keep.message.received_at = *self.clock.lock().unwrap();
        keep.alerts.push(NewAlert {
            school: school(),
            urgency,
            category: Category::HarmBullying,
            policy: Some(policy.to_owned()),
            number: id.to_string(),
            item: Some(id.clone()),
            transaction: sample.transaction,
            received_at: keep.message.received_at,
            ladder: ladder.iter().map(|a| vec![address(a)]).collect(),
        });
        self.store.keep(keep).await.unwrap();
        id
    }

    /// What was written since the last look: to whom, and the bytes.
    pub(crate) async fn told(&self) -> Vec<(String, String)> {
        self.gate.tell_officers().await.unwrap();
        self.written().await
    }

    /// The same, whoever wrote it.
    pub(crate) async fn written(&self) -> Vec<(String, String)> {
        let jobs = self.store.outbox_claim(100, TimeDelta::days(400)).await.unwrap();
        jobs.into_iter()
            .map(|job| {
                let Task::Deliver(to) = &job.task else { panic!("a report") };
                let text = String::from_utf8(job.message.to_vec()).unwrap();
                (to[0].recipient.address.as_str().to_owned(), text)
            })
            .collect()
    }

    async fn told_whom(&self) -> Vec<String> {
        let mut whom: Vec<String> = self.told().await.into_iter().map(|(to, _)| to).collect();
        whom.sort();
        whom
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_alert_climbs_until_somebody_answers() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    let item = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    assert_eq!(desk.told_whom().await, [LEAD], "at once");
    desk.pass(14);
    assert_eq!(desk.told_whom().await, [""; 0]);
    desk.pass(1);
    assert_eq!(desk.told_whom().await, [DEPUTY], "after 15 minutes");
    desk.pass(15);
    assert_eq!(desk.told_whom().await, [HEAD], "after 30 minutes");
    desk.pass(60);
    let mut all = [LEAD, DEPUTY, HEAD];
    all.sort_unstable();
    assert_eq!(desk.told_whom().await, all, "everybody again");
    let lead = Actor::Person(PersonId("oak-s02".into()));
    desk.store.item(&item, &lead, Purpose::Facts).await.unwrap();
    desk.pass(300);
    assert_eq!(desk.told_whom().await, [""; 0], "looking answers");

    let away =
        Away { officer: address(LEAD), until: desk.clock.lock().unwrap().to_owned() + TimeDelta::days(2) };
    desk.store.officer_away(&away, &lead).await.unwrap();
    let second = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    assert_eq!(desk.told_whom().await, [DEPUTY], "the lead is away");
    assert_eq!(desk.store.alert_answer(second.as_str(), &lead).await.unwrap(), 1);
    desk.pass(300);
    assert_eq!(desk.told_whom().await, [""; 0], "saying so answers");
    desk.store.ledger_verify().await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_alerts_come_in_digests_within_the_budget_and_never_with_content() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    let mut items = Vec::new();
    for _ in 0..5 {
        items.push(desk.quarantined(Urgency::Ordinary, "harm.bullying").await);
    }
    assert_eq!(desk.told_whom().await, [""; 0], "not before its time");
    desk.pass(300);
    let told = desk.told().await;
    assert_eq!(told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [LEAD], "one mail at 15:00");
    let text = &told[0].1;
    for item in &items[..3] {
        assert!(text.contains(item.as_str()), "{text}");
    }
    assert!(items[3..].iter().all(|item| !text.contains(item.as_str())), "three a day: {text}");
    assert!(text.contains("and 2 more: harm.bullying") && text.contains("harm.bullying told more"), "{text}");
    assert!(
        !text.contains("Canary") && !text.contains("Trip") && !text.contains("harrow"),
        "no content: {text}"
    );
    // The rule has stepped down until tomorrow: counted, not told; urgent ones still are.
    desk.quarantined(Urgency::Ordinary, "harm.bullying").await;
    desk.quarantined(Urgency::Urgent, "harm.bullying").await;
    assert_eq!(desk.told_whom().await, [LEAD]);
    desk.pass(17 * 60 + 15);
    let morning = desk.told().await;
    let digest = morning.iter().find(|(to, text)| to == LEAD && text.contains("and 1 more"));
    assert!(digest.is_some(), "what was only counted is said once: {morning:?}");
    desk.pass(24 * 60);
    let later = desk.told().await;
    assert!(
        later.iter().all(|(_, text)| !text.contains("more: harm.bullying")),
        "none when empty: {later:?}"
    );
    desk.store.ledger_verify().await.unwrap().unwrap();
}

/// A person has said so since the alert was made.
async fn accuse(desk: &Desk, item: &ItemId, who: &str) {
    let person = desk.store.faces([], [&address(who)]).unwrap();
    let (word, why) = (Accusation::Confirmed, "a pupil says so".to_owned());
    let said = AccusedInItem { person, word, matter: None, why, outbox: vec![] };
    let head = Actor::Person(PersonId("oak-s01".into()));
    assert!(desk.store.item_accused(item, &school(), said, &head).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_becomes_accused_hears_no_more_of_it_and_it_is_not_counted_for_them() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    let urgent = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    assert_eq!(desk.told_whom().await, [LEAD]);
    accuse(&desk, &urgent, DEPUTY).await;
    desk.pass(15);
    assert_eq!(desk.told_whom().await, [HEAD], "not the deputy");
    desk.pass(60);
    let told = desk.told_whom().await;
    assert!(!told.is_empty() && told.iter().all(|to| to != DEPUTY), "{told:?}");
    desk.store.alert_answer(urgent.as_str(), &Actor::Gate).await.unwrap();

    // The budget is three; the fourth is about the lead, so that it is the deputy's.
    let mut items = Vec::new();
    for _ in 0..4 {
        items.push(desk.quarantined(Urgency::Ordinary, "harm.bullying").await);
    }
    accuse(&desk, &items[3], LEAD).await;
    desk.pass(300);
    let told = desk.told().await;
    let of =
        |to: &str| &told.iter().find(|(whom, _)| whom == to).unwrap_or_else(|| panic!("{to}: {told:?}")).1;
    assert!(of(DEPUTY).contains(items[3].as_str()) && !of(LEAD).contains(items[3].as_str()), "{told:?}");
    assert!(!of(LEAD).contains("more:"), "{}", of(LEAD));
}

#[test]
fn each_message_has_a_number_of_its_own_and_who_is_away_is_not_for_everybody_to_say() {
    let gate = gate();
    for _ in 0..2 {
        let said = mail(PUPIL, FRIEND, "hi", "i cut myself again last night");
        assert!(gate.send(PUPIL, &[FRIEND], &said).starts_with("250"));
    }
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let deputy = officer(&gate, &head, DEPUTY, "deputy");
    let listed = by(&gate, &lead, &["--format", "jsonl", "alert", "list"]).lines();
    let numbers: Vec<&str> = listed.iter().map(|a| a["number"].as_str().unwrap()).collect();
    assert!(numbers.len() == 2 && numbers[0] != numbers[1], "{numbers:?}");
    let rows =
        |number: &str| by(&gate, &lead, &["--format", "jsonl", "ledger", "list", "--number", number]).lines();
    let (first, second) = (rows(numbers[0]), rows(numbers[1]));
    assert!(
        first.iter().any(|row| row["event"] == "message.kept" || row["event"] == "message.passed"),
        "{first:?}"
    );
    assert_ne!(first[0]["transaction"], second[0]["transaction"]);
    assert_eq!(by(&gate, &lead, &["alert", "answer", numbers[0]]).code(), 0);
    let left = by(&gate, &lead, &["--format", "jsonl", "alert", "list"]).lines();
    assert_eq!((left.len(), left[0]["number"].as_str()), (1, Some(numbers[1])), "the other still asks");

    let away = |who, officer: &str| {
        by(&gate, who, &["alert", "away", "--officer", officer, "--until", "2027-06-01"])
    };
    for (who, officer) in
        [(&deputy, HEAD), (&deputy, LEAD), (&lead, DEPUTY), (&head, "g.whitlock@oakfield.example")]
    {
        let refused = away(who, officer);
        assert!(refused.code() == 3 && refused.err.contains("for themselves"), "{officer}: {}", refused.err);
    }
    assert_eq!(gate.home.run(&["alert", "away", "--officer", HEAD, "--until", "2027-06-01"]).code(), 3);
    assert_eq!((away(&deputy, DEPUTY).code(), away(&head, LEAD).code()), (0, 0));
}

/// Somebody whom no line of the configuration names, registered and given this office.
async fn registered(desk: &Desk, who: &str, office: Office) -> GrantId {
    let key = desk.home.path(&format!("{who}.key"));
    let public_key = keys::generate_identity(&key, "a person's own key").unwrap();
    let person = Some(PersonId(who.into()));
    let user = NewUser { person, address: None, public_key };
    let account = desk.store.user_add(user, &Actor::Gate).await.unwrap();
    let grant = NewGrant {
        account,
        office,
        scope: Scope::School(school()),
        from: None,
        until: None,
        reason: "for the test".into(),
        approval: Approval::Given,
    };
    desk.store.grant_ask(grant, &Actor::Gate).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn registered_officers_count_as_those_of_the_configuration_do() {
    const CHAIR: &str = "g.whitlock@oakfield.example";
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    let grant = registered(&desk, "oak-s05", Office::Deputy).await;
    registered(&desk, "oak-s06", Office::Head).await;
    let other = |id: &str| {
        let standing = desk.gate.standing();
        let person = standing.rulebook.directory.person(&PersonId(id.into())).unwrap();
        person.addresses().next().unwrap().0.as_str().to_owned()
    };
    let (deputy, second_head) = (other("oak-s05"), other("oak-s06"));

    // The head is accused, so it is the other head's: no chair stands in while one is free.
    let item = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    assert_eq!(desk.told_whom().await, [LEAD]);
    accuse(&desk, &item, HEAD).await;
    desk.pass(15);
    assert_eq!(desk.told_whom().await, [DEPUTY]);
    desk.pass(15);
    assert_eq!(desk.told_whom().await, [second_head.as_str()]);
    desk.pass(60);
    assert!(!desk.told_whom().await.iter().any(|to| to == CHAIR));

    // What waits too long is the deputies' after the second school day, both of them.
    desk.pass(2 * 24 * 60);
    desk.gate.tell_overdue().await.unwrap();
    desk.written().await;
    desk.pass(3 * 24 * 60);
    desk.gate.tell_overdue().await.unwrap();
    let told: Vec<String> = desk.written().await.into_iter().map(|(to, _)| to).collect();
    assert!(told.contains(&deputy) && told.contains(&DEPUTY.to_owned()), "{told:?}");

    // An office that has ended is told of nothing any more.
    let ladder = [LEAD, deputy.as_str(), HEAD];
    desk.store.alert_answer(item.as_str(), &Actor::Gate).await.unwrap();
    desk.quarantined_for(Urgency::Urgent, "harm.tell", &ladder).await;
    desk.told().await;
    desk.store.grant_revoke(&grant, &Actor::Gate, "left the team").await.unwrap();
    desk.pass(15);
    assert_eq!(desk.told_whom().await, [HEAD], "not {deputy}");
}

/// Who has a part in a message does not hear of it in a number either, and somebody else does.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_counted_is_counted_for_those_who_may_hear_of_it() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    for _ in 0..4 {
        desk.quarantined(Urgency::Ordinary, "harm.bullying").await;
    }
    desk.pass(300);
    assert_eq!(desk.told_whom().await, [LEAD], "and the rule has stepped down");
    // Of this one the lead is a party.
    desk.quarantined_for(Urgency::Ordinary, "harm.bullying", &[DEPUTY, HEAD]).await;
    desk.pass(17 * 60 + 15);
    let told = desk.told().await;
    assert_eq!(told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [DEPUTY], "{told:?}");
    assert!(told[0].1.contains("and 1 more: harm.bullying"), "{}", told[0].1);
    desk.pass(24 * 60);
    assert_eq!(desk.told_whom().await, [""; 0], "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_is_no_mail_goes_off_once_for_what_is_urgent() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("alarm");
    let more = format!(
        "[[alarm]]\nname = \"pager\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n\
         [[alarm]]\nname = \"broken\"\ncommand = [\"/bin/false\"]\n",
        out.display()
    );
    let desk = Desk::at("2026-11-25T22:00:00Z", "", &more).await;
    let item = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    desk.quarantined(Urgency::Ordinary, "harm.tell").await;
    desk.gate.give_alarms().await.unwrap();
    desk.pass(20);
    desk.gate.give_alarms().await.unwrap();
    let said = fs::read_to_string(&out).unwrap();
    let alarm: serde_json::Value = serde_json::from_str(&said).expect("once");
    assert_eq!((&alarm["number"], &alarm["unattended"]), (&item.as_str().into(), &true.into()));
    assert!(!said.contains("Canary") && !said.contains("Trip"), "{said}");
    let listed = desk.home.run(&["alert", "list"]);
    assert!(listed.out.contains(item.as_str()), "{}", listed.out);
}

/// A row that is damaged, and a school that is not configured any more, silence no other alert.
#[tokio::test(flavor = "multi_thread")]
async fn alerts_of_which_nobody_can_be_told_silence_no_other_and_are_said() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "ordinary = \"at-once\"", "").await;
    let damaged = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    let ordinary = desk.quarantined(Urgency::Ordinary, "harm.tell").await;
    let orphan = desk.quarantined(Urgency::Urgent, "harm.tell").await;
    let (one, two) = (desk.quarantined(Urgency::Urgent, "a"), desk.quarantined(Urgency::Ordinary, "b"));
    let sound = [one.await, two.await];
    let database = sqlx::sqlite::SqliteConnectOptions::new().filename(desk.home.path("data/gatehouse.db"));
    let mut database = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&database).await.unwrap();
    for (change, items) in
        [("sealed = x'00'", vec![&damaged, &ordinary]), ("school = 'closed-school'", vec![&orphan])]
    {
        for item in items {
            let sql = format!("UPDATE alert SET {change} WHERE number = '{item}'");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
        }
    }
    let told = desk.told().await;
    assert!(told.iter().all(|(to, _)| to == LEAD), "{told:?}");
    for (_, text) in &told {
        assert!(sound.iter().any(|item| text.contains(item.as_str())), "{text}");
    }
    assert_eq!(told.len(), 2, "one urgent, one not: {told:?}");
    assert!(desk.store.alerts_due().await.unwrap().is_empty(), "the others wait, and fill no turn");
    desk.gate.watch_itself().await.unwrap();
    let said = desk.written().await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].1.contains("1 alerts wait whose school is not in gatehouse.toml, and 2"), "{said:?}");
    let doctor = desk.home.run(&["doctor"]);
    assert!(doctor.out.contains("FAULT  alerts"), "{}", doctor.out);
}

/// A pager that takes nothing keeps neither the mail back nor another way of the alarm.
#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_hangs_keeps_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let (hung, out) = (folder.path().join("hung"), folder.path().join("out"));
    for fifo in [&hung, &out] {
        assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
    }
    let way = |name: &str, to: &std::path::Path| {
        format!("[[alarm]]\nname = \"{name}\"\ncommand = [\"/bin/sh\", \"-c\", \"cat > {}\"]\n", to.display())
    };
    let desk = Desk::at("2026-11-25T10:00:00Z", "", &(way("hangs", &hung) + &way("works", &out))).await;
    desk.quarantined(Urgency::Urgent, "harm.tell").await;
    desk.quarantined(Urgency::Urgent, "harm.tell").await;
    let rings = async {
        // Both alarms go off while the first way takes neither.
        let read =
            |path: std::path::PathBuf| tokio::task::spawn_blocking(move || fs::read_to_string(path).unwrap());
        let mut said = String::new();
        while said.matches("\"gatehouse\":\"alert\"").count() < 2 {
            said += &read(out.clone()).await.unwrap();
        }
        assert_eq!(desk.told_whom().await, [LEAD, LEAD]);
        desk.pass(15);
        assert_eq!(desk.told_whom().await, [DEPUTY, DEPUTY]);
        let mut late = String::new();
        while late.matches("\"gatehouse\":\"alert\"").count() < 2 {
            late += &read(hung.clone()).await.unwrap();
        }
    };
    let (given, ()) = tokio::join!(desk.gate.give_alarms(), rings);
    given.unwrap();
}

/// An alarm of one moment, and two nodes that look at it at once.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_give_one_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("alarm");
    let more = format!(
        "[[alarm]]\nname = \"pager\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n",
        out.display()
    );
    let desk = Desk::at("2026-11-25T10:00:00Z", "", &more).await;
    let other = desk.second();
    for _ in 0..3 {
        desk.quarantined(Urgency::Urgent, "harm.tell").await;
    }
    let (one, two) = tokio::join!(desk.gate.give_alarms(), other.give_alarms());
    one.and(two).unwrap();
    let (one, two) = tokio::join!(desk.gate.tell_officers(), other.tell_officers());
    one.and(two).unwrap();
    let said = fs::read_to_string(&out).unwrap();
    assert_eq!(said.matches("\"gatehouse\":\"alert\"").count(), 3, "{said}");
    let mut whom: Vec<String> = desk.written().await.into_iter().map(|(to, _)| to).collect();
    whom.sort();
    assert_eq!(whom, [LEAD; 3]);
}

#[test]
fn a_mistake_in_the_alerts_is_said_with_its_line() {
    let home = Home::new(&Setup {
        shipped: false,
        doors: RELAY.into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        ..Setup::default()
    });
    let file = home.path("gatehouse.toml");
    let text = fs::read_to_string(&file).unwrap();
    let wrong = "[[school.rota]]\ndays = \"Christmas\"\n[school.alerts]\ndigests = [\"25:00\"]\nhead-after = \"2m\"\n";
    let own = "[school.alerts]\nordinary = \"at-once\"\nbudget = 100\n";
    fs::write(&file, text.replacen(own, wrong, 1) + "[[alarm]]\nname = \"x\"\ncommand = [\"page\"]\n")
        .unwrap();
    let said = home.run(&["alert", "list"]);
    assert_eq!(said.code(), 2);
    for part in ["days", "people", "25:00", "before the deputies", "whole path"] {
        assert!(said.err.contains(part), "{part} in {}", said.err);
    }
}
