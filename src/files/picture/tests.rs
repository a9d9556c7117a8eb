//! Pictures of our own (fixtures/README.md) against the reference implementation, limits, and broken files.

use super::*;
use std::time::Duration;

const FIXTURES: [(&str, &[u8]); 12] = [
    ("grey.jpg", include_bytes!("../../../tests/files/pictures/grey.jpg")),
    ("half-clear.png", include_bytes!("../../../tests/files/pictures/half-clear.png")),
    ("moving.gif", include_bytes!("../../../tests/files/pictures/moving.gif")),
    ("moving.png", include_bytes!("../../../tests/files/pictures/moving.png")),
    ("page.png", include_bytes!("../../../tests/files/pictures/page.png")),
    ("pages.tiff", include_bytes!("../../../tests/files/pictures/pages.tiff")),
    ("plot.webp", include_bytes!("../../../tests/files/pictures/plot.webp")),
    ("scene-progressive.jpg", include_bytes!("../../../tests/files/pictures/scene-progressive.jpg")),
    ("scene-turned-by-exif.jpg", include_bytes!("../../../tests/files/pictures/scene-turned-by-exif.jpg")),
    ("scene.jpg", include_bytes!("../../../tests/files/pictures/scene.jpg")),
    ("shapes.webp", include_bytes!("../../../tests/files/pictures/shapes.webp")),
    ("texture.bmp", include_bytes!("../../../tests/files/pictures/texture.bmp")),
];

fn fixture(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|(known, _)| *known == name).expect("a fixture").1
}

fn seen(bytes: &[u8]) -> Picture {
    hash(bytes, &mut PictureBudget::new(PictureLimits::default())).expect("a picture")
}

fn hex(text: &str) -> Pdq {
    Pdq(std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hex")))
}

#[test]
fn hashes_are_those_of_the_reference_implementation() {
    let mut compared = 0;
    for line in include_str!("../../../tests/files/pictures/expected.tsv").lines() {
        let mut fields = line.split('\t');
        let mut next = || fields.next().expect("a field");
        let (name, frame, quality) = (next(), next(), next());
        let picture = seen(fixture(name));
        assert_eq!(picture.unhashed, None, "{name}");
        let hashes: Vec<Pdq> = fields.map(hex).collect();
        let near = |view: &&View| view.pdq().distance(&hashes[0]) <= 10;
        let view = picture.views.iter().find(near).unwrap_or_else(|| {
            panic!(
                "{name} frame {frame}: {:?} instead of {:?}",
                picture.views.iter().map(View::pdq).collect::<Vec<_>>(),
                hashes[0]
            )
        });
        let expected: u8 = quality.parse().expect("a number");
        assert!(view.quality.abs_diff(expected) <= 3, "{name}: quality {} for {quality}", view.quality);
        for ((turn, ours), hash) in Turn::ALL.into_iter().zip(view.turns).zip(&hashes) {
            // Decoders differ by a shade here and there; where they do not, hashes are equal.
            let most = if name.ends_with("png") || name.ends_with("bmp") { 2 } else { 10 };
            assert!(ours.distance(hash) <= most, "{name} {turn:?}: {} bits", ours.distance(hash));
            compared += 1;
        }
    }
    assert_eq!(compared, 16 * 8);
}

/// Where a sample was before turning.
type Place<'a> = &'a dyn Fn(usize, usize) -> (usize, usize);

/// The samples themselves turned and mirrored, not only the reference's word for it.
#[test]
fn turns_are_what_they_say() {
    let (width, height) = (200usize, 200usize);
    let shade = |x: usize, y: usize| ((x * x / 90 + 3 * y + (x / 23) * (y / 31) * 40) % 256) as f32;
    let drawn = |from: Place<'_>| {
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| {
            let (x, y) = from(x, y);
            shade(x, y)
        });
        pdq::hash(&luma::Luma { width, height, samples: samples.collect() }).expect("large enough")
    };
    let plain = drawn(&|x, y| (x, y));
    let last = width - 1;
    let cases: [(Turn, Place<'_>); 7] = [
        (Turn::Quarter, &|x, y| (last - y, x)),
        (Turn::Half, &|x, y| (last - x, last - y)),
        (Turn::ThreeQuarters, &|x, y| (y, last - x)),
        (Turn::Mirrored, &|x, y| (last - x, y)),
        (Turn::UpsideDown, &|x, y| (x, last - y)),
        (Turn::Transposed, &|x, y| (y, x)),
        (Turn::CounterTransposed, &|x, y| (last - y, last - x)),
    ];
    for (turn, from) in cases {
        let turned = drawn(from).turns[0];
        let at = Turn::ALL.iter().position(|known| *known == turn).expect("every turn");
        let distances: Vec<u32> = plain.turns.iter().map(|hash| hash.distance(&turned)).collect();
        assert_eq!(distances.iter().min(), Some(&distances[at]), "{turn:?}: {distances:?}");
        assert_eq!(distances[at], 0, "{turn:?}: {distances:?}");
    }
}

#[test]
fn exif_turns_a_picture_before_it_is_hashed() {
    let (plain, turned) = (seen(fixture("scene.jpg")), seen(fixture("scene-turned-by-exif.jpg")));
    assert_eq!((turned.width, turned.height), (plain.height, plain.width));
    assert!(plain.views[0].pdq().distance(&turned.views[0].pdq()) <= 10);
}

#[test]
fn a_picture_behind_a_harmless_first_frame_is_seen() {
    for name in ["moving.gif", "moving.png", "pages.tiff"] {
        let picture = seen(fixture(name));
        assert_eq!(picture.views.len(), 2, "{name}: {:?}", picture.views);
        assert!(picture.views[0].pdq().distance(&picture.views[1].pdq()) > 60, "{name}");
    }
}

#[test]
fn what_transparency_covers_is_seen() {
    let picture = seen(fixture("half-clear.png"));
    assert_eq!(picture.views.len(), 2);
    assert!(picture.views[1].quality > picture.views[0].quality);
}

#[test]
fn a_picture_cut_short_is_hashed_as_far_as_it_goes() {
    for (name, share) in [("scene.jpg", 97), ("scene-progressive.jpg", 90), ("page.png", 97)] {
        let bytes = fixture(name);
        let cut = seen(&bytes[..bytes.len() * share / 100]);
        let distance = cut.views[0].pdq().distance(&seen(bytes).views[0].pdq());
        assert!(distance <= 31, "{name}: {distance}");
    }
}

#[test]
fn digests_are_of_the_bytes() {
    let digests = Digests::of(b"abc");
    assert_eq!(digests.md5[..4], [0x90, 0x01, 0x50, 0x98]);
    assert_eq!(digests.sha1[..4], [0xa9, 0x99, 0x3e, 0x36]);
    assert_eq!(digests.sha256[..4], [0xba, 0x78, 0x16, 0xbf]);
}

#[test]
fn what_is_no_picture_is_none_and_what_we_cannot_decode_says_so() {
    let mut budget = PictureBudget::new(PictureLimits::default());
    for bytes in [&b""[..], b"BM", b"BMW is a make of cars", b"%PDF-1.7", b"GIF", b"\xff\xd8"] {
        assert_eq!(hash(bytes, &mut budget), None);
    }
    let heic = hash(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", &mut budget).expect("a picture");
    assert_eq!((heic.kind, heic.unhashed), (PictureKind::Other, Some(Unhashed::NotSupported)));
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = !0u32;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &(!crc).to_be_bytes()].concat()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let data = chunk(b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01");
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &data, &chunk(b"IEND", b"")].concat()
}

/// A GIF with a canvas of this size and as many frames, each an LZW stream of one pixel.
fn gif(width: u16, height: u16, frames: usize, frame: (u16, u16)) -> Vec<u8> {
    let mut gif = b"GIF89a".to_vec();
    gif.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    gif.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    for _ in 0..frames {
        gif.extend([0x2c, 0, 0, 0, 0]);
        gif.extend([frame.0.to_le_bytes(), frame.1.to_le_bytes()].concat());
        gif.extend([0, 2, 2, 0x4c, 1, 0]);
    }
    gif.push(0x3b);
    gif
}

/// A TIFF whose directory is `entries` of (tag, type, count, value).
fn tiff(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        tiff.extend(
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()]
                .concat(),
        );
    }
    tiff.extend(next.to_le_bytes());
    tiff
}

fn huge_tiff(width: u32, height: u32, strips: u32, next: u32) -> Vec<u8> {
    let entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, strips, 8),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, strips, u32::MAX),
    ];
    tiff(&entries, next)
}

/// A JPEG that says it is this large, with nothing behind its headers.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = fixture("scene.jpg").to_vec();
    let at = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame header");
    bytes[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    bytes[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

#[test]
fn bombs_end_at_their_limit() {
    let webp = {
        let mut bytes = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0".to_vec();
        bytes.extend([0xfe, 0xff, 0xff, 0xfe, 0xff, 0]);
        bytes.extend(b"ANIM\x06\0\0\0\0\0\0\0\0\0");
        bytes
    };
    let bmp = [
        &b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..],
        &60_000u32.to_le_bytes(),
        &60_000u32.to_le_bytes(),
        &[1, 0, 24, 0],
        &[0; 24],
    ]
    .concat();
    let cases: [(&str, Vec<u8>, Unhashed); 9] = [
        ("a PNG of 50,000 by 50,000", png(50_000, 50_000), Unhashed::Pixels),
        ("a PNG of 7,900 by 7,900", png(7_900, 7_900), Unhashed::Memory),
        ("a JPEG of 65,500 by 65,500", jpeg(65_500, 65_500), Unhashed::Pixels),
        ("a GIF of 65,535 by 65,535", gif(65_535, 65_535, 1, (65_535, 65_535)), Unhashed::Pixels),
        ("a GIF of 100,000 frames", gif(1_000, 1_000, 100_000, (1, 1)), Unhashed::AllPixels),
        ("a GIF whose frame is larger than its canvas", gif(10, 10, 1, (65_535, 65_535)), Unhashed::Memory),
        ("a TIFF of 4,000,000 by 4,000,000", huge_tiff(4_000_000, 4_000_000, 1, 0), Unhashed::Pixels),
        ("a WebP of 16,777,215 by 65,535", webp, Unhashed::Malformed),
        ("a bitmap of 60,000 by 60,000", bmp, Unhashed::Pixels),
    ];
    let limits = PictureLimits { all_pixels: 3_000_000, ..PictureLimits::default() };
    for (name, bytes, why) in cases {
        let start = on_cpu();
        let picture = hash(&bytes, &mut PictureBudget::new(limits)).expect("a picture");
        assert!(on_cpu() - start < Duration::from_secs(40), "{name}: {:?}", on_cpu() - start);
        assert!(
            picture.unhashed == Some(why)
                || picture.unhashed == Some(Unhashed::Malformed) && name.contains("WebP"),
            "{name}: {:?}",
            picture.unhashed
        );
    }
    // A page that follows itself, and counts that the file cannot hold.
    assert!(seen(&huge_tiff(100, 100, u32::MAX, 8)).views.is_empty());
}

#[test]
fn many_pictures_end_at_the_limit_of_the_message() {
    let limits = PictureLimits { all_pixels: 250_000, ..PictureLimits::default() };
    let mut budget = PictureBudget::new(limits);
    let mut told = (0..10).map(|_| hash(fixture("scene.jpg"), &mut budget).expect("a picture").unhashed);
    assert_eq!(told.next(), Some(None));
    assert_eq!(told.last(), Some(Some(Unhashed::AllPixels)));
}

/// What this thread has had of the CPU: a busy machine makes nothing slow here.
fn on_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

/// Bits flipped, bytes set to extremes, pieces cut out, repeated and taken from other pictures.
fn mutated(bytes: &[u8], other: &[u8], chance: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance(4) {
        let at = chance(bytes.len().max(1));
        let length = 1 + chance(64);
        let end = (at + length).min(bytes.len());
        match chance(7) {
            0 | 1 => bytes[at] ^= 1 << chance(8),
            2 => bytes[at..end].fill([0, 0xff, 0x7f, 0x80][chance(4)]),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let from = chance(other.len() - 1);
                let piece = other[from..(from + length).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            // Headers are short and decide most.
            _ => bytes[chance(48.min(end))] = chance(256) as u8,
        }
        if bytes.len() < 16 {
            break;
        }
    }
    bytes
}

#[test]
fn mutated_pictures_do_no_harm() {
    // `MUTATIONS=2000` for a night.
    let rounds: usize = std::env::var("MUTATIONS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    let limits = PictureLimits {
        pixels: 4_000_000,
        memory: 64 << 20,
        all_pixels: 8_000_000,
        ..PictureLimits::default()
    };
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chance = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let (mut slowest, mut whole, mut decoded) = ((Duration::ZERO, ""), 0, 0);
    for (name, bytes) in FIXTURES {
        for _ in 0..rounds {
            let other = FIXTURES[chance(FIXTURES.len())].1;
            let broken = mutated(bytes, other, &mut chance);
            let start = on_cpu();
            let picture = hash(&broken, &mut PictureBudget::new(limits));
            slowest = slowest.max((on_cpu() - start, name));
            whole += 1;
            decoded += usize::from(picture.is_some_and(|picture| !picture.views.is_empty()));
        }
    }
    assert!(decoded * 4 > whole, "{decoded} of {whole} are still pictures");
    assert!(slowest.0 < Duration::from_secs(20), "{slowest:?}");
}
