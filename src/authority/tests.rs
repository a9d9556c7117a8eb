//! The whole product of offices, relations, things, matters, states, steps and acts, and
//! what must hold everywhere in it; then people and faces; then the page.

use super::{rules::rule, *};
use crate::mail::SchoolId;
use chrono::{DateTime, TimeDelta, Utc};

/// Who of the others is free: everyone, all but heads, all but heads and chairs, nobody.
const FREE: [&[Office]; 4] = [
    Office::ALL,
    &[Office::Lead, Office::Deputy, Office::Chair, Office::DataProtection, Office::Admin],
    &[Office::Lead, Office::Deputy, Office::DataProtection, Office::Admin],
    &[],
];

/// Sets of offices at a school: none, each, some together, all.
fn sets() -> Vec<Offices> {
    let mut all = vec![Offices::NONE, Office::ALL.iter().copied().collect()];
    all.extend(Office::ALL.iter().map(|one| Offices::of(&[*one])));
    all.push(Offices::of(&[Office::Lead, Office::Head]));
    all.push(Offices::of(&[Office::Admin, Office::DataProtection]));
    all
}

/// Every position of the product; `see` gets each with each act that there is for it.
fn each(mut see: impl FnMut(&Position, Act, &Answer)) -> u64 {
    let mut count = 0;
    let sets = sets();
    for thing in Thing::ALL.iter().copied() {
        // What does not bear on a kind of thing is not varied for it.
        let item = matches!(thing, Thing::Quarantined | Thing::Sealed | Thing::Incident);
        let matters = if item || matches!(thing, Thing::PersonHistory | Thing::LogEntry) {
            Matter::ALL
        } else {
            &[Matter::Concern]
        };
        let gravities = if item { Gravity::ALL } else { &[Gravity::Ordinary] };
        let hold = thing == Thing::Hold;
        let may = if hold { SenderMay::ALL } else { &[SenderMay::Release] };
        let reaches = if hold { Reach::ALL } else { &[Reach::Ordinary] };
        let kinds = if thing == Thing::Grant { &GrantKind::ALL[..] } else { &[GrantKind::Plain] };
        for &matter in matters {
            for &gravity in gravities {
                for &sender_may in may {
                    for &reach in reaches {
                        for &grant in kinds {
                            for &state in State::ALL {
                                let p = Position {
                                    offices: Offices::NONE,
                                    trust: Offices::NONE,
                                    relation: Relation::None,
                                    thing,
                                    matter,
                                    state,
                                    gravity,
                                    sender_may,
                                    reach,
                                    step: Step::First,
                                    grant,
                                    free: Offices::NONE,
                                    trust_free: Offices::NONE,
                                    held: Offices::NONE,
                                    trust_held: Offices::NONE,
                                };
                                count += people(&p, &sets, &mut see);
                            }
                        }
                    }
                }
            }
        }
    }
    count
}

fn people(base: &Position, sets: &[Offices], see: &mut impl FnMut(&Position, Act, &Answer)) -> u64 {
    const TRUST: [Offices; 3] =
        [Offices::NONE, Offices::of(&[Office::Chair]), Offices::of(&[Office::Head, Office::Lead])];
    let acts: Vec<Act> = Act::ALL.iter().copied().filter(|act| applies(base, *act)).collect();
    let mut free_and_held: Vec<(&[Office], &[Office])> = FREE.iter().map(|free| (*free, *free)).collect();
    if base.thing.hides_from_parties() {
        // Those who hold an office and are parties: heads; everyone.
        free_and_held.extend([(FREE[1], Office::ALL), (FREE[3], Office::ALL)]);
    }
    let mut count = 0;
    for &step in Step::ALL {
        for &relation in Relation::ALL {
            for &(free, held) in &free_and_held {
                for trust in TRUST {
                    for &offices in sets {
                        let p = Position {
                            offices,
                            trust,
                            relation,
                            step,
                            free: Offices::of(free),
                            trust_free: if free.is_empty() { Offices::NONE } else { TRUST[1] },
                            held: Offices::of(held),
                            trust_held: if held.is_empty() { Offices::NONE } else { TRUST[1] },
                            ..*base
                        };
                        for act in acts.iter().copied().filter(|act| rule(&p, *act).is_some()) {
                            see(&p, act, &judge(&p, act));
                            count += 1;
                        }
                    }
                }
            }
        }
    }
    count
}

fn applies(base: &Position, act: Act) -> bool {
    Step::ALL.iter().any(|step| rule(&Position { step: *step, ..*base }, act).is_some())
}

fn hidden(p: &Position) -> bool {
    use Relation as R;
    p.thing.hides_from_parties()
        && (matches!(p.relation, R::Party | R::Accused | R::Proposed | R::Subject)
            || p.thing != Thing::Hold && matches!(p.relation, R::Owner | R::Supervisor))
}

#[test]
fn what_holds_everywhere() {
    const CONTENT: [Act; 3] = [Act::Particulars, Act::Bytes, Act::Export];
    let only_admin = Offices::of(&[Office::Admin]);
    let nobody = Offices::of(&[Office::Guest]);
    let count = each(|p, act, answer| {
        let allowed = answer.is_allowed();
        let told = || format!("{p:?} {act:?} {answer:?}");
        // A party, an accused, and whom the machine guesses to be one, get nothing at all.
        if hidden(p) {
            assert_eq!(*answer, Answer::NotThere, "{}", told());
            return;
        }
        // Every refusal names who may, or the authority, and never the asker's own name alone.
        if let Answer::No { instead, .. } | Answer::NeedsSecond { who: instead } = answer {
            assert!(!instead.is_empty(), "{}", told());
            for who in instead {
                if let Who::Office(office) = who {
                    let known = if p.sees_parties() { p.free } else { p.held };
                    assert!(known.has(*office), "names somebody who is not free: {}", told());
                }
            }
        }
        // Who does not see the parties cannot tell them by who is named, or by being let in.
        let stands_in = p.offices.has(Office::Chair) || p.trust.has(Office::Chair);
        if p.thing.hides_from_parties() && !p.sees_parties() && !stands_in {
            let none = Position { free: p.held, trust_free: p.trust_held, ..*p };
            assert_eq!(*answer, judge(&none, act), "{}", told());
        }
        if p.thing == Thing::Hold && matches!(act, Act::List | Act::Particulars | Act::Bytes) {
            let own =
                p.relation == Relation::Owner || p.relation == Relation::Supervisor && act != Act::Bytes;
            assert!(!allowed || own, "a hold is its sender's business: {}", told());
        }
        if p.thing == Thing::Sealed {
            let more = matches!(
                act,
                Act::Particulars | Act::Bytes | Act::Export | Act::Release | Act::Return | Act::Purge
            );
            assert!(!allowed || !more, "sealed: {}", told());
            assert!(!allowed || act != Act::InstructPolice || p.step == Step::ByAnother, "{}", told());
        }
        if p.matter == Matter::Protected
            && CONTENT.contains(&act)
            && matches!(p.thing, Thing::Quarantined | Thing::Incident)
        {
            assert!(!allowed, "{}", told());
        }
        if p.thing == Thing::LowLevelConcern && act != Act::Open && !p.offices.has(Office::Head) {
            let stands_in =
                !p.free.has(Office::Head) && (p.offices.has(Office::Chair) || p.trust.has(Office::Chair));
            assert!(stands_in || *answer == Answer::NotThere, "the head's alone: {}", told());
        }
        // The machine's admin, a governor, a guest, and whoever's grants have ended.
        if p.trust.is_empty() && p.relation == Relation::None && p.thing != Thing::Report {
            if p.offices == only_admin {
                let encrypted = matches!(p.thing, Thing::Ledger | Thing::Machine | Thing::Key);
                assert!(!allowed || !CONTENT.contains(&act) || encrypted, "{}", told());
            }
            if p.offices.is_empty() || p.offices == nobody {
                assert!(!allowed, "{}", told());
                assert!(!p.thing.hides_from_parties() || *answer == Answer::NotThere, "{}", told());
            }
        }
        // Nobody grants to themselves or approves their own.
        if p.relation == Relation::Subject && matches!(act, Act::Grant | Act::Approve) {
            assert!(!allowed, "{}", told());
        }
        if act == Act::Approve {
            assert!(!allowed || p.step == Step::ByAnother, "{}", told());
        }
        // Nobody decides on what they may not know of; a hold alone is decided unread.
        let blind = matches!(act, Act::Open | Act::Search | Act::Review) || p.thing == Thing::Hold;
        if allowed && !blind && p.thing.hides_from_parties() {
            let seen =
                [Act::List, Act::Count].map(|act| rule(p, act).is_some() && judge(p, act).is_allowed());
            assert!(seen.contains(&true), "{}", told());
        }
        if act == Act::Purge {
            assert!(!allowed || p.state != State::LegalHold, "{}", told());
        }
        // With the head free, the trust's people and the chair see no item of the school.
        if p.offices.is_empty()
            && p.relation != Relation::Owner
            && p.free.has(Office::Head)
            && p.thing.hides_from_parties()
            && !(p.thing == Thing::Hold && p.relation == Relation::Supervisor)
        {
            assert!(!allowed, "trust staff see no school: {}", told());
        }
    });
    assert!(count > 1_000_000, "{count} positions: the product has shrunk");
}

/// More offices never give less, but for the state where somebody is no longer the second.
#[test]
fn an_office_more_takes_nothing_away() {
    let rank = |answer: &Answer| match answer {
        Answer::NotThere => 0,
        Answer::No { .. } => 1,
        Answer::NeedsSecond { .. } => 2,
        Answer::Allowed => 3,
    };
    each(|p, act, answer| {
        if p.offices.iter().count() != 1 || !p.trust.is_empty() {
            return;
        }
        for more in Office::ALL {
            let with = judge(&Position { offices: p.offices.with(*more), ..*p }, act);
            assert!(rank(&with) >= rank(answer), "{p:?} {act:?}: with {more:?} {with:?}, before {answer:?}");
        }
    });
}

#[test]
fn an_allegation_climbs_from_head_to_chair_to_trust_to_the_authority() {
    let [all, no_head, no_chair, none] = FREE.map(Offices::of);
    let item = |offices, free, trust_free| Position {
        offices,
        trust: Offices::NONE,
        relation: Relation::None,
        thing: Thing::Quarantined,
        matter: Matter::Allegation,
        state: State::Open,
        gravity: Gravity::Ordinary,
        sender_may: SenderMay::OnlyWithdraw,
        reach: Reach::Ordinary,
        step: Step::First,
        grant: GrantKind::Plain,
        free,
        trust_free,
        held: free,
        trust_held: trust_free,
    };
    let (lead, head, chair) =
        (Offices::of(&[Office::Lead]), Offices::of(&[Office::Head]), Offices::of(&[Office::Chair]));
    let trust = Offices::of(&[Office::Chair]);
    assert_eq!(judge(&item(head, no_head, trust), Act::Bytes), Answer::Allowed);
    for other in [lead, chair, Offices::of(&[Office::Admin]), Offices::of(&[Office::DataProtection])] {
        assert_eq!(judge(&item(other, all, trust), Act::List), Answer::NotThere, "{other:?}");
    }
    assert_eq!(judge(&item(chair, no_head, trust), Act::Bytes), Answer::Allowed, "the head is a party");
    assert_eq!(judge(&item(lead, no_head, trust), Act::Bytes), Answer::NotThere);
    let above = Position { trust, ..item(Offices::NONE, no_chair, Offices::NONE) };
    assert_eq!(judge(&above, Act::Bytes), Answer::Allowed, "head and chair are parties");
    // A second where nobody is left to be it.
    let alone = Position { gravity: Gravity::Gravest, ..item(head, none, Offices::NONE) };
    assert_eq!(judge(&alone, Act::Release), Answer::NeedsSecond { who: vec![Who::Authority] });
    let second = Position { step: Step::ByAnother, ..item(chair, all, trust) };
    let gravest = Position { gravity: Gravity::Gravest, ..second };
    assert_eq!(judge(&gravest, Act::Release), Answer::Allowed, "the chair is the head's second");
}

fn face(n: u8) -> Face {
    Face([n; 32])
}

fn school() -> Scope {
    Scope::School(SchoolId("oakfield".into()))
}

fn asker(faces: &[u8], offices: &[Office]) -> Asker {
    Asker {
        faces: faces.iter().copied().map(face).collect(),
        offices: vec![(school(), Offices::of(offices))],
    }
}

#[test]
fn a_face_is_enough_to_be_a_party_and_who_is_one_is_not_named_instead() {
    let member = |faces: &[u8], office| Member {
        faces: faces.iter().copied().map(face).collect(),
        offices: vec![(school(), Offices::of(&[office]))],
    };
    let bench =
        Bench(vec![member(&[1, 11], Office::Lead), member(&[2], Office::Deputy), member(&[3], Office::Head)]);
    let mut case = Case::new(Thing::Quarantined, school());
    case.parties = vec![face(11)];
    case.accused = vec![face(3)];
    // The lead got it at a private address.
    assert_eq!(may(&asker(&[1, 11], &[Office::Lead]), Act::List, &case, &bench), Answer::NotThere);
    assert_eq!(may(&asker(&[2], &[Office::Deputy]), Act::Bytes, &case, &bench), Answer::Allowed);
    let admin = may(&Asker::operator(), Act::Bytes, &case, &bench);
    assert_eq!(
        admin,
        Answer::No {
            why: Why::AdminReadsNoContent,
            instead: vec![Who::Office(Office::Lead), Who::Office(Office::Deputy), Who::Office(Office::Head)]
        },
        "the admin cannot tell from it that the lead is a party"
    );
    assert_eq!(
        admin.sentence().unwrap(),
        "The admin runs the gate and reads no content. Who may: the safeguarding lead, a deputy lead or the head."
    );
    // The deputy sees the parties, and is told who is free to be the second.
    let grave = Case { gravity: Gravity::Gravest, ..case.clone() };
    let asks = may(&asker(&[2], &[Office::Deputy]), Act::Release, &grave, &bench);
    assert_eq!(asks, Answer::NeedsSecond { who: vec![Who::Authority] });
    // The guess hides it as well, until somebody has refused it.
    let mut guessed = Case::new(Thing::Incident, school());
    guessed.proposed = vec![face(2)];
    assert_eq!(may(&asker(&[2], &[Office::Deputy]), Act::Count, &guessed, &bench), Answer::NotThere);
    guessed.proposed.clear();
    assert_eq!(may(&asker(&[2], &[Office::Deputy]), Act::Count, &guessed, &bench), Answer::Allowed);
    // Another school's lead is nobody here.
    let elsewhere = Asker {
        faces: vec![face(9)],
        offices: vec![(Scope::School(SchoolId("brynglas".into())), Offices::of(&[Office::Lead]))],
    };
    assert_eq!(may(&elsewhere, Act::Count, &case, &bench), Answer::NotThere);
}

#[test]
fn the_second_of_two_is_another() {
    let bench = Bench(vec![
        Member { faces: vec![face(1)], offices: vec![(school(), Offices::of(&[Office::Lead]))] },
        Member { faces: vec![face(2)], offices: vec![(school(), Offices::of(&[Office::Head]))] },
    ]);
    let mut case = Case::new(Thing::Sealed, school());
    let (lead, head) = (asker(&[1], &[Office::Lead, Office::Head]), asker(&[2], &[Office::Head]));
    let asks = may(&lead, Act::InstructPolice, &case, &bench);
    assert_eq!(asks, Answer::NeedsSecond { who: vec![Who::Office(Office::Head)] });
    case.asked = Some(vec![face(1)]);
    assert_eq!(may(&lead, Act::InstructPolice, &case, &bench), asks, "twice by one is once");
    assert_eq!(may(&head, Act::InstructPolice, &case, &bench), Answer::Allowed);
}

#[test]
fn a_grant_counts_only_while_it_runs() {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let (day, school) = (TimeDelta::days(1), school());
    let good = Grant {
        office: Office::Lead,
        scope: school.clone(),
        from: now - day,
        until: Some(now + day),
        revoked: None,
        approval: Approval::Given,
    };
    assert!(in_force([&good], &school, now).has(Office::Lead));
    for dead in [
        Grant { until: Some(now), ..good.clone() },
        Grant { from: now + day, ..good.clone() },
        Grant { revoked: Some(now), ..good.clone() },
        Grant { approval: Approval::Awaited, ..good.clone() },
        Grant { scope: Scope::Trust, ..good.clone() },
    ] {
        assert_eq!(in_force([&dead], &school, now), Offices::NONE, "{dead:?}");
    }
}

#[test]
fn names_are_read_back() {
    assert!(Office::ALL.iter().all(|o| Office::named(o.name()) == Some(*o)));
    assert!(Act::ALL.iter().all(|a| Act::named(a.name()) == Some(*a)));
    assert!(Thing::ALL.iter().all(|t| Thing::named(t.name()) == Some(*t)));
}

/// docs/who-may.md is what a head reads and signs.
#[test]
fn the_page_is_made_from_the_rules() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = std::fs::read_to_string(root.join("docs/who-may.md")).unwrap_or_default();
    let made = page();
    if written != made {
        let actual = root.join("docs/who-may.md.actual");
        std::fs::write(&actual, &made).unwrap();
        panic!("docs/who-may.md is not what the rules say; compare {}", actual.display());
    }
}
