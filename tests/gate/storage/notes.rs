//! Notes for leads: their bounds, their end, and what is left of them a month later.

use super::{retention::due, *};
use std::collections::BTreeSet;

const WORDS: &str = "Quagmire: repeats phrases";

#[tokio::test]
async fn a_note_is_bounded_ends_and_is_purged_a_month_later() {
    let bench = Bench::new().await;
    let (store, now) = (&bench.store, bench.store_now());
    let person = PersonId("pupil-9".into());
    let new = |text: &str, days| NewLeadNote {
        school: school(),
        person: person.clone(),
        text: text.into(),
        until: now + TimeDelta::days(days),
    };
    let make = async |text: &str, days| store.lead_note_make(new(text, days), &lead()).await;
    for (text, days) in [("", 9), (&*"é".repeat(501), 9), ("x", 0), ("x", -1), ("x", 368)] {
        assert!(matches!(make(text, days).await, Err(StoreError::NotAllowed(_))), "{days}");
    }
    let runs_out = make(WORDS, 10).await.unwrap();
    let mut others = Vec::new();
    for _ in 1..MOST_LEAD_NOTES {
        others.push(make(&"é".repeat(LONGEST_LEAD_NOTE), 365).await.unwrap());
    }
    assert!(matches!(make("one too many", 9).await, Err(StoreError::NotAllowed(_))));
    let elsewhere = NewLeadNote { school: SchoolId("brynglas".into()), ..new("of another school", 9) };
    store.lead_note_make(elsewhere, &lead()).await.unwrap();

    let faces = store.faces([&person], []).unwrap();
    let read = async |which| store.lead_notes(&school(), &faces, which).await.unwrap();
    let note = read(LeadNotes::InForce).await.into_iter().find(|note| note.id == runs_out).unwrap();
    assert_eq!((&*note.text, &note.person, note.is_in_force(now)), (WORDS, &person, true));
    store.lead_notes_viewed(&[note], &lead(), &Purpose::Safeguarding.into()).await.unwrap();
    let nobody = store.faces([&PersonId("pupil-8".into())], []).unwrap();
    assert!(store.lead_notes(&school(), &nobody, LeadNotes::Kept).await.unwrap().is_empty());

    // Two are ended; one of them somebody has asked for.
    for id in &others[..2] {
        assert!(store.lead_note_end(id, &lead()).await.unwrap());
        assert!(!store.lead_note_end(id, &lead()).await.unwrap(), "it is over already");
    }
    let asked_for = PieceNote {
        key: format!("lead-note/{}", others[1]),
        at: now,
        concerns: BTreeSet::new(),
        eyes: Eyes::Reviewers,
    };
    let asked =
        Asked { person: person.clone(), by: None, pieces: vec![asked_for], concerns: BTreeSet::new() };
    store.subject_access_make(&school(), asked, &lead()).await.unwrap();
    assert_eq!(read(LeadNotes::InForce).await.len(), 18);
    assert_eq!(read(LeadNotes::Kept).await.len(), 20);

    bench.pass(TimeDelta::days(11));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().notes, 0);
    assert_eq!(read(LeadNotes::InForce).await.len(), 17, "one has run out");
    bench.pass(TimeDelta::days(20));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().notes, 1, "thirty days after its end");
    bench.pass(TimeDelta::days(10));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().notes, 1);
    assert!(store.schools_kept().await.unwrap().contains(&school()));
    for gone in [&others[0], &runs_out] {
        assert!(matches!(store.lead_note(gone).await, Err(StoreError::NotFound { .. })));
        let among = store.lead_notes_among(&[gone.to_string()]).await.unwrap();
        assert!(among.len() == 1 && among[0].1.is_none(), "its rows of the ledger are still nobody else's");
    }
    assert_eq!(read(LeadNotes::Kept).await.len(), 18);

    // The ledger has each change, the look and the proof, and neither words nor person.
    let mut export = Vec::new();
    store.ledger_export(&mut export).await.unwrap();
    let export = String::from_utf8(export).unwrap();
    for (event, times) in [("lead-note.made", 21), ("lead-note.ended", 2), ("lead-note.viewed", 1)] {
        assert_eq!(export.matches(&format!("\"{event}\"")).count(), times, "{event}");
    }
    assert_eq!(export.matches("lead-notes").count(), 2, "two proofs");
    assert!(!export.contains("Quagmire") && !export.contains("pupil-9"));
    bench.verify().await;
    for (path, bytes) in bench.files() {
        for word in [&b"Quagmire"[..], b"pupil-9"] {
            assert!(memchr::memmem::find(&bytes, word).is_none(), "{}", path.display());
        }
    }
}
