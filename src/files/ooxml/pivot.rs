//! Caches of pivot tables (ECMA-376 part 1, section 18.10.1): a copy of all rows that the tables were made from, which
//! stays in the file when the sheet they stood on is gone.

use super::parts::Parts;
use crate::files::{
    Budget, Limit, Reason, Shown, Writing,
    xml::{Node, Tag, Xml},
};

const PLACE: &str = "pivot cache";

/// A column of the cache: its heading, and what its records refer to by number.
#[derive(Default)]
struct Field {
    name: String,
    items: Vec<Item>,
}

struct Item {
    value: String,
    is_used: bool,
}

/// The caches whose definitions have these names, each with its records.
pub(super) fn read(
    parts: &mut Parts<'_, '_>,
    definitions: &[String],
    records: &[String],
    budget: &mut Budget,
) {
    let mut told: Vec<String> = Vec::new();
    for definition in definitions {
        let related = parts.relations(definition, budget);
        let Some(source) = parts.text(definition, &["pivotCacheDefinition"], budget) else { continue };
        let mut fields = fields(&source, budget);
        let own = related.iter().find(|relation| relation.kind == "pivotCacheRecords").map(|own| &own.target);
        let own = own.filter(|own| parts.package.has(own));
        // Where nothing is said of it, the one with the same number.
        let own = own.or_else(|| records.iter().find(|name| number(name) == number(definition)));
        if let Some(own) = own
            && let Some(source) = parts.text(own, &["pivotCacheRecords"], budget)
        {
            told.push(own.to_ascii_lowercase());
            tell_rows(&source, &mut fields, budget);
        }
        tell_columns(&fields, budget);
    }
    for name in records.iter().filter(|name| !told.contains(&name.to_ascii_lowercase())) {
        if let Some(source) = parts.text(name, &["pivotCacheRecords"], budget) {
            tell_rows(&source, &mut [], budget);
        }
    }
}

fn number(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
}

/// A value: `s` text, `n` number, `d` date, `e` error, `b` switch, `m` nothing.
fn value(tag: &Tag<'_>) -> Option<String> {
    matches!(tag.name(), "s" | "n" | "d" | "e" | "b" | "m").then(|| tag.get("v").unwrap_or_default())
}

fn fields(source: &[u8], budget: &mut Budget) -> Vec<Field> {
    let mut xml = Xml::new(source);
    let mut fields: Vec<Field> = Vec::new();
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) if tag.name() == "cacheField" => {
                fields.push(Field { name: tag.get("name").unwrap_or_default(), items: Vec::new() });
            }
            Node::Start(tag) => {
                // Names of groups stand behind the items that records refer to.
                if let Some((value, field)) = value(&tag).zip(fields.last_mut()) {
                    field.items.push(Item { value, is_used: false });
                }
            }
            _ => {}
        }
    }
    xml.tell(PLACE, "xlsx", budget);
    fields
}

fn heads(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    if names.is_empty() { String::new() } else { names.join("\t") + "\n" }
}

/// The records as rows under their headings.
fn tell_rows(source: &[u8], fields: &mut [Field], budget: &mut Budget) {
    let mut xml = Xml::new(source);
    let (mut rows, mut column) = (heads(fields), 0usize);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) if tag.name() == "r" => column = 0,
            Node::Start(tag) => {
                let shared = (tag.name() == "x").then(|| tag.number("v").unwrap_or(u32::MAX) as usize);
                let own = value(&tag);
                if shared.is_none() && own.is_none() {
                    continue;
                }
                let item = shared.and_then(|at| fields.get_mut(column)?.items.get_mut(at));
                let text = match item {
                    Some(item) => {
                        item.is_used = true;
                        item.value.as_str()
                    }
                    None => own.as_deref().unwrap_or_default(),
                };
                rows.push_str(if column > 0 { "\t" } else { "" });
                rows.push_str(text);
                column += 1;
            }
            Node::End(name) if &*name == "r" => rows.push('\n'),
            _ => {}
        }
        // A short record may refer to a long value again and again.
        if rows.len() > budget.limits().text_bytes {
            budget.missed(PLACE, "xlsx", Reason::Limit(Limit::Text));
            break;
        }
    }
    xml.tell(PLACE, "xlsx", budget);
    budget.text(PLACE, Shown::Hidden, Writing::Rows, rows);
}

/// Values that no record refers to: each column by itself under its heading.
fn tell_columns(fields: &[Field], budget: &mut Budget) {
    let mut names = String::new();
    for field in fields {
        let left: Vec<&str> =
            field.items.iter().filter(|item| !item.is_used).map(|item| item.value.as_str()).collect();
        if left.is_empty() {
            names.push_str(&field.name);
            names.push('\n');
        } else {
            let rows = format!("{}\n{}\n", field.name, left.join("\n"));
            budget.text(PLACE, Shown::Hidden, Writing::Rows, rows);
        }
    }
    budget.text(PLACE, Shown::Hidden, Writing::Plain, names);
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
        package::tests::zip,
    };

    const SHARED: &str =
        "<pivotCacheDefinition><cacheField name='Name'><sharedItems><s v='Nia'/><s v='Left'/></sharedItems>
        </cacheField><cacheField name='NHS number'><sharedItems/></cacheField></pivotCacheDefinition>";

    #[test]
    fn records_are_rows_under_their_headings() {
        let records = "<pivotCacheRecords><r><x v='0'/><n v='9434765919'/></r><r><s v='Bo'/><d v='2015-09-03T00:00:00'/></r></pivotCacheRecords>";
        let opened = opened(&zip(&[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", "<workbook/>"),
            ("xl/pivotCache/pivotCacheDefinition1.xml", SHARED),
            ("xl/pivotCache/pivotCacheRecords1.xml", records),
        ]));
        let said = text(&opened, "pivot cache", Shown::Hidden);
        assert_eq!(said, "Name\tNHS number\nNia\t9434765919\nBo\t2015-09-03T00:00:00|Name\nLeft|NHS number");
    }

    #[test]
    fn a_definition_alone_gives_its_columns() {
        let opened = opened(&zip(&[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", "<workbook/>"),
            ("xl/theme/cache.xml", SHARED),
        ]));
        assert_eq!(text(&opened, "pivot cache", Shown::Hidden), "Name\nNia\nLeft|NHS number");
    }
}
