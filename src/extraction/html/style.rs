//! Inline styles, as far as they hide text from a reader.

use super::declared::weighed;

/// What one element's style says; `None` is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Style {
    /// Not shown with all that is in it: display:none, no height, outside the page.
    pub(super) gone: bool,
    /// Has no line of its own whatever the element is: display:inline.
    pub(super) inline: bool,
    pub(super) visible: Option<bool>,
    /// Too small to read.
    pub(super) tiny: Option<bool>,
    pub(super) color: Option<Color>,
    pub(super) background: Option<Color>,
    /// Shown elsewhere than it is written, it or what is in it.
    pub(super) moves: bool,
    /// A text of its own stands before an item of a list.
    pub(super) marks: bool,
    pub(super) width: Option<f32>,
    pub(super) height: Option<f32>,
    pub(super) shadows: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Rgb([u8; 3]),
    /// Transparent text; a background that lets the one behind through.
    Clear,
    /// A picture, a gradient, a name that is not known.
    Other,
}

impl Color {
    /// Whether text of this colour cannot be told from the background.
    pub(super) fn vanishes_on(self, background: Self) -> bool {
        match (self, background) {
            (Self::Clear, _) => true,
            (Self::Rgb(a), Self::Rgb(b)) => a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 12),
            _ => false,
        }
    }

    /// A colour as CSS or an old attribute writes it.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
        let digits = text.strip_prefix('#').unwrap_or(text);
        if (text.starts_with('#') || digits.len() == 6)
            && let Some(rgb) = hexadecimal(digits)
        {
            return rgb;
        }
        if let Some(rgb) = function(text) {
            return rgb;
        }
        NAMED
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map_or(Self::Other, |(_, rgb)| Self::Rgb(*rgb))
            .or_clear(text)
    }

    fn or_clear(self, text: &str) -> Self {
        if text.eq_ignore_ascii_case("transparent") { Self::Clear } else { self }
    }
}

const NAMED: &[(&str, [u8; 3])] = &[
    ("white", [255, 255, 255]),
    ("black", [0, 0, 0]),
    ("snow", [255, 250, 250]),
    ("ivory", [255, 255, 240]),
    ("ghostwhite", [248, 248, 255]),
    ("whitesmoke", [245, 245, 245]),
    ("red", [255, 0, 0]),
    ("lime", [0, 255, 0]),
    ("green", [0, 128, 0]),
    ("blue", [0, 0, 255]),
    ("navy", [0, 0, 128]),
    ("yellow", [255, 255, 0]),
    ("orange", [255, 165, 0]),
    ("purple", [128, 0, 128]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("silver", [192, 192, 192]),
    ("maroon", [128, 0, 0]),
];

/// `fff`, `ffff`, `ffffff`, `ffffff00`.
fn hexadecimal(digits: &str) -> Option<Color> {
    let mut values = [0u8; 8];
    for (value, c) in values.iter_mut().zip(digits.chars()) {
        *value = c.to_digit(16)? as u8;
    }
    let [a, b, c, d, e, f, g, h] = values;
    match digits.len() {
        4 if d == 0 => Some(Color::Clear),
        3 | 4 => Some(Color::Rgb([a * 17, b * 17, c * 17])),
        8 if g == 0 && h == 0 => Some(Color::Clear),
        6 | 8 => Some(Color::Rgb([a * 16 + b, c * 16 + d, e * 16 + f])),
        _ => None,
    }
}

/// `rgb(1, 2, 3)`, `rgba(1 2 3 / 0)`.
fn function(text: &str) -> Option<Color> {
    let inner = text.get(..3).filter(|name| name.eq_ignore_ascii_case("rgb")).and_then(|_| {
        let (_, inner) = text.split_once('(')?;
        inner.split(')').next()
    })?;
    let mut numbers = inner.split([',', ' ', '/']).filter(|n| !n.is_empty()).map(|n| number(n).0);
    let mut channel = || numbers.next().flatten().map(|n| n.clamp(0.0, 255.0) as u8);
    let rgb = [channel()?, channel()?, channel()?];
    match numbers.next().flatten() {
        Some(alpha) if alpha < 0.05 => Some(Color::Clear),
        _ => Some(Color::Rgb(rgb)),
    }
}

/// Reads the value of a `style` attribute.
pub(super) fn read(text: &str) -> Style {
    let mut style = Style::default();
    let (mut flat, mut cut) = (false, false);
    for declaration in text.split(';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let (value, _) = weighed(value);
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let says = |other: &str| value.eq_ignore_ascii_case(other);
        if is("color") {
            style.color = Some(Color::read(value));
        } else if is("background") || is("background-color") {
            style.background = Some(background(value));
        } else if is("font-size") {
            style.tiny = tiny(value).or(style.tiny);
        } else if is("display") {
            style.gone |= says("none");
            style.inline = says("inline") || says("contents");
        } else if is("visibility") {
            style.visible = Some(!(says("hidden") || says("collapse")));
        } else if is("opacity") {
            style.gone |= number(value).0.is_some_and(|n| n < 0.05);
        } else if is("max-height") || is("max-width") {
            style.gone |= number(value).0 == Some(0.0);
        } else if is("height") || is("width") {
            let size = number(value).0;
            flat |= size == Some(0.0);
            let own = if is("height") { &mut style.height } else { &mut style.width };
            *own = size.filter(|_| !value.ends_with('%'));
        } else if is("overflow") {
            cut = says("hidden");
        } else if is("text-indent") || is("left") || is("top") || is("margin-left") {
            let size = number(value).0;
            style.gone |= size.is_some_and(|n| n <= -900.0);
            style.moves |= is("left") || is("margin-left") && size.is_some_and(|n| n < -4.0);
        } else if is("box-shadow") {
            style.shadows = value.bytes().filter(|b| *b == b',').count() as u32;
        } else {
            style.moves |= moves(name, value);
            style.marks |= is("list-style-type") && value.contains(['"', '\'']);
        }
    }
    style.gone |= flat && cut;
    style
}

/// Whether a declaration moves what it is about.
fn moves(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| {
        let value = value.to_ascii_lowercase();
        words.iter().any(|word| value.contains(word))
    };
    match lower.as_str() {
        "float" => has(&["right", "inline-end"]),
        "flex-direction" | "flex-flow" => has(&["reverse"]),
        "position" => has(&["absolute", "fixed"]),
        "direction" => has(&["rtl"]),
        "unicode-bidi" => has(&["override"]),
        "order" | "-webkit-order" | "-ms-flex-order" | "right" | "grid-column" | "grid-column-start"
        | "grid-row" | "grid-row-start" | "grid-area" | "transform" | "translate" | "inset-inline-start"
        | "inset-inline-end" => true,
        _ => false,
    }
}

pub(super) fn background(value: &str) -> Color {
    let seen = value.split_whitespace().map(Color::read).find(|color| *color != Color::Other);
    match seen {
        // A picture may lie over the colour.
        Some(color) if !value.contains("url(") => color,
        _ if value.eq_ignore_ascii_case("none") => Color::Clear,
        _ => Color::Other,
    }
}

/// Whether letters of this size cannot be read; `None` when the size says nothing itself.
pub(super) fn tiny(value: &str) -> Option<bool> {
    let (size, unit) = number(value);
    let size = size?;
    Some(match unit {
        "px" | "" => size <= 2.0,
        "pt" => size <= 1.5,
        // Relative to what is around: only zero is certain, larger keeps what was.
        "em" | "rem" | "%" | "ex" if size > 0.0 => return None,
        _ => size <= 0.0,
    })
}

/// A number and the unit after it.
pub(super) fn number(text: &str) -> (Option<f32>, &str) {
    let text = text.trim();
    let end = text.bytes().take_while(|b| b.is_ascii_digit() || b"+-.".contains(b)).count();
    // All of these are one byte long.
    let (digits, unit) = text.split_at(end);
    (digits.parse().ok(), unit.split_whitespace().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hiding_styles_are_seen_and_common_ones_are_not() {
        for hidden in [
            "display:none",
            "color:red; DISPLAY : None !important",
            "opacity:0",
            "max-height:0px",
            "height:0;overflow:hidden",
            "text-indent:-9999px",
        ] {
            assert!(read(hidden).gone, "{hidden}");
        }
        for shown in ["display:block", "opacity:.9", "height:0", "margin-left:-2px", "display", ""] {
            assert!(!read(shown).gone, "{shown}");
        }
        assert_eq!(read("visibility:hidden").visible, Some(false));
        assert_eq!(read("font-size:1px").tiny, Some(true));
        assert_eq!(read("font-size:0").tiny, Some(true));
        assert_eq!(read("font-size:11pt").tiny, Some(false));
        assert_eq!(read("font-size:90%").tiny, None);
    }

    #[test]
    fn colours_vanish_only_on_their_like() {
        let white = Color::read("#FFF");
        assert_eq!(white, Color::read("rgb(255, 255, 255)"));
        assert!(Color::read("#fefefe").vanishes_on(white));
        assert!(Color::read("White").vanishes_on(white));
        assert!(Color::read("transparent").vanishes_on(white));
        assert!(Color::read("rgba(0,0,0,0)").vanishes_on(white));
        assert!(!Color::read("#333").vanishes_on(white));
        assert!(!Color::read("windowtext").vanishes_on(white));
        assert!(!white.vanishes_on(read("background:#06c url(x)").background.unwrap()));
        assert!(!white.vanishes_on(read("background: #0066cc none").background.unwrap()));
    }
}
