//! What the console calls things of ours in both languages: categories, severities, offices, purposes; and text
//! that came with a message, so that nothing in it turns the page's direction or hides.

use crate::{
    authority::Office,
    effects::Language,
    parties::Role,
    ruleset::{Category, Severity},
    storage::{Concern, Dismissal, IncidentKind, IncidentState, Purpose, Referral},
    verdict::Disposition,
};

fn pick(language: Language, english: &'static str, welsh: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Welsh => welsh,
    }
}

/// What a finding is about, for people who review (practice.md, D: calm, never "violation").
pub fn category(language: Language, category: Category) -> &'static str {
    use Category as C;
    let (english, welsh) = match category {
        C::PersonalIdentifier => ("Numbers that identify a person", "Rhifau sy'n adnabod person"),
        C::PersonalContactDetails => ("Contact details", "Manylion cyswllt"),
        C::PersonalFinancial => ("Bank or card details", "Manylion banc neu gerdyn"),
        C::PersonalHealth => ("Health details", "Manylion iechyd"),
        C::PersonalSafeguarding => ("Safeguarding details", "Manylion diogelu"),
        C::PersonalCredentials => ("Passwords or keys", "Cyfrineiriau neu allweddi"),
        C::PersonalBulk => ("Data of many people", "Data llawer o bobl"),
        C::PersonalImage => ("Image of a child", "Llun o blentyn"),
        C::PersonalRecipients => ("Recipients who see each other", "Derbynwyr sy'n gweld ei gilydd"),
        C::PersonalWrongRecipient => ("Perhaps the wrong recipient", "Y derbynnydd anghywir efallai"),
        C::ContactPersonalAddress => ("Personal address", "Cyfeiriad personol"),
        C::ContactOffChannel => ("Away from school channels", "Y tu allan i sianeli'r ysgol"),
        C::ContactOutOfHours => ("Out of hours", "Y tu allan i oriau"),
        C::ContactMeeting => ("Arranging to meet", "Trefnu cwrdd"),
        C::ContactGrooming => ("Contact that may harm a child", "Cyswllt a allai niweidio plentyn"),
        C::ContactImpersonation => ("Perhaps another's name", "Enw rhywun arall efallai"),
        C::ContactUnsupervised => ("Contact nobody supervises", "Cyswllt heb oruchwyliaeth"),
        C::ContactAlteredQuote => ("Altered quotation", "Dyfyniad wedi'i newid"),
        C::HarmHate => ("Hateful words", "Geiriau atgas"),
        C::HarmBullying => ("Bullying", "Bwlio"),
        C::HarmThreat => ("Threat", "Bygythiad"),
        C::HarmSexual => ("Sexual content", "Cynnwys rhywiol"),
        C::HarmProfanity => ("Swearing", "Rhegi"),
        C::HarmSelfHarm => ("Harm to oneself", "Niwed i'r hunan"),
        C::HarmExtremism => ("Extremism", "Eithafiaeth"),
        C::HarmViolence => ("Violence", "Trais"),
        C::HarmUnprofessional => ("Tone", "Tôn"),
        C::HarmMisuse => ("Use of mail", "Defnydd o e-bost"),
        C::ChainWording => ("Chain letter: wording", "Llythyr cadwyn: geiriad"),
        C::ChainStructure => ("Chain letter: form", "Llythyr cadwyn: ffurf"),
        C::ChainSpread => ("Chain letter: spread", "Llythyr cadwyn: lledaeniad"),
        C::ChainHoax => ("Hoax", "Ffug"),
        C::FileMalware => ("Harmful file", "Ffeil niweidiol"),
        C::FileDangerous => ("Kind of file that can harm", "Math o ffeil a all niweidio"),
        C::FileProtected => ("Protected file", "Ffeil dan glo"),
        C::FileNotInspected => ("Not looked into", "Heb ei harchwilio"),
        C::FileIllegalImage => ("Suspected match", "Cyfatebiaeth dybiedig"),
        C::FileExposed => ("Password sent with its file", "Cyfrinair wedi'i anfon gyda'i ffeil"),
        C::FileAmbiguous => ("Readable in two ways", "Darllenadwy mewn dwy ffordd"),
    };
    pick(language, english, welsh)
}

/// The part of a category before the dot.
pub fn family(language: Language, family: &str) -> &'static str {
    let (english, welsh) = match family {
        "personal-data" => ("Personal data", "Data personol"),
        "contact" => ("Contact", "Cyswllt"),
        "harm" => ("Harm", "Niwed"),
        "chain-letter" => ("Chain letters", "Llythyrau cadwyn"),
        _ => ("Files", "Ffeiliau"),
    };
    pick(language, english, welsh)
}

pub fn severity(language: Language, severity: Severity) -> &'static str {
    let (english, welsh) = match severity {
        Severity::Critical => ("Gravest", "Mwyaf difrifol"),
        Severity::High => ("High", "Uchel"),
        Severity::Medium => ("Medium", "Canolig"),
        Severity::Low => ("Low", "Isel"),
    };
    pick(language, english, welsh)
}

/// The class of the badge.
pub fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    }
}

/// What becomes of a message.
pub fn disposition(language: Language, disposition: Disposition) -> &'static str {
    let (english, welsh) = match disposition {
        Disposition::Deliver => ("delivered", "ei ddanfon"),
        Disposition::Hold => ("waits for its sender", "yn aros am ei anfonwr"),
        Disposition::Quarantine => ("waits for a reviewer", "yn aros am adolygydd"),
        Disposition::Refuse => ("refused", "ei wrthod"),
        Disposition::Defer => ("to come again later", "i ddod eto'n hwyrach"),
    };
    pick(language, english, welsh)
}

pub fn office(language: Language, office: Office) -> &'static str {
    let (english, welsh) = match office {
        Office::Staff => ("staff", "staff"),
        Office::Lead => ("safeguarding lead", "arweinydd diogelu"),
        Office::Deputy => ("deputy safeguarding lead", "dirprwy arweinydd diogelu"),
        Office::Head => ("head", "pennaeth"),
        Office::Chair => ("chair of governors", "cadeirydd y llywodraethwyr"),
        Office::DataProtection => ("data protection officer", "swyddog diogelu data"),
        Office::Admin => ("mail administrator", "gweinyddwr post"),
        Office::Governor => ("governor", "llywodraethwr"),
        Office::Guest => ("guest", "gwestai"),
    };
    pick(language, english, welsh)
}

/// What somebody is to the school.
pub fn role(language: Language, role: Role) -> &'static str {
    let (english, welsh) = match role {
        Role::Staff => ("staff", "staff"),
        Role::Pupil => ("pupil", "disgybl"),
        Role::Supply => ("supply staff", "staff cyflenwi"),
        Role::Governor => ("governor", "llywodraethwr"),
        Role::Parent => ("parent", "rhiant"),
        Role::Guest => ("guest", "gwestai"),
        Role::Group => ("group", "grŵp"),
        Role::Service => ("confidential service", "gwasanaeth cyfrinachol"),
        Role::Partner => ("partner agency", "asiantaeth bartner"),
        Role::Outside => ("outside", "y tu allan"),
    };
    pick(language, english, welsh)
}

pub fn incident_kind(language: Language, kind: IncidentKind) -> &'static str {
    let (english, welsh) = match kind {
        IncidentKind::Concern => ("Concern", "Pryder"),
        IncidentKind::LowLevel => ("Low-level concern about an adult", "Pryder lefel isel am oedolyn"),
        IncidentKind::Allegation => ("Allegation against staff", "Honiad yn erbyn staff"),
        IncidentKind::Misuse => ("Misuse", "Camddefnydd"),
    };
    pick(language, english, welsh)
}

pub fn incident_state(language: Language, state: IncidentState) -> &'static str {
    let (english, welsh) = match state {
        IncidentState::Provisional => ("not yet known", "heb ei wybod eto"),
        IncidentState::Proposed => ("proposed", "wedi'i gynnig"),
        IncidentState::Open => ("open", "ar agor"),
        IncidentState::Closed => ("closed", "wedi cau"),
        IncidentState::Dismissed => ("dismissed", "wedi'i wrthod"),
        IncidentState::Dropped => ("dropped", "wedi'i ollwng"),
        IncidentState::Purged => ("removed for good", "wedi'i dynnu am byth"),
    };
    pick(language, english, welsh)
}

/// To whom it was taken.
pub fn referral(language: Language, referral: Referral) -> &'static str {
    let (english, welsh) = match referral {
        Referral::SocialCare => ("children's social care", "gofal cymdeithasol plant"),
        Referral::DesignatedOfficer => ("the designated officer", "y swyddog dynodedig"),
        Referral::Police => ("the police", "yr heddlu"),
        Referral::Prevent => ("Prevent", "Prevent"),
        Referral::Health => ("health", "iechyd"),
        Referral::Regulator => ("a regulator", "rheoleiddiwr"),
        Referral::Other => ("another", "arall"),
    };
    pick(language, english, welsh)
}

/// Why there was nothing in it.
pub fn dismissal(language: Language, dismissal: Dismissal) -> &'static str {
    let (english, welsh) = match dismissal {
        Dismissal::FalseAlarm => ("a false alarm", "larwm gau"),
        Dismissal::Malicious => ("malicious", "maleisus"),
        Dismissal::Duplicate => ("the same as another", "yr un peth ag un arall"),
        Dismissal::Resolved => ("resolved before", "wedi'i ddatrys o'r blaen"),
    };
    pick(language, english, welsh)
}

/// Why somebody looks.
pub fn purpose(language: Language, purpose: Purpose) -> &'static str {
    let (english, welsh) = match purpose {
        Purpose::Facts => ("To establish facts", "I sefydlu ffeithiau"),
        Purpose::Compliance => {
            ("To see that rules and law are kept", "I weld bod rheolau a'r gyfraith yn cael eu cadw")
        }
        Purpose::Standards => ("To see that standards are met", "I weld bod safonau'n cael eu cyrraedd"),
        Purpose::Crime => ("To prevent or detect crime", "I atal neu ganfod trosedd"),
        Purpose::UnauthorisedUse => ("Use that is not authorised", "Defnydd heb ei awdurdodi"),
        Purpose::SystemOperation => ("To keep the system running", "I gadw'r system i redeg"),
        Purpose::Safeguarding => ("To safeguard a child", "I ddiogelu plentyn"),
        Purpose::Allegation => ("An allegation against staff", "Honiad yn erbyn staff"),
        Purpose::SubjectAccess => {
            ("A person asks what is held on them", "Person yn gofyn beth a gedwir amdanynt")
        }
        Purpose::Complaint => ("A complaint", "Cwyn"),
        Purpose::LegalRequest => ("A request of the law or the police", "Cais cyfreithiol neu gan yr heddlu"),
        Purpose::Absence => ("The account's owner is away", "Mae perchennog y cyfrif i ffwrdd"),
    };
    pick(language, english, welsh)
}

/// Why two people look at a piece before it is given out.
pub fn concern(language: Language, concern: Concern) -> &'static str {
    let welsh = match concern {
        Concern::Abuse => "gwybodaeth am amddiffyn plentyn",
        Concern::Privilege => "gohebiaeth â chynghorydd gwarchodedig",
        Concern::OtherChildren => "gwybodaeth sydd hefyd am blant eraill",
        Concern::ChildsRights => "gwybodaeth y gall plentyn benderfynu arni ei hun",
        Concern::Sealed => "eitem dan sêl",
        Concern::Protected => "gohebiaeth â chynghorydd gwarchodedig, nad oes neb yn ei hagor",
        Concern::Undecided => "mater nad yw wedi'i benderfynu eto",
        Concern::NotCertain => "e-bost a all fod am rywun arall o'r un enw",
        Concern::Correspondence => "amserau pan ysgrifennodd plentyn, a all ddweud at bwy",
    };
    pick(language, concern.words(), welsh)
}

/// Text that came with a message, on one line: nothing in it turns the direction of reading, hides, or
/// breaks the line. Escaping is the template's.
pub fn plain(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).map(shown).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// The same with its lines kept.
pub fn lines(text: &str) -> String {
    text.chars().filter(|c| *c != '\r').map(|c| if c == '\n' || c == '\t' { c } else { shown(c) }).collect()
}

fn shown(c: char) -> char {
    match c {
        // Directions and isolates (Unicode UAX 9), and what has no width.
        '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        // Our own marks in what is shown.
        '\u{e000}'..='\u{e00f}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => ' ',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_turn_the_line_or_hide_its_end() {
        assert_eq!(plain("photo\u{202e}gpj.exe", 100), "photo\u{fffd}gpj.exe");
        assert_eq!(plain("a\r\nb\u{200b}c", 100), "a  b\u{fffd}c");
        assert_eq!(plain("abcdef", 3), "abc…");
        assert_eq!(lines("a\r\nb\u{2066}"), "a\nb\u{fffd}");
    }
}
