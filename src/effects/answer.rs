//! A sender's answer to a nudge, by mail: a keyword alone on the first line that is the
//! sender's own, and the token of the nudge (design: Fates).

use super::{
    disclaimer::target::{Text, shown_text},
    html,
};
use crate::{
    extraction::{TextKind, first_quote},
    message::Message,
    storage::Token,
};

/// What the sender of a held message wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    Send,
    Confidential,
    Withdraw,
}

pub struct Answer {
    pub keyword: Keyword,
    /// The text of a [`Token`].
    pub token: String,
}

/// Reads an answer. The caller has proved that it comes from the hold's own sender and
/// not from the null path; the store knows whether the token is that sender's and unused.
/// `None` for mail of machines and lists, without a keyword alone on the first own line,
/// or without a token.
pub fn parse_answer(message: &Message<'_>) -> Option<Answer> {
    if message.header.automatic || message.header.list {
        return None;
    }
    let texts = || message.first_reading().iter().filter_map(shown_text);
    let plain = texts().find(|text| matches!(text, Text::Plain(_)));
    let keyword = keyword(&first_line(&plain.or_else(|| texts().next())?)?)?;
    let names = message.header.to.iter().filter_map(|mailbox| mailbox.name.as_deref());
    let mut places: Vec<String> = vec![message.header.subject.clone()];
    places.extend(names.map(str::to_owned));
    places.extend(texts().map(|text| match text {
        Text::Plain(text) => text.to_owned(),
        Text::Html(source) => html::lines(source).join("\n"),
    }));
    let token = places.iter().find_map(|text| token(text))?.reveal().to_owned();
    Some(Answer { keyword, token })
}

/// The first line with anything on it, unless it is quoted.
fn first_line(text: &Text<'_>) -> Option<String> {
    let own = |kind, source| first_quote(kind, source).map_or(source, |at| source.get(..at).unwrap_or(""));
    let lines = match text {
        Text::Plain(source) => own(TextKind::Plain, source).lines().map(str::to_owned).collect(),
        Text::Html(source) => html::lines(own(TextKind::Html, source)),
    };
    let shown = |line: String| {
        let unseen = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
        line.trim_matches(unseen).to_owned()
    };
    lines.into_iter().map(shown).find(|line| !line.is_empty())
}

fn keyword(line: &str) -> Option<Keyword> {
    let word =
        line.trim_end_matches(['.', '!']).to_lowercase().replace(['\u{2019}', '`'], "'").replace('ô', "o");
    match word.split_whitespace().collect::<Vec<_>>().join(" ").as_str() {
        "send" | "anfon" => Some(Keyword::Send),
        "confidential" | "cyfrinachol" => Some(Keyword::Confidential),
        "withdraw" | "tynnu'n ol" => Some(Keyword::Withdraw),
        _ => None,
    }
}

/// The word after "Reference:" (or "Cyfeirnod:"), wherever quoting has put it.
fn token(text: &str) -> Option<Token> {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        let label = word.to_lowercase();
        if label == "reference" || label == "cyfeirnod" {
            // A quotation that broke the line has its mark in between, which is no word.
            if let Some(token) = words.clone().next().and_then(|word| word.parse().ok()) {
                return Some(token);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ReadLimits, read};

    const TOKEN: &str = "0123456789ABCDEFGHJKMNPQRS";

    fn parse(raw: &str) -> Option<Keyword> {
        let raw = raw.replace("TOKEN", TOKEN);
        let answer = parse_answer(&read(raw.as_bytes(), ReadLimits::default()))?;
        assert_eq!(answer.token, TOKEN);
        Some(answer.keyword)
    }

    #[test]
    fn a_keyword_alone_on_the_first_own_line_counts() {
        let quoted = "\r\n\r\nOn Mon, 2 Nov 2026 at 10:15, Gatehouse wrote:\r\n> Not sent yet.\r\n> Reference: TOKEN\r\n";
        for (line, keyword) in [
            ("SEND", Some(Keyword::Send)),
            ("\r\n \u{a0}send.", Some(Keyword::Send)),
            ("Confidential", Some(Keyword::Confidential)),
            ("withdraw\r\n\r\nSent from my phone", Some(Keyword::Withdraw)),
            ("TYNNU\u{2019}N ÔL", Some(Keyword::Withdraw)),
            ("cyfrinachol", Some(Keyword::Confidential)),
            ("Please SEND", None),
            ("SEND it", None),
            ("Hello\r\nSEND", None),
            ("", None),
        ] {
            let raw = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{line}{quoted}");
            assert_eq!(parse(&raw), keyword, "{line:?}");
        }
    }

    #[test]
    fn a_reply_in_html_alone_counts_too() {
        let raw = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>p{}</style></head><body>\
            <div dir=\"ltr\">SEND&nbsp;</div><br><div class=\"gmail_quote\"><blockquote>Reference:\r\n\
            <b>TOKEN</b></blockquote></div></body></html>";
        assert_eq!(parse(raw), Some(Keyword::Send));
    }

    #[test]
    fn machines_lists_and_mail_without_a_token_do_not_answer() {
        let text = "\r\nSEND\r\n\r\n> Reference: TOKEN\r\n";
        assert_eq!(parse(&format!("Subject: s\r\n{text}")), Some(Keyword::Send));
        for field in ["Auto-Submitted: auto-replied", "List-Id: <x.example>", "Precedence: bulk"] {
            assert_eq!(parse(&format!("{field}\r\n{text}")), None, "{field}");
        }
        assert_eq!(parse("Subject: s\r\n\r\nSEND\r\n\r\n> Reference: 12345\r\n"), None);
        // The nudge itself, sent back unread, answers nothing: its words are quoted.
        assert_eq!(parse("Subject: s\r\n\r\n> SEND\r\n> Reference: TOKEN\r\n"), None);
    }
}
