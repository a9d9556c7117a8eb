//! An answer: made to fit by the worker, refused by the gate if it does not. Both sides of each bound
//! stand here.

use super::{FROM_WORKER, HEAD, metered::Metered, put_head};
use crate::files::{
    Anchor, FileLimits, Hashed, Limit, MOST_HASHED, MOST_TAKEN_BYTES, MOST_VIEWS, Missed, OTHER_SIZES,
    Opened, Piece, Reason, Trait, TraitKind,
};
use postcard::Deserializer;
use serde::Deserialize;

/// Pieces of one attachment.
const PIECES: usize = 50_000;
/// Anchors in all pieces together; of what follows only the piece's own place is told.
const ANCHORS: usize = 500_000;
/// Traits, and things missed. The budget of a reader stops at 256.
const REMARKS: usize = 1_000;
/// Pictures that are handed back.
const TAKEN: usize = 200;
/// Bytes of a place, of an anchor's label, and of the word for a kind.
const PLACE: usize = 1_024;
const WORD: usize = 128;
/// Single bytes that postcard takes at most for what the bounds above allow: twelve for a piece or a
/// remark or a picture that was taken, seven for an anchor, forty for a file that was hashed and for a view of a
/// picture.
const SINGLES: usize =
    12 * (PIECES + 2 * REMARKS + TAKEN) + 7 * ANCHORS + 40 * (MOST_HASHED + MOST_VIEWS) + 64;

/// Bytes of the longest answer to a request with these limits.
pub(in crate::sandbox) fn longest(limits: &FileLimits) -> usize {
    const REST: usize = 64 << 20;
    let pictures = if limits.take_pictures > 0 { MOST_TAKEN_BYTES } else { 0 };
    limits.text_bytes.saturating_add(REST).saturating_add(pictures)
}

/// The frame of the answer to a worker's job of this number. What passes a bound is cut, and told as
/// missed where text is lost.
pub(in crate::sandbox) fn encode(number: u32, mut opened: Opened, limits: &FileLimits) -> Vec<u8> {
    fit(&mut opened, limits);
    let text: usize = opened.pieces.iter().map(|piece| piece.text.len()).sum();
    let mut frame = Vec::with_capacity(HEAD + text + text / 8 + 4096);
    frame.resize(HEAD, 0);
    // A vector grows, and these types have nothing that postcard does not know.
    let mut frame = postcard::to_extend(&opened, frame).unwrap_or_default();
    let length = frame.len().saturating_sub(HEAD) as u64;
    put_head(&mut frame, FROM_WORKER, number, length);
    frame
}

/// An answer that is none, or not within the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Refused;

pub(in crate::sandbox) fn decode(bytes: &[u8], limits: &FileLimits) -> Result<Opened, Refused> {
    let mut reader = Deserializer::from_flavor(Metered::new(bytes, SINGLES));
    let opened = Opened::deserialize(&mut reader).map_err(|_| Refused)?;
    let rest = reader.finalize().map_err(|_| Refused)?;
    (rest.is_empty() && fits(&opened, limits)).then_some(opened).ok_or(Refused)
}

fn fits(opened: &Opened, limits: &FileLimits) -> bool {
    let text: usize = opened.pieces.iter().map(|piece| piece.text.len()).sum();
    let anchors: usize = opened.pieces.iter().map(|piece| piece.anchors.len()).sum();
    opened.pieces.len() <= PIECES
        && anchors <= ANCHORS
        && text <= limits.text_bytes
        && opened.traits.len() <= REMARKS
        && opened.missed.len() <= REMARKS
        && opened.pieces.iter().all(|piece| is_word(&piece.place, PLACE) && are_anchors(piece))
        && opened.missed.iter().all(|m| is_word(&m.place, PLACE) && is_word(&m.kind, WORD))
        && opened.traits.iter().all(is_trait)
        && opened.pictures.len() <= limits.take_pictures.min(TAKEN)
        && opened.pictures.iter().map(|taken| taken.bytes.len()).sum::<usize>() <= MOST_TAKEN_BYTES
        && opened.pictures.iter().all(|taken| is_word(&taken.place, PLACE))
        && opened.hashed.len() <= MOST_HASHED
        && opened.hashed.iter().map(views).sum::<usize>() <= MOST_VIEWS
        && opened.hashed.iter().all(|hashed| is_word(&hashed.place, PLACE) && has_few_sizes(hashed))
}

fn views(hashed: &Hashed) -> usize {
    hashed.picture.as_ref().map_or(0, |picture| picture.views.len())
}

fn has_few_sizes(hashed: &Hashed) -> bool {
    let mut views = hashed.picture.iter().flat_map(|picture| &picture.views);
    views.all(|view| view.resized.len() <= OTHER_SIZES)
}

/// Rising, within the text, between its letters: whoever slices by them need not ask.
fn are_anchors(piece: &Piece) -> bool {
    let within = |anchor: &Anchor| piece.text.is_char_boundary(anchor.at as usize);
    piece.anchors.is_sorted_by_key(|anchor| anchor.at)
        && piece.anchors.iter().all(|anchor| within(anchor) && is_word(&anchor.label, WORD))
}

fn is_trait(found: &Trait) -> bool {
    is_word(&found.place, PLACE)
        && match &found.kind {
            TraitKind::KindDiffers { said, is } => is_word(said, WORD) && is_word(is, WORD),
            _ => true,
        }
}

fn is_word(text: &str, longest: usize) -> bool {
    text.len() <= longest && !text.chars().any(char::is_control)
}

fn fit(opened: &mut Opened, limits: &FileLimits) {
    let too_many = opened.pieces.len() > PIECES;
    opened.pieces.truncate(PIECES);
    let (mut text, mut anchors) = (limits.text_bytes, ANCHORS);
    let mut cut = false;
    for piece in &mut opened.pieces {
        cut |= piece.text.len() > text;
        fit_piece(piece, text, anchors);
        text -= piece.text.len();
        anchors -= piece.anchors.len();
    }
    opened.traits.truncate(REMARKS);
    opened.missed.truncate(REMARKS - 2);
    let missed = |limit| Missed { place: String::new(), kind: "text".into(), reason: Reason::Limit(limit) };
    opened.missed.extend(too_many.then(|| missed(Limit::Steps)));
    opened.missed.extend(cut.then(|| missed(Limit::Text)));
    for found in &mut opened.traits {
        fit_word(&mut found.place, PLACE);
        if let TraitKind::KindDiffers { said, is } = &mut found.kind {
            fit_word(said, WORD);
            fit_word(is, WORD);
        }
    }
    // Their numbers are bounded where they are made.
    for hashed in &mut opened.hashed {
        fit_word(&mut hashed.place, PLACE);
    }
    for taken in &mut opened.pictures {
        fit_word(&mut taken.place, PLACE);
    }
    for missed in &mut opened.missed {
        fit_word(&mut missed.place, PLACE);
        fit_word(&mut missed.kind, WORD);
    }
}

/// To so many bytes of text and anchors at most.
fn fit_piece(piece: &mut Piece, text: usize, anchors: usize) {
    fit_word(&mut piece.place, PLACE);
    piece.text.truncate(piece.text.floor_char_boundary(text));
    if !are_anchors(piece) {
        for anchor in &mut piece.anchors {
            fit_word(&mut anchor.label, WORD);
            anchor.at = piece.text.floor_char_boundary(anchor.at as usize) as u32;
        }
        piece.anchors.sort_by_key(|anchor| anchor.at);
    }
    if piece.anchors.len() > anchors {
        piece.anchors.truncate(anchors);
        // Else all that follows would be told to stand there.
        if let Some(last) = piece.anchors.last_mut() {
            last.label = format!("{} and after", last.label);
            fit_word(&mut last.label, WORD);
        }
    }
}

fn fit_word(text: &mut String, longest: usize) {
    if text.chars().any(char::is_control) {
        *text = text.replace(char::is_control, " ");
    }
    text.truncate(text.floor_char_boundary(longest));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Digests, Pdq, Picture, PictureKind, Shown, Taken, View, Writing};

    fn piece(place: &str, text: &str, anchors: &[(u32, &str)]) -> Piece {
        let anchors = anchors.iter().map(|&(at, label)| Anchor { at, label: label.to_owned() });
        Piece {
            place: place.to_owned(),
            shown: Shown::Visible,
            writing: Writing::Rows,
            text: text.to_owned(),
            anchors: anchors.collect(),
        }
    }

    fn body(opened: Opened, limits: &FileLimits) -> Vec<u8> {
        encode(1, opened, limits).split_off(HEAD)
    }

    /// As a worker that was taken over might write it.
    fn raw(opened: &Opened) -> Vec<u8> {
        postcard::to_allocvec(opened).unwrap()
    }

    #[test]
    fn an_answer_passes_as_it_is() {
        let limits = FileLimits { take_pictures: 1, ..FileLimits::default() };
        let differs = TraitKind::KindDiffers { said: "jpeg".into(), is: "exe".into() };
        let opened = Opened {
            pieces: vec![piece("Y9.xlsx/Sheet1", "Name\tNote\nÉlan\tx\n", &[(0, "A1"), (10, "A2")])],
            traits: vec![Trait { place: "photo.jpg".into(), kind: differs }],
            missed: vec![Missed {
                place: "x".into(),
                kind: "zip".into(),
                reason: Reason::Limit(Limit::Ratio),
            }],
            hashed: vec![hashed("z", 2)],
            pictures: vec![Taken { place: "page 1".into(), bytes: vec![7; 300].into() }],
        };
        let body = body(opened.clone(), &limits);
        assert_eq!(decode(&body, &limits), Ok(opened));
        for length in 0..body.len() {
            assert_eq!(decode(&body[..length], &limits), Err(Refused), "cut at {length}");
        }
        assert_eq!(decode(&body, &FileLimits::default()), Err(Refused), "pictures that nobody asked for");
        assert_eq!(decode(&[body, vec![0]].concat(), &limits), Err(Refused), "more than an answer");
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_and_an_honest_worker_makes_it_fit() {
        let limits = FileLimits { text_bytes: 10, ..FileLimits::default() };
        let wrong = [
            ("too much text", piece("", "12345678901", &[])),
            ("an anchor within a letter", piece("", "\u{e9}", &[(1, "A1")])),
            ("an anchor beyond the text", piece("", "ab", &[(7, "A1")])),
            ("anchors that fall", piece("", "ab", &[(1, "B1"), (0, "A1")])),
            ("a control in a place", piece("a\r\nX-Injected: 1", "ab", &[])),
            ("a long place", piece(&"p".repeat(2000), "ab", &[])),
            ("a long label", piece("", "ab", &[(0, &"l".repeat(200))])),
        ];
        for (what, piece) in wrong {
            let opened = Opened { pieces: vec![piece], ..Opened::default() };
            assert_eq!(decode(&raw(&opened), &limits), Err(Refused), "{what}");
            assert!(decode(&body(opened, &limits), &limits).is_ok(), "{what}");
        }
    }

    fn hashed(place: &str, views: usize) -> Hashed {
        let turns = [Pdq([7; 32]); 8];
        let view = View { frame: 0, quality: 50, turns, resized: vec![turns; OTHER_SIZES] };
        let picture = Picture {
            kind: PictureKind::Jpeg,
            width: 9,
            height: 9,
            views: vec![view; views],
            unhashed: None,
        };
        Hashed { place: place.to_owned(), digests: Some(Digests::of(b"x")), picture: Some(picture) }
    }

    /// As many as there may be are read, and no more.
    #[test]
    fn hashes_are_bounded() {
        let limits = FileLimits::default();
        let mut all: Vec<Hashed> = (1..MOST_HASHED).map(|n| hashed(&format!("{n}"), 0)).collect();
        all.push(hashed("last", MOST_VIEWS));
        let mut opened = Opened { hashed: all, ..Opened::default() };
        let written = body(opened.clone(), &limits);
        assert_eq!(decode(&written, &limits), Ok(opened.clone()));
        opened.hashed[0] = hashed("first", 1);
        assert_eq!(decode(&raw(&opened), &limits), Err(Refused));
    }

    #[test]
    fn cut_text_is_told() {
        let limits = FileLimits { text_bytes: 4, ..FileLimits::default() };
        let opened =
            Opened { pieces: vec![piece("", "abc", &[]), piece("", "de", &[])], ..Opened::default() };
        let read = decode(&body(opened, &limits), &limits).unwrap();
        assert_eq!((read.pieces[1].text.as_str(), read.missed.len()), ("d", 1));
    }

    #[test]
    fn cells_beyond_the_bound_are_told_to_follow_the_last() {
        let limits = FileLimits::default();
        let text = "1\t".repeat(ANCHORS + 10);
        let mut one = piece("Sheet1", &text, &[]);
        one.anchors =
            (0..ANCHORS + 10).map(|n| Anchor { at: 2 * n as u32, label: format!("A{n}") }).collect();
        let opened = Opened { pieces: vec![one.clone(), one], ..Opened::default() };
        let read = decode(&body(opened, &limits), &limits).unwrap();
        assert_eq!((read.pieces[0].anchors.len(), read.pieces[1].anchors.len()), (ANCHORS, 0));
        assert_eq!(read.pieces[0].anchors.last().unwrap().label, "A499999 and after");
        assert_eq!(read.pieces[1].text, text);
    }

    /// Two bytes of each become 72 in memory.
    #[test]
    fn an_answer_does_not_swell_in_memory() {
        let mut bytes = vec![0];
        let (mut count, many) = (Vec::new(), 3_000_000_u32);
        let mut left = many;
        while left >= 0x80 {
            count.push(left as u8 | 0x80);
            left >>= 7;
        }
        count.push(left as u8);
        bytes.extend(count);
        bytes.resize(bytes.len() + 2 * many as usize, 2);
        assert_eq!(decode(&bytes, &FileLimits::default()), Err(Refused));
    }

    /// Whatever the bytes are: an answer within the bounds, or none.
    #[test]
    fn bent_answers_are_read_or_refused() {
        let limits = FileLimits { text_bytes: 1000, take_pictures: 1, ..FileLimits::default() };
        let opened = Opened {
            pieces: vec![
                piece("a", "text", &[(0, "A1"), (2, "B1")]),
                piece("b", "\u{e9}\u{e9}", &[(2, "C")]),
            ],
            traits: vec![Trait { place: "x".into(), kind: TraitKind::Executable }],
            missed: vec![Missed { place: "y".into(), kind: "rar".into(), reason: Reason::Malformed }],
            hashed: vec![hashed("z", 2)],
            pictures: vec![Taken { place: "page 1".into(), bytes: vec![7; 300].into() }],
        };
        let body = body(opened, &limits);
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize
        };
        for _ in 0..5_000 {
            let mut bent = body.clone();
            for _ in 0..1 + next() % 4 {
                let at = next() % bent.len();
                bent[at] = next() as u8;
            }
            bent.truncate(1 + next() % (2 * bent.len()));
            if let Ok(read) = decode(&bent, &limits) {
                assert!(fits(&read, &limits));
            }
        }
    }
}
