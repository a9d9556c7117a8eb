//! The notice to a message's own sender: time, recipients, subject, kind and place of what was
//! found, never the value, and how to answer (practice.md, D).
//!
//! The Welsh texts are to be reviewed by a Welsh speaker.

use super::{
    time,
    words::{Language, one_line, particulars},
};
use crate::{mail::Address, ruleset::Category};
use chrono::{DateTime, Utc};

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

impl Nudge<'_> {
    /// What has become of it, in two or three sentences.
    pub fn opening(&self, language: Language) -> String {
        opening(language, self)
    }
}

/// What was found and where, as one line.
pub fn found_line(language: Language, found: &Found<'_>) -> String {
    place_line(language, found).trim_end().to_owned()
}

/// Of all that ask for an answer.
fn waiting_subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your message is waiting for you",
        Language::Welsh => "Mae eich neges yn aros amdanoch",
    }
}

pub(super) fn subject(language: Language, situation: &Situation<'_>) -> &'static str {
    match (situation, language) {
        (Situation::Waiting { .. } | Situation::Leaving { .. }, language) => waiting_subject(language),
        (Situation::Sent, Language::English) => "About a message you sent",
        (Situation::Sent, Language::Welsh) => "Ynghylch neges a anfonwyd gennych",
    }
}

/// By which ways an answer can come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways<'a> {
    pub(super) by_mail: bool,
    /// With what links to the console begin.
    pub(super) console: Option<&'a str>,
}

pub(super) fn text(language: Language, nudge: &Nudge<'_>, ways: Ways<'_>) -> String {
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
        text.push_str(&links(language, number, token, ways));
        let by_mail = token.filter(|_| ways.by_mail);
        text.push_str(&how_to_answer(language, number, by_mail, may_send, mark));
    }
    if let Situation::Leaving { number, token, .. } = nudge.situation {
        text.push('\n');
        text.push_str(&links(language, number, token, ways));
        text.push_str(&how_to_take_back(language, number, token.filter(|_| ways.by_mail)));
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
    if nudge.found.iter().any(|f| f.category == Category::FileExposed) {
        sentences.push(exposed(language).to_owned());
    }
    if let Situation::Waiting { whereabouts, .. } = nudge.situation {
        sentences.extend(whereabouts_sentence(language, whereabouts).map(str::to_owned));
    }
    sentences.join(" ")
}

/// What is wrong with a password that goes the way of its file, and what to do instead.
fn exposed(language: Language) -> &'static str {
    match language {
        Language::English => {
            "A protected file and its password go by mail to the same people, so whoever reads the one opens the other. \
             Tell the password by telephone instead, and use a new one."
        }
        Language::Welsh => {
            "Mae ffeil ddiogel a'i chyfrinair yn mynd drwy'r e-bost at yr un bobl, felly gall pwy bynnag sy'n darllen y \
             naill agor y llall. Rhowch y cyfrinair dros y ffôn yn lle hynny, a defnyddiwch un newydd."
        }
    }
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

/// Both only show until a button is pressed: mail scanners follow links.
fn links(language: Language, number: &str, token: Option<&str>, ways: Ways<'_>) -> String {
    let Some(console) = ways.console else { return String::new() };
    let mut text = match language {
        Language::English => format!("To see it and decide:\n{console}/messages/{number}\n"),
        Language::Welsh => format!("I'w gweld a phenderfynu:\n{console}/messages/{number}\n"),
    };
    if let Some(token) = token {
        text.push_str(match language {
            Language::English => "Without signing in, once, for this message alone:\n",
            Language::Welsh => "Heb fewngofnodi, unwaith, ar gyfer y neges hon yn unig:\n",
        });
        text.push_str(&format!("{console}/m/{token}\n"));
    }
    text.push('\n');
    text
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

/// What a finding is, for a teacher.
pub(super) fn kind(language: Language, category: Category) -> &'static str {
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
        C::FileExposed => ("a protected file or its password", "ffeil ddiogel neu ei chyfrinair"),
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn sample(situation: Situation<'_>) -> Nudge<'_> {
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

    pub(in super::super) const WAITING: Situation<'_> = Situation::Waiting {
        number: "ABCDE12345",
        token: Some("TOKEN"),
        may_send: true,
        mark: Some("[Confidential]"),
        whereabouts: Whereabouts::NobodyElse,
        reminder: false,
    };

    pub(in super::super) const MAIL: Ways<'_> = Ways { by_mail: true, console: None };

    #[test]
    fn a_console_is_linked_to_with_the_code_and_without() {
        let ways = Ways { by_mail: false, console: Some("https://gate.school.example") };
        let said = text(Language::English, &sample(WAITING), ways);
        assert!(said.contains("\nhttps://gate.school.example/messages/ABCDE12345\n"), "{said}");
        assert!(said.contains("\nhttps://gate.school.example/m/TOKEN\n"), "{said}");
        assert!(!said.contains("Reply") && !said.contains("Reference"), "{said}");
        assert!(!text(Language::English, &sample(Situation::Sent), ways).contains("https:"));
    }

    #[test]
    fn the_senders_notice_says_what_practice_asks_for() {
        let said = text(Language::English, &sample(WAITING), MAIL);
        assert!(said.starts_with(
            "Not sent yet. It seems to contain health details and details of several people and goes to one \
             outside address. Nobody else has read it.\n"
        ));
        assert!(said.contains("Found: health details, in the attachment register.csv\n"), "{said}");
        assert_eq!(said.matches("details of several people, in the text").count(), 1);
        assert!(said.contains("Subject: Trip  Bcc: x@y.example\n"));
        for word in ["SEND", "CONFIDENTIAL", "WITHDRAW", "Reference: TOKEN\n"] {
            assert!(said.contains(word), "{word}");
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
        let said = text(Language::English, &sample(some), MAIL);
        assert!(!said.contains("Nobody else") && !said.contains("SEND") && !said.contains("Reply"), "{said}");
        assert!(!text(Language::English, &sample(Situation::Sent), MAIL).contains("Nobody else"));
    }

    /// Practice, A10.
    #[test]
    fn a_wrong_address_is_named_without_the_reason() {
        let mut wrong = sample(WAITING);
        wrong.found = &[Found { category: Category::PersonalWrongRecipient, place: "envelope" }];
        let said = text(Language::English, &wrong, MAIL);
        assert!(said.contains("Check this address with the office before sending."));
        assert!(!said.contains("seems") && !said.contains("Found"), "{said}");
        wrong.situation = Situation::Sent;
        let said = text(Language::English, &wrong, MAIL);
        assert!(
            said.starts_with("It was sent. Check this address with the office before sending.\n"),
            "{said}"
        );
    }
}
