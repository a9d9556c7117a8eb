//! What `authority` and the desk answer, in the words of the console: in English as below, in Welsh here.
//! The Welsh is to be reviewed by a Welsh speaker.

use super::{called, words::words};
use crate::{
    authority::{Answer, Who, Why},
    desk::Refusal,
    effects::Language,
};

words! {
    struct AnswerWords {
        or: " or " / " neu ",
        who_may: " Who may: " / " Pwy all: ",
        takes_two: "It takes two people. When another says the same, it is done: "
            / "Mae angen dau berson. Pan fydd un arall yn dweud yr un peth, caiff ei wneud: ",
        no_office: "You hold no office that may do this." / "Nid oes gennych swydd sy'n cael gwneud hyn.",
        no_office_at: "You hold no office at the school where this would belong."
            / "Nid oes gennych swydd yn yr ysgol y byddai hyn yn perthyn iddi.",
        not_for_that_office: "You rule for an office that you hold." / "Rydych yn dyfarnu dros swydd sydd gennych.",
        heads_alone: "A low-level concern is the head's alone and is not handed over. Where the head has a part in it, name the head: from then on it is the chair's."
            / "Y pennaeth yn unig sydd biau pryder lefel isel ac ni chaiff ei drosglwyddo. Lle mae gan y pennaeth ran ynddo, enwch y pennaeth: y cadeirydd fydd biau'r mater wedyn.",
        sender: "its own sender" / "ei hanfonwr ei hun",
        trust: "the trust" / "yr ymddiriedolaeth",
        correspondents: "those who wrote and got it, in their own mailboxes"
            / "y rhai a'i hysgrifennodd ac a'i cafodd, yn eu blychau post eu hunain",
        police: "the police, to whom two people hand it over unopened"
            / "yr heddlu, y mae dau berson yn ei throsglwyddo iddynt heb ei hagor",
        authority: "the authority directly (the local authority's designated officer)"
            / "yr awdurdod yn uniongyrchol (swyddog dynodedig yr awdurdod lleol)",
        no_such_act: "There is no such thing to be done with it." / "Nid oes dim o'r fath i'w wneud â hi.",
        sealed: "It is sealed, because it may hold an image of a child: hash, time and roles are all that anyone sees. Do not look for it elsewhere and do not forward pictures; tell the lead in person."
            / "Mae dan sêl, am y gallai gynnwys llun o blentyn: stwnsh, amser a rolau yw'r cyfan y mae unrhyw un yn ei weld. Peidiwch â chwilio amdani yn unman arall na blaenyrru lluniau; dywedwch wrth yr arweinydd wyneb yn wyneb.",
        protected: "It is mail with a protected correspondent: nobody at the school reads it."
            / "Post gyda gohebydd gwarchodedig ydyw: nid oes neb yn yr ysgol yn ei ddarllen.",
        senders: "A held message is the business of its sender alone." / "Mater i'w hanfonwr yn unig yw neges sy'n cael ei dal.",
        policy: "The school's policy does not let a sender release this."
            / "Nid yw polisi'r ysgol yn gadael i anfonwr ryddhau hon.",
        no_emergency: "\"Send now\" is for leads, and for staff who write to a listed safeguarding agency."
            / "I arweinwyr y mae \"Anfon nawr\", ac i staff sy'n ysgrifennu at asiantaeth ddiogelu restredig.",
        legal_hold: "It is under legal hold: nothing of it is removed until that is lifted."
            / "Mae dan gadwad cyfreithiol: ni chaiff dim ohoni ei ddileu nes codi hwnnw.",
        not_decided: "It has to be decided before it is removed." / "Rhaid penderfynu arni cyn ei dileu.",
        not_reviewed: "The safeguarding lead and the data protection officer both review it before it goes out."
            / "Mae'r arweinydd diogelu a'r swyddog diogelu data ill dau yn ei hadolygu cyn iddi fynd allan.",
        own_case: "Nobody grants or approves anything for themselves." / "Nid oes neb yn rhoi nac yn cymeradwyo dim iddo'i hun.",
        own_request: "What one person has asked for, another approves." / "Yr hyn y mae un person wedi gofyn amdano, un arall sy'n ei gymeradwyo.",
        nothing_asked: "Nobody has asked for it yet." / "Nid oes neb wedi gofyn amdano eto.",
        admin: "The admin runs the gate and reads no content." / "Mae'r gweinyddwr yn rhedeg y porth ac nid yw'n darllen cynnwys.",
        governor: "Governors read reports, not messages." / "Adroddiadau y mae llywodraethwyr yn eu darllen, nid negeseuon.",
        trust_sees: "An office of the trust opens nothing at a school." / "Nid yw swydd yn yr ymddiriedolaeth yn agor dim mewn ysgol.",
        not_your_office: "Your office does not let you do this." / "Nid yw eich swydd yn gadael ichi wneud hyn.",
    }
}

fn why(w: &AnswerWords, why: Why) -> &'static str {
    match why {
        Why::NoSuchAct => w.no_such_act,
        Why::Sealed => w.sealed,
        Why::Protected => w.protected,
        Why::SendersBusiness => w.senders,
        Why::PolicyForbids => w.policy,
        Why::NoEmergency => w.no_emergency,
        Why::LegalHold => w.legal_hold,
        Why::NotDecided => w.not_decided,
        Why::NotReviewed => w.not_reviewed,
        Why::OwnCase => w.own_case,
        Why::OwnRequest => w.own_request,
        Why::NothingAsked => w.nothing_asked,
        Why::AdminReadsNoContent => w.admin,
        Why::GovernorReadsReports => w.governor,
        Why::TrustSeesNoSchool => w.trust_sees,
        Why::NotYourOffice => w.not_your_office,
    }
}

/// `a, b or c`, as people of the school call them.
fn list(language: Language, who: &[Who]) -> String {
    let w = AnswerWords::of(language);
    let names: Vec<&str> = who
        .iter()
        .map(|who| match who {
            Who::Sender => w.sender,
            Who::Office(office) => called::office(language, *office),
            Who::TrustChair => w.trust,
            Who::Correspondents => w.correspondents,
            Who::Police => w.police,
            Who::Authority => w.authority,
        })
        .collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => [&rest.join(", "), w.or, last].concat(),
    }
}

/// What follows from the answer, as a sentence; nothing where it is yes, or where there is nothing.
pub fn answer(language: Language, answer: &Answer) -> String {
    let w = AnswerWords::of(language);
    match answer {
        Answer::Allowed | Answer::NotThere => String::new(),
        Answer::NeedsSecond { who } => [w.takes_two, &list(language, who), "."].concat(),
        Answer::No { why: not, instead } if instead.is_empty() => why(w, *not).to_owned(),
        Answer::No { why: not, instead } => [why(w, *not), w.who_may, &list(language, instead), "."].concat(),
    }
}

pub fn refusal(language: Language, refusal: &Refusal) -> String {
    let w = AnswerWords::of(language);
    match refusal {
        Refusal::Answer(no) | Refusal::EachSaysWho(no) => answer(language, no),
        Refusal::NoOffice => w.no_office.to_owned(),
        Refusal::NoOfficeAt(_) => w.no_office_at.to_owned(),
        Refusal::NotForThatOffice => w.not_for_that_office.to_owned(),
        Refusal::HeadsAlone => w.heads_alone.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Office;

    #[test]
    fn sentences_are_whole_in_both_languages() {
        let no = Answer::No {
            why: Why::NotYourOffice,
            instead: vec![Who::Office(Office::Lead), Who::Office(Office::Head), Who::Police],
        };
        assert_eq!(
            answer(Language::English, &no),
            "Your office does not let you do this. Who may: safeguarding lead, head or the police, to whom two people hand it over unopened."
        );
        assert_eq!(
            answer(Language::Welsh, &no),
            "Nid yw eich swydd yn gadael ichi wneud hyn. Pwy all: arweinydd diogelu, pennaeth neu yr heddlu, y mae dau berson yn ei throsglwyddo iddynt heb ei hagor."
        );
        assert_eq!(answer(Language::Welsh, &Answer::NotThere), "");
    }
}
