//! Objects that no reader came to: those that nothing refers to, those that a later version of the file replaces, and
//! those that only programs for other readers use.

use super::{Document, Entry, repair::heading};
use crate::files::{
    Limit,
    pdf::object::{Object, Reader},
};
use memchr::memmem;

/// Objects that are looked at, and the longest of them as far as it is no stream.
const MOST: usize = 4_000;
const LONGEST: usize = 64 * 1024;
const LONGEST_REMARK: usize = 1024;
/// Bytes that are looked through in all: objects may claim to lie within each other.
const MOST_BYTES: usize = 32 << 20;
/// Fewer digits in its strings say no number that a rule looks for where nobody looks.
const LEAST_DIGITS: usize = 8;

impl Document<'_, '_> {
    /// Those that may say something, with their numbers. Called when all else has been read.
    pub(in crate::files::pdf) fn left_over(&mut self) -> Vec<(u32, Object)> {
        let (mut found, mut left) = (Vec::new(), MOST_BYTES);
        let bytes = self.bytes;
        for at in memmem::find_iter(bytes, b" obj") {
            let Some((number, start)) = heading(bytes, at + 1) else { continue };
            let is_current = match self.entries.get(&number) {
                Some(Entry::At(own)) => start.checked_sub(*own).is_some_and(|off| off <= 2),
                _ => false,
            };
            if is_current && (self.read.contains_key(&number) || self.shelves.contains_key(&number)) {
                continue;
            }
            if found.len() >= MOST || left == 0 || self.step().is_none() {
                self.stopped = self.stopped.or(Some(Limit::Steps));
                return found;
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let head = rest.get(..1024).unwrap_or(rest);
            let end = memmem::find(head, b"stream").or_else(|| {
                let own = rest.get(..LONGEST).unwrap_or(rest);
                let end = memmem::find(own, b"endobj");
                left = left.saturating_sub(end.unwrap_or(own.len()));
                end.filter(|end| !self.says(own.get(..*end).unwrap_or_default()))
            });
            // Neither a stream nor a word in it.
            if end.is_some_and(|end| !head.get(end..).is_some_and(|rest| rest.starts_with(b"stream"))) {
                continue;
            }
            found.extend(self.object_at(start));
        }
        self.left_on_shelves(&mut found, left);
        found
    }

    /// The same within object streams, of which a later version may replace some objects.
    fn left_on_shelves(&mut self, found: &mut Vec<(u32, Object)>, mut left: usize) {
        let mut shelves: Vec<u32> = self.shelves.keys().copied().collect();
        shelves.sort_unstable();
        for number in shelves {
            let Some(Some(shelf)) = self.shelves.get(&number).cloned() else { continue };
            let mut starts: Vec<usize> = shelf.objects.iter().map(|(_, at)| *at).collect();
            starts.sort_unstable();
            for (own, at) in &shelf.objects {
                let is_current =
                    matches!(self.entries.get(own), Some(Entry::In(stream, _)) if *stream == number);
                if is_current && self.read.contains_key(own) {
                    continue;
                }
                if found.len() >= MOST || left == 0 || self.step().is_none() {
                    self.stopped = self.stopped.or(Some(Limit::Steps));
                    return;
                }
                let end = starts.get(starts.partition_point(|start| start <= at)).copied();
                let bytes = shelf.bytes.get(*at..end.unwrap_or(shelf.bytes.len())).unwrap_or_default();
                left = left.saturating_sub(bytes.len().min(LONGEST));
                if self.says(bytes.get(..LONGEST).unwrap_or(bytes)) {
                    found.extend(Reader::new(&shelf.bytes, *at).object().map(|object| (*own, object)));
                }
            }
        }
    }

    /// Whether an object's strings may say something: digits in them, or a text in place of a picture.
    fn says(&self, bytes: &[u8]) -> bool {
        if self.crypt.is_some() && bytes.contains(&b'(') {
            return true;
        }
        let (mut depth, mut digits, mut hex) = (0usize, 0usize, 0usize);
        for byte in bytes {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                b'0'..=b'9' if depth > 0 => digits += 1,
                b'<' | b'>' if depth == 0 => hex = 0,
                byte if depth == 0 && byte.is_ascii_hexdigit() => hex += 1,
                byte if depth == 0 && !byte.is_ascii_whitespace() => hex = 0,
                _ => {}
            }
            if digits >= LEAST_DIGITS || hex >= 2 * LEAST_DIGITS {
                return true;
            }
        }
        memmem::find(bytes, b"/Alt").is_some() || memmem::find(bytes, b"/ActualText").is_some()
    }

    /// Remarks between the objects (section 7.2.4), which no program shows.
    pub(in crate::files::pdf) fn remarks(&self) -> String {
        let mut out = String::new();
        for at in memmem::find_iter(self.bytes, b"\n%").take(MOST) {
            let rest = self.bytes.get(at + 2..).unwrap_or_default();
            let line = rest.get(..LONGEST_REMARK).unwrap_or(rest);
            let line = line.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
            let is_text = line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
            if is_text && line.iter().filter(|byte| byte.is_ascii_digit()).count() >= LEAST_DIGITS {
                out.extend(line.iter().map(|byte| char::from(*byte)));
                out.push('\n');
            }
        }
        out
    }

    /// What stands behind the end of the file.
    pub(in crate::files::pdf) fn tail(&self) -> &[u8] {
        let end = memmem::rfind(self.bytes, b"%%EOF").map_or(self.bytes.len(), |at| at + 5);
        self.bytes.get(end..).unwrap_or_default()
    }
}
