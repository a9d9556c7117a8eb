//! Passkeys (Web Authentication): a device proves that it has the private half, and that its owner
//! has just shown themselves to it. No name is typed: the device knows whose it is.

use super::{Asker, ceremonies::Ceremonies};
use crate::{
    config::ConsoleConfig,
    console::{Console, Fault, visitor::Visitor},
    effects::AccountNews,
    storage::{AccountId, KeptPasskey, PasskeyFault},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Instant;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder,
};

/// How the devices list us.
const OURS: &str = "Gatehouse";

/// What asks devices, and what has been asked.
pub struct Passkeys {
    /// `None` where browsers have no passkeys: at an address that is a number.
    asks: Option<Webauthn>,
    joining: Ceremonies<PasskeyRegistration>,
    proving: Ceremonies<DiscoverableAuthentication>,
}

/// What a page's script hands to the browser.
#[derive(Serialize)]
struct Question<'a, T: Serialize> {
    ceremony: &'a str,
    options: &'a T,
}

impl Passkeys {
    pub fn new(at: &ConsoleConfig) -> Self {
        let asks = at.address.domain().and_then(|domain| {
            let builder = WebauthnBuilder::new(domain, &at.address).ok()?;
            builder.rp_name(OURS).build().ok()
        });
        Self { asks, joining: Ceremonies::new(), proving: Ceremonies::new() }
    }

    fn asks(&self) -> Result<&Webauthn, Fault> {
        self.asks.as_ref().ok_or(Fault::NotThere)
    }
}

fn question<T: Serialize>(ceremony: &str, options: &T) -> Result<String, Fault> {
    serde_json::to_string(&Question { ceremony, options }).map_err(|_| Fault::Away)
}

/// A browser's answer; what is none was not made by one.
fn answer<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Form)
}

fn random_word() -> String {
    let mut bytes = [0; 24];
    (crate::storage::system_random())(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Console {
    /// Begins a registration: the question for the browser.
    pub(in crate::console) async fn begin_passkey(&self, visitor: &Visitor) -> Result<String, Fault> {
        let account = &visitor.user.id;
        let known = self.store.passkeys(account).await?;
        let known =
            known.iter().filter_map(|kept| read(kept).ok()).map(|key| key.cred_id().clone()).collect();
        let handle = Uuid::from_bytes(self.store.passkey_handle(account)?);
        let (mut options, state) = self
            .passkeys
            .asks()?
            .start_passkey_registration(handle, &visitor.known_as(), &visitor.name(), Some(known))
            .map_err(|_| Fault::Away)?;
        // The device keeps whose it is, so that nobody types a name (resident keys, Web Authentication 6.2).
        if let Some(selection) = &mut options.public_key.authenticator_selection {
            selection.require_resident_key = true;
            selection.resident_key = serde_json::from_str("\"required\"").ok();
        }
        let word = random_word();
        self.passkeys.joining.begin(word.clone(), visitor.word.reveal().as_bytes(), state, Instant::now());
        question(&word, &options)
    }

    /// Takes the answer: `Err` inside when it is somebody's already or one too many.
    pub(in crate::console) async fn keep_passkey(
        &self,
        visitor: &Visitor,
        (ceremony, credential, name): (&str, &str, &str),
    ) -> Result<Result<(), PasskeyFault>, Fault> {
        let session = visitor.word.reveal().as_bytes();
        let state = self.passkeys.joining.take(ceremony, session, Instant::now()).ok_or(Fault::Form)?;
        let credential: RegisterPublicKeyCredential = answer(credential)?;
        let asks = self.passkeys.asks()?;
        let key = asks.finish_passkey_registration(&credential, &state).map_err(|_| Fault::Form)?;
        let text = serde_json::to_string(&key).map_err(|_| Fault::Away)?;
        let by = (&visitor.desk.actor, self.tell(&visitor.user, AccountNews::PasskeyAdded));
        Ok(self.store.passkey_add(&visitor.user.id, key.cred_id(), (name, text), by).await?)
    }

    /// Begins a proof: the question for the browser.
    pub(in crate::console) fn begin_proof(&self, asker: Asker) -> Result<String, Fault> {
        let (mut options, state) =
            self.passkeys.asks()?.start_discoverable_authentication().map_err(|_| Fault::Away)?;
        // Somebody has pressed a button: the browser asks at once.
        options.mediation = None;
        let word = random_word();
        self.passkeys.proving.begin(word.clone(), &asker.network(), state, Instant::now());
        question(&word, &options)
    }

    /// Whose passkey has answered; `None` when it is nobody's here any more or does not fit.
    pub(in crate::console) async fn proved_by_passkey(
        &self,
        asker: Asker,
        ceremony: &str,
        credential: &str,
    ) -> Result<Option<AccountId>, Fault> {
        let asks = self.passkeys.asks()?;
        let begun = self.passkeys.proving.take(ceremony, &asker.network(), Instant::now());
        let Some(state) = begun else { return Ok(None) };
        let credential: PublicKeyCredential = answer(credential)?;
        let Ok((handle, number)) = asks.identify_discoverable_authentication(&credential) else {
            return Ok(None);
        };
        let Some(kept) = self.store.passkey_of(number).await? else { return Ok(None) };
        if self.store.passkey_handle(&kept.account)? != *handle.as_bytes() {
            return Ok(None);
        }
        let mut key = read(&kept)?;
        let Ok(proof) = asks.finish_discoverable_authentication_v2(&credential, state, &key) else {
            return Ok(None);
        };
        let changed = match key.update_credential(&proof) {
            Some(true) => Some(serde_json::to_string(&key).map_err(|_| Fault::Away)?),
            _ => None,
        };
        self.store.passkey_used(&kept, changed).await?;
        Ok(Some(kept.account))
    }
}

fn read(kept: &KeptPasskey) -> Result<Passkey, Fault> {
    serde_json::from_str(&kept.key).map_err(|_| Fault::Away)
}
