//! What the gate says of itself and of its ways, in the language of whoever asks: English as `doctor` says
//! it, Welsh here. What has no Welsh does not compile. The Welsh is to be reviewed by a Welsh speaker.

use super::super::super::super::words::{fill, moment};
use crate::{
    config::{CanaryConfig, CanaryWay},
    effects::Language,
    gateway::{
        Remark, Room, Says,
        routes::{Why, hosts},
    },
    parties::Direction,
    storage::AnchorFault,
    wire::clamd::ScanFault,
};

/// A thing of the machine, as people call it.
pub(super) fn name(language: Language, remark: &Remark) -> String {
    let (english, welsh) = match &remark.says {
        Says::ClockRight | Says::ClockLeapt { .. } => ("Clock", "Cloc"),
        Says::Disk { .. } => ("Disk", "Disg"),
        Says::ObjectsSound | Says::ObjectsFaulty(_) => {
            ("Kept messages and files", "Negeseuon a ffeiliau a gedwir")
        }
        Says::DutiesInTime | Says::DutiesStand(_) => ("Scheduled work", "Gwaith a drefnwyd"),
        Says::AlertsTold | Says::AlertsStuck(_) => ("Alerts to officers", "Rhybuddion i swyddogion"),
    };
    pick(language, english, welsh).to_owned()
}

fn pick(language: Language, english: &'static str, welsh: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Welsh => welsh,
    }
}

pub(super) fn says(language: Language, says: &Says) -> String {
    match language {
        Language::English => says.to_string(),
        Language::Welsh => says_in_welsh(says),
    }
}

fn says_in_welsh(says: &Says) -> String {
    let at = |at| moment(Language::Welsh, at);
    match says {
        Says::ClockRight => "mae amser wedi mynd heibio fel y dylai".to_owned(),
        Says::ClockLeapt { says, sure, hours } => fill(
            "mae'r cloc yn dweud {}, a hyd at {} y gwelodd y porth amser yn mynd heibio. Nes gwybod ei fod yn gywir, ni ddilëir dim, nid â dim sy'n cael ei ddal yn ôl, ac ni roddir y gorau i unrhyw bost. Os yw'n anghywir, cywirwch ef. Os yw'n gywir (roedd y porth i ffwrdd, neu adferwyd y storfa): gatehouse store clock-is-right. Heb air, fe'i credir pan fydd y porth wedi rhedeg am {} awr arall.",
            &[&at(*says), &at(*sure), &hours.to_string()],
        ),
        Says::Disk { free_mb, size_mb, room } => {
            let left = fill(
                "mae {} MB o {} MB yn rhydd dan y ffolder data",
                &[&free_mb.to_string(), &size_mb.to_string()],
            );
            match room {
                Room::Enough => left,
                Room::Little => format!(
                    "{left}. Nid yw porth â disg lawn yn cymryd post: gwnewch le, neu rhowch ddisg fwy iddo."
                ),
            }
        }
        Says::ObjectsSound => "nid yw'n hysbys bod dim ar goll nac wedi'i newid".to_owned(),
        Says::ObjectsFaulty(faulty) => fill(
            "mae {} o negeseuon neu atodiadau a gedwir ar goll neu wedi'u newid yn y gladdgell. Mae `gatehouse store scrub` yn eu henwi; mae `gatehouse store restore` yn eu cael o gopi wrth gefn.",
            &[&faulty.to_string()],
        ),
        Says::DutiesInTime => "gwneir yr holl waith a drefnwyd mewn pryd".to_owned(),
        Says::DutiesStand(names) => {
            let each = names.iter().map(|(name, since)| format!("{name} (ers {})", at(*since)));
            fill(
                "mae gwaith a drefnwyd wedi sefyll: {}. Mae'r log yn dweud pam, mewn llinellau â work.failed.",
                &[&each.collect::<Vec<_>>().join(", ")],
            )
        }
        Says::AlertsTold => "gellir dweud am bob un sy'n aros".to_owned(),
        Says::AlertsStuck(stuck) => fill(
            "mae {} o rybuddion yn aros nad yw eu hysgol yn gatehouse.toml, a {} na ellir darllen eu rhesi: nid oes swyddog yn clywed amdanynt. Mae eu rhifau a'u hysgolion gan `gatehouse alert list`; rhowch yr ysgol yn ôl, neu dywedwch wrth ei harweinydd diogelu wyneb yn wyneb.",
            &[&stuck.of_no_school.to_string(), &stuck.unreadable.to_string()],
        ),
    }
}

/// A way of the mail by its name and direction.
pub(super) fn way(language: Language, canary: &CanaryConfig) -> String {
    let (english, welsh) = match &canary.way {
        CanaryWay::Route(route) => match route.direction {
            Direction::Inbound => ("in", "i mewn"),
            Direction::Outbound => ("out", "allan"),
            Direction::Internal => ("within the school", "o fewn yr ysgol"),
        },
        CanaryWay::Notices => ("notices of the gate", "hysbysiadau'r porth"),
    };
    format!("{} ({})", canary.name, pick(language, english, welsh))
}

/// Why a way is not proved, and where to look.
pub(super) fn why(language: Language, why: Why, canary: &CanaryConfig) -> String {
    if language == Language::English {
        return why.sentence(canary);
    }
    let hosts = hosts(canary);
    match why {
        Why::NotSent => "Ni anfonwyd prawf ers mwy na diwrnod: a yw `gatehouse serve` yn rhedeg?".to_owned(),
        Why::HostAway => fill("Nid oes neb yn ateb yn {}, lle mae post y llwybr hwn yn dechrau.", &[&hosts]),
        Why::HostRefuses(code) => fill(
            "Mae {} yn gwrthod y prawf gyda {}: gadewch iddo gymryd post y llwybr hwn gan y porth.",
            &[&hosts, &code.to_string()],
        ),
        Why::NotSeen => fill(
            "Cymerodd {} y prawf, ac nid aeth drwy'r porth: efallai fod post yn mynd ar hyd llwybr arall, heb ei weld. Chwiliwch amdano yn log a chiw'r gweinydd hwnnw.",
            &[&hosts],
        ),
        Why::RefusedOnward(code) => fill(
            "Aeth drwy'r porth, a gwrthododd y gweinydd nesaf ef gyda {}: a yw `to` yn bodoli?",
            &[&code.to_string()],
        ),
        Why::NotReturned => {
            "Aeth drwy'r porth, ac ni ddaeth yn ôl: a yw blwch post `to` yn dal i'w anfon yn ôl at `from`?".to_owned()
        }
        Why::NotDelivered => {
            "Ni chymerodd unrhyw weinydd nesaf ef: nid yw hysbysiadau'r porth yn gadael. Mae `gatehouse outbox list` yn dangos mwy."
                .to_owned()
        }
    }
}

/// Why the scanner does not answer.
pub(super) fn scanner(language: Language, fault: ScanFault) -> String {
    if language == Language::English {
        return fault.to_string();
    }
    match fault {
        ScanFault::Away(_) => "nid oes neb yn ateb yn [scanner] clamd",
        ScanFault::Broken => "torrodd y cysylltiad â clamd",
        ScanFault::Late => "nid atebodd clamd o fewn [scanner] deadline",
        ScanFault::Full => "roedd pob un o gysylltiadau [scanner] yn brysur hyd at [scanner] deadline",
        ScanFault::Failed => "mae clamd yn dweud iddo fethu; mae ei log yn dweud pam",
        ScanFault::NotClamd => "nid clamd yw'r hyn sy'n ateb yn [scanner] clamd",
    }
    .to_owned()
}

pub(super) fn anchor(language: Language, fault: AnchorFault) -> String {
    if language == Language::English {
        return fault.to_string();
    }
    match fault {
        AnchorFault::Away => "nid yw'r ffolder, na'r ffeil ynddo, yno: a yw'r gyfran wedi'i chysylltu?",
        AnchorFault::OtherFile => "nid oes gan y ffeil yno yr hyn a ysgrifennwyd iddi ddiwethaf: fe'i newidiwyd, neu cyfran arall ydyw",
        AnchorFault::NotWritten => "ni ellir ysgrifennu iddo",
        AnchorFault::NoAnswer => "nid oes neb yn ateb yno",
        AnchorFault::Status(code) => return fill("mae'r gwasanaeth yno yn ateb {}", &[&code.to_string()]),
        AnchorFault::NoToken => "ni ellir darllen ei docyn",
        AnchorFault::NoOutbox => "ni ellid rhoi'r post yn y blwch allan",
        AnchorFault::Unknown => "nid yw'n hysbys pam",
    }
    .to_owned()
}
