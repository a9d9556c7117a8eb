//! The receipt for whoever passes a message on to the report address (OF-7): what to do now,
//! and where to find help; no promise of secrecy or of constant watching (practice.md, D).
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::words::Language;

#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    pub school: &'a str,
    /// The report's number.
    pub number: &'a str,
    /// Who of the safeguarding team may be asked, by name.
    pub helper: Option<&'a str>,
    pub to_pupil: bool,
}

pub(super) fn subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your report has arrived",
        Language::Welsh => "Mae eich adroddiad wedi cyrraedd",
    }
}

pub(super) fn text(language: Language, receipt: &Receipt<'_>) -> String {
    let Receipt { school, number, helper, to_pupil } = receipt;
    match language {
        Language::English => {
            let ask = helper.map_or_else(String::new, |name| format!("{name}, "));
            let help = if *to_pupil {
                format!("If you need help now: {ask}Childline 0800 1111, 999.")
            } else {
                format!("If a child is in danger now: {ask}the local authority, 999.")
            };
            format!(
                "What you passed on is with the safeguarding team of {school}. Number: {number}\n\n\
                 Please keep the message. Do not answer it, and do not pass it on to anyone else.\n\
                 Do not forward or copy pictures of a child, to us neither: tell the safeguarding lead in person.\n\n\
                 A member of staff may look at this. {help}\n"
            )
        }
        Language::Welsh => {
            let ask = helper.map_or_else(String::new, |name| format!("{name}, "));
            let help = if *to_pupil {
                format!("Os oes angen help arnoch nawr: {ask}Childline 0800 1111, 999.")
            } else {
                format!("Os yw plentyn mewn perygl nawr: {ask}yr awdurdod lleol, 999.")
            };
            format!(
                "Mae'r hyn a anfonoch ymlaen gyda th\u{ee}m diogelu {school}. Rhif: {number}\n\n\
                 Cadwch y neges. Peidiwch \u{e2}'i hateb, a pheidiwch \u{e2}'i hanfon ymlaen at neb arall.\n\
                 Peidiwch ag anfon na chop\u{ef}o lluniau o blentyn, atom ni chwaith: dywedwch wrth yr arweinydd diogelu yn bersonol.\n\n\
                 Gall aelod o staff edrych ar hyn. {help}\n"
            )
        }
    }
}
