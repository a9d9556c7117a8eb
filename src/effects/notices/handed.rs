//! For whoever takes something over: that it is there, its number and category, no word of it
//! and no name (practice.md, D).
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::words::Language;
use crate::ruleset::Category;

#[derive(Clone, Copy, Debug)]
pub struct Handed<'a> {
    pub school: &'a str,
    pub number: &'a str,
    /// A person's own incident has none.
    pub category: Option<Category>,
    pub what: HandedThing,
}

/// By which command it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedThing {
    Quarantined,
    Incident,
}

impl HandedThing {
    /// Of the console.
    fn room(self) -> &'static str {
        match self {
            Self::Quarantined => "queue",
            Self::Incident => "incidents",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantine",
            Self::Incident => "incident",
        }
    }
}

pub(super) fn subject(language: Language) -> &'static str {
    match language {
        Language::English => "Something was handed over to you",
        Language::Welsh => "Trosglwyddwyd rhywbeth i chi",
    }
}

pub(super) fn text(language: Language, handed: &Handed<'_>, console: Option<&str>) -> String {
    let Handed { school, number, category, what } = handed;
    let (category, command) = (category.map_or("-", Category::name), what.command());
    let (see, over) = match console {
        Some(console) => {
            let place = format!("{console}/{}/{number}", what.room());
            (place.clone(), place)
        }
        None => {
            (format!("gatehouse {command} show {number}"), format!("gatehouse {command} hand-over {number}"))
        }
    };
    match language {
        Language::English => format!(
            "A colleague has handed something over to you. It waits for you.\n\n\
             School: {school}\nNumber: {number}\nCategory: {category}\n\n\
             To see it: {see}\n\
             If it should not be with you, hand it over again, unread: {over}\n"
        ),
        Language::Welsh => format!(
            "Mae cydweithiwr wedi trosglwyddo rhywbeth i chi. Mae'n aros amdanoch.\n\n\
             Ysgol: {school}\nRhif: {number}\nCategori: {category}\n\n\
             I'w weld: {see}\n\
             Os na ddylai fod gyda chi, trosglwyddwch ef eto heb ei ddarllen: {over}\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_the_console_where_there_is_one() {
        let handed = |what| Handed { school: "Oakfield", number: "M9FARJ3HEK", category: None, what };
        for language in [Language::English, Language::Welsh] {
            let at = |what, console| text(language, &handed(what), console);
            let console = Some("https://gate.oakfield.example");
            let item = at(HandedThing::Quarantined, console);
            assert!(item.contains("https://gate.oakfield.example/queue/M9FARJ3HEK\n"), "{item}");
            let incident = at(HandedThing::Incident, console);
            assert!(incident.contains("https://gate.oakfield.example/incidents/M9FARJ3HEK\n"), "{incident}");
            assert!(at(HandedThing::Incident, None).contains("gatehouse incident show M9FARJ3HEK\n"));
        }
    }
}
