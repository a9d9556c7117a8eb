//! The copy of mail with parents, and under whom it is filed: each parent who wrote it or
//! was written, the children of theirs whom it is about, and the members of staff. Never a
//! household (practice.md, A10): a parent who does not stand in the message gets nothing of it.

use super::{Matter, Tools};
use crate::{
    detection::{People, PersonName, folded_words, is_also_a_word, people::NameMemory, without_marks},
    extraction::{ExtractLimits, Layer, extract},
    files::Files,
    mail::{Address, SchoolId},
    message::{Body, Disposition, Message},
    parties::{AddressKind, Holder, Listing, Party, Person, Role},
    storage::{Certainty, Filed, FiledAs, NewRecord, RecordParty},
};

/// Text that is read for children's names: far more than a letter has.
const MOST_TEXT: ExtractLimits = ExtractLimits { text_bytes: 256 << 10, ..ExtractLimits::DEFAULT };

/// Copies of mail with parents are a school's own switch, also while it observes. What was
/// kept is recorded when it is kept, so not again when it comes back released.
pub(super) fn records(matter: &Matter<'_>, tools: &Tools<'_>) -> Vec<NewRecord> {
    if !matter.facts.releases.is_empty() || is_confidential(matter) {
        return Vec::new();
    }
    let mut parties: Vec<RecordParty> = Vec::new();
    for party in everyone(matter) {
        let Some(address) = &party.address else { continue };
        if !parties.iter().any(|known| known.address == *address) {
            parties.push(RecordParty { address: address.clone(), role: party.role() });
        }
    }
    let header = &matter.message.header;
    let copy = |school: &SchoolId| NewRecord {
        school: school.clone(),
        parties: parties.clone(),
        people: filing(matter, tools, school),
        message_id: header.message_id.clone(),
        answers: header.references.iter().chain(&header.in_reply_to).cloned().collect(),
        attachments: attachments(matter.message),
    };
    matter.verdict.plan.records.iter().map(copy).collect()
}

fn everyone<'a>(matter: &Matter<'a>) -> impl Iterator<Item = &'a Party> {
    matter.parties.senders().chain(&matter.parties.recipients)
}

/// A listed confidential service that writes, is written to, or is shown as an addressee
/// keeps the whole message out of the records, whoever else has it (CT-10; practice.md, A6). That a
/// union or solicitor is only named in Cc of a sender who is not proved does not: anybody could
/// keep a complaint out of the records that way (practice.md, A7).
fn is_confidential(matter: &Matter<'_>) -> bool {
    let helpline = |p: &Party| p.listing == Some(Listing::Helpline);
    let listed = |p: &Party| helpline(p) || p.listing == Some(Listing::Protected) || p.is(Role::Service);
    let proved = matter.parties.proved_sender.is_some();
    everyone(matter).any(listed)
        || matter.parties.visible.iter().any(|p| helpline(p) || (proved && listed(p)))
}

/// Files of the message itself; what an attached message carries is that one's.
fn attachments(message: &Message<'_>) -> u32 {
    let is_file = |p: &&crate::message::Part<'_>| {
        p.nesting == 0
            && !matches!(p.body, Body::Multipart(_))
            && (p.disposition == Disposition::Attachment || p.file_name.is_some())
    };
    u32::try_from(message.first_reading().iter().filter(is_file).count()).unwrap_or(u32::MAX)
}

fn filing(matter: &Matter<'_>, tools: &Tools<'_>, school: &SchoolId) -> Vec<Filed> {
    let day = matter.transaction.received_at.date_naive();
    let mut filed: Vec<Filed> = Vec::new();
    let mut file = |person: Person<'_>, filed_as, certainty| {
        let same = |f: &&mut Filed| f.person == *person.id() && f.filed_as == filed_as;
        match filed.iter_mut().find(same) {
            Some(known) => known.certainty = known.certainty.min(certainty),
            None => filed.push(Filed { person: person.id().clone(), filed_as, certainty }),
        }
    };
    let mut words = None;
    for address in everyone(matter).filter_map(|p| p.address.as_ref()) {
        for holder in holders(tools, address).filter(|h| h.person.is_current(day)) {
            let Some(filed_as) = stands_as(&holder) else { continue };
            file(holder.person, filed_as, Certainty::Certain);
            if filed_as == FiledAs::Parent {
                let children = children(holder.person, school, day);
                for (child, certainty) in about(&children, || &*words.get_or_insert_with(|| text(matter))) {
                    file(child, FiledAs::Child, certainty);
                }
            }
        }
    }
    filed
}

/// Everybody who reads that address: parents who share a mailbox both do. Providers
/// deliver `name+tag@` to `name@` (RFC 5233).
fn holders<'a>(tools: &Tools<'a>, address: &Address) -> impl Iterator<Item = Holder<'a>> {
    let known = tools.directory.lookup(address).or_else(|| {
        let (name, _) = address.local().split_once('+')?;
        tools.directory.lookup_key(&format!("{name}@{}", address.domain()))
    });
    known.into_iter().flat_map(|k| k.holders())
}

/// Who has several roles writes as a parent from an address of their own, and as what the
/// school knows them from the school's (practice.md, A11).
fn stands_as(holder: &Holder<'_>) -> Option<FiledAs> {
    let is = |role| holder.person.is(role);
    let at_school = if is(Role::Staff) || is(Role::Supply) {
        Some(FiledAs::Staff)
    } else if is(Role::Pupil) {
        Some(FiledAs::Child)
    } else if is(Role::Governor) {
        Some(FiledAs::Governor)
    } else {
        None
    };
    let parent = is(Role::Parent).then_some(FiledAs::Parent);
    if holder.kind == AddressKind::School { at_school.or(parent) } else { parent.or(at_school) }
}

/// A parent's children at this school: those who are there, else those who were.
fn children<'a>(parent: Person<'a>, school: &SchoolId, day: chrono::NaiveDate) -> Vec<Person<'a>> {
    let here = |c: &Person<'_>| c.memberships().any(|(s, role)| s == school && role == Role::Pupil);
    let all: Vec<_> = parent.children().filter(here).collect();
    let current: Vec<_> = all.iter().copied().filter(|c| c.is_current(day)).collect();
    if current.is_empty() { all } else { current }
}

/// What a reader sees of the message, subject first.
fn text(matter: &Matter<'_>) -> String {
    let files = Files::default();
    let extract = extract(matter.message, &files, MOST_TEXT);
    let mut text = matter.message.header.subject.clone();
    for fragment in &extract.fragments {
        if matches!(fragment.layer, Layer::Visible | Layer::FileName) {
            text.push('\n');
            text.push_str(&fragment.view.text);
        }
    }
    text
}

/// Which of a parent's children a message is about: the only one; those it names; else
/// all of them, not certain. Among the children of one family a first name is enough, unless
/// it is also a word: "we can come in May".
fn about<'c, 't>(children: &[Person<'c>], text: impl FnOnce() -> &'t String) -> Vec<(Person<'c>, Certainty)> {
    if let [only] = children {
        return vec![(*only, Certainty::Certain)];
    }
    if children.is_empty() {
        return Vec::new();
    }
    let text = text();
    let words: Vec<u64> = folded_words(text).into_iter().map(|(hash, _)| hash).collect();
    let mut memory = NameMemory::default();
    let mut is_named = |child: &Person<'_>| {
        let name = PersonName {
            role: Role::Pupil,
            given: child.given(),
            family: child.family(),
            preferred: child.preferred(),
        };
        let whole = !People::new([name]).in_text(text, &mut memory).is_empty();
        let called = || std::iter::once(child.given()).chain(child.preferred());
        let first = called().filter(|name| !is_also_a_word(&without_marks(name))).any(|name| {
            let name: Vec<u64> = folded_words(name).into_iter().map(|(hash, _)| hash).collect();
            !name.is_empty() && words.windows(name.len()).any(|w| w == name)
        });
        whole || first
    };
    let named: Vec<Person<'c>> = children.iter().copied().filter(|c| is_named(c)).collect();
    if named.is_empty() {
        return children.iter().map(|c| (*c, Certainty::NotCertain)).collect();
    }
    // A sister called Rose may well be meant where "rose" stands.
    let perhaps = |c: &&Person<'c>| {
        !named.contains(c) && {
            let name: Vec<u64> = folded_words(c.given()).into_iter().map(|(hash, _)| hash).collect();
            is_also_a_word(&without_marks(c.given())) && words.windows(name.len().max(1)).any(|w| w == name)
        }
    };
    let others: Vec<Person<'c>> = children.iter().filter(perhaps).copied().collect();
    let certain = named.into_iter().map(|c| (c, Certainty::Certain));
    certain.chain(others.into_iter().map(|c| (c, Certainty::NotCertain))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::{Directory, Membership, PersonId, PersonRecord, Standing};

    fn family(children: &[(&str, &str)]) -> Directory {
        let pupil = |(i, (given, family)): (usize, &(&str, &str))| PersonRecord {
            id: PersonId(format!("c{i}").into()),
            given: (*given).into(),
            family: (*family).into(),
            preferred: None,
            memberships: vec![Membership { school: SchoolId("oakfield".into()), role: Role::Pupil }],
            addresses: vec![],
            classes: vec![],
            children: vec![],
            must_not_contact: vec![],
            born: None,
            images: None,
            standing: Standing::Current,
        };
        Directory::build(children.iter().enumerate().map(pupil).collect(), vec![])
    }

    fn found(children: &[(&str, &str)], text: &str) -> Vec<(String, Certainty)> {
        let directory = family(children);
        let all: Vec<_> = directory.people().collect();
        let text = text.to_owned();
        about(&all, || &text).into_iter().map(|(c, certainty)| (c.given().to_owned(), certainty)).collect()
    }

    #[test]
    fn of_several_children_those_named_or_all_of_them_not_certain() {
        use Certainty::{Certain, NotCertain};
        let two = [("Siân", "Rowe"), ("Jacob", "Rowe")];
        assert_eq!(found(&two, "sian was ill yesterday"), [("Siân".into(), Certain)]);
        assert_eq!(found(&two, "jacob's bag, and Siân").len(), 2);
        assert_eq!(found(&two, "my child"), [("Siân".into(), NotCertain), ("Jacob".into(), NotCertain)]);
        assert_eq!(found(&two[..1], "nothing"), [("Siân".into(), Certain)]);
        assert!(found(&[], "Jacob").is_empty());
    }

    #[test]
    fn a_name_that_is_a_word_is_certain_only_with_the_surname() {
        use Certainty::{Certain, NotCertain};
        let two = [("May", "Rowe"), ("Jacob", "Rowe")];
        assert_eq!(found(&two, "we come in may").len(), 2);
        assert_eq!(found(&two, "May Rowe is ill"), [("May".into(), Certain)]);
        assert_eq!(
            found(&two, "jacob is away in may"),
            [("Jacob".into(), Certain), ("May".into(), NotCertain)]
        );
    }
}
