//! Where a text is written unusually: one pass over its bytes, since nearly all that is written is not.

// What a byte is; one of the first six, and whether it is a vowel besides.
const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const SPACE: u8 = 4;
/// `@ $ ! | + * #`
const SIGN: u8 = 8;
/// `- . , ' / _` and all others.
const OTHER: u8 = 16;
const BEYOND_ASCII: u8 = 32;
const VOWEL: u8 = 64;

static KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => LETTER | VOWEL,
            b'a'..=b'z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b' ' | b'\n' => SPACE,
            b'@' | b'$' | b'!' | b'|' | b'+' | b'*' | b'#' => SIGN,
            0x80.. => BEYOND_ASCII,
            _ => OTHER,
        };
        byte += 1;
    }
    kinds
};

/// Characters between two letters that are written apart, at most.
const GAP: usize = 3;
/// Letters of what is a part of a word, since it has no vowel: `fu ck`.
const PART: std::ops::RangeInclusive<usize> = 1..=3;

/// A run of letters and digits.
#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    end: usize,
    /// The kinds of its bytes.
    kinds: u8,
}

impl Run {
    fn length(self) -> usize {
        self.end - self.start
    }
}

/// The place of the next unusual spelling from `from` on, which is the start of a word: nothing before it belongs to it.
pub(super) fn next(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut last, mut run) = (Run::default(), Run::default());
    let mut before = SPACE;
    for at in from..=bytes.len() {
        let now = bytes.get(at).map_or(SPACE, |byte| KINDS[usize::from(*byte)]);
        if now & LETTER != 0 {
            if before & LETTER != 0 {
                if bytes[at] == bytes[at - 1] && at >= run.start + 2 && bytes[at] == bytes[at - 2] {
                    return Some(run.start);
                }
            } else if before & (DIGIT | SIGN) != 0 {
                return Some(at - 1);
            }
        } else if now & BEYOND_ASCII != 0 {
            return Some(at);
        } else if before & LETTER != 0
            && (now & DIGIT != 0 || now & SIGN != 0 && matches!(bytes[at], b'+' | b'$' | b'|' | b'*' | b'#'))
        {
            return Some(run.start);
        }
        match (before & (LETTER | DIGIT) != 0, now & (LETTER | DIGIT) != 0) {
            (false, true) => {
                run = Run { start: at, end: at, kinds: now };
                if last.length() > 0 && at - last.end <= GAP && is_apart(bytes, last, at) {
                    return Some(last.start);
                }
            }
            (true, true) => run.kinds |= now,
            (true, false) => {
                run.end = at;
                if run.kinds == LETTER && PART.contains(&run.length()) && is_beside(bytes, run, from) {
                    let follows = last.length() > 0 && last.end + 1 == run.start;
                    return Some(if follows { last.start } else { run.start });
                }
                last = run;
            }
            (false, false) => {}
        }
        before = now;
    }
    None
}

/// Whether a run stands between spaces.
fn is_beside(bytes: &[u8], run: Run, from: usize) -> bool {
    let is_space = |at: usize| bytes.get(at).is_none_or(|byte| KINDS[usize::from(*byte)] == SPACE);
    is_space(run.end) && (run.start == from || is_space(run.start - 1))
}

/// Whether what lies between a run and that which begins at `at` parts one word.
fn is_apart(bytes: &[u8], last: Run, at: usize) -> bool {
    let alnum = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let gap = bytes.get(last.end..at).unwrap_or_default();
    // `it's a`.
    let is_ending = gap == b" " && last.start.checked_sub(1).is_some_and(|before| bytes[before] == b'\'');
    if last.length() == 1 && !is_ending && !alnum(at + 1) {
        return true;
    }
    let letters = bytes[at].is_ascii_lowercase() && bytes[last.end - 1].is_ascii_lowercase();
    if !letters || gap.iter().any(u8::is_ascii_whitespace) {
        return false;
    }
    // `don't`, `we'll`, `mae'r`: what may stand behind an apostrophe.
    let is_ending = !alnum(at + 1)
        || !alnum(at + 2) && matches!(bytes.get(at..at + 2), Some(b"ll" | b"re" | b"ve" | b"em"));
    gap != b"'" || !is_ending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusual_spellings_are_seen() {
        for (text, at) in [
            ("you are an i d i o t", 11),
            ("an id.iot", 3),
            ("an i - d - i", 3),
            ("an 1diot", 3),
            ("an id1ot", 3),
            ("what an @sshole", 8),
            ("idio+", 0),
            ("very idiooot", 5),
            ("an idiⲟt", 6),
            ("the f uck", 0),
            ("the fu ck is", 4),
            ("the c#nt", 4),
        ] {
            assert_eq!(next(text, 0), Some(at), "{text}");
        }
    }

    #[test]
    fn ordinary_spellings_are_passed_over() {
        for text in [
            "good morning, we'll see you at 10 on the 12 may; it's a pleasure!",
            "i am a friend (of course). i don't know: see above - or below",
            "room 12, 3 hours, all's well... \"quoted\" and 50%",
        ] {
            assert_eq!(next(text, 0), None, "{text}");
        }
    }
}
