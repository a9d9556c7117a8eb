//! What a page shows that is written otherwise in it: readings of their own, beside the text as it is written.

use super::{
    Doubt, Fragment, Layer, UnreadReason, View,
    html::{self, ShownAs},
    read::Reader,
    view::{Builder, Lines},
};
use std::borrow::Cow;

impl<'m> Reader<'m, '_> {
    /// A page as its styles show it; the text of each reading is its own source.
    pub(super) fn shown(&mut self, place: Cow<'m, str>, index: usize, again: &html::Again, source: &str) {
        let seen = again.read(source, self.limits);
        for shown in seen.shown {
            let text = self.cut(index, Cow::Owned(shown.text));
            self.out.fragments.push(Fragment {
                place: place.clone(),
                part: self.protecting(index),
                layer: match shown.kind {
                    ShownAs::Link => Layer::Link,
                    ShownAs::Filled => Layer::Hidden,
                    ShownAs::Text | ShownAs::Crafted => Layer::Visible,
                },
                view: rows(&text),
                source: text,
                quoted: Vec::new(),
                checked_only: matches!(shown.kind, ShownAs::Link | ShownAs::Text),
                anchors: &[],
            });
        }
        if let Some(doubt) = seen.doubt {
            self.unread_at(place.clone().into_owned(), index, UnreadReason::Ambiguous(Doubt::Crafted(doubt)));
        }
        if seen.is_cut {
            self.unread_at(place.into_owned(), index, UnreadReason::Limit("layout"));
        }
    }
}

fn rows(text: &str) -> View {
    let mut builder = Builder::new(Lines::Rows, text.len());
    builder.text(text, 0);
    builder.finish().0
}
