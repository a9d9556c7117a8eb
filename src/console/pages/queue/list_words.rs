//! What the queue says.

use super::super::super::words::words;

words! {
    pub struct QueueWords {
        title: "Queue" / "Rhestr aros",
        lead: "Messages that wait for a reviewer, gravest first, of one gravity the oldest."
            / "Negeseuon sy'n aros am adolygydd, y mwyaf difrifol gyntaf, yr hynaf gyntaf o'r un difrifoldeb.",
        told: "What you were told of" / "Yr hyn y cawsoch wybod amdano",
        none: "Nothing waits for you." / "Does dim yn aros amdanoch.",
        none_so: "Nothing waits that answers this. Take a filter away." / "Does dim yn aros sy'n ateb hyn. Tynnwch hidlydd.",
        number: "Number" / "Rhif",
        gravity: "Gravity" / "Difrifoldeb",
        about: "About" / "Ynghylch",
        received: "Received" / "Derbyniwyd",
        with: "With" / "Gyda",
        school: "School" / "Ysgol",
        wait: "Waits" / "Yn aros",
        sealed: "Sealed" / "Dan sêl",
        match_: "Suspected match" / "Cyfatebiaeth dybiedig",
        overdue: "overdue: {}" / "hwyr: {}",
        escalated: "escalated" / "wedi'i uwchgyfeirio",
        today: "since today" / "ers heddiw",
        days: "{} days" / "{} diwrnod",
        day: "1 day" / "1 diwrnod",
        filter: "Filter" / "Hidlo",
        any: "any" / "unrhyw un",
        class: "Class and kind" / "Dosbarth a math",
        all_of: "{}: all" / "{}: pob un",
        matter: "Matter" / "Mater",
        concern: "Concern" / "Pryder",
        allegation: "Allegation against staff" / "Honiad yn erbyn staff",
        misuse: "Misuse" / "Camddefnydd",
        age: "Age" / "Oed",
        last_day: "came in the last day" / "yn y diwrnod diwethaf",
        over_day: "older than a day" / "yn hŷn na diwrnod",
        over_week: "older than a week" / "yn hŷn nag wythnos",
        show: "Show" / "Dangos",
        clear: "Clear" / "Clirio",
        next: "Next" / "Nesaf",
        first: "Back to the first page" / "Yn ôl i'r dudalen gyntaf",
        holds_none: "No message waits for its own sender." / "Does dim neges yn aros am ei hanfonwr ei hun.",
        holds_one: "1 message waits for its own sender, who alone sees it." / "Mae 1 neges yn aros am ei hanfonwr ei hun, sef yr unig un sy'n ei gweld.",
        holds: "{} messages wait for their own senders, who alone see them."
            / "Mae {} neges yn aros am eu hanfonwyr eu hunain, sef yr unig rai sy'n eu gweld.",
        more: "or more" / "neu fwy",
        fresh: "new since you opened this page. Show" / "yn newydd ers ichi agor y dudalen hon. Dangos",
        child: "Look for a child or another person" / "Chwilio am blentyn neu berson arall",
        child_hint: "A full name, a school address, or words of the message. The search is written into the ledger with its purpose."
            / "Enw llawn, cyfeiriad ysgol, neu eiriau o'r neges. Caiff y chwiliad ei nodi yn y cofnod gyda'i ddiben.",
        person: "Person" / "Person",
        text: "Words" / "Geiriau",
        purpose: "What for" / "I ba ddiben",
        search: "Search" / "Chwilio",
        help: "Keys" / "Bysellau",
        keys: "With script: j and k move, o opens, / goes to the filters, q to the queue, ? comes here; the letter in brackets beside an act opens it. Tab reaches everything without."
            / "Gyda sgript: j a k i symud, o i agor, / i'r hidlwyr, q i'r rhestr, ? i ddod yma; mae'r llythyren mewn cromfachau wrth weithred yn ei hagor. Mae Tab yn cyrraedd popeth hebddynt.",
        keys_toggle: "Turn single keys off or on" / "Troi'r bysellau sengl i ffwrdd neu ymlaen",
        observes: "{} only observes until {}: what is found is written down, and nothing is kept back."
            / "Dim ond arsylwi y mae {} tan {}: cofnodir yr hyn a ganfyddir, ac ni ddelir dim yn ôl.",
        observes_rule: "{}: the rule {} only observes until {}." / "{}: dim ond arsylwi y mae'r rheol {} tan {}.",
        away: "{} is away." / "Mae {} i ffwrdd.",
    }
}
