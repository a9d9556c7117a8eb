//! What incidents keep: the bytes of a report lie under the class of those who follow it up,
//! never for whoever is accused; and what is remembered of harsh messages, only for a while.

use super::{custody::with_custodians, *};

/// A report of a message whose author this is.
async fn report(store: &Store, number: u128, kind: IncidentKind, author: &str) -> IncidentId {
    let sample = Sample::new(number);
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    keep.items.clear();
    let (id, who) = (store.new_incident_id(), Who::Person(PersonId(author.into())));
    keep.proposals.push(NewProposal {
        id: id.clone(),
        school: school(),
        kind,
        origin: IncidentOrigin::Report,
        title: "reported inline".into(),
        category: None,
        people: vec![(who.clone(), Part::Author)],
        author: vec![who],
        evidence: Evidence::Kept,
    });
    store.keep(keep).await.unwrap();
    id
}

async fn custodian(store: &Store, class: Class, folder: &Path, name: &str) -> (Identities, String) {
    let file = folder.join(format!("{name}.txt"));
    let public = keys::generate_identity(&file, name).unwrap();
    store.custodian_join(&Access::of(class, &school()), name, &public, &lead(), "in post").await.unwrap();
    (keys::unlock(&file).unwrap(), public)
}

#[tokio::test]
async fn a_reports_bytes_open_for_its_custodians_and_not_for_whoever_is_accused() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(with_custodians(outside.path())).await;
    let store = &bench.store;
    // Before a school has named anybody, the gate keeps them for whoever may.
    let before = report(store, 1, IncidentKind::Concern, "child-1").await;
    assert_eq!(store.incident_bytes_class(&before).await.unwrap(), Class::Working);
    let (of_lead, _) = custodian(store, Class::Incidents, outside.path(), "lead").await;
    let (of_head, public) = custodian(store, Class::LowLevel, outside.path(), "the-head").await;
    let who = NewUser { person: Some(PersonId("head-1".into())), address: None, public_key: public };
    store.user_add(who, &lead()).await.unwrap();

    let concern = report(store, 2, IncidentKind::Concern, "child-1").await;
    let of_staff = report(store, 3, IncidentKind::Allegation, "staff-9").await;
    let of_the_head = report(store, 4, IncidentKind::Allegation, "head-1").await;
    let recovery = keys::unlock(&outside.path().join("recovery.txt")).unwrap();
    let opens = async |id: &IncidentId, key: Option<&Identities>| {
        store
            .incident_bytes(id, key, &lead(), Purpose::Safeguarding)
            .await
            .is_ok_and(|raw| raw.starts_with(b"From: "))
    };
    for (id, class, by_lead, by_head) in [
        (&concern, Class::Incidents, true, false),
        (&of_staff, Class::LowLevel, false, true),
        (&of_the_head, Class::Sealed, false, false),
    ] {
        assert_eq!(store.incident_bytes_class(id).await.unwrap(), class);
        let opened = (opens(id, Some(&of_lead)).await, opens(id, Some(&of_head)).await);
        assert_eq!(opened, (by_lead, by_head), "{class:?}");
        assert!(!opens(id, None).await, "{class:?}: the gate's own key");
        assert!(opens(id, Some(&recovery)).await, "{class:?}: two people together");
    }
    assert!(opens(&before, None).await, "what was kept before stays readable");
    assert_eq!(store.scrub().await.unwrap().faults.len(), 0);
    let lies =
        |class: &str| bench.files().iter().filter(|(p, _)| p.to_string_lossy().contains(class)).count();
    assert_eq!([lies("/incidents/"), lies("/low-level/"), lies("/sealed/"), lies("/working/")], [1; 4]);

    for (path, bytes) in bench.files() {
        assert!(memchr::memmem::find(&bytes, b"Canary words").is_none(), "{}", path.display());
    }
    // Also in a backup.
    let to = outside.path().join("backup");
    store.backup(&to, &lead()).await.unwrap();
    bench.verify().await;
}

#[tokio::test]
async fn a_harsh_message_is_remembered_for_whoever_got_it_and_answers_its_author() {
    let bench = Bench::new().await;
    let (author, got, other) =
        (address("a@out.example"), address("b@oakfield.example"), address("c@oakfield.example"));
    let hostile = Hostile {
        message_id: "1@out.example".into(),
        authors: vec![author.clone()],
        recipients: vec![got.clone(), other.clone(), author.clone()],
    };
    bench.store.remember_hostile(&hostile).await.unwrap();
    let answers = async |id: &str, by: &Address, to: &Address| {
        let answer = Answered {
            message_ids: vec!["0@out.example".into(), id.into()],
            by: vec![address("home@else.example"), by.clone()],
            to: vec![to.clone()],
        };
        bench.store.answers_hostile(&answer).await.unwrap()
    };
    assert!(answers("1@out.example", &got, &author).await);
    for (id, by, to, why) in [
        ("2@out.example", &got, &author, "another message"),
        ("1@out.example", &got, &other, "passed on to somebody else"),
        ("1@out.example", &author, &got, "its author, who must not learn what the gate thinks"),
        ("1@out.example", &author, &author, "its author, to himself"),
        ("1@out.example", &address("d@oakfield.example"), &author, "who never got it"),
    ] {
        assert!(!answers(id, by, to).await, "{why}");
    }
    bench.pass(TimeDelta::days(29));
    assert!(!answers("1@out.example", &got, &author).await, "for a while");
    bench.store.remember_hostile(&Hostile { message_id: "3@out.example".into(), ..hostile }).await.unwrap();
    let bench = bench.reopen().await;
    bench.store.clone().close().await;
    assert_eq!(bench.ask("SELECT COUNT(DISTINCT message_hash) FROM hostile;").matches('1').count(), 1);
}

#[tokio::test]
async fn what_a_conversation_carried_is_known_to_its_people_alone_and_for_a_while() {
    let bench = Bench::new().await;
    let (by, to, other) =
        (address("a@oakfield.example"), address("b@out.example"), address("c@oakfield.example"));
    let carrying = Carrying {
        message_id: Some("2@oakfield.example".into()),
        answers: vec!["1@out.example".into()],
        people: vec![by.clone(), to.clone(), to.clone()],
        what: vec![Carried::ProtectedFile],
    };
    bench.store.remember_thread(&carrying).await.unwrap();
    // A second time moves its end.
    bench.store.remember_thread(&carrying).await.unwrap();
    let carried = async |bench: &Bench, answers: &str, by: &Address, to: &Address| {
        let by = vec![address("home@else.example"), by.clone()];
        let thread = Thread { answers: vec!["0@x.example".into(), answers.into()], by, to: vec![to.clone()] };
        bench.store.thread_carried(&thread).await.unwrap()
    };
    for answered in ["1@out.example", "2@oakfield.example"] {
        assert_eq!(carried(&bench, answered, &by, &to).await, [Carried::ProtectedFile]);
        assert_eq!(carried(&bench, answered, &to, &by).await, [Carried::ProtectedFile], "the other way");
    }
    for (answered, by, to, why) in [
        ("3@oakfield.example", &by, &to, "another conversation"),
        ("2@oakfield.example", &by, &other, "somebody who has not got the file"),
        ("2@oakfield.example", &other, &to, "somebody who has nothing to do with it"),
        ("2@oakfield.example", &by, &by, "to oneself"),
    ] {
        assert_eq!(carried(&bench, answered, by, to).await, [], "{why}");
    }
    let word = Carrying { message_id: None, what: vec![Carried::Password], ..carrying };
    bench.store.remember_thread(&word).await.unwrap();
    let both = [Carried::ProtectedFile, Carried::Password];
    assert_eq!(carried(&bench, "1@out.example", &by, &to).await, both);
    let bench = bench.reopen().await;
    assert_eq!(carried(&bench, "1@out.example", &by, &to).await, both);
    bench.pass(TimeDelta::days(15));
    assert_eq!(carried(&bench, "1@out.example", &by, &to).await, [], "for a while");
    // Also where nothing more comes to be remembered.
    let now = bench.store_now();
    let due = DueBefore { school: None, dismissed: now, evidence: now, message_log: now };
    bench.store.retain(&due).await.unwrap();
    bench.store.clone().close().await;
    assert!(bench.ask("SELECT COUNT(*) FROM thread_carried;").contains('0'));
}
