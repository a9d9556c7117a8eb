//! Sessions of the web pages: over after an hour in which nobody opened a page.

use super::*;

#[tokio::test]
async fn what_a_page_fetches_by_itself_keeps_nobody_signed_in() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let who = NewUser { person: Some(PersonId("oak-s01".into())), address: None, public_key: String::new() };
    let account = store.user_add(who, &lead()).await.unwrap();
    let begun = store.sign_in(&account, Way::Password, &lead()).await.unwrap();
    let goes_on = async |touch| store.session(&begun.word, touch).await.unwrap().is_some();
    for _ in 0..3 {
        bench.pass(TimeDelta::minutes(50));
        assert!(goes_on(Touch::ByPerson).await, "somebody sits there");
    }
    for _ in 0..5 {
        bench.pass(TimeDelta::minutes(11));
        assert!(goes_on(Touch::ByPage).await);
    }
    bench.pass(TimeDelta::minutes(11));
    assert!(!goes_on(Touch::ByPage).await, "an hour after the person, whatever the page did");
    assert!(!goes_on(Touch::ByPerson).await);
    bench.verify().await;
}
