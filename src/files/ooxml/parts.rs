//! Parts of a package and how they refer to each other (ECMA-376 part 2, section 6.5).

use crate::files::{
    Budget, Script, Shown, TraitKind, Writing,
    package::Package,
    xml::{self, Node, Xml},
};
use std::collections::HashSet;

pub(super) struct Parts<'p, 'a> {
    pub(super) package: &'p Package<'a>,
    /// Parts that were read or need not be, in lower case.
    done: HashSet<String>,
}

pub(super) struct Relation {
    pub(super) id: String,
    /// The last word of its type: `hyperlink`, `comments`.
    pub(super) kind: String,
    /// A part's name, or an address when external.
    pub(super) target: String,
    pub(super) external: bool,
}

impl<'p, 'a> Parts<'p, 'a> {
    pub(super) fn new(package: &'p Package<'a>) -> Self {
        Self { package, done: HashSet::new() }
    }

    pub(super) fn bytes(&mut self, name: &str, budget: &mut Budget) -> Option<Vec<u8>> {
        self.pass(name);
        self.package.read(name, budget)
    }

    /// An XML part in UTF-8, if its outermost element is one of these. Whatever else a relationship calls so stays
    /// for those who look at what is left.
    pub(super) fn text(&mut self, name: &str, roots: &[&str], budget: &mut Budget) -> Option<Vec<u8>> {
        let bytes = self.package.read(name, budget)?;
        let source = xml::decoded(&bytes).into_owned();
        let root = xml::root(&source)?;
        roots.contains(&root.as_str()).then(|| {
            self.pass(name);
            source
        })
    }

    /// Bytes of a part that is not marked as read.
    pub(super) fn glance(&self, name: &str, budget: &mut Budget) -> Option<Vec<u8>> {
        self.package.read(name, budget)
    }

    pub(super) fn pass(&mut self, name: &str) {
        self.done.insert(name.trim_start_matches('/').to_ascii_lowercase());
    }

    /// Names of the parts that nobody asked for.
    pub(super) fn left(&self) -> Vec<String> {
        let names = self.package.names().filter(|name| !name.ends_with('/'));
        names.filter(|name| !self.done.contains(&name.to_ascii_lowercase())).map(str::to_owned).collect()
    }

    /// What a part refers to; `""` is the package.
    pub(super) fn relations(&mut self, part: &str, budget: &mut Budget) -> Vec<Relation> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let name = if folder.is_empty() {
            format!("_rels/{file}.rels")
        } else {
            format!("{folder}/_rels/{file}.rels")
        };
        self.text(&name, &["Relationships"], budget)
            .map(|source| relations(&source, folder, budget))
            .unwrap_or_default()
    }
}

pub(super) fn relations(source: &[u8], folder: &str, budget: &mut Budget) -> Vec<Relation> {
    let mut xml = Xml::new(source);
    let mut out = Vec::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        if tag.name() != "Relationship" {
            continue;
        }
        let external = tag.get("TargetMode").is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
        let target = tag.get("Target").unwrap_or_default();
        let kind = tag.get("Type").unwrap_or_default();
        tell_program(&kind, budget);
        out.push(Relation {
            id: tag.get("Id").unwrap_or_default(),
            kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
            target: if external { target } else { resolved(folder, &target) },
            external,
        });
    }
    out
}

/// Macros and controls, by a part's name, its content type or the type of a relationship.
pub(super) fn tell_program(said: &str, budget: &mut Budget) {
    let said = said.to_ascii_lowercase();
    if said.contains("vbaproject") || said.contains("macrosheet") {
        budget.found("", TraitKind::Script(Script::Macro));
    }
    if said.contains("activex") || said.ends_with("relationships/control") {
        budget.found("", TraitKind::Script(Script::Active));
    }
}

/// `../media/image1.png` seen from `word/headers`.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
}

/// Tells addresses outside: links as such, all else as loaded on opening.
pub(super) fn tell_external(relations: &[Relation], place: &str, budget: &mut Budget) {
    for relation in relations.iter().filter(|relation| relation.external) {
        if relation.kind != "hyperlink" {
            budget.found(place, TraitKind::RemoteContent);
        }
        if relation.target.to_ascii_lowercase().starts_with("javascript:") {
            budget.found(place, TraitKind::Script(Script::Active));
        }
        budget.text(place, Shown::Link, Writing::Plain, relation.target.clone());
    }
}
