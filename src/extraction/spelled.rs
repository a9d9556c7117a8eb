//! Numbers that are written apart: `A 9 3 6 ...`, one character to a line or to a cell, digits of other
//! scripts, letters drawn like digits. A reader puts them together; so does this, beside the text as it stands.
//! Only rules with a check digit look at it, since what is put together here can be nothing at all.

use super::{View, gathered::Gathered, shape};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Digits that a number of this kind has at least, with letters drawn like digits, and without.
const LEAST_DIGITS: usize = 7;
const LEAST_FIGURES: usize = 4;
/// Letters and digits of one number, with a word before it that is written apart too.
const LONGEST: usize = 40;
/// Bytes in which the figures of one number stand at least, a few to each sign between them.
const STRETCH: usize = 80;
/// The longest group of digits, and of letters, that is a part of a number.
const LONGEST_GROUP: (usize, usize) = (13, 3);
/// Characters between two groups.
const MOST_BETWEEN: usize = 8;
/// Numbers of one text.
const MOST: usize = 2_000;

/// What is written apart in a view, put together; `None` where nothing is. `is_cut` when there is more.
pub(super) fn spelled(view: &View, source: usize, is_cut: &mut bool) -> Option<View> {
    let text = view.text.as_str();
    let is_ascii = text.is_ascii();
    if is_ascii && figures(text.as_bytes()) < LEAST_FIGURES {
        return None;
    }
    let mut out = Gathered::of(view, source);
    // From where on the next number may begin, and from where on its first digit is looked for.
    let (mut floor, mut at, mut found) = (0, 0, 0);
    while let Some(digit) = next_digit(text, at) {
        if found >= MOST {
            *is_cut = true;
            break;
        }
        if is_ascii && !has_figures(text.as_bytes(), digit) {
            at = digit + 1;
            continue;
        }
        let run = Run::around(text, digit, floor);
        at = run.end.max(digit + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        floor = at;
        let variants = run.variants();
        if !variants.is_empty() {
            found += 1;
            out.add(run.start..run.end, &variants);
        }
    }
    out.finish()
}

fn figures(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// Whether figures enough for a number stand from here on.
fn has_figures(bytes: &[u8], from: usize) -> bool {
    let stretch = bytes.get(from..(from + STRETCH).min(bytes.len())).unwrap_or_default();
    figures(stretch) >= LEAST_FIGURES
}

/// Where the next digit of any script stands.
fn next_digit(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        // The first digits beyond ASCII are U+0660, in UTF-8 from D9 on.
        at += bytes.get(at..)?.iter().position(|byte| byte.is_ascii_digit() || *byte >= 0xd9)?;
        if bytes[at].is_ascii_digit() {
            return Some(at);
        }
        let c = text.get(at..)?.chars().next()?;
        if other_digit(c).is_some_and(|value| value.is_ascii_digit()) {
            return Some(at);
        }
        at += c.len_utf8();
    }
}

/// The letter or digit that a character is read as.
fn value(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    }
    other_digit(c).or_else(|| {
        let base = std::iter::once(c).nfd().next()?;
        base.is_ascii_alphanumeric().then(|| base.to_ascii_lowercase())
    })
}

/// Digits of other scripts (Unicode, general category Nd), each block from its zero on, and circled ones.
fn other_digit(c: char) -> Option<char> {
    const ZEROS: [u32; 38] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
        0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
        0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x11066,
    ];
    let code = u32::from(c);
    let nth = |first: u32, zero: u32| char::from_digit((code - first + zero) % 10, 10);
    match code {
        0x2776..=0x277f => nth(0x2776, 1),
        0x2780..=0x2789 => nth(0x2780, 1),
        0x278a..=0x2793 => nth(0x278a, 1),
        0x24f5..=0x24fe => nth(0x24f5, 1),
        0x24ff | 0x1f10b | 0x1f10c => Some('0'),
        0x1f130..=0x1f149 => char::from_u32(code - 0x1f130 + u32::from('a')),
        0x1f150..=0x1f169 => char::from_u32(code - 0x1f150 + u32::from('a')),
        0x1f170..=0x1f189 => char::from_u32(code - 0x1f170 + u32::from('a')),
        0x1d7ce..=0x1d7ff => nth(0x1d7ce, 0),
        _ => ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).and_then(|zero| nth(*zero, 0)),
    }
}

/// One group of letters and digits.
struct Group {
    start: usize,
    end: usize,
    chars: String,
}

impl Group {
    /// Of the characters at `start`, marks on them left out.
    fn at(text: &str, start: usize) -> Self {
        let (mut chars, mut end) = (String::new(), start);
        for (at, c) in text[start..].char_indices() {
            match value(c) {
                Some(value) if chars.len() <= LONGEST => chars.push(value),
                None if is_combining_mark(c) && !chars.is_empty() => {}
                _ => break,
            }
            end = start + at + c.len_utf8();
        }
        Self { start, end, chars }
    }

    fn has_no_digit(&self) -> bool {
        !self.chars.bytes().any(|b| b.is_ascii_digit())
    }

    fn is_drawn_as_digits(&self) -> bool {
        drawn_as_digits(&self.chars).bytes().all(|b| b.is_ascii_digit())
    }

    fn is_part(&self) -> bool {
        let letters = self.chars.bytes().filter(u8::is_ascii_alphabetic).count();
        let digits = self.chars.len() - letters;
        match (digits, letters) {
            (0, letters) => letters <= LONGEST_GROUP.1,
            (digits, _) => digits <= LONGEST_GROUP.0,
        }
    }
}

/// Groups with little between them.
struct Run {
    start: usize,
    end: usize,
    groups: Vec<String>,
    /// Its letters and digits are the plain ones, without marks.
    plain: bool,
}

impl Run {
    /// The run in which the digit at `digit` stands, not before `floor`.
    fn around(text: &str, digit: usize, floor: usize) -> Self {
        let mut first = Group::at(text, start_of_group(text, digit, floor));
        if !first.is_part() {
            let plain = is_plain(text, first.start, first.end);
            return Self { start: first.start, end: first.end, groups: vec![first.chars], plain };
        }
        let mut groups = Vec::new();
        // A word or a letter before the first digit: at most a handful of groups.
        for _ in 0..5 {
            let Some(before) = group_before(text, first.start, floor) else { break };
            // A word is no part, unless it is written apart itself.
            if !before.is_part() || before.chars.len() > 1 && before.has_no_digit() {
                break;
            }
            groups.insert(0, std::mem::replace(&mut first, before));
        }
        groups.insert(0, first);
        let mut length: usize = groups.iter().map(|group| group.chars.len()).sum();
        while let Some(last) = groups.last()
            && let Some(next) = group_after(text, last.end)
            && next.is_part()
            && !(next.chars.len() > 1 && next.has_no_digit() && !next.is_drawn_as_digits())
            && length + next.chars.len() <= LONGEST
        {
            length += next.chars.len();
            groups.push(next);
        }
        let (start, end) = (groups[0].start, groups.last().map_or(digit + 1, |group| group.end));
        let plain = is_plain(text, start, end);
        Self { start, end, groups: groups.into_iter().map(|group| group.chars).collect(), plain }
    }

    /// The numbers that it may be, each once; none where it is written as numbers usually are.
    fn variants(&self) -> Vec<String> {
        let all = self.groups.concat();
        let drawn = drawn_as_digits(&all);
        let digits = |text: &str| figures(text.as_bytes());
        // A letter may be drawn as the first digit of one too many.
        let one_too_many = all.len() == 13 && digits(&all) == 13;
        let unusual = self.groups.len() > 1 || !self.plain || one_too_many || digits(&drawn) > digits(&all);
        if !unusual || all.len() > LONGEST || digits(&drawn) < LEAST_DIGITS {
            return Vec::new();
        }
        let mut variants: Vec<String> = Vec::new();
        let mut add = |word: &str, number: String| {
            if shape::fits(&number) {
                let text = if word.is_empty() { number } else { format!("{word} {number}") };
                if !variants.contains(&text) {
                    variants.push(text);
                }
            }
        };
        // The word before a number is written apart too: what is of the number is one letter at most, with nothing but
        // digits behind it, as they are or as they are drawn.
        for drawn_as in [drawn_as_digit, written_as_digit] {
            let drawn: String = all.chars().map(drawn_as).collect();
            let split =
                (0..all.len()).find(|&at| drawn[at + 1..].bytes().all(|b| b.is_ascii_digit())).unwrap_or(0);
            let (word, number) = all.split_at(split);
            let (head, rest) = number.split_at(number.len().min(1));
            for head in head.chars().chain(head.chars().next().and_then(drawn_as_letter)) {
                for rest in [rest.to_owned(), rest.chars().map(drawn_as).collect()] {
                    add(word, format!("{head}{rest}"));
                }
            }
        }
        // One character each, from the other end.
        if self.groups.iter().filter(|group| group.len() == 1).count() >= LEAST_DIGITS {
            add("", all.chars().rev().collect());
        }
        add("", all.trim_end_matches(|c: char| c.is_ascii_alphabetic()).to_owned());
        add("", drawn.chars().filter(char::is_ascii_digit).collect());
        for number in self.pupil_numbers() {
            add("", number);
        }
        add("", all);
        variants
    }

    /// Some of its groups, where other numbers stand beside; letters drawn like digits are read as such.
    fn pupil_numbers(&self) -> impl Iterator<Item = String> {
        (0..self.groups.len()).filter_map(|from| {
            let mut number = String::new();
            for group in self.groups.get(from..)? {
                number.push_str(group);
                if number.len() >= 13 {
                    break;
                }
            }
            let (head, rest) = number.split_at(number.len().min(1));
            let drawn = format!("{head}{}", drawn_as_digits(rest));
            [number, drawn].into_iter().find(|number| shape::is_pupil_number(number))
        })
    }
}

fn is_plain(text: &str, start: usize, end: usize) -> bool {
    text.get(start..end).is_some_and(str::is_ascii)
}

fn start_of_group(text: &str, digit: usize, floor: usize) -> usize {
    let before = text.get(floor..digit).unwrap_or_default();
    let part = |c: &char| value(*c).is_some() || is_combining_mark(*c);
    let length: usize = before.chars().rev().take(LONGEST).take_while(part).map(char::len_utf8).sum();
    let start = digit - length;
    // A group does not begin with a mark.
    let marks = text[start..].chars().take_while(|c| is_combining_mark(*c)).map(char::len_utf8);
    start + marks.sum::<usize>()
}

fn group_before(text: &str, start: usize, floor: usize) -> Option<Group> {
    let before = text.get(floor..start)?;
    let between: usize =
        before.chars().rev().take(MOST_BETWEEN).take_while(|c| parts(*c)).map(char::len_utf8).sum();
    let end = start - between;
    let last = text.get(floor..end)?.chars().next_back()?;
    value(last)?;
    let group = Group::at(text, start_of_group(text, end, floor));
    (group.start < start && !group.chars.is_empty()).then_some(group)
}

fn group_after(text: &str, end: usize) -> Option<Group> {
    let after = text.get(end..)?;
    let between: usize = after.chars().take(MOST_BETWEEN).take_while(|c| parts(*c)).map(char::len_utf8).sum();
    let group = Group::at(text, end + between);
    (!group.chars.is_empty()).then_some(group)
}

/// What may stand between two groups: anything but letters and digits.
fn parts(c: char) -> bool {
    value(c).is_none() && !c.is_alphanumeric()
}

/// Letters that are drawn like digits, as digits.
fn drawn_as_digits(text: &str) -> String {
    text.chars().map(drawn_as_digit).collect()
}

fn drawn_as_digit(c: char) -> char {
    match c {
        'o' => '0',
        'l' | 'i' => '1',
        'z' => '2',
        's' => '5',
        'b' => '8',
        other => other,
    }
}

/// The same with all that stand for digits in a jargon (leet).
fn written_as_digit(c: char) -> char {
    match c {
        'e' => '3',
        'a' => '4',
        'g' => '6',
        't' => '7',
        'q' => '9',
        other => drawn_as_digit(other),
    }
}

/// The letter that a digit is drawn like, where a number begins with one.
fn drawn_as_letter(c: char) -> Option<char> {
    Some(match c {
        '8' => 'b',
        '6' => 'g',
        '2' => 'z',
        '4' => 'a',
        '7' => 't',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{normalise, view::Builder},
        *,
    };

    fn has(text: &str, number: &str) -> bool {
        spelled(&normalise(text), text.len(), &mut false)
            .is_some_and(|view| view.text.split_whitespace().any(|word| word == number))
    }

    #[test]
    fn what_is_written_apart_is_put_together() {
        const NUMBER: &str = "c999123425001";
        for text in [
            "UPN C 9 9 9 1 2 3 4 2 5 0 0 1 is hers",
            "upn: C-9-9-9-1-2-3-4-2-5-0-0-1",
            "U P N C.9.9.9.1.2.3.4.2.5.0.0.1.",
            "upn\nC\n9\n9\n9\n1\n2\n3\n4\n2\n5\n0\n0\n1",
            "UPN C999 1234 25 001",
            "UPN C999/1234/25/001",
            "UPN C999123\n425001",
            "UPN C9991234250O1",
            "UPN C999I2EA2SOO1",
            "6 C9991234Z5O01",
            "UPN_C_9_9_9_1_2_3_4_2_5_0_0_1",
            "12 May, UPN C 9 9 9 1 2 3 4 2 5 0 0 1, 14 May",
            "UPN C٩٩٩١٢٣٤٢٥٠٠١",
            "UPN C9\u{332}9\u{332}9\u{332}1\u{332}2\u{332}3\u{332}4\u{332}2\u{332}5\u{332}0\u{332}0\u{332}1\u{332}",
        ] {
            assert!(
                has(text, NUMBER),
                "{text}: {:?}",
                spelled(&normalise(text), text.len(), &mut false).map(|v| v.text)
            );
        }
    }

    #[test]
    fn numbers_as_they_are_usually_written_are_left_alone() {
        for text in [
            "UPN C999123425001",
            "no number at all",
            "on 12 May",
            "room 12, seats 30",
            "01632 960 123 and 01632 960 124",
        ] {
            assert!(spelled(&normalise(text), text.len(), &mut false).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_put_together_leads_back_to_its_place() {
        let source = "Her UPN is C 9 9 9 1 2 3 4 2 5 0 0 1, see";
        let mut builder = Builder::new(super::super::view::Lines::Kept, source.len());
        builder.text(source, 0);
        let view = spelled(&builder.finish().0, source.len(), &mut false).unwrap();
        let at = view.text.find("c999123425001").unwrap();
        assert_eq!(&source[view.map.range(at..at + 13, source.len())], "C 9 9 9 1 2 3 4 2 5 0 0 1");
    }
}
