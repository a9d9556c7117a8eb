//! Where a command line ends and where the data end. Only CRLF ends a line and only
//! CRLF.CRLF ends the data (RFC 5321 sections 2.3.8 and 4.1.1.4): whoever takes another
//! sequence for an end reads one message as two.

use memchr::{memchr, memchr2};

/// Octets of a command or reply line without its CRLF. RFC 5321 section 4.5.3.1.4 asks for
/// 512; DSN words and SMTPUTF8 addresses need more.
pub(super) const LONGEST_LINE: usize = 4096;

/// What stands at the front of the bytes received.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineStep {
    /// A line of `length` octets before its CRLF.
    Complete { length: usize },
    /// No end yet.
    More,
    /// Longer than [`LONGEST_LINE`], with or without an end in sight.
    TooLong,
    /// A line feed without a carriage return after `length` octets: not the end of a line, and
    /// a peer that sends it takes it for one.
    BareLf,
    /// A carriage return inside a line of `length` octets.
    BareCr { length: usize },
}

pub(super) fn next_line(input: &[u8]) -> LineStep {
    let Some(feed) = memchr(b'\n', input) else {
        return if input.len() > LONGEST_LINE + 1 { LineStep::TooLong } else { LineStep::More };
    };
    let Some(line) = input[..feed].strip_suffix(b"\r") else { return LineStep::BareLf };
    if line.len() > LONGEST_LINE {
        LineStep::TooLong
    } else if memchr(b'\r', line).is_some() {
        LineStep::BareCr { length: line.len() }
    } else {
        LineStep::Complete { length: line.len() }
    }
}

/// What is kept of a carriage return or line feed that stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    /// As it came; the message is going to be refused anyway.
    Keep,
    /// CRLF. Done behind the framing: a lone LF never begins a line for the end of data.
    MakeCrLf,
}

/// Reads the data of one message up to its one true end, taking dot-stuffing away
/// (RFC 5321 section 4.5.2). Everything else, NUL and 8 bits included, is kept as it is.
#[derive(Debug)]
pub(super) struct DataReader {
    place: Place,
    lone: Lone,
    bare: bool,
}

/// Where in the stream the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After CRLF, or at the very start.
    LineStart,
    /// After a dot at the start of a line.
    Dot,
    /// After that dot and a carriage return.
    DotCr,
    /// After a carriage return elsewhere.
    Cr,
    Inside,
}

/// How far [`DataReader::read`] came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DataStep {
    /// All input is used.
    More,
    /// The data ended after `used` octets of the input.
    End { used: usize },
}

impl DataReader {
    pub(super) fn new(lone: Lone) -> Self {
        Self { place: Place::LineStart, lone, bare: false }
    }

    /// Whether a lone CR or LF was seen.
    pub(super) fn saw_bare_newline(&self) -> bool {
        self.bare
    }

    /// Appends to `out` what `input` adds to the message: at most twice its length and two.
    pub(super) fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> DataStep {
        let mut at = 0;
        while let Some(&octet) = input.get(at) {
            match (self.place, octet) {
                (Place::DotCr, b'\n') => return DataStep::End { used: at + 1 },
                (Place::LineStart, b'.') => self.place = Place::Dot,
                (Place::Dot, b'\r') => self.place = Place::DotCr,
                (Place::Cr, b'\n') => {
                    out.extend_from_slice(b"\r\n");
                    self.place = Place::LineStart;
                }
                // The carriage return before was no line's end; look at this octet anew.
                (Place::Cr | Place::DotCr, _) => {
                    self.lone(b'\r', out);
                    self.place = Place::Inside;
                    continue;
                }
                (_, b'\r') => self.place = Place::Cr,
                (_, b'\n') => {
                    self.lone(b'\n', out);
                    self.place = Place::Inside;
                }
                (Place::LineStart | Place::Dot | Place::Inside, _) => {
                    let rest = &input[at..];
                    let run = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                    out.extend_from_slice(&rest[..run]);
                    self.place = Place::Inside;
                    at += run;
                    continue;
                }
            }
            at += 1;
        }
        DataStep::More
    }

    fn lone(&mut self, octet: u8, out: &mut Vec<u8>) {
        self.bare = true;
        match self.lone {
            Lone::Keep => out.push(octet),
            Lone::MakeCrLf => out.extend_from_slice(b"\r\n"),
        }
    }
}

/// Writes a message as SMTP data: lines that start with a dot get another, and the last line
/// is ended. A CR or LF that stands alone leaves as CRLF, whoever made the message: this is
/// the last guard against a sequence that a next hop might take for the end.
#[derive(Debug)]
pub(super) struct DataWriter {
    last: Last,
}

/// The octet written before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    LineEnd,
    Cr,
    Other,
}

impl DataWriter {
    pub(super) fn new() -> Self {
        Self { last: Last::LineEnd }
    }

    /// Appends the wire form of `input` to `out`: at most twice its length and one.
    pub(super) fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some(&octet) = rest.first() {
            match (self.last, octet) {
                (_, b'\n') => {
                    out.extend_from_slice(b"\r\n");
                    self.last = Last::LineEnd;
                    rest = &rest[1..];
                    continue;
                }
                (Last::Cr, _) => {
                    out.extend_from_slice(b"\r\n");
                    self.last = Last::LineEnd;
                    continue;
                }
                (_, b'\r') => {
                    self.last = Last::Cr;
                    rest = &rest[1..];
                    continue;
                }
                (Last::LineEnd, b'.') => out.push(b'.'),
                _ => {}
            }
            let run = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            out.extend_from_slice(&rest[..run]);
            self.last = Last::Other;
            rest = &rest[run..];
        }
    }

    /// Ends the last line and the data.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        if self.last != Last::LineEnd {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `wire` in pieces of `size`; the message, what followed its end, and whether a
    /// bare newline was seen.
    fn read(wire: &[u8], size: usize, lone: Lone) -> Option<(Vec<u8>, Vec<u8>, bool)> {
        let (mut reader, mut out, mut at) = (DataReader::new(lone), Vec::new(), 0);
        for piece in wire.chunks(size) {
            match reader.read(piece, &mut out) {
                DataStep::More => at += piece.len(),
                DataStep::End { used } => {
                    return Some((out, wire[at + used..].to_vec(), reader.saw_bare_newline()));
                }
            }
        }
        None
    }

    /// However the bytes are cut into packets, the result is the same.
    fn read_every_way(wire: &[u8], lone: Lone) -> Option<(Vec<u8>, Vec<u8>, bool)> {
        let whole = read(wire, wire.len().max(1), lone);
        for size in 1..wire.len() {
            assert_eq!(read(wire, size, lone), whole, "cut to {size}");
        }
        whole
    }

    #[test]
    fn lines_end_at_crlf_only() {
        assert_eq!(next_line(b"NOOP\r\nQUIT\r\n"), LineStep::Complete { length: 4 });
        assert_eq!(next_line(b"\r\n"), LineStep::Complete { length: 0 });
        assert_eq!(next_line(b"NOOP\r"), LineStep::More);
        assert_eq!(next_line(b"NOOP\nQUIT\r\n"), LineStep::BareLf);
        assert_eq!(next_line(b"NO\rOP\r\n"), LineStep::BareCr { length: 5 });
        assert_eq!(next_line(b"NOOP\r\r\n"), LineStep::BareCr { length: 5 });
        let long = [b"x".repeat(LONGEST_LINE), b"\r\n".to_vec()].concat();
        assert_eq!(next_line(&long), LineStep::Complete { length: LONGEST_LINE });
        assert_eq!(next_line(&long[..LONGEST_LINE + 1]), LineStep::More);
        assert_eq!(next_line(&[b"x", &long[..]].concat()), LineStep::TooLong);
        assert_eq!(next_line(&b"x".repeat(LONGEST_LINE + 2)), LineStep::TooLong);
    }

    #[test]
    fn the_message_is_what_stands_before_the_one_true_end() {
        for (wire, message) in [
            (&b".\r\nQUIT\r\n"[..], &b""[..]),
            (b"\r\n.\r\nQUIT\r\n", b"\r\n"),
            (b"a\r\n.\r\nQUIT\r\n", b"a\r\n"),
            (b"..\r\n.\r\nQUIT\r\n", b".\r\n"),
            (b"...x\r\n. \r\n.\r\nQUIT\r\n", b"..x\r\n \r\n"),
            (b"a\0\xff\xfe.\r\n\r\n.\r\nQUIT\r\n", b"a\0\xff\xfe.\r\n\r\n"),
        ] {
            let expected = Some((message.to_vec(), b"QUIT\r\n".to_vec(), false));
            assert_eq!(read_every_way(wire, Lone::Keep), expected, "{wire:?}");
        }
    }

    /// Every form known from SMTP smuggling, and neighbours: none is an end, all are told.
    const SMUGGLING: [&[u8]; 14] = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\n\r.\r\n",
        b"\n\r\n.\n",
        b"\r\n.\0\n",
        b"\r\n\0.\r\n\n",
        b"\r\n.\r\0\n",
        b"\n\r.\r\n",
    ];

    #[test]
    fn no_smuggling_form_ends_the_data() {
        for form in SMUGGLING {
            let wire = [b"one", form, b"two\r\n.\r\nQUIT\r\n"].concat();
            let (message, after, bare) = read_every_way(&wire, Lone::Keep).unwrap();
            assert!(bare, "{form:?}");
            assert_eq!(after, b"QUIT\r\n", "{form:?}");
            assert!(message.starts_with(b"one") && message.ends_with(b"two\r\n"), "{form:?}");
        }
    }

    #[test]
    fn normalised_messages_have_crlf_only_and_keep_their_one_end() {
        for form in SMUGGLING {
            let wire = [b"one", form, b"two\r\n.\r\n"].concat();
            let (message, after, bare) = read_every_way(&wire, Lone::MakeCrLf).unwrap();
            assert!(bare && after.is_empty(), "{form:?}");
            let mut sent = Vec::new();
            let mut writer = DataWriter::new();
            writer.write(&message, &mut sent);
            writer.finish(&mut sent);
            assert_eq!(read_every_way(&sent, Lone::Keep), Some((message, vec![], false)), "{form:?}");
        }
        let (message, ..) = read_every_way(b"a\n.\rb\r\n.\r\n", Lone::MakeCrLf).unwrap();
        assert_eq!(message, b"a\r\n.\r\nb\r\n");
    }

    #[test]
    fn what_is_written_is_read_back_unchanged() {
        for message in [&b""[..], b"\r\n", b".\r\n", b"..\r\n.a\r\nb.\r\n", b"\0\xff\r\n", b".\r\n.\r\n"] {
            for size in 1..=message.len().max(1) {
                let (mut writer, mut wire) = (DataWriter::new(), Vec::new());
                message.chunks(size).for_each(|piece| writer.write(piece, &mut wire));
                writer.finish(&mut wire);
                assert_eq!(read_every_way(&wire, Lone::Keep), Some((message.to_vec(), vec![], false)));
            }
        }
    }

    /// Whoever composed it: nothing leaves that another server could read as an end.
    #[test]
    fn a_lone_cr_or_lf_never_leaves() {
        for form in SMUGGLING {
            let (mut writer, mut wire) = (DataWriter::new(), Vec::new());
            writer.write(&[b"one", form, b"two"].concat(), &mut wire);
            writer.finish(&mut wire);
            let (_, after, bare) = read_every_way(&wire, Lone::Keep).unwrap();
            assert!(!bare && after.is_empty(), "{form:?}");
        }
    }
}
