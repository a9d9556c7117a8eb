//! The part of a pattern that is rarest in ordinary mail, as a list of literal texts. Any
//! match holds one of them, and the engine finds literals many times faster than it runs
//! the automata of whole patterns, most of which begin with `you`, `he` or `the`.

use regex_syntax::hir::{
    Hir, HirKind, Look,
    literal::{ExtractKind, Extractor},
};

/// More literals than this are no gain over the pattern itself.
const MOST: usize = 1000;
/// Of one piece of a pattern; beyond it stands a product of lists, and a shorter piece is better.
const MOST_OF_ONE: usize = 100;
const LONGEST: usize = 20;
/// A literal that earns less stands in too many mails.
const ENOUGH: usize = 4;

/// Words that stand in every second mail.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "about", "after", "again", "all", "also", "always", "am", "an", "and", "any", "are", "as", "ask", "at", "back", "be",
    "because", "been", "before", "being", "best", "book", "both", "bring", "but", "by", "call", "can", "care", "child",
    "children", "class", "come", "copy", "could", "date", "day", "days", "dear", "did", "do", "does", "done", "down", "each",
    "email", "end", "even", "every", "everyone", "find", "first", "follow", "for", "forward", "free", "friday", "from", "full",
    "get", "girl", "girls", "give", "go", "going", "good", "got", "great", "group", "had", "hand", "has", "have", "hello",
    "help", "her", "here", "hi", "him", "his", "home", "hope", "how", "if", "in", "into", "is", "it", "its", "just", "keep",
    "kind", "know", "last", "leave", "let", "letter", "like", "list", "little", "live", "long", "look", "lot", "made", "mail",
    "make", "many", "may", "me", "meet", "message", "miss", "monday", "money", "more", "most", "much", "mum", "must", "my",
    "name", "need", "never", "new", "next", "no", "not", "now", "number", "of", "off", "old", "on", "once", "one", "only",
    "open", "or", "other", "our", "out", "over", "parent", "parents", "part", "pass", "people", "phone", "place", "please",
    "point", "put", "read", "really", "right", "said", "same", "say", "school", "see", "send", "sent", "she", "should", "show",
    "so", "some", "someone", "soon", "sorry", "start", "still", "stop", "subject", "such", "sure", "take", "talk", "team",
    "tell", "than", "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they", "thing", "things",
    "think", "this", "those", "thursday", "time", "to", "today", "together", "told", "tomorrow", "too", "try", "tuesday", "two",
    "until", "up", "us", "use", "very", "want", "was", "way", "we", "wednesday", "week", "well", "were", "what", "when",
    "where", "which", "while", "who", "why", "will", "with", "work", "would", "write", "wrote", "year", "yes", "yet", "you",
    "your", "bydd", "chi", "dim", "diolch", "eich", "ein", "fydd", "gan", "hynny", "hyn", "mae", "mewn", "neu", "oes", "oedd",
    "plant", "rhai", "sydd", "wedi", "ysgol", "yn", "yr",
];

/// The expression of the rarest part, if there is one that is rare enough.
pub(super) fn expression(row: &[Hir]) -> Option<String> {
    let list = best(row, Edges::default(), 0)?;
    let mut pieces = Vec::new();
    for (before, after) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut literals: Vec<&[u8]> = list
            .items
            .iter()
            .filter(|i| (i.before, i.after) == (before, after))
            .map(|i| i.text.as_slice())
            .collect();
        literals.sort_unstable();
        literals.dedup();
        if literals.is_empty() {
            continue;
        }
        let mut piece = String::from(if before { "\\b(?:" } else { "(?:" });
        for (i, literal) in literals.iter().enumerate() {
            piece.push_str(if i > 0 { "|" } else { "" });
            literal.iter().for_each(|b| super::prefilter::byte(*b, &mut piece));
        }
        piece.push_str(if after { ")\\b" } else { ")" });
        pieces.push(piece);
    }
    Some(pieces.join("|"))
}

/// A literal that every match of some part holds, with the boundaries beside it.
#[derive(Clone)]
struct Item {
    text: Vec<u8>,
    before: bool,
    after: bool,
}

/// One of these stands in every match.
struct List {
    items: Vec<Item>,
    /// Of the commonest item.
    worth: usize,
}

impl List {
    fn new(items: Vec<Item>) -> Option<Self> {
        let worth = items.iter().map(Item::worth).min()?;
        (worth >= ENOUGH && items.len() <= MOST).then_some(Self { items, worth })
    }

    /// Rarer is better, and of two as rare the shorter list.
    fn rank(&self) -> (usize, std::cmp::Reverse<usize>) {
        (self.worth.min(7), std::cmp::Reverse(self.items.len()))
    }
}

/// Whether a word begins where a row begins, and ends where it ends.
#[derive(Clone, Copy, Default)]
struct Edges {
    before: bool,
    after: bool,
}

/// The rarest list of a row of expressions.
fn best(row: &[Hir], edges: Edges, depth: usize) -> Option<List> {
    let mut found: Option<List> = None;
    let mut offer = |list: Option<List>| {
        if let Some(list) = list
            && found.as_ref().is_none_or(|f| list.rank() > f.rank())
        {
            found = Some(list);
        }
    };
    for at in (0..row.len()).filter(|i| !matches!(row.get(*i).map(Hir::kind), Some(HirKind::Look(_)))) {
        let before = at.checked_sub(1).map_or(edges.before, |i| row.get(i).is_some_and(ends_word));
        let rest = row.get(at..).unwrap_or_default();
        let next = rest.iter().position(|h| matches!(h.kind(), HirKind::Look(_))).unwrap_or(rest.len());
        for length in [1, next] {
            let after = row.get(at + length).map_or(edges.after, begins_word);
            offer(literals(rest.get(..length).unwrap_or_default(), Edges { before, after }));
        }
        offer(literals(rest, Edges { before, after: false }));
        if let Some(hir) = rest.first()
            && depth < 8
        {
            let after = row.get(at + 1).map_or(edges.after, begins_word);
            offer(within(hir, Edges { before, after }, depth + 1));
        }
    }
    found
}

/// The rarest list inside one expression: of alternatives, each one's own.
fn within(hir: &Hir, edges: Edges, depth: usize) -> Option<List> {
    match hir.kind() {
        HirKind::Concat(row) => best(row, edges, depth),
        HirKind::Capture(capture) => within(&capture.sub, edges, depth),
        HirKind::Repetition(r) if r.min > 0 => within(&r.sub, Edges::default(), depth),
        HirKind::Alternation(branches) => {
            let mut items = Vec::new();
            for branch in branches {
                items.extend(best(std::slice::from_ref(branch), edges, depth)?.items);
            }
            List::new(items)
        }
        _ => None,
    }
}

/// The literals with which a row begins.
fn literals(row: &[Hir], edges: Edges) -> Option<List> {
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_total(MOST_OF_ONE).limit_literal_len(LONGEST).limit_class(12);
    let seq = extractor.extract(&Hir::concat(row.to_vec()));
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let item = |literal: &regex_syntax::hir::literal::Literal| Item {
        text: literal.as_bytes().to_vec(),
        // Beside an ASCII letter the engine's boundary is as loose as the pattern's.
        before: edges.before && word(literal.as_bytes().first()),
        after: edges.after && literal.is_exact() && word(literal.as_bytes().last()),
    };
    List::new(seq.literals()?.iter().map(item).collect())
}

/// Whether a word can only begin behind this: a boundary, or a text that ends in a space.
fn ends_word(hir: &Hir) -> bool {
    is_boundary(hir) || matches!(hir.kind(), HirKind::Literal(l) if l.0.last() == Some(&b' '))
}

/// Whether a word can only end before this.
fn begins_word(hir: &Hir) -> bool {
    is_boundary(hir) || matches!(hir.kind(), HirKind::Literal(l) if l.0.first() == Some(&b' '))
}

fn is_boundary(hir: &Hir) -> bool {
    use Look::{WordEndHalfUnicode, WordEndUnicode, WordStartHalfUnicode, WordStartUnicode, WordUnicode};
    let HirKind::Look(look) = hir.kind() else { return false };
    matches!(
        look,
        WordUnicode | WordStartUnicode | WordEndUnicode | WordStartHalfUnicode | WordEndHalfUnicode
    )
}

impl Item {
    /// The letters of its rarer words; common ones count only beside others. A boundary, or
    /// a space that makes one, is worth a letter: `\bass` is rarer than `ass`.
    fn worth(&self) -> usize {
        let words = self.text.split(|b| b.is_ascii() && !b.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
        let (mut rare, mut common) = (0, 0);
        for word in words {
            match COMMON.iter().any(|c| c.as_bytes() == word) {
                true => common += 1,
                false => rare += word.len(),
            }
        }
        let letters = match (rare, common) {
            (0, 0 | 1) => return 0,
            (0, n) => n * 2 - 3,
            (rare, common) => rare + common,
        };
        let before = self.before || self.text.first() == Some(&b' ');
        let after = self.after || self.text.last() == Some(&b' ');
        letters + usize::from(before) + usize::from(after)
    }
}
