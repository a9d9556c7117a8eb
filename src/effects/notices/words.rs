//! The words of our notices, English and Welsh, and what each may name (practice.md, D):
//! the sender's own notice names time, recipients, subject, kind and place, never the
//! value; every other one has only a number and a category.
//!
//! The Welsh texts are to be reviewed by a Welsh speaker.

use super::time;
use crate::{mail::Address, ruleset::Category};
use chrono::{DateTime, Utc};

/// In what a notice is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Welsh,
}

impl Language {
    /// Of the school's codes (`en`, `cy`); English when none is known.
    pub fn of(codes: &[String]) -> Vec<Self> {
        let mut languages = Vec::new();
        for code in codes {
            let language = match code.as_str() {
                "en" => Self::English,
                "cy" => Self::Welsh,
                _ => continue,
            };
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        if languages.is_empty() {
            languages.push(Self::English);
        }
        languages
    }
}

/// A finding as its own sender may hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    pub category: Category,
    /// As [`crate::detection::Finding`] names it: `1`, `subject`, `2/register.csv`.
    pub place: &'a str,
}

/// What has become of the sender's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation<'a> {
    /// It waits for its sender.
    Waiting {
        /// The item's number.
        number: &'a str,
        /// The single-use token, when the sender may answer by mail.
        token: Option<&'a str>,
        may_send: bool,
        /// The mark that CONFIDENTIAL would set, when it may.
        mark: Option<&'a str>,
        whereabouts: Whereabouts,
        reminder: bool,
    },
    /// It is only delayed, and leaves by itself (PD-3).
    Leaving { number: &'a str, token: Option<&'a str>, at: DateTime<Utc> },
    /// It was sent; this is advice for the next one.
    Sent,
}

/// Who has it besides the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Held for all its recipients.
    NobodyElse,
    /// Other recipients have got their copy.
    SomeHaveIt,
    /// A person has looked at it since, so that nothing true remains to be said.
    LookedAt,
}

/// The notice to a message's own sender.
#[derive(Clone, Debug)]
pub struct Nudge<'a> {
    pub received_at: DateTime<Utc>,
    /// Those that it speaks of.
    pub recipients: &'a [Address],
    /// How many of them are outside the school.
    pub outside: usize,
    pub subject: &'a str,
    pub found: &'a [Found<'a>],
    pub situation: Situation<'a>,
}

/// Why a held message is back with its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comeback<'a> {
    /// One school day without an answer.
    Expired,
    /// The sender took it back.
    Withdrawn,
    /// Somebody who may decide sent it back.
    Returned { advice: Option<&'a str> },
}

#[derive(Clone, Debug)]
pub struct Returned<'a> {
    pub received_at: DateTime<Utc>,
    pub recipients: &'a [Address],
    pub subject: &'a str,
    pub number: &'a str,
    pub why: Comeback<'a>,
}

/// The notice to an officer: no word of the message, no name.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    pub school: &'a str,
    pub number: &'a str,
    pub category: Category,
    pub at: DateTime<Utc>,
    pub urgent: bool,
    /// The message itself went its way.
    pub delivered: bool,
}

/// Subject of all notices that ask for an answer.
pub(super) fn waiting_subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your message is waiting for you",
        Language::Welsh => "Mae eich neges yn aros amdanoch",
    }
}

pub(super) fn nudge_subject(language: Language, situation: &Situation<'_>) -> &'static str {
    match (situation, language) {
        (Situation::Waiting { .. } | Situation::Leaving { .. }, language) => waiting_subject(language),
        (Situation::Sent, Language::English) => "About a message you sent",
        (Situation::Sent, Language::Welsh) => "Ynghylch neges a anfonwyd gennych",
    }
}

pub(super) fn returned_subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your message was not sent",
        Language::Welsh => "Ni chafodd eich neges ei hanfon",
    }
}

pub(super) fn alert_subject(language: Language, urgent: bool) -> &'static str {
    match (language, urgent) {
        (Language::English, false) => "A message is waiting for you",
        (Language::English, true) => "Urgent: a message is waiting for you",
        (Language::Welsh, false) => "Mae neges yn aros amdanoch",
        (Language::Welsh, true) => "Brys: mae neges yn aros amdanoch",
    }
}

pub(super) fn nudge(language: Language, nudge: &Nudge<'_>) -> String {
    let mut text = opening(language, nudge);
    text.push_str("\n\n");
    text.push_str(&particulars(language, nudge.received_at, nudge.recipients, nudge.subject));
    // Why one may not write to somebody is the office's to say (practice.md, A10).
    let places = nudge.found.iter().filter(|f| f.category != Category::PersonalWrongRecipient);
    for line in distinct(places.map(|f| place_line(language, f))) {
        text.push_str(&line);
    }
    if let Situation::Waiting { number, token, may_send, mark, .. } = nudge.situation {
        text.push('\n');
        text.push_str(&how_to_answer(language, number, token, may_send, mark));
    }
    if let Situation::Leaving { number, token, .. } = nudge.situation {
        text.push('\n');
        text.push_str(&how_to_take_back(language, number, token));
    }
    text
}

fn opening(language: Language, nudge: &Nudge<'_>) -> String {
    let wrong = nudge.found.iter().any(|f| f.category == Category::PersonalWrongRecipient);
    let others = nudge.found.iter().filter(|f| f.category != Category::PersonalWrongRecipient);
    let kinds = joined(language, distinct(others.map(|f| kind(language, f.category).to_owned())));
    let goes = addressed(language, nudge.recipients.len(), nudge.outside);
    let mut sentences: Vec<String> = Vec::new();
    match (language, nudge.situation) {
        (Language::English, Situation::Waiting { reminder, .. }) => {
            sentences.push(if reminder { "Still not sent." } else { "Not sent yet." }.to_owned());
            if !kinds.is_empty() {
                sentences.push(format!("It seems to contain {kinds} and goes to {goes}."));
            }
        }
        (Language::English, Situation::Leaving { at, .. }) => {
            sentences.push(format!("Not sent yet: it leaves by itself, {}.", time::english(at)));
            sentences.push("This is a delay, not a hold; you need do nothing.".to_owned());
            if !kinds.is_empty() {
                sentences.push(format!("It seems to contain {kinds} and goes to {goes}."));
            }
        }
        (Language::Welsh, Situation::Leaving { at, .. }) => {
            sentences.push(format!("Heb ei hanfon eto: mae'n gadael ohoni ei hun, {}.", time::welsh(at)));
            sentences.push("Oedi yw hyn, nid ataliad; nid oes angen i chi wneud dim.".to_owned());
            if !kinds.is_empty() {
                sentences.push(format!("Mae'n ymddangos ei bod yn cynnwys {kinds} ac yn mynd i {goes}."));
            }
        }
        (Language::English, Situation::Sent) => {
            sentences.push("It was sent.".to_owned());
            if !kinds.is_empty() {
                sentences.push(format!("It seems to contain {kinds}, and went to {goes}."));
            }
        }
        (Language::Welsh, Situation::Waiting { reminder, .. }) => {
            sentences.push(if reminder { "Heb ei hanfon o hyd." } else { "Heb ei hanfon eto." }.to_owned());
            if !kinds.is_empty() {
                sentences.push(format!("Mae'n ymddangos ei bod yn cynnwys {kinds} ac yn mynd i {goes}."));
            }
        }
        (Language::Welsh, Situation::Sent) => {
            sentences.push("Cafodd ei hanfon.".to_owned());
            if !kinds.is_empty() {
                sentences.push(format!("Mae'n ymddangos ei bod yn cynnwys {kinds}, ac aeth i {goes}."));
            }
        }
    }
    if wrong {
        sentences.push(match language {
            Language::English => "Check this address with the office before sending.".to_owned(),
            Language::Welsh => "Gwiriwch y cyfeiriad hwn gyda'r swyddfa cyn anfon.".to_owned(),
        });
    }
    if let Situation::Waiting { whereabouts, .. } = nudge.situation {
        sentences.extend(whereabouts_sentence(language, whereabouts).map(str::to_owned));
    }
    sentences.join(" ")
}

fn whereabouts_sentence(language: Language, whereabouts: Whereabouts) -> Option<&'static str> {
    match (language, whereabouts) {
        (_, Whereabouts::LookedAt) => None,
        (Language::English, Whereabouts::NobodyElse) => Some("Nobody else has read it."),
        (Language::English, Whereabouts::SomeHaveIt) => Some("Your other recipients have got their copy."),
        (Language::Welsh, Whereabouts::NobodyElse) => Some("Does neb arall wedi'i darllen."),
        (Language::Welsh, Whereabouts::SomeHaveIt) => Some("Mae'r derbynwyr eraill wedi cael eu copi."),
    }
}

fn addressed(language: Language, all: usize, outside: usize) -> String {
    match (language, outside, all) {
        (Language::English, 0, 1) => "one address".to_owned(),
        (Language::English, 0, n) => format!("{n} addresses"),
        (Language::English, 1, _) => "one outside address".to_owned(),
        (Language::English, n, _) => format!("{n} outside addresses"),
        (Language::Welsh, 0, n) => format!("{n} cyfeiriad"),
        (Language::Welsh, n, _) => format!("{n} cyfeiriad allanol"),
    }
}

pub(super) fn particulars(
    language: Language,
    at: DateTime<Utc>,
    recipients: &[Address],
    subject: &str,
) -> String {
    const SHOWN: usize = 20;
    let mut to: Vec<&str> = recipients.iter().take(SHOWN).map(Address::as_str).collect();
    let more = recipients.len().saturating_sub(SHOWN);
    let rest = match language {
        Language::English => format!("and {more} more"),
        Language::Welsh => format!("a {more} arall"),
    };
    if more > 0 {
        to.push(&rest);
    }
    let to = to.join(", ");
    let subject = one_line(subject);
    match language {
        Language::English => format!("Time: {}\nTo: {to}\nSubject: {subject}\n", time::english(at)),
        Language::Welsh => format!("Amser: {}\nAt: {to}\nPwnc: {subject}\n", time::welsh(at)),
    }
}

fn place_line(language: Language, found: &Found<'_>) -> String {
    let kind = kind(language, found.category);
    let file = found.place.split_once('/').map(|(_, file)| one_line(file));
    match (language, found.place, file) {
        (Language::English, _, Some(file)) => format!("Found: {kind}, in the attachment {file}\n"),
        (Language::English, "subject", _) => format!("Found: {kind}, in the subject\n"),
        (Language::English, "envelope", _) => format!("Found: {kind}, among the addresses\n"),
        (Language::English, ..) => format!("Found: {kind}, in the text\n"),
        (Language::Welsh, _, Some(file)) => format!("Cafwyd: {kind}, yn yr atodiad {file}\n"),
        (Language::Welsh, "subject", _) => format!("Cafwyd: {kind}, yn y pwnc\n"),
        (Language::Welsh, "envelope", _) => format!("Cafwyd: {kind}, ymhlith y cyfeiriadau\n"),
        (Language::Welsh, ..) => format!("Cafwyd: {kind}, yn y testun\n"),
    }
}

fn how_to_answer(
    language: Language,
    number: &str,
    token: Option<&str>,
    may_send: bool,
    mark: Option<&str>,
) -> String {
    let mut text = String::new();
    let say = |text: &mut String, english: &str, welsh: &str| {
        text.push_str(if language == Language::English { english } else { welsh });
    };
    if let Some(token) = token {
        say(
            &mut text,
            "Reply to this message with one of these words alone on the first line:\n",
            "Atebwch y neges hon gydag un o'r geiriau hyn ar ei ben ei hun ar y llinell gyntaf:\n",
        );
        if may_send {
            say(&mut text, "  SEND - send it as it is\n", "  ANFON - ei hanfon fel y mae\n");
        }
        if let Some(mark) = mark.filter(|_| may_send) {
            let english = format!("  CONFIDENTIAL - mark it {mark} and send it\n");
            let welsh = format!("  CYFRINACHOL - ei marcio'n {mark} a'i hanfon\n");
            say(&mut text, &english, &welsh);
        }
        say(&mut text, "  WITHDRAW - do not send it\n", "  TYNNU'N ÔL - peidio â'i hanfon\n");
        say(&mut text, "Please leave this line in your reply:\n", "Gadewch y llinell hon yn eich ateb:\n");
        say(&mut text, "Reference: ", "Cyfeirnod: ");
        text.push_str(token);
        text.push('\n');
    }
    let english = format!("Whoever runs the mail gate can do the same with: gatehouse hold show {number}\n");
    let welsh = format!("Gall gweinyddwr y porth post wneud yr un peth gyda: gatehouse hold show {number}\n");
    say(&mut text, &english, &welsh);
    say(
        &mut text,
        "Without an answer it comes back to you after one school day. It is never sent by itself.\n",
        "Heb ateb, daw yn ôl atoch ar ôl un diwrnod ysgol. Ni chaiff byth ei hanfon ohoni ei hun.\n",
    );
    text
}

fn how_to_take_back(language: Language, number: &str, token: Option<&str>) -> String {
    let mut text = String::new();
    match (language, token) {
        (Language::English, Some(token)) => text.push_str(&format!(
            "To take it back, reply before then with one word alone on the first line:\n  \
             WITHDRAW - do not send it\n  SEND - send it at once\n\
             Please leave this line in your reply:\nReference: {token}\n"
        )),
        (Language::Welsh, Some(token)) => text.push_str(&format!(
            "I'w thynnu'n ôl, atebwch cyn hynny gydag un gair ar ei ben ei hun ar y llinell gyntaf:\n  \
             TYNNU'N ÔL - peidio â'i hanfon\n  ANFON - ei hanfon ar unwaith\n\
             Gadewch y llinell hon yn eich ateb:\nCyfeirnod: {token}\n"
        )),
        (_, None) => {}
    }
    text.push_str(&match language {
        Language::English => {
            format!("Whoever runs the mail gate can take it back with: gatehouse hold withdraw {number}\n")
        }
        Language::Welsh => {
            format!("Gall gweinyddwr y porth post ei thynnu'n ôl gyda: gatehouse hold withdraw {number}\n")
        }
    });
    text
}

pub(super) fn returned(language: Language, returned: &Returned<'_>) -> String {
    let opening = match (language, returned.why) {
        (Language::English, Comeback::Expired) => {
            "It was not sent: it waited one school day for your answer. Send it again when you are ready."
        }
        (Language::English, Comeback::Withdrawn) => "It was not sent: you have withdrawn it.",
        (Language::English, Comeback::Returned { .. }) => "It was not sent: it is back with you.",
        (Language::Welsh, Comeback::Expired) => {
            "Ni chafodd ei hanfon: bu'n aros un diwrnod ysgol am eich ateb. Anfonwch hi eto pan fyddwch yn barod."
        }
        (Language::Welsh, Comeback::Withdrawn) => "Ni chafodd ei hanfon: rydych wedi'i thynnu'n ôl.",
        (Language::Welsh, Comeback::Returned { .. }) => "Ni chafodd ei hanfon: mae yn ôl gyda chi.",
    };
    let mut text = format!("{opening}\n\n");
    text.push_str(&particulars(language, returned.received_at, returned.recipients, returned.subject));
    if let Comeback::Returned { advice: Some(advice) } = returned.why {
        let label = if language == Language::English { "Advice" } else { "Cyngor" };
        text.push_str(&format!("{label}: {}\n", one_line(advice)));
    }
    let label = if language == Language::English { "Number" } else { "Rhif" };
    text.push_str(&format!("{label}: {}\n", returned.number));
    text
}

pub(super) fn alert(language: Language, alert: &Alert<'_>) -> String {
    let Alert { school, number, category, .. } = alert;
    let (opening, see) = match (language, alert.delivered) {
        (Language::English, false) => (
            "A message was not delivered and waits for a decision.",
            format!("To see it: gatehouse quarantine show {number}"),
        ),
        // Nothing was kept of it, so nothing is promised.
        (Language::English, true) => (
            "A message was delivered, and you should know of it.",
            format!(
                "The gate keeps no copy of it. What became of it: gatehouse ledger list --number {number}\n\
                 You have it: gatehouse alert answer {number}"
            ),
        ),
        (Language::Welsh, false) => (
            "Ni chafodd neges ei danfon ac mae'n aros am benderfyniad.",
            format!("I'w gweld: gatehouse quarantine show {number}"),
        ),
        (Language::Welsh, true) => (
            "Cafodd neges ei danfon, a dylech wybod amdani.",
            format!(
                "Nid yw'r porth yn cadw copi ohoni. Beth ddigwyddodd iddi: gatehouse ledger list --number {number}\n\
                 Mae gennych hi: gatehouse alert answer {number}"
            ),
        ),
    };
    match language {
        Language::English => format!(
            "{opening}\n\nSchool: {school}\nTime: {}\nNumber: {number}\nCategory: {category}\n\n{see}\n\
             A machine has found this; what it means is for a person to say.\n",
            time::english(alert.at),
        ),
        Language::Welsh => format!(
            "{opening}\n\nYsgol: {school}\nAmser: {}\nRhif: {number}\nCategori: {category}\n\n{see}\n\
             Peiriant a ganfu hyn; mater i berson yw dweud beth mae'n ei olygu.\n",
            time::welsh(alert.at),
        ),
    }
}

/// What a finding is, for a teacher.
fn kind(language: Language, category: Category) -> &'static str {
    use Category as C;
    let (english, welsh) = match category {
        C::PersonalIdentifier => ("a personal number", "rhif personol"),
        C::PersonalContactDetails => ("private contact details", "manylion cyswllt preifat"),
        C::PersonalFinancial => ("bank or card details", "manylion banc neu gerdyn"),
        C::PersonalHealth => ("health details", "manylion iechyd"),
        C::PersonalSafeguarding => ("confidential details about a pupil", "manylion cyfrinachol am ddisgybl"),
        C::PersonalCredentials => ("a password", "cyfrinair"),
        C::PersonalBulk => ("details of several people", "manylion sawl person"),
        C::PersonalImage => ("a picture with a name", "llun gydag enw"),
        C::PersonalRecipients => ("many visible addresses", "llawer o gyfeiriadau gweladwy"),
        C::ContactPersonalAddress => ("a personal address", "cyfeiriad personol"),
        C::ContactOffChannel => ("an invitation to another channel", "gwahoddiad i sianel arall"),
        C::ContactOutOfHours => {
            ("a message outside agreed hours", "neges y tu allan i oriau y cytunwyd arnynt")
        }
        C::ContactUnsupervised => ("a message without the teacher copied", "neges heb gopi i'r athro"),
        C::HarmProfanity => ("strong language", "iaith gref"),
        C::HarmUnprofessional => {
            ("wording you may want to read again", "geiriau y gallech am eu hailddarllen")
        }
        C::HarmMisuse => ("something outside school use", "rhywbeth y tu allan i ddefnydd ysgol"),
        C::ChainWording | C::ChainStructure | C::ChainSpread => ("a chain letter", "llythyr cadwyn"),
        C::ChainHoax => ("a known hoax", "twyll hysbys"),
        C::FileDangerous => ("a kind of file that can do harm", "math o ffeil a all wneud niwed"),
        C::FileProtected => ("a file with a password", "ffeil gyda chyfrinair"),
        C::FileNotInspected | C::FileAmbiguous => {
            ("a file that could not be read", "ffeil na ellid ei darllen")
        }
        // Never said to a sender (`sender_may_hear`), or said by a sentence of its own.
        _ => ("something to check", "rhywbeth i'w wirio"),
    };
    if language == Language::English { english } else { welsh }
}

fn joined(language: Language, items: Vec<String>) -> String {
    let and = if language == Language::English { " and " } else { " a " };
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{}{and}{last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

fn distinct(items: impl Iterator<Item = String>) -> Vec<String> {
    const SHOWN: usize = 10;
    let mut seen: Vec<String> = Vec::new();
    for item in items {
        if seen.len() < SHOWN && !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// What others wrote stays on its line and of bounded length.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(situation: Situation<'_>) -> Nudge<'_> {
        Nudge {
            received_at: DateTime::UNIX_EPOCH,
            recipients: &[],
            outside: 1,
            subject: "Trip\r\nBcc: x@y.example",
            found: &[
                Found { category: Category::PersonalHealth, place: "2/register.csv" },
                Found { category: Category::PersonalBulk, place: "1" },
                Found { category: Category::PersonalBulk, place: "1" },
            ],
            situation,
        }
    }

    const WAITING: Situation<'_> = Situation::Waiting {
        number: "ABCDE12345",
        token: Some("TOKEN"),
        may_send: true,
        mark: Some("[Confidential]"),
        whereabouts: Whereabouts::NobodyElse,
        reminder: false,
    };

    #[test]
    fn the_senders_notice_says_what_practice_asks_for() {
        let text = nudge(Language::English, &sample(WAITING));
        assert!(text.starts_with(
            "Not sent yet. It seems to contain health details and details of several people and goes to one \
             outside address. Nobody else has read it.\n"
        ));
        assert!(text.contains("Found: health details, in the attachment register.csv\n"), "{text}");
        assert_eq!(text.matches("details of several people, in the text").count(), 1);
        assert!(text.contains("Subject: Trip  Bcc: x@y.example\n"));
        for word in ["SEND", "CONFIDENTIAL", "WITHDRAW", "Reference: TOKEN\n"] {
            assert!(text.contains(word), "{word}");
        }
    }

    #[test]
    fn nobody_else_is_said_only_where_it_is_true() {
        let some = Situation::Waiting {
            number: "A",
            token: None,
            may_send: false,
            mark: None,
            whereabouts: Whereabouts::SomeHaveIt,
            reminder: true,
        };
        let text = nudge(Language::English, &sample(some));
        assert!(!text.contains("Nobody else") && !text.contains("SEND") && !text.contains("Reply"), "{text}");
        assert!(!nudge(Language::English, &sample(Situation::Sent)).contains("Nobody else"));
    }

    /// Practice, A10.
    #[test]
    fn a_wrong_address_is_named_without_the_reason() {
        let mut wrong = sample(WAITING);
        wrong.found = &[Found { category: Category::PersonalWrongRecipient, place: "envelope" }];
        let text = nudge(Language::English, &wrong);
        assert!(text.contains("Check this address with the office before sending."));
        assert!(!text.contains("seems") && !text.contains("Found"), "{text}");
        wrong.situation = Situation::Sent;
        let text = nudge(Language::English, &wrong);
        assert!(
            text.starts_with("It was sent. Check this address with the office before sending.\n"),
            "{text}"
        );
    }

    /// Practice, D: these words never, in no subject and no text.
    #[test]
    fn forbidden_words_stand_nowhere() {
        let mut all = Vec::new();
        for language in [Language::English, Language::Welsh] {
            for situation in [WAITING, Situation::Sent] {
                all.push(nudge(language, &sample(situation)));
                all.push(nudge_subject(language, &situation).to_owned());
            }
            for category in Category::ALL {
                for (urgent, delivered) in [(true, true), (false, false)] {
                    let at = DateTime::UNIX_EPOCH;
                    let one =
                        Alert { school: "Oakfield", number: "A", category: *category, at, urgent, delivered };
                    all.push(alert(language, &one));
                    all.push(alert_subject(language, urgent).to_owned());
                }
                all.push(kind(language, *category).to_owned());
            }
            for why in [Comeback::Expired, Comeback::Withdrawn, Comeback::Returned { advice: Some("x") }] {
                all.push(returned(
                    language,
                    &Returned {
                        received_at: DateTime::UNIX_EPOCH,
                        recipients: &[],
                        subject: "s",
                        number: "A",
                        why,
                    },
                ));
            }
            all.push(returned_subject(language).to_owned());
        }
        for text in all {
            let lower = text.to_lowercase();
            for word in [
                "violation",
                "offender",
                "grooming detected",
                "safeguarding concern",
                "blocked",
                "suspicious",
            ] {
                assert!(!lower.contains(word), "{word}: {text}");
            }
        }
    }
}
