//! Writes what somebody had typed into the form of a page of ours, as it was rendered, and a sentence beside
//! the field that it is about. It reads only what our own templates write: attributes in double quotes, text
//! that is escaped.

use super::{render::escaped, typed::Typed};

/// What is said, and where.
pub(super) struct Beside<'a> {
    pub(super) field: Option<&'static str>,
    pub(super) sentence: &'a str,
    pub(super) more: &'a str,
    /// Over what was typed into a form that is not there any more.
    pub(super) typed: &'a str,
    /// Of the notice.
    pub(super) class: &'a str,
}

/// The page with it. Where the form is gone, what was typed into it stands at the head of the page.
pub(super) fn refill(html: &str, typed: &Typed, beside: &Beside<'_>) -> String {
    let forms = forms(html);
    // Of several that are sent there, the one that is told apart by most.
    let fitting = forms.iter().filter(|form| form.is_of(typed)).rev();
    let Some(form) = fitting.max_by_key(|form| form.hidden.len()) else {
        return at_head(html, typed, beside);
    };
    let mut out = String::with_capacity(html.len() + 1_000);
    // What folds around it is open.
    let mut from = 0;
    for at in &form.folds {
        out.push_str(&html[from..*at]);
        let tag = Tag::at(html, *at);
        from = tag.end;
        out.push_str(&tag.with("open", None).written());
    }
    out.push_str(&html[from..form.tag.end]);
    let inside = &html[form.tag.end..form.end];
    let has_field = beside.field.is_some_and(|field| tags(inside).iter().any(|tag| tag.is_field(field)));
    if !has_field {
        out.push_str(&notice(beside));
    }
    out.push_str(&fields(inside, typed, has_field.then_some(beside)));
    out.push_str(&html[form.end..]);
    out
}

fn notice(beside: &Beside<'_>) -> String {
    let more = if beside.more.is_empty() { String::new() } else { format!(" {}", escaped(beside.more)) };
    format!("<p class=\"notice {}\" role=\"alert\">{}{more}</p>\n", beside.class, escaped(beside.sentence))
}

fn at_head(html: &str, typed: &Typed, beside: &Beside<'_>) -> String {
    let Some(at) = html.find("</h1>").map(|at| at + 5) else { return html.to_owned() };
    let own = typed.fields.iter().filter(|(name, value)| name != "page" && value.trim().contains(' '));
    let own: Vec<String> =
        own.map(|(_, value)| format!("<blockquote dir=\"auto\">{}</blockquote>", escaped(value))).collect();
    let own = match own.is_empty() {
        true => String::new(),
        false => format!("<p>{}:</p>\n{}\n", escaped(beside.typed), own.concat()),
    };
    [&html[..at], "\n", &notice(&Beside { more: "", ..*beside }), &own, &html[at..]].concat()
}

/// The inside of the form with what was typed, and the sentence before its field.
fn fields(inside: &str, typed: &Typed, beside: Option<&Beside<'_>>) -> String {
    let mut out = String::with_capacity(inside.len() + 500);
    let (mut from, mut select) = (0, None::<&str>);
    let mut said = false;
    for tag in tags(inside) {
        // Inside of a text that was replaced.
        if tag.start < from {
            continue;
        }
        out.push_str(&inside[from..tag.start]);
        from = tag.end;
        let name = tag.value("name").unwrap_or_default();
        let was = typed.value(name);
        let mut tag = tag.clone();
        if let Some(beside) = beside.filter(|b| !said && b.field.is_some_and(|field| tag.is_field(field))) {
            said = true;
            out.push_str(&format!(
                "<p class=\"wrong\" id=\"wrong\" role=\"alert\">{} <small>{}</small></p>",
                escaped(beside.sentence),
                escaped(beside.more)
            ));
            let others = tag.value("aria-describedby").map_or_else(String::new, |ids| format!(" {ids}"));
            let described = format!("wrong{others}");
            tag = tag.with("aria-invalid", Some("true")).with("aria-describedby", Some(&described));
            tag = tag.with("autofocus", None);
        }
        match (tag.name, tag.value("type").unwrap_or("text")) {
            ("input", "hidden" | "password" | "file") => {}
            ("input", "checkbox" | "radio") => {
                let value = tag.value("value").unwrap_or("on");
                let ticked = typed.fields.iter().any(|(known, given)| known == name && given == value);
                tag = tag.without("checked");
                if ticked {
                    tag = tag.with("checked", None);
                }
            }
            ("input", _) => {
                if let Some(was) = was {
                    tag = tag.with("value", Some(was));
                }
            }
            ("select", _) => select = was.filter(|was| has_option(&inside[tag.end..], was)),
            ("/select", _) => select = None,
            ("option", _) => {
                if let Some(chosen) = select {
                    let is_chosen = tag.value("value") == Some(chosen);
                    tag = tag.without("selected");
                    if is_chosen {
                        tag = tag.with("selected", None);
                    }
                }
            }
            ("textarea", _) => {
                if let Some(was) = was {
                    out.push_str(&tag.written());
                    // The first line end is the browser's.
                    out.push('\n');
                    out.push_str(&escaped(was));
                    from = inside[from..].find("</textarea>").map_or(from, |at| from + at);
                    continue;
                }
            }
            _ => {}
        }
        out.push_str(&tag.written());
    }
    out.push_str(&inside[from..]);
    out
}

fn has_option(after: &str, value: &str) -> bool {
    let options = after.split("</select>").next().unwrap_or_default();
    tags(options).iter().any(|tag| tag.name == "option" && tag.value("value") == Some(value))
}

struct Form<'h> {
    tag: Tag<'h>,
    /// Where its end tag begins.
    end: usize,
    /// Where what folds around it begins.
    folds: Vec<usize>,
    hidden: Vec<(String, String)>,
}

impl Form<'_> {
    /// Sent there, with the same hidden fields.
    fn is_of(&self, typed: &Typed) -> bool {
        self.tag.value("method") == Some("post")
            && self.tag.value("action") == Some(&typed.action)
            && self.hidden.iter().all(|(name, value)| typed.value(name) == Some(value))
    }
}

fn forms(html: &str) -> Vec<Form<'_>> {
    let (mut folds, mut forms) = (Vec::new(), Vec::<Form<'_>>::new());
    let mut open = false;
    for tag in tags(html) {
        match tag.name {
            "details" => folds.push(tag.start),
            "/details" => drop(folds.pop()),
            "form" => {
                open = true;
                forms.push(Form { tag, end: html.len(), folds: folds.clone(), hidden: Vec::new() });
            }
            "/form" => {
                open = false;
                if let Some(form) = forms.last_mut() {
                    form.end = tag.start;
                }
            }
            "input" if open && tag.value("type") == Some("hidden") => {
                let of_ours = |name: &&str| !matches!(*name, "form_word" | "page");
                if let (Some(form), Some(name)) = (forms.last_mut(), tag.value("name").filter(of_ours)) {
                    let value = unescaped(tag.value("value").unwrap_or_default());
                    form.hidden.push((name.to_owned(), value));
                }
            }
            _ => {}
        }
    }
    forms
}

/// One tag as it stands; `/form` for an end.
#[derive(Clone)]
struct Tag<'h> {
    name: &'h str,
    /// As they are written, escaped.
    attributes: Vec<(&'h str, Option<String>)>,
    start: usize,
    end: usize,
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(next) = html[at..].find('<') {
        let tag = Tag::at(html, at + next);
        at = tag.end.max(at + next + 1);
        // What is in a field's text are no tags.
        if tag.name == "textarea" {
            at = html[at..].find("</textarea").map_or(at, |end| at + end);
        }
        all.push(tag);
    }
    all
}

impl<'h> Tag<'h> {
    fn at(html: &'h str, start: usize) -> Self {
        let rest = &html[start + 1..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-/!".contains(c);
        let name_ends = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let mut tag =
            Self { name: &rest[..name_ends], attributes: Vec::new(), start, end: start + 1 + name_ends };
        let mut rest = &rest[name_ends..];
        loop {
            let trimmed = rest.trim_start();
            let Some(first) = trimmed.chars().next() else { break };
            if first == '>' {
                tag.end = html.len() - trimmed.len() + 1;
                break;
            }
            let ends =
                trimmed.find(|c: char| c == '=' || c == '>' || c.is_whitespace()).unwrap_or(trimmed.len());
            let (key, after) = trimmed.split_at(ends.max(first.len_utf8()));
            match after.strip_prefix("=\"").and_then(|after| after.split_once('"')) {
                Some((value, after)) => {
                    tag.attributes.push((key, Some(value.to_owned())));
                    rest = after;
                }
                None => {
                    tag.attributes.push((key, None));
                    rest = after;
                }
            }
            tag.end = html.len() - rest.len();
        }
        tag
    }

    fn value(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| *known == key)?;
        Some(found.1.as_deref().unwrap_or_default())
    }

    fn is_field(&self, name: &str) -> bool {
        matches!(self.name, "input" | "select" | "textarea")
            && self.value("name") == Some(name)
            && self.value("type") != Some("hidden")
    }

    fn without(mut self, key: &str) -> Self {
        self.attributes.retain(|(known, _)| *known != key);
        self
    }

    fn with(self, key: &'static str, value: Option<&str>) -> Tag<'h> {
        let mut tag = self.without(key);
        tag.attributes.push((key, value.map(escaped)));
        tag
    }

    fn written(&self) -> String {
        let mut out = format!("<{}", self.name);
        for (key, value) in &self.attributes {
            out.push(' ');
            out.push_str(key);
            if let Some(value) = value {
                out.push_str(&format!("=\"{value}\""));
            }
        }
        out.push('>');
        out
    }
}

/// As our templates escape.
fn unescaped(text: &str) -> String {
    let pairs =
        [("&#38;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&quot;", "\"")];
    pairs.iter().fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<main><h1>Item</h1>\n<details name=\"act\"><summary>Keep</summary>\
        <form method=\"post\" action=\"/queue/1/decide\"><input type=\"hidden\" name=\"form_word\" value=\"w\">\
        <input type=\"hidden\" name=\"act\" value=\"keep\"><input type=\"text\" name=\"words\" required>\
        </form></details>\
        <details name=\"act\"><summary>Return</summary><form method=\"post\" action=\"/queue/1/decide\">\
        <input type=\"hidden\" name=\"act\" value=\"return\">\
        <select name=\"ready\"><option value=\"\" selected>-</option><option value=\"a b\">A</option></select>\
        <input type=\"checkbox\" name=\"sure\" value=\"yes\"><input type=\"password\" name=\"secret\">\
        <textarea name=\"words\" aria-describedby=\"hint\">old</textarea></form></details></main>";

    fn typed(fields: &[(&str, &str)]) -> Typed {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Typed { action: "/queue/1/decide".to_owned(), fields: fields.collect() }
    }

    fn beside(field: Option<&'static str>) -> Beside<'static> {
        Beside {
            field,
            sentence: "Say <why>.",
            more: "Nothing was changed.",
            typed: "What you had typed",
            class: "warn",
        }
    }

    #[test]
    fn the_form_that_was_sent_is_filled_and_no_other() {
        let fields = [
            ("act", "return"),
            ("ready", "a b"),
            ("sure", "yes"),
            ("secret", "s3cret"),
            ("words", "my </textarea> \"words\""),
        ];
        let page = refill(PAGE, &typed(&fields), &beside(Some("words")));
        assert!(page.contains("<details name=\"act\"><summary>Keep"), "{page}");
        assert!(page.contains("<details name=\"act\" open><summary>Return"), "{page}");
        assert!(
            page.contains("<input type=\"text\" name=\"words\" required>"),
            "the other is as it was: {page}"
        );
        assert!(page.contains("<option value=\"\">-</option><option value=\"a b\" selected>A"), "{page}");
        assert!(page.contains("value=\"yes\" checked>") && !page.contains("s3cret"), "{page}");
        let field = "<p class=\"wrong\" id=\"wrong\" role=\"alert\">Say &lt;why&gt;. <small>Nothing was changed.</small></p>\
            <textarea name=\"words\" aria-invalid=\"true\" aria-describedby=\"wrong hint\" autofocus>\n\
            my &lt;/textarea&gt; &quot;words&quot;</textarea></form>";
        assert!(page.contains(field), "{page}");
    }

    #[test]
    fn what_is_of_no_field_stands_before_the_form_and_what_is_of_no_form_before_the_page() {
        let page = refill(PAGE, &typed(&[("act", "keep"), ("words", "x")]), &beside(None));
        assert!(page.contains("decide\"><p class=\"notice warn\" role=\"alert\">Say"), "{page}");
        assert!(page.contains("name=\"words\" required value=\"x\">"), "{page}");
        let gone =
            refill(PAGE, &typed(&[("act", "seal"), ("words", "two <b>words")]), &beside(Some("words")));
        assert!(gone.contains("</h1>\n<p class=\"notice warn\""), "{gone}");
        assert!(
            gone.contains("<blockquote dir=\"auto\">two &lt;b&gt;words</blockquote>")
                && !gone.contains("seal"),
            "{gone}"
        );
    }

    #[test]
    fn nothing_else_of_a_page_is_touched() {
        let plain = "<main><h1>A</h1><p class=\"x\">1 &lt; 2</p><form method=\"post\" action=\"/a\"></form>";
        let other = Typed { action: "/a".to_owned(), fields: Vec::new() };
        let page = refill(plain, &other, &Beside { sentence: "", ..beside(None) });
        assert_eq!(
            page.replace("<p class=\"notice warn\" role=\"alert\"> Nothing was changed.</p>\n", ""),
            plain
        );
    }
}
