//! What the pages of subject access say.

use super::super::super::super::words::words;
use crate::{
    report::redact::{Doubt, Kind},
    storage::{RulingOffice, SubjectRuling},
};

words! {
    pub struct AccessWords {
        title: "What is held on a person" / "Yr hyn a gedwir am berson",
        lead: "A person asks; the school answers within a month. Everything is gathered, other people are taken out, and two people look at what is doubtful before anything is given."
            / "Mae person yn gofyn; mae'r ysgol yn ateb o fewn mis. Cesglir popeth, tynnir pobl eraill allan, ac mae dau berson yn edrych ar yr hyn sy'n amheus cyn rhoi dim.",
        none: "Nobody has asked." / "Does neb wedi gofyn.",
        number: "Number" / "Rhif",
        person: "Person" / "Person",
        made: "Made" / "Gwnaed",
        due: "Answer due" / "Ateb erbyn",
        state: "State" / "Cyflwr",
        finished: "given" / "wedi'i roi",
        ready: "ruled upon, to be given" / "wedi'i farnu, i'w roi",
        open: "{} words still to be said" / "{} gair eto i'w ddweud",
        overdue: "overdue" / "hwyr",
        next: "Next" / "Nesaf",
        school: "School" / "Ysgol",
        start: "Somebody asks" / "Mae rhywun yn gofyn",
        start_hint: "Check first that it is really the person. Gathering opens each record with your custodian's key; the ledger has it, for the purpose: a person asks what is held on them."
            / "Gwiriwch yn gyntaf mai'r person ydyw mewn gwirionedd. Mae casglu'n agor pob cofnod â'ch allwedd ceidwad; mae yn y cofnod, at y diben: person yn gofyn beth a gedwir amdanynt.",
        whose: "On whom" / "Am bwy",
        by: "Who asks, when it is not the person" / "Pwy sy'n gofyn, os nad y person",
        by_short: "Asked by" / "Gofynnwyd gan",
        themselves: "the person" / "y person",
        people_hint: "A whole name, a mail address, or the id of the school's own system." / "Enw llawn, cyfeiriad e-bost, neu rif adnabod system yr ysgol.",
        gather: "Gather" / "Casglu",

        one: "Request {}" / "Cais {}",
        back: "All requests" / "Pob cais",
        rights: "A parent asks about a child who may be old enough to decide alone. The rights are the child's. Does the child understand them? If so, has the child agreed, and is it in the child's interest? Rule on the request as a whole first."
            / "Mae rhiant yn gofyn am blentyn a all fod yn ddigon hen i benderfynu ei hun. Y plentyn biau'r hawliau. A yw'r plentyn yn eu deall? Os felly, a yw'r plentyn wedi cytuno, ac a yw er lles y plentyn? Barnwch y cais yn ei gyfanrwydd yn gyntaf.",
        gathered: "What was gathered" / "Yr hyn a gasglwyd",
        gathered_hint: "Pieces without a doubt go out when the request as a whole is included. What is doubtful is withheld until both have included it. What is for the head alone is not told to the others, whether there is any or not; ask the head to look."
            / "Mae darnau heb amheuaeth yn mynd allan pan gynhwysir y cais yn ei gyfanrwydd. Cedwir yr hyn sy'n amheus yn ôl nes bod y ddau wedi'i gynnwys. Ni ddywedir wrth y lleill am yr hyn sydd i'r pennaeth yn unig, boed dim ai peidio; gofynnwch i'r pennaeth edrych.",
        piece: "Piece" / "Darn",
        when: "When" / "Pryd",
        doubtful: "Doubtful because of" / "Yn amheus oherwydd",
        rulings: "Ruled" / "Barnwyd",
        waits_you: "waits for you" / "yn aros amdanoch",
        p_record: "Record of mail with a parent" / "Cofnod o e-bost â rhiant",
        p_item: "Message held or quarantined" / "Neges a ddaliwyd neu mewn cwarantîn",
        p_incident: "Incident" / "Digwyddiad",
        p_note: "Note for leads" / "Nodyn i arweinwyr",
        p_log: "Log of what they sent" / "Cofnod o'r hyn a anfonwyd ganddynt",
        p_ledger: "What the ledger says they did" / "Yr hyn a ddywed y cofnod iddynt ei wneud",
        whole: "The request as a whole" / "Y cais yn ei gyfanrwydd",
        more: "More pieces" / "Rhagor o ddarnau",
        first: "Back to the first pieces" / "Yn ôl i'r darnau cyntaf",
        read: "Read them" / "Eu darllen",
        gather_anew: "Gather them anew" / "Eu casglu eto",
        read_hint: "Gathers them anew with your custodian's key, takes out other people, and shows each with what was taken out. They are kept in memory for half an hour."
            / "Mae'n eu casglu eto â'ch allwedd ceidwad, yn tynnu pobl eraill allan, ac yn dangos pob un gyda'r hyn a dynnwyd allan. Fe'u cedwir yn y cof am hanner awr.",
        are_read: "They are gathered: open a piece to read it." / "Maent wedi'u casglu: agorwch ddarn i'w ddarllen.",
        review_file: "All of it as a file, for your review" / "Y cyfan fel ffeil, i'ch adolygiad",
        review_hint: "Do not send it: it says what was taken out." / "Peidiwch â'i anfon: mae'n dweud beth a dynnwyd allan.",
        too_large: "Together they are too much for the screen: take them as a file." / "Gyda'i gilydd maent yn ormod i'r sgrin: cymerwch nhw fel ffeil.",

        rule: "Your word" / "Eich gair",
        rule_hint: "Two people rule: who speaks for the one office does not speak for the other. If they differ, it is withheld. You can change your word until the answer is given."
            / "Mae dau berson yn barnu: nid yw'r sawl sy'n siarad dros y naill swydd yn siarad dros y llall. Os ydynt yn wahanol, cedwir ef yn ôl. Gallwch newid eich gair nes rhoi'r ateb.",
        for_office: "For the office of" / "Dros swydd",
        question: "Is it given to the person?" / "A roddir ef i'r person?",
        include: "Include it" / "Ei gynnwys",
        withhold: "Withhold it" / "Ei gadw'n ôl",
        because: "Why" / "Pam",
        because_hint: "Kept encrypted." / "Cedwir wedi'i amgryptio.",
        say: "Say so" / "Ei ddweud",
        say_ticked: "Say it of those that are ticked" / "Ei ddweud am y rhai a diciwyd",
        none_ticked: "Tick at least one piece." / "Ticiwch o leiaf un darn.",
        no_word: "Choose whether it is included or withheld, and say why." / "Dewiswch a gaiff ei gynnwys neu ei gadw'n ôl, a dywedwch pam.",
        noted: "Your word is kept." / "Mae eich gair wedi'i gadw.",
        made_said: "It is gathered. Both reviewers rule now, each on their own page." / "Mae wedi'i gasglu. Mae'r ddau adolygydd yn barnu nawr, pob un ar ei dudalen ei hun.",
        included: "included" / "wedi'i gynnwys",
        withheld: "withheld" / "wedi'i gadw'n ôl",
        o_dpo: "data protection officer" / "swyddog diogelu data",
        o_lead: "safeguarding lead" / "arweinydd diogelu",
        o_head: "head" / "pennaeth",
        nobody_yet: "Nobody has ruled on it yet." / "Does neb wedi barnu arno eto.",

        answer: "The answer" / "Yr ateb",
        still: "Still to be said: {} words. Nothing is given out before." / "Eto i'w ddweud: {} gair. Ni roddir dim allan cyn hynny.",
        answer_hint: "A bundle with a cover sheet for the person. What is withheld leaves no trace in it. Read it once more before it goes; its digest is in the ledger."
            / "Bwndel gyda thaflen glawr i'r person. Nid yw'r hyn a gedwir yn ôl yn gadael ôl ynddo. Darllenwch ef unwaith eto cyn iddo fynd; mae ei grynodeb yn y cofnod.",
        keep: "Words that are no names here" / "Geiriau nad ydynt yn enwau yma",
        keep_hint: "A name that is also a word, as in Rose or May, with commas between." / "Enw sydd hefyd yn air, fel Rose neu May, gyda choma rhyngddynt.",
        give: "Write the answer out" / "Ysgrifennu'r ateb allan",
        not_yours: "The data protection officer or the head writes the answer out." / "Y swyddog diogelu data neu'r pennaeth sy'n ysgrifennu'r ateb allan.",
        was_given: "Given {}." / "Rhoddwyd {}.",

        reading: "Piece {} of request {}" / "Darn {} o gais {}",
        to_request: "The request" / "Y cais",
        next_piece: "Next piece that waits for you" / "Y darn nesaf sy'n aros amdanoch",
        unopened: "Nobody opens this here." / "Does neb yn agor hwn yma.",
        not_gathered: "It is not gathered on your screen. Gather the pieces on the page of the request, then come back."
            / "Nid yw wedi'i gasglu ar eich sgrin. Casglwch y darnau ar dudalen y cais, yna dewch yn ôl.",
        gone: "It is held no longer, or is not for you to read." / "Nid yw'n cael ei gadw mwyach, neu nid chi sydd i'w ddarllen.",
        in_part: "Some messages cannot be searched whole: a name in those may have been missed." / "Ni ellir chwilio rhai negeseuon yn gyfan: gall enw yn y rheini fod wedi'i fethu.",
        content: "As it would be given" / "Fel y'i rhoddid",
        files: "Files with it, which a person has to look through before they are given out" / "Ffeiliau gydag ef, y mae'n rhaid i berson edrych drwyddynt cyn eu rhoi allan",
        taken_out: "What was taken out" / "Yr hyn a dynnwyd allan",
        taken_hint: "Read the text beside this list: a nickname, a description, a picture can tell who somebody is too."
            / "Darllenwch y testun ochr yn ochr â'r rhestr hon: gall llysenw, disgrifiad neu lun hefyd ddweud pwy yw rhywun.",
        nothing_out: "Nothing." / "Dim.",
        t_label: "Label" / "Label",
        t_original: "What stood there" / "Yr hyn a safai yno",
        t_kind: "Kind" / "Math",
        t_doubt: "Doubt" / "Amheuaeth",
        t_more: "and {} more; all are in the file for your review" / "a {} arall; mae pob un yn y ffeil i'ch adolygiad",
        k_name: "name" / "enw",
        k_address: "mail address" / "cyfeiriad e-bost",
        k_phone: "telephone number" / "rhif ffôn",
        k_postal: "postal address" / "cyfeiriad post",
        k_number: "personal number" / "rhif personol",
        k_born: "date of birth" / "dyddiad geni",
        d_word: "may be a word" / "gall fod yn air",
        d_own: "may be the person's own" / "gall fod yn eiddo i'r person",
        cut: "The text goes on; all of it is in the file for your review." / "Mae'r testun yn parhau; mae'r cyfan yn y ffeil i'ch adolygiad.",
    }
}

impl AccessWords {
    pub fn office(&self, office: RulingOffice) -> &'static str {
        match office {
            RulingOffice::DataProtection => self.o_dpo,
            RulingOffice::Lead => self.o_lead,
            RulingOffice::Head => self.o_head,
        }
    }

    pub fn ruling(&self, ruling: SubjectRuling) -> &'static str {
        match ruling {
            SubjectRuling::Include => self.included,
            SubjectRuling::Withhold => self.withheld,
        }
    }

    /// What a piece is, by its key.
    pub fn source(&self, key: &str) -> &'static str {
        match key.split('/').next() {
            Some("record") => self.p_record,
            Some("item") => self.p_item,
            Some("incident") => self.p_incident,
            Some("lead-note") => self.p_note,
            Some("log") => self.p_log,
            Some("ledger") => self.p_ledger,
            _ => self.whole,
        }
    }

    pub fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Name => self.k_name,
            Kind::Address => self.k_address,
            Kind::Phone => self.k_phone,
            Kind::Postal => self.k_postal,
            Kind::Number => self.k_number,
            Kind::Born => self.k_born,
        }
    }

    pub fn doubt(&self, doubt: Doubt) -> &'static str {
        match doubt {
            Doubt::None => "",
            Doubt::MayBeAWord => self.d_word,
            Doubt::MayBeTheirOwn => self.d_own,
        }
    }
}
