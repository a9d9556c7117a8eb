//! Pages as Word and Outlook show them: what stands in comments with a condition of Microsoft Office is part of the page
//! there (`<!--[if mso]> ... <![endif]-->`).

/// The page with such parts in it; `None` where they hold settings and styles alone, as in each page that Word writes.
pub(super) fn as_office_shows(source: &str) -> Option<String> {
    memchr::memmem::find(source.as_bytes(), b"<!--[if")?;
    let (mut out, mut rest, mut says) = (String::with_capacity(source.len()), source, false);
    while let Some((before, after)) = rest.split_once("<!--[if") {
        out.push_str(before);
        let Some((condition, after)) = after.split_once("]>") else { break };
        let end = after.find("<![endif]-->");
        let (inner, behind) = after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, ""));
        rest = behind.strip_prefix("<![endif]-->").unwrap_or(behind);
        // Shown where Office is not; and settings, styles, drawings.
        let of_others = condition.trim_start().starts_with(['!', '(']) && condition.contains("!mso");
        let start = inner.trim_start().get(..6).unwrap_or_default().to_ascii_lowercase();
        if !of_others
            && !["<xml", "<style", "<v:", "<o:", "<link", "<meta"].iter().any(|dull| start.starts_with(dull))
        {
            says |= !inner.trim().is_empty();
            out.push_str(inner);
        }
    }
    out.push_str(rest);
    says.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_for_office_are_part_of_the_page() {
        let page = "<p>Nia <!--[if gte mso 9]><b>Fl</b><![endif]-->ynn</p><!--[if !mso]>other<![endif]-->";
        assert_eq!(as_office_shows(page).as_deref(), Some("<p>Nia <b>Fl</b>ynn</p>"));
        assert_eq!(
            as_office_shows("<p><!--[if gte mso 9]><xml><o:Pages>1</o:Pages></xml><![endif]-->x</p>"),
            None
        );
        assert_eq!(as_office_shows("<p>plain <!-- said --> </p>"), None);
    }
}
