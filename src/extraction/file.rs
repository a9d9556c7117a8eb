//! What the opener of files found, as fragments and what was not read: the same for detection as the text of
//! the message itself.

use super::{
    Doubt, FileTrait, Layer, Unread, UnreadReason, html, normalise,
    read::{At, Reader, place},
    unseen,
    view::{Builder, Lines},
};
use crate::files::{Hashed, Missed, Opened, Piece, Reason, Shown, Writing};
use std::borrow::Cow;

impl<'m> Reader<'m, '_> {
    /// All of a file that was opened.
    pub(super) fn opened(&mut self, index: usize, opened: &'m Opened) {
        for piece in &opened.pieces {
            self.piece(index, piece);
            self.decoded(index, piece);
        }
        for found in &opened.traits {
            let place = self.below(index, &found.place);
            self.out.traits.push(FileTrait { place, part: index, kind: found.kind.clone() });
        }
        for missed in &opened.missed {
            self.missed(index, missed);
        }
        for hashed in &opened.hashed {
            self.not_compared(index, hashed);
        }
    }

    fn piece(&mut self, index: usize, piece: &'m Piece) {
        let source = self.cut(index, Cow::Borrowed(piece.text.as_str()));
        let layer = layer_of(piece.shown);
        if piece.shown == Shown::Unseen {
            let place = Cow::Owned(self.below(index, &piece.place));
            let view = normalise(&source);
            return self.dug_up(place, index, source, view);
        }
        if piece.writing == Writing::Html {
            let texts = html::read(&source);
            let none = html::Quotes::default();
            let shown = if layer == Layer::Visible { Layer::Visible } else { Layer::Hidden };
            let seen = self.out.fragments.len();
            self.stretch(self.at(index, piece), source.clone(), (shown, texts.visible), &texts.quotes);
            self.odd_links(&texts.anchors.all, seen);
            self.embedded(index, &self.below(index, &piece.place), &source, &texts.embedded);
            self.stretch(self.at(index, piece), source.clone(), (Layer::Hidden, texts.hidden), &none);
            self.stretch(self.at(index, piece), source.clone(), (Layer::Link, texts.links), &none);
            if texts.unseen.len() > 0 {
                let place = Cow::Owned(self.below(index, &piece.place));
                self.dug_up(place, index, source.clone(), texts.unseen.finish().0);
            }
            self.shown(Cow::Owned(self.below(index, &piece.place)), index, &texts.again, &source);
        } else {
            let mode = if piece.writing == Writing::Rows { Lines::Rows } else { Lines::Kept };
            let mut builder = Builder::new(mode, source.len());
            builder.text(&source, 0);
            self.stretch(self.at(index, piece), source, (layer, builder), &html::Quotes::default());
        }
    }

    fn at(&self, index: usize, piece: &'m Piece) -> At<'m> {
        let part = match piece.shown {
            Shown::FileName => Some(index),
            _ => self.protecting(index),
        };
        At { place: Cow::Owned(self.below(index, &piece.place)), part, anchors: &piece.anchors }
    }

    /// What a piece holds in another writing.
    fn decoded(&mut self, index: usize, piece: &'m Piece) {
        let mut is_cut = false;
        if let Some(decoded) = unseen::decoded(&piece.text, &mut is_cut) {
            let place = Cow::Owned(self.below(index, &piece.place));
            let view = normalise(&decoded);
            self.dug_up(place, index, Cow::Owned(decoded), view);
        }
        if is_cut {
            self.cut_short(&self.below(index, &piece.place), Some(index));
        }
    }

    fn missed(&mut self, index: usize, missed: &Missed) {
        let reason = match missed.reason {
            Reason::NotSupported => UnreadReason::FormatNotSupported,
            Reason::Protected => UnreadReason::Protected,
            Reason::Limit(limit) => UnreadReason::Limit(limit.name()),
            Reason::Malformed => UnreadReason::Malformed,
            Reason::Ambiguous => UnreadReason::Ambiguous(Doubt::Crafted("file")),
            Reason::Picture => UnreadReason::Picture,
        };
        let place = self.below(index, &missed.place);
        let unread = Unread { place, part: Some(index), media_type: missed.kind.clone(), reason };
        self.out.unread.push(unread);
    }

    /// Once for each reason: an album of photographs that we cannot decode is one remark.
    fn not_compared(&mut self, index: usize, hashed: &Hashed) {
        let picture = hashed.picture.as_ref();
        let Some(why) = picture.and_then(|picture| picture.unhashed?.name()) else { return };
        let reason = UnreadReason::NotCompared(why);
        if self.out.unread.iter().all(|known| known.reason != reason) {
            let place = self.below(index, &hashed.place);
            let media_type = picture.map_or("picture", |picture| picture.kind.name()).to_owned();
            self.out.unread.push(Unread { place, part: Some(index), media_type, reason });
        }
    }

    fn below(&self, index: usize, below: &str) -> String {
        let own = self.message.parts.get(index).map(place).unwrap_or_default();
        if below.is_empty() { own.into_owned() } else { format!("{own}/{below}") }
    }
}

fn layer_of(shown: Shown) -> Layer {
    match shown {
        Shown::Visible => Layer::Visible,
        Shown::Hidden | Shown::Unseen => Layer::Hidden,
        Shown::FileName => Layer::FileName,
        Shown::Link => Layer::Link,
        Shown::Subject => Layer::Subject,
        Shown::Header => Layer::Header,
    }
}
