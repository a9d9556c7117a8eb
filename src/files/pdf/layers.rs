//! Layers, which are shown or not (ISO 32000-2, section 8.11).

use super::{
    document::Document,
    object::{Dictionary, Object},
};
use std::collections::HashSet;

const MOST: usize = 100_000;

/// Whether anybody sees what lies on a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layer {
    Shown,
    /// One program shows it, another one does not.
    Doubtful,
    Off,
}

/// Layers by their objects' numbers; all others are shown.
#[derive(Debug, Default)]
pub(super) struct Layers {
    off: HashSet<u32>,
    /// By their usage they are shown otherwise than by the list, in programs that look at it.
    doubtful: HashSet<u32>,
}

impl Layers {
    /// As they are shown at first (section 8.11.4).
    pub(super) fn read(document: &mut Document<'_, '_>, root: &Dictionary) -> Self {
        let layers = document.dictionary(root, "OCProperties").unwrap_or_default();
        let shown = document.dictionary(&layers, "D").unwrap_or_default();
        let mut off = numbers(document.get(&shown, "OFF"));
        if shown.is("BaseState", b"OFF") {
            off.extend(numbers(document.get(&layers, "OCGs")));
            let on = numbers(document.get(&shown, "ON"));
            off.retain(|layer| !on.contains(layer));
        }
        let mut all = Self { off, doubtful: HashSet::new() };
        if let Some(Object::Array(usages)) = document.get(&shown, "AS") {
            for usage in usages.iter().take(64) {
                all.read_usage(document, usage);
            }
        }
        all
    }

    /// Layers that a program switches by itself when somebody looks at the file (table 101).
    fn read_usage(&mut self, document: &mut Document<'_, '_>, usage: &Object) {
        let Some(usage) = document.resolve(usage).and_then(|usage| usage.dictionary().cloned()) else {
            return;
        };
        if !usage.is("Event", b"View") {
            return;
        }
        for number in numbers(document.get(&usage, "OCGs")) {
            if document.step().is_none() {
                return;
            }
            let layer = document.resolve(&Object::Reference(number));
            let Some(layer) = layer.and_then(|layer| layer.dictionary().cloned()) else { continue };
            let usage = document.dictionary(&layer, "Usage").unwrap_or_default();
            let view = document.dictionary(&usage, "View").unwrap_or_default();
            if view.is("ViewState", if self.off.contains(&number) { b"ON" } else { b"OFF" }) {
                self.doubtful.insert(number);
            }
        }
    }

    fn of(&self, number: u32) -> Layer {
        match () {
            () if self.off.contains(&number) => Layer::Off,
            () if self.doubtful.contains(&number) => Layer::Doubtful,
            () => Layer::Shown,
        }
    }

    /// What lies on `entry`, whose own dictionary is `own`: a layer, or a rule about some (section 8.11.2.2).
    pub(super) fn state(&self, entry: &Object, own: &Dictionary) -> Layer {
        let mut states = Vec::new();
        match own.raw("OCGs") {
            Some(layers) => states.extend(
                layers.array().iter().chain([layers]).take(MOST).filter_map(|layer| self.number(layer)),
            ),
            None => states.extend(self.number(entry)),
        }
        let all_alike = states.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
        let is_rule =
            own.raw("VE").is_some() || own.raw("P").is_some_and(|rule| rule.name() != Some(b"AnyOn"));
        match states.first() {
            Some(first) if all_alike && !is_rule => *first,
            None if !is_rule => Layer::Shown,
            _ => Layer::Doubtful,
        }
    }

    fn number(&self, object: &Object) -> Option<Layer> {
        if let Object::Reference(number) = object { Some(self.of(*number)) } else { None }
    }
}

fn numbers(list: Option<Object>) -> HashSet<u32> {
    let list = list.iter().flat_map(|list| list.array().iter().take(MOST));
    list.filter_map(|item| if let Object::Reference(n) = item { Some(*n) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FONT, pdf};
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    fn layered(entries: &str, layer: &str) -> crate::files::Opened {
        let content = "BT /F 12 Tf 50 700 Td (AB) Tj /OC /L BDC (z) Tj EMC (12) Tj ET";
        let page = format!("<</Type/Page/Contents 4 0 R/Resources<<{FONT}/Properties<</L 5 0 R>>>>>>");
        opened(&pdf(&[
            &format!("<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[5 0 R 6 0 R]/D<<{entries}>>>>>>"),
            "<</Kids[3 0 R]/Count 1>>",
            &page,
            &format!("<</Length {}>>stream\n{content}\nendstream", content.len()),
            layer,
            "<</Type/OCG>>",
        ]))
    }

    #[test]
    fn layers_that_a_program_may_switch_off_are_read_both_ways() {
        let usage = "/AS[<</Event/View/Category[/View]/OCGs[5 0 R]>>]";
        let opened = layered(usage, "<</Type/OCG/Usage<</View<</ViewState/OFF>>>>>>");
        assert_eq!(text(&opened, "page 1", Shown::Visible), "ABz12");
        assert!(text(&opened, "page 1/read otherwise", Shown::Visible).starts_with("AB"));
        assert!(!text(&opened, "page 1/read otherwise", Shown::Visible).contains('z'));
        let opened = layered("/OFF[6 0 R]", "<</Type/OCMD/OCGs[6 0 R]/P/AllOff>>");
        assert!(!text(&opened, "page 1/read otherwise", Shown::Visible).contains('z'));
    }

    #[test]
    fn layers_that_are_off_are_hidden_and_others_are_not() {
        for (entries, layer) in
            [("/OFF[5 0 R]", "<</Type/OCG>>"), ("/OFF[6 0 R]", "<</Type/OCMD/OCGs[6 0 R]>>")]
        {
            assert_eq!(text(&layered(entries, layer), "page 1", Shown::Hidden), "z");
        }
        let opened = layered("", "<</Type/OCG>>");
        assert_eq!(text(&opened, "page 1", Shown::Visible), "ABz12");
        assert_eq!(text(&opened, "page 1/read otherwise", Shown::Visible), "");
    }
}
