//! For whoever takes something over, or is asked for the second word of two: that it is there, its number and
//! category, no word of it and no name (practice.md, D).
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
    Record,
    /// Somebody's office.
    Office,
    /// Of the machine: no page shows it.
    Other,
}

impl HandedThing {
    /// Where it is seen: a page of the console, or a command. Nothing for what neither shows by its number.
    fn seen(self, console: Option<&str>, number: &str) -> Option<String> {
        let (room, command) = match self {
            Self::Quarantined => (format!("queue/{number}"), format!("quarantine show {number}")),
            Self::Incident => (format!("incidents/{number}"), format!("incident show {number}")),
            Self::Record => (format!("records/{number}"), format!("records show {number}")),
            Self::Office => ("people".to_owned(), "users list".to_owned()),
            Self::Other => return None,
        };
        Some(console.map_or_else(|| format!("gatehouse {command}"), |console| format!("{console}/{room}")))
    }

    fn command(self) -> &'static str {
        if self == Self::Incident { "incident" } else { "quarantine" }
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
    let category = category.map_or("-", Category::name);
    let see = what.seen(console, number).unwrap_or_default();
    let over = match console {
        Some(_) => see.clone(),
        None => format!("gatehouse {} hand-over {number}", what.command()),
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

pub(super) fn second_subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your word is asked for",
        Language::Welsh => "Gofynnir am eich gair",
    }
}

/// For the second of two people: whoever may say the same.
pub(super) fn second_text(language: Language, asked: &Handed<'_>, console: Option<&str>) -> String {
    let Handed { school, number, category, what } = asked;
    let category = category.map_or("-", Category::name);
    let see = what.seen(console, number);
    match language {
        Language::English => {
            let see = see.map(|place| format!("To see it: {place}\n")).unwrap_or_default();
            format!(
                "A colleague has asked for something that takes two people. It is done when another says the same,\n\
                 and your office is one that may. Until then nothing happens; after a week the first word is over.\n\n\
                 School: {school}\nNumber: {number}\nCategory: {category}\n\n{see}"
            )
        }
        Language::Welsh => {
            let see = see.map(|place| format!("I'w weld: {place}\n")).unwrap_or_default();
            format!(
                "Mae cydweithiwr wedi gofyn am rywbeth sy'n gofyn am ddau berson. Caiff ei wneud pan fydd un arall yn\n\
                 dweud yr un peth, ac mae eich swydd chi'n un sy'n cael gwneud. Tan hynny nid oes dim yn digwydd; ar ôl\n\
                 wythnos mae'r gair cyntaf drosodd.\n\n\
                 Ysgol: {school}\nRhif: {number}\nCategori: {category}\n\n{see}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_two_learns_number_and_category_alone() {
        let asked = |what| Handed { school: "Oakfield", number: "M9FARJ3HEK", category: None, what };
        for language in [Language::English, Language::Welsh] {
            let at = |what| second_text(language, &asked(what), Some("https://gate.oakfield.example"));
            assert!(
                at(HandedThing::Quarantined).ends_with("https://gate.oakfield.example/queue/M9FARJ3HEK\n")
            );
            assert!(at(HandedThing::Office).ends_with("https://gate.oakfield.example/people\n"));
            assert!(!at(HandedThing::Other).contains("https://"));
        }
    }

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
