//! Mail to somebody about their own account.

use super::Console;
use crate::{
    desk::address_of,
    effects::{AccountNews, Language},
    storage::{KeptUser, NewOutbox},
};
use chrono::Utc;

impl Console {
    /// Goes out with the change that it tells of. Without an address there is nobody to write to.
    pub(super) fn tell(&self, user: &KeptUser, news: AccountNews) -> Vec<NewOutbox> {
        let standing = self.gate.standing();
        let directory = &standing.rulebook.directory;
        let Some(to) = address_of(user, directory) else { return Vec::new() };
        let config = self.config();
        let person = user.who.person.as_ref().and_then(|id| directory.person(id));
        let school = person.and_then(|p| p.memberships().next()).map(|(school, _)| school);
        let school = config.schools.iter().find(|s| Some(&s.id) == school);
        let languages = Language::of(school.map_or(&[], |s| s.languages.as_slice()));
        match standing.notices.account(&to, &languages, news, Utc::now()) {
            Ok(written) => vec![written.outbox(school.map(|s| s.id.clone()), None)],
            Err(error) => {
                tracing::error!(account = %user.id, %error, "notice.not-written");
                Vec::new()
            }
        }
    }
}
