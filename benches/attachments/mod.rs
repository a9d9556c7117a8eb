//! Attachments as schools send them, of some hundred kilobytes, with invented names and numbers.

use std::fmt::Write as _;

/// Name and bytes of one of each kind.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let inner = docx(900);
    vec![
        ("letter.docx", docx(3600)),
        ("register.xlsx", xlsx(2200)),
        ("assembly.pptx", pptx(3000)),
        ("report.odt", odt(3600)),
        ("register.ods", ods(1500)),
        ("letter.pdf", pdf(3600)),
        ("letter.rtf", rtf(1300)),
        ("register.csv", csv(1600)),
        ("page.html", html(1100)),
        ("letter.eml", eml(1300)),
        (
            "letters.zip",
            zip(&[
                ("a.docx", &inner),
                ("b.docx", &docx(901)),
                ("c.docx", &docx(902)),
                ("d.docx", &docx(903)),
            ]),
        ),
    ]
}

/// A small generator (xorshift): the same files each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

const WORDS: [&str; 40] = [
    "register",
    "reading",
    "spelling",
    "attends",
    "breakfast",
    "club",
    "mother",
    "grandmother",
    "peanut",
    "therapy",
    "Tuesday",
    "parents",
    "evening",
    "homework",
    "swimming",
    "lesson",
    "minibus",
    "museum",
    "consent",
    "form",
    "returned",
    "unpaid",
    "fees",
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "with",
    "was",
    "her",
    "Siân",
    "Dafydd",
    "Ade",
    "Oakfield",
    "term",
    "class",
    "teacher",
    "please",
];

fn sentences(count: usize) -> Vec<String> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15 + count as u64);
    let word = |chance: &mut Chance| WORDS[chance.below(WORDS.len() as u64) as usize];
    (0..count)
        .map(|_| {
            let mut out = String::new();
            (0..14).for_each(|_| {
                let _ = write!(out, "{} ", word(&mut chance));
            });
            let _ = write!(out, "{}.", 1000 + chance.below(100_000));
            out
        })
        .collect()
}

/// Name, number, marks and a note of each pupil.
fn rows(count: usize) -> Vec<[String; 8]> {
    let mut chance = Chance(count as u64 + 7);
    let notes = sentences(count);
    notes
        .into_iter()
        .map(|note| {
            let mut word = || WORDS[chance.below(WORDS.len() as u64) as usize].to_owned();
            let (first, last, form) = (word(), word(), word());
            let number = format!("A8012{:08}", chance.below(100_000_000));
            let mut mark = || format!("{}", chance.below(10_000) as f64 / 100.0);
            let (a, b, c) = (mark(), mark(), mark());
            [first, last, form, number, a, b, c, note.get(..40).unwrap_or(&note).to_owned()]
        })
        .collect()
}

/// A zip of deflated members (APPNOTE.TXT); the kind of an OpenDocument file is stored.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let at = out.len() as u32;
        let is_stored = *name == "mimetype";
        let packed = if is_stored { bytes.to_vec() } else { miniz_oxide::deflate::compress_to_vec(bytes, 6) };
        let method = if is_stored { 0 } else { 8 };
        let sizes =
            [crc32fast::hash(bytes), packed.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
        let length = (name.len() as u16).to_le_bytes();
        let common = [&[20, 0, 0, 0, method, 0, 0, 0, 0, 0][..], &sizes, &length, &[0, 0]].concat();
        out.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat());
        let entry = [b"PK\x01\x02\x14\0", &common[..], &[0; 10], &at.to_le_bytes(), name.as_bytes()];
        directory.extend(entry.concat());
    }
    let counts = [members.len() as u16; 2].map(u16::to_le_bytes).concat();
    let (start, size) = ((out.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &counts[..], &size, &start, &[0, 0]].concat());
    out
}

fn package(main: &str, kind: &str, relations: &str, parts: &[(String, String)]) -> Vec<u8> {
    let types = format!(
        "<Types><Override PartName=\"/{main}\" ContentType=\"application/vnd.openxmlformats-officedocument.{kind}.main+xml\"/></Types>"
    );
    let root = format!(
        "<Relationships><Relationship Id=\"r\" Type=\"http://x/officeDocument\" Target=\"{main}\"/></Relationships>"
    );
    let (folder, file) = main.split_once('/').unwrap();
    let own = format!("{folder}/_rels/{file}.rels");
    let relations = format!("<Relationships>{relations}</Relationships>");
    let mut all = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        (&own, relations.as_bytes()),
    ];
    all.extend(parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    zip(&all)
}

fn docx(paragraphs: usize) -> Vec<u8> {
    let mut body = String::new();
    for text in sentences(paragraphs) {
        let _ = write!(
            body,
            "<w:p w14:paraId=\"1\" w:rsidR=\"00B1\"><w:pPr><w:pStyle w:val=\"Normal\"/></w:pPr><w:r w:rsidRPr=\"00B1\"><w:rPr>\
             <w:sz w:val=\"22\"/><w:color w:val=\"333333\"/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"
        );
    }
    let document = format!("<w:document xmlns:w=\"urn:w\"><w:body>{body}</w:body></w:document>");
    package("word/document.xml", "wordprocessingml.document", "", &[("word/document.xml".into(), document)])
}

fn xlsx(count: usize) -> Vec<u8> {
    let (mut sheet, mut strings, mut known) = (String::new(), String::new(), 0);
    for (row, cells) in rows(count).iter().enumerate() {
        let row = row + 1;
        let _ = write!(sheet, "<row r=\"{row}\" spans=\"1:8\">");
        for (cell, column) in cells.iter().zip("ABCDEFGH".chars()) {
            if ('E'..='G').contains(&column) {
                let _ = write!(sheet, "<c r=\"{column}{row}\" s=\"1\"><v>{cell}</v></c>");
            } else {
                let _ = write!(sheet, "<c r=\"{column}{row}\" t=\"s\"><v>{known}</v></c>");
                let _ = write!(strings, "<si><t>{cell}</t></si>");
                known += 1;
            }
        }
        sheet.push_str("</row>");
    }
    let relations = "<Relationship Id=\"s\" Type=\"http://x/worksheet\" Target=\"sheet.xml\"/>\
        <Relationship Id=\"t\" Type=\"http://x/sharedStrings\" Target=\"strings.xml\"/>";
    let book = "<workbook><sheets><sheet name=\"Register\" r:id=\"s\"/></sheets></workbook>".to_owned();
    let parts = [
        ("xl/workbook.xml".into(), book),
        ("xl/sheet.xml".into(), format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")),
        ("xl/strings.xml".into(), format!("<sst>{strings}</sst>")),
    ];
    package("xl/workbook.xml", "spreadsheetml.sheet", relations, &parts)
}

fn pptx(count: usize) -> Vec<u8> {
    let (mut relations, mut list, mut parts) = (String::new(), String::new(), Vec::new());
    for (number, texts) in sentences(count).chunks(20).enumerate() {
        let _ = write!(
            relations,
            "<Relationship Id=\"s{number}\" Type=\"http://x/slide\" Target=\"slides/{number}.xml\"/>"
        );
        let _ = write!(list, "<p:sldId id=\"{}\" r:id=\"s{number}\"/>", 256 + number);
        let lines: String = texts
            .iter()
            .map(|text| format!("<a:p><a:r><a:rPr lang=\"en-GB\"/><a:t>{text}</a:t></a:r></a:p>"))
            .collect();
        let slide = format!(
            "<p:sld><p:cSld><p:spTree><p:sp><p:txBody>{lines}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
        );
        parts.push((format!("ppt/slides/{number}.xml"), slide));
    }
    let show = format!("<p:presentation><p:sldIdLst>{list}</p:sldIdLst></p:presentation>");
    parts.push(("ppt/presentation.xml".into(), show));
    package("ppt/presentation.xml", "presentationml.presentation", &relations, &parts)
}

fn opendocument(kind: &str, body: &str) -> Vec<u8> {
    let mimetype = format!("application/vnd.oasis.opendocument.{kind}");
    let content =
        format!("<office:document-content><office:body>{body}</office:body></office:document-content>");
    zip(&[("mimetype", mimetype.as_bytes()), ("content.xml", content.as_bytes())])
}

fn odt(count: usize) -> Vec<u8> {
    let lines: String = sentences(count)
        .iter()
        .map(|text| format!("<text:p text:style-name=\"P1\">{text}</text:p>"))
        .collect();
    opendocument("text", &format!("<office:text>{lines}</office:text>"))
}

fn ods(count: usize) -> Vec<u8> {
    let mut out = String::new();
    for cells in rows(count) {
        out.push_str("<table:table-row>");
        for cell in cells {
            let _ = write!(
                out,
                "<table:table-cell office:value-type=\"string\" table:style-name=\"ce1\"><text:p>{cell}</text:p></table:table-cell>"
            );
        }
        out.push_str("</table:table-row>");
    }
    opendocument(
        "spreadsheet",
        &format!(
            "<office:spreadsheet><table:table table:name=\"Register\">{out}</table:table></office:spreadsheet>"
        ),
    )
}

/// Pages of fifty lines.
fn pdf(count: usize) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n".to_vec();
    let (mut kids, mut number) = (String::new(), 4);
    for lines in sentences(count).chunks(50) {
        let mut content = "BT /F 9 Tf 11 TL 50 780 Td\n".to_owned();
        for line in lines {
            let _ = writeln!(content, "({}) Tj T*", line.replace('â', "a"));
        }
        content.push_str("ET");
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(content.as_bytes(), 6);
        let _ = write!(kids, "{number} 0 R ");
        let page = format!(
            "{number} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources<</Font<</F 3 0 R>>>>>>endobj\n",
            number + 1
        );
        out.extend(page.bytes());
        out.extend(
            format!("{} 0 obj<</Filter/FlateDecode/Length {}>>stream\n", number + 1, packed.len()).bytes(),
        );
        out.extend(packed);
        out.extend(b"\nendstream endobj\n");
        number += 2;
    }
    out.extend(format!("2 0 obj<</Type/Pages/Kids[{kids}]/Count {}>>endobj\n", (number - 4) / 2).bytes());
    out.extend(b"3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\n");
    out.extend(b"trailer<</Root 1 0 R>>\n%%EOF");
    out
}

fn rtf(count: usize) -> Vec<u8> {
    let mut out = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}\n".to_owned();
    for line in sentences(count) {
        let _ = writeln!(out, "\\pard\\f0\\fs22 {}\\par", line.replace('â', "\\'e2"));
    }
    out.push('}');
    out.into_bytes()
}

fn csv(count: usize) -> Vec<u8> {
    rows(count).iter().map(|row| row.join(",") + "\r\n").collect::<String>().into_bytes()
}

fn html(count: usize) -> Vec<u8> {
    let lines: String = sentences(count).iter().map(|line| format!("<p class=\"a\">{line}</p>\n")).collect();
    format!("<!DOCTYPE html><html><body>{lines}</body></html>").into_bytes()
}

fn eml(count: usize) -> Vec<u8> {
    let head = "From: g.okafor@oakfield.example\r\nTo: clinic@harbour.example\r\nSubject: The register\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    (head.to_owned() + &sentences(count).join("\r\n")).into_bytes()
}
