//! A sheet as one page of HTML: everything in it, no script, nothing fetched; prints well.

use super::{Block, Section, Sheet, Start, shown};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light}\
*{box-sizing:border-box}\
body{margin:0;background:#eef0f2;color:#1b1f24;font:16px/1.5 'Noto Sans','Segoe UI',system-ui,sans-serif}\
main{max-width:52rem;margin:2rem auto;padding:2.5rem 3rem;background:#fff;border:1px solid #d5d9de;border-radius:6px}\
.mark{margin:0;color:#5a636e;font-size:.8rem}\
h1{margin:.2rem 0 1.5rem;font-size:1.7rem;line-height:1.25;overflow-wrap:anywhere}\
section{margin:0 0 2rem;padding-top:1.2rem;border-top:1px solid #d5d9de}\
section:first-of-type{border-top:0;padding-top:0}\
h2{margin:0 0 .8rem;font-size:1.2rem;line-height:1.3;overflow-wrap:anywhere}\
p{margin:0 0 .8rem;overflow-wrap:anywhere;white-space:pre-line}\
.notice{padding:.7rem 1rem;border-left:4px solid #b45309;background:#fff7ed}\
dl{display:grid;grid-template-columns:minmax(7rem,11rem) 1fr;gap:.25rem 1.2rem;margin:0 0 1rem}\
dt{color:#5a636e}dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}\
pre{margin:0 0 1rem;padding:1rem 1.2rem;border:1px solid #d5d9de;border-radius:4px;background:#fafbfc;\
font:inherit;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}\
table{width:100%;margin:0 0 1rem;border-collapse:collapse;font-size:.88rem;table-layout:fixed}\
th,td{padding:.35rem .6rem .35rem 0;border-bottom:1px solid #e4e7eb;text-align:start;vertical-align:top;overflow-wrap:anywhere}\
th{border-bottom-color:#9aa3ad;color:#5a636e;font-weight:600;overflow-wrap:normal}\
a{color:#0b5cad}\
@media (max-width:40em){main{margin:0;padding:1.2rem 1rem;border:0}h1{font-size:1.35rem}th,td{padding-right:.3rem}\
table{font-size:.85rem}}\
@media print{body{background:#fff;font-size:10.5pt}main{max-width:none;margin:0;padding:0;border:0}\
.new-page{break-before:page}h2{break-after:avoid}tr,dl{break-inside:avoid}pre{border:0;border-left:2px solid #9aa3ad;border-radius:0;background:none}\
@page{size:A4;margin:18mm}}";

/// The page. Nothing of the sheet's text can become markup.
pub fn html(sheet: &Sheet) -> String {
    let mut out = String::with_capacity(8 << 10);
    let title = escaped(&sheet.title);
    // Writing to a String does not fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<p class=\"mark\">{}</p>\n<h1 dir=\"auto\">{title}</h1>\n",
        escaped(&sheet.mark)
    );
    for section in &sheet.sections {
        put_section(&mut out, section);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn put_section(out: &mut String, section: &Section) {
    let class = if section.start == Start::NewPage { " class=\"new-page\"" } else { "" };
    let _ = writeln!(out, "<section{class}>");
    if !section.heading.is_empty() {
        let _ = writeln!(out, "<h2 dir=\"auto\">{}</h2>", escaped(&section.heading));
    }
    for block in &section.blocks {
        put_block(out, block);
    }
    out.push_str("</section>\n");
}

fn put_block(out: &mut String, block: &Block) {
    let _ = match block {
        Block::Paragraph(text) => writeln!(out, "<p>{}</p>", escaped(text)),
        Block::Notice(text) => writeln!(out, "<p class=\"notice\">{}</p>", escaped(text)),
        Block::Facts(facts) => {
            out.push_str("<dl>\n");
            for (name, value) in facts {
                let _ = writeln!(out, "<dt>{}</dt><dd dir=\"auto\">{}</dd>", escaped(name), escaped(value));
            }
            writeln!(out, "</dl>")
        }
        Block::Letter(text) => writeln!(out, "<pre dir=\"auto\">{}</pre>", escaped(text.trim_end())),
        Block::Table { widths, rows } => {
            put_table(out, widths, rows);
            Ok(())
        }
        Block::File { label, path } => match is_ours(path) {
            true => writeln!(out, "<p><a href=\"{path}\">{}</a></p>", escaped(label)),
            false => writeln!(out, "<p>{}</p>", escaped(label)),
        },
    };
}

fn put_table(out: &mut String, widths: &[u16], rows: &[Vec<String>]) {
    let whole = widths.iter().map(|w| u32::from(*w)).sum::<u32>().max(1);
    out.push_str("<table>\n<colgroup>");
    for width in widths {
        let _ = write!(out, "<col style=\"width:{}%\">", u32::from(*width) * 100 / whole);
    }
    out.push_str("</colgroup>\n");
    for (i, row) in rows.iter().enumerate() {
        let cell = if i == 0 { "th" } else { "td" };
        out.push_str("<tr>");
        for text in row {
            let _ = write!(out, "<{cell} dir=\"auto\">{}</{cell}>", escaped(text));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

/// The names that bundles give their files; nothing else becomes a link.
fn is_ours(path: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    path.bytes().all(plain) && !path.contains("..") && !path.starts_with(['/', '.'])
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in shown(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::tests::hostile;

    #[test]
    fn hostile_text_stays_text() {
        let page = html(&hostile());
        assert!(
            !page.contains("<script") && !page.contains("href=\"javascript") && !page.contains('\u{202e}')
        );
        assert!(page.contains("&lt;script&gt;") && page.contains("[U+202E]"));
        let body = page.split_once("<main>").unwrap().1;
        // Every tag of the body is one of ours.
        for tag in body.split('<').skip(1) {
            let name: String =
                tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            let ours = [
                "p", "h1", "h2", "section", "dl", "dt", "dd", "pre", "table", "colgroup", "col", "tr", "th",
                "td", "main", "body", "html",
            ];
            assert!(ours.contains(&name.as_str()), "<{tag}");
        }
    }
}
