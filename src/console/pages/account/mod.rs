//! One's own account: who one is here, which offices one holds, how one signs in and where one is
//! signed in.

mod key;
mod passkeys;
mod password;
mod sessions;

use super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, shown},
    places::{Place, at},
    visitor::Visitor,
    words::{fill, moment, words},
};
use super::people::office_called;
use crate::{
    authority::{Act, Scope, Thing},
    effects::Language,
    storage::{KeptPassword, RECOVERY_CODES, Way},
};
use askama::Template;
use axum::{extract::State, response::Response};
use key::KeyWords;
use passkeys::PasskeyLine;
pub(in crate::console) use passkeys::{PasskeyWords, for_script};
use sessions::Line;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    let mut doors = vec![Door::get(at::Account, Guard::SignedIn, account)];
    doors.extend(key::doors());
    doors.extend(passkeys::doors());
    doors.extend(password::doors());
    doors.extend(sessions::doors());
    doors
}

words! {
    pub struct AccountWords {
        title: "Your account" / "Eich cyfrif",
        offices: "Your offices" / "Eich swyddi",
        none: "You hold no office here yet. The head or the data protection officer gives it."
            / "Nid oes gennych swydd yma eto. Y pennaeth neu'r swyddog diogelu data sy'n ei rhoi.",
        trust: "the trust" / "yr ymddiriedolaeth",
        since: "Signed in since" / "Wedi mewngofnodi ers",
        until: "until" / "tan",
        ways: "How you sign in" / "Sut yr ydych yn mewngofnodi",
        no_way: "You came by a one-time link. Set up a way to sign in now: the link will not let you in again."
            / "Daethoch drwy ddolen untro. Gosodwch ffordd o fewngofnodi nawr: ni fydd y ddolen yn eich gadael i mewn eto.",
        password: "Password and app" / "Cyfrinair ac ap",
        password_text: "A password, and a code that an app on your telephone shows. You can also write ten recovery codes down."
            / "Cyfrinair, a chod y mae ap ar eich ffôn yn ei ddangos. Gallwch hefyd nodi deg cod adfer.",
        last_way: "This is your only way to sign in. Add another first; then you can remove this one."
            / "Dyma'ch unig ffordd o fewngofnodi. Ychwanegwch un arall yn gyntaf; yna gallwch dynnu'r un yma.",
        set_up: "Set up a password" / "Gosod cyfrinair",
        change: "Change" / "Newid",
        remove_password: "Remove" / "Tynnu",
        new_codes: "Ten new recovery codes" / "Deg cod adfer newydd",
        made: "Set up {}." / "Gosodwyd {}.",
        used: "Last used {}." / "Defnyddiwyd ddiwethaf {}.",
        codes: "{} of {} recovery codes left." / "{} o {} cod adfer ar ôl.",
        sessions: "Where you are signed in" / "Lle yr ydych wedi mewngofnodi",
        here: "Here" / "Yma",
        end_sessions: "Sign out everywhere else" / "Allgofnodi ym mhobman arall",
    }
}

struct Held {
    office: &'static str,
    place: String,
}

struct PasswordLines {
    made: String,
    used: String,
    codes: String,
}

#[derive(Template)]
#[template(path = "account/index.html")]
struct AccountPage {
    frame: Frame,
    w: &'static AccountWords,
    name: String,
    held: Vec<Held>,
    since: String,
    until: String,
    /// There is nothing but links.
    no_way: bool,
    /// Of the two one may be removed only when there is another.
    only_one: bool,
    k: &'static PasskeyWords,
    /// For whoever may open records at all.
    key: Option<(&'static KeyWords, bool)>,
    passkeys: Vec<PasskeyLine>,
    password: Option<PasswordLines>,
    sessions: Vec<Line>,
}

async fn account(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    let w = AccountWords::of(visitor.language);
    let account = &visitor.user.id;
    let password = match console.store.password(account).await? {
        Some(kept) => {
            let left = console.store.recovery_codes_left(account).await?;
            Some(password_lines(visitor.language, &kept, left))
        }
        None => None,
    };
    let passkeys = passkeys::lines(&console, &visitor).await?;
    shown(&AccountPage {
        frame: Frame::of(&visitor, w.title, Place::Account),
        w,
        name: visitor.name(),
        held: held(&visitor, w),
        since: moment(visitor.language, visitor.session.begun_at),
        until: moment(visitor.language, visitor.session.until),
        no_way: visitor.session.way == Way::Link && password.is_none() && passkeys.is_empty(),
        only_one: is_last_way(&console, usize::from(password.is_some()) + passkeys.len()),
        k: PasskeyWords::of(visitor.language),
        key: opens_records(&visitor).then(|| (KeyWords::of(visitor.language), console.holds_key(&visitor))),
        passkeys,
        password,
        sessions: sessions::lines(&console, &visitor).await?,
    })
}

/// Whether removing one of so many would leave somebody with links alone. Who signs in at the school has
/// that way besides.
fn is_last_way(console: &Console, own: usize) -> bool {
    own <= 1 && console.at.sign_in.is_empty()
}

/// Refuses to take somebody's last way away.
async fn keeps_a_way(console: &Console, visitor: &Visitor) -> Result<(), Fault> {
    let account = &visitor.user.id;
    let password = usize::from(console.store.password(account).await?.is_some());
    match is_last_way(console, password + console.store.passkeys(account).await?.len()) {
        true => Err(Fault::Wrong(AccountWords::of(visitor.language).last_way.to_owned())),
        false => Ok(()),
    }
}

/// Whether there is any school whose records they might read.
fn opens_records(visitor: &Visitor) -> bool {
    !visitor.desk.schools_where(Act::Bytes, Thing::Record).is_empty()
}

fn held(visitor: &Visitor, w: &AccountWords) -> Vec<Held> {
    let schools = &visitor.desk.config.schools;
    let mut held = Vec::new();
    for (scope, offices) in visitor.desk.own_offices() {
        let place = match scope {
            Scope::Trust => w.trust.to_owned(),
            Scope::School(id) => {
                schools.iter().find(|s| s.id == *id).map_or_else(|| id.to_string(), |s| s.name.clone())
            }
        };
        held.extend(
            offices
                .iter()
                .map(|office| Held { office: office_called(visitor.language, office), place: place.clone() }),
        );
    }
    held
}

fn password_lines(language: Language, kept: &KeptPassword, left: i64) -> PasswordLines {
    let w = AccountWords::of(language);
    PasswordLines {
        made: fill(w.made, &[&moment(language, kept.made_at)]),
        used: kept.used_at.map(|at| fill(w.used, &[&moment(language, at)])).unwrap_or_default(),
        codes: fill(w.codes, &[&left.to_string(), &RECOVERY_CODES.to_string()]),
    }
}
