//! Excel's XML of 2003 ("XML Spreadsheet"): worksheets with cells in one file.

use super::rows::Rows;
use crate::files::{
    Budget, Shown, Writing, open,
    xml::{Node, Xml},
};

pub(in crate::files) fn read(source: &[u8], budget: &mut Budget) {
    let mut xml = Xml::new(source);
    let (mut place, mut rows, mut comments) = (String::new(), Rows::default(), Rows::default());
    let (mut row, mut column, mut text) = (0u32, 0u32, String::new());
    let (mut in_data, mut in_comment, mut other) = (false, false, String::new());
    let mut hidden = false;
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => {
                let index = tag.number("Index").and_then(|index| index.checked_sub(1));
                match tag.name() {
                    "Worksheet" => {
                        place = open::cleaned(&tag.get("Name").unwrap_or_default());
                        budget.text("sheets", Shown::Visible, Writing::Plain, place.clone());
                        (row, hidden) = (0, false);
                    }
                    "Row" => {
                        row = index.unwrap_or(row);
                        column = 0;
                    }
                    "Cell" => {
                        column = index.unwrap_or(column);
                        if let Some(target) = tag.get("HRef") {
                            budget.text(&place, Shown::Link, Writing::Plain, target);
                        }
                    }
                    "Comment" => in_comment = true,
                    "Data" => {
                        in_data = true;
                        text.clear();
                    }
                    _ => {}
                }
            }
            Node::Text(own) if in_data => text.push_str(&own),
            Node::Text(own) => {
                hidden |= own.trim() == "SheetHidden" || own.trim() == "SheetVeryHidden";
                other.push_str(&own);
            }
            Node::End(name) => match &*name {
                "Data" => {
                    in_data = false;
                    let target = if in_comment { &mut comments } else { &mut rows };
                    target.push(row, column, &text);
                }
                "Comment" => in_comment = false,
                "Cell" => column = column.saturating_add(1),
                "Row" => row = row.saturating_add(1),
                "Worksheet" => {
                    let shown = if hidden { Shown::Hidden } else { Shown::Visible };
                    std::mem::take(&mut rows).tell(&place, shown, budget);
                    std::mem::take(&mut comments).tell(&format!("{place}/comments"), Shown::Hidden, budget);
                }
                _ => {}
            },
        }
    }
    xml.tell(&place, "xml", budget);
    rows.tell(&place, Shown::Visible, budget);
    budget.text("metadata", Shown::Hidden, Writing::Plain, other);
}
