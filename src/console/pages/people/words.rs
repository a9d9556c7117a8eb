//! The words of the people's pages.

use super::super::super::words::words;
use crate::{authority::Office, effects::Language};

words! {
    pub struct PeopleWords {
        title: "People" / "Pobl",
        lead: "Who is registered, and which offices they hold. Staff of the directory hold the office of staff by that."
            / "Pwy sydd wedi'i gofrestru, a pha swyddi sydd ganddynt. Mae staff y cyfeiriadur yn dal swydd staff drwy hynny.",
        who: "Who" / "Pwy",
        offices: "Offices" / "Swyddi",
        no_office: "none" / "dim",
        waits: "waits for approval" / "yn aros am gymeradwyaeth",
        later: "More" / "Mwy",
        first: "From the beginning" / "O'r dechrau",
        register: "Register somebody" / "Cofrestru rhywun",
        register_text: "By a school address that the directory knows, or by the address of somebody whom it does not know, a chair of governors for example. A one-time link goes to that address by mail; nobody else sees it."
            / "Drwy gyfeiriad ysgol y mae'r cyfeiriadur yn ei adnabod, neu drwy gyfeiriad rhywun nad yw'n ei adnabod, cadeirydd llywodraethwyr er enghraifft. Anfonir dolen untro i'r cyfeiriad hwnnw drwy e-bost; nid oes neb arall yn ei gweld.",
        address: "Mail address" / "Cyfeiriad e-bost",
        no_address: "This is no mail address." / "Nid cyfeiriad e-bost yw hwn.",
        not_theirs_alone: "This address belongs to a group or to several people. Give one that is theirs alone."
            / "Mae'r cyfeiriad hwn yn perthyn i grŵp neu i sawl person. Rhowch un sy'n eiddo iddynt hwy yn unig.",
        registered: "Registered" / "Cofrestrwyd",
        key: "Key" / "Allwedd",
        no_key: "none; uses these pages alone" / "dim; yn defnyddio'r tudalennau hyn yn unig",
        at_trust: "the trust" / "yr ymddiriedolaeth",
        in_force: "in force" / "mewn grym",
        ended: "ended" / "wedi dod i ben",
        begins: "begins later" / "yn dechrau'n ddiweddarach",
        changed: "changed by somebody else than the gate: counts for nothing" / "newidiwyd gan rywun heblaw'r porth: nid yw'n cyfrif",
        by_directory: "by the directory" / "drwy'r cyfeiriadur",
        until: "until {}" / "tan {}",
        reason: "Why" / "Pam",
        reason_hint: "Kept encrypted, for those who review it." / "Wedi'i amgryptio, ar gyfer y rhai sy'n ei adolygu.",
        approve: "Approve" / "Cymeradwyo",
        end: "End it" / "Dod ag ef i ben",
        take_back: "Take back or refuse" / "Tynnu'n ôl neu wrthod",
        give: "Give an office" / "Rhoi swydd",
        office: "Office" / "Swydd",
        place: "Where" / "Lle",
        last_day: "Last day (when it ends)" / "Diwrnod olaf (os daw i ben)",
        give_button: "Give or ask for it" / "Rhoi neu ofyn amdani",
        link: "A new way in" / "Ffordd newydd i mewn",
        link_text: "A one-time link, for somebody who has lost their way in. It goes to their own mailbox; nobody else sees it. Former links end."
            / "Dolen untro, i rywun sydd wedi colli eu ffordd i mewn. Mae'n mynd i'w blwch post eu hunain; nid oes neb arall yn ei gweld. Daw dolenni blaenorol i ben.",
        make_link: "Send a link" / "Anfon dolen",
        link_title: "A link is on its way" / "Mae dolen ar ei ffordd",
        link_sent: "It goes to {} and is good for one use, until {}." / "Mae'n mynd i {} ac yn dda at un defnydd, tan {}.",
        link_kept: "Only that mailbox has it. If no mail comes, look at How the gate stands: mail of the gate may be waiting."
            / "Dim ond y blwch post hwnnw sydd â hi. Os na ddaw neges, edrychwch ar Sut mae'r porth: gall post y porth fod yn aros.",
        no_mailbox: "There is no mailbox that is theirs alone, to which a link could go. Add their own address to the directory first; whoever runs the machine can also make a link there: `gatehouse users link`."
            / "Nid oes blwch post sy'n eiddo iddynt hwy yn unig, y gallai dolen fynd iddo. Ychwanegwch eu cyfeiriad eu hunain at y cyfeiriadur yn gyntaf; gall pwy bynnag sy'n rhedeg y peiriant wneud dolen yno hefyd: `gatehouse users link`.",
        back: "Back to the person" / "Yn ôl at y person",
        person_title: "A person" / "Person",
        no_reason: "Say why in the field for the reason." / "Dywedwch pam ym maes y rheswm.",
        done_title: "Noted" / "Nodwyd",
        given: "Given." / "Rhoddwyd.",
        asked: "Asked for; it counts when another person approves it." / "Gofynnwyd; mae'n cyfrif pan fydd person arall yn ei chymeradwyo.",
        bootstrapped: "Given, because the configuration names this address for the office and nobody is there yet who could approve it. Tell the chair of governors and the other officers."
            / "Rhoddwyd, gan fod y ffurfweddiad yn enwi'r cyfeiriad hwn ar gyfer y swydd ac nad oes neb yno eto a allai ei chymeradwyo. Dywedwch wrth y cadeirydd a'r swyddogion eraill.",
        approved: "Approved." / "Cymeradwywyd.",
        has_ended: "Ended." / "Daeth i ben.",
        second: "Noted. It is done when another person says the same." / "Nodwyd. Gwneir hyn pan fydd person arall yn dweud yr un peth.",
        bad_day: "This is no day. Choose one in the calendar, or leave it empty." / "Nid yw hwn yn ddiwrnod. Dewiswch un yn y calendr, neu gadewch ef yn wag.",
    }
}

words! {
    struct OfficeWords {
        staff: "a member of staff" / "aelod o staff",
        lead: "the safeguarding lead" / "yr arweinydd diogelu",
        deputy: "a deputy lead" / "dirprwy arweinydd",
        head: "the head" / "y pennaeth",
        chair: "the chair of governors" / "cadeirydd y llywodraethwyr",
        data_protection: "the data protection officer" / "y swyddog diogelu data",
        admin: "the admin" / "y gweinyddwr",
        governor: "a governor" / "llywodraethwr",
        guest: "a guest" / "gwestai",
    }
}

/// An office in the language of the page.
pub(in crate::console) fn office_called(language: Language, office: Office) -> &'static str {
    let w = OfficeWords::of(language);
    match office {
        Office::Staff => w.staff,
        Office::Lead => w.lead,
        Office::Deputy => w.deputy,
        Office::Head => w.head,
        Office::Chair => w.chair,
        Office::DataProtection => w.data_protection,
        Office::Admin => w.admin,
        Office::Governor => w.governor,
        Office::Guest => w.guest,
    }
}
