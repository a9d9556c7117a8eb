//! OneRoster 1.1 CSV (IMS Global, "OneRoster v1.1 CSV tables"): users, orgs, demographics,
//! classes, enrollments, with what we need beyond it in `metadata.*` columns.

use super::{
    Log, SourceFile,
    assemble::{Draft, Drafts, GroupDraft},
    plain,
    sheet::{Columns, Others, Row, Sheet},
    values::{self, Answer},
};
use crate::{
    mail::SchoolId,
    parties::{Fault, GroupKind, GroupRecord, PersonId, PersonRecord, School, Standing},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

const USERS: Columns = Columns {
    required: &["sourcedId", "orgSourcedIds", "role", "givenName", "familyName"],
    optional: &[
        "status",
        "enabledUser",
        "email",
        "agentSourcedIds",
        "metadata.preferredName",
        "metadata.roles",
        "metadata.personalEmails",
        "metadata.imageConsent",
        "metadata.mustNotContact",
        "metadata.endDate",
    ],
    others: Others::Usual,
};
const ORGS: Columns = Columns {
    required: &["sourcedId", "name", "type"],
    optional: &["status", "identifier", "parentSourcedId", "metadata.school"],
    others: Others::Usual,
};
const DEMOGRAPHICS: Columns =
    Columns { required: &["sourcedId", "birthDate"], optional: &["status"], others: Others::Usual };
const CLASSES: Columns = Columns {
    required: &["sourcedId", "title", "schoolSourcedId"],
    optional: &["status", "metadata.email"],
    others: Others::Usual,
};
const ENROLLMENTS: Columns =
    Columns { required: &["classSourcedId", "userSourcedId"], optional: &["status"], others: Others::Usual };
const MANIFEST: Columns =
    Columns { required: &["propertyName", "value"], optional: &[], others: Others::Usual };

pub(super) fn read(files: &[SourceFile], schools: &[Arc<School>], log: &mut Log) -> Drafts {
    let sheet = |name: &str, columns: &Columns, log: &mut Log| {
        files.iter().find(|f| f.is(name)).and_then(|source| Sheet::open(source, columns, log))
    };
    if let Some(manifest) = sheet("manifest.csv", &MANIFEST, log) {
        read_manifest(&manifest, log);
    }
    let orgs = sheet("orgs.csv", &ORGS, log).map(|orgs| Orgs::read(&orgs, schools, log));
    if orgs.is_none() && log.faults.is_empty() {
        let folder = files.first().map(|f| f.name.with_file_name("orgs.csv")).unwrap_or_default();
        log.fault(Fault::at(&folder, 0, "`orgs.csv` is missing: it says which org is which school."));
    }
    let orgs = orgs.unwrap_or_default();
    let mut drafts = Drafts::default();
    if let Some(users) = sheet("users.csv", &USERS, log) {
        drafts.file = users.file.clone();
        users.each(log, |row, log| {
            if let Some(draft) = user(&row, &orgs, schools, &mut drafts.gone, log) {
                drafts.people.push(draft);
            }
        });
    }
    let index: HashMap<PersonId, usize> =
        drafts.people.iter().enumerate().map(|(at, d)| (d.person.id.clone(), at)).collect();
    if let Some(demographics) = sheet("demographics.csv", &DEMOGRAPHICS, log) {
        read_demographics(&demographics, &index, &mut drafts, log);
    }
    if let Some(classes) = sheet("classes.csv", &CLASSES, log) {
        let enrollments = sheet("enrollments.csv", &ENROLLMENTS, log);
        read_classes(&classes, enrollments.as_ref(), &orgs, &index, &mut drafts, log);
    }
    plain::read_groups(files, schools, &mut drafts, log);
    drafts
}

/// Whether a row is there. Bulk files may leave `status` empty.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    ToBeDeleted,
}

fn status(row: &Row<'_>, log: &mut Log) -> Status {
    match row.get("status").to_lowercase().as_str() {
        "" | "active" => Status::Active,
        "tobedeleted" => Status::ToBeDeleted,
        _ => {
            log.fault(row.fault("`status` is neither active nor tobedeleted."));
            Status::Active
        }
    }
}

fn read_manifest(manifest: &Sheet, log: &mut Log) {
    manifest.each(log, |row, log| {
        let (name, value) = (row.get("propertyName"), row.get("value").to_lowercase());
        if name == "oneroster.version" && value != "1.1" {
            let fault = row.fault("The folder is not OneRoster 1.1.");
            log.fault(fault.hint("Ask the school's system for OneRoster 1.1 CSV, or use the plain CSV."));
        }
        if name.starts_with("file.") && value == "delta" {
            log.fault(row.fault("The folder has changes only (delta).").hint("Export everything (bulk)."));
        }
    });
}

/// Which org is which school.
#[derive(Default)]
struct Orgs {
    /// `None` for an org that is no school of ours (a trust, an authority).
    schools: HashMap<String, Option<SchoolId>>,
}

impl Orgs {
    /// An org is the school whose id it has as `metadata.school`, `sourcedId` or
    /// `identifier`, or whose name it has; or that its parent is.
    fn read(sheet: &Sheet, schools: &[Arc<School>], log: &mut Log) -> Self {
        let mut orgs = Self::default();
        let mut parents: Vec<(String, String)> = Vec::new();
        sheet.each(log, |row, log| {
            if status(&row, log) == Status::ToBeDeleted {
                return;
            }
            let school = schools.iter().find(|school| {
                let id = |column| school.id.0.eq_ignore_ascii_case(row.get(column));
                id("metadata.school")
                    || id("sourcedId")
                    || id("identifier")
                    || school.name.eq_ignore_ascii_case(row.get("name"))
            });
            if school.is_none() && row.get("type").eq_ignore_ascii_case("school") {
                let warning = row.fault("This school is not in gatehouse.toml; its people are left out.");
                log.warn(warning.hint("Give its id in the column `metadata.school`."));
            }
            parents.push((row.get("sourcedId").to_owned(), row.get("parentSourcedId").to_owned()));
            orgs.schools.insert(row.get("sourcedId").to_owned(), school.map(|s| s.id.clone()));
        });
        // A department belongs to its school. Two rounds reach a department's part.
        for _ in 0..2 {
            for (org, parent) in &parents {
                if let (Some(None), Some(Some(school))) = (orgs.schools.get(org), orgs.schools.get(parent)) {
                    let school = school.clone();
                    orgs.schools.insert(org.clone(), Some(school));
                }
            }
        }
        orgs
    }

    fn of(&self, row: &Row<'_>, column: &str, log: &mut Log) -> Vec<SchoolId> {
        let mut found = Vec::new();
        for org in row.list(column) {
            match self.schools.get(org) {
                Some(school) => found.extend(school.clone()),
                None => log.fault(row.fault(format!("`{column}` names an org that is not in orgs.csv."))),
            }
        }
        found
    }
}

fn user(
    row: &Row<'_>,
    orgs: &Orgs,
    schools: &[Arc<School>],
    gone: &mut HashSet<PersonId>,
    log: &mut Log,
) -> Option<Draft> {
    let id = values::id(row, "sourcedId", log);
    if status(row, log) == Status::ToBeDeleted {
        gone.extend(id);
        log.skipped += 1;
        return None;
    }
    // A governor or supply teacher has no word of its own in OneRoster 1.1.
    let column = if row.get("metadata.roles").is_empty() { "role" } else { "metadata.roles" };
    let roles = values::roles(row, column, log);
    if row.get(column).is_empty() {
        log.fault(row.fault("`role` is empty."));
    }
    let here = orgs.of(row, "orgSourcedIds", log);
    let (given, family) = (values::name(row, "givenName", log), values::name(row, "familyName", log));
    if given.is_empty() && family.is_empty() {
        log.fault(row.fault("Both `givenName` and `familyName` are empty."));
    }
    let end = values::date(row, "metadata.endDate", log);
    let standing = match (values::answer(row, "enabledUser", log), end) {
        (Some(Answer::No), _) => Standing::Left,
        (_, Some(last)) => Standing::Until(last),
        (_, None) => Standing::Current,
    };
    let person = PersonRecord {
        id: id?,
        given,
        family,
        preferred: Some(values::name(row, "metadata.preferredName", log)).filter(|name| !name.is_empty()),
        memberships: values::memberships(&here, &roles),
        addresses: plain::person_addresses(row, ["email", "metadata.personalEmails"], &roles, schools, log),
        classes: Vec::new(),
        children: Vec::new(),
        must_not_contact: values::ids(row, "metadata.mustNotContact"),
        born: None,
        images: values::images(row, "metadata.imageConsent", log),
        standing,
    };
    if here.is_empty() {
        // Of an org that is no school here: known to nobody, named by nobody as a fault.
        gone.insert(person.id);
        log.skipped += 1;
        return None;
    }
    Some(Draft { line: row.line, person, agents: values::ids(row, "agentSourcedIds") })
}

fn read_demographics(sheet: &Sheet, index: &HashMap<PersonId, usize>, drafts: &mut Drafts, log: &mut Log) {
    sheet.each(log, |row, log| {
        let Some(id) = values::id(&row, "sourcedId", log) else { return };
        let born = values::date(&row, "birthDate", log);
        match index.get(&id).and_then(|at| drafts.people.get_mut(*at)) {
            Some(draft) => draft.person.born = born,
            None if drafts.gone.contains(&id) || status(&row, log) == Status::ToBeDeleted => {}
            None => log.fault(row.fault("The row is about someone who is not in users.csv.")),
        }
    });
}

struct Class {
    title: String,
    group: Option<GroupDraft>,
}

fn read_classes(
    classes: &Sheet,
    enrollments: Option<&Sheet>,
    orgs: &Orgs,
    index: &HashMap<PersonId, usize>,
    drafts: &mut Drafts,
    log: &mut Log,
) {
    let file = Arc::new(classes.file.clone());
    let mut known: HashMap<String, Class> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut gone: HashSet<String> = HashSet::new();
    classes.each(log, |row, log| {
        let id = row.get("sourcedId").to_owned();
        let school = orgs.of(&row, "schoolSourcedId", log).into_iter().next();
        let (Status::Active, Some(school)) = (status(&row, log), school) else {
            gone.insert(id);
            return;
        };
        let title = values::name(&row, "title", log);
        let group = values::addresses(&row, "metadata.email", log).into_iter().next().map(|address| {
            let group = GroupRecord {
                address,
                name: title.clone(),
                school,
                kind: GroupKind::List,
                members: Vec::new(),
            };
            GroupDraft { file: Arc::clone(&file), line: row.line, group }
        });
        order.push(id.clone());
        if known.insert(id, Class { title, group }).is_some() {
            log.fault(row.fault("`sourcedId` is there twice."));
        }
    });
    if let Some(sheet) = enrollments {
        sheet.each(log, |row, log| enrol(&row, &mut known, &gone, index, drafts, log));
    }
    drafts.groups.extend(order.iter().filter_map(|id| known.remove(id)?.group));
}

fn enrol(
    row: &Row<'_>,
    classes: &mut HashMap<String, Class>,
    gone: &HashSet<String>,
    index: &HashMap<PersonId, usize>,
    drafts: &mut Drafts,
    log: &mut Log,
) {
    let (class, user) = (row.get("classSourcedId"), PersonId(row.get("userSourcedId").into()));
    if status(row, log) == Status::ToBeDeleted || gone.contains(class) || drafts.gone.contains(&user) {
        return;
    }
    let Some(class) = classes.get_mut(class) else {
        log.fault(row.fault("`classSourcedId` names a class that is not in classes.csv."));
        return;
    };
    let Some(draft) = index.get(&user).and_then(|at| drafts.people.get_mut(*at)) else {
        log.fault(row.fault("`userSourcedId` names someone who is not in users.csv."));
        return;
    };
    draft.person.classes.push(class.title.clone());
    if let Some(group) = &mut class.group {
        group.group.members.push(user);
    }
}
