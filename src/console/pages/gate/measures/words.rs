//! What the pages of exceptions and suspensions say.

use super::super::super::super::words::words;
use crate::{desk::measures::MeasureStands, effects::Language};

words! {
    pub struct MeasureWords {
        exceptions_lead: "For a piece of work and a time, some rules find nothing in what a person or a class writes. One asks, a head or data protection officer approves; it ends by itself. What protects a child in danger, malware and matched images cannot be excepted."
            / "Ar gyfer darn o waith ac am gyfnod, nid yw rhai rheolau'n canfod dim yn yr hyn y mae person neu ddosbarth yn ei ysgrifennu. Mae un yn gofyn, pennaeth neu swyddog diogelu data yn cymeradwyo; daw i ben ar ei ben ei hun. Ni ellir eithrio'r hyn sy'n diogelu plentyn mewn perygl, maleiswedd na lluniau sy'n cyfateb.",
        suspensions_lead: "For a time a person may send nothing but to leads, helplines, agencies and protected correspondents. One asks, another approves; it ends by itself. Receiving is not touched."
            / "Am gyfnod ni chaiff person anfon dim ond at arweinwyr, llinellau cymorth, asiantaethau a gohebwyr gwarchodedig. Mae un yn gofyn, un arall yn cymeradwyo; daw i ben ar ei ben ei hun. Nid yw derbyn yn newid.",
        open: "In force or waiting" / "Mewn grym neu'n aros",
        closed: "Over, refused or ended" / "Wedi dod i ben, wedi'u gwrthod neu wedi'u terfynu",
        none: "There is none." / "Nid oes un.",
        more: "These are the newest {}; the command line lists all." / "Dyma'r {} diweddaraf; mae'r llinell orchymyn yn rhestru'r cyfan.",
        number: "Number" / "Rhif",
        state: "State" / "Cyflwr",
        school: "School" / "Ysgol",
        covers: "For" / "Ar gyfer",
        class: "class {}" / "dosbarth {}",
        not_told: "known to lead, head and data protection officer" / "yn hysbys i arweinydd, pennaeth a swyddog diogelu data",
        gone: "somebody who is not in the directory" / "rhywun nad yw yn y cyfeiriadur",
        rules: "Rules" / "Rheolau",
        from: "From" / "O",
        until: "Until" / "Tan",
        asked: "Asked for by" / "Gofynnwyd gan",
        decided: "Approved by" / "Cymeradwywyd gan",
        refused: "Refused by" / "Gwrthodwyd gan",
        ended: "Ended by" / "Terfynwyd gan",
        at: "{}, {}" / "{}, {}",
        why: "Why" / "Pam",
        looked: "That you looked at this is in the ledger." / "Mae'r ffaith ichi edrych ar hwn yn y cofnod.",
        particulars: "Whom it is about and why is for lead, deputy, head and data protection officer." / "Mae pwy y mae'n ymwneud ag ef a pham ar gyfer arweinydd, dirprwy, pennaeth a swyddog diogelu data.",
        observes: "This school only observes: nothing is stopped there now." / "Dim ond arsylwi y mae'r ysgol hon: ni chaiff dim ei atal yno nawr.",
        ask_exception: "Ask for an exception" / "Gofyn am eithriad",
        ask_suspension: "Ask for a suspension" / "Gofyn am ataliad",
        ask_lead: "It has no effect until another officer has approved it." / "Nid oes iddo effaith nes bod swyddog arall wedi'i gymeradwyo.",
        person: "Person" / "Person",
        person_hint: "A school address, or the id in the school's system." / "Cyfeiriad ysgol, neu'r rhif yn system yr ysgol.",
        or_class: "or a class" / "neu ddosbarth",
        or_class_hint: "Its title in the directory; everyone in it. Fill in one of the two." / "Ei deitl yn y cyfeiriadur; pawb ynddo. Llenwch un o'r ddau.",
        one_of_two: "Give a person or a class, one of the two." / "Rhowch berson neu ddosbarth, un o'r ddau.",
        rules_hint: "Names of rules, categories or families as the page of rules has them, with spaces between: harm.extremism" / "Enwau rheolau, categorïau neu deuluoedd fel y mae tudalen y rheolau yn eu rhoi, gyda bylchau rhyngddynt: harm.extremism",
        no_rules: "Name at least one rule, category or family." / "Enwch o leiaf un rheol, categori neu deulu.",
        many_rules: "These are more than fifty names; name a category or a family instead." / "Mae yma fwy na hanner cant o enwau; enwch gategori neu deulu yn lle hynny.",
        first_day: "First day (empty: now)" / "Diwrnod cyntaf (gwag: nawr)",
        last_day: "Last day" / "Diwrnod olaf",
        reason: "Why" / "Pam",
        reason_hint: "Kept encrypted, for those who review it." / "Wedi'i amgryptio, ar gyfer y rhai sy'n ei adolygu.",
        ask: "Ask for it" / "Gofyn amdano",
        may_not_ask: "You hold no office that may ask for one." / "Nid oes gennych swydd a all ofyn am un.",
        decide: "It waits for your word" / "Mae'n aros am eich gair",
        decide_note: "Whoever asked cannot approve. You are asked anew who you are." / "Ni all y sawl a ofynnodd gymeradwyo. Gofynnir eto pwy ydych chi.",
        approve: "Approve" / "Cymeradwyo",
        refuse: "Refuse" / "Gwrthod",
        end: "End it" / "Ei derfynu",
        take_back: "Take it back" / "Ei dynnu'n ôl",
        end_note: "A running gate forgets it at once." / "Mae porth sy'n rhedeg yn ei anghofio ar unwaith.",
        back: "All of them" / "Pob un",
    }
}

words! {
    struct StandsWords {
        waits: "waits for approval" / "yn aros am gymeradwyaeth",
        never: "over, never approved" / "drosodd, heb ei gymeradwyo",
        not_begun: "approved, not begun" / "wedi'i gymeradwyo, heb ddechrau",
        in_force: "in force" / "mewn grym",
        over: "over" / "drosodd",
        refused: "refused" / "wedi'i wrthod",
        ended: "ended" / "wedi'i derfynu",
    }
}

/// The badge and the word of a state.
pub(super) fn stands(language: Language, stands: MeasureStands) -> (&'static str, &'static str) {
    let w = StandsWords::of(language);
    match stands {
        MeasureStands::Waits => ("medium", w.waits),
        MeasureStands::NeverApproved => ("plain", w.never),
        MeasureStands::NotBegun => ("medium", w.not_begun),
        MeasureStands::InForce => ("high", w.in_force),
        MeasureStands::Over => ("plain", w.over),
        MeasureStands::Refused => ("plain", w.refused),
        MeasureStands::Ended => ("plain", w.ended),
    }
}
