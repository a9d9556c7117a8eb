//! English endings, lightly: plurals and the simple forms of verbs meet their stem. After Harman's
//! S-stemmer (1991) with `-ed` and `-ing`; no dictionary, so irregular forms stay apart.

use std::borrow::Cow;

/// The stem of a plain word ([`super::words`]); the same word for text and for question, so what it
/// makes of other languages is harmless.
pub(super) fn stem(word: &str) -> Cow<'_, str> {
    if word.len() < 4 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.into();
    }
    let stem = without_s(word);
    without_e(match stem {
        Cow::Borrowed(stem) => without_verb_ending(stem),
        owned => owned,
    })
}

fn without_s(word: &str) -> Cow<'_, str> {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y").into();
    }
    let hissing = ["sses", "xes", "zes", "ches", "shes"];
    if hissing.iter().any(|ending| word.ends_with(ending)) {
        return word.get(..word.len() - 2).unwrap_or(word).into();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.into(),
        _ => word.into(),
    }
}

fn without_verb_ending(word: &str) -> Cow<'_, str> {
    if let Some(stem) = word.strip_suffix("ied").filter(|stem| stem.len() > 1) {
        return format!("{stem}y").into();
    }
    let stem = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed"));
    match stem.filter(|stem| stem.len() >= 3 && stem.contains(['a', 'e', 'i', 'o', 'u', 'y'])) {
        Some(stem) => undoubled(stem).into(),
        None => word.into(),
    }
}

/// `stopp` of `stopped` is `stop`; `miss` of `missing` stays.
fn undoubled(stem: &str) -> &str {
    let bytes = stem.as_bytes();
    match bytes {
        [.., a, b] if a == b && !b"aeioulsz".contains(b) => stem.get(..stem.len() - 1).unwrap_or(stem),
        _ => stem,
    }
}

/// `hope` meets `hoping`.
fn without_e(stem: Cow<'_, str>) -> Cow<'_, str> {
    match stem {
        Cow::Borrowed(text) => text.strip_suffix('e').filter(|rest| rest.len() >= 3).unwrap_or(text).into(),
        Cow::Owned(text) => match text.strip_suffix('e').filter(|rest| rest.len() >= 3) {
            Some(rest) => rest.to_owned().into(),
            None => text.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet_and_other_words_do_not() {
        for forms in [
            &["bully", "bullies", "bullied", "bullying"][..],
            &["class", "classes"],
            &["house", "houses", "housing", "housed"],
            &["stop", "stops", "stopped", "stopping"],
            &["miss", "misses", "missed", "missing"],
            &["box", "boxes"],
            &["lunch", "lunches"],
            &["teach", "teaches", "teaching"],
            &["pupil", "pupils"],
        ] {
            let stems: Vec<_> = forms.iter().map(|f| stem(f)).collect();
            assert!(stems.iter().all(|s| *s == stems[0]), "{forms:?}: {stems:?}");
        }
        for (one, other) in [
            ("bus", "buy"),
            ("his", "hi"),
            ("sing", "s"),
            ("red", "r"),
            ("thing", "th"),
            ("this", "thi"),
            ("class", "clas"),
            ("plant", "plan"),
            ("police", "policy"),
        ] {
            assert_ne!(stem(one), stem(other));
        }
    }
}
