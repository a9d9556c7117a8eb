//! Forms and pictures that a stream draws (ISO 32000-2, sections 8.8 to 8.10).

use super::{
    Drawing, IDENTITY, Interpreter, Layer, Matrix, State,
    geometry::{Area, around, moved, product},
    pieces::has_room,
};
use crate::files::{
    Limit, Reason,
    pdf::{
        crypt::Kind,
        document::Decoded,
        object::{Dictionary, Object, Stream},
        pixels,
    },
};
use std::rc::Rc;

/// Looking for what a piece of a picture touches, as bytes.
const COST_OF_A_PIECE: usize = 2 * 1024;
/// Forms within forms.
const DEEPEST: usize = 12;
/// Forms drawn on one page.
const MOST_FORMS: usize = 5_000;

impl Interpreter<'_, '_, '_> {
    pub(super) fn object(&mut self, operands: &[Object], drawing: &mut Drawing<'_>) {
        let Some(name) = operands.first().and_then(Object::name) else { return };
        let Some(objects) = self.document.dictionary(drawing.resources, "XObject") else { return };
        let Some(Object::Stream(stream)) = objects.0.get(name).and_then(|own| self.document.resolve(own))
        else {
            return;
        };
        match stream.dictionary.raw("Subtype").and_then(Object::name) {
            Some(b"Form") => {
                let mut state = drawing.state.clone();
                let mut layers = drawing.marks.clone();
                if let Some(entry) = stream.dictionary.raw("OC") {
                    let own = self.document.resolve(entry).and_then(|own| own.dictionary().cloned());
                    layers.push(self.layer(entry, &own.unwrap_or_default()));
                }
                state.unseen |= layers.contains(&Layer::Off);
                state.doubtful |= layers.contains(&Layer::Doubtful);
                let resources = drawing.resources.clone();
                self.form(&stream, &resources, state, drawing.depth);
            }
            Some(b"Image") if self.in_mask => self.page.masks += 1,
            Some(b"Image") => {
                self.page.pictures += 1;
                let (area, files) = (drawing.unit_square(), self.page.files.len());
                self.picture_at(area);
                let decoded = self.document.decode(&stream, Kind::Stream);
                self.keep_picture(&stream.dictionary, stream.start, decoded);
                self.tell_room(area, files);
            }
            _ => {}
        }
    }

    /// Whether words can be read on a picture, by itself or with those beside it; of files there were `files` before.
    pub(super) fn tell_room(&mut self, area: Area, files: usize) {
        let is_file = self.page.files.len() > files;
        // A file of its own is told as one.
        self.page.large_pictures |= match has_room(&area) {
            true => !is_file,
            false => self.document.work(COST_OF_A_PIECE).is_some() && self.pieces.add(area),
        };
    }

    /// A form, with its own matrix and resources.
    pub(super) fn form(
        &mut self,
        stream: &Rc<Stream>,
        resources: &Dictionary,
        mut state: State,
        depth: usize,
    ) {
        self.forms += 1;
        if depth >= DEEPEST || self.forms > MOST_FORMS {
            self.document.stopped = self.document.stopped.or(Some(Limit::Steps));
            return;
        }
        if let Some(Object::Array(matrix)) = self.document.get(&stream.dictionary, "Matrix") {
            let own = std::array::from_fn(|i| matrix.get(i).and_then(Object::number).unwrap_or(0.0));
            state.ctm = product(&own, &state.ctm);
        }
        if let Some(corners) = self.corners(&stream.dictionary, "BBox") {
            let [a, b, c, d] = corners;
            let corners = [(a, b), (c, b), (a, d), (c, d)].map(|corner| moved(&state.ctm, corner));
            let slanted = !state.is_upright();
            state.clip.narrow(&around(&corners), slanted);
        }
        // A group is drawn by itself, then laid upon the page as a whole (section 11.4.5).
        if stream.dictionary.raw("Group").is_some() {
            state.group_alpha *= state.alpha;
            state.alpha = 1.0;
        }
        let own = self.document.dictionary(&stream.dictionary, "Resources");
        let content = self.document.decode(stream, Kind::Stream).bytes;
        self.stream(&content, own.as_ref().unwrap_or(resources), state, depth + 1);
    }

    /// Draws a form by itself: the look of an annotation, fitted into its place (section 12.5.5).
    pub(in crate::files::pdf) fn draw_look(&mut self, stream: &Rc<Stream>, note: &Dictionary) {
        let ctm = self.fitted(&stream.dictionary, note).unwrap_or(IDENTITY);
        let resources = self.document.dictionary(&stream.dictionary, "Resources").unwrap_or_default();
        let content = self.document.decode(stream, Kind::Stream).bytes;
        self.draw(&content, &resources, ctm);
    }

    /// `None` where that would make nothing of it.
    fn fitted(&mut self, look: &Dictionary, note: &Dictionary) -> Option<Matrix> {
        let own = match self.document.get(look, "Matrix") {
            Some(Object::Array(matrix)) => {
                std::array::from_fn(|i| matrix.get(i).and_then(Object::number).unwrap_or(0.0))
            }
            _ => IDENTITY,
        };
        let [a, b, c, d] = self.corners(look, "BBox")?;
        let drawn = around(&[(a, b), (c, b), (a, d), (c, d)].map(|corner| moved(&own, corner)));
        let [left, bottom, right, top] = self.corners(note, "Rect")?;
        let by = [(right - left) / (drawn[2] - drawn[0]), (top - bottom) / (drawn[3] - drawn[1])];
        let is_usual = |by: &f64| (0.01..100.0).contains(by);
        let to = [by[0], 0.0, 0.0, by[1], left - drawn[0] * by[0], bottom - drawn[1] * by[1]];
        by.iter().all(is_usual).then(|| product(&own, &to))
    }

    /// A rectangle (section 7.9.5), its lower left corner first.
    fn corners(&mut self, own: &Dictionary, key: &str) -> Option<Area> {
        let Some(Object::Array(corners)) = self.document.get(own, key) else { return None };
        let corners = corners.iter().take(4).filter_map(|corner| self.document.resolve(corner)?.number());
        let &[a, b, c, d] = corners.collect::<Vec<_>>().as_slice() else { return None };
        Some([a.min(c), b.min(d), a.max(c), b.max(d)])
    }

    /// JPEG pictures are files of their own, which tell where they were taken.
    /// `key` is the same for the same picture.
    pub(super) fn keep_picture(&mut self, own: &Dictionary, key: usize, decoded: Decoded) {
        if self.page.files.len() >= 64 {
            if self.document.budget.hashes() {
                self.document.budget.missed(&self.place, "picture", Reason::Limit(Limit::Members));
            }
            return;
        }
        match decoded.left.as_deref() {
            Some(b"DCTDecode" | b"DCT") => self.page.files.push(("picture.jpg", decoded.bytes)),
            Some(b"JPXDecode") => self.page.files.push(("picture.jp2", decoded.bytes)),
            _ => {
                let place = format!("{}/picture", self.place);
                pixels::remember(self.document, (own, key), &decoded, &place);
            }
        }
    }
}

impl Drawing<'_> {
    /// Where a picture is drawn (section 8.9.5).
    pub(super) fn unit_square(&self) -> Area {
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        around(&corners.map(|corner| moved(&self.state.ctm, corner)))
    }
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Budget, FileLimits, Limit, Reason, fixture_tests::has_missed, open, pdf::tests::page,
    };

    #[test]
    fn a_picture_that_is_drawn_many_times_costs_what_it_weighs() {
        for (draws, told) in [(2, false), (200, true)] {
            let mut bytes = page(&"/I Do ".repeat(draws), "/XObject<</I 5 0 R>>");
            bytes.extend(b"\n5 0 obj<</Subtype/Image/Width 1/Height 1/Length 100000>>stream\n");
            bytes.extend([b'x'; 100_000]);
            bytes.extend(b"\nendstream endobj");
            let mut budget = Budget::new(FileLimits { steps: 10_000, ..FileLimits::default() });
            open(None, None, &bytes, &mut budget);
            assert_eq!(has_missed(&budget.finish(), Reason::Limit(Limit::Steps)), told);
        }
    }
}
