//! The report's own words in Welsh, and names of categories and kinds as people call them in both
//! languages. What is not known here stands as the report has it. The Welsh is to be reviewed by a Welsh
//! speaker.

use super::super::super::called;
use crate::{effects::Language, ruleset::Category, verdict::Disposition};

/// English as the report has it, then Welsh.
const PHRASES: &[(&str, &str)] = &[
    ("Messages by direction", "Negeseuon yn ôl cyfeiriad"),
    ("Messages by what was done with them", "Negeseuon yn ôl yr hyn a wnaed â hwy"),
    ("Messages observed only, and enforced", "Negeseuon a arsylwyd yn unig, ac y gweithredwyd arnynt"),
    (
        "Messages that waited for their sender, by what was found",
        "Negeseuon a fu'n aros am eu hanfonwr, yn ôl yr hyn a gafwyd",
    ),
    (
        "Messages that waited for a reviewer, by what was found",
        "Negeseuon a fu'n aros am adolygydd, yn ôl yr hyn a gafwyd",
    ),
    ("Officers told at once, by what was found", "Swyddogion a hysbyswyd ar unwaith, yn ôl yr hyn a gafwyd"),
    ("How soon senders answered", "Pa mor fuan yr atebodd anfonwyr"),
    ("How soon reviewers decided", "Pa mor fuan y penderfynodd adolygwyr"),
    ("How soon somebody looked at what was urgent", "Pa mor fuan yr edrychodd rhywun ar yr hyn oedd ar frys"),
    ("What people decided", "Yr hyn a benderfynodd pobl"),
    ("False alarms, as far as they can be told", "Camrybuddion, cyn belled ag y gellir dweud"),
    ("Incidents by how they stand", "Digwyddiadau yn ôl eu sefyllfa"),
    ("Observing and enforcing", "Arsylwi a gweithredu"),
    ("What was changed", "Yr hyn a newidiwyd"),
    ("Clauses of the policies", "Cymalau'r polisïau"),
    ("What the gate sees, and what it does not", "Yr hyn y mae'r porth yn ei weld, a'r hyn nad yw"),
    (
        "A release says that somebody thought the message right, or sent it all the same. Many of them for one category: have its rules looked at.",
        "Mae rhyddhau'n dweud bod rhywun o'r farn fod y neges yn iawn, neu wedi'i hanfon beth bynnag. Os oes llawer ar gyfer un categori, trefnwch fod ei reolau'n cael eu hadolygu.",
    ),
    (
        "`gatehouse ledger changes` has who and why, for those who may ask.",
        "Mae gan `gatehouse ledger changes` bwy a pham, i'r rhai sy'n cael gofyn.",
    ),
    (
        "As of today, with the rules and settings in force; `gatehouse policy coverage` names each.",
        "Fel y mae heddiw, gyda'r rheolau a'r gosodiadau sydd mewn grym; mae `gatehouse policy coverage` yn enwi pob un.",
    ),
    (
        "Each way that is configured was proved by a probe. What never comes to the gate is not seen:",
        "Profwyd pob llwybr a ffurfweddwyd gan brawf. Nid yw'r porth yn gweld yr hyn nad yw byth yn dod ato:",
    ),
    (
        "Coverage is PARTIAL until each way of the mail is proved by a probe.",
        "RHANNOL yw'r cwmpas nes i bob llwybr o'r post gael ei brofi.",
    ),
    ("in all", "i gyd"),
    ("withheld", "heb ei ddangos"),
    ("later", "yn hwyrach"),
    ("others", "eraill"),
    ("not within the month", "ddim o fewn y mis"),
    ("released", "wedi'u rhyddhau"),
    ("sent now: child at risk", "anfonwyd nawr: plentyn mewn perygl"),
    ("withdrawn by their senders", "tynnwyd yn ôl gan eu hanfonwyr"),
    ("returned with advice", "dychwelwyd gyda chyngor"),
    ("returned unanswered", "dychwelwyd heb ateb"),
    ("kept as evidence", "cadwyd fel tystiolaeth"),
    ("escalated", "uwchgyfeiriwyd"),
    ("handed on unread", "trosglwyddwyd heb eu darllen"),
    ("of what waited, released", "o'r hyn a fu'n aros, rhyddhawyd"),
    ("of incidents, dismissed", "o ddigwyddiadau, gwrthodwyd"),
    ("now", "nawr"),
    ("back to observe", "yn ôl i arsylwi"),
    (
        "observing: verdicts are recorded and nothing is changed",
        "arsylwi: cofnodir dyfarniadau ac ni newidir dim",
    ),
    ("enforcing", "gweithredu"),
    ("rules changed, added, removed", "rheolau a newidiwyd, a ychwanegwyd, a dynnwyd"),
    ("settings changed", "gosodiadau a newidiwyd"),
    ("imports of people", "mewnforion pobl"),
    ("offices given", "swyddi a roddwyd"),
    ("offices ended", "swyddi a ddaeth i ben"),
    ("exceptions and suspensions approved", "eithriadau ac ataliadau a gymeradwywyd"),
    ("switches back to observe", "troadau yn ôl i arsylwi"),
    ("custodians who joined", "ceidwaid a ymunodd"),
    ("custodians who left", "ceidwaid a adawodd"),
    ("looks and acts refused", "ymweliadau a gweithredoedd a wrthodwyd"),
    ("checks of the ledger", "gwiriadau o'r cofnod"),
    ("backups", "copïau wrth gefn"),
    ("proved", "wedi'i brofi"),
    ("NOT proved", "HEB ei brofi"),
    ("never seen", "byth yn cael ei weld"),
    (
        "mail between two people of one Microsoft 365 or Google Workspace tenant",
        "post rhwng dau berson yn yr un tenant Microsoft 365 neu Google Workspace",
    ),
    (
        "chat and calls in Teams, Google Chat or any other programme",
        "sgwrsio a galwadau yn Teams, Google Chat neu unrhyw raglen arall",
    ),
    (
        "mail that a person reads and writes in a private account, on whatever device",
        "post y mae person yn ei ddarllen a'i ysgrifennu mewn cyfrif preifat, ar ba ddyfais bynnag",
    ),
    (
        "mail through a server or a cloud route that does not hand it to Gatehouse",
        "post trwy weinydd neu lwybr cwmwl nad yw'n ei roi i Gatehouse",
    ),
    (
        "what is encrypted from end to end: it is seen as protected and not read",
        "yr hyn sydd wedi'i amgryptio o'r naill ben i'r llall: fe'i gwelir fel un gwarchodedig ac nis darllenir",
    ),
    ("Personal data leaving unencrypted", "Data personol yn gadael heb ei amgryptio"),
    ("Disclaimers", "Ymwadiadau"),
    ("Quarantine, incidents, reports", "Cwarantin, digwyddiadau, adroddiadau"),
    ("Others", "Eraill"),
    ("Chain letters", "Llythyrau cadwyn"),
    ("Contact with pupils and parents", "Cyswllt â disgyblion a rhieni"),
    ("Offensive, bullying and harmful content", "Cynnwys tramgwyddus, bwlio a niweidiol"),
    ("Records", "Cofnodion"),
    ("The school's machine room", "Ystafell beiriannau'r ysgol"),
    ("mail from outside", "post o'r tu allan"),
    ("mail to outside", "post i'r tu allan"),
    ("mail within the school", "post o fewn yr ysgol"),
    ("one hour", "awr"),
    ("one school hour", "awr ysgol"),
    ("one school day", "diwrnod ysgol"),
];

/// Names of ours, as people call them in English and in Welsh.
const NAMES: &[(&str, &str, &str)] = &[
    ("inbound", "from outside", "o'r tu allan"),
    ("outbound", "to outside", "i'r tu allan"),
    ("internal", "within the school", "o fewn yr ysgol"),
    ("observe", "observed only", "arsylwyd yn unig"),
    ("enforce", "enforced", "gweithredwyd"),
    ("proposed", "proposed", "wedi'u cynnig"),
    ("open", "open", "ar agor"),
    ("closed", "closed", "wedi'u cau"),
    ("dismissed", "dismissed", "wedi'u gwrthod"),
];

/// A text of the report, as its page says it.
pub fn said(language: Language, text: &str) -> String {
    if let Ok(category) = text.parse::<Category>() {
        return called::category(language, category).to_owned();
    }
    if let Some(disposition) = DISPOSITIONS.into_iter().find(|d| d.name() == text) {
        return called::disposition(language, disposition).to_owned();
    }
    if let Some((_, english, welsh)) = NAMES.iter().find(|(name, ..)| *name == text) {
        return match language {
            Language::English => (*english).to_owned(),
            Language::Welsh => (*welsh).to_owned(),
        };
    }
    match language {
        Language::English => text.to_owned(),
        Language::Welsh => welsh(text),
    }
}

const DISPOSITIONS: [Disposition; 5] = [
    Disposition::Deliver,
    Disposition::Hold,
    Disposition::Quarantine,
    Disposition::Refuse,
    Disposition::Defer,
];

fn welsh(text: &str) -> String {
    if let Some((_, welsh)) = PHRASES.iter().find(|(english, _)| *english == text) {
        return (*welsh).to_owned();
    }
    if let Some(time) = text.strip_prefix("within ") {
        return format!("o fewn {}", welsh(time));
    }
    for (english, welsh) in
        [(" minutes", " munud"), (" school hours", " awr ysgol"), (" school days", " diwrnod ysgol")]
    {
        if let Some(number) = text.strip_suffix(english).filter(|n| n.bytes().all(|b| b.is_ascii_digit())) {
            return format!("{number}{welsh}");
        }
    }
    if let Some(number) = text.strip_suffix(" or more").filter(|n| n.bytes().all(|b| b.is_ascii_digit())) {
        return format!("{number} neu ragor");
    }
    let clauses = text.strip_suffix(" not yet").and_then(|text| {
        let (enforced, rest) = text.split_once(" enforced, ")?;
        let (part, none) = rest.split_once(" in part, ")?;
        Some(format!("{enforced} wedi'u gweithredu, {part} yn rhannol, {none} ddim eto"))
    });
    clauses.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_is_translated_and_what_is_unknown_stays() {
        let cy = |text| said(Language::Welsh, text);
        assert_eq!(cy("within 15 minutes"), "o fewn 15 munud");
        assert_eq!(cy("within one school day"), "o fewn diwrnod ysgol");
        assert_eq!(cy("3 enforced, 4 in part, 5 not yet"), "3 wedi'u gweithredu, 4 yn rhannol, 5 ddim eto");
        assert_eq!(cy("26 or more"), "26 neu ragor");
        assert_eq!(cy("harm.bullying"), "Bwlio");
        assert_eq!(said(Language::English, "harm.bullying"), "Bullying");
        assert_eq!(said(Language::English, "deliver"), "delivered");
        assert_eq!(cy("oak.own-rule"), "oak.own-rule");
    }
}
