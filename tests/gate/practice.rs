//! The rules that no rule file can undo (docs/practice.md, Always), one test each and
//! named after them. Where a rule file could try, a hostile one does: it stops, refuses,
//! tells and records whatever it can.

use crate::{
    files::{with_file, zipped},
    gate::{HEAD, Home, LEAD, OUTSIDE, PARENT, PUPIL, ROOT, Setup, TEACHER, mail},
};
use bytes::Bytes;
use chrono::Utc;
use gatehouse::{
    app, config,
    detection::{Finding, Origin, Scratch},
    effects::{self, Prepared},
    files::{FileLimits, InProcess, NotOpened, Opened, Opener, Until},
    gateway::Standing,
    ids,
    mail::{
        Address, Arrival, Channel, Door, Envelope, Facts, Recipient, ReversePath, SenderProof, Transaction,
    },
    message::{Body, ReadLimits, read},
    pipeline::{Assessment, Rulebook, assess},
    storage::{ItemKind, Keys, NewAlert, NewOutbox, OutboxMessage, Part, Store, Urgency},
    verdict::Disposition,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Does everything to everything.
const HOSTILE: &str = "
[[policy]]
id = \"hostile.quarantine\"
clauses = [\"PD-1\"]
reason = \"Everything is quarantined.\"
when = { findings = { category = [\"harm\", \"contact\", \"personal-data\", \"chain-letter\"], confidence = 0.1 } }
then = { disposition = \"quarantine\", record = true }

[[policy]]
id = \"hostile.refuse\"
clauses = [\"PD-1\"]
reason = \"All mail is refused.\"
when = { direction = [\"inbound\", \"outbound\", \"internal\"] }
then = { disposition = \"refuse\", refusal = \"Caught\" }

[[policy]]
id = \"hostile.tell\"
clauses = [\"PD-1\"]
reason = \"Everybody is told of all mail, and all mail is held and recorded.\"
when = { direction = [\"inbound\", \"outbound\", \"internal\"] }
then = { disposition = \"hold\", notices = [\"sender\", \"lead\"], record = true }
";

struct Bench {
    standing: Standing,
    store: Store,
    _home: Home,
    _runtime: tokio::runtime::Runtime,
}

/// With the shipped rules alone.
fn shipped() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| Bench::new(""))
}

/// With the hostile rules beside them.
fn hostile() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| Bench::new(HOSTILE))
}

/// What became of one message.
struct Fate {
    assessment: Assessment,
    prepared: Prepared,
}

impl Bench {
    fn new(rules: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let list = "[[school.list]]\nkind = \"bulk-sender\"\nentries = [\"office@oakfield.example\"]\n";
        let home = Home::new(&Setup {
            rules: rules.into(),
            school: "record-parent-mail = true\n".into(),
            school_tables: list.into(),
            doors: crate::gate::RELAY.into(),
            hops: crate::gate::hop("own", "*", "127.0.0.1:9".parse().unwrap()),
            ..Setup::default()
        });
        let config = config::load(&home.path("gatehouse.toml")).unwrap_or_else(|e| panic!("{e}"));
        let standing = app::standing(&config, &Keys::from_config(&config.keys).unwrap())
            .unwrap_or_else(|e| panic!("{e}"));
        let store = runtime.block_on(home.store());
        Self { standing, store, _home: home, _runtime: runtime }
    }

    /// From the person, signed in.
    fn proved(&self, from: &str, to: &[&str], subject: &str, text: &str) -> Fate {
        self.fate(SenderProof::Login(from.into()), from, to, &mail(from, to[0], subject, text))
    }

    fn unproved(&self, from: &str, to: &[&str], subject: &str, text: &str) -> Fate {
        self.fate(SenderProof::Unproved, from, to, &mail(from, to[0], subject, text))
    }

    fn transaction(proof: &SenderProof, from: &str, to: &[&str], raw: &str) -> Transaction {
        let address = |text: &str| Address::parse(text).unwrap();
        let mut arrival = Arrival::unknown(Door::Relay);
        arrival.proof = proof.clone();
        Transaction {
            id: ids::transaction_id(),
            received_at: Utc::now(),
            channel: Channel::Email,
            arrival,
            envelope: Envelope {
                sender: ReversePath::Mailbox(address(from)),
                parameters: vec![],
                recipients: to.iter().map(|t| Recipient::new(address(t))).collect(),
            },
            raw: Bytes::from(raw.to_owned()),
        }
    }

    fn fate(&self, proof: SenderProof, from: &str, to: &[&str], raw: &str) -> Fate {
        let transaction = Self::transaction(&proof, from, to, raw);
        let facts = Facts::at(transaction.received_at, proof);
        let rulebook = &self.standing.rulebook;
        let tools = effects::Tools {
            schools: &rulebook.schools,
            directory: &rulebook.directory,
            disclaimers: &self.standing.disclaimers,
            signers: &self.standing.signers,
            notices: &self.standing.notices,
            default_mode: self.standing.mode,
            observing: &[],
            own_hop: None,
            item_id: &|| self.store.new_item_id(),
            incident_id: &|| self.store.new_incident_id(),
            token: &|| self.store.new_token(),
            may_write: &|occasion, about| {
                effects::may_write(occasion, about, facts.now, &mut effects::PerHour::new(1000))
            },
        };
        let mut scratch = Scratch::new();
        let (assessment, mut prepared) =
            assess(&transaction, &facts, rulebook, &mut scratch, |message, extract, assessment| {
                let matter = effects::Matter {
                    transaction: &transaction,
                    facts: &facts,
                    message,
                    extract,
                    parties: &assessment.parties,
                    findings: &assessment.findings,
                    carried: &assessment.carried,
                    verdict: &assessment.verdict,
                };
                effects::prepare(&matter, &tools)
            });
        let asked = self.asked(&prepared);
        prepared.outbox.extend(asked);
        Fate { assessment, prepared }
    }
}

impl Bench {
    /// What officers are told by the worker, whoever of them is asked in the end.
    fn asked(&self, prepared: &Prepared) -> Vec<NewOutbox> {
        let letter = |alert: &NewAlert, officer: &Address| {
            let words = effects::Alert {
                school: "Oakfield Community School",
                number: &alert.number,
                category: alert.category,
                at: alert.received_at,
                urgent: alert.urgency == Urgency::Urgent,
                delivered: alert.item.is_none(),
            };
            let languages = effects::Language::of(&["en".to_owned()]);
            let written = self.standing.notices.alert(officer, &languages, &words, alert.received_at);
            written.unwrap().outbox(None, alert.item.clone())
        };
        let everybody = |alert: &NewAlert| -> Vec<NewOutbox> {
            // Ordinary matters stay with the first office.
            let offices = if alert.urgency == Urgency::Urgent { alert.ladder.len() } else { 1 };
            alert.ladder.iter().take(offices).flatten().map(|officer| letter(alert, officer)).collect()
        };
        prepared.alerts.iter().flat_map(everybody).collect()
    }
}

impl Fate {
    fn found(&self, category: &str) -> bool {
        self.findings().any(|f| f.category.name() == category)
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.assessment.findings.iter()
    }

    /// Everybody to whom something is written.
    fn told(&self) -> Vec<String> {
        let to = |job: &NewOutbox| -> Vec<String> {
            job.recipients.iter().map(|r| r.address.as_str().to_owned()).collect()
        };
        let mut told: Vec<String> = self.prepared.outbox.iter().flat_map(to).collect();
        told.sort();
        told
    }

    /// It goes to all `count` recipients, and nothing of it is kept.
    fn delivered(&self, count: usize, what: &str) {
        assert_eq!(self.prepared.passing.len(), count, "{what}: {:?}", self.assessment.verdict);
        assert!(self.prepared.items.is_empty() && self.prepared.refusal.is_none(), "{what}");
        assert!(self.prepared.records.is_empty(), "{what}: recorded");
    }

    fn stopped(&self) -> Disposition {
        self.assessment.verdict.disposition()
    }
}

const DEPUTY: &str = "t.ellery@oakfield.example";
const GROOMING: &str = crate::dangers::GROOMING;
const HEALTH: &str = crate::dangers::HEALTH;

#[test]
fn a1_a_possible_disclosure_is_never_stopped() {
    let friend = "24jrowe@pupils.oakfield.example";
    let words = [
        "I want to die",
        "my stepdad keeps hitting me and says he will kill me, the fucking pervert",
        "I want to die. My NHS number is 943 476 5919. Don't tell my mum about us, send this to ten people!",
    ];
    for bench in [shipped(), hostile()] {
        for text in words {
            for to in [friend, TEACHER, LEAD, "friend@freemail.example"] {
                let fate = bench.proved(PUPIL, &[to], "hi", text);
                assert!(fate.found("harm.self-harm"), "{text}");
                fate.delivered(1, &format!("{text} to {to}"));
                let told = fate.told();
                assert!(!told.iter().any(|t| t == PUPIL || t == to), "{told:?}");
                // At once: the lead, or the deputy where the lead is written to.
                let officer = if to == LEAD { DEPUTY } else { LEAD };
                assert!(told.iter().any(|t| t == officer), "{told:?} for {text} to {to}");
            }
        }
        // Whatever a pupil writes to those who help.
        for to in [LEAD, "talk@helpline.example", "duty@social-care.council.example"] {
            for text in ["he sent me this: send me nudes or I will kill you, bitch", GROOMING, HEALTH] {
                let fate = bench.proved(PUPIL, &[to], "hi", text);
                fate.delivered(1, &format!("{text} to {to}"));
                assert!(!fate.told().contains(&PUPIL.to_owned()), "nudged for {text} to {to}");
            }
        }
        // A parent, a teacher on the pupil's behalf: nobody is asked to prove who they are first.
        let unproved = bench.unproved(PUPIL, &[LEAD], "hi", words[1]);
        unproved.delivered(1, "unproved");
    }
}

/// Findings that no detection of this edition gives yet, by words of a rule file.
fn named(category: &str, word: &str) -> String {
    format!(
        "[[detect]]\nid = \"test.{word}\"\ncategory = \"{category}\"\narea = \"content\"\nseverity = \"critical\"\n\
         confidence = 0.9\nlanguages = [\"en\"]\nclauses = [\"OP-1\"]\nreason = \"The word.\"\nwords = [\"{word}\"]\n\
         examples.hit = [\"a {word} b\"]\nexamples.miss = [\"nothing\"]\n"
    )
}

#[test]
fn a1_only_malware_or_a_matched_image_stops_it() {
    let bench = Bench::new(&(named("file.malware", "wormword") + &named("file.illegal-image", "sealedword")));
    for word in ["wormword", "sealedword"] {
        let fate = bench.proved(PUPIL, &[TEACHER], "hi", &format!("I want to die. {word}"));
        assert_eq!(fate.stopped(), Disposition::Quarantine, "{word}");
        assert!(fate.told().contains(&LEAD.to_owned()), "{:?}", fate.told());
        assert!(!fate.told().contains(&PUPIL.to_owned()));
    }
    bench.proved(PUPIL, &[TEACHER], "hi", "I want to die.").delivered(1, "without");
}

#[test]
fn a2_nobody_is_tipped_off() {
    let texts = [
        ("contact.grooming", GROOMING),
        ("harm.threat", "im gonna stab you after school"),
        ("harm.sexual", "send me nudes"),
    ];
    for (category, text) in texts {
        for from in ["stranger@freemail.example", TEACHER, "24jrowe@pupils.oakfield.example"] {
            for bench in [shipped(), hostile()] {
                let both = format!("{text}\r\n{HEALTH}\r\nSend this to ten people within an hour!");
                let fate = bench.proved(from, &[PUPIL], "hi", &both);
                assert!(fate.found(category), "{text}");
                assert!(fate.prepared.refusal.is_none(), "{text} from {from}: a refusal tells");
                assert!(fate.prepared.items.iter().all(|i| i.kind == ItemKind::Quarantine), "{text}");
                assert!(fate.prepared.items.iter().all(|i| i.token.is_none()), "{text}");
                let told = fate.told();
                let between_pupils = from.contains("@pupils.");
                assert!(between_pupils || !told.is_empty(), "{text} from {from}");
                assert!(!told.iter().any(|t| t == from || t == PUPIL), "{text} from {from}: {told:?}");
            }
        }
    }
}

/// A message to a parent's record, with a picture beside its text.
fn with_picture(from: &str, to: &str, text: &str) -> String {
    let plain = mail(from, to, "hi", text);
    let (head, body) = plain.split_once("\r\n\r\n").unwrap();
    let head = head.replace("text/plain; charset=utf-8", "multipart/mixed; boundary=b");
    format!(
        "{head}\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{body}\r\n--b\r\nContent-Type: image/jpeg\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n/9j/4AAQSkZJRg==\r\n--b--\r\n"
    )
}

#[test]
fn a3_what_may_be_an_image_of_a_child_is_not_copied() {
    let sealed = Bench::new(&named("file.illegal-image", "sealedword"));
    let recorded = |bench: &Bench, raw: &str| {
        let fate = bench.fate(SenderProof::Unproved, PARENT, &[TEACHER], raw);
        !fate.prepared.records.is_empty()
    };
    assert!(recorded(&sealed, &mail(PARENT, TEACHER, "hi", "Thank you for the trip.")));
    assert!(recorded(&sealed, &with_picture(PARENT, TEACHER, "A picture of the trip.")));
    assert!(!recorded(&sealed, &mail(PARENT, TEACHER, "hi", "sealedword")));
    assert!(!recorded(&sealed, &with_picture(PARENT, TEACHER, "send me nudes")));
    let page = |text: &str| {
        let text = format!("<p>{text}</p><img src=\"data:image/png;base64,iVBORw0KGgo=\">");
        mail(PARENT, TEACHER, "hi", &text).replace("text/plain", "text/html")
    };
    assert!(recorded(&sealed, &page("A picture of the trip.")));
    assert!(!recorded(&sealed, &page("send me nudes")));
    // Nor may its sender let it go.
    let raw = with_picture(TEACHER, OUTSIDE, &format!("send me nudes\r\n{HEALTH}"));
    let fate = hostile().fate(SenderProof::Login(TEACHER.into()), TEACHER, &[OUTSIDE], &raw);
    assert!(!fate.prepared.items.is_empty());
    assert!(fate.prepared.items.iter().all(|i| i.kind == ItemKind::Quarantine && !i.sender_may_release));
    assert!(fate.prepared.records.is_empty());
    // Nor may a reviewer, as `storage::lives` shows of items marked so.
    assert!(fate.prepared.items.iter().all(|i| i.may_hold_image));
    let words_alone = shipped().unproved("stranger@freemail.example", &[PUPIL], "hi", "send me nudes");
    assert!(words_alone.prepared.items.iter().all(|i| !i.may_hold_image), "obscene text stays reviewable");
}

#[test]
fn a4_who_is_a_party_is_not_told() {
    let stop = |from: &str, to: &str, text: &str| shipped().proved(from, &[to], "hi", text).told();
    let threat = "im gonna stab you after school";
    assert_eq!(stop("24jrowe@pupils.oakfield.example", PUPIL, threat), [HEAD, LEAD, DEPUTY]);
    assert_eq!(stop(LEAD, PUPIL, threat), [HEAD, DEPUTY]);
    // By the lead's own address at home, too.
    let home = stop("priya.nair@freemail.example", PUPIL, threat);
    assert!(!home.is_empty() && !home.iter().any(|t| t == LEAD || t.contains("priya")), "{home:?}");
    // An allegation against staff is the head's, and against the head the chair's.
    assert_eq!(stop(TEACHER, PUPIL, GROOMING), [HEAD]);
    assert_eq!(stop(HEAD, PUPIL, GROOMING), ["g.whitlock@oakfield.example"]);
    assert_eq!(stop(LEAD, PUPIL, GROOMING), [HEAD]);
    assert_eq!(stop(TEACHER, PUPIL, "send me nudes"), [HEAD]);
}

#[test]
fn a5_a_hold_is_its_senders_business() {
    let fate = shipped().proved(TEACHER, &[OUTSIDE], "About noon", HEALTH);
    assert_eq!((fate.stopped(), fate.told()), (Disposition::Hold, vec![TEACHER.to_owned()]));
    // Nor does a rule file bring it into the lead's queue.
    let rules = "
[[policy]]
id = \"test.tell-lead\"
clauses = [\"PD-1\"]
reason = \"The lead would like to know.\"
when = { findings = { category = [\"personal-data\"] } }
then = { disposition = \"hold\", sender-may-release = true, notices = [\"lead\", \"lead-urgent\"] }
";
    let bench = Bench::new(rules);
    let fate = bench.proved(TEACHER, &[OUTSIDE], "About noon", HEALTH);
    assert_eq!((fate.stopped(), fate.told()), (Disposition::Hold, vec![TEACHER.to_owned()]));
    let item = &fate.prepared.items[0];
    assert!(item.sender_may_release && item.owner.as_ref().unwrap().address.as_str() == TEACHER);
}

#[test]
fn a6_protected_correspondents_are_not_judged_copied_or_recorded() {
    let text = "How dare they question my marking. He is a nasty piece of work and shit at his job.\r\n\
        For sale: my car. I will kill him. Send this to ten people within an hour!";
    for to in ["rep@union.example", "talk@helpline.example"] {
        let fate = shipped().proved(TEACHER, &[to], "My grievance", text);
        assert!(fate.found("harm.unprofessional") && fate.found("harm.threat"), "the words are found");
        fate.delivered(1, to);
        assert_eq!(fate.told(), Vec::<String>::new());
        // A rule file may hold mail of which nothing is found; never for such words.
        let fate = hostile().proved(TEACHER, &[to], "My grievance", text);
        let reasons = fate.assessment.verdict.groups.iter().flat_map(|g| &g.reasons);
        assert!(reasons.into_iter().all(|r| r.findings.is_empty()), "{:?}", fate.assessment.verdict);
        assert!(fate.prepared.records.is_empty());
    }
    // Another recipient's copy is judged as ever.
    let tone = "How dare you question my marking.";
    let both = shipped().proved(TEACHER, &["rep@union.example", PARENT], "x", tone);
    assert!(both.told().contains(&TEACHER.to_owned()), "{:?}", both.told());
}

#[test]
fn a7_no_exemption_on_an_unproved_word() {
    let held = |fate: &Fate| fate.stopped() > Disposition::Deliver;
    for subject in ["[Confidential] About noon", "Confidential: school business", "URGENT child at risk"] {
        assert!(held(&shipped().proved(TEACHER, &[OUTSIDE], subject, HEALTH)), "{subject}");
    }
    let note = "To all parents: see list.\r\nUPN C999123425001\r\nUPN R999123425002\r\nUPN F999123425003\r\n\
        UPN V999123425004\r\nUPN J999123425005\r\nUPN Y999123425006";
    let office = "office@oakfield.example";
    let raw = mail(office, OUTSIDE, "List", note);
    // The listed bulk sender, signed in by one of its members, passes the bulk rule; a From
    // or an envelope that only says so does not.
    let member = SenderProof::Login("j.birch@oakfield.example".into());
    assert!(!held(&shipped().fate(member, office, &[OUTSIDE], &raw)));
    assert!(held(&shipped().fate(SenderProof::Unproved, office, &[OUTSIDE], &raw)));
    let login = || SenderProof::Login(TEACHER.into());
    assert!(held(&shipped().fate(login(), TEACHER, &[OUTSIDE], &raw)), "From says so");
    assert!(held(&shipped().fate(login(), office, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "List", note))));
    // Nor does an outside sender who says to be the union's.
    let abuse = "you stupid bitch, im gonna stab you after school";
    let union = shipped().unproved("rep@union.example", &[PUPIL], "hi", abuse);
    assert!(held(&union) && union.told().contains(&LEAD.to_owned()), "{:?}", union.told());
    // A stranger who writes as a pupil gets no pupil's leniency, and an address of the school
    // that the roll does not know yet may be a pupil's.
    let friend = "24jrowe@pupils.oakfield.example";
    for text in ["send me nudes", GROOMING] {
        let forged = shipped().unproved(friend, &[PUPIL], "hi", text);
        assert!(held(&forged) && forged.told().contains(&LEAD.to_owned()), "{text}: {:?}", forged.told());
        let stranger = shipped().unproved(
            "stranger@freemail.example",
            &["26newcomer@pupils.oakfield.example"],
            "hi",
            text,
        );
        assert!(
            held(&stranger) && stranger.told().contains(&LEAD.to_owned()),
            "{text}: {:?}",
            stranger.told()
        );
    }
    assert!(!held(&shipped().proved(friend, &[PUPIL], "hi", "send me nudes")), "the lead is told instead");
    // And an exemption in a rule file that rests on nothing exempts nobody.
    let rules = "
[[policy]]
id = \"test.soft\"
clauses = [\"PD-1\"]
reason = \"Mail marked confidential is exempt.\"
when = { marked-confidential = true }
then = { exempt = [\"personal-data\"], no-record = true, ceiling = \"deliver\" }
";
    let soft = Bench::new(rules);
    let raw = mail(TEACHER, OUTSIDE, "[Confidential] x", HEALTH);
    assert!(held(&soft.fate(SenderProof::Unproved, TEACHER, &[OUTSIDE], &raw)));
}

/// A message that carries another one.
fn carrying(from: &str, to: &str, attached: &str) -> String {
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: see below\r\nMessage-ID: <carrying@client.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nPlease look at this.\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\n{attached}\r\n--b--\r\n"
    )
}

#[test]
fn a8_what_is_attached_was_not_written_by_who_passes_it_on() {
    let friend = "24jrowe@pupils.oakfield.example";
    let send = |from: &str, to: &[&str], attached: &str| {
        shipped().fate(SenderProof::Login(from.into()), from, to, &carrying(from, to[0], attached))
    };
    let origin = |fate: &Fate, category: &str| {
        fate.findings().find(|f| f.category.name() == category).map(|f| f.origin)
    };
    let sender_is = |fate: &Fate| fate.prepared.proposals[0].people[0].1;
    let threat = mail(friend, PUPIL, "hi", "im gonna stab you after school");

    // A pupil shows a teacher what she got: the lead is told as ever, and she is no author.
    let shown = send(PUPIL, &[TEACHER], &threat);
    assert_eq!(origin(&shown, "harm.threat"), Some(Origin::Attached));
    assert_eq!(sender_is(&shown), Part::Reporter);
    assert!(shown.told().contains(&LEAD.to_owned()), "{:?}", shown.told());
    shown.delivered(1, "shown");

    // What reaches a pupil is stopped as ever, whoever is named in it.
    let passed_on = send(TEACHER, &[PUPIL], &threat);
    assert_eq!((passed_on.stopped(), sender_is(&passed_on)), (Disposition::Quarantine, Part::Forwarder));
    // Nobody is another one by attaching what is their own.
    let own = send(PUPIL, &[TEACHER], &mail(PUPIL, friend, "hi", "im gonna stab you after school"));
    assert_eq!((origin(&own, "harm.threat"), sender_is(&own)), (Some(Origin::Own), Part::Author));
    let beside =
        carrying(PUPIL, TEACHER, &threat).replace("Please look at this.", "I will stab him for that.");
    let beside = shipped().fate(SenderProof::Login(PUPIL.into()), PUPIL, &[TEACHER], &beside);
    assert_eq!(sender_is(&beside), Part::Author, "own words stand beside it");

    // A teacher who reports an insult is not told of to the head; who passes one on to a pupil is.
    let insult = mail(friend, PUPIL, "hi", "you stupid bitch");
    assert_eq!(
        origin(&send(TEACHER, &["a.rahman@oakfield.example"], &insult), "harm.bullying"),
        Some(Origin::Attached)
    );
    let head = HEAD.to_owned();
    assert!(!send(TEACHER, &["a.rahman@oakfield.example"], &insult).told().contains(&head));
    assert!(send(TEACHER, &[PUPIL], &insult).told().contains(&head));
    let colleague = shipped().proved(TEACHER, &["a.rahman@oakfield.example"], "hi", "you stupid bitch");
    assert!(colleague.told().contains(&head));

    // A possible disclosure is delivered and told, whoever wrote it (A1), and personal data stays personal data.
    let disclosure = send(PUPIL, &[friend], &mail(friend, PUPIL, "hi", "I want to die"));
    disclosure.delivered(1, "disclosure");
    assert!(disclosure.told().contains(&LEAD.to_owned()));
    let health = send(TEACHER, &[OUTSIDE], &mail(friend, TEACHER, "hi", HEALTH));
    let written = shipped().proved(TEACHER, &[OUTSIDE], "hi", HEALTH);
    assert_eq!((health.stopped(), written.stopped()), (Disposition::Hold, Disposition::Hold));
}

#[test]
fn a8_what_is_quoted_was_not_written_by_who_quotes_it() {
    let quoting = "Please look at this.\r\n\r\nOn Monday jacob wrote:\r\n> im gonna stab you after school";
    let fate = shipped().proved(PUPIL, &[TEACHER], "Fwd: hi", quoting);
    let threat = fate.findings().find(|f| f.category.name() == "harm.threat").expect("it is found");
    assert_eq!(threat.origin, Origin::Quoted);
    fate.delivered(1, "quoted");
    // Nothing happens by itself: no effect names an incident of the one who passed it on.
    assert_eq!(fate.assessment.verdict.plan.incident, None);
    let own = shipped().proved(PUPIL, &[TEACHER], "hi", "im gonna stab you after school");
    assert!(own.assessment.verdict.plan.incident.is_some());
    // But anyone can write a mark of quotation: what threatens a pupil that way is told to
    // the lead, and a teacher's sexual talk to the head.
    let mark = shipped().proved(
        "24jrowe@pupils.oakfield.example",
        &[PUPIL],
        "hi",
        "> im gonna stab you after school",
    );
    mark.delivered(1, "quoted to a pupil");
    assert_eq!(mark.told(), [LEAD]);
    let mark = shipped().proved(TEACHER, &[PUPIL], "hi", "> send me nudes");
    assert_eq!(mark.told(), [HEAD]);
}

/// A ceiling makes a hold of what another rule wanted a reviewer for: then its sender may not let it go.
#[test]
fn a_sender_releases_only_what_no_rule_wanted_stopped_for_longer() {
    let rules = "
[[policy]]
id = \"test.stop\"
clauses = [\"PD-1\"]
reason = \"A reviewer looks at health details.\"
when = { findings = { category = [\"personal-data.health\"] } }
then = { disposition = \"quarantine\" }

[[policy]]
id = \"test.ceiling\"
clauses = [\"PD-1\"]
reason = \"Staff are asked first.\"
when = { from = [\"staff\"], proved-sender = true }
then = { ceiling = \"hold\" }
";
    let item = |bench: &Bench| {
        let fate = bench.proved(TEACHER, &[OUTSIDE], "About noon", HEALTH);
        assert_eq!(fate.stopped(), Disposition::Hold, "{:?}", fate.assessment.verdict);
        fate.prepared.items[0].sender_may_release
    };
    assert!(item(shipped()));
    assert!(!item(&Bench::new(rules)));
}

#[test]
fn a9_staff_reach_the_safeguarding_agency_and_the_office_every_parent() {
    let agency = "duty@social-care.council.example";
    for bench in [shipped(), hostile()] {
        for from in [TEACHER, LEAD, "k.tolley@oakfield.example"] {
            let fate =
                bench.proved(from, &[agency], "Child at risk", &format!("{HEALTH} She says: I want to die."));
            assert_eq!(fate.prepared.passing.len(), 1, "{from}: {:?}", fate.assessment.verdict);
            assert!(fate.prepared.items.is_empty() && fate.prepared.refusal.is_none(), "{from}");
        }
    }
    let parents = [
        PARENT,
        "jess.lund@homemail.example",
        "adam.frost@freemail.example",
        "laura.dunmore@homemail.example",
        "farah.iqbal@homemail.example",
        "selin.demir@postbox.example",
        "judith.castle@homemail.example",
    ];
    let office = "office@oakfield.example";
    let closure = "The school is closed today because of snow. Please pass this on to everyone you know.";
    let raw = mail(office, &parents.join(", "), "Closed today", closure);
    let member = SenderProof::Login("j.birch@oakfield.example".into());
    let fate = shipped().fate(member, office, &parents, &raw);
    assert_eq!((fate.prepared.passing.len(), fate.told()), (parents.len(), vec![]));
    let teacher = shipped().proved(TEACHER, &parents, "Trip", "The trip is on Friday.");
    assert_eq!(teacher.told(), Vec::<String>::new(), "one address is visible");
    let shown = mail(TEACHER, &parents.join(", "), "Trip", "The trip is on Friday.");
    let shown = shipped().fate(SenderProof::Login(TEACHER.into()), TEACHER, &parents, &shown);
    assert_eq!(shown.told(), [TEACHER], "others are reminded of Bcc");
}

/// What is written to this person about one message.
fn letters(fate: &Fate, to: &str) -> Vec<(String, String)> {
    let jobs = fate.prepared.outbox.iter().filter(|j| j.recipients.iter().any(|r| r.address.as_str() == to));
    let letter = |job: &NewOutbox| {
        let OutboxMessage::Written(raw) = &job.message else { panic!("a copy of the message itself") };
        let letter = read(raw, ReadLimits::default());
        let text = |body: &Body<'_>| match body {
            Body::Text(text) | Body::Html(text) => text.to_string(),
            _ => String::new(),
        };
        (letter.header.subject.clone(), letter.parts.iter().map(|p| text(&p.body)).collect())
    };
    jobs.map(letter).collect()
}

#[test]
fn a10_why_an_address_is_wrong_is_not_said_to_the_sender() {
    let bench = Bench::new(&named("personal-data.wrong-recipient", "marmalade"));
    let father = "stephen.rowe@freemail.example";
    let fate = bench.proved(TEACHER, &[father], "Amelia", "Amelia liked the marmalade.");
    assert_eq!((fate.stopped(), fate.told()), (Disposition::Hold, vec![TEACHER.to_owned()]));
    let [(subject, text)] = &letters(&fate, TEACHER)[..] else { panic!("one nudge") };
    assert_eq!(subject, "Your message is waiting for you");
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "Not sent yet. Check this address with the office before sending. Nobody else has read it."
    );
    for word in ["found:", "seems", "told", "contact", "court", "wrong", "marmalade", "stephen rowe"] {
        assert!(!text.to_lowercase().contains(word), "{word}: {text}");
    }
    // One child's father, not told of another's matters, has an ordinary address.
    bench.proved(TEACHER, &[father], "Jacob", "Jacob did well this week.").prepared.records[0]
        .parties
        .iter()
        .for_each(|p| assert!([TEACHER, father].contains(&p.address.as_str())));
}

#[test]
fn a11_staff_who_write_of_their_own_commit_no_breach() {
    let (school, home) = ("m.dunmore@oakfield.example", "mark.dunmore@homemail.example");
    let about_ella = "Ella is at the hospital for her asthma on Thursday, so she will miss your lesson.";
    let grievance =
        "I want to raise a grievance about my timetable and my back pain. My GP has signed me off.";
    let colleague = "a.rahman@oakfield.example";
    for (from, to, text) in [
        (home, colleague, about_ella),
        (school, colleague, about_ella),
        (school, HEAD, grievance),
        (home, HEAD, grievance),
        (school, "rep@union.example", grievance),
        (school, "reception@surgery.example", "Can I come on Friday about my back? Mark"),
        (school, home, "Milk, bread and Ella's recorder."),
    ] {
        let fate = shipped().proved(from, &[to], "A private matter", text);
        assert_eq!(fate.prepared.passing.len(), 1, "{from} to {to}: {:?}", fate.assessment.verdict);
        assert!(fate.prepared.items.is_empty() && fate.assessment.verdict.plan.incident.is_none());
        let told = fate.told();
        assert!(told.iter().all(|t| t == from), "{from} to {to}: {told:?}");
        assert!(!fate.found("contact.personal-address") || to == home, "{from} to {to}");
    }
}

/// A11: how often and when somebody writes is no finding by itself.
#[test]
fn a11_hour_and_frequency_alone_are_no_findings() {
    for hour in 0..24 {
        let text = "The book is Skellig, chapters one to three.";
        let raw = mail(TEACHER, PUPIL, "Homework", text).replace("10:00:00", &format!("{hour:02}:59:00"));
        let fate = shipped().fate(SenderProof::Login(TEACHER.into()), TEACHER, &[PUPIL], &raw);
        assert_eq!(fate.findings().count(), 0, "at {hour}");
        fate.delivered(1, "homework");
        assert_eq!(fate.told(), Vec::<String>::new());
    }
}

#[test]
fn a12_religion_politics_and_identity_are_no_findings() {
    for text in [
        "Ramadan Mubarak! We break the fast at the mosque at half past eight, inshallah.",
        "My essay is about Gaza, Israel and the ceasefire. Free Palestine is a slogan that I discuss.",
        "السلام عليكم، هذا واجبي في اللغة العربية عن عائلتي ومدرستي.",
        "Irish history: the Easter Rising, the Republican movement and the hunger strikes in the Maze.",
        "My grandparents are Kurdish. The PKK and Peshmerga are part of our lesson on Kurdistan.",
        "I am gay and I would like to start an LGBT club. She is a lesbian, he is trans, they are bisexual.",
        "I support the Green Party, my dad votes Reform and my mum Labour. The march is on Saturday.",
        "Jihad means struggle; our RE lesson compared it with the crusades. Allahu akbar is a prayer.",
        "Mae fy nhaid yn mynd i'r capel ac rwy'n cefnogi annibyniaeth i Gymru.",
    ] {
        for (from, to) in [(PUPIL, TEACHER), (TEACHER, PUPIL), (PUPIL, "24jrowe@pupils.oakfield.example")] {
            let fate = shipped().proved(from, &[to], "Homework", text);
            let found: Vec<_> =
                fate.findings().filter(|f| f.confidence >= 0.3).map(|f| (&f.rule, f.category)).collect();
            assert!(found.is_empty(), "{text}: {found:?}");
            assert_eq!(fate.told(), Vec::<String>::new());
        }
    }
}

/// practice.md, D, on what is really written about every message of the corpus, also when
/// a hostile rule file has everybody told of everything.
#[test]
fn notices_have_quiet_subjects_and_no_word_of_the_message() {
    const SUBJECTS: [&str; 4] = [
        "Your message is waiting for you",
        "About a message you sent",
        "A message is waiting for you",
        "Urgent: a message is waiting for you",
    ];
    const NEVER: [&str; 7] = [
        "violation",
        "offender",
        "grooming detected",
        "safeguarding concern",
        "for your protection",
        "culprit",
        "suspicious",
    ];
    let mut letters_seen = 0;
    for path in corpus() {
        let raw = std::fs::read_to_string(&path).unwrap_or_default();
        let (Some(from), Some(to)) = (field(&raw, "X-Envelope-From"), field(&raw, "X-Envelope-To")) else {
            continue;
        };
        let bare = |address: &str| address.trim().trim_matches(['<', '>']).to_owned();
        let (from, to): (_, Vec<String>) = (bare(from), to.split(',').map(bare).collect());
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        // A report from nowhere is answered to nobody.
        if from.is_empty() {
            continue;
        }
        for bench in [shipped(), hostile()] {
            let fate = bench.fate(SenderProof::Login(from.clone()), &from, &to, &raw);
            for person in fate.told() {
                for (subject, text) in letters(&fate, &person) {
                    letters_seen += 1;
                    let shown = path.display();
                    assert!(SUBJECTS.contains(&subject.as_str()), "{shown}: {subject}");
                    let own: String = text.lines().filter(|l| !l.starts_with("Subject: ")).collect();
                    let own = own.to_lowercase();
                    assert!(NEVER.iter().all(|w| !own.contains(w)), "{shown}: {text}");
                    for value in values(&raw) {
                        assert!(!own.contains(&value.to_lowercase()), "{shown}: {value} in {text}");
                    }
                    if person != from {
                        let about = [&*from, field(&raw, "Subject").unwrap_or_default()];
                        assert!(about.iter().all(|a| a.len() < 8 || !text.contains(a)), "{shown}: {text}");
                    }
                }
            }
        }
    }
    assert!(letters_seen > 100, "{letters_seen}");
}

fn corpus() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(Path::new(crate::gate::ROOT).join("corpus")).unwrap();
    let folders = folders.map(|f| f.unwrap().path()).filter(|f| f.is_dir());
    let files = folders.flat_map(|f| std::fs::read_dir(f).unwrap().map(|e| e.unwrap().path()));
    files.filter(|f| f.extension().is_some_and(|e| e == "eml")).collect()
}

fn field<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    raw.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "))
}

/// What a notice could betray: long lines and long numbers of the text.
fn values(raw: &str) -> Vec<String> {
    let body = raw.split_once("\n\n").or_else(|| raw.split_once("\r\n\r\n")).map_or("", |(_, body)| body);
    let lines = body.lines().map(str::trim).filter(|l| l.len() > 24).map(str::to_owned);
    let numbers = body.split(|c: char| !c.is_ascii_digit()).filter(|n| n.len() > 5).map(str::to_owned);
    lines.chain(numbers).collect()
}

/// practice.md, B: a reminder after one hour, returned after one school day, never sent by itself.
#[test]
fn a_hold_that_nobody_answers_is_reminded_of_once_and_goes_back_unsent_and_a_quarantine_stays() {
    use crate::storage::{Bench as Stored, Sample};
    use gatehouse::{gateway::Gate, storage::ItemState};
    let bench = Bench::new("");
    bench._runtime.block_on(async {
        let stored = Stored::new().await;
        let hold = Sample::new(1).held(&stored.store, ItemKind::Hold).await;
        let quarantine = Sample::new(2).held(&stored.store, ItemKind::Quarantine).await;
        let state = async |id| stored.store.item_summary(id).await.unwrap().state;
        let now = std::sync::Arc::new(std::sync::Mutex::new(Utc::now()));
        let clock = std::sync::Arc::clone(&now);
        let clock = std::sync::Arc::new(move || *clock.lock().unwrap());
        let gate = Gate::new(bench.standing, stored.store.clone(), clock, 20);
        assert_eq!((gate.expire_holds().await.unwrap(), gate.remind_of_holds().await.unwrap()), (0, 0));
        assert_eq!(state(&hold).await, ItemState::Open);
        *now.lock().unwrap() += chrono::TimeDelta::minutes(61);
        assert_eq!((gate.remind_of_holds().await.unwrap(), gate.remind_of_holds().await.unwrap()), (1, 0));
        let [reminder] = &stored.store.outbox_claim(10, chrono::TimeDelta::hours(1)).await.unwrap()[..]
        else {
            panic!("one reminder");
        };
        let gatehouse::storage::Task::Deliver(to) = &reminder.task else { panic!("a report") };
        assert!(to.len() == 1 && to[0].recipient.address.as_str() == crate::storage::TEACHER);
        let text = String::from_utf8_lossy(&reminder.message).replace("=\r\n", "");
        assert!(text.contains("Still not sent.") && text.contains("Nobody else has read it."), "{text}");
        assert!(text.contains("Reference: ") && !text.contains("Canary"), "{text}");
        *now.lock().unwrap() += chrono::TimeDelta::days(4);
        assert_eq!(gate.expire_holds().await.unwrap(), 1);
        assert_eq!(gate.expire_holds().await.unwrap(), 0);
        assert_eq!((state(&hold).await, state(&quarantine).await), (ItemState::Expired, ItemState::Open));
        let jobs = stored.store.outbox_list(10).await.unwrap();
        assert_eq!(jobs.len(), 2, "its sender is told, nothing is sent: {jobs:?}");
        assert!(jobs.iter().all(|job| job.kind == gatehouse::storage::OutboxKind::Notice));
        stored.verify().await;
    });
}

/// Counts who looks at pictures, or takes them out of files to look at them.
#[derive(Debug, Default)]
struct Looks {
    taken: AtomicUsize,
    looked: AtomicUsize,
}

impl Opener for Looks {
    fn open(&self, name: Option<&str>, kind: &str, bytes: &[u8], until: Until) -> Result<Opened, NotOpened> {
        InProcess::default().open(name, kind, bytes, until)
    }

    fn pictures_read(&self) -> usize {
        20
    }

    fn take_pictures(
        &self,
        name: Option<&str>,
        kind: &str,
        bytes: &[u8],
        most: usize,
        until: Until,
    ) -> Option<Opened> {
        self.taken.fetch_add(1, Ordering::Relaxed);
        InProcess(FileLimits { take_pictures: most, ..FileLimits::default() })
            .open(name, kind, bytes, until)
            .ok()
    }

    fn read_picture(&self, _: &[u8], _: Until) -> Option<Opened> {
        self.looked.fetch_add(1, Ordering::Relaxed);
        Some(Opened::default())
    }
}

/// A3: where sexual words and a picture come together nobody reads what stands on it, wherever it lies.
#[test]
fn nobody_looks_at_pictures_beside_sexual_words() {
    let words = |name: &str| std::fs::read(format!("{ROOT}/tests/files/words/{name}")).unwrap();
    let zip = zipped(&[("holiday.png", &words("health.png"))]);
    for (name, bytes, is_file) in [
        ("holiday.png", words("health.png"), false),
        ("holiday.zip", zip, true),
        ("holiday.pdf", words("scan-jpeg.pdf"), true),
        ("holiday.docx", words("picture.docx"), true),
    ] {
        for (text, sexual) in [("See the picture.", false), ("send me nudes", true)] {
            let looks = Arc::new(Looks::default());
            let rulebook = Rulebook { opener: looks.clone(), ..shipped().standing.rulebook.clone() };
            let raw = with_file(PUPIL, TEACHER, text, (name, "application/octet-stream"), &bytes);
            let proof = SenderProof::Login(PUPIL.into());
            let transaction = Bench::transaction(&proof, PUPIL, &[TEACHER], &raw);
            let facts = Facts::at(transaction.received_at, proof);
            let (assessment, ()) = assess(&transaction, &facts, &rulebook, &mut Scratch::new(), |_, _, _| ());
            let found = assessment.findings.iter().any(|f| f.category.name() == "harm.sexual");
            assert_eq!(found, sexual, "{name}");
            let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
            let expected = if sexual { (0, 0) } else { (usize::from(is_file), 1) };
            assert_eq!((count(&looks.taken), count(&looks.looked)), expected, "{name}: {text}");
        }
    }
}
