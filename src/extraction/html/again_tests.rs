//! Pages as they are shown, each trick with other values than the evasion cases have.

use super::{ShownAs, again::Seen, read};

fn seen(page: &str) -> Seen {
    read(page).again.read(page, crate::extraction::ExtractLimits::default())
}

/// All that is shown otherwise than it is written, a line to a line.
fn shown(page: &str) -> String {
    seen(page).shown.into_iter().map(|shown| shown.text).collect()
}

fn spans(text: &str, style: impl Fn(usize) -> String) -> String {
    text.chars().enumerate().map(|(at, c)| format!("<span style='{}'>{c}</span>", style(at))).collect()
}

#[test]
fn characters_in_another_order_are_read_as_they_are_seen() {
    let backwards: String = "AB12CD34".chars().rev().collect();
    let float = spans(&backwards, |_| "float:right".into());
    let plain = spans(&backwards, |_| String::new());
    let places = [4, 0, 6, 2, 7, 1, 5, 3];
    let shuffled: String = places.iter().map(|at| "AB12CD34".as_bytes()[*at] as char).collect();
    let each = |style: &str| spans(&shuffled, |at| style.replace('#', &places[at].to_string()));
    let far = |style: &str| spans(&shuffled, |at| style.replace('#', &(places[at] * 11).to_string()));
    let svg: String =
        shuffled.chars().zip(places).map(|(c, at)| format!("<text x={} y=9>{c}</text>", at * 11)).collect();
    for page in [
        format!("<div>Key {float}</div>"),
        format!("<p>Key</p><div style='display:flex;flex-direction:row-reverse'>{plain}</div>"),
        format!("<p>Key</p><div style='display:flex;direction:rtl'>{plain}</div>"),
        format!("<p>Key</p><div style='display:inline-flex'>{}</div>", each("order:#")),
        format!("<p>Key</p><div style='display:grid'>{}</div>", each("grid-column-start:#")),
        format!(
            "<p>Key</p><div style='position:relative'>{}</div>",
            far("position:absolute;left:#pt;top:1px")
        ),
        format!("<p>Key</p><svg>{svg}</svg>"),
        format!(
            "<p>Key</p><svg><text x='{}'>{shuffled}</text></svg>",
            places.map(|n| n.to_string()).join(" ")
        ),
        format!(
            "<style>.r b{{float:right}}</style>Key<div class=r><b>{}</b></div>",
            plain.replace("><", "></b><b><")
        ),
        "<p>Key</p><bdo dir=rtl>43DC21BA</bdo>".to_owned(),
    ] {
        let text = shown(&page);
        assert!(text.contains("AB12CD34") && text.contains("Key"), "{page}: {text:?}");
        assert_eq!(seen(&page).shown.len(), 1, "{page}");
    }
    let kind = |page: &str| seen(page).shown.first().map(|shown| shown.kind);
    assert_eq!(kind(&format!("<div>{float}</div>")), Some(ShownAs::Crafted));
}

#[test]
fn what_sheets_hide_or_generate_is_read_so() {
    for page in [
        "<style>.n u.k{display:none}</style><p class=n>Key AB<u class=k>9</u>12<u class=k>7</u>CD34</p>",
        "<style>i:nth-child(odd){visibility:hidden}</style><p>Key <i>7</i><i>AB12</i><i>8</i><i>CD34</i></p>",
        "<style>.k{display:none}</style><p>Key <u class=k style='display:inline'>AB12</u><b class=k>0</b>CD34</p>",
        "<style>q::after{content:'\\43 D' attr(data-z)}</style><p>Key AB12<q data-z=34></q></p>",
        "<style>s::before{content:counter(c)}</style><p>Key AB<s style='counter-set:c 12'></s>CD34</p>",
        "<p>Key</p><ul><li style='list-style-type:\"AB\"'>12CD34</ul>",
        "<p>Key AB<!--[if gte mso 15]><b>12</b><![endif]-->CD34",
        "<p>Key AB<!--[if !mso]><!-->5<!--<![endif]-->12CD34",
        "<p>Key <b title='x>AB12</b>CD34<i title='></i>",
        "<!DOCTYPE html [<!ENTITY one \"AB12\">]><p>Key &one;CD34</p>",
        "<base href='https://k.example/Key/AB12/'><a href='CD34'>x</a>",
    ] {
        let text = shown(page).replace('/', "");
        assert!(text.contains("AB12CD34") && text.contains("Key"), "{page}: {text:?}");
    }
    let list =
        "<p>Key</p><ol start=4><li><li></ol><ol reversed><li><li><li></ol><ol type=A><li value=2></ol>";
    assert_eq!(shown(list), "Key\n4.\n5.\n3.\n2.\n1.\nB.\n");
}

#[test]
fn links_are_completed_by_the_base_before_them() {
    let links = |base: &str, links: &[&str]| {
        let links: String = links.iter().map(|link| format!("<a href='{link}'>x</a>")).collect();
        shown(&format!("<base href='{base}'>{links}"))
    };
    assert_eq!(
        links(
            "https://a.example/b/c?d",
            &["e", "/f", "?g", "mailto:h@a.example", "//i.example", "https://j.example"]
        ),
        "https://a.example/b/e\nhttps://a.example/f\nhttps://a.example/b/c?g\n"
    );
    assert_eq!(links("https://a.example", &["e"]), "https://a.example/e\n");
}

#[test]
fn ordinary_pages_are_read_once() {
    for page in [
        "<p>Dear parents</p><div style='float:right'>A long paragraph beside the picture, with many words in it.</div>",
        "<style>.pre{display:none} .m{color:#333} @media(max-width:400px){td{display:block}}</style><div class=pre>In brief</div><p class=m>Hello</p>",
        "<!--[if mso]><table><tr><td width=600><![endif]--><p>Term dates</p><!--[if mso]></td></tr></table><![endif]-->",
        "<!--[if gte mso 9]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]--><p>Hello</p>",
        "<ol start=1><li>First<li>Second</ol>",
        "<style>.c::after{content:'';clear:both} .q::before{content:'\\201c'}</style><p class=q>So</p>",
        "<table><tr><td bgcolor=#eee width=1 height=1></td></tr></table>",
        "<p title='a > b'>x</p>",
    ] {
        let seen = seen(page);
        assert!(seen.shown.is_empty() && seen.doubt.is_none(), "{page}: {seen:?}");
    }
}

#[test]
fn what_is_drawn_or_cannot_be_placed_is_a_doubt() {
    let cells = "<td bgcolor=black width=3 height=3></td>".repeat(60);
    assert_eq!(seen(&format!("<table><tr>{cells}</table>")).doubt, Some("drawn, not written"));
    let boxes = "<i style='display:inline-block;width:3px;height:3px;background:#000'></i>".repeat(60);
    assert_eq!(seen(&boxes).doubt, Some("drawn, not written"));
    let moved = spans("AB12CD34", |at| format!("position:relative;left:{}px", at * 5));
    assert_eq!(seen(&moved).doubt, Some("letters moved one by one"));
    let siblings: String = "AB12CD34".chars().map(|c| format!("<i>{c}</i><b>1</b>")).collect();
    let page = format!("<style>i ~ b{{display:none}}</style>{siblings}");
    assert_eq!(seen(&page).doubt, Some("letters moved one by one"));
}

#[test]
fn large_pages_end_within_their_bounds() {
    let floats = seen(&"<b style='float:right'>1</b>".repeat(5_000));
    assert!(!floats.is_cut && floats.shown[0].text.len() == 5_001);
    let made = format!("<style>i::before{{content:'{}'}}</style>{}", "1".repeat(900), "<i></i>".repeat(900));
    assert!(seen(&made).is_cut);
    let deep = "<div style='position:absolute;left:1px'>7".repeat(1_000);
    assert!(seen(&deep).is_cut);
    let boxes = format!("{}<b style='float:right'>1</b>", "<br>".repeat(250_001));
    assert!(seen(&boxes).is_cut);
}
