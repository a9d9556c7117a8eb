//! What the page of an item says.

use super::super::super::{render, words::words};

words! {
    pub struct ItemWords {
        title: "Item {}" / "Eitem {}",
        back: "Queue" / "Rhestr aros",
        state: "State" / "Cyflwr",
        lies_with: "It lies with" / "Gyda phwy",
        covered: "What is in it stays covered until you say what you look for."
            / "Mae ei chynnwys dan glawr nes ichi ddweud i ba ddiben yr edrychwch.",
        words: "In your own words" / "Yn eich geiriau eich hun",
        optional: "if there is more to say" / "os oes mwy i'w ddweud",
        ledger: "The ledger keeps who looked, when and what for." / "Mae'r cofnod yn cadw pwy edrychodd, pryd ac i ba ddiben.",
        show: "Show it" / "Dangos",
        not_yours: "What is in it is not yours to see." / "Nid chi sydd i weld ei chynnwys.",
        particulars: "Particulars" / "Manylion",
        from: "From the account" / "O'r cyfrif",
        proved: "The account signed in. That is not proof of who wrote it." / "Mewngofnododd y cyfrif. Nid yw hynny'n profi pwy a'i hysgrifennodd.",
        unproved: "Not proved: anyone could have written that address." / "Heb ei brofi: gallai unrhyw un fod wedi ysgrifennu'r cyfeiriad hwnnw.",
        unknown: "Whether it was proved is not known any more." / "Nid yw'n hysbys bellach a gafodd ei brofi.",
        to: "To" / "At",
        subject: "Subject" / "Pwnc",
        no_subject: "(no subject)" / "(dim pwnc)",
        found: "What was found" / "Yr hyn a ganfuwyd",
        found_none: "No finding stands behind it." / "Nid oes canfyddiad y tu ôl iddi.",
        rule: "Rule" / "Rheol",
        clause: "Clause" / "Cymal",
        place: "Where" / "Ble",
        marked: "marked in the message" / "wedi'i nodi yn y neges",
        not_marked: "not marked: the message no longer shows it there, or it is hidden text" / "heb ei nodi: nid yw'r neges yn ei ddangos yno bellach, neu mae'n destun cudd",
        precision: "In 90 days {} of {} decided items that this rule found were kept, escalated or made an incident."
            / "Mewn 90 diwrnod cafodd {} o {} eitem a ganfu'r rheol hon ac a benderfynwyd eu cadw, eu huwchgyfeirio neu eu gwneud yn ddigwyddiad.",
        precision_none: "Nothing that this rule found was decided in 90 days." / "Ni phenderfynwyd dim a ganfu'r rheol hon mewn 90 diwrnod.",
        bundle: "Evidence as a file" / "Tystiolaeth fel ffeil",
        bundle_hint: "A zip with the message unaltered, what was found, the ledger's rows, a page and a PDF. For the school's own file; the ledger keeps that it was made."
            / "Zip gyda'r neges heb ei newid, yr hyn a ganfuwyd, rhesi'r cofnod, tudalen a PDF. Ar gyfer ffeil yr ysgol ei hun; mae'r cofnod yn cadw iddi gael ei gwneud.",
        guess: "A rule's word is a guess. You decide." / "Dyfaliad yw gair rheol. Chi sy'n penderfynu.",
        message: "The message" / "Y neges",
        frame: "The message as text: nothing in it runs, loads or can be clicked" / "Y neges fel testun: does dim ynddi'n rhedeg, yn llwytho nac yn gallu cael ei glicio",
        open_alone: "Open the message in a page of its own" / "Agor y neges mewn tudalen ei hun",
        image: "Do not forward pictures; tell the lead in person. It may hold an image of a child, so nobody sees it here."
            / "Peidiwch ag anfon lluniau ymlaen; dywedwch wrth yr arweinydd wyneb yn wyneb. Gallai gynnwys llun o blentyn, felly does neb yn ei gweld yma.",
        unreadable: "The message itself cannot be read. Tell the mail administrator its number." / "Ni ellir darllen y neges ei hun. Rhowch ei rhif i weinyddwr y post.",
        files: "Files with it" / "Ffeiliau gyda hi",
        file_name: "Name" / "Enw",
        file_kind: "Kind" / "Math",
        file_size: "Size" / "Maint",
        file_read: "Its text stands in the message above." / "Mae ei destun yn y neges uchod.",
        file_unread: "Not opened here. Pictures are never shown." / "Heb ei agor yma. Ni ddangosir lluniau byth.",
        accused: "said to be accused" / "dywedir ei fod wedi'i gyhuddo",
        guessed: "the gate guesses: accused" / "mae'r porth yn dyfalu: wedi'i gyhuddo",
        earlier: "Earlier, of the same people" / "Yn gynharach, am yr un bobl",
        next: "Next in the queue" / "Nesaf yn y rhestr aros",
        conversation: "Of the same conversation" / "O'r un sgwrs",
        conversation_hint: "What was delivered of it is not kept here; what a message quotes stands in the message."
            / "Nid yw'r hyn a ddanfonwyd ohoni'n cael ei gadw yma; mae'r hyn y mae neges yn ei ddyfynnu yn y neges.",
        others: "Others of the same people" / "Eraill am yr un bobl",
        earlier_none: "Nothing else that you may see." / "Dim byd arall y cewch ei weld.",
        incidents: "Incidents" / "Digwyddiadau",
        here: "Here now:" / "Yma nawr:",
        delivery: "Delivery" / "Dosbarthu",
        recipient: "Recipient {}" / "Derbynnydd {}",
        left: "taken by the next hop" / "derbyniwyd gan y gweinydd nesaf",
        on_its_way: "on its way" / "ar ei ffordd",
        refused: "refused" / "gwrthodwyd",
        stopped: "stopped" / "ataliwyd",
        sealed: "A suspected match, never a fact. Nobody sees more than this." / "Cyfatebiaeth dybiedig, byth yn ffaith. Does neb yn gweld mwy na hyn.",
        sealed_at: "Sealed" / "Seliwyd",
        between: "Between" / "Rhwng",
        hash: "SHA-256 of the message" / "SHA-256 y neges",
        object: "SHA-256 of the encrypted object" / "SHA-256 y gwrthrych wedi'i amgryptio",
        sealed_next: "Do not look for or forward the picture; tell the lead in person. Its hand-over to the police takes the word of two people and is made at the gate itself."
            / "Peidiwch â chwilio am y llun na'i anfon ymlaen; dywedwch wrth yr arweinydd wyneb yn wyneb. Mae ei drosglwyddo i'r heddlu'n gofyn am air dau berson ac fe'i gwneir wrth y porth ei hun.",
        doc_text: "Text" / "Testun",
        doc_page: "The same as a page" / "Yr un peth fel tudalen",
        doc_file: "File" / "Ffeil",
        doc_attached: "In an attached message" / "Mewn neges atodedig",
        doc_otherwise: "As another mail program may show it" / "Fel y gall rhaglen e-bost arall ei dangos",
        doc_cut: "The text goes on; all of it is kept." / "Mae'r testun yn parhau; cedwir y cyfan.",
        doc_nothing: "There is no text in it." / "Does dim testun ynddi.",
    }
}

impl ItemWords {
    /// Those that stand in the document of a message.
    pub(in super::super) fn of_document(&self, lang: &'static str) -> render::Words {
        render::Words {
            lang,
            title: self.message,
            text: self.doc_text,
            page: self.doc_page,
            file: self.doc_file,
            attached: self.doc_attached,
            otherwise: self.doc_otherwise,
            cut: self.doc_cut,
            nothing: self.doc_nothing,
        }
    }
}
