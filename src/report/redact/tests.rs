//! The redactor against people of a directory: whose names stay, whose are taken out, and where.

use super::*;
use crate::{
    mail::{Address, SchoolId},
    parties::{AddressKind, Membership, PersonRecord, Role, Standing},
};

fn person(
    id: &str,
    role: Role,
    given: &str,
    family: &str,
    preferred: Option<&str>,
    address: &str,
) -> PersonRecord {
    PersonRecord {
        id: PersonId(id.into()),
        given: given.into(),
        family: family.into(),
        preferred: preferred.map(str::to_owned),
        memberships: vec![Membership { school: SchoolId("oakfield".into()), role }],
        addresses: Address::parse(address).map(|a| (a, AddressKind::School)).into_iter().collect(),
        classes: vec![],
        children: vec![],
        must_not_contact: vec![],
        born: None,
        images: None,
        standing: Standing::Current,
    }
}

fn people() -> Vec<PersonRecord> {
    vec![
        person("jacob", Role::Pupil, "Jacob", "Rowe", Some("Jake"), "24jrowe@pupils.oakfield.example"),
        person("danielle", Role::Parent, "Danielle", "Rowe", None, "danielle.rowe@postbox.example"),
        person("sian", Role::Staff, "Siân", "Rhys-Morgan", None, "s.rhys-morgan@oakfield.example"),
        PersonRecord {
            born: "2014-03-05".parse().ok(),
            ..person("liam", Role::Pupil, "Liam", "O'Brien", None, "lobrien@pupils.oakfield.example")
        },
        person("rose", Role::Pupil, "Rose", "May", None, "rmay@pupils.oakfield.example"),
        person("will", Role::Pupil, "William", "Young", Some("Will"), "wyoung@pupils.oakfield.example"),
        person("zoe", Role::Staff, "Zoë Ann", "Kessler", None, "z.kessler@oakfield.example"),
        person("llyr", Role::Pupil, "Llŷr", "ap Gwilym", None, "llyr@pupils.oakfield.example"),
    ]
}

fn redacted(text: &str) -> Redacted {
    let directory = Directory::build(people(), vec![]);
    let jacob = directory.person(&PersonId("jacob".into())).unwrap();
    Redactor::new(&directory, jacob, &["Nia Pritchard".to_owned()], &[]).redact("text", text)
}

fn text(of: &str) -> String {
    redacted(of).text
}

#[test]
fn every_form_of_a_name_goes_and_the_persons_own_stay() {
    for (given, wanted) in [
        ("Jacob, Jake and Jacob Rowe", "Jacob, Jake and Jacob Rowe"),
        ("Danielle Rowe said; Rowe, Danielle", "[person 1] said; [person 1]"),
        ("D. Rowe and D Rowe", "[person 1] and [person 1]"),
        ("ask Siân Rhys-Morgan's class", "ask [person 1]'s class"),
        ("SIAN RHYS MORGAN, sian rhysmorgan, Ms Morgan", "[person 1], [person 1], Ms [person 1]"),
        ("si\u{ad}ân or Si&acirc;n or Sia\u{302}n", "[person 1] or [person 1] or [person 1]"),
        ("Liam O’Brien; OBrien, Liam; L O'Brien; Liam", "[person 1]; [person 1]; [person 1]; [person 1]"),
        ("Liam\n> O'Brien and Kess-\n> ler", "[person 1] and [person 2]"),
        ("ZA Kessler, Z. A. Kessler, Zoë", "[person 1], [person 1], [person 1]"),
        ("Llyr ap Gwilym a Llŷr", "[person 1] a [person 1]"),
        ("Nia Pritchard, N. Pritchard", "[name 1], [name 2]"),
    ] {
        assert_eq!(text(given), wanted, "{given}");
    }
}

#[test]
fn a_name_that_is_a_word_goes_where_it_is_written_like_a_name() {
    for (given, wanted) in [
        ("He saw Rose at noon", "He saw [person 1] at noon"),
        ("a rose by the wall, we may come", "a rose by the wall, we may come"),
        ("on 5 May, in May, May 2026 and May 5th", "on 5 May, in May, May 2026 and May 5th"),
        ("Rose was hit", "[person 1] was hit"),
        ("Will you come? May I?", "Will you come? May I?"),
        ("Will came; Rose May did", "[person 1] came; [person 2] did"),
    ] {
        let found = redacted(given);
        assert_eq!(found.text, wanted, "{given}");
        for one in found.list.iter().filter(|r| r.original == "Rose" || r.original == "Will") {
            assert_eq!(one.doubt, Doubt::MayBeAWord);
        }
    }
    // With a title the pupil's own surname is a parent's.
    assert_eq!(text("Mrs Rowe and Jacob Rowe"), "Mrs [name 1] and Jacob Rowe");
}

#[test]
fn addresses_numbers_and_places_go() {
    for (given, wanted) in [
        ("to 24jrowe@pupils.oakfield.example", "to 24jrowe@pupils.oakfield.example"),
        ("<Danielle.Rowe@postbox.example>, x@y.example", "<[person 1]>, [address 1]"),
        ("call 07700 900123 or +44 (0)29 2018 0123.", "call [telephone number 1] or [telephone number 2]."),
        ("on 2026-11-25 10:15, room 0123", "on 2026-11-25 10:15, room 0123"),
        ("at 4 High Street, Llandre NE69 7AW.", "at [postal address 1]."),
        ("Home:\n12 Ffordd Las\nLlandre\nNE69 7AW\nBye", "Home:\n[postal address 1]\nBye"),
        ("at 12 Heol y Bont", "at [postal address 1]"),
    ] {
        assert_eq!(text(given), wanted, "{given}");
    }
}

#[test]
fn names_go_however_they_are_written() {
    for (given, wanted) in [
        ("#ZoeKessler and zoekessler.bin", "#[person 1] and [person 1].bin"),
        ("Zoe&#8203;Kessler, zoe&#8203;kessler, Kessler_Zoe", "[person 1], [person 1], [person 1]"),
        ("thezoekesslershow, ZKessler2", "the[person 1]show, [person 1]2"),
        ("Zoë2 and JacobRowe", "[person 1]2 and JacobRowe"),
        ("the Kesslers, the O'Briens' car", "the [person 1], the [person 2]' car"),
        ("lobrien was there; 24jrowe, s.rhys-morgan", "[person 1] was there; 24jrowe, [person 2]"),
        ("K\u{435}ssler and L\u{456}\u{430}m", "[person 1] and [person 2]"),
        ("K e s s l e r came, L-i-a-m, L i a m  O B r i e n", "[person 1] came, [person 2], [person 2]"),
        ("a rose, a bulb; the Youngs, the youngs", "a rose, a bulb; the [person 1], the youngs"),
    ] {
        assert_eq!(text(given), wanted, "{given}");
    }
}

#[test]
fn numbers_dates_of_birth_and_named_houses_go() {
    for (given, wanted) in [
        (
            "UPN H801200001001, NHS 943 476 5919, NI QQ 12 34 56 C or qq123456c",
            "UPN [personal number 1], NHS [personal number 2], NI [personal number 3] or [personal number 3]",
        ),
        ("07700.900.123 or 07700–900–123", "[telephone number 1] or [telephone number 1]"),
        (
            "Liam, 5 March 2014; DOB: 17/02/13; a trip on 5 March 2020",
            "[person 1], [date of birth 1]; DOB: [date of birth 2]; a trip on 5 March 2020",
        ),
        ("The Old Mill, Lincoln; Flat 3, Elm House", "[postal address 1]; [postal address 2]"),
        ("on 01.09.2026. 10 pupils, unit 3, Fractions", "on 01.09.2026. 10 pupils, unit 3, Fractions"),
    ] {
        assert_eq!(text(given), wanted, "{given}");
    }
}

#[test]
fn the_list_says_where_and_labels_stay_the_same_from_text_to_text() {
    let directory = Directory::build(people(), vec![]);
    let jacob = directory.person(&PersonId("jacob".into())).unwrap();
    let mut redactor = Redactor::new(&directory, jacob, &[], &["Rose".to_owned()]);
    assert_eq!(redactor.redact("1/text", "Liam and Siân").text, "[person 1] and [person 2]");
    let second = redactor.redact("2/file name", "s.rhys-morgan@oakfield.example Rose");
    assert_eq!(second.text, "[person 2] Rose", "reviewers said that this is a flower");
    assert_eq!((second.list[0].place.as_str(), second.list[0].kind), ("2/file name", Kind::Address));
}

/// A small generator of numbers, so that a failure comes again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// No name, in any of its forms and disguises, and no address of anybody but the person is left.
#[test]
fn no_name_or_address_of_another_is_left() {
    let mut chance = Chance(7);
    let people = people();
    let directory = Directory::build(people.clone(), vec![]);
    let jacob = directory.person(&PersonId("jacob".into())).unwrap();
    for _ in 0..3_000 {
        let mut text = String::new();
        let mut said = Vec::new();
        for _ in 0..=chance.below(4) {
            let p = &people[1 + chance.below(people.len() - 1)];
            let first = p.given.split(' ').next().unwrap();
            let initial = &p.given[..p.given.chars().next().unwrap().len_utf8()];
            let address = p.addresses[0].0.as_str().to_owned();
            let form = match chance.below(7) {
                0 => format!("{} {}", p.given, p.family),
                1 => format!("{}, {first}", p.family),
                2 => format!("{initial}. {}", p.family),
                3 => p.family.clone(),
                4 => first.to_owned(),
                5 => address,
                _ => format!("{} {}", p.preferred.as_deref().unwrap_or(&p.given), p.family),
            };
            // A surname that is the person's own too stays.
            if form == "Rowe" {
                continue;
            }
            let form = match chance.below(6) {
                0 if form.contains(' ') => {
                    form.replacen(' ', chance.of(&["\n", "\r\n> ", "  ", " \n>> "]), 1)
                }
                1 if !form.contains('@') => form.to_uppercase(),
                2 if !form.contains('@') => form.replace('\'', "’").replace('-', "‑"),
                3 if !form.contains('@') => {
                    form.replace('â', "&acirc;").replace('ë', "&#235;").replace('ŷ', "y\u{302}")
                }
                4 => format!("{}\u{200b}{}", &form[..1], &form[1..]),
                _ => form,
            };
            text.push_str(chance.of(&["Then ", "with ", "(", "\"", "> ", "a: ", "Dear Mr ", "\u{2022} "]));
            text.push_str(&form);
            text.push_str(chance.of(&[" came.", ")", "'s bag", "\n", "; ", "\u{2014}no "]));
            said.push(form);
        }
        let left = Redactor::new(&directory, jacob, &[], &[]).redact("x", &text).text;
        let folded = crate::detection::without_marks(&left);
        for p in people.iter().skip(1) {
            let family = crate::detection::without_marks(&p.family);
            let parts = p.given.split(' ').map(crate::detection::without_marks).chain([family]);
            for part in parts.filter(|part| part != "rowe") {
                let alone = |at: usize| {
                    !folded[..at].ends_with(|c: char| c.is_alphanumeric())
                        && !folded[at + part.len()..].starts_with(|c: char| c.is_alphanumeric())
                };
                let found = folded.match_indices(&part).any(|(at, _)| alone(at));
                assert!(!found, "{part:?} is left of {text:?}: {left:?}");
            }
            assert!(!folded.contains(p.addresses[0].0.key()), "{text:?}: {left:?}");
        }
        assert!(
            !left.to_lowercase().contains("danielle rowe") && !left.contains("D. Rowe"),
            "{text:?}: {left:?}"
        );
    }
}
