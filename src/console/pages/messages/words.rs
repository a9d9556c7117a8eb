//! The words of My messages.

use super::super::super::words::words;
use crate::{
    effects::{Found, Language, Nudge, Situation, Whereabouts},
    mail::Address,
    policy::sender_may_hear,
    storage::{Decision, Delivery, ItemDetail, ItemState},
};

/// Of the reason that is kept.
pub const LONGEST_REASON: usize = 1_000;

words! {
    pub struct MessagesWords {
        title: "My messages" / "Fy negeseuon",
        waiting: "Waiting for you" / "Yn aros amdanoch",
        none: "Nothing waits for you." / "Nid oes dim yn aros amdanoch.",
        decided: "Decided lately" / "Penderfynwyd yn ddiweddar",
        none_decided: "Nothing yet." / "Dim eto.",
        no_subject: "(no subject)" / "(dim pwnc)",
        to: "To" / "At",
        more: "and {} more" / "a {} arall",
        written: "Written" / "Ysgrifennwyd",
        concern: "Worried about a child, or about an adult who works with children? Tell of it here." / "Yn poeni am blentyn, neu am oedolyn sy'n gweithio gyda phlant? Dywedwch yma.",
        older: "Older ones" / "Rhai hŷn",
        newest: "Back to the newest" / "Yn ôl i'r rhai diweddaraf",
        leaves: "Leaves by itself, {}" / "Yn gadael ohoni ei hun, {}",

        one_title: "A message of yours" / "Un o'ch negeseuon",
        back: "My messages" / "Fy negeseuon",
        of_account: "It was written from an account that you supervise. You see why it waits, not the message itself."
            / "Fe'i hysgrifennwyd o gyfrif yr ydych yn ei oruchwylio. Gwelwch pam mae'n aros, nid y neges ei hun.",
        what: "What it is about" / "Beth sydd ynddi",
        masked: "Only its sender reads the words themselves." / "Dim ond ei hanfonwr sy'n darllen y geiriau eu hunain.",
        images: "Do not forward pictures; tell the safeguarding lead in person." / "Peidiwch ag anfon lluniau ymlaen; dywedwch wrth yr arweinydd diogelu wyneb yn wyneb.",
        would_get: "Who would get it" / "Pwy fyddai'n ei chael",
        went_to: "To whom it was written" / "At bwy yr ysgrifennwyd hi",
        outside: "outside" / "allanol",

        choose: "What would you like to do?" / "Beth hoffech chi ei wneud?",
        confidential: "Mark it {} and send it" / "Ei marcio'n {} a'i hanfon",
        withdraw: "Do not send it" / "Peidio â'i hanfon",
        withdraw_hint: "You can then put it right and send it again." / "Gallwch wedyn ei chywiro a'i hanfon eto.",
        send: "Send it as it is" / "Ei hanfon fel y mae",
        send_at_once: "Send it at once" / "Ei hanfon ar unwaith",
        send_why: "Why it may go as it is" / "Pam y caiff fynd fel y mae",
        send_why_hint: "A few words. They are kept with the decision." / "Ychydig eiriau. Fe'u cedwir gyda'r penderfyniad.",
        why_missing: "Say in a few words why it may go as it is." / "Dywedwch mewn ychydig eiriau pam y caiff fynd fel y mae.",
        now: "Send now: child at risk" / "Anfon nawr: plentyn mewn perygl",
        now_hint: "It leaves at once. The safeguarding lead looks afterwards at how it came about." / "Mae'n gadael ar unwaith. Bydd yr arweinydd diogelu'n edrych wedyn sut y digwyddodd.",
        now_reason: "Child at risk" / "Plentyn mewn perygl",
        other_ways: "Send it differently" / "Ei hanfon mewn ffordd arall",
        other_hint: "Replies find their place as ever. What you change is checked again before it leaves."
            / "Bydd atebion yn dod o hyd i'w lle fel arfer. Caiff yr hyn a newidiwch ei wirio eto cyn iddo adael.",
        signed: "It is signed, so that nothing in it can be changed. It can go to fewer people."
            / "Mae wedi'i llofnodi, felly ni ellir newid dim ynddi. Gall fynd at lai o bobl.",
        to_whom: "To whom" / "At bwy",
        how: "How the addresses are shown" / "Sut y dangosir y cyfeiriadau",
        as_written: "As you wrote them" / "Fel yr ysgrifennoch nhw",
        bcc: "Hidden from one another (Bcc)" / "Wedi'u cuddio oddi wrth ei gilydd (Bcc)",
        single: "A copy for each, who sees only the own address" / "Copi i bob un, sy'n gweld ei gyfeiriad ei hun yn unig",
        leave_out: "Leave out" / "Gadael allan",
        no_name: "an attachment without a name" / "atodiad heb enw",
        send_changed: "Send it like this" / "Ei hanfon fel hyn",
        nothing_changed: "Nothing is changed yet: choose something above, or send it as it is."
            / "Nid oes dim wedi'i newid eto: dewiswch rywbeth uchod, neu anfonwch hi fel y mae.",

        may_not: "You cannot release this one yourself: the data protection officer or the head can. You can take it back and write it anew."
            / "Ni allwch ryddhau hon eich hun: gall y swyddog diogelu data neu'r pennaeth. Gallwch ei thynnu'n ôl a'i hysgrifennu o'r newydd.",
        unanswered: "Without a decision it comes back to you after one school day. It is never sent by itself."
            / "Heb benderfyniad, daw yn ôl atoch ar ôl un diwrnod ysgol. Ni chaiff byth ei hanfon ohoni ei hun.",

        by_code: "This page is for whoever got the notice. It acts on this one message, once."
            / "Mae'r dudalen hon ar gyfer pwy bynnag a gafodd yr hysbysiad. Mae'n gweithredu ar yr un neges hon, unwaith.",
        code_used: "The link was used already, or the message was decided in another way."
            / "Defnyddiwyd y ddolen eisoes, neu penderfynwyd ar y neges mewn ffordd arall.",
        code_old: "The link is too old. Sign in to decide." / "Mae'r ddolen yn rhy hen. Mewngofnodwch i benderfynu.",
        sign_in: "Sign in and see the message itself" / "Mewngofnodi a gweld y neges ei hun",
        subject: "Subject" / "Pwnc",

        why: "Why it waits" / "Pam mae'n aros",
        why_over: "Why it waited" / "Pam y bu'n aros",
        delayed: "Mail to outside waits a little before it leaves, so that you can take it back." / "Mae post allanol yn aros ychydig cyn gadael, fel y gallwch ei dynnu'n ôl.",
        rule: "Rule" / "Rheol",
        clauses: "Clause" / "Cymal",
        seen: "Who has seen it" / "Pwy sydd wedi'i gweld",
        challenge: "If you think this is wrong" / "Os ydych yn meddwl bod hyn yn anghywir",
        challenge_text: "Tell the data protection officer the number {}: they can say why, change the decision, and have the rule corrected."
            / "Rhowch y rhif {} i'r swyddog diogelu data: gallant ddweud pam, newid y penderfyniad, a chywiro'r rheol.",
        number: "Number" / "Rhif",

        you: "You" / "Chi",
        sender: "Its sender" / "Ei hanfonwr",
        gate: "The mail gate" / "Y porth post",
        unknown: "Somebody whose name has been erased" / "Rhywun y dilëwyd ei enw",
        looked: "looked at it" / "edrych arni",
        read: "read it" / "ei darllen",
        held: "held it for you" / "ei dal ar eich cyfer",
        began_delay: "let it wait a little" / "gadael iddi aros ychydig",
        reminded: "reminded you" / "eich atgoffa",
        released: "sent it on" / "ei hanfon ymlaen",
        arrived: "saw it accepted by the next mail server" / "gweld y gweinydd post nesaf yn ei derbyn",
        returned: "returned it" / "ei dychwelyd",
        withdrew: "took it back" / "ei thynnu'n ôl",
        ran_out: "returned it, undecided" / "ei dychwelyd, heb benderfyniad",
        undelivered: "could not deliver it" / "methu â'i danfon",
        recalled: "stopped it before it left" / "ei hatal cyn iddi adael",
        reviewed: "reviewed it" / "ei hadolygu",

        s_open: "Waits for you" / "Yn aros amdanoch",
        s_releasing: "On its way" / "Ar ei ffordd",
        s_released: "Sent" / "Anfonwyd",
        s_undeliverable: "Could not be delivered" / "Ni ellid ei danfon",
        s_withdrawn: "Not sent: taken back" / "Heb ei hanfon: tynnwyd yn ôl",
        s_returned: "Not sent: returned to you" / "Heb ei hanfon: dychwelwyd atoch",
        s_expired: "Not sent: nobody decided in time" / "Heb ei hanfon: ni phenderfynodd neb mewn pryd",
        s_other: "Decided" / "Penderfynwyd",

        d_waiting: "on its way" / "ar ei ffordd",
        d_delivered: "accepted by the next mail server" / "derbyniwyd gan y gweinydd post nesaf",
        d_refused: "refused by the next mail server" / "gwrthodwyd gan y gweinydd post nesaf",
        d_stopped: "stopped" / "ataliwyd",
    }
}

impl MessagesWords {
    pub fn state(&self, state: ItemState) -> &'static str {
        match state {
            ItemState::Open => self.s_open,
            ItemState::Releasing => self.s_releasing,
            ItemState::Released => self.s_released,
            ItemState::Undeliverable => self.s_undeliverable,
            ItemState::Withdrawn => self.s_withdrawn,
            ItemState::Returned => self.s_returned,
            ItemState::Expired => self.s_expired,
            _ => self.s_other,
        }
    }

    /// What somebody did, by the ledger's name of it.
    pub fn done_by(&self, event: &str) -> &'static str {
        match event {
            "item.viewed" => self.looked,
            "item.bytes-viewed" => self.read,
            "item.held" => self.held,
            "item.delayed" => self.began_delay,
            "item.reminded" => self.reminded,
            "item.releasing" | "item.sent-now" | "item.left" => self.released,
            "item.released" => self.arrived,
            "item.returned" => self.returned,
            "item.withdrawn" => self.withdrew,
            "item.expired" => self.ran_out,
            "item.undeliverable" => self.undelivered,
            "item.recalled" => self.recalled,
            "item.reviewed" => self.reviewed,
            _ => self.s_other,
        }
    }

    pub fn delivery(&self, delivery: Delivery) -> &'static str {
        match delivery {
            Delivery::Waiting { .. } => self.d_waiting,
            Delivery::Delivered { .. } => self.d_delivered,
            Delivery::Refused { .. } => self.d_refused,
            Delivery::Stopped => self.d_stopped,
        }
    }
}

/// As a form names a decision of the own message.
pub fn choice(decision: Decision) -> &'static str {
    match decision {
        Decision::SendNow => "now",
        Decision::ReleaseMarked => "confidential",
        Decision::Release => "send",
        _ => "withdraw",
    }
}

pub fn chosen(choice: &str) -> Option<Decision> {
    let all = [Decision::SendNow, Decision::ReleaseMarked, Decision::Release, Decision::Withdraw];
    all.into_iter().find(|decision| self::choice(*decision) == choice)
}

/// `a, b and 3 more`.
pub fn named(language: Language, all: &[String]) -> String {
    const SHOWN: usize = 3;
    let w = MessagesWords::of(language);
    let mut text = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN {
        let more = (all.len() - SHOWN).to_string();
        text.push(' ');
        text.push_str(&super::super::super::words::fill(w.more, &[&more]));
    }
    text
}

/// What the notice by mail says first.
pub fn opening(language: Language, detail: &ItemDetail, outside: usize, whereabouts: Whereabouts) -> String {
    let summary = &detail.summary;
    let recipients: Vec<Address> = detail.envelope.recipients.iter().map(|r| r.address.clone()).collect();
    let found: Vec<Found<'_>> = detail
        .findings
        .iter()
        .filter(|f| sender_may_hear(f.category))
        .map(|f| Found { category: f.category, place: &f.part })
        .collect();
    let situation = match summary.leaves_at {
        Some(at) => Situation::Leaving { number: summary.id.as_str(), token: None, at },
        None => Situation::Waiting {
            number: summary.id.as_str(),
            token: None,
            may_send: summary.sender_may_release,
            mark: None,
            whereabouts,
            reminder: false,
        },
    };
    let nudge = Nudge {
        received_at: summary.received_at,
        recipients: &recipients,
        outside,
        subject: &detail.subject,
        found: &found,
        situation,
    };
    nudge.opening(language)
}
