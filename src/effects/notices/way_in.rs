//! For whoever is given a way in to the web pages: the one-time link itself, which nobody else gets
//! to see. It says what the link opens and what to do when nobody asked for it.
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::{time, words::Language};
use chrono::{DateTime, Utc};

/// A link, and until when it is good.
#[derive(Clone, Copy)]
pub struct WayIn<'a> {
    pub link: &'a str,
    pub until: DateTime<Utc>,
}

pub(super) fn subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your way in to the mail gate",
        Language::Welsh => "Eich ffordd i mewn i borth y post",
    }
}

pub(super) fn text(language: Language, way: WayIn<'_>) -> String {
    let WayIn { link, until } = way;
    match language {
        Language::English => format!(
            "Somebody who looks after accounts at your school's mail gate has asked for a way in for you.\n\
             It is good for one use, until {}:\n\n\
             {link}\n\n\
             The page shows a button and does nothing until you press it. Then set up a passkey, or a password with\n\
             an app, on your account page: the link lets you in once.\n\n\
             Keep this mail to yourself: whoever has the link is let in as you. If you did not expect it, do not\n\
             press the button, and ask the head or the data protection officer of your school.\n",
            time::english(until)
        ),
        Language::Welsh => format!(
            "Mae rhywun sy'n gofalu am gyfrifon ym mhorth post eich ysgol wedi gofyn am ffordd i mewn i chi.\n\
             Mae'n dda at un defnydd, tan {}:\n\n\
             {link}\n\n\
             Mae'r dudalen yn dangos botwm ac nid yw'n gwneud dim nes i chi ei bwyso. Yna gosodwch allwedd mynediad, neu\n\
             gyfrinair gydag ap, ar dudalen eich cyfrif: mae'r ddolen yn eich gadael i mewn unwaith.\n\n\
             Cadwch y neges hon i chi'ch hun: gadewir pwy bynnag sydd â'r ddolen i mewn fel chi. Os nad oeddech yn ei disgwyl,\n\
             peidiwch â phwyso'r botwm, a gofynnwch i bennaeth neu swyddog diogelu data eich ysgol.\n",
            time::welsh(until)
        ),
    }
}
