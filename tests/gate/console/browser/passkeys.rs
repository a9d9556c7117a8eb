//! Passkeys in the real browser, with WebDriver's virtual device: added, signed in with, asked for again before
//! what is grave, and not taken from a device whose owner has not shown themselves.

use super::{
    super::{School, password::let_proofs_age},
    chrome::{Chrome, Scheme},
    keyboard::Keyboard,
};
use crate::gate::TEACHER;
use serde_json::json;

#[test]
fn a_passkey_is_added_lets_in_and_proves_anew() {
    let (gate, origin) = super::gate();
    let _school = School::of(&gate);
    let said = gate.home.run(&["users", "add", "--person", TEACHER]);
    assert_eq!(said.code(), 0, "{}", said.err);
    let link = said.out.lines().nth(1).expect("a link");
    let chrome = Chrome::at(&origin);
    chrome.look(360, 780, Scheme::Light);
    let keys = Keyboard(&chrome);
    // Web Authentication 11: a device that can show who holds it.
    let device = chrome.post(
        "webauthn/authenticator",
        json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        }),
    );
    let device = device.as_str().expect("its number").to_owned();

    chrome.go_to(link);
    keys.follow("main form button");
    chrome.go("/account");
    keys.fill("#passkey-name", "school laptop");
    keys.follow("form[data-passkey='create'] button");
    assert!(chrome.path() == "/account" && chrome.text().contains("school laptop"), "{}", chrome.text());
    let kept = chrome.get(&format!("webauthn/authenticator/{device}/credentials"));
    let kept = kept.as_array().unwrap();
    assert!(kept.len() == 1 && kept[0]["rpId"] == "localhost", "{kept:?}");
    assert_eq!(kept[0]["isResidentCredential"], true, "it knows whose it is");

    keys.follow(".who form[action='/sign-out'] button");
    chrome.go("/account");
    assert!(chrome.path().starts_with("/sign-in"), "{}", chrome.path());
    let verified = |yes: bool| {
        chrome.post(&format!("webauthn/authenticator/{device}/uv"), json!({"isUserVerified": yes}));
    };
    verified(false);
    keys.tab_to("form[data-passkey='get'] button");
    keys.press('\u{e007}');
    chrome.until("return !document.querySelector('[data-failed]').hidden");
    assert!(chrome.path().starts_with("/sign-in"), "{}", chrome.path());
    verified(true);
    chrome.leads_on(|_| keys.press('\u{e007}'));
    assert!(chrome.path() == "/account" && chrome.text().contains("by a passkey"), "{}", chrome.text());

    // Before what is grave it is asked for again, and leads back there.
    let_proofs_age(&gate);
    chrome.go("/account/password");
    assert!(chrome.path().starts_with("/sign-in/again"), "{}", chrome.path());
    keys.follow("form[data-passkey='get'] button");
    assert_eq!(chrome.path(), "/account/password");
    let signed = chrome.get(&format!("webauthn/authenticator/{device}/credentials"));
    assert!(signed[0]["signCount"].as_u64() > kept[0]["signCount"].as_u64(), "{signed}");
}
