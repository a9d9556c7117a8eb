//! What was not read, and where other programs may read something else: said with its place, as policy sees it.

use super::{
    Doubt, Unread, UnreadReason,
    read::{Reader, place},
};

impl Reader<'_, '_> {
    pub(super) fn unread(&mut self, index: usize, reason: UnreadReason) {
        self.unread_at(place(&self.message.parts[index]).into_owned(), index, reason);
    }

    pub(super) fn unread_at(&mut self, place: String, index: usize, reason: UnreadReason) {
        let media_type = self.message.parts[index].media_type.clone();
        self.out.unread.push(Unread { place, part: Some(index), media_type, reason });
    }

    fn has_defect(&self, defect: &str) -> bool {
        self.message.defects.iter().chain(&self.message.otherwise).any(|found| *found == defect)
    }

    /// What the reader of the message left out altogether.
    pub(super) fn limits(&mut self) {
        for (defect, place, limit) in [
            ("too-many-parts", "", "parts"),
            ("header-cut", "header", "header"),
            ("field-cut", "header", "header"),
        ] {
            if self.has_defect(defect) {
                self.left_out(place, limit);
            }
        }
    }

    /// Where other programs may see another message than the one that was read.
    pub(super) fn doubts(&mut self) {
        for doubt in DOUBTS {
            let (Doubt::Crafted(defect) | Doubt::Damaged(defect)) = doubt;
            if self.has_defect(defect) {
                self.out.unread.push(Unread {
                    place: "message".to_owned(),
                    part: None,
                    media_type: String::new(),
                    reason: UnreadReason::Ambiguous(doubt),
                });
            }
        }
    }

    /// Says once of a place that there is more written apart, encoded or turned around than is looked for.
    pub(super) fn cut_short(&mut self, place: &str, part: Option<usize>) {
        let reason = UnreadReason::Limit("readings");
        if !self.out.unread.iter().any(|unread| unread.reason == reason && unread.place == place) {
            let media_type = part.map_or_else(String::new, |at| self.message.parts[at].media_type.clone());
            self.out.unread.push(Unread { place: place.to_owned(), part, media_type, reason });
        }
    }

    pub(super) fn left_out(&mut self, place: &str, limit: &'static str) {
        self.out.unread.push(Unread {
            place: place.to_owned(),
            part: None,
            media_type: String::new(),
            reason: UnreadReason::Limit(limit),
        });
    }
}

/// The defects that make a message say one thing here and another elsewhere, the gravest first.
const DOUBTS: [Doubt; 14] = [
    Doubt::Crafted("repeated-key-field"),
    Doubt::Crafted("repeated-parameter"),
    Doubt::Crafted("doubtful-boundary"),
    Doubt::Crafted("boundary-not-found"),
    Doubt::Crafted("no-boundary"),
    Doubt::Crafted("parts-outside"),
    Doubt::Crafted("unknown-transfer-encoding"),
    Doubt::Crafted("unknown-charset"),
    Doubt::Crafted("read-otherwise"),
    Doubt::Crafted("too-many-ways"),
    Doubt::Damaged("bad-transfer-encoding"),
    Doubt::Damaged("bad-charset"),
    Doubt::Damaged("damaged-otherwise"),
    Doubt::Damaged("encoded-message"),
];
