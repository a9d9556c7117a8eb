//! The queue of quarantine as pages, what else is asked of it, and how often a rule was right, on both
//! databases.

use super::*;
use gatehouse::authority::{Face, Matter};

/// One of quarantine, and its name.
async fn one(bench: &Bench, number: u128, severity: Severity, matter: Option<Matter>) -> ItemId {
    let mut keep = Sample::new(number).keep(&bench.store, ItemKind::Quarantine).await;
    keep.items[0].severity = severity;
    keep.concerned.matters = matter.map(|m| (keep.items[0].id.clone(), m)).into_iter().collect();
    bench.store.keep(keep).await.unwrap().items.remove(0)
}

fn of(schools: &[&str]) -> WaitingFilter {
    WaitingFilter {
        schools: schools.iter().map(|s| SchoolId((*s).into())).collect(),
        ..WaitingFilter::default()
    }
}

fn names(items: &[ItemSummary]) -> Vec<ItemId> {
    items.iter().map(|item| item.id.clone()).collect()
}

#[tokio::test]
async fn the_gravest_come_first_page_by_page_and_what_is_sealed_answers_no_question() {
    let bench = Bench::new().await;
    let low = one(&bench, 1, Severity::Low, None).await;
    let first = one(&bench, 2, Severity::High, None).await;
    let second = one(&bench, 3, Severity::High, Some(Matter::Allegation)).await;
    let gravest = one(&bench, 4, Severity::Critical, None).await;
    let seal = one(&bench, 5, Severity::Low, None).await;
    bench.store.decide(&seal, ruling(Decision::Seal, lead())).await.unwrap();
    let held = Sample::new(6).held(&bench.store, ItemKind::Hold).await;
    let store = &bench.store;
    let all = [seal.clone(), gravest.clone(), first.clone(), second.clone(), low.clone()];

    let whole = store.waiting(&of(&["oakfield"]), None, 50).await.unwrap();
    assert_eq!(names(&whole), all);
    // From any of them on, whatever the page's size.
    for size in [1, 2, 3] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.waiting(&of(&["oakfield"]), after.as_ref(), size).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Spot::of(last));
            seen.extend(names(&page));
        }
        assert_eq!(seen, all, "pages of {size}");
    }
    assert!(store.waiting(&of(&["brynglas"]), None, 50).await.unwrap().is_empty());
    assert!(store.waiting(&of(&[]), None, 50).await.unwrap().is_empty(), "of no school nothing");

    let ask = async |filter: WaitingFilter| names(&store.waiting(&filter, None, 50).await.unwrap());
    let base = || of(&["oakfield", "brynglas"]);
    let health = vec![Category::PersonalHealth];
    let unsealed = &all[1..];
    assert_eq!(ask(WaitingFilter { categories: health, ..base() }).await, unsealed);
    let image = vec![Category::FileIllegalImage];
    assert!(ask(WaitingFilter { categories: image, ..base() }).await.is_empty(), "sealed answers no class");
    assert_eq!(ask(WaitingFilter { severity: Some(Severity::High), ..base() }).await, &all[2..4]);
    assert_eq!(ask(WaitingFilter { matter: Some(Matter::Allegation), ..base() }).await, &all[3..4]);
    let concern = WaitingFilter { matter: Some(Matter::Concern), ..base() };
    assert_eq!(ask(concern).await, [gravest.clone(), first.clone(), low.clone()]);
    let long_ago = Utc::now() - TimeDelta::days(1);
    assert!(ask(WaitingFilter { received_before: Some(long_ago), ..base() }).await.is_empty());
    assert_eq!(ask(WaitingFilter { received_after: Some(long_ago), ..base() }).await, all);

    // What has come since, and what waits for its own sender.
    let newest = store.newest_waiting().await.unwrap();
    assert!(store.waiting_since(&base(), newest, 50).await.unwrap().is_empty());
    let latest = one(&bench, 7, Severity::Medium, None).await;
    assert_eq!(names(&store.waiting_since(&base(), newest, 50).await.unwrap()), [latest]);
    let faces = |who: &str| store.faces(None, [&address(who)]).unwrap();
    let holds = async |faces: &[Face]| store.holds_waiting(&[school()], faces, 10).await.unwrap();
    assert_eq!(holds(&[]).await, 1);
    assert_eq!(holds(&faces("nobody@oakfield.example")).await, 1);
    assert_eq!(holds(&faces(TEACHER)).await, 0, "its own sender's");
    assert_eq!(holds(&faces("clinic@harbour.example")).await, 0, "a party's");
    store.decide(&held, ruling(Decision::Withdraw, owner())).await.unwrap();
    assert_eq!(holds(&[]).await, 0);
    let others = store.quarantine_with(&faces(TEACHER), &low, 50).await.unwrap();
    assert!(others.len() == 4 && !names(&others).contains(&low) && !names(&others).contains(&seal));
}

#[tokio::test]
async fn a_rule_is_as_good_as_what_became_of_its_items_and_nothing_sealed_counts() {
    let bench = Bench::new().await;
    let rule = "pd.nhs-number".to_owned();
    let since = bench.store_now() - TimeDelta::days(90);
    let at = [school()];
    let precision = async |faces: &[Face]| {
        let all = bench.store.precision(std::slice::from_ref(&rule), &at, faces, since).await.unwrap();
        all.get(&rule).map(|p| (p.borne_out, p.decided))
    };
    let [kept, released, returned, sealed, open] =
        [1, 2, 3, 4, 5].map(|number| one(&bench, number, Severity::High, None));
    let (kept, released, returned, sealed, _open) =
        (kept.await, released.await, returned.await, sealed.await, open.await);
    assert_eq!(precision(&[]).await, None, "nothing is decided");
    for (item, decision) in [
        (&kept, Decision::KeepAsEvidence),
        (&released, Decision::Release),
        (&returned, Decision::Return),
        (&sealed, Decision::Seal),
    ] {
        bench.store.decide(item, ruling(decision, lead())).await.unwrap();
    }
    assert_eq!(precision(&[]).await, Some((1, 3)));
    let party = bench.store.faces(None, [&address(TEACHER)]).unwrap();
    assert_eq!(precision(&party).await, None, "for a party nothing of it counts");
    let copy = bench.store.copy_item(&kept, &lead(), &Purpose::Safeguarding.into()).await.unwrap();
    assert_eq!(copy.raw, Sample::new(1).raw);
    assert!(bench.store.copy_item(&sealed, &lead(), &Purpose::Safeguarding.into()).await.is_err());
    bench.verify().await;
}
