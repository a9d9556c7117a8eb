//! Texts that a reader sees one below the other: a number may begin in one and end in the next.

use super::{Fragment, Layer, View, normalise, told::told};

/// Bytes of each that count.
const SIDE: usize = 160;
/// A text of so many bytes may be one piece among several, and so many texts are joined.
const SHORT: usize = 40;
const MOST_JOINED: usize = 4;
/// Seams of one message.
const MOST: usize = 5_000;
/// Fewer digits on both sides together are no number.
const LEAST_DIGITS: usize = 10;

/// What is put together over a seam.
pub(super) struct Seam {
    /// Of the first fragment and of the last.
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) source: String,
    pub(super) view: View,
}

/// All numbers that lie in several fragments: the subject and the first text, and texts of parts that follow each other.
/// `is_cut` when there are more.
pub(super) fn seams(fragments: &[Fragment<'_>], is_cut: &mut bool) -> Vec<Seam> {
    let is_seen = |f: &Fragment<'_>| matches!(f.layer, Layer::Subject | Layer::Visible) && !f.checked_only;
    let seen: Vec<usize> = (0..fragments.len()).filter(|&at| is_seen(&fragments[at])).collect();
    let runs = (0..seen.len()).filter_map(|at| seen.get(at..(at + MOST_JOINED).min(seen.len())));
    // One part's own texts are one already.
    let mut apart = runs.filter(|run| run.len() > 1 && fragments[run[0]].part != fragments[run[1]].part);
    let found = apart.by_ref().take(MOST).filter_map(|run| seam(fragments, run)).collect();
    *is_cut |= apart.next().is_some();
    found
}

/// The end of the first text with the beginning of the next, and, where that one is short, with those that follow.
fn seam(fragments: &[Fragment<'_>], run: &[usize]) -> Option<Seam> {
    let upper = *run.first()?;
    let above = &fragments[upper].view.text;
    let above = &above[above.ceil_char_boundary(above.len().saturating_sub(SIDE))..];
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    if digits(above) == 0 {
        return None;
    }
    let (mut source, mut lower) = (above.to_owned(), upper);
    for &next in run.get(1..)? {
        let below = &fragments[next].view.text;
        source.push('\n');
        source.push_str(&below[..below.floor_char_boundary(SIDE.min(below.len()))]);
        lower = next;
        if below.len() > SHORT {
            break;
        }
    }
    if digits(&source) < LEAST_DIGITS || digits(&source) == digits(above) {
        return None;
    }
    let joined = normalise(&source);
    let border = joined.text.floor_char_boundary(above.len().min(joined.text.len()));
    let view = told(&joined, source.len(), Some(border), &mut false)?;
    Some(Seam { upper, lower, source, view })
}

#[cfg(test)]
mod tests {
    use super::super::{ExtractLimits, extract};
    use crate::{
        files::Files,
        message::{ReadLimits, read},
    };

    fn found(raw: &str) -> Vec<String> {
        let message = read(raw.as_bytes(), ReadLimits::default());
        let files = Files::default();
        let extract = extract(&message, &files, ExtractLimits::default());
        let together =
            extract.fragments.iter().filter(|f| f.checked_only && f.view.text.contains("c999123425001"));
        together.map(|f| f.place.to_string()).collect()
    }

    #[test]
    fn a_number_may_lie_over_two_texts() {
        let parts =
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUPN C9991234\n--b\n\n25001 it ends\n--b--\n";
        assert_eq!(found(parts), ["1 and 2"]);
        let three = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUPN C9991\n--b\n\n234\n--b\n\n25001 it ends\n--b--\n";
        assert_eq!(found(three), ["1 and 3"]);
        assert_eq!(found("Subject: UPN C999123\n\nand 425001 to end it"), ["subject and 1"]);
        assert!(found("Subject: UPN C999123\n\nsee you at 4").is_empty());
    }
}
