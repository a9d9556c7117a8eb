//! Mail to somebody about their own account.

use super::{Console, Fault};
use crate::{
    desk::{Link, address_of, own_address_of},
    effects::{AccountNews, ComposeError, Language, Notices, WayIn, Written},
    mail::Address,
    storage::{KeptUser, NewOutbox, NewUser},
};
use chrono::Utc;

impl Console {
    /// Goes out with the change that it tells of. Without an address there is nobody to write to.
    pub(super) fn tell(&self, user: &KeptUser, news: AccountNews) -> Vec<NewOutbox> {
        let Some(to) = address_of(&user.who, &self.gate.standing().rulebook.directory) else {
            return Vec::new();
        };
        let written =
            self.letter(&user.who, |notices, languages| notices.account(&to, languages, news, Utc::now()));
        match written {
            Ok(job) => vec![job],
            Err(error) => {
                tracing::error!(account = %user.id, %error, "notice.not-written");
                Vec::new()
            }
        }
    }

    /// The mail that takes a link to its person, and where it goes; `None` where nothing reaches them alone.
    pub(super) fn way_in(&self, who: &NewUser, link: &Link) -> Result<Option<(Address, NewOutbox)>, Fault> {
        let Some(to) = own_address_of(who, &self.gate.standing().rulebook.directory) else {
            return Ok(None);
        };
        let way = WayIn { link: &link.address, until: link.until };
        let job = self.letter(who, |notices, languages| notices.way_in(&to, languages, way, Utc::now()));
        let job = job.map_err(|error| {
            tracing::error!(%error, "notice.not-written");
            Fault::Away
        })?;
        Ok(Some((to, job)))
    }

    /// A letter to somebody in the languages of their school.
    fn letter(
        &self,
        who: &NewUser,
        write: impl FnOnce(&Notices, &[Language]) -> Result<Written, ComposeError>,
    ) -> Result<NewOutbox, ComposeError> {
        let standing = self.gate.standing();
        let config = self.config();
        let person = who.person.as_ref().and_then(|id| standing.rulebook.directory.person(id));
        let school = person.and_then(|p| p.memberships().next()).map(|(school, _)| school);
        let school = config.schools.iter().find(|s| Some(&s.id) == school);
        let languages = Language::of(school.map_or(&[], |s| s.languages.as_slice()));
        let written = write(&standing.notices, &languages)?;
        Ok(written.outbox(school.map(|s| s.id.clone()), None))
    }
}
