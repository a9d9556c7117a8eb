//! RTF as Word, WordPad, LibreOffice and Outlook write it, and as those write it who hide.

use crate::files::{Budget, FileLimits, Opened, Script, Shown, TraitKind, open::open};

fn opened(rtf: &[u8]) -> Opened {
    let mut budget = Budget::new(FileLimits::default());
    open(Some("a.rtf"), None, rtf, &mut budget);
    budget.finish()
}

fn at(read: &Opened, place: &str, shown: Shown) -> String {
    let texts = read.pieces.iter().filter(|piece| piece.place == place && piece.shown == shown);
    texts.map(|piece| piece.text.trim()).collect::<Vec<_>>().join("|")
}

#[test]
fn text_is_read_in_every_charset() {
    for (rtf, text) in [
        (r"{\rtf1\ansi\ansicpg1252 caf\'e9 \u373?yn \emdash\~x\par y}", "café ŵyn —\u{a0}x\ny"),
        (r"{\rtf1\ansi{\fonttbl{\f0 A;}{\f1\fcharset204 B;}}\f1 \'cf\'f0\f0  caf\'e9}", "Пр café"),
        (r"{\rtf1\ansi\ansicpg932 \'82\'b1\'82\'ea}", "これ"),
        (r"{\rtf1\pc Si\'83n}", "Siân"),
        (r"{\rtf1\uc2 a\u233\'82\'e9b\uc0\u-3892 c}", "aébÌc"),
        (r"{\rtf1 \u-10179?\u-8704?}", "😀"),
        ("{\\rtf1 split w\r\nord \\{\\\\\\}}", "split word {\\}"),
        (r"{\rtf1\trowd a\cell b\cell\row c\cell\row}", "a\tb\t\nc"),
    ] {
        assert_eq!(at(&opened(rtf.as_bytes()), "", Shown::Visible), text, "{rtf}");
    }
}

#[test]
fn what_is_hidden_is_read_apart() {
    let read = opened(
        br"{\rtf1{\colortbl;\red255\green255\blue255;}seen {\v unseen1}{\cf1 unseen2 }{\fs2 unseen3}{\*\nosuch unseen4}{\deleted gone} seen\plain
{\header top}{\footer low}{\footnote note}{\*\annotation remark}{\info{\author Ade}{\title T}}{\*\themedata 504b0304aabbccddeeff00112233}
{\stylesheet{\s1 heading 1;}{\s2 A801200001001;}}{\uc20\u65 hidden fallback text}}",
    );
    assert_eq!(at(&read, "", Shown::Visible), "seen  seenA");
    assert_eq!(at(&read, "hidden", Shown::Hidden), "unseen1unseen2 unseen3unseen4");
    assert_eq!(at(&read, "changes", Shown::Hidden), "gone");
    assert_eq!(at(&read, "header", Shown::Visible), "top");
    assert_eq!(at(&read, "comments", Shown::Hidden), "remark");
    assert_eq!(at(&read, "metadata", Shown::Hidden), "Ade\nT");
    assert_eq!(at(&read, "definitions", Shown::Hidden), "A801200001001");
    assert_eq!(at(&read, "fallback", Shown::Hidden), "hidden fallback text");
}

#[test]
fn fields_links_and_templates_are_told() {
    let read = opened(
        br#"{\rtf1{\field{\*\fldinst {HYPERLINK "https://a.example/x"}}{\fldrslt here}} {\field{\*\fldinst DDEAUTO c:\\x "y"}{\fldrslt z}}
{\*\template https://t.example/x.dotm}{\field{\*\fldinst INCLUDEPICTURE "http://p.example/p.png"}{\fldrslt}}}"#,
    );
    assert_eq!(at(&read, "", Shown::Visible), "here z");
    assert!(at(&read, "", Shown::Link).contains("https://a.example/x"));
    assert!(read.traits.iter().any(|found| found.kind == TraitKind::Script(Script::Active)));
    assert!(read.traits.iter().filter(|found| found.kind == TraitKind::RemoteContent).count() == 2);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn objects_are_opened() {
    let string = |text: &str| [&(text.len() as u32 + 1).to_le_bytes()[..], text.as_bytes(), b"\0"].concat();
    let content = b"canary in a package";
    let mut package = b"\x02\0note.txt\0C:\\note.txt\0\0\0\x03\0".to_vec();
    package.extend(string("C:\\t\\note.txt"));
    package.extend((content.len() as u32).to_le_bytes());
    package.extend(content);
    let mut ole = b"\x01\x05\0\0\x02\0\0\0".to_vec();
    ole.extend([string("Package"), 0u32.to_le_bytes().to_vec(), 0u32.to_le_bytes().to_vec()].concat());
    ole.extend((package.len() as u32).to_le_bytes());
    ole.extend(package);
    let read = opened(
        format!("{{\\rtf1 x{{\\object\\objemb{{\\*\\objdata {}}}{{\\result y}}}}}}", hex(&ole)).as_bytes(),
    );
    assert!(
        read.pieces.iter().any(|piece| piece.place == "note.txt" && piece.text == "canary in a package"),
        "{read:?}"
    );
    assert!(read.traits.iter().any(|found| found.kind == TraitKind::Script(Script::Embedded)));
    // Bent on purpose, as Word repairs it.
    let bent = [b"\x01\x05\0\0\x09\0\0\0junk".as_slice(), b"PK\x03\x04 a zip"].concat();
    let read = opened(format!("{{\\rtf1{{\\*\\objdata {}}}}}", hex(&bent)).as_bytes());
    assert!(read.missed.iter().any(|missed| missed.kind == "ole"));
}

#[test]
fn the_html_that_outlook_wraps_comes_out() {
    let read = opened(
        br"{\rtf1\ansi\fromhtml1 {\*\htmltag18 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 caf\'e9 & more\htmlrtf }\htmlrtf0 {\*\htmltag84 <a href='x'>}link{\*\htmltag92 </a>}}",
    );
    assert_eq!(at(&read, "html", Shown::Visible), "<html><p>café &amp; more<a href='x'>link</a>");
    assert_eq!(at(&read, "", Shown::Visible), "café & morelink");
}

#[test]
fn groups_without_end_end() {
    let deep = [b"{\\rtf1 ".to_vec(), vec![b'{'; 100_000], b"canary".to_vec()].concat();
    assert_eq!(at(&opened(&deep), "", Shown::Visible), "canary");
    let closed = [b"{\\rtf1 a".to_vec(), vec![b'}'; 100_000], b"b\\u".to_vec()].concat();
    assert_eq!(at(&opened(&closed), "", Shown::Visible), "ab\0");
}

#[test]
fn what_word_draws_from_the_code_of_fields_is_seen() {
    let read = opened(
        br"{\rtf1 a {\field{\*\fldinst MACROBUTTON N press here}{\fldrslt }} {\field{\*\fldinst EQ \\s(b c)}{\fldrslt }}{\field{\*\fldinst SYMBOL 75 \\f Arial}{\fldrslt }}}",
    );
    assert_eq!(at(&read, "", Shown::Visible), "a press here b cK");
}

#[test]
fn numbers_of_lists_and_lines_above_notes_are_read() {
    let read = opened(
        br"{\rtf1{\*\listtable{\list{\listlevel{\leveltext\'0aYour own\'00.;}{\levelnumbers\'01;}}{\listlevel{\leveltext\'02\'00.;}}}}{\*\ftnsep above the notes\par}{\*\pn\pndec{\pntxtb before it }{\pntxta .}}x}",
    );
    let numbers = at(&read, "numbers of lists", Shown::Hidden);
    assert!(
        numbers.contains("Your own") && numbers.contains("before it") && numbers.lines().count() == 2,
        "{numbers:?}"
    );
    assert_eq!(at(&read, "footnotes", Shown::Visible), "above the notes");
}

#[test]
fn white_on_a_dark_ground_is_seen() {
    let read = opened(
        br"{\rtf1{\colortbl;\red0\green0\blue0;\red255\green255\blue255;}\cf2 hidden{\highlight1 seen1}{\chcbpat1 seen2}{\chcbpat2 white}\pard\cbpat1 seen3\pard hidden}",
    );
    assert_eq!(at(&read, "", Shown::Visible), "seen1seen2seen3");
    assert_eq!(at(&read, "hidden", Shown::Hidden), "hiddenwhitehidden");
}
