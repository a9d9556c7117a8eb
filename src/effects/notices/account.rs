//! For whoever has an account at the web pages: that a way to sign in was added, or a one-time link was
//! used. It leads nowhere, so that nobody can lead people astray with mail that looks like it.
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::{time, words::Language};
use chrono::{DateTime, Utc};

/// What has happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNews {
    LinkUsed,
    PasswordSet,
    PasskeyAdded,
}

pub(super) fn subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your account at the mail gate",
        Language::Welsh => "Eich cyfrif ym mhorth y post",
    }
}

pub(super) fn text(language: Language, news: AccountNews, at: DateTime<Utc>) -> String {
    match language {
        Language::English => {
            let what = match news {
                AccountNews::LinkUsed => "Somebody has signed in to your account with a one-time link",
                AccountNews::PasswordSet => "A password with an app was set up for your account",
                AccountNews::PasskeyAdded => "A passkey was added to your account",
            };
            format!(
                "{what}, on {}.\n\n\
                 If that was you, there is nothing to do.\n\
                 If it was not: open the mail gate as you always do, choose \"Sign out everywhere else\" on your account\n\
                 page, remove what you do not know there, and tell the head or the data protection officer of your school.\n",
                time::english(at)
            )
        }
        Language::Welsh => {
            let what = match news {
                AccountNews::LinkUsed => "Mae rhywun wedi mewngofnodi i'ch cyfrif drwy ddolen untro",
                AccountNews::PasswordSet => "Gosodwyd cyfrinair gydag ap ar gyfer eich cyfrif",
                AccountNews::PasskeyAdded => "Ychwanegwyd allwedd mynediad at eich cyfrif",
            };
            format!(
                "{what}, {}.\n\n\
                 Os chi oedd hynny, nid oes dim i'w wneud.\n\
                 Os na: agorwch borth y post fel arfer, dewiswch \"Allgofnodi ym mhobman arall\" ar dudalen eich cyfrif,\n\
                 tynnwch yr hyn nad ydych yn ei adnabod yno, a dywedwch wrth bennaeth neu swyddog diogelu data eich ysgol.\n",
                time::welsh(at)
            )
        }
    }
}
