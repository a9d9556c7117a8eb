//! `DelSp=yes` of `format=flowed` (RFC 3676, section 4.2): the space before a soft line break is none that anybody
//! sees. Where a break stands between words there is a second one, so that hardly any mail has a word parted by it.

/// Quote marks and the space that is stuffed before a line (sections 4.4 and 4.5).
fn unquoted(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches('>');
    (line.len() - content.len(), content.strip_prefix(' ').unwrap_or(content))
}

/// The paragraphs of a text in which a soft break parts a word, as they are shown; `None` where there is none.
pub(super) fn parted(text: &str) -> Option<String> {
    let mut out = String::new();
    let (mut paragraph, mut depth, mut is_parted, mut is_open) = (String::new(), 0, false, false);
    for line in text.lines() {
        let (own, content) = unquoted(line.strip_suffix('\r').unwrap_or(line));
        if !(is_open && own == depth) {
            end(&mut out, &paragraph, is_parted);
            paragraph.clear();
            is_parted = false;
        }
        is_parted |= paragraph.ends_with(|c: char| !c.is_whitespace())
            && content.starts_with(|c: char| !c.is_whitespace());
        // A signature's mark is fixed.
        let soft = content.strip_suffix(' ').filter(|_| content != "-- ");
        paragraph.push_str(soft.unwrap_or(content));
        (depth, is_open) = (own, soft.is_some());
    }
    end(&mut out, &paragraph, is_parted);
    (!out.is_empty()).then_some(out)
}

fn end(out: &mut String, paragraph: &str, is_parted: bool) {
    if is_parted {
        out.push_str(paragraph);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn words_parted_by_soft_breaks_are_put_together() {
        assert_eq!(
            parted("I will ki \r\nll you tomor \r\nrow\r\n").as_deref(),
            Some("I will kill you tomorrow\n")
        );
        assert_eq!(parted("> UPN: A80 \n> 1200001001\n").as_deref(), Some("UPN: A801200001001\n"));
        // As mail programs write it: one space to delete, one to stay.
        assert_eq!(parted("Dear all,  \r\nthe plan  \r\nis below.\r\n\r\n-- \r\nAnn\r\n"), None);
        assert_eq!(parted("> quoted \nown\n"), None);
        assert_eq!(parted(""), None);
    }
}
