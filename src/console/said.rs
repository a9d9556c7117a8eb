//! What desk and store answer by name, in the language of whoever asked: English as they say it at the
//! command line, Welsh here. No name without Welsh compiles. The Welsh is to be reviewed by a Welsh speaker.

use super::{
    called,
    words::{fill, sentence},
};
use crate::{
    desk::Wrong,
    effects::{CannotChange, Language},
    storage::{Cannot, IncidentState, MeasureError, MeasureKind, MeasureState, TokenError, UserError},
};

/// Why not.
#[derive(Clone, Debug)]
pub enum Said {
    Wrong(Box<Wrong>),
    Cannot(Cannot),
    /// An incident in this state.
    Incident(IncidentState, Cannot),
    IncidentText(usize),
    IncidentFull(i64),
    NobodyAccused,
    Sealed,
    MayHoldImage,
    /// The key that the session holds opens something else.
    OtherKey,
    NothingToSearchFor,
    TooMuchAsked(usize),
    StillReceived,
    Token(TokenError),
}

impl Said {
    /// With a capital and an end.
    pub fn sentence(&self, language: Language) -> String {
        sentence(&match language {
            Language::English => self.english(),
            Language::Welsh => self.welsh(),
        })
    }

    fn english(&self) -> String {
        match self {
            Self::Wrong(wrong) => wrong.to_string(),
            Self::Cannot(cannot) => cannot.to_string(),
            Self::Incident(state, cannot) => {
                format!("the incident is {}: {cannot}", called::incident_state(Language::English, *state))
            }
            Self::IncidentText(most) => format!("a text has 1 to {most} letters"),
            Self::IncidentFull(most) => {
                format!("an incident has at most {most} lines; open another and link the two")
            }
            Self::NobodyAccused => "nobody of that name is said or guessed to be accused in it".to_owned(),
            Self::Sealed => "it is sealed: hash, time and roles are all that anybody sees of it".to_owned(),
            Self::MayHoldImage => {
                "it may hold an image of a child: nobody exports it; tell the lead in person".to_owned()
            }
            Self::OtherKey => "the key that you have unlocked does not open this: it takes the key of a custodian of the school's records".to_owned(),
            Self::NothingToSearchFor => {
                "there is no word in it that can be searched for: give one of two letters or more, or a number"
                    .to_owned()
            }
            Self::TooMuchAsked(most) => {
                format!("that is too much at once: search for at most {most} words and people")
            }
            Self::StillReceived => "the message is still being received".to_owned(),
            Self::Token(token) => token.to_string(),
        }
    }

    fn welsh(&self) -> String {
        match self {
            Self::Wrong(what) => wrong(what),
            Self::Cannot(reason) => cannot(*reason).to_owned(),
            Self::Incident(state, reason) => {
                format!("mae'r digwyddiad {}: {}", called::incident_state(Language::Welsh, *state), cannot(*reason))
            }
            Self::IncidentText(most) => format!("mae gan destun 1 i {most} llythyren"),
            Self::IncidentFull(most) => {
                format!("mae gan ddigwyddiad {most} o linellau ar y mwyaf; agorwch un arall a chysylltwch y ddau")
            }
            Self::NobodyAccused => "nid oes neb o'r enw hwnnw wedi'i gyhuddo nac yn cael ei amau ynddo".to_owned(),
            Self::Sealed => "mae dan sêl: stwnsh, amser a rolau yw'r cyfan y mae unrhyw un yn ei weld".to_owned(),
            Self::MayHoldImage => {
                "gallai gynnwys llun o blentyn: nid oes neb yn ei hallforio; dywedwch wrth yr arweinydd wyneb yn wyneb".to_owned()
            }
            Self::OtherKey => {
                "nid yw'r allwedd a ddatglowyd gennych yn agor hwn: mae angen allwedd un o geidwaid cofnodion yr ysgol"
                    .to_owned()
            }
            Self::NothingToSearchFor => {
                "nid oes gair ynddo y gellir chwilio amdano: rhowch un o ddwy lythyren neu fwy, neu rif".to_owned()
            }
            Self::TooMuchAsked(most) => {
                format!("mae hynny'n ormod ar unwaith: chwiliwch am {most} o eiriau a phobl ar y mwyaf")
            }
            Self::StillReceived => "mae'r neges yn dal i gael ei derbyn".to_owned(),
            Self::Token(token) => match token {
                TokenError::Unknown => "nid oes cod o'r fath",
                TokenError::Used => "mae'r cod wedi'i ddefnyddio",
                TokenError::Expired => "mae'r cod wedi dod i ben",
                TokenError::WrongSender => "anfonwr arall piau'r cod",
            }
            .to_owned(),
        }
    }
}

impl From<Cannot> for Said {
    fn from(cannot: Cannot) -> Self {
        Self::Cannot(cannot)
    }
}

fn cannot(reason: Cannot) -> &'static str {
    use Cannot as C;
    match reason {
        C::ReleaseImage => {
            "gallai gynnwys llun o blentyn: nid oes neb yn ei rhyddhau; peidiwch ag edrych ar luniau na'u hanfon ymlaen, dywedwch wrth yr arweinydd wyneb yn wyneb"
        }
        C::BeChanged => "ni ellir newid y neges hon cyn iddi adael",
        C::BeMarked => "ni ellir marcio'r neges hon",
        C::RunOutUnderHold => "mae dan ataliad cyfreithiol: nid yw'n dod i ben",
        C::GateDecide => "person sy'n penderfynu hyn, nid y porth ar ei ben ei hun",
        C::PersonDecide => "dim ond y porth sy'n gwneud hyn, pan ddaw ei hamser",
        C::OtherSender => "dim ond ei hanfonwr ei hun sy'n cael penderfynu arni",
        C::SenderByPolicy => "nid yw polisi'r ysgol yn gadael i'r anfonwr ryddhau hon",
        C::SenderOtherwise => "caiff anfonwr ei rhyddhau neu ei thynnu'n ôl",
        C::BeSent => "mae'n cael ei hanfon yr eiliad hon: edrychwch ymhen munud beth ddigwyddodd iddi",
        C::LeaveSeal => {
            "mae dan sêl: dim ond cyfarwyddyd cofnodedig dau berson sy'n ei throsglwyddo, wedi'i hamgryptio o hyd, i'r heddlu"
        }
        C::WithdrawQuarantine => "dim ond neges sy'n cael ei dal y gellir ei thynnu'n ôl",
        C::ExpireQuarantine => "nid yw'r hyn sydd mewn cwarantin byth yn dod i ben heb ei weld",
        C::SendNowQuarantine => "adolygydd sy'n ei rhyddhau, sydd yr un mor gyflym",
        C::KeepHold => "mater i'w hanfonwr yw neges sy'n cael ei dal, nid tystiolaeth",
        C::MoveHold => "mater i'w hanfonwr yw neges sy'n cael ei dal: nid yw gydag unrhyw swydd",
        C::DecideDelayed => {
            "dim ond wedi'i gohirio dros ei hanfonwr y mae, ac mae'n gadael ar ei phen ei hun; gellir ei thynnu'n ôl neu ei hanfon ar unwaith"
        }
        C::ReopenOther => "dim ond yr hyn a gadwyd fel tystiolaeth y gellir ei agor eto",
        C::BeOfItsLife => "nid yw hynny'n rhan o'i hynt",
        C::ReopenOpen => "mae ar agor eisoes",
        C::HandUnsealed => {
            "dim ond eitem dan sêl sy'n mynd i'r heddlu, wedi'i hamgryptio o hyd: seliwch hi'n gyntaf"
        }
        C::PurgeWaiting => "mae'n aros am benderfyniad, felly mae'n aros yma",
        C::WhileWaiting => "nid yw hynny'n bosibl tra bydd yn aros",
        C::InstructUnsealed => {
            "dim ond eitem dan sêl y gellir rhoi cyfarwyddyd o'r fath amdani: seliwch hi'n gyntaf"
        }
        C::PurgeBeforePolice => {
            "ni ellir ei dileu ond ar ôl ei throsglwyddo i'r heddlu, a hwythau wedi dweud hynny"
        }
        C::PurgeUnderHold => "mae dan ataliad cyfreithiol: codwch hwnnw'n gyntaf",
        C::BeBothWords => "rhaid i'r ail air fod yn air rhywun arall",
        C::NoteLength => "mae gan nodyn rhwng 1 a 500 llythyren",
        C::NoteEnd => "mae nodyn yn dod i ben yn y dyfodol, o fewn blwyddyn",
        C::NoteMany => "mae ugain nodyn ar y person hwn mewn grym: rhowch ben ar un yn gyntaf",
        C::LeaveOver => "byddai'r caniatâd drosodd eisoes; rhowch ddiwrnod diweddarach",
        C::LeaveLong => "rhoddir caniatâd am 31 diwrnod ar y mwyaf, yna fe'i cymeradwyir eto",
        C::LookWithoutLeave => {
            "ni roddodd neb ganiatâd i ddarllen yr hyn a gedwir dan aelod staff y cofnod hwn, neu mae drosodd: `gatehouse records absence`"
        }
        C::LookByOwnLeave => "defnyddir caniatâd gan berson arall na'r un a'i rhoddodd",
        C::ThreadOfOther => "nid yw'r cofnod hwn wedi'i gadw dan y rhiant hwnnw",
        C::ThreadOfSeveral => {
            "mae sawl rhiant yn y cofnod hwn; dywedwch sgwrs pwy, gan na chaiff un weld sgwrs y llall"
        }
        C::BreachOfHeld => {
            "ni adawodd y neges hon erioed: trwch blewyn yw'r hyn a ddaliwyd, ac mae `breach list` yn cyfrif y rheini ei hun"
        }
        C::BreachOfNoSchool => "nid yw'r neges hon yn perthyn i unrhyw ysgol",
        C::BreachKnownWhen => "ni allai neb fod wedi gwybod cyn i'r neges fynd allan, nac yn hwyrach na nawr",
        C::BreachWithoutWords => "dywedwch beth ddigwyddodd",
        C::BreachTwice => "agorwyd toriad ar gyfer y neges hon eisoes",
        C::BreachUndecided => {
            "dywedwch yn gyntaf a ddywedwyd wrth y rheoleiddiwr a'r bobl dan sylw, neu pam na wnaed: `breach decide`"
        }
        C::BreachNote => "mae gan nodyn rai geiriau, a 20,000 llythyren ar y mwyaf",
        C::BreachClosed => "mae'r toriad hwn wedi cau; mae cwestiynau agored yn perthyn i un newydd",
        C::ForgetOneself => "nid oes neb yn peri ei anghofio'i hun: rhywun arall sy'n gwneud hynny",
        C::ForgetWhoIsAwaited => {
            "mae un o'u geiriau'n dal i aros am air rhywun arall, neu am adolygiad: hwnnw'n gyntaf"
        }
        C::AccessTooMuch => {
            "cedwir mwy na 5,000 o ddarnau ar y person hwn: cytunwch â'r person ar gyfnod neu fater, ac allforiwch hynny gyda `records search` a `records export`"
        }
        C::AccessFinished => "mae'r cais hwn wedi gorffen",
        C::AccessNoPiece => "nid oes gan y cais hwn ddarn o'r fath: mae `subject-access show` yn eu rhestru",
        C::AccessOfReviewers => "y swyddog diogelu data a'r arweinydd sy'n dyfarnu ar yr un yma",
        C::AccessOfHead => "y pennaeth sy'n dyfarnu ar yr un yma",
        C::AccessWithoutWhy => "dywedwch pam; fe'i cedwir wedi'i amgryptio",
        C::AccessByOne => {
            "dau berson sy'n dyfarnu: nid yw'r sawl a siaradodd dros y naill swydd yn siarad dros y llall"
        }
        C::AccessForgotten => {
            "mae'r cofnod wedi anghofio pwy siaradodd dros y swydd arall: rhaid i rywun ddyfarnu drosti eto"
        }
        C::AccessOpen => "nid oes dyfarniad ar bopeth eto: `subject-access show`",
        C::IncidentOpened => "dim ond cynnig sy'n cael ei agor",
        C::IncidentEnded => "ni wrthodir yr hyn sydd wedi dod i ben",
        C::IncidentNotOpen => "dim ond un agored sy'n cael ei gau",
        C::IncidentNotEnded => "dim ond yr hyn sydd wedi dod i ben sy'n cael ei ailagor",
        C::IncidentProposed => "agorwch ef yn gyntaf; nid digwyddiad yw cynnig",
        C::IncidentReopenFirst => "ailagorwch ef yn gyntaf",
    }
}

fn wrong(what: &Wrong) -> String {
    use Wrong as W;
    let with = |text, value: &str| fill(text, &[value]);
    match what {
        W::NobodyCalled(text) => with("Nid oes neb yn y cyfeiriadur o'r enw `{}`; rhowch rif adnabod, cyfeiriad neu enw llawn", text),
        W::SeveralCalled(text) => with("Mae sawl person yn y cyfeiriadur o'r enw `{}`; rhowch y rhif sydd gan system yr ysgol", text),
        W::NoAddress(text) => with("Nid yw `{}` yn gyfeiriad e-bost", text),
        W::NeitherIdNorAddress => "nid rhif o'r cyfeiriadur na chyfeiriad e-bost yw hynny".to_owned(),
        W::NotOnePerson => "Nid yw'r cyfeiriadur yn adnabod un person yn ôl hynny; rhowch gyfeiriad ysgol neu'r rhif adnabod".to_owned(),
        W::NoClass(text) => with("Nid oes dosbarth `{}` yn y cyfeiriadur", text),
        W::NotInDirectory => "Nid yw'r person hwn yn y cyfeiriadur mwyach".to_owned(),
        W::NotInDirectoryNow => "Nid yw'r person hwn yn y cyfeiriadur mwyach; mewnforiwch bobl y cyfnod hwnnw".to_owned(),
        W::PersonGone => "Nid yw'r person yno mwyach".to_owned(),
        W::SchoolGone => "Nid yw'r ysgol yno mwyach".to_owned(),
        W::OfOtherSchool => "Nid yw'r person hwn yn perthyn i'r ysgol, yn ôl y cyfeiriadur".to_owned(),
        W::OfNoSchool => "Nid yw'r person hwn yn perthyn i unrhyw ysgol yn y ffurfweddiad".to_owned(),
        W::NoteDay => "Heddiw neu'n hwyrach, ac o fewn blwyddyn, yw diwrnod olaf nodyn".to_owned(),
        W::StoppedChanged(rule) => with("Wedi'i newid fel hyn, byddai rheol arall yn ei hatal ({}). Dewiswch ffordd arall, neu cymerwch hi yn ôl a'i hysgrifennu o'r newydd", rule),
        W::Change(change) => cannot_change(*change).to_owned(),
        W::NoSigner(_) => "Ni ellir darllen yr allwedd sy'n llofnodi post: dywedwch wrth bwy bynnag sy'n rhedeg y porth post".to_owned(),
        W::TellsNoParty(id, category) => fill(
            "Mae {} yn ymwneud â hyn: {}. Nid yw'r porth yn dweud wrth unrhyw barti. Cadwch hi, a gadewch i berson siarad â'r sawl y mae'n ymwneud ag ef",
            &[id.as_str(), called::category(Language::Welsh, *category)],
        ),
        W::NoSender(id) => with("Nid oes gan {} anfonwr i fynd yn ôl ato; rhyddhewch hi neu cadwch hi", id.as_str()),
        W::NoTaker => "Ni all neb sydd yn y swydd honno ei chymryd; trosglwyddwch hi i swydd arall".to_owned(),
        W::ApprovedByNobody => "Person sy'n cymeradwyo swydd: dywedwch pwy ydych chi gyda --me FILE".to_owned(),
        W::Office(error) => office(error),
        W::Measure(error) => measure(error),
        W::NoRule(text) => with("Nid yw `{}` yn rheol, yn gategori nac yn deulu; mae tudalen y rheolau yn eu henwi", text),
        W::GuardsAgainstHarm(text) => with("Ni ellir eithrio neb o `{}`: mae'n gwarchod rhag niwed", text),
        W::NoTime(text) => with("Nid yw `{}` yn amser; ysgrifennwch 2026-12-18 neu 2026-12-18T16:00:00Z", text),
        W::OtherMeasure { id, asked, is } => fill("Nid {} yw {}, ond {}", &[kind(*asked), id, kind(*is)]),
        W::NotKept(_) => "Ni ellir cadw'r bobl: dywedwch wrth bwy bynnag sy'n rhedeg y porth post".to_owned(),
        W::StillToRule(open) => with("Eto i ddyfarnu arnynt: {}", open),
        W::TooManyRecords(most) => with("Agorir {} o gofnodion ar y mwyaf ar unwaith; gofynnwch am lai", &most.to_string()),
        W::TooLarge => "Gyda'i gilydd maent yn fwy nag y gall un allforyn fod; gofynnwch am lai o gofnodion".to_owned(),
        W::NotBundled(_) => "Ni ellir ysgrifennu'r bwndel: dywedwch wrth bwy bynnag sy'n rhedeg y porth post".to_owned(),
        W::NoMonth(text) => with("Nid yw `{}` yn fis; ysgrifennwch ef fel 2026-10", text),
        W::NoSuchMonth => "Nid oes mis o'r fath mewn unrhyw galendr".to_owned(),
        W::NotBegun(_) => "Nid yw'r cyfnod hwnnw wedi dechrau eto".to_owned(),
        W::NoDay(text) => with("Nid yw `{}` yn ddiwrnod; ysgrifennwch ef fel 2026-09-01", text),
        W::NoClauses(_) => "Ni ellir darllen tabl y cymalau: dywedwch wrth bwy bynnag sy'n rhedeg y porth post".to_owned(),
        W::NoConsole => "Nid oes [console] yn y ffurfweddiad, felly nid oes dim i gysylltu ag ef".to_owned(),
        W::NotAssessed => "Ni ellid asesu neges o'r newydd".to_owned(),
    }
}

fn cannot_change(change: CannotChange) -> &'static str {
    use CannotChange as C;
    match change {
        C::Signed => {
            "Mae'r neges wedi'i llofnodi neu ei hamgryptio: byddai newid yn torri hynny. Cymerwch hi yn ôl a'i hysgrifennu o'r newydd, neu anfonwch hi fel y mae"
        }
        C::NoSuchPart => "Nid oes atodiad o'r fath y gellid ei adael allan",
        C::NoRecipient => "Nid yw un o'r cyfeiriadau hyn yn dderbynnydd y neges sy'n aros",
        C::Nobody => "Dewiswch o leiaf un derbynnydd",
        C::TooMany => "Mae hynny'n ormod o gopïau unigol: cuddiwch y derbynwyr rhag ei gilydd yn lle hynny",
        C::NotSafe => {
            "Ni ellir newid y neges heb gyffwrdd â rhannau eraill ohoni: ni wnaed dim. Cymerwch hi yn ôl a'i hysgrifennu o'r newydd"
        }
        C::NotSigned => {
            "Ni ellid llofnodi'r neges newydd: ni wnaed dim. Dywedwch wrth bwy bynnag sy'n rhedeg y porth post"
        }
    }
}

fn kind(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Exception => "eithriad",
        MeasureKind::Suspension => "ataliad",
    }
}

fn office(error: &UserError) -> String {
    use UserError as U;
    match error {
        U::NotFound(_) => "nid oes dim o'r fath",
        U::NoKey(text) => return fill("nid yw `{}` yn dderbynnydd age (age1...)", &[text]),
        U::KeyTaken => "mae'r allwedd hon wedi'i chofrestru eisoes: mae gan bob person ei allwedd ei hun",
        U::PersonTaken => "mae'r person hwn wedi'i gofrestru eisoes",
        U::TooMany => "mae cynifer o bobl ag a ganiateir wedi'u cofrestru eisoes",
        U::Reason => "mae angen rheswm o 3 i 2,000 llythyren",
        U::Backwards => "rhaid i'w ddiwedd fod yn y dyfodol ac ar ôl ei ddechrau",
        U::Approved => "mae wedi'i gymeradwyo eisoes",
        U::Revoked => "fe'i tynnwyd yn ôl",
        U::OwnRequest => "ni all y sawl a ofynnodd amdano ei gymeradwyo: rhaid i rywun arall wneud",
        U::Forgotten => "mae'r cofnod wedi anghofio pwy ofynnodd amdano, felly ni ellir gwahaniaethu neb oddi wrtho: gofynnwch eto",
        U::Changed => "newidiodd rhywun heblaw'r porth ef, felly nid yw'n cyfrif am ddim: `gatehouse ledger verify`, a dywedwch wrth y pennaeth",
        U::OwnCase => "nid oes neb yn cymeradwyo swydd iddo'i hun",
        // The desk gives the store's own faults by their own names.
        U::Store(_) => "ni all y storfa ateb nawr",
    }
    .to_owned()
}

fn measure(error: &MeasureError) -> String {
    use MeasureError as M;
    match error {
        M::NotFound(_) => "nid oes eithriad nac ataliad o'r fath",
        M::Backwards => "rhaid i'w ddiwedd fod ar ôl ei ddechrau ac yn y dyfodol",
        M::TooLong => "mae ar gyfer 183 diwrnod ar y mwyaf; gofynnwch eto pan ddaw i ben",
        M::Reason => "mae angen rheswm o 3 i 2,000 llythyren",
        M::TooMany => "gofynnwyd am gynifer ag a ganiateir, neu maent mewn grym eisoes; rhowch ben ar rai'n gyntaf",
        M::Decided(state) => match state {
            MeasureState::Asked => "gofynnwyd amdano eisoes",
            MeasureState::Approved => "mae wedi'i gymeradwyo eisoes",
            MeasureState::Refused => "mae wedi'i wrthod eisoes",
            MeasureState::Ended => "mae wedi'i derfynu eisoes",
        },
        M::OwnRequest => "ni all y sawl sy'n gofyn gymeradwyo: rhaid i swyddog arall wneud",
        M::Forgotten => "mae'r cofnod wedi anghofio pwy ofynnodd amdano, felly ni ellir gwahaniaethu neb oddi wrtho: gofynnwch eto",
        M::Store(_) => "ni all y storfa ateb nawr",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_a_sentence_in_both_languages() {
        for reason in Cannot::ALL {
            let said = Said::from(*reason);
            let (english, welsh) = (said.sentence(Language::English), said.sentence(Language::Welsh));
            assert_ne!(english, welsh);
            for text in [english, welsh] {
                assert!(
                    text.ends_with('.') && !text.ends_with("..") && text.starts_with(char::is_uppercase),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_was_typed_stands_in_the_sentence() {
        let said = Said::Wrong(Box::new(Wrong::NoClass("7B".to_owned())));
        assert_eq!(said.sentence(Language::English), "The directory has no class `7B`.");
        assert_eq!(said.sentence(Language::Welsh), "Nid oes dosbarth `7B` yn y cyfeiriadur.");
    }
}
