//! Workbooks of SpreadsheetML (ECMA-376 part 1, section 18.2): which sheets there are, what they
//! share, and what hangs on each.

use super::{
    parts::{Parts, Relation, tell_external},
    shared::{self, Shared},
    sheet, sheet_parts,
};
use crate::files::{
    Budget, Shown, Writing,
    formula::{self, Formulas},
    open,
    xml::{Node, Xml},
};

/// What begins a sheet's part.
const SHEETS: [&str; 4] = ["worksheet", "chartsheet", "dialogsheet", "macrosheet"];

/// A sheet as the workbook names it.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) hidden: bool,
    /// Of its relationship.
    pub(super) id: String,
}

pub(super) fn read(parts: &mut Parts<'_, '_>, main: &str, budget: &mut Budget) {
    let relations = parts.relations(main, budget);
    tell_external(&relations, "", budget);
    let source = parts.text(main, &["workbook"], budget).unwrap_or_default();
    let (entries, names) = contents(&source, budget);
    let mut by_kind = |kind: &str, root: &str, budget: &mut Budget| {
        let target = &relations.iter().find(|relation| relation.kind == kind)?.target;
        parts.text(target, &[root], budget)
    };
    let styles = by_kind("styles", "styleSheet", budget)
        .map(|source| shared::formats(&source, budget))
        .unwrap_or_default();
    let strings = by_kind("sharedStrings", "sst", budget).map(|source| shared::strings(&source, budget));
    let shared = Shared { styles, strings: strings.unwrap_or_default() };
    tell_names(&entries, names, budget);
    let (first, mut formulas) = (budget.count(), Formulas::default());
    for entry in &entries {
        let Some(relation) = relations.iter().find(|relation| relation.id == entry.id) else { continue };
        read_sheet(parts, (entry, relation), &shared, &mut formulas, budget);
    }
    formulas.settle(first, budget);
}

/// The names of sheets and what names in formulas stand for.
pub(super) fn tell_names(entries: &[Entry], names: String, budget: &mut Budget) {
    for (hidden, shown) in [(false, Shown::Visible), (true, Shown::Hidden)] {
        let own = entries.iter().filter(|entry| entry.hidden == hidden);
        let own: Vec<&str> = own.map(|entry| entry.name.as_str()).collect();
        budget.text("sheets", shown, Writing::Plain, own.join("\n"));
    }
    budget.text("names", Shown::Hidden, Writing::Rows, names);
}

fn contents(source: &[u8], budget: &mut Budget) -> (Vec<Entry>, String) {
    let mut xml = Xml::new(source);
    let (mut entries, mut names, mut in_name) = (Vec::new(), String::new(), false);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) if tag.name() == "sheet" => entries.push(Entry {
                name: tag.get("name").unwrap_or_default(),
                hidden: tag.get("state").is_some_and(|state| state != "visible"),
                id: tag.get("id").unwrap_or_default(),
            }),
            Node::Start(tag) if tag.name() == "definedName" => {
                in_name = true;
                names.push_str(&tag.get("name").unwrap_or_default());
                names.push('\t');
                for key in ["comment", "description"] {
                    names.push_str(&tag.get(key).map(|text| text + "\t").unwrap_or_default());
                }
            }
            Node::End(name) if &*name == "definedName" => {
                in_name = false;
                let value = names.rsplit(['\t', '\n']).next().and_then(formula::alone);
                names.extend(value.map(|value| format!("\t{value}")));
                names.push('\n');
            }
            Node::Text(text) if in_name => names.push_str(&text),
            _ => {}
        }
    }
    xml.tell("", "xlsx", budget);
    (entries, names)
}

fn read_sheet(
    parts: &mut Parts<'_, '_>,
    (entry, relation): (&Entry, &Relation),
    shared: &Shared,
    formulas: &mut Formulas,
    budget: &mut Budget,
) {
    let place = open::cleaned(&entry.name);
    let relations = parts.relations(&relation.target, budget);
    tell_external(&relations, &place, budget);
    if let Some(source) = parts.text(&relation.target, &SHEETS, budget) {
        sheet::read(&source, (&place, entry.hidden), shared, formulas, budget);
    }
    for relation in relations.iter().filter(|relation| !relation.external) {
        if matches!(relation.kind.as_str(), "comments" | "threadedComment")
            && let Some(source) = parts.text(&relation.target, &["comments", "ThreadedComments"], budget)
        {
            sheet_parts::read_comments(&source, &place, budget);
        }
    }
}
