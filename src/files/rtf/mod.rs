//! Rich Text Format 1.9.1: what is shown, what is hidden, fields, pictures and objects; and the HTML that
//! Outlook wraps into it ([MS-OXRTFEX]).

mod charset;
mod destination;
mod ended;
mod lzfu;
mod object;
mod text;
mod token;
mod words;

pub(super) use lzfu::decompress;

use super::{
    budget::Budget,
    model::{Limit, Reason},
};
use charset::Charset;
use destination::Destination;
use std::collections::HashMap;
use text::Texts;
use token::{Token, Tokens};

/// Groups within groups whose state is kept apart.
const DEEPEST: usize = 2_000;
/// `\uc` beyond this skips more than the one or two bytes that stand for a character elsewhere.
const USUAL_FALLBACK: usize = 2;

pub(super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut reader = Reader::new();
    let mut stopped = None;
    for token in Tokens::new(bytes) {
        stopped = budget.step(1).and_then(|()| reader.token(token, budget)).err();
        if stopped.is_some() {
            break;
        }
    }
    reader.finish(budget);
    if let Some(limit) = stopped {
        budget.missed("", "rtf", Reason::Limit(limit));
    }
}

/// What holds within a group.
#[derive(Clone, Copy, Debug)]
struct State {
    destination: Destination,
    /// `\v`, `\deleted`, tiny or white.
    hidden: bool,
    deleted: bool,
    tiny: bool,
    white: bool,
    /// The ground of the letters or of the paragraph is not white.
    shaded: [bool; 2],
    /// `\htmlrtf`: for readers of RTF only.
    rtf_only: bool,
    charset: Charset,
    /// How many bytes stand for a character that `\u` gives.
    fallback: usize,
}

struct Reader {
    state: State,
    outer: Vec<State>,
    /// Groups open beyond [`DEEPEST`].
    deeper: usize,
    /// The group just began with `\*`.
    starred: bool,
    texts: Texts,
    /// Bytes of text that are not decoded yet.
    pending: Vec<u8>,
    surrogate: Option<u16>,
    skip: usize,
    default: Charset,
    fonts: HashMap<i32, Option<Charset>>,
    font: i32,
    /// Which of the colours are white, or nearly.
    white: Vec<bool>,
    color: [i32; 3],
    /// Digits of the picture or object at hand, and the binary form of either.
    digits: Vec<u8>,
    binary: Vec<u8>,
    is_metafile: bool,
    instruction: String,
    from_html: bool,
    pictures: usize,
    objects: usize,
}

impl Reader {
    fn new() -> Self {
        let state = State {
            destination: Destination::Body,
            hidden: false,
            deleted: false,
            tiny: false,
            white: false,
            shaded: [false; 2],
            rtf_only: false,
            charset: Charset::default(),
            fallback: 1,
        };
        Self {
            state,
            outer: Vec::new(),
            deeper: 0,
            starred: false,
            texts: Texts::default(),
            pending: Vec::new(),
            surrogate: None,
            skip: 0,
            default: Charset::default(),
            fonts: HashMap::new(),
            font: 0,
            white: Vec::new(),
            color: [0; 3],
            digits: Vec::new(),
            binary: Vec::new(),
            is_metafile: false,
            instruction: String::new(),
            from_html: false,
            pictures: 0,
            objects: 0,
        }
    }

    fn token(&mut self, token: Token<'_>, budget: &mut Budget) -> Result<(), Limit> {
        match token {
            Token::Open => self.open(),
            Token::Close => self.close(budget),
            Token::Symbol(b'*') => {
                self.starred = true;
                return Ok(());
            }
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Byte(byte) => self.bytes(&[byte]),
            Token::Text(text) => self.bytes(text),
            Token::Binary(bytes) => self.binary.extend_from_slice(bytes),
            Token::Word(word, number) => self.word(word, number, budget),
        }
        self.starred = false;
        Ok(())
    }

    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        if self.outer.len() < DEEPEST {
            self.outer.push(self.state);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self, budget: &mut Budget) {
        self.flush();
        self.skip = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(outer) = self.outer.pop() else { return };
        let ended = self.state.destination;
        self.state = outer;
        if ended != outer.destination {
            self.ended(ended, budget);
        }
    }

    fn symbol(&mut self, symbol: u8) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        match symbol {
            b'\\' | b'{' | b'}' => self.bytes(&[symbol]),
            b'~' => self.say("\u{a0}"),
            b'_' => self.say("-"),
            b'\r' | b'\n' => self.say("\n"),
            b'\t' => self.say("\t"),
            _ => {}
        }
    }

    fn bytes(&mut self, text: &[u8]) {
        let skipped = text.len().min(self.skip);
        let (fallback, text) = text.split_at_checked(skipped).unwrap_or((text, &[]));
        self.skip -= skipped;
        if self.state.fallback > USUAL_FALLBACK && !fallback.is_empty() {
            let hidden = self.state.charset.decode(fallback);
            self.texts.hide("fallback", &hidden);
        }
        match self.state.destination {
            Destination::Picture | Destination::Object => self.digits.extend_from_slice(text),
            Destination::Colors => {
                for _ in text.iter().filter(|byte| **byte == b';') {
                    self.white.push(self.color.iter().all(|part| *part >= 0xf0));
                    self.color = [0; 3];
                }
            }
            _ => self.pending.extend_from_slice(text),
        }
    }

    fn flush(&mut self) {
        if self.surrogate.take().is_some() {
            self.put("\u{fffd}");
        }
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            let text = self.state.charset.decode(&pending);
            self.put(&text);
        }
    }

    /// Text that no charset applies to.
    fn say(&mut self, text: &str) {
        self.flush();
        self.put(text);
    }

    fn put(&mut self, text: &str) {
        let state = &self.state;
        match state.destination {
            Destination::Instruction | Destination::Template => self.instruction.push_str(text),
            Destination::HtmlTag => self.texts.html.push_str(text),
            Destination::Body => {
                if self.from_html && !state.rtf_only {
                    self.texts.escaped(text);
                }
                match () {
                    () if state.deleted => self.texts.hide("changes", text),
                    () if state.hidden || state.tiny || state.white && state.shaded == [false; 2] => {
                        self.texts.hide("hidden", text)
                    }
                    () => self.texts.body.push_str(text),
                }
            }
            destination => self.texts.put(destination, text),
        }
    }

    /// A character by its number in UTF-16, which old writers give as a signed number.
    fn unit(&mut self, number: i32) {
        let unit = (number & 0xffff) as u16;
        if !self.pending.is_empty() {
            let high = self.surrogate.take();
            self.flush();
            self.surrogate = high;
        }
        match (self.surrogate.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let pair = char::decode_utf16([high, unit]).next().and_then(Result::ok).unwrap_or('\u{fffd}');
                self.put(pair.encode_utf8(&mut [0; 4]));
            }
            (_, 0xd800..=0xdbff) => self.surrogate = Some(unit),
            // Symbol fonts lie in the private area, at their place of Latin.
            (_, 0xf020..=0xf0ff) => self.put(char::from((unit & 0xff) as u8).encode_utf8(&mut [0; 4])),
            _ => {
                let c = if number > 0xffff {
                    u32::try_from(number).ok().and_then(char::from_u32)
                } else {
                    char::from_u32(unit.into())
                };
                self.put(c.unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]));
            }
        }
        self.skip = self.state.fallback;
    }

    fn finish(mut self, budget: &mut Budget) {
        self.flush();
        // What was open when the file ended.
        while !self.outer.is_empty() {
            self.deeper = 0;
            self.close(budget);
        }
        self.texts.tell(self.from_html, budget);
    }
}

#[cfg(test)]
mod tests;
