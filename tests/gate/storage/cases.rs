//! Incidents and breach records whose time is over: due by the school's times, stopped by a legal hold,
//! gone only on a person's word, and then whole.

use super::{
    breach::closed_breach,
    purged::{naming, set},
    *,
};

fn before(bench: &Bench) -> CasesBefore {
    let ago = |days| bench.store_now() - TimeDelta::days(days);
    CasesBefore {
        dismissed: ago(30),
        incidents: ago(365),
        low_level: ago(6 * 365),
        allegations: ago(10 * 365),
        breaches: ago(6 * 365),
    }
}

async fn opened(store: &Store, kind: IncidentKind, links: Vec<Link>) -> IncidentId {
    let id = store.new_incident_id();
    let new = NewIncident {
        school: school(),
        kind,
        title: "words between two pupils".into(),
        people: vec![(Who::Person(PersonId("child-1".into())), Part::Affected)],
        links,
        why: "told by a friend".into(),
    };
    store.incident_open(&id, new, vec![], &lead()).await.unwrap();
    id
}

async fn write(store: &Store, id: &IncidentId, entry: Entry) {
    store.incident_write(id, entry, &lead()).await.unwrap();
}

async fn closed(store: &Store, id: &IncidentId) {
    write(store, id, Entry::ParentsNotTold { why: "not yet".into() }).await;
    write(store, id, Entry::Closed { outcome: "settled".into() }).await;
}

async fn due(bench: &Bench) -> Vec<DueId> {
    let due = bench.store.incidents_due(&school(), &before(bench)).await.unwrap();
    due.into_iter().map(|due| due.id).collect()
}

#[tokio::test]
async fn incidents_are_due_by_their_class_and_go_whole_on_a_persons_word() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let held = Sample::new(1).held(store, ItemKind::Quarantine).await;
    let followed = opened(store, IncidentKind::Concern, vec![Link::Item(held.clone())]).await;
    let never_exported = opened(store, IncidentKind::Concern, vec![]).await;
    let dismissed = opened(store, IncidentKind::Misuse, vec![]).await;
    let low = opened(store, IncidentKind::LowLevel, vec![]).await;
    let allegation = opened(store, IncidentKind::Allegation, vec![]).await;
    let open = opened(store, IncidentKind::Concern, vec![]).await;
    for id in [&followed, &never_exported, &low] {
        closed(store, id).await;
    }
    write(store, &followed, Entry::Exported { why: "safeguarding".into() }).await;
    for id in [&dismissed, &allegation] {
        write(store, id, Entry::Dismissed { why: Dismissal::Malicious, text: "made up".into() }).await;
    }
    store.decide(&held, ruling(Decision::KeepAsEvidence, lead())).await.unwrap();
    let ids = |all: &[&IncidentId]| all.iter().map(|id| DueId::Incident((*id).clone())).collect::<Vec<_>>();

    bench.pass(TimeDelta::days(29));
    assert_eq!(due(&bench).await, []);
    bench.pass(TimeDelta::days(2));
    assert_eq!(due(&bench).await, ids(&[&dismissed]));
    bench.pass(TimeDelta::days(340));
    assert_eq!(due(&bench).await, ids(&[&followed, &dismissed]), "not what was never exported");

    // A legal hold on what belongs to it holds it, and so does a reviewer's word.
    let hold =
        store.set_legal_hold(LegalSubject::Item(held.clone()), &school(), &lead(), "tribunal").await.unwrap();
    assert_eq!(due(&bench).await, ids(&[&dismissed]));
    let one = DueId::Incident(followed.clone());
    let purge = async |id: &DueId| {
        store.purge_case(id, &school(), before(&bench), &lead(), "reviewed").await.unwrap()
    };
    assert!(!purge(&one).await, "held");
    store.lift_legal_hold(&hold, &lead(), "settled").await.unwrap();
    let later = bench.store_now() + TimeDelta::days(10);
    assert!(store.keep_case(&one, later, &lead(), "a brother is here").await.unwrap());
    assert!(!purge(&one).await, "a reviewer wants to look again");
    assert!(!store.keep_case(&DueId::Incident(open.clone()), later, &lead(), "x").await.unwrap());
    bench.pass(TimeDelta::days(11));

    assert!(purge(&one).await);
    assert!(!purge(&one).await, "once");
    assert!(!purge(&DueId::Incident(open)).await, "nor what is not over");
    assert_eq!(naming(&bench, &[followed.as_str()]), set(&["incident", "ledger"]));
    assert!(matches!(store.incident_summary(&followed).await, Err(IncidentError::NotFound(_))));
    assert_eq!(
        store.purged_cases(&[followed.to_string(), low.to_string()]).await.unwrap(),
        [followed.to_string()]
    );
    let proof = LedgerFilter { events: vec!["retention.purged".into()], ..LedgerFilter::default() };
    let rows = store.ledger_rows(&proof).await.unwrap();
    assert!(rows.len() == 1 && rows[0].details.contains("\"incidents\""), "{rows:?}");

    bench.pass(TimeDelta::days(6 * 365));
    assert_eq!(due(&bench).await, ids(&[&dismissed, &low]));
    bench.pass(TimeDelta::days(4 * 365));
    assert_eq!(due(&bench).await, ids(&[&dismissed, &low, &allegation]));
    bench.verify().await;
}

#[tokio::test]
async fn a_breach_record_goes_six_years_after_its_end() {
    let bench = Bench::new().await;
    let id = closed_breach(&bench, 1).await;
    let store = &bench.store;
    let due = async || store.breaches_due(&school(), &before(&bench)).await.unwrap().len();
    bench.pass(TimeDelta::days(6 * 365 - 1));
    assert_eq!(due().await, 0);
    bench.pass(TimeDelta::days(2));
    assert_eq!(due().await, 1);
    let one = DueId::Breach(id.clone());
    assert!(store.purge_case(&one, &school(), before(&bench), &lead(), "reviewed").await.unwrap());
    assert_eq!((due().await, store.breaches(None).await.unwrap().len()), (0, 0));
    assert_eq!(naming(&bench, &[id.as_str()]), set(&["breach", "ledger"]));
    bench.verify().await;
}
