//! What the pages of the directory say.

use super::super::super::super::words::words;
use crate::{desk::import::Odd, effects::Language, parties::Differs};

words! {
    pub struct DirectoryWords {
        lead: "Whom the gate knows, by the school's own roll. Bring in the export of the school's system: it is checked and compared first; nothing takes effect before you say so."
            / "Pwy y mae'r porth yn eu hadnabod, yn ôl cofrestr yr ysgol ei hun. Dewch ag allforyn system yr ysgol: caiff ei wirio a'i gymharu yn gyntaf; nid oes dim yn dod i rym cyn ichi ddweud.",
        in_force: "In force" / "Mewn grym",
        nobody: "Nobody is known yet: nobody is nudged, and no name is recognised."
            / "Nid oes neb yn hysbys eto: ni chaiff neb ei brocio, ac ni chaiff enw ei adnabod.",
        school: "School" / "Ysgol",
        role: "Role" / "Rôl",
        people: "People" / "Pobl",
        bring: "Bring in others" / "Dod ag eraill",
        bring_hint: "OneRoster 1.1 CSV (users.csv, orgs.csv and the rest, all together), people.csv perhaps with groups.csv, or one plain CSV file. At most {} MB in all."
            / "CSV OneRoster 1.1 (users.csv, orgs.csv a'r gweddill, i gyd gyda'i gilydd), people.csv efallai gyda groups.csv, neu un ffeil CSV blaen. Hyd at {} MB i gyd.",
        files: "Files" / "Ffeiliau",
        compare: "Check and compare" / "Gwirio a chymharu",
        not_yours: "You may look at this; bringing people in is for admin, head and data protection officer."
            / "Cewch edrych ar hyn; mae dod â phobl i mewn ar gyfer gweinyddwr, pennaeth a swyddog diogelu data.",
        no_file: "Choose the files first." / "Dewiswch y ffeiliau yn gyntaf.",
        busy: "Somebody is bringing people in just now; try again in a minute."
            / "Mae rhywun yn dod â phobl i mewn ar hyn o bryd; rhowch gynnig arall arni ymhen munud.",
        faults: "These files cannot be taken: {} faults. Nothing was changed." / "Ni ellir derbyn y ffeiliau hyn: {} o feiau. Ni newidiwyd dim.",
        first_faults: "The first {} of them:" / "Y {} cyntaf ohonynt:",
        in_english: "" / "Daw'r brawddegau isod o'r gwiriwr, yn Saesneg, fel ar y llinell orchymyn.",
        fault_line: "line {}" / "llinell {}",
        draft: "What would change" / "Beth fyddai'n newid",
        draft_lead: "Nothing of this is in force yet. It is kept here for half an hour." / "Nid oes dim o hyn mewn grym eto. Fe'i cedwir yma am hanner awr.",
        unchanged: "These people are those in force: nothing would change." / "Y bobl hyn yw'r rhai sydd mewn grym: ni fyddai dim yn newid.",
        before: "before" / "cynt",
        after: "after" / "wedyn",
        added: "joined" / "ymunodd",
        removed: "gone" / "wedi mynd",
        left: "left" / "gadawodd",
        changed: "changed" / "newidiodd",
        groups: "groups changed" / "grwpiau wedi newid",
        skipped: "rows left out, marked as deleted" / "rhes wedi'u gadael allan, wedi'u nodi fel dilëwyd",
        by_role: "By role" / "Yn ôl rôl",
        each: "Each by the id that the school's system has" / "Pob un yn ôl y rhif sydd gan system yr ysgol",
        more: "and {} more" / "a {} arall",
        odd: "What looks odd" / "Beth sy'n edrych yn rhyfedd",
        odd_lead: "None of this keeps the import back. Each is often a mistake of the export."
            / "Nid yw dim o hyn yn atal y mewnforio. Mae pob un yn aml yn gamgymeriad yn yr allforyn.",
        nothing_odd: "Nothing looks odd." / "Nid oes dim yn edrych yn rhyfedd.",
        odd_line: "{}: {}" / "{}: {}",
        warnings: "Remarks on the files" / "Sylwadau ar y ffeiliau",
        gone_question: "{} of {} people would be gone. Is the export complete?" / "Byddai {} o {} o bobl wedi mynd. A yw'r allforyn yn gyflawn?",
        gone_yes: "The export is complete; they are gone." / "Mae'r allforyn yn gyflawn; maent wedi mynd.",
        gone_first: "So many people would be gone that you have to say that the export is complete."
            / "Byddai cynifer o bobl wedi mynd fel bod rhaid ichi ddweud bod yr allforyn yn gyflawn.",
        why: "Why (kept encrypted in the ledger)" / "Pam (wedi'i amgryptio yn y cofnod)",
        take_over: "Take these people over" / "Derbyn y bobl hyn",
        at_once: "It is in force on this gate from the next message on. Each further gate of several has its own directory: bring them in there too."
            / "Mae mewn grym ar y porth hwn o'r neges nesaf ymlaen. Mae gan bob porth arall ei gyfeiriadur ei hun: dewch â hwy i mewn yno hefyd.",
        forget: "Forget them" / "Eu hanghofio",
        none: "There is nothing to take over: it was taken over or forgotten, or half an hour has passed. Bring the files in again."
            / "Nid oes dim i'w dderbyn: fe'i derbyniwyd neu ei anghofio, neu aeth hanner awr heibio. Dewch â'r ffeiliau i mewn eto.",
        meanwhile: "Other people were taken over meanwhile. Bring the files in again, so that they are compared with those."
            / "Derbyniwyd pobl eraill yn y cyfamser. Dewch â'r ffeiliau i mewn eto, fel y cânt eu cymharu â'r rheini.",
        done: "Taken over." / "Derbyniwyd.",
        in_clear: "They lie in clear on this disk. Name the place of the working key in [keys] working, and import them again: they are then sealed."
            / "Maent yn glir ar y ddisg hon. Enwch le'r allwedd weithio yn [keys] working, a'u mewnforio eto: fe'u selir wedyn.",
        back: "Back to the directory" / "Yn ôl i'r cyfeiriadur",
    }
}

words! {
    struct OddWords {
        officer: "officers of the configuration whom it does not know: they get nothing" / "swyddogion y ffurfweddiad nad yw'n eu hadnabod: nid ydynt yn cael dim",
        registered: "registered people who are gone" / "pobl gofrestredig sydd wedi mynd",
        shared: "people who share an outside address" / "pobl sy'n rhannu cyfeiriad allanol",
        no_parent: "pupils without a parent" / "disgyblion heb riant",
        no_child: "parents without a child" / "rhieni heb blentyn",
        no_class: "pupils without a class" / "disgyblion heb ddosbarth",
        no_address: "staff without a school address: nothing of theirs is proved" / "staff heb gyfeiriad ysgol: ni phrofir dim ganddynt",
        no_staff: "classes without staff" / "dosbarthiadau heb staff",
        listed: "people whose own address is on a list of partners or protected correspondents" / "pobl y mae eu cyfeiriad eu hunain ar restr partneriaid neu ohebwyr gwarchodedig",
    }
}

/// What of a person is different.
pub(super) fn differences(language: Language, what: &[Differs]) -> String {
    let called = |one: &Differs| match language {
        Language::English => one.name(),
        Language::Welsh => match one {
            Differs::Names => "enwau",
            Differs::Roles => "rolau",
            Differs::Addresses => "cyfeiriadau",
            Differs::Classes => "dosbarthiadau",
            Differs::Children => "plant",
            Differs::MustNotContact => "peidio â chysylltu",
            Differs::BirthDate => "dyddiad geni",
            Differs::ImageConsent => "caniatâd lluniau",
            Differs::Standing => "sefyllfa",
        },
    };
    what.iter().map(called).collect::<Vec<_>>().join(", ")
}

pub(super) fn odd(language: Language, odd: Odd) -> &'static str {
    let w = OddWords::of(language);
    match odd {
        Odd::OfficerUnknown => w.officer,
        Odd::RegisteredGone => w.registered,
        Odd::SharedAddress => w.shared,
        Odd::PupilWithoutParent => w.no_parent,
        Odd::ParentWithoutChild => w.no_child,
        Odd::PupilWithoutClass => w.no_class,
        Odd::StaffWithoutSchoolAddress => w.no_address,
        Odd::ClassWithoutStaff => w.no_staff,
        Odd::PersonOnList => w.listed,
    }
}
