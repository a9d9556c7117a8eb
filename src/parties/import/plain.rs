//! The plain CSV: one row for each person, and a second file for shared addresses.

use super::{
    Log, SourceFile,
    assemble::{Draft, Drafts, GroupDraft},
    sheet::{Columns, Others, Row, Sheet},
    values,
};
use crate::{
    mail::{Address, SchoolId},
    parties::{AddressKind, Fault, GroupKind, GroupRecord, PersonRecord, Role, School, Standing, closest},
};
use std::sync::Arc;

const PEOPLE: Columns = Columns {
    required: &["id", "role", "given", "family"],
    optional: &[
        "preferred",
        "email",
        "personal_emails",
        "parent_of",
        "class",
        "school",
        "date_of_birth",
        "image_consent",
        "must_not_contact",
        "end_date",
    ],
    others: Others::Unusual,
};

const GROUPS: Columns = Columns {
    required: &["email", "members"],
    optional: &["name", "school", "kind"],
    others: Others::Unusual,
};

pub(super) fn read(files: &[SourceFile], schools: &[Arc<School>], log: &mut Log) -> Drafts {
    let people = files.iter().find(|f| !f.is("groups.csv"));
    let Some(people) = people else {
        log.fault(Fault::at(
            &files.first().map_or_else(Default::default, |f| f.name.clone()),
            0,
            "`people.csv` is missing.",
        ));
        return Drafts::default();
    };
    let mut drafts = Drafts { file: people.name.clone(), ..Drafts::default() };
    if let Some(sheet) = Sheet::open(people, &PEOPLE, log) {
        sheet.each(log, |row, log| drafts.people.extend(person(&row, schools, log)));
    }
    read_groups(files, schools, &mut drafts, log);
    drafts
}

fn person(row: &Row<'_>, schools: &[Arc<School>], log: &mut Log) -> Option<Draft> {
    let roles = values::roles(row, "role", log);
    if row.get("role").is_empty() {
        log.fault(row.fault("`role` is empty.").hint("staff, pupil, parent, supply, governor or guest."));
    }
    let here = schools_named(row, schools, log);
    let given = values::name(row, "given", log);
    let family = values::name(row, "family", log);
    if given.is_empty() && family.is_empty() {
        log.fault(row.fault("Both `given` and `family` are empty."));
    }
    Some(Draft {
        line: row.line,
        agents: Vec::new(),
        person: PersonRecord {
            id: values::id(row, "id", log)?,
            given,
            family,
            preferred: Some(values::name(row, "preferred", log)).filter(|name| !name.is_empty()),
            memberships: values::memberships(&here, &roles),
            addresses: person_addresses(row, ["email", "personal_emails"], &roles, schools, log),
            classes: row.list("class").map(str::to_owned).collect(),
            children: values::ids(row, "parent_of"),
            must_not_contact: values::ids(row, "must_not_contact"),
            born: values::date(row, "date_of_birth", log),
            images: values::images(row, "image_consent", log),
            standing: values::date(row, "end_date", log).map_or(Standing::Current, Standing::Until),
        },
    })
}

/// The addresses of both columns with what they are to the person.
pub(super) fn person_addresses(
    row: &Row<'_>,
    columns: [&str; 2],
    roles: &[Role],
    schools: &[Arc<School>],
    log: &mut Log,
) -> Vec<(Address, AddressKind)> {
    let mut found: Vec<(Address, AddressKind)> = Vec::new();
    for column in columns {
        for address in values::addresses(row, column, log) {
            let kind = values::kind(&address, roles, schools);
            if column == columns[0] {
                values::school_address(row, column, kind, log);
            }
            if found.iter().all(|(other, _)| *other != address) {
                found.push((address, kind));
            }
        }
    }
    found
}

/// The schools of `school`; the only school there is when the column is empty.
fn schools_named(row: &Row<'_>, schools: &[Arc<School>], log: &mut Log) -> Vec<SchoolId> {
    if let ("", [only]) = (row.get("school"), schools) {
        return vec![only.id.clone()];
    }
    if row.get("school").is_empty() {
        log.fault(row.fault("`school` is empty.").hint("Give the id of a school in gatehouse.toml."));
    }
    let mut found = Vec::new();
    for word in row.list("school") {
        match schools.iter().find(|s| s.id.0.eq_ignore_ascii_case(word)) {
            Some(school) => found.push(school.id.clone()),
            None => {
                let names = schools.iter().map(|s| &*s.id.0);
                let near = if log.is_full() { None } else { closest(word, names) };
                let hint = near.map_or_else(
                    || format!("There are: {}.", list_of(schools)),
                    |near| format!("Did you mean `{near}`?"),
                );
                log.fault(row.fault("`school` names a school that is not in gatehouse.toml.").hint(hint));
            }
        }
    }
    found
}

fn list_of(schools: &[Arc<School>]) -> String {
    schools.iter().take(10).map(|s| &*s.id.0).collect::<Vec<_>>().join(", ")
}

/// `groups.csv`, which both kinds of folder may have.
pub(super) fn read_groups(files: &[SourceFile], schools: &[Arc<School>], drafts: &mut Drafts, log: &mut Log) {
    let Some(source) = files.iter().find(|f| f.is("groups.csv")) else { return };
    let Some(sheet) = Sheet::open(source, &GROUPS, log) else { return };
    let file = Arc::new(source.name.clone());
    sheet.each(log, |row, log| {
        let group = group(&row, schools, log);
        drafts.groups.extend(group.map(|group| GroupDraft {
            file: Arc::clone(&file),
            line: row.line,
            group,
        }));
    });
}

fn group(row: &Row<'_>, schools: &[Arc<School>], log: &mut Log) -> Option<GroupRecord> {
    let kind = match row.get("kind").to_lowercase().as_str() {
        "" | "list" => GroupKind::List,
        "mailbox" => GroupKind::Mailbox,
        _ => {
            log.fault(row.fault("`kind` is neither list nor mailbox."));
            return None;
        }
    };
    let mut addresses = values::addresses(row, "email", log);
    if addresses.len() != 1 {
        log.fault(row.fault("`email` is not exactly one address."));
        return None;
    }
    Some(GroupRecord {
        address: addresses.pop()?,
        name: values::name(row, "name", log),
        school: schools_named(row, schools, log).into_iter().next()?,
        kind,
        members: values::ids(row, "members"),
    })
}
