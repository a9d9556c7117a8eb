//! What the page of a record says.

use super::super::super::words::words;

words! {
    pub struct OneWords {
        title: "Record {}" / "Cofnod {}",
        all: "Records" / "Cofnodion",
        covered: "Whom it is filed under, and what was written, stays covered until you say what you look for."
            / "Mae o dan bwy y'i ffeiliwyd, a'r hyn a ysgrifennwyd, dan glawr nes ichi ddweud i ba ddiben yr edrychwch.",
        show: "Show it" / "Dangos",
        purpose: "You look for" / "Rydych yn edrych i",
        other_purpose: "Look for something else" / "Edrych i ddiben arall",
        filed: "Filed under" / "Wedi'i ffeilio dan",
        filed_none: "Nobody of the directory as it is now." / "Neb o'r cyfeiriadur fel y mae nawr.",
        timeline: "Timeline" / "Llinell amser",
        parent: "parent" / "rhiant",
        child: "child" / "plentyn",
        staff: "member of staff" / "aelod o staff",
        governor: "governor" / "llywodraethwr",
        message: "The message" / "Y neges",
        needs_key: "The message itself opens with the key of a custodian alone. Yours is not unlocked in this session."
            / "Dim ond ag allwedd ceidwad y mae'r neges ei hun yn agor. Nid yw eich un chi wedi'i datgloi yn y sesiwn hon.",
        unlock: "Unlock your key" / "Datgloi eich allwedd",
        wrong_key: "The key that you have unlocked does not open it: it takes the key of a custodian of the school's records."
            / "Nid yw'r allwedd a ddatglowyd gennych yn ei hagor: mae angen allwedd ceidwad cofnodion yr ysgol.",
        no_leave: "Nobody has given leave to read this in the absence of its member of staff, or it was you who gave it. The head or the data protection officer gives it: `gatehouse records absence allow`."
            / "Does neb wedi rhoi caniatâd i ddarllen hon yn absenoldeb ei haelod o staff, neu chi a'i rhoddodd. Y pennaeth neu'r swyddog diogelu data sy'n ei roi: `gatehouse records absence allow`.",
        unreadable: "The copy in the vault is missing or is not what was kept. Tell the mail administrator its number."
            / "Mae'r copi yn y gladdgell ar goll neu nid dyna a gadwyd. Rhowch ei rhif i weinyddwr y post.",
        proved: "Signed in as a person of the school when it was sent. That is not proof of who wrote it."
            / "Wedi mewngofnodi fel person o'r ysgol pan anfonwyd hi. Nid yw hynny'n profi pwy a'i hysgrifennodd.",

        thread: "The conversation" / "Y sgwrs",
        thread_none: "No other record belongs to it." / "Does dim cofnod arall yn perthyn iddi.",
        thread_whose: "Several parents stand in this record, and none may see the other's conversation. Whose do you want?"
            / "Mae sawl rhiant yn y cofnod hwn, ac ni chaiff yr un weld sgwrs y llall. Sgwrs pwy yr ydych ei heisiau?",
        thread_of: "with {}" / "gyda {}",

        looks: "Who looked at it" / "Pwy edrychodd arni",
        looks_hint: "From the ledger, newest first." / "O'r cofnod, y diweddaraf gyntaf.",
        you: "You" / "Chi",
        gate: "The gate" / "Y porth",
        unknown: "Somebody whom the ledger has forgotten" / "Rhywun y mae'r cofnod wedi'i anghofio",
        l_copied: "kept the copy" / "cadw'r copi",
        l_shown: "opened it" / "ei hagor",
        l_exported: "wrote it out as a file" / "ei hysgrifennu fel ffeil",
        l_gathered: "gathered it for a person who asks what is held on them" / "ei chasglu ar gyfer person sy'n gofyn beth a gedwir amdanynt",
        l_thread: "looked up its conversation" / "chwilio am ei sgwrs",
        l_held: "put it under legal hold" / "ei rhoi dan ataliad cyfreithiol",
        l_lifted: "lifted a legal hold" / "codi ataliad cyfreithiol",
        l_first: "said the first of two words" / "dweud y gair cyntaf o ddau",
        l_second: "said the second of two words" / "dweud yr ail air o ddau",
        l_refused: "asked for what was not theirs" / "gofyn am yr hyn nad oedd iddynt",
        l_complaint: "noted a complaint about it" / "nodi cwyn amdani",
        l_reviewed: "reviewed it and kept it" / "ei hadolygu a'i chadw",
        l_other: "did something with it" / "gwneud rhywbeth â hi",

        facts: "As it is kept" / "Fel y'i cedwir",
        size: "Size" / "Maint",
        message_hash: "SHA-256 of the message" / "SHA-256 y neges",
        object_hash: "SHA-256 of the encrypted copy, as the ledger has it" / "SHA-256 y copi wedi'i amgryptio, fel y mae yn y cofnod",
        checked: "Checked just now: the encrypted copy is the one that the ledger names, and the message in it is, to the byte, the one that the gate took in."
            / "Gwiriwyd nawr: y copi wedi'i amgryptio yw'r un y mae'r cofnod yn ei enwi, a'r neges ynddo, i'r beit, yw'r un a gymerodd y porth i mewn.",
        legal_hold: "Legal hold" / "Ataliad cyfreithiol",
        legal_since: "since {}, by {}: it is not purged." / "ers {}, gan {}: ni chaiff ei dileu.",
        legal_none: "none" / "dim",
        legal_set: "Put it under legal hold" / "Ei rhoi dan ataliad cyfreithiol",
        legal_hint: "It is not purged until it is lifted. Several may lie on one record, each for its own matter." / "Ni chaiff ei dileu nes ei godi. Gall sawl un fod ar un cofnod, pob un at ei fater ei hun.",
        legal_lift: "Lift this hold" / "Codi'r ataliad hwn",
        legal_why: "For which matter" / "At ba fater",
        legal_no_why: "Say for which matter." / "Dywedwch at ba fater.",
        said_set: "It is under legal hold." / "Mae dan ataliad cyfreithiol.",
        said_lifted: "The hold is lifted." / "Codwyd yr ataliad.",
        said_noted: "Your word is noted. It takes effect when another officer says the same." / "Nodwyd eich gair. Daw i rym pan fydd swyddog arall yn dweud yr un peth.",
    }
}
