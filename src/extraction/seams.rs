//! Texts that a reader sees one below the other: a number may begin in one and end in the next.

use super::{Fragment, Layer, View, normalise, told::told};

/// Bytes of each that count.
const SIDE: usize = 160;
/// Seams of one message.
const MOST: usize = 200;
/// Fewer digits on both sides together are no number.
const LEAST_DIGITS: usize = 10;

/// What is put together over a seam.
pub(super) struct Seam {
    /// Of the fragments on both sides.
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) source: String,
    pub(super) view: View,
}

/// All numbers that lie in two fragments: the subject and the first text, and texts of parts that follow each other.
pub(super) fn seams(fragments: &[Fragment<'_>]) -> Vec<Seam> {
    let is_seen = |f: &Fragment<'_>| matches!(f.layer, Layer::Subject | Layer::Visible) && !f.checked_only;
    let seen: Vec<usize> = (0..fragments.len()).filter(|&at| is_seen(&fragments[at])).collect();
    let pairs = seen.windows(2).filter_map(|pair| {
        let [upper, lower] = *pair else { return None };
        // One part's own texts are one already.
        (fragments[upper].part != fragments[lower].part).then_some((upper, lower))
    });
    let seams = pairs.take(MOST).filter_map(|(upper, lower)| {
        let (above, below) = (&fragments[upper].view.text, &fragments[lower].view.text);
        let above = &above[above.ceil_char_boundary(above.len().saturating_sub(SIDE))..];
        let below = &below[..below.floor_char_boundary(SIDE.min(below.len()))];
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let (before, behind) = (digits(above), digits(below));
        if before == 0 || behind == 0 || before + behind < LEAST_DIGITS {
            return None;
        }
        let source = format!("{above}\n{below}");
        let joined = normalise(&source);
        let border = joined.text.floor_char_boundary(above.len().min(joined.text.len()));
        let view = told(&joined, source.len(), Some(border))?;
        Some(Seam { upper, lower, source, view })
    });
    seams.collect()
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
        assert_eq!(found("Subject: UPN C999123\n\nand 425001 to end it"), ["subject and 1"]);
        assert!(found("Subject: UPN C999123\n\nsee you at 4").is_empty());
    }
}
