//! English and Welsh: each page has its words in both, side by side, so that a page with half its
//! words does not compile. The Welsh is to be reviewed by a Welsh speaker, and each Welsh page
//! says so (practice.md, D).

use crate::{clock::in_uk, effects::Language};
use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// `words! { pub struct QueueWords { title: "Queue" / "Rhestr", ... } }` makes a struct of texts
/// with `of(Language)`. `{}` in a text is filled by [`fill`].
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis struct $name:ident { $($key:ident: $en:literal / $cy:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug)]
        $vis struct $name { $(pub $key: &'static str),+ }
        impl $name {
            const ENGLISH: Self = Self { $($key: $en),+ };
            const WELSH: Self = Self { $($key: $cy),+ };
            $vis fn of(language: $crate::effects::Language) -> &'static Self {
                match language {
                    $crate::effects::Language::English => &Self::ENGLISH,
                    $crate::effects::Language::Welsh => &Self::WELSH,
                }
            }
        }
    };
}
pub(super) use words;

/// The text with its `{}` filled, one after the other.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut values = values.iter();
    for (i, piece) in text.split("{}").enumerate() {
        if i > 0 {
            out.push_str(values.next().copied().unwrap_or_default());
        }
        out.push_str(piece);
    }
    out
}

/// With a capital and an end.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str();
    let end = if rest.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{rest}{end}")
}

/// A moment in United Kingdom time: `25 Nov 2026, 14:05`; figures in Welsh.
pub fn moment(language: Language, at: DateTime<Utc>) -> String {
    let form = match language {
        Language::English => "%-d %b %Y, %H:%M",
        Language::Welsh => "%d/%m/%Y, %H:%M",
    };
    in_uk(at).format(form).to_string()
}

/// A month of a year: `November 2026`, `Tachwedd 2026`.
pub fn month(language: Language, day: NaiveDate) -> String {
    const WELSH: [&str; 12] = [
        "Ionawr",
        "Chwefror",
        "Mawrth",
        "Ebrill",
        "Mai",
        "Mehefin",
        "Gorffennaf",
        "Awst",
        "Medi",
        "Hydref",
        "Tachwedd",
        "Rhagfyr",
    ];
    match language {
        Language::English => day.format("%B %Y").to_string(),
        Language::Welsh => format!("{} {}", WELSH[day.month0() as usize], day.year()),
    }
}

/// The code of a language for `lang=`.
pub fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en-GB",
        Language::Welsh => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_order() {
        assert_eq!(fill("{} of {} wait", &["2", "5"]), "2 of 5 wait");
        assert_eq!(fill("none", &["x"]), "none");
    }
}
