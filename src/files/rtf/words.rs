//! What the control words of RTF do (Rich Text Format 1.9.1, "Contents of an RTF File").

use super::{
    super::{
        budget::Budget,
        model::{Script, TraitKind},
    },
    Reader, State,
    charset::Charset,
    destination::{self, Destination},
};

/// Fonts of one document.
const MOST_FONTS: usize = 4_096;

impl Reader {
    pub(super) fn word(&mut self, word: &[u8], number: Option<i32>, budget: &mut Budget) {
        if word == b"u" {
            return self.unit(number.unwrap_or(0));
        }
        if self.skip > 0 {
            self.skip -= 1;
        }
        if let Some(destination) = destination::of(word) {
            self.flush();
            // Without the newer form the older one is all there is.
            if self.state.destination == Destination::Duplicate && self.pictures > 0 {
                self.texts.separate(Destination::Duplicate);
                return;
            }
            self.state.destination = destination;
            return self.began(destination);
        }
        match character(word) {
            Some(text) => self.say(text),
            None => self.property(word, number, budget),
        }
    }

    /// What a word says of the text, the fonts and the objects that follow.
    fn property(&mut self, word: &[u8], number: Option<i32>, budget: &mut Budget) {
        let on = number != Some(0);
        match word {
            b"uc" => self.state.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1),
            b"v" | b"webhidden" => self.change(|state| state.hidden = on),
            b"deleted" => self.change(|state| state.deleted = on),
            b"htmlrtf" => self.change(|state| state.rtf_only = on),
            b"fs" => self.change(|state| state.tiny = number.is_some_and(|size| size <= 4)),
            b"cf" => {
                let white = self.is_white(number);
                self.change(|state| state.white = white);
            }
            // The ground of letters, of a paragraph.
            b"highlight" | b"chcbpat" | b"cbpat" => {
                let shaded = number.is_some_and(|index| index > 0) && !self.is_white(number);
                let of = usize::from(word == b"cbpat");
                self.change(|state| state.shaded.iter_mut().skip(of).take(1).for_each(|own| *own = shaded));
            }
            b"pard" => self.change(|state| state.shaded = [state.shaded[0], false]),
            b"plain" => {
                let charset = self.default;
                self.change(|state| {
                    (state.hidden, state.deleted, state.tiny, state.white) = (false, false, false, false);
                    state.shaded = [false, state.shaded[1]];
                    state.charset = charset;
                });
            }
            b"red" => self.color[0] = number.unwrap_or(0),
            b"green" => self.color[1] = number.unwrap_or(0),
            b"blue" => self.color[2] = number.unwrap_or(0),
            b"ansicpg" => self.document(Charset::of_code_page(number.unwrap_or(1252))),
            b"mac" => self.document(Charset::of_code_page(10000)),
            b"pc" | b"pca" => self.document(Charset::Dos),
            b"f" | b"fcharset" | b"cpg" => self.font(word, number.unwrap_or(0)),
            b"wmetafile" | b"emfblip" | b"macpict" | b"pmmetafile" => self.is_metafile = true,
            b"pngblip" | b"jpegblip" => self.is_metafile = false,
            b"fromhtml" => self.from_html = on,
            b"objlink" | b"objautlink" => budget.found("", TraitKind::RemoteContent),
            b"objupdate" => budget.found("", TraitKind::Script(Script::Embedded)),
            // A destination that is unknown to us is so to most programs, which then leave it out.
            _ if self.starred && !is_transparent(word) && !self.state.destination.is_table() => {
                self.flush();
                self.state.destination = Destination::Unknown;
            }
            _ => {}
        }
    }

    fn is_white(&self, color: Option<i32>) -> bool {
        let index = color.and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        self.white.get(index).copied().unwrap_or(false)
    }

    fn began(&mut self, destination: Destination) {
        if matches!(destination, Destination::Picture | Destination::Object) {
            self.digits.clear();
            self.binary.clear();
            self.is_metafile = false;
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut State)) {
        self.flush();
        change(&mut self.state);
    }

    fn document(&mut self, charset: Charset) {
        self.flush();
        self.default = charset;
        self.state.charset = charset;
    }

    /// In the table of fonts what a font is, elsewhere that it is used.
    fn font(&mut self, word: &[u8], number: i32) {
        self.flush();
        if self.state.destination == Destination::Fonts {
            match word {
                b"f" => self.font = number,
                _ if self.fonts.len() < MOST_FONTS => {
                    let charset = if word == b"cpg" {
                        Some(Charset::of_code_page(number))
                    } else {
                        Charset::of_font(number)
                    };
                    let known = self.fonts.entry(self.font).or_default();
                    *known = charset.or(*known);
                }
                _ => {}
            }
        } else if word == b"f" {
            self.state.charset = self.fonts.get(&number).copied().flatten().unwrap_or(self.default);
        }
    }
}

/// Words that stand for characters.
fn character(word: &[u8]) -> Option<&'static str> {
    Some(match word {
        b"par" | b"line" | b"sect" | b"page" | b"column" | b"row" | b"nestrow" | b"softline" | b"lbr" => "\n",
        b"tab" | b"cell" | b"nestcell" => "\t",
        b"emdash" => "—",
        b"endash" => "–",
        b"lquote" => "‘",
        b"rquote" => "’",
        b"ldblquote" => "“",
        b"rdblquote" => "”",
        b"bullet" => "•",
        b"emspace" | b"enspace" | b"qmspace" => " ",
        _ => return None,
    })
}

/// Words behind `\*` whose group is text as that around it.
fn is_transparent(word: &[u8]) -> bool {
    matches!(
        word,
        b"shpinst"
            | b"shppict"
            | b"ud"
            | b"background"
            | b"userprops"
            | b"do"
            | b"moMath"
            | b"oMath"
            | b"oMathPara"
            | b"pntext"
    )
}
