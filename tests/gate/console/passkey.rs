//! Passkeys, with an authenticator made of a key, a counter and the rules of Web Authentication: it
//! stands in the place of browser and device together.

use super::{
    Browser, DEPUTY, Page, Person, School, gate,
    password::{let_proofs_age, set_up},
};
use crate::gate::TEACHER;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use reqwest::{Method, StatusCode};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const ORIGIN: &str = "http://localhost";
/// Its owner is there and has shown themselves (Web Authentication 6.1).
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const HAS_KEY: u8 = 64;

/// Somebody's device with one passkey.
struct Device {
    key: EcdsaKeyPair,
    number: [u8; 16],
    handle: String,
    counter: u32,
}

fn key_of(pkcs8: &[u8]) -> EcdsaKeyPair {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &SystemRandom::new()).unwrap()
}

fn client_data(kind: &str, question: &Value, origin: &str) -> Vec<u8> {
    let challenge = &question["options"]["publicKey"]["challenge"];
    json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
        .to_string()
        .into_bytes()
}

impl Device {
    fn new(number: u8) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        Self { key: key_of(made.as_ref()), number: [number; 16], handle: String::new(), counter: 0 }
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let mut data = digest(&SHA256, b"localhost").as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Answers a question to join, as the form sends it.
    fn joins(&mut self, question: &Value, flags: u8) -> String {
        let asked = &question["options"]["publicKey"];
        assert_eq!(asked["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
        self.handle = asked["user"]["id"].as_str().unwrap().to_owned();
        let mut data = self.data(flags | HAS_KEY);
        data.extend([0; 16]);
        data.extend((self.number.len() as u16).to_be_bytes());
        data.extend(self.number);
        // COSE: EC2, ES256, P-256, x, y (RFC 9053).
        let public = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&public[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&public[33..65]);
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}.
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        json!({
            "id": BASE64.encode(self.number), "rawId": BASE64.encode(self.number), "type": "public-key",
            "extensions": {},
            "response": {
                "attestationObject": BASE64.encode(attestation),
                "clientDataJSON": BASE64.encode(client_data("webauthn.create", question, ORIGIN)),
            },
        })
        .to_string()
    }

    /// Answers a question who it is.
    fn proves(&mut self, question: &Value, flags: u8, origin: &str) -> String {
        assert_eq!(question["options"]["publicKey"]["userVerification"], "required");
        let data = self.data(flags);
        let client = client_data("webauthn.get", question, origin);
        let signed = [&data[..], digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": BASE64.encode(self.number), "rawId": BASE64.encode(self.number), "type": "public-key",
            "extensions": {},
            "response": {
                "authenticatorData": BASE64.encode(data), "clientDataJSON": BASE64.encode(client),
                "signature": BASE64.encode(signature), "userHandle": self.handle,
            },
        })
        .to_string()
    }
}

fn question(page: &Page) -> Value {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    serde_json::from_str(&page.text).unwrap()
}

fn join(browser: &mut Browser, device: &mut Device, flags: u8) -> Page {
    let question = question(&browser.post("/account/passkeys/begin", &[]));
    let credential = device.joins(&question, flags);
    let ceremony = question["ceremony"].as_str().unwrap();
    browser.post(
        "/account/passkeys",
        &[("ceremony", ceremony), ("credential", &credential), ("name", "school laptop")],
    )
}

fn sign_in(browser: &mut Browser, device: &mut Device, flags: u8, origin: &str) -> Page {
    let question = question(&browser.send(Method::POST, "/sign-in/passkey/begin", Some(&[]), &[OWN]));
    let (ceremony, credential) =
        (question["ceremony"].as_str().unwrap(), device.proves(&question, flags, origin));
    let fields = [("ceremony", ceremony), ("credential", &*credential), ("next", "/account")];
    browser.send(Method::POST, "/sign-in/passkey", Some(&fields), &[OWN])
}

#[test]
fn a_passkey_lets_in_without_a_name_and_only_while_its_owner_shows_themselves() {
    let gate = gate();
    let school = School::of(&gate);
    let Person { browser: mut own, .. } = school.officer(&gate, TEACHER, "staff");
    let mut device = Device::new(7);
    assert_eq!(
        join(&mut own, &mut device, PRESENT).status,
        StatusCode::FORBIDDEN,
        "nobody has shown themselves"
    );
    let joined = join(&mut own, &mut device, PRESENT | VERIFIED);
    assert_eq!((joined.status, joined.leads_to()), (StatusCode::SEE_OTHER, "/account"), "{}", joined.text);
    assert!(own.get("/account").text.contains("school laptop"));

    let good = PRESENT | VERIFIED;
    let mut other = Browser::new(&gate);
    assert!(sign_in(&mut other, &mut device, good, ORIGIN).leads_to() == "/account");
    assert!(other.get("/account").text.contains("by a passkey"));
    for (flags, origin) in [(PRESENT, ORIGIN), (good, "http://localhost.evil.example")] {
        let mut stranger = Browser::new(&gate);
        let page = sign_in(&mut stranger, &mut device, flags, origin);
        assert!(
            page.status == StatusCode::UNPROCESSABLE_ENTITY && stranger.cookies.is_empty(),
            "{}",
            page.text
        );
    }
    // An answer is good once, a device of the same number with another key is another.
    let mut again = Browser::new(&gate);
    let asked = question(&again.send(Method::POST, "/sign-in/passkey/begin", Some(&[]), &[OWN]));
    let credential = device.proves(&asked, good, ORIGIN);
    let fields = [("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", &*credential)];
    let send = |browser: &mut Browser| browser.send(Method::POST, "/sign-in/passkey", Some(&fields), &[OWN]);
    assert_eq!(send(&mut again).status, StatusCode::SEE_OTHER);
    assert_eq!(send(&mut Browser::new(&gate)).status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut double = Device { handle: device.handle.clone(), counter: 50, ..Device::new(7) };
    let page = sign_in(&mut Browser::new(&gate), &mut double, good, ORIGIN);
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);

    // Nobody takes another's away; its own person does, and whoever is signed in elsewhere is out.
    let list = own.get("/account").text;
    let (_, rest) = list.split_once("action=\"/account/passkeys/").unwrap();
    let id = rest.split('/').next().unwrap();
    let mut deputy = school.officer(&gate, DEPUTY, "deputy").browser;
    assert_eq!(deputy.post(&format!("/account/passkeys/{id}/remove"), &[]).status, StatusCode::NOT_FOUND);
    own.post(&format!("/account/passkeys/{id}/name"), &[("name", "old laptop")]);
    assert!(own.get("/account").text.contains("old laptop"));
    let remove = format!("/account/passkeys/{id}/remove");
    assert_eq!(own.post(&remove, &[]).status, StatusCode::UNPROCESSABLE_ENTITY, "their last way");
    set_up(&mut own);
    assert_eq!(own.post(&remove, &[]).leads_to(), "/account");
    assert_eq!(other.get("/account").status, StatusCode::SEE_OTHER);
    let gone = sign_in(&mut Browser::new(&gate), &mut device, good, ORIGIN);
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn a_passkey_proves_anew_its_own_person_alone() {
    let gate = gate();
    let school = School::of(&gate);
    let (mut teacher, mut deputy) =
        (school.officer(&gate, TEACHER, "staff").browser, school.officer(&gate, DEPUTY, "deputy").browser);
    let (mut one, mut two) = (Device::new(1), Device::new(2));
    join(&mut teacher, &mut one, PRESENT | VERIFIED);
    join(&mut deputy, &mut two, PRESENT | VERIFIED);
    let_proofs_age(&gate);
    let refused = teacher.post("/account/passkeys/begin", &[]);
    assert_eq!(refused.leads_to(), "/sign-in/again?next=%2Faccount");
    for (device, status) in [(&mut two, StatusCode::UNPROCESSABLE_ENTITY), (&mut one, StatusCode::SEE_OTHER)]
    {
        let asked = question(&teacher.post("/sign-in/passkey/begin", &[]));
        let credential = device.proves(&asked, PRESENT | VERIFIED, ORIGIN);
        let ceremony = asked["ceremony"].as_str().unwrap();
        let fields = [("ceremony", ceremony), ("credential", &*credential), ("next", "/account")];
        assert_eq!(teacher.post("/sign-in/again/passkey", &fields).status, status);
    }
    assert_eq!(teacher.post("/account/passkeys/begin", &[]).status, StatusCode::OK);
}
