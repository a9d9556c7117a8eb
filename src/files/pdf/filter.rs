//! Filters of streams (ISO 32000-2, section 7.4), each stopped at a number of bytes. What stands
//! before a break is kept, as readers do.

use super::object::Dictionary;

/// Decodes by one filter; `most` bytes at the most. `None`: the filter makes pictures or is unknown.
pub(super) fn decode(name: &[u8], data: &[u8], parameters: &Dictionary, most: usize) -> Option<Vec<u8>> {
    let whole = |key: &str| parameters.raw(key).and_then(super::object::Object::integer);
    let predicted = |data: Vec<u8>| match whole("Predictor").unwrap_or(1) {
        0 | 1 => data,
        kind => {
            let colors = whole("Colors").unwrap_or(1).clamp(1, 32) as usize;
            let bits = whole("BitsPerComponent").unwrap_or(8).clamp(1, 16) as usize;
            let columns = whole("Columns").unwrap_or(1).clamp(1, 1 << 20) as usize;
            unpredicted(kind, &data, (colors * bits).div_ceil(8), (colors * bits * columns).div_ceil(8))
        }
    };
    match name {
        b"FlateDecode" | b"Fl" => Some(predicted(inflate(data, most))),
        b"LZWDecode" | b"LZW" => Some(predicted(lzw(data, whole("EarlyChange") != Some(0), most))),
        b"ASCII85Decode" | b"A85" => Some(ascii85(data, most)),
        b"ASCIIHexDecode" | b"AHx" => Some(hexadecimal(data, most)),
        b"RunLengthDecode" | b"RL" => Some(run_length(data, most)),
        b"Crypt" => Some(data.to_vec()),
        _ => None,
    }
}

/// zlib, or bare deflate where the head is broken.
fn inflate(data: &[u8], most: usize) -> Vec<u8> {
    use miniz_oxide::inflate::{decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};
    let with_head = decompress_to_vec_zlib_with_limit(data, most).unwrap_or_else(|broken| broken.output);
    if !with_head.is_empty() || data.len() < 3 {
        return with_head;
    }
    let bare = |data: &[u8]| decompress_to_vec_with_limit(data, most).unwrap_or_else(|broken| broken.output);
    let after_head = bare(data.get(2..).unwrap_or_default());
    if after_head.is_empty() { bare(data) } else { after_head }
}

fn lzw(data: &[u8], early: bool, most: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    // Where in `out` each code's string lies: strings of the table are always copies of output.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut previous: Option<(usize, usize)> = None;
    let (mut bits, mut held) = (0u32, 0u32);
    let mut width = 9;
    let mut input = data.iter();
    loop {
        while held < width {
            let Some(b) = input.next() else { return out };
            bits = bits << 8 | u32::from(*b);
            held += 8;
        }
        held -= width;
        let code = (bits >> held & ((1 << width) - 1)) as usize;
        let start = out.len();
        match code {
            256 => {
                table.clear();
                previous = None;
                width = 9;
                continue;
            }
            257 => return out,
            0..=255 => out.push(code as u8),
            _ => {
                let known = table.get(code - 258).copied();
                // The one code that may be used before it is complete.
                let Some((from, length)) = known.or(previous.map(|(from, length)| (from, length + 1))) else {
                    return out;
                };
                if length > most {
                    return out;
                }
                for i in 0..length {
                    let Some(&b) = out.get(from + i) else { return out };
                    out.push(b);
                }
            }
        }
        if out.len() > most {
            out.truncate(most);
            return out;
        }
        if let Some((from, length)) = previous
            && table.len() < 4096 - 258
        {
            table.push((from, length + 1));
        }
        previous = Some((start, out.len() - start));
        width = match table.len() + 258 + usize::from(early) + 1 {
            0..=512 => 9,
            513..=1024 => 10,
            1025..=2048 => 11,
            _ => 12,
        };
    }
}

fn ascii85(data: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity((data.len() / 5 * 4).min(most));
    let (mut group, mut held) = (0u32, 0usize);
    for &b in data {
        match b {
            b'z' if held == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(b - b'!'));
                held += 1;
                if held == 5 {
                    out.extend(group.to_be_bytes());
                    (group, held) = (0, 0);
                }
            }
            b'~' => break,
            _ => {}
        }
        if out.len() >= most {
            break;
        }
    }
    if held > 1 {
        for _ in held..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend(group.to_be_bytes().iter().take(held - 1));
    }
    out.truncate(most);
    out
}

fn hexadecimal(data: &[u8], most: usize) -> Vec<u8> {
    let end = memchr::memchr(b'>', data).unwrap_or(data.len());
    let digits = data.iter().take(end).filter_map(|b| char::from(*b).to_digit(16));
    let digits: Vec<u8> = digits.map(|digit| digit as u8).collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| pair.first().copied().unwrap_or(0) << 4 | pair.get(1).copied().unwrap_or(0));
    pairs.take(most).collect()
}

fn run_length(data: &[u8], most: usize) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), data);
    while let Some((&length, after)) = rest.split_first() {
        match length {
            128 => break,
            0..=127 => {
                let taken = (usize::from(length) + 1).min(after.len());
                let (copied, left) = after.split_at(taken);
                out.extend_from_slice(copied);
                rest = left;
            }
            _ => {
                let Some((&b, left)) = after.split_first() else { break };
                out.extend(std::iter::repeat_n(b, 257 - usize::from(length)));
                rest = left;
            }
        }
        if out.len() >= most {
            break;
        }
    }
    out.truncate(most);
    out
}

/// Undoes a predictor (section 7.4.4.4): 2 is TIFF's (for bytes), 10 and above are PNG's.
fn unpredicted(kind: i64, data: &[u8], pixel: usize, row: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    if kind == 2 {
        for line in data.chunks(row.max(1)) {
            let start = out.len();
            for (i, b) in line.iter().enumerate() {
                let left = i.checked_sub(pixel).and_then(|i| out.get(start + i)).copied().unwrap_or(0);
                out.push(b.wrapping_add(left));
            }
        }
        return out;
    }
    let mut above = vec![0u8; row];
    for line in data.chunks(row + 1) {
        let Some((&tag, line)) = line.split_first() else { break };
        let mut now: Vec<u8> = Vec::with_capacity(row);
        for (i, &b) in line.iter().enumerate() {
            let left = i.checked_sub(pixel).and_then(|i| now.get(i)).copied().unwrap_or(0);
            let up = above.get(i).copied().unwrap_or(0);
            let corner = i.checked_sub(pixel).and_then(|i| above.get(i)).copied().unwrap_or(0);
            now.push(b.wrapping_add(match tag {
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => 0,
            }));
        }
        out.extend_from_slice(&now);
        now.resize(row, 0);
        above = now;
    }
    out
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let off = |value: u8| (guess - i16::from(value)).abs();
    if off(left) <= off(up) && off(left) <= off(corner) {
        left
    } else if off(up) <= off(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_undoes_its_coding() {
        let none = Dictionary::default();
        let decoded = |name: &str, data: &[u8]| decode(name.as_bytes(), data, &none, 1000).unwrap();
        assert_eq!(decoded("ASCII85Decode", b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(decoded("ASCIIHexDecode", b"48 656C6c6F>"), b"Hello");
        assert_eq!(decoded("RunLengthDecode", b"\x01ab\xfec\x80"), b"abccc");
        // The example of section 7.4.4.2.
        let coded = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(decoded("LZWDecode", &coded), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&[7; 100_000], 6);
        assert_eq!(decoded("FlateDecode", &packed).len(), 1000);
        assert_eq!(decode(b"DCTDecode", b"", &none, 10), None);
    }

    #[test]
    fn rows_are_put_together_from_differences() {
        assert_eq!(unpredicted(12, &[2, 1, 2, 2, 1, 1], 1, 2), [1, 2, 2, 3]);
        assert_eq!(unpredicted(2, &[1, 1, 1], 1, 3), [1, 2, 3]);
    }
}
