//! What other readings add to a message, and what they do not.

use super::{super::read, *};
use base64::{Engine as _, engine::general_purpose::STANDARD};

const SECRET: &str = "Nobody may read this line.";

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// What each part says that only another reading has.
fn others(raw: &str) -> Vec<String> {
    let message = read_in_every_way(raw.as_bytes(), ReadLimits::default());
    let own = message.first_reading().len();
    let text = |part: &Part<'_>| match &part.body {
        Body::Text(text) | Body::Html(text) => text.trim().to_owned(),
        Body::Binary(bytes) => String::from_utf8_lossy(bytes).trim().to_owned(),
        _ => String::new(),
    };
    message.parts[own..].iter().map(text).collect()
}

#[test]
fn each_habit_shows_what_it_would_see() {
    let secret = encoded(SECRET);
    let base64 = format!("Content-Transfer-Encoding: base64\n\n{secret}\n");
    let mixed = "Content-Type: multipart/mixed; boundary=a";
    for raw in [
        format!(
            "{mixed}\nContent-Type: multipart/mixed; boundary=b\n\n--a\n\nx\n--a--\n--b\n{base64}--b--\n"
        ),
        format!("{mixed}; boundary=b\n\n--a\n\nx\n--a--\n--b\n{base64}--b--\n"),
        format!("{mixed}; boundary*=''b\n\n--a\n\nx\n--a--\n--b\n{base64}--b--\n"),
        format!(
            "Content-Type: multipart/mixed; (boundary=\"b\") boundary=a\n\n--a\n\nx\n--a--\n--b\n{base64}--b--\n"
        ),
        format!("{mixed}\n\n--a\n\nx\n--abc\n{base64}--a--\n"),
        format!("{mixed}\n\n--a\n\nx\n--a--\n--a\n{base64}--a--\n"),
        format!("{mixed}\n\nContent-Type: text/plain\n{base64}--a\n\nx\n--a--\n"),
        format!("Content-Transfer-Encoding: base64\nno field\nX: y\n\n{SECRET}\n"),
        format!("X-Note: y\rContent-Transfer-Encoding: base64\n\n{secret}\n"),
        format!("{mixed}\n\n--a\n\nx\n--a\n{base64}--a--\n").replace('\n', "\r\r\n"),
        format!(
            "{mixed}\nContent-Transfer-Encoding: base64\n\n{}\n",
            encoded(&format!("--a\n{base64}--a--\n"))
        ),
        format!(
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nSubject: s\n\n{SECRET}\n"
        ),
        format!("Content-Type: multipart/mixed\n\n--a\nContent-Type: text/plain\n{base64}--a--\n"),
        format!(
            "Content-Type: multipart/mixed; boundary=A\n\n--a\nContent-Type: text/plain\n{base64}--a--\n"
        ),
        format!("Content-Transfer-Encoding: x-base64\n\n{secret}\n"),
        format!("Content-Transfer-Encoding: base64\n\nA plain line.\n{secret}\n"),
        format!("Content-Transfer-Encoding: base64\n\n{}\n\n{SECRET}\n", encoded("Some other words.")),
        format!("Content-Transfer-Encoding: base64\n\n{SECRET}\n"),
        "Content-Transfer-Encoding: base64\n\n=4Eobody may =\nread this line=2E\n".to_owned(),
        format!(
            "Content-Transfer-Encoding: quoted-printable\n\n{}\n",
            encoded(&format!("{SECRET} It is hidden."))
        ),
        format!("Content-Transfer-Encoding: 7bit\n\n{}\n", encoded(&format!("{SECRET} It is hidden."))),
    ] {
        let all = others(&raw);
        assert!(all.iter().any(|text| text.contains(SECRET)), "{raw}\n{all:?}");
    }
}

#[test]
fn habits_are_tried_together() {
    let secret = encoded(SECRET);
    let raw = format!(
        "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n\
         --b\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\n{secret}\n--b--\n"
    );
    assert!(others(&raw).contains(&SECRET.to_owned()));
}

#[test]
fn a_reading_that_says_nothing_new_adds_nothing() {
    let text = "Dear colleague,\n\nplease find the notes.\n";
    let base64 = encoded(text);
    for raw in [
        format!("Content-Type: text/plain\nContent-Type: text/plain\n\n{text}"),
        format!("Content-Type: text/plain\nContent-Type: text/html\n\n{text}"),
        format!("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\n{base64}\n"),
        format!("Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\n{text}--a--\n"),
        format!("Content-Type: multipart/mixed; boundary=a\n\n--a\n\n{text}--a--\n\n-- \nA list\n"),
        format!("Subject: s\n\n{}", text.replace('\n', "\r")),
    ] {
        assert!(others(&raw).is_empty(), "{raw}\n{:?}", others(&raw));
    }
}

#[test]
fn what_is_new_keeps_the_lines_around_it_and_is_told() {
    let raw = "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\none\ntwo\n--a--\n\
               --b\nContent-Transfer-Encoding: quoted-printable\n\none\ntwo\nth=72ee\n--b--\n";
    let message = read_in_every_way(raw.as_bytes(), ReadLimits::default());
    assert_eq!(others(raw)[0], "one\ntwo\nthree");
    let other = &message.parts[message.first_reading().len()];
    assert_eq!(
        (other.path.as_str(), other.reading, other.parent),
        ("1 (read otherwise)", Reading::Other, None)
    );
    assert_eq!(message.otherwise, ["read-otherwise"]);
    assert_eq!(message.first_reading().len(), read(raw.as_bytes(), ReadLimits::default()).parts.len());
}

#[test]
fn a_pasted_file_and_a_second_name_are_parts_of_their_own() {
    let raw = "\nhello\nbegin 644 a.txt\n#:&D*\n`\nend\n";
    let message = read_in_every_way(raw.as_bytes(), ReadLimits::default());
    let pasted = message.parts.last().unwrap();
    assert_eq!((pasted.file_name.as_deref(), pasted.reading), (Some("a.txt"), Reading::Pasted));
    assert!(message.otherwise.is_empty(), "who pastes a file writes nothing that can be read in two ways");
    let raw =
        "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=b.exe\n\nhello\n";
    let message = read_in_every_way(raw.as_bytes(), ReadLimits::default());
    assert_eq!(message.parts.last().and_then(|part| part.file_name.as_deref()), Some("a.txt"));
}

#[test]
fn clean_mail_has_no_other_way() {
    let raw = b"Subject: s\r\nContent-Type: multipart/mixed;\r\n boundary=\"a b\"\r\n\r\nThis is a multi-part message in MIME format.\r\n\
        --a b\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--a b--\r\n";
    let message = read(raw, ReadLimits::default());
    assert!(message.met.is_empty() && message.beside.is_empty() && !has_bare_cr(raw), "{:?}", message.met);
}

/// Each multipart in 32 can be read in several ways: the ways of all together are tried, not those of each.
#[test]
fn ways_are_bounded() {
    let mut raw = String::from("Content-Type: text/plain\n\nhello\n");
    for n in 0..32 {
        let field = |one: char, other: char| {
            format!(
                "Content-Type: multipart/mixed; boundary={one}{n}; boundary={other}{n}; boundary*=''{n}e\n"
            )
        };
        raw = format!(
            "{}{}odd\n\n--a{n}\n{raw}\n--a{n}--\n--b{n}x\n\nother {n}\n",
            field('a', 'b'),
            field('c', 'd')
        );
    }
    let limits = ReadLimits { parts: 40, ..ReadLimits::default() };
    let message = read_in_every_way(raw.as_bytes(), limits);
    assert!(message.parts.len() <= limits.parts);
    assert!(message.otherwise.contains(&"too-many-ways"), "{:?}", message.otherwise);
}
