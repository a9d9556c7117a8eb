//! Other readings beside the text as it stands: what is drawn, turned around, mislabelled, told or put in several
//! places. Only rules with a strong check digit look at them.

use super::{
    Doubt, Fragment, Layer, Unread, UnreadReason, View, drawn,
    drawn::Drawn,
    normalise,
    read::{Reader, place},
    recoded, seams, shape, shown, spelled, told,
};
use std::borrow::Cow;

impl<'m> Reader<'m, '_> {
    /// Digits that are drawn with signs.
    pub(super) fn drawn(&mut self, index: usize, text: &str) {
        let mut is_cut = false;
        let drawn = drawn::drawn(text, &mut is_cut);
        if is_cut {
            self.cut_short(&place(&self.message.parts[index]), Some(index));
        }
        match drawn {
            Some(Drawn::Numbers(text)) => {
                let (place, view) = (place(&self.message.parts[index]), normalise(&text));
                self.together(place, Some(index), Layer::Visible, Cow::Owned(text), view);
            }
            Some(Drawn::Figures) => self.unread(index, UnreadReason::Picture),
            None => {}
        }
    }

    /// Lines that are shown in another order than they are written, or in another charset than they are labelled.
    pub(super) fn otherwise(&mut self) {
        for at in 0..self.out.fragments.len() {
            let fragment = &self.out.fragments[at];
            // What is seen of a page, what is hidden, and its links have one source: that is read once.
            let before = at.checked_sub(1).map(|before| &self.out.fragments[before]);
            if fragment.source.is_ascii() || before.is_some_and(|before| is_same_source(before, fragment)) {
                continue;
            }
            let (place, part, layer) = (fragment.place.clone(), fragment.part, fragment.layer);
            let mut is_cut = false;
            let turned = shown::turned(&fragment.source, &mut is_cut);
            let repaired = recoded::repaired(&fragment.source, &mut is_cut);
            if is_cut {
                self.cut_short(&place, part);
            }
            if turned.as_ref().is_some_and(|turned| turned.cause == shown::Cause::Trick) {
                self.ambiguous(&place, part, Doubt::Crafted("direction-override"));
            }
            for text in turned.map(|turned| turned.lines).into_iter().chain(repaired) {
                let view = normalise(&text);
                self.together(place.clone(), part, layer, Cow::Owned(text), view);
            }
        }
    }

    /// Numbers that are written apart, told, or begun in one text and ended in the next, beside the texts in which they
    /// stand.
    pub(super) fn put_together(&mut self) {
        let mut is_cut = false;
        for seam in seams::seams(&self.out.fragments, &mut is_cut) {
            let [upper, lower] = [seam.upper, seam.lower].map(|at| &self.out.fragments[at]);
            let place = Cow::Owned(format!("{} and {}", upper.place, lower.place));
            let (part, layer) = (lower.part, lower.layer);
            self.together(place, part, layer, Cow::Owned(seam.source), seam.view);
        }
        if is_cut {
            self.cut_short("message", None);
        }
        for at in 0..self.out.fragments.len() {
            let fragment = &self.out.fragments[at];
            let (source, mut is_cut) = (fragment.source.len(), false);
            let views = [
                spelled::spelled(&fragment.view, source, &mut is_cut),
                told::told(&fragment.view, source, None, &mut is_cut),
            ];
            if is_cut {
                let (place, part) = (fragment.place.clone(), fragment.part);
                self.cut_short(&place, part);
            }
            for view in views.into_iter().flatten() {
                let fragment = &self.out.fragments[at];
                let more = Fragment {
                    place: fragment.place.clone(),
                    source: fragment.source.clone(),
                    view,
                    quoted: Vec::new(),
                    checked_only: true,
                    ..*fragment
                };
                self.out.fragments.push(more);
            }
        }
        // What was dug up and can hold no such number is not worth a look of every rule.
        self.out.fragments.retain(|fragment| !fragment.checked_only || shape::may_be_in(&fragment.view.text));
    }

    /// What the gate has put together from what is seen there.
    fn together(
        &mut self,
        place: Cow<'m, str>,
        part: Option<usize>,
        layer: Layer,
        source: Cow<'m, str>,
        view: View,
    ) {
        let (quoted, anchors) = (Vec::new(), &[][..]);
        let fragment = Fragment { place, part, layer, source, view, quoted, checked_only: true, anchors };
        self.out.fragments.push(fragment);
    }

    /// Says that other programs may show something else; once in each place.
    fn ambiguous(&mut self, place: &str, part: Option<usize>, doubt: Doubt) {
        let reason = UnreadReason::Ambiguous(doubt);
        if !self.out.unread.iter().any(|unread| unread.reason == reason && unread.part == part) {
            let media_type = part.map_or_else(String::new, |at| self.message.parts[at].media_type.clone());
            self.out.unread.push(Unread { place: place.to_owned(), part, media_type, reason });
        }
    }
}

fn is_same_source(one: &Fragment<'_>, other: &Fragment<'_>) -> bool {
    one.part == other.part && one.place == other.place && one.source == other.source
}

#[cfg(test)]
mod tests {
    use super::super::{ExtractLimits, UnreadReason, extract};
    use crate::{
        files::Files,
        message::{ReadLimits, read},
    };

    /// What hides behind many of its kind is told, and what stands before is read.
    #[test]
    fn more_of_a_kind_than_is_looked_for_is_told() {
        let spaced = |n: usize| format!("no. C 9 9 9 1 2 3 4 2 {:04} 1\n\n", n % 10_000);
        let encoded = |n: usize| format!("number {:028}\n\n", n).replace('0', "%30");
        for (one, many) in [(&spaced as &dyn Fn(usize) -> String, 2_500), (&encoded, 2_500)] {
            for (count, told) in [(20, false), (many, true)] {
                let body: String = (0..count).map(one).collect();
                let raw = format!("Subject: s\n\n{body}");
                let message = read(raw.as_bytes(), ReadLimits::default());
                let files = Files::default();
                let extract = extract(&message, &files, ExtractLimits::default());
                let is_told = extract.unread.iter().any(|u| u.reason == UnreadReason::Limit("readings"));
                assert_eq!(is_told, told, "{count} of {:?}", one(1));
            }
        }
    }
}
