//! What the strings of a content stream say in a font (ISO 32000-2, section 9): its ToUnicode map,
//! its encoding, or what the font program itself tells of its glyphs.

use super::{
    cmap::CMap,
    crypt::Kind,
    document::Document,
    glyphs::{self, Base},
    object::{Dictionary, Object},
    type3,
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// A glyph of a shown string.
#[derive(Debug, PartialEq)]
pub(super) struct Glyph {
    pub(super) code: u32,
    /// `None`: nobody can say without looking at its shape.
    pub(super) text: Option<Box<str>>,
    /// What the encoding or the font program says of it, where the map for copying says otherwise:
    /// what is seen is this.
    pub(super) seen: Option<Box<str>>,
    /// In thousandths of the font's size.
    pub(super) width: f64,
    /// The one-byte code 32, to which word spacing applies.
    pub(super) is_space: bool,
}

#[derive(Debug)]
pub(super) struct Font {
    meaning: Meaning,
    codes: Codes,
}

/// What the codes of a font mean, by the number of the code.
#[derive(Debug)]
struct Meaning {
    to_unicode: Option<CMap>,
    widths: HashMap<u32, f64>,
    default_width: f64,
}

#[derive(Debug)]
enum Codes {
    /// One byte each: all 256 glyphs.
    Simple(Vec<Glyph>),
    Composite {
        /// How strings are cut, when not two bytes each.
        cut: Option<Box<CMap>>,
        /// Codes that are text in an encoding of their own.
        encoding: Option<&'static encoding_rs::Encoding>,
        /// Text of glyphs by the font program.
        glyphs: HashMap<u32, char>,
        /// Those that were shown before, by code and its length.
        shown: RefCell<HashMap<(u32, usize), Rc<Glyph>>>,
    },
}

/// Codes of one table of a font program.
const MOST_CODES: u32 = 200_000;
/// Glyphs of one font that are remembered.
const MOST_SHOWN: usize = 10_000;

/// The text of a code by the font itself.
#[derive(Clone, Debug, Default)]
struct Own {
    text: Option<String>,
    /// By the name of its glyph, not only by a usual encoding.
    named: bool,
}

impl Font {
    pub(super) fn read(font: &Dictionary, document: &mut Document<'_, '_>) -> Self {
        let to_unicode = match document.get(font, "ToUnicode") {
            Some(Object::Stream(stream)) => {
                let bytes = document.decode(&stream, Kind::Stream).bytes;
                Some(CMap::read(&bytes, document.budget)).filter(CMap::has_text)
            }
            _ => None,
        };
        if font.is("Subtype", b"Type0") {
            return Self::composite(font, to_unicode, document);
        }
        let descriptor = document.dictionary(font, "FontDescriptor").unwrap_or_default();
        let codes = simple_codes(font, &descriptor, document);
        let mut widths = HashMap::new();
        let first = document.get(font, "FirstChar").and_then(|first| first.integer()).unwrap_or(0);
        if let Some(Object::Array(items)) = document.get(font, "Widths") {
            for (code, item) in (first.clamp(0, 255) as u32..256).zip(items.iter()) {
                let width = document.resolve(item).and_then(|width| width.number());
                widths.extend(width.map(|width| (code, width)));
            }
        }
        let mut default_width =
            document.get(&descriptor, "MissingWidth").and_then(|width| width.number()).unwrap_or(0.0);
        if widths.is_empty() {
            default_width = 500.0;
            let name = font.raw("BaseFont").and_then(Object::name).unwrap_or_default();
            widths.extend((32..127).filter_map(|code| Some((code, standard_width(name, code as u8)?))));
        }
        // Glyphs drawn by content streams have a space of their own.
        if font.is("Subtype", b"Type3")
            && let Some(Object::Array(matrix)) = document.get(font, "FontMatrix")
        {
            let scale = matrix.first().and_then(Object::number).unwrap_or(0.001) * 1000.0;
            widths.values_mut().for_each(|width| *width *= scale);
        }
        let meaning = Meaning { to_unicode, widths, default_width };
        let glyphs = codes.into_iter().zip(0u32..);
        let glyphs = glyphs.map(|(own, code)| meaning.glyph(code, own, code == u32::from(b' '))).collect();
        Self { meaning, codes: Codes::Simple(glyphs) }
    }

    fn composite(font: &Dictionary, to_unicode: Option<CMap>, document: &mut Document<'_, '_>) -> Self {
        let descendant = match document.get(font, "DescendantFonts") {
            Some(Object::Array(items)) => items.first().and_then(|item| document.resolve(item)),
            other => other,
        };
        let descendant = descendant.as_ref().and_then(Object::dictionary).cloned().unwrap_or_default();
        let (mut cut, mut encoding) = (None, None);
        match document.get(font, "Encoding") {
            Some(Object::Stream(stream)) => {
                let bytes = document.decode(&stream, Kind::Stream).bytes;
                let map = CMap::read(&bytes, document.budget);
                encoding = map.base.as_deref().and_then(predefined);
                cut = Some(Box::new(map)).filter(|map| map.has_spaces());
            }
            Some(Object::Name(name)) => encoding = predefined(&name),
            _ => {}
        }
        let glyphs = program_glyphs(&descendant, document);
        let widths = composite_widths(&descendant, document);
        let default_width =
            document.get(&descendant, "DW").and_then(|width| width.number()).unwrap_or(1000.0);
        let shown = RefCell::default();
        Self {
            meaning: Meaning { to_unicode, widths, default_width },
            codes: Codes::Composite { cut, encoding, glyphs, shown },
        }
    }

    /// Calls `take` with each glyph of a string, in order.
    pub(super) fn glyphs(&self, string: &[u8], mut take: impl FnMut(&Glyph)) {
        if let Codes::Simple(glyphs) = &self.codes {
            return string.iter().filter_map(|code| glyphs.get(usize::from(*code))).for_each(take);
        }
        let mut rest = string;
        while !rest.is_empty() {
            let (glyph, length) = self.next_glyph(rest);
            take(&glyph);
            rest = rest.get(length.max(1)..).unwrap_or_default();
        }
    }

    /// The first glyph of a string of a composite font, and how many bytes it takes.
    fn next_glyph(&self, rest: &[u8]) -> (Rc<Glyph>, usize) {
        let Codes::Composite { cut, encoding, glyphs, shown } = &self.codes else {
            return (Rc::new(self.meaning.glyph(0, Own::default(), false)), 1);
        };
        let (code, length) = match (cut, encoding) {
            (Some(map), _) => map.next_code(rest).unwrap_or((0, 1)),
            (None, Some(encoding)) => (0, encoded_length(encoding, rest)),
            (None, None) => (pair(rest), 2),
        };
        let code = if length == 2 { pair(rest) } else { code };
        let is_known = length == 2 || encoding.is_none();
        if let Some(glyph) = shown.borrow().get(&(code, length)).filter(|_| is_known) {
            return (glyph.clone(), length);
        }
        let encoded = || {
            let text = encoding.as_ref()?.decode_without_bom_handling(rest.get(..length)?).0;
            (!text.contains('\u{fffd}')).then(|| text.into_owned())
        };
        let glyph = cut.as_ref().and_then(|map| map.glyph(code)).unwrap_or(code);
        let text = encoded().or_else(|| glyphs.get(&glyph).map(char::to_string));
        let is_space = length == 1 && rest.first() == Some(&b' ');
        let glyph = Rc::new(self.meaning.glyph(code, Own { text, named: true }, is_space));
        let mut shown = shown.borrow_mut();
        if is_known && shown.len() < MOST_SHOWN {
            shown.insert((code, length), glyph.clone());
        }
        (glyph, length)
    }
}

impl Meaning {
    /// The glyph of a code of which the font itself says `own`.
    fn glyph(&self, code: u32, own: Own, is_space: bool) -> Glyph {
        let mapped = self.to_unicode.as_ref().and_then(|map| map.text(code));
        let lies = mapped.as_ref().zip(own.text.as_ref()).is_some_and(|(mapped, own)| differs(mapped, own));
        let seen = own.text.clone().filter(|_| own.named && lies).map(String::into_boxed_str);
        let width = self.widths.get(&code).copied().unwrap_or(self.default_width);
        Glyph { code, text: mapped.or(own.text).map(String::into_boxed_str), seen, width, is_space }
    }
}

/// Whether two texts of one glyph mean different letters.
fn differs(mapped: &str, own: &str) -> bool {
    use unicode_normalization::UnicodeNormalization as _;
    own.chars().any(char::is_alphanumeric) && !mapped.nfkc().eq(own.nfkc())
}

fn pair(bytes: &[u8]) -> u32 {
    let at = |i: usize| bytes.get(i).map_or(0, |b| u32::from(*b));
    if bytes.len() < 2 { at(0) } else { at(0) << 8 | at(1) }
}

/// The predefined CMaps (section 9.7.5.2) whose codes are text; identity is none of them.
fn predefined(name: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let has = |part: &[u8]| memchr::memmem::find(name, part).is_some();
    match () {
        () if has(b"UCS2") || has(b"UTF16") => Some(encoding_rs::UTF_16BE),
        () if has(b"UTF8") => Some(encoding_rs::UTF_8),
        () if has(b"GBK") || has(b"GB-") || has(b"GBpc") => Some(encoding_rs::GB18030),
        () if has(b"RKSJ") => Some(encoding_rs::SHIFT_JIS),
        () if has(b"KSC") => Some(encoding_rs::EUC_KR),
        () if has(b"B5") || has(b"HKscs") => Some(encoding_rs::BIG5),
        () if has(b"EUC") => Some(encoding_rs::EUC_JP),
        () => None,
    }
}

fn encoded_length(encoding: &'static encoding_rs::Encoding, rest: &[u8]) -> usize {
    let first = rest.first().copied().unwrap_or(0);
    if encoding == encoding_rs::UTF_16BE {
        return if (0xd8..0xdc).contains(&first) { 4 } else { 2 };
    }
    let half_width = encoding == encoding_rs::SHIFT_JIS && (0xa0..0xe0).contains(&first);
    if first < 0x80 || half_width { 1 } else { 2 }
}

fn composite_widths(descendant: &Dictionary, document: &mut Document<'_, '_>) -> HashMap<u32, f64> {
    let mut widths = HashMap::new();
    let Some(Object::Array(items)) = document.get(descendant, "W") else { return widths };
    let mut items = items.iter();
    while let Some(first) = items.next().and_then(Object::integer) {
        if document.step().is_none() {
            break;
        }
        let first = first.clamp(0, 0xffff) as u32;
        match items.next().and_then(|item| document.resolve(item)) {
            Some(Object::Array(own)) => {
                widths.extend((first..=0xffff).zip(own.iter().map(|w| w.number().unwrap_or(0.0))));
            }
            Some(last) => {
                let last = last.integer().unwrap_or(0).clamp(0, 0xffff) as u32;
                let Some(width) = items.next().and_then(Object::number) else { break };
                widths.extend((first..=last).map(|code| (code, width)));
            }
            None => break,
        }
    }
    widths
}

/// The text of each code by `Encoding` and, below it, by the font program (section 9.6.5).
fn simple_codes(font: &Dictionary, descriptor: &Dictionary, document: &mut Document<'_, '_>) -> [Own; 256] {
    let name = font.raw("BaseFont").and_then(Object::name).unwrap_or_default();
    let encoding = document.get(font, "Encoding");
    let named = match &encoding {
        Some(Object::Name(name)) => Base::named(name),
        Some(Object::Dictionary(dictionary)) => {
            document.get(dictionary, "BaseEncoding").and_then(|base| Base::named(base.name()?))
        }
        _ => None,
    };
    let by_name = match () {
        () if name.ends_with(b"Symbol") => Base::Symbol,
        () if name.ends_with(b"ZapfDingbats") => Base::Dingbats,
        () if font.is("Subtype", b"TrueType") => Base::WinAnsi,
        () => Base::Standard,
    };
    let base = named.unwrap_or(by_name);
    let mut codes =
        std::array::from_fn(|code| Own { text: base.decode(code as u8).map(String::from), named: false });
    if named.is_none() {
        for (code, text) in program_codes(descriptor, document) {
            if let Some(slot) = codes.get_mut(usize::from(code)) {
                *slot = Own { text: Some(text), named: true };
            }
        }
    }
    let drawn_by_text = type3::drawn_by_text(font, document);
    let Some(Object::Dictionary(encoding)) = encoding else { return codes };
    let Some(Object::Array(differences)) = document.get(&encoding, "Differences") else { return codes };
    let mut code = 0usize;
    for item in differences.iter() {
        match item {
            Object::Name(name) => {
                if let Some(slot) = codes.get_mut(code) {
                    let own =
                        std::str::from_utf8(name).ok().filter(|_| !drawn_by_text.contains(name.as_ref()));
                    let text = own.and_then(glyphs::text);
                    *slot = Own { named: text.is_some(), text };
                }
                code = code.saturating_add(1);
            }
            other => code = other.integer().unwrap_or(0).clamp(0, 256) as usize,
        }
    }
    codes
}

/// The encoding that a font program brings along.
fn program_codes(descriptor: &Dictionary, document: &mut Document<'_, '_>) -> Vec<(u8, String)> {
    if let Some(Object::Stream(stream)) = document.get(descriptor, "FontFile") {
        return type1_codes(&document.decode(&stream, Kind::Stream).bytes);
    }
    if let Some(Object::Stream(stream)) = document.get(descriptor, "FontFile3") {
        let program = document.decode(&stream, Kind::Stream).bytes;
        let Some(table) = ttf_parser::cff::Table::parse(&program) else { return Vec::new() };
        let text = |code: u8| glyphs::text(table.glyph_name(table.glyph_index(code)?)?);
        return (0..=255).filter_map(|code| Some((code, text(code)?))).collect();
    }
    Vec::new()
}

/// `dup 65 /A put` in the clear part of a Type 1 program.
fn type1_codes(program: &[u8]) -> Vec<(u8, String)> {
    let end = memchr::memmem::find(program, b"eexec").unwrap_or(program.len());
    let clear = String::from_utf8_lossy(program.get(..end).unwrap_or_default());
    let Some(at) = clear.find("/Encoding") else { return Vec::new() };
    let mut words = clear.get(at..).unwrap_or_default().split_ascii_whitespace();
    let mut codes = Vec::new();
    while let Some(word) = words.next() {
        if word != "dup" {
            continue;
        }
        let (code, name) = (words.next().and_then(|code| code.parse().ok()), words.next());
        let text = name.and_then(|name| glyphs::text(name.strip_prefix('/')?));
        codes.extend(code.zip(text));
        if codes.len() > 256 {
            break;
        }
    }
    codes
}

/// What an embedded program says of its glyphs, for fonts that bring no map.
fn program_glyphs(descendant: &Dictionary, document: &mut Document<'_, '_>) -> HashMap<u32, char> {
    let mut glyphs = HashMap::new();
    let descriptor = document.dictionary(descendant, "FontDescriptor").unwrap_or_default();
    let Some(Object::Stream(stream)) = document.get(&descriptor, "FontFile2") else { return glyphs };
    let program = document.decode(&stream, Kind::Stream).bytes;
    let Ok(face) = ttf_parser::Face::parse(&program, 0) else { return glyphs };
    let Some(table) = face.tables().cmap else { return glyphs };
    for subtable in table.subtables.into_iter().filter(|subtable| subtable.is_unicode()).take(4) {
        // A table may claim all of Unicode over and over.
        let mut left = MOST_CODES;
        subtable.codepoints(|code| {
            if left == 0 {
                return;
            }
            left -= 1;
            if let (Some(c), Some(glyph)) = (char::from_u32(code), subtable.glyph_index(code)) {
                glyphs.entry(u32::from(glyph.0)).or_insert(c);
            }
        });
        // Many fonts may have one program.
        if document.work(16 * (MOST_CODES - left) as usize).is_none() {
            break;
        }
    }
    // A map from character numbers to glyphs of the program.
    if let Some(Object::Stream(stream)) = document.get(descendant, "CIDToGIDMap") {
        let map = document.decode(&stream, Kind::Stream).bytes;
        let pairs = map.as_chunks::<2>().0.iter().zip(0u32..);
        let mapped = pairs
            .filter_map(|(glyph, cid)| Some((cid, *glyphs.get(&u32::from(u16::from_be_bytes(*glyph)))?)));
        return mapped.collect();
    }
    glyphs
}

/// The widths of Helvetica and Times, which files need not bring along; Courier's are all alike.
fn standard_width(name: &[u8], code: u8) -> Option<f64> {
    const HELVETICA: [u16; 95] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
        556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778,
        722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278,
        278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
        556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ];
    const TIMES: [u16; 95] = [
        250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500,
        500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722,
        722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333,
        278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500,
        500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
    ];
    let has = |part: &[u8]| memchr::memmem::find(name, part).is_some();
    let at = usize::from(code.checked_sub(32)?);
    match () {
        () if has(b"Courier") => Some(600.0),
        () if has(b"Times") => TIMES.get(at).map(|width| f64::from(*width)),
        () => HELVETICA.get(at).map(|width| f64::from(*width)),
    }
}
