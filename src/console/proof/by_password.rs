//! Proving oneself by password and code: for signing in and for grave acts. The answer is the same,
//! and takes as long, whether there is no such person, no password, a wrong one or a wrong code.

use super::{
    Asker, step_of,
    tries::{Count, KNOWN_BROWSER, NETWORK, Pace, STRANGER, STRANGERS},
};
use crate::{
    console::{Console, Fault},
    mail::Address,
    storage::{AccountId, CredentialId, KeptPassword, KeptUser, RecoveryCode},
};
use chrono::Utc;
use std::time::Instant;

/// What somebody fills in.
pub struct Given {
    /// By which they are known, as typed.
    pub name: String,
    pub password: String,
    pub code: String,
    pub recovery: String,
    /// The cookie of a browser that was here before.
    pub device: Option<String>,
    pub asker: Asker,
}

/// What stands for the code.
enum Second {
    Step(CredentialId, i64),
    Recovery(RecoveryCode),
}

impl Console {
    /// Whether it is this user, whose name was typed; `None` when nobody has that name.
    pub(in crate::console) async fn proves(
        &self,
        user: Option<&KeptUser>,
        given: &Given,
    ) -> Result<bool, Fault> {
        let counts = self.counts(user, given)?;
        if !self.tries.take(Instant::now(), &counts) {
            return Err(Fault::TooOften);
        }
        let nobody: AccountId = "0000000000".parse().map_err(|()| Fault::Away)?;
        let account = user.map_or(&nobody, |user| &user.id);
        let kept = self.store.password(account).await?;
        let second = self.second(account, &kept, given).await?;
        let hash = kept.as_ref().map(|kept| kept.chosen.hash.as_str());
        let fits = self.passwords.fits(given.password.clone(), hash).await?;
        let proved = match (fits, second) {
            (true, Some(Second::Step(id, step))) => self.store.use_code(&id, step).await?,
            (true, Some(Second::Recovery(code))) => self.store.use_recovery_code(account, &code).await?,
            _ => false,
        };
        if proved {
            self.tries.give_back(&counts);
        } else if let (Some(user), false) = (user, self.tries.has_left(Instant::now(), &counts)) {
            self.store.note_slowed(&user.id).await?;
        }
        Ok(proved)
    }

    async fn second(
        &self,
        account: &AccountId,
        kept: &Option<KeptPassword>,
        given: &Given,
    ) -> Result<Option<Second>, Fault> {
        let nobodys = RecoveryCode::typed("0000-0000-0000");
        let typed = RecoveryCode::typed(&given.recovery);
        // Looked up for everybody, so that it takes as long.
        let is_one = match typed.as_ref().or(nobodys.as_ref()) {
            Some(code) => self.store.is_recovery_code(account, code).await?,
            None => false,
        };
        Ok(match (kept, typed) {
            (Some(_), Some(code)) if is_one => Some(Second::Recovery(code)),
            (Some(kept), _) => {
                let step = step_of(&kept.chosen.secret, &given.code, Utc::now());
                step.map(|step| Second::Step(kept.id.clone(), step))
            }
            (None, _) => None,
        })
    }

    /// By what this try counts. A browser that was here before has its own count, so that strangers
    /// cannot use it up; a stranger counts for their network and among all strangers.
    fn counts(&self, user: Option<&KeptUser>, given: &Given) -> Result<Vec<(Count, Pace)>, Fault> {
        // However it is written: somebody unknown counts as somebody known does.
        let name = given.name.trim();
        let name =
            Address::parse(name).map_or_else(|| name.to_lowercase(), |address| address.key().to_owned());
        let count = |parts: &[&[u8]]| self.store.count_of_tries(parts);
        let known = match (user, &given.device) {
            (Some(user), Some(sent)) => self.store.known_device(&user.id, sent)?,
            _ => None,
        };
        let network = given.asker.network();
        Ok(match (known, user) {
            (Some(device), Some(user)) => {
                vec![(count(&[b"browser", user.id.as_str().as_bytes(), device.as_bytes()])?, KNOWN_BROWSER)]
            }
            // One person has several addresses, and one count.
            (_, user) => {
                let whose = user.map_or(name.as_bytes(), |user| user.id.as_str().as_bytes());
                vec![
                    (count(&[b"stranger", whose, &network])?, STRANGER),
                    (count(&[b"strangers", whose])?, STRANGERS),
                    (count(&[b"network", &network])?, NETWORK),
                ]
            }
        })
    }
}
