//! The last step of every import: rows that are right by themselves are held against each
//! other, and make a directory.

use super::Log;
use crate::parties::{AddressKind, Directory, Fault, GroupRecord, PersonId, PersonRecord, Role};
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

/// A person as one row has it.
pub(super) struct Draft {
    pub(super) line: usize,
    /// `children` as far as the row names them as such.
    pub(super) person: PersonRecord,
    /// Related people, parent or child (OneRoster's agents).
    pub(super) agents: Vec<PersonId>,
}

pub(super) struct GroupDraft {
    pub(super) file: Arc<PathBuf>,
    pub(super) line: usize,
    pub(super) group: GroupRecord,
}

#[derive(Default)]
pub(super) struct Drafts {
    pub(super) file: PathBuf,
    pub(super) people: Vec<Draft>,
    pub(super) groups: Vec<GroupDraft>,
    /// Ids of rows that were left out; a reference to them is dropped without a word.
    pub(super) gone: HashSet<PersonId>,
}

/// The directory; `None` when there were faults.
pub(super) fn assemble(mut drafts: Drafts, log: &mut Log) -> Option<Directory> {
    let index = index(&drafts, log);
    if drafts.people.is_empty() && log.faults.is_empty() {
        log.fault(Fault::at(&drafts.file, 0, "There is nobody in this file."));
    }
    link_agents(&mut drafts, &index, log);
    check_references(&mut drafts, &index, log);
    check_addresses(&drafts, log);
    if !log.faults.is_empty() {
        return None;
    }
    let people = drafts.people.into_iter().map(|draft| draft.person).collect();
    let groups = drafts.groups.into_iter().map(|draft| draft.group).collect();
    Some(Directory::build(people, groups))
}

type Index = HashMap<PersonId, usize>;

fn index(drafts: &Drafts, log: &mut Log) -> Index {
    let mut index = Index::with_capacity(drafts.people.len());
    for (at, draft) in drafts.people.iter().enumerate() {
        if let Some(first) = index.get(&draft.person.id).and_then(|first| drafts.people.get(*first)) {
            let text = format!("The id is the same as in line {}.", first.line);
            log.fault(Fault::at(&drafts.file, draft.line, text).hint("Each person has one row."));
            continue;
        }
        index.insert(draft.person.id.clone(), at);
    }
    index
}

/// Turns OneRoster's agents, which say who is related but not how, into parent and child.
fn link_agents(drafts: &mut Drafts, index: &Index, log: &mut Log) {
    let mut links: Vec<(usize, PersonId)> = Vec::new();
    let pupil = |p: &PersonRecord| p.memberships.iter().any(|m| m.role == Role::Pupil);
    let parent = |p: &PersonRecord| p.memberships.iter().any(|m| m.role == Role::Parent);
    for (at, draft) in drafts.people.iter().enumerate() {
        for agent in &draft.agents {
            let Some(found) = index.get(agent) else {
                if !drafts.gone.contains(agent) {
                    log.fault(dangling(drafts, draft.line, "an agent"));
                }
                continue;
            };
            let Some(other) = drafts.people.get(*found) else { continue };
            if pupil(&draft.person) && parent(&other.person) {
                links.push((*found, draft.person.id.clone()));
            } else if parent(&draft.person) && pupil(&other.person) {
                links.push((at, agent.clone()));
            } else {
                let text = "An agent is named who is not parent and pupil; the link is left out.";
                let warning = Fault::at(&drafts.file, draft.line, text);
                log.warn(warning.hint("A parent needs the role parent, guardian or relative."));
            }
        }
    }
    for (parent, child) in links {
        if let Some(draft) = drafts.people.get_mut(parent) {
            draft.person.children.push(child);
        }
    }
    for draft in &mut drafts.people {
        draft.person.children.sort();
        draft.person.children.dedup();
    }
}

fn dangling(drafts: &Drafts, line: usize, what: &str) -> Fault {
    Fault::at(&drafts.file, line, format!("The row names {what} that is not in the file."))
        .hint("Export the related people too, or take the reference out.")
}

/// Every id that a row names is there.
fn check_references(drafts: &mut Drafts, index: &Index, log: &mut Log) {
    let gone = std::mem::take(&mut drafts.gone);
    let mut missing: Vec<(usize, &str)> = Vec::new();
    for draft in &mut drafts.people {
        let line = draft.line;
        for (list, what) in [
            (&mut draft.person.children, "a child"),
            (&mut draft.person.must_not_contact, "someone not to be told"),
        ] {
            list.retain(|id| !gone.contains(id));
            missing.extend(list.iter().filter(|id| !index.contains_key(id)).map(|_| (line, what)));
        }
    }
    missing.into_iter().for_each(|(line, what)| log.fault(dangling(drafts, line, what)));
    for draft in &mut drafts.groups {
        draft.group.members.retain(|id| !gone.contains(id));
        for _ in draft.group.members.iter().filter(|id| !index.contains_key(id)) {
            let text = "The group names a member that is not among the people.";
            log.fault(Fault::at(&draft.file, draft.line, text));
        }
    }
}

/// A school address belongs to one person or group; an outside one may be shared, since
/// households do that, and is said.
fn check_addresses(drafts: &Drafts, log: &mut Log) {
    let mut seen: HashMap<&str, (&Draft, AddressKind)> = HashMap::new();
    for draft in &drafts.people {
        for (address, kind) in &draft.person.addresses {
            match seen.get(address.key()) {
                Some((first, _)) if first.person.id == draft.person.id => {}
                Some((first, _)) if *kind == AddressKind::School => {
                    let text = format!("The school address is the same as in line {}.", first.line);
                    log.fault(
                        Fault::at(&drafts.file, draft.line, text)
                            .hint("A shared mailbox belongs into groups.csv."),
                    );
                }
                Some((first, _)) => {
                    let text = format!("The outside address is the same as in line {}.", first.line);
                    log.warn(
                        Fault::at(&drafts.file, draft.line, text)
                            .hint("Mail there reaches both; it is treated so."),
                    );
                }
                None => {
                    seen.insert(address.key(), (draft, *kind));
                }
            }
        }
    }
    let mut groups: HashMap<&str, usize> = HashMap::new();
    for draft in &drafts.groups {
        let key = draft.group.address.key();
        if let Some((person, _)) = seen.get(key) {
            let text = format!("The group's address is that of the person in line {}.", person.line);
            log.fault(Fault::at(&draft.file, draft.line, text));
        }
        if let Some(first) = groups.insert(key, draft.line) {
            let text = format!("The group's address is the same as in line {first}.");
            log.fault(Fault::at(&draft.file, draft.line, text));
        }
    }
}
