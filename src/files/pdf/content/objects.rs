//! Forms and pictures that a stream draws (ISO 32000-2, sections 8.8 to 8.10).

use super::{
    Drawing, IDENTITY, Interpreter, State,
    geometry::{around, moved, product},
};
use crate::files::{
    Limit, Reason,
    pdf::{
        crypt::Kind,
        object::{Dictionary, Object, Stream},
        pixels,
    },
};
use std::rc::Rc;

/// Forms within forms.
const DEEPEST: usize = 12;
/// Forms drawn on one page.
const MOST_FORMS: usize = 5_000;

impl Interpreter<'_, '_, '_> {
    pub(super) fn object(&mut self, operands: &[Object], drawing: &mut Drawing<'_>, depth: usize) {
        let Some(name) = operands.first().and_then(Object::name) else { return };
        let Some(objects) = self.document.dictionary(drawing.resources, "XObject") else { return };
        let Some(Object::Stream(stream)) = objects.0.get(name).and_then(|own| self.document.resolve(own))
        else {
            return;
        };
        match stream.dictionary.raw("Subtype").and_then(Object::name) {
            Some(b"Form") => {
                let mut state = drawing.state.clone();
                state.unseen |= drawing.marks.contains(&true) || self.layer_is_off(&stream.dictionary, "OC");
                let resources = drawing.resources.clone();
                self.form(&stream, &resources, state, depth);
            }
            Some(b"Image") => {
                self.page.pictures += 1;
                let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
                let corners = corners.map(|corner| moved(&drawing.state.ctm, corner));
                let (area, files) = (around(&corners), self.page.files.len());
                self.picture_at(area);
                self.keep_picture(&stream);
                // A line of print takes as much; a file of its own is told as one.
                let has_room = area[2] - area[0] > 100.0 && area[3] - area[1] > 12.0;
                self.page.large_pictures |= has_room && self.page.files.len() == files;
            }
            _ => {}
        }
    }

    /// A form, with its own matrix and resources.
    fn form(&mut self, stream: &Rc<Stream>, resources: &Dictionary, mut state: State, depth: usize) {
        self.forms += 1;
        if depth >= DEEPEST || self.forms > MOST_FORMS {
            self.document.stopped = self.document.stopped.or(Some(Limit::Steps));
            return;
        }
        if let Some(Object::Array(matrix)) = self.document.get(&stream.dictionary, "Matrix") {
            let own = std::array::from_fn(|i| matrix.get(i).and_then(Object::number).unwrap_or(0.0));
            state.ctm = product(&own, &state.ctm);
        }
        let own = self.document.dictionary(&stream.dictionary, "Resources");
        let content = self.document.decode(stream, Kind::Stream).bytes;
        self.stream(&content, own.as_ref().unwrap_or(resources), state, depth + 1);
    }

    /// Draws a form by itself: the look of an annotation.
    pub(in crate::files::pdf) fn draw_form(&mut self, stream: &Rc<Stream>) {
        let resources = self.document.dictionary(&stream.dictionary, "Resources").unwrap_or_default();
        let content = self.document.decode(stream, Kind::Stream).bytes;
        self.draw(&content, &resources, IDENTITY);
    }

    /// JPEG pictures are files of their own, which tell where they were taken.
    fn keep_picture(&mut self, stream: &Stream) {
        if self.page.files.len() >= 64 {
            if self.document.budget.hashes() {
                self.document.budget.missed(&self.place, "picture", Reason::Limit(Limit::Members));
            }
            return;
        }
        let decoded = self.document.decode(stream, Kind::Stream);
        match decoded.left.as_deref() {
            Some(b"DCTDecode" | b"DCT") => self.page.files.push(("picture.jpg", decoded.bytes)),
            Some(b"JPXDecode") => self.page.files.push(("picture.jp2", decoded.bytes)),
            _ => {
                let place = format!("{}/picture", self.place);
                pixels::remember(self.document, stream, &decoded, &place);
            }
        }
    }
}
