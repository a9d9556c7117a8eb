//! `[[picture-list]]`: lists of hashes of pictures that the school was given (docs/illegal-images.md).

use super::{
    read::{Marks, Need},
    section::Section,
    source::{At, Source},
};
use crate::detection::{Columns, HashKind, ListLimits, ListSource, Nearness, Written};

const KINDS: [(&str, HashKind); 4] =
    [("md5", HashKind::Md5), ("sha1", HashKind::Sha1), ("sha256", HashKind::Sha256), ("pdq", HashKind::Pdq)];

pub(super) fn list(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<ListSource> {
    const NAME: &str = "A short name of your choice, as in \"given\"; ledger and items call it by that.";
    let short = |text: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (!text.is_empty() && text.len() <= 40 && text.bytes().all(fits)).then(|| text.to_owned())
    };
    let name = s.list("name", "a short name of a-z, 0-9 and -", NAME, short).pop();
    let name = s.require("name", name, NAME);
    let file = s.path("file");
    let file = s.require("file", file, "The file that holds the list.");
    let kind = s.has("kind").then(|| s.choice("kind", &KINDS, HashKind::Pdq));
    let columns = s.section("columns").map(|table| (table.span.clone(), columns(table)));
    if let (Some((span, _)), Some(_)) = (&columns, kind) {
        source.error(span, "A list has either `kind` or `columns`.", "`kind` is for one hash on each line.");
    }
    let (near, limits) = (Nearness::default(), ListLimits::default());
    let near = Nearness {
        distance: s.number("distance", 0..=Nearness::WIDEST as usize, near.distance as usize) as u32,
        quality: s.number("quality", 0..=100, usize::from(near.quality)) as u8,
    };
    let limits = ListLimits {
        bytes: s.size("largest", 1_000..=10_000_000_000, limits.bytes) as u64,
        entries: s.number("most", 1..=50_000_000, limits.entries),
    };
    s.close();
    if let Some(file) = &file {
        marks.files.push((Need::List, file.clone()));
    }
    if let Some(name) = &name {
        marks.picture_lists.push(name.clone());
    }
    let written = columns.map_or(Written::Lines(kind), |(_, columns)| Written::Table(columns));
    Some(ListSource { name: name?.value, file: file?.value, written, near, limits })
}

fn columns(table: Section<'_>) -> Columns {
    let named = |(key, kind): (&'static str, HashKind)| Some((table.text(key)?.value, kind));
    let columns: Vec<(String, HashKind)> = KINDS.into_iter().filter_map(named).collect();
    if columns.is_empty() {
        table.fault(&table.span, "`columns` names no column.", "As in { md5 = \"MD5\", sha1 = \"SHA-1\" }.");
    }
    table.close();
    Columns(columns)
}

/// Two lists of one name could not be told apart afterwards.
pub(super) fn names_differ(source: &Source<'_>, names: &[At<String>]) {
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|earlier| earlier.value == name.value) {
            source.error(&name.span, "Another `[[picture-list]]` has this name.", "Give each its own.");
        }
    }
}
