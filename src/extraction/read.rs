//! A message's parts to [`Fragment`]s and [`Unread`]s.

use super::{
    Doubt, Extract, ExtractLimits, Fragment, Layer, TextKind, UnreadReason, View, html,
    nature::{has_unseen_letters, lines_of, looks_like_html, overrides_direction, text_kind, text_like},
    quotes, script, unseen,
    view::{Builder, Lines},
};
use crate::{
    files::{Anchor, Files, Missed, NotOpened, Opened, Reason, is_file_as_text, is_no_text},
    message::{Body, Disposition, Mailbox, Message, Part, Protection, Reading, decode_text, openpgp},
};
use std::borrow::Cow;

/// All text of `message` and of its files, each stretch with its normalised view, and what was not read.
/// Borrows decoded text from both; never fails.
pub fn extract<'m>(message: &'m Message<'_>, files: &'m Files, limits: ExtractLimits) -> Extract<'m> {
    let mut reader =
        Reader { message, files, limits, left: limits.text_bytes, embedded: 0, out: Extract::default() };
    reader.header();
    for index in 0..message.parts.len() {
        reader.part(index);
    }
    reader.outside();
    reader.limits();
    reader.doubts();
    reader.unseen();
    reader.otherwise();
    reader.put_together();
    reader.out
}

/// The normalised view of a plain text, as patterns see it (docs/rules.md).
pub fn normalise(text: &str) -> View {
    let mut builder = Builder::new(Lines::Kept, text.len());
    builder.text(text, 0);
    builder.finish().0
}

pub(super) struct Reader<'m, 'a> {
    pub(super) message: &'m Message<'a>,
    files: &'m Files,
    pub(super) limits: ExtractLimits,
    /// Bytes of decoded text that may still be read.
    left: usize,
    /// Texts that were read out of addresses.
    pub(super) embedded: usize,
    pub(super) out: Extract<'m>,
}

/// Where a text stands.
pub(super) struct At<'m> {
    pub(super) place: Cow<'m, str>,
    /// None for what can be read of a part that is protected: it is not.
    pub(super) part: Option<usize>,
    pub(super) anchors: &'m [Anchor],
}

impl<'m> Reader<'m, '_> {
    fn header(&mut self) {
        let header = &self.message.header;
        self.line("subject".into(), None, Layer::Subject, Cow::Borrowed(&header.subject));
        for subject in &header.other_subjects {
            self.line("subject".into(), None, Layer::Subject, Cow::Borrowed(subject));
        }
        let fields = [("from", &header.from), ("to", &header.to), ("cc", &header.cc)];
        for (name, mailboxes) in fields {
            let place = Cow::Owned(format!("header/{name}"));
            self.line(place, None, Layer::Header, Cow::Owned(listed(mailboxes)));
        }
    }

    /// A short text of one kind.
    fn line(&mut self, place: Cow<'m, str>, part: Option<usize>, layer: Layer, source: Cow<'m, str>) {
        if source.is_empty() {
            return;
        }
        let view = normalise(&source);
        if !view.text.is_empty() {
            let fragment = Fragment {
                place,
                part,
                layer,
                source,
                view,
                quoted: Vec::new(),
                anchors: &[],
                checked_only: false,
            };
            self.out.fragments.push(fragment);
        }
    }

    fn part(&mut self, index: usize) {
        let message = self.message;
        let part = &message.parts[index];
        if let Some(subject) = &part.subject {
            let place = Cow::Owned(format!("{}/subject", part.path));
            self.line(place, Some(index), Layer::Subject, Cow::Borrowed(subject));
        }
        if let Some(name) = &part.file_name {
            self.line(place(part), Some(index), Layer::FileName, Cow::Borrowed(name));
        }
        match &part.body {
            Body::Multipart(_) | Body::Message(_) => {}
            _ if matches!(part.protection, Protection::Pgp | Protection::Smime) => {
                self.unread(index, UnreadReason::Protected);
                self.armor(part);
            }
            Body::Text(text) => {
                self.text(index, text_kind(&part.media_type), Cow::Borrowed(text));
                if let Some(parted) = part.parted_by_breaks() {
                    self.line(place(part), Some(index), Layer::Visible, Cow::Owned(parted));
                }
                // A file under a text's type: what it says is not in its bytes as text.
                if let Some(Ok(opened)) = self.files.of(index) {
                    self.opened(index, opened);
                    // What is pasted into a text as uuencode, yEnc or BinHex is not taken out of it.
                    let is_left = is_file_as_text(text) && !text.trim_start().starts_with("{\\rtf");
                    if is_left && !self.is_taken_out(part) {
                        self.unread(index, UnreadReason::FormatNotSupported);
                    }
                } else if let Some(Err(NotOpened::Died(how))) = self.files.of(index) {
                    self.unread(index, UnreadReason::WorkerDied(how));
                } else if (is_no_text(text.as_bytes()) || is_file_as_text(text)) && !self.is_taken_out(part) {
                    self.unread(index, UnreadReason::FormatNotSupported);
                }
            }
            Body::Html(text) => {
                self.text(index, TextKind::Html, Cow::Borrowed(text));
                let is_attached = part.disposition == Disposition::Attachment || part.file_name.is_some();
                if is_attached && script::writes(text) {
                    self.unread(
                        index,
                        UnreadReason::Ambiguous(Doubt::Crafted("a script writes what is shown")),
                    );
                }
                match self.files.of(index) {
                    Some(Ok(opened)) => self.opened(index, opened),
                    Some(Err(NotOpened::Died(how))) => self.unread(index, UnreadReason::WorkerDied(how)),
                    _ => {}
                }
            }
            Body::Binary(bytes) => self.binary(index, part, bytes),
        }
    }

    /// Whether the file that is pasted into this text is a part of its own.
    fn is_taken_out(&self, part: &Part<'_>) -> bool {
        let pasted = |other: &&Part<'_>| other.reading == Reading::Pasted && other.path == part.path;
        self.message.parts.iter().rev().take_while(|p| p.reading != Reading::First).any(|p| pasted(&p))
    }

    /// What an encrypted message says openly, beside its armour.
    fn armor(&mut self, part: &'m Part<'_>) {
        let text = match &part.body {
            Body::Text(text) | Body::Html(text) => Cow::Borrowed(text.as_ref()),
            Body::Binary(bytes) => String::from_utf8_lossy(bytes.get(..4096).unwrap_or(bytes)),
            _ => return,
        };
        if text.trim_start().starts_with(openpgp::BEGIN) {
            self.line(place(part), None, Layer::Hidden, Cow::Owned(openpgp::armor_headers(&text)));
        }
    }

    fn binary(&mut self, index: usize, part: &'m Part<'_>, bytes: &'m [u8]) {
        match self.files.of(index) {
            Some(Ok(opened)) if !is_unknown(opened) => return self.opened(index, opened),
            Some(Err(NotOpened::Died(how))) => self.unread(index, UnreadReason::WorkerDied(how)),
            _ => {}
        }
        if part.protection != Protection::None {
            return self.unread(index, UnreadReason::Protected);
        }
        // The reader of the message left these whole because of its limits.
        if part.media_type.starts_with("multipart/") {
            self.text(index, TextKind::Plain, decode_text(Cow::Borrowed(bytes), None));
            return self.unread(index, UnreadReason::Limit("depth"));
        }
        if matches!(part.media_type.as_str(), "message/rfc822" | "message/global") {
            return self.unread(index, UnreadReason::Limit("nesting"));
        }
        match text_like(part, bytes) {
            Some(kind) => {
                let text = decode_text(Cow::Borrowed(bytes), part.charset.as_deref());
                self.text(index, kind, text);
                // A piece of a message, or a message that lies elsewhere: the rest is not here.
                if matches!(part.media_type.as_str(), "message/partial" | "message/external-body") {
                    self.unread(index, UnreadReason::FormatNotSupported);
                }
            }
            None if bytes.is_empty() => {}
            None if matches!(self.files.of(index), Some(Err(NotOpened::Died(_)))) => {}
            None => self.unread(index, UnreadReason::FormatNotSupported),
        }
    }

    /// Text of a part, as far as the limit on all text allows.
    fn text(&mut self, index: usize, kind: TextKind, text: Cow<'m, str>) {
        let text = self.cut(index, text);
        if overrides_direction(&text, kind) {
            self.unread(index, UnreadReason::Ambiguous(Doubt::Crafted("direction-override")));
        }
        if kind == TextKind::Html && memchr::memmem::find(text.as_bytes(), b"data:image/").is_some() {
            self.unread(index, UnreadReason::Picture);
        }
        if kind == TextKind::Plain && looks_like_html(&text) {
            self.text(index, TextKind::Html, text.clone());
        }
        if has_unseen_letters(&text) {
            self.unread(index, UnreadReason::Ambiguous(Doubt::Crafted("unseen-letters")));
        }
        match kind {
            TextKind::Plain => {
                self.drawn(index, &text);
                let mode = lines_of(&self.message.parts[index]);
                let mut builder = Builder::new(mode, text.len());
                builder.text(&text, 0);
                if memchr::memmem::find(text.as_bytes(), b"ata:").is_some() {
                    self.embedded_in_text(index, &place(&self.message.parts[index]), &text);
                }
                self.own(index, text, Layer::Visible, builder, &html::Quotes::default());
            }
            TextKind::Html => {
                let texts = html::read(&text);
                let none = html::Quotes::default();
                let seen = self.out.fragments.len();
                self.own(index, text.clone(), Layer::Visible, texts.visible, &texts.quotes);
                self.odd_links(&texts.anchors.all, seen);
                self.embedded(index, &place(&self.message.parts[index]), &text, &texts.embedded);
                self.own(index, text.clone(), Layer::Hidden, texts.hidden, &none);
                self.own(index, text.clone(), Layer::Link, texts.links, &none);
                if texts.unseen.len() > 0 {
                    let (view, _) = texts.unseen.finish();
                    self.dug_up(place(&self.message.parts[index]), index, text.clone(), view);
                }
                self.shown(place(&self.message.parts[index]), index, &texts.again, &text);
            }
        }
    }

    /// A text of the part itself.
    fn own(
        &mut self,
        index: usize,
        source: Cow<'m, str>,
        layer: Layer,
        text: Builder,
        marked: &html::Quotes,
    ) {
        let at = At { place: place(&self.message.parts[index]), part: Some(index), anchors: &[] };
        self.stretch(at, source, (layer, text), marked);
    }

    /// A text that was read, if there is any.
    pub(super) fn stretch(
        &mut self,
        at: At<'m>,
        source: Cow<'m, str>,
        (layer, text): (Layer, Builder),
        marked: &html::Quotes,
    ) {
        if text.len() == 0 {
            return;
        }
        let (view, lines) = text.finish();
        let quoted = match layer {
            Layer::Visible => quotes::find(&view, &lines, marked).quoted,
            _ => Vec::new(),
        };
        let At { place, part, anchors } = at;
        self.out.fragments.push(Fragment {
            place,
            part,
            layer,
            source,
            view,
            quoted,
            anchors,
            checked_only: false,
        });
    }

    pub(super) fn cut(&mut self, index: usize, text: Cow<'m, str>) -> Cow<'m, str> {
        if text.len() <= self.left {
            self.left -= text.len();
            return text;
        }
        let end = text.floor_char_boundary(self.left);
        self.left = 0;
        self.unread(index, UnreadReason::Limit("text-bytes"));
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
            Cow::Owned(mut text) => {
                text.truncate(end);
                Cow::Owned(text)
            }
        }
    }

    /// Text between the parts, which few programs show.
    fn outside(&mut self) {
        for range in &self.message.outside {
            let Some(bytes) = self.message.raw.get(range.clone()) else { continue };
            if bytes.len() > self.left {
                return self.left_out("outside", "text-bytes");
            }
            self.left -= bytes.len();
            let text = decode_text(Cow::Borrowed(bytes), None);
            self.line("outside".into(), None, Layer::Hidden, text);
        }
    }

    /// Where nobody looks: the other fields of headers, texts in another writing.
    fn unseen(&mut self) {
        for (index, part) in self.message.parts.iter().enumerate() {
            let own =
                || if part.path.is_empty() { "header".to_owned() } else { format!("{}/header", part.path) };
            let mut is_cut = false;
            if let Some(text) = unseen::header(self.message, part, &mut is_cut) {
                let view = normalise(&text);
                self.dug_up(Cow::Owned(own()), index, Cow::Owned(text), view);
            }
            if is_cut {
                self.cut_short(&own(), Some(index));
            }
            let (Body::Text(text) | Body::Html(text)) = &part.body else { continue };
            let kind = if matches!(part.body, Body::Html(_)) { TextKind::Html } else { TextKind::Plain };
            let mut is_cut = false;
            let found = [unseen::decoded(text, &mut is_cut), script::from_codes(text, kind, &mut is_cut)];
            for found in found.into_iter().flatten() {
                let view = normalise(&found);
                self.dug_up(place(part), index, Cow::Owned(found), view);
            }
            if is_cut {
                self.cut_short(&place(part), Some(index));
            }
        }
    }

    pub(super) fn dug_up(&mut self, place: Cow<'m, str>, index: usize, source: Cow<'m, str>, view: View) {
        self.out.fragments.push(Fragment {
            place,
            part: self.protecting(index),
            layer: Layer::Hidden,
            source,
            view,
            quoted: Vec::new(),
            checked_only: true,
            anchors: &[],
        });
    }

    /// The part whose protection holds for what is read in it: what can be read of a protected one has none.
    pub(super) fn protecting(&self, index: usize) -> Option<usize> {
        let part = self.message.parts.get(index);
        part.is_none_or(|part| part.protection == Protection::None).then_some(index)
    }
}

/// Whether nothing is known of a file but that nobody reads its kind.
fn is_unknown(opened: &Opened) -> bool {
    let not_supported = |missed: &Missed| missed.place.is_empty() && missed.reason == Reason::NotSupported;
    opened.pieces.is_empty() && opened.traits.is_empty() && opened.missed.iter().any(not_supported)
}

/// `2/register.csv`, or the path alone.
pub(crate) fn place<'m>(part: &'m Part<'_>) -> Cow<'m, str> {
    match &part.file_name {
        Some(name) => Cow::Owned(format!("{}/{name}", part.path)),
        None => Cow::Borrowed(&part.path),
    }
}

/// Names and addresses as a reader sees them, one mailbox to a paragraph.
fn listed(mailboxes: &[Mailbox]) -> String {
    let mut out = String::new();
    for mailbox in mailboxes {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(mailbox.name.as_deref().unwrap_or_default());
        if let Some(address) = &mailbox.address {
            out.push_str(if mailbox.name.is_some() { " <" } else { "<" });
            out.push_str(address.as_str());
            out.push('>');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ReadLimits, read};

    #[test]
    fn text_beyond_the_limit_is_unread_and_said_so() {
        let message = read("Subject: s\n\ntŷ and more".as_bytes(), ReadLimits::default());
        let none = Files::default();
        let extract = extract(&message, &none, ExtractLimits { text_bytes: 2, ..ExtractLimits::default() });
        assert_eq!(extract.fragments.last().map(|f| f.view.text.as_str()), Some("t"));
        assert_eq!(extract.unread[0].reason, UnreadReason::Limit("text-bytes"));
    }

    fn doubt(raw: &str) -> (Option<Doubt>, String) {
        let message = read(raw.as_bytes(), ReadLimits::default());
        let none = Files::default();
        let extract = extract(&message, &none, ExtractLimits::default());
        let doubt = extract.unread.iter().find_map(|u| match u.reason {
            UnreadReason::Ambiguous(doubt) => Some(doubt),
            _ => None,
        });
        (doubt, extract.fragments.first().map(|f| f.view.text.clone()).unwrap_or_default())
    }

    #[test]
    fn what_others_may_read_otherwise_is_said_so() {
        let crafted = |word| Some(Doubt::Crafted(word));
        for (raw, expected) in [
            ("Content-Type: text/plain\nContent-Type: text/html\n\nx", crafted("repeated-key-field")),
            ("From: a@b.example\nFrom: c@b.example\n\nx", crafted("repeated-key-field")),
            (
                "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n",
                crafted("repeated-parameter"),
            ),
            (
                "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n--a\ncontent-type: text/plain\n\ny\n",
                crafted("parts-outside"),
            ),
            ("Content-Transfer-Encoding: \"base64\"\n\nx", crafted("unknown-transfer-encoding")),
            ("Content-Transfer-Encoding: base64\n\nSGV!sbG8=", Some(Doubt::Damaged("bad-transfer-encoding"))),
            ("Content-Type: text/plain; charset=utf-8\n\nx", None),
            // The very same twice is no doubt.
            ("Content-Type: text/plain; charset=utf-8\nContent-Type: text/plain; charset=utf-8\n\nx", None),
            ("Content-Type: text/plain; charset=\"UTF-8\"; charset=utf-8\n\nx", None),
            (
                "Content-Type: text/plain; charset=utf-8; charset=iso-8859-1\n\nx",
                crafted("repeated-parameter"),
            ),
        ] {
            assert_eq!(doubt(raw).0, expected, "{raw}");
        }
        assert_eq!(doubt("Content-Transfer-Encoding: (x) base64\n\nSGVsbG8="), (None, "hello".into()));
        let unread_by_the_web = "Content-Type: text/plain; charset=iso-2022-kr\n\nhello";
        assert_eq!(doubt(unread_by_the_web), (crafted("unknown-charset"), "hello".into()));
    }

    #[test]
    fn markup_of_any_kind_splits_no_word_and_a_piece_of_a_message_is_not_all() {
        let backwards = "Content-Type: text/html; charset=utf-8\n\n<bdo dir=rtl>toidi</bdo>";
        assert_eq!(doubt(backwards).0, Some(Doubt::Crafted("direction-override")));
        let enriched = "Content-Type: text/enriched\n\n<bold>i</bold>diot";
        assert_eq!(doubt(enriched).1, "idiot");
        let piece = "Content-Type: message/partial; id=a; number=1\n\nhello";
        let message = read(piece.as_bytes(), ReadLimits::default());
        let none = Files::default();
        let extract = extract(&message, &none, ExtractLimits::default());
        assert_eq!(extract.unread[0].reason, UnreadReason::FormatNotSupported);
    }

    #[test]
    fn extraction_borrows_what_the_message_holds() {
        let message = read(b"Content-Type: text/html\n\n<p>x</p>", ReadLimits::default());
        let none = Files::default();
        let extract = extract(&message, &none, ExtractLimits::default());
        assert!(matches!(extract.fragments[0].source, Cow::Borrowed(_)));
    }
}
