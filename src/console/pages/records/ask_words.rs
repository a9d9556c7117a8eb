//! What is said where records are looked for, and of what was found.

use super::super::super::words::words;

words! {
    pub struct AskWords {
        title: "Records of mail with parents" / "Cofnodion o e-bost gyda rhieni",
        lead: "Unaltered copies of what passed between the school and parents. Give what you know, and what for."
            / "Copïau heb eu newid o'r hyn a aeth rhwng yr ysgol a rhieni. Rhowch yr hyn a wyddoch, ac i ba ddiben yr ydych yn chwilio.",
        tab_find: "Look for records" / "Chwilio am gofnodion",
        tab_timeline: "Timeline of a person" / "Llinell amser person",
        tab_access: "What is held on a person" / "Yr hyn a gedwir am berson",
        people: "People" / "Pobl",
        people_hint: "A whole name, a mail address, or the id of the school's own system. What one parent wrote is never found under the other."
            / "Enw llawn, cyfeiriad e-bost, neu rif adnabod system yr ysgol. Ni cheir byth hyd i'r hyn a ysgrifennodd un rhiant dan y llall.",
        child: "Child" / "Plentyn",
        parent: "Parent" / "Rhiant",
        staff: "Member of staff" / "Aelod o staff",
        with: "Anybody in it" / "Unrhyw un ynddi",
        what: "Words and time" / "Geiriau ac amser",
        text: "Words" / "Geiriau",
        text_hint: "All of them have to be in it. Plurals, accents and Welsh mutations make no difference."
            / "Rhaid i bob un fod ynddi. Nid yw lluosogion, acenion na threigladau'n gwneud gwahaniaeth.",
        since: "From" / "O",
        until: "Up to and with" / "Hyd at a chan gynnwys",
        school: "School" / "Ysgol",
        any: "any" / "unrhyw un",
        why: "What for" / "I ba ddiben",
        own: "In your own words" / "Yn eich geiriau eich hun",
        optional: "if there is more to say" / "os oes mwy i'w ddweud",
        ledger: "The ledger keeps who looked, when, what for and how much was found; never what you typed."
            / "Mae'r cofnod yn cadw pwy edrychodd, pryd, i ba ddiben a faint a ganfuwyd; byth yr hyn a deipiwyd gennych.",
        find: "Look" / "Chwilio",
        wrong: "This cannot be looked for" / "Ni ellir chwilio am hyn",
        bad_day: "Give the day as in 2026-09-01." / "Rhowch y dydd fel yn 2026-09-01.",

        found: "Records found" / "Cofnodion a ganfuwyd",
        asked: "You look for" / "Rydych yn chwilio am",
        everything: "everything, newest first" / "popeth, y diweddaraf gyntaf",
        change: "Change what is looked for" / "Newid yr hyn y chwilir amdano",
        back: "Back to what was found" / "Yn ôl i'r hyn a ganfuwyd",
        new: "Look for something else" / "Chwilio am rywbeth arall",
        none: "Nothing answers this that is there for you." / "Does dim sy'n ateb hyn ar gael i chi.",
        none_hint: "Mail that you wrote or got yourself is never shown here: another officer looks at that."
            / "Ni ddangosir yma byth e-bost a ysgrifennwyd neu a dderbyniwyd gennych chi: bydd swyddog arall yn edrych ar hwnnw.",
        in_part: "Some messages cannot be searched whole, because they are too long or a file in them could not be read: look for those by person and time as well."
            / "Ni ellir chwilio rhai negeseuon yn gyfan, am eu bod yn rhy hir neu am na ellid darllen ffeil ynddynt: chwiliwch am y rheini yn ôl person ac amser hefyd.",
        received: "Received" / "Derbyniwyd",
        way: "Way" / "Cyfeiriad",
        inbound: "to the school" / "i'r ysgol",
        outbound: "from the school" / "o'r ysgol",
        internal: "within the school" / "o fewn yr ysgol",
        parents: "Parents" / "Rhieni",
        children: "About" / "Ynghylch",
        staff_short: "Staff" / "Staff",
        files: "Files" / "Ffeiliau",
        not_certain: "not certain" / "heb fod yn sicr",
        gone: "{} no longer in the directory" / "{} nad ydynt yn y cyfeiriadur mwyach",
        more_names: "and {} more" / "a {} arall",
        older: "Older" / "Hŷn",
        newest: "Back to the newest" / "Yn ôl i'r diweddaraf",
        expired: "What you looked for is forgotten after half an hour. Look again." / "Mae'r hyn y chwiliwyd amdano'n cael ei anghofio ar ôl hanner awr. Chwiliwch eto.",

        export: "Write out as a file" / "Ysgrifennu fel ffeil",
        export_hint: "The messages unaltered, for the purpose above. Each is opened with your custodian's key and stands in the ledger as written out. A bundle also has a page and a PDF to read, the ledger's rows, and proves that nothing in it was changed (`gatehouse records verify`)."
            / "Y negeseuon heb eu newid, at y diben uchod. Agorir pob un â'ch allwedd ceidwad ac mae'n sefyll yn y cofnod fel un a ysgrifennwyd allan. Mae gan fwndel hefyd dudalen a PDF i'w darllen, rhesi'r cofnod, ac mae'n profi na newidiwyd dim ynddo (`gatehouse records verify`).",
        which: "Which" / "Pa rai",
        ticked: "Those that are ticked" / "Y rhai a diciwyd",
        all: "All that answers, {} at most" / "Popeth sy'n ateb, {} ar y mwyaf",
        form: "As" / "Fel",
        bundle: "Bundle (zip), to hand over" / "Bwndel (zip), i'w drosglwyddo",
        mbox: "One file for a mail program (mbox)" / "Un ffeil ar gyfer rhaglen e-bost (mbox)",
        eml: "The message alone (eml)" / "Y neges yn unig (eml)",
        do_export: "Write out" / "Ysgrifennu allan",
        none_ticked: "Tick at least one record, or choose all that answers." / "Ticiwch o leiaf un cofnod, neu dewiswch bopeth sy'n ateb.",
        too_many: "More than {} records answer. Narrow the time, and write out one part after the other."
            / "Mae mwy na {} cofnod yn ateb. Culhewch yr amser, ac ysgrifennwch un rhan ar ôl y llall.",
        one_only: "One message makes one .eml file: take one, or another form." / "Mae un neges yn gwneud un ffeil .eml: cymerwch un, neu ffurf arall.",
    }
}
