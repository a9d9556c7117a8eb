//! Files that are pasted into a text as uuencode or yEnc: mail programs show them as attachments.

/// Of one text.
pub(super) const MOST: usize = 500;
const LONGEST_NAME: usize = 255;

pub(super) struct Pasted {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// All of them, in their order.
pub(super) fn files(text: &[u8]) -> Vec<Pasted> {
    let mut found = Vec::new();
    if memchr::memmem::find(text, b"begin ").is_none() {
        return found;
    }
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    while found.len() < MOST
        && let Some(line) = lines.next()
    {
        if let Some(name) = uuencoded(line) {
            let body = lines.by_ref().take_while(|line| !line.starts_with(b"end"));
            let bytes = body.flat_map(uudecoded).collect::<Vec<u8>>();
            found.extend((!bytes.is_empty()).then_some(Pasted { name, bytes }));
        } else if let Some(name) = yencoded(line) {
            let body = lines.by_ref().take_while(|line| !line.starts_with(b"=yend"));
            let bytes =
                body.filter(|line| !line.starts_with(b"=ypart")).flat_map(ydecoded).collect::<Vec<u8>>();
            found.extend((!bytes.is_empty()).then_some(Pasted { name, bytes }));
        }
    }
    found
}

/// The name in `begin 644 list.csv`.
fn uuencoded(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"begin ")?;
    let mode = rest.iter().take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let name = rest.get(mode..)?.strip_prefix(b" ")?;
    matches!(mode, 3 | 4).then(|| name_of(name))
}

/// The name in `=ybegin line=128 size=1234 name=list.csv`.
fn yencoded(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"=ybegin ")?;
    let at = memchr::memmem::find(rest, b"name=").map_or(rest.len(), |at| at + 5);
    Some(name_of(&rest[at..]))
}

fn name_of(name: &[u8]) -> String {
    let name = name.get(..LONGEST_NAME).unwrap_or(name);
    String::from_utf8_lossy(name.trim_ascii()).into_owned()
}

/// One line: how many bytes it has, then four characters for each three.
fn uudecoded(line: &[u8]) -> Vec<u8> {
    let Some((length, data)) = line.split_first() else { return Vec::new() };
    let value = |byte: &u8| u32::from(byte.wrapping_sub(b' ') & 63);
    let word = |four: &[u8]| (0..4).fold(0, |word, n| word << 6 | four.get(n).map_or(0, value));
    let mut out: Vec<u8> = data.chunks(4).flat_map(|four| word(four).to_be_bytes()[1..].to_vec()).collect();
    out.truncate(value(length) as usize);
    out
}

fn ydecoded(line: &[u8]) -> Vec<u8> {
    let (mut out, mut is_escaped) = (Vec::with_capacity(line.len()), false);
    for byte in line {
        match (is_escaped, byte) {
            (false, b'=') => is_escaped = true,
            (escaped, byte) => {
                out.push(byte.wrapping_sub(if escaped { 106 } else { 42 }));
                is_escaped = false;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_taken_out() {
        let text = "hello\r\nbegin 644 a.txt\r\n#:&D*\r\n`\r\nend\r\nbye\n";
        let found = files(text.as_bytes());
        assert_eq!((found[0].name.as_str(), found[0].bytes.as_slice()), ("a.txt", b"hi\n".as_slice()));
        let encoded: Vec<u8> = b"hi".iter().map(|byte| byte + 42).collect();
        let text =
            [b"x\n=ybegin line=128 size=3 name=b.txt\n".as_slice(), &encoded, b"=t\n=yend size=3\n"].concat();
        let found = files(&text);
        assert_eq!((found[0].name.as_str(), found[0].bytes.as_slice()), ("b.txt", b"hi\n".as_slice()));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn an_ordinary_sentence_begins_no_file() {
        assert!(files(b"We begin 9 o'clock.\nbegin 644\nbegin here\nbegin 9 lists\n").is_empty());
    }
}
