//! Files that are small and would be large, deep or endless to whoever reads them without a limit. All are made here.

use std::{fmt::Write as _, iter};

/// A file by the name under which it comes.
pub struct Bomb {
    pub what: &'static str,
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// Every bomb, of archives, documents, PDFs, mail and text.
pub fn all() -> Vec<Bomb> {
    let mut all = archives();
    all.extend(packed());
    all.extend(office());
    all.extend(pdfs());
    all.extend(mails());
    all.extend(texts());
    all
}

fn bomb(what: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Bomb {
    Bomb { what, name, bytes: bytes.into() }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, 6)
}

/// A zip (APPNOTE.TXT), each member deflated beforehand: its name, its packed bytes, its size.
fn zip_of<'m>(members: impl IntoIterator<Item = (String, &'m [u8], usize)>) -> Vec<u8> {
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0u32);
    for (name, packed, size) in members {
        let at = out.len() as u32;
        // The kind of an OpenDocument file is stored.
        let method = if name == "mimetype" { 0 } else { 8 };
        let common = [
            // Version, flags, method; time, date and checksum are nought, since nobody looks at them.
            &[20, 0, 0, 0, method, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &(packed.len() as u32).to_le_bytes(),
            &(size as u32).to_le_bytes(),
            &(name.len() as u16).to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        out.extend([b"PK\x03\x04", &common[..], name.as_bytes(), packed].concat());
        directory.extend(
            [b"PK\x01\x02\x14\0", &common[..], &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat(),
        );
        count += 1;
    }
    let (start, size) = (out.len() as u32, directory.len() as u32);
    out.extend(directory);
    let counted = (count.min(0xffff) as u16).to_le_bytes();
    out.extend(
        [b"PK\x05\x06\0\0\0\0", &counted[..], &counted, &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]]
            .concat(),
    );
    out
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let pack = |name: &str, bytes: &[u8]| if name == "mimetype" { bytes.to_vec() } else { deflated(bytes) };
    let packed: Vec<_> =
        members.iter().map(|(name, bytes)| (*name, pack(name, bytes), bytes.len())).collect();
    zip_of(packed.iter().map(|(name, packed, size)| ((*name).to_owned(), packed.as_slice(), *size)))
}

fn archives() -> Vec<Bomb> {
    let deep = (0..40).fold(b"harmless".to_vec(), |inner, n| zip(&[(&format!("{n}.zip"), &inner)]));
    // Sixteen of each in each, five times: a million leaves of a mebibyte.
    let leaf = zip(&[("leaf.txt", &vec![b' '; 1 << 20])]);
    let wide = (0..5).fold(leaf, |inner, _| {
        let packed = deflated(&inner);
        zip_of((0..16).map(|n| (format!("{n}.zip"), packed.as_slice(), inner.len())))
    });
    let flat = zip(&[("flat.txt", &vec![b' '; 64 << 20])]);
    let packed = deflated(b"A801200001001");
    let many = zip_of((0..100_000).map(|n| (format!("{n}.txt"), packed.as_slice(), 13)));
    // A directory whose entries all point at one member.
    let overlapping = {
        let one = deflated(&vec![b' '; 4 << 20]);
        let mut whole = zip_of(iter::once(("a.txt".to_owned(), one.as_slice(), 4 << 20)));
        let start = whole.len() - 22 - 51;
        let entry = whole[start..start + 51].to_vec();
        whole.truncate(start);
        let count = 30_000u32;
        whole.extend(iter::repeat_n(entry, count as usize).flatten());
        let counted = (count as u16).to_le_bytes();
        let size = (count * 51).to_le_bytes();
        let end =
            [b"PK\x05\x06\0\0\0\0", &counted[..], &counted, &size, &(start as u32).to_le_bytes(), &[0, 0]];
        whole.extend(end.concat());
        whole
    };
    let tar: Vec<u8> = (0..30_000).flat_map(|n| tar_head(&format!("{n}.txt"), "00000000000")).collect();
    vec![
        bomb("zip in zip, 40 deep", "deep.zip", deep),
        bomb("zip of zips, 16 in each, 5 deep", "wide.zip", wide),
        bomb("zip of one member, 64 MB of blanks", "flat.zip", flat),
        bomb("zip of 100,000 members", "many.zip", many),
        bomb("zip whose 30,000 entries are one member of 4 MB", "overlapping.zip", overlapping),
        bomb("tar of 30,000 members", "many.tar", tar),
        bomb("tar of a member of 8 GB that is not there", "large.tar", tar_head("a.txt", "77777777777")),
    ]
}

fn tar_head(name: &str, size: &str) -> Vec<u8> {
    let mut head = vec![0u8; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[124..135].copy_from_slice(size.as_bytes());
    head[156] = b'0';
    head[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = head.iter().map(|b| u32::from(*b)).sum::<u32>() + 8 * 32;
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let sums = [crc32fast::hash(bytes), bytes.len() as u32].map(u32::to_le_bytes).concat();
    [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", &deflated(bytes)[..], &sums].concat()
}

/// Streams of one file that take a large window or give much.
fn packed() -> Vec<Bomb> {
    let blanks = vec![b' '; 32 << 20];
    let deep = (0..30).fold(b"harmless".to_vec(), |inner, _| gzip(&inner));
    let block = {
        use std::io::Write as _;
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        writer.write_all(&vec![b' '; 4 << 20]).unwrap();
        writer.finish().unwrap()
    };
    // A window of 4 GB, one of 3.75 TB, and again one of 4 GB, each with nothing behind it.
    let mut xz = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46".to_vec();
    let mut head = b"\x02\0\x21\x01\x28\0\0\0".to_vec();
    head.extend(crc32fast::hash(&head).to_le_bytes());
    xz.extend(head);
    xz.extend(b"\x01\xff\xff\0");
    xz.resize(70_000, 0);
    let zst = [b"\x28\xb5\x2f\xfd\0\xff", &b"\x01\0\0".repeat(10)[..]].concat();
    let lzma = [b"\x5d\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", &[0; 4096][..]].concat();
    let frames = zstd::encode_all(&blanks[..], 3).unwrap().repeat(200);
    vec![
        bomb("gz in gz, 30 deep", "deep.gz", deep),
        bomb("gz of 32 MB of blanks", "flat.txt.gz", gzip(&blanks)),
        bomb("bz2, 2,000 streams of 4 MB of blanks", "flat.txt.bz2", block.repeat(2000)),
        bomb("xz with a window of 4 GB", "window.txt.xz", xz),
        bomb("zst with a window of 3.75 TB", "window.txt.zst", zst),
        bomb("zst, 200 frames of 32 MB of blanks", "frames.txt.zst", frames),
        bomb("lzma with a window of 4 GB", "window.txt.lzma", lzma),
        bomb("7z with a window of 4 GB", "window.7z", sevenzip(b"\x23\x03\x01\x01\x05\x5d\xff\xff\xff\xff")),
        bomb(
            "7z, PPMd with 4 GB of memory",
            "memory.7z",
            sevenzip(b"\x23\x03\x04\x01\x05\x06\xff\xff\xff\xff"),
        ),
    ]
}

/// A 7z whose one folder has this coder, with a file of 1 GB in it.
fn sevenzip(coder: &[u8]) -> Vec<u8> {
    let body = [0u8; 64];
    let size = b"\xf0\0\0\0\x40";
    let header = [
        b"\x01\x04\x06\0\x01\x09\x40\0\x07\x0b\x01\0\x01",
        coder,
        b"\x0c",
        size,
        b"\0\x08\0\0\x05\x01\x11\x0d\0a\0.\0t\0x\0t\0\0\0\0\0",
    ]
    .concat();
    let start = [
        &64u64.to_le_bytes()[..],
        &(header.len() as u64).to_le_bytes(),
        &crc32fast::hash(&header).to_le_bytes(),
    ]
    .concat();
    [b"7z\xbc\xaf\x27\x1c\0\x04", &crc32fast::hash(&start).to_le_bytes()[..], &start, &body, &header].concat()
}

/// A package of Word with this body.
fn word(body: &str) -> Vec<u8> {
    let document = format!("<w:document xmlns:w=\"urn:w\"><w:body>{body}</w:body></w:document>");
    package("word/document.xml", &[("word/document.xml", document.as_bytes())])
}

fn package(main: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let types = format!(
        "<Types><Override PartName=\"/{main}\" ContentType=\"application/vnd.openxmlformats-officedocument.{}.main+xml\"/></Types>",
        if main.starts_with("xl") { "spreadsheetml.sheet" } else { "wordprocessingml.document" }
    );
    let root = format!(
        "<Relationships><Relationship Id=\"r\" Type=\"http://x/officeDocument\" Target=\"{main}\"/></Relationships>"
    );
    let mut all: Vec<(&str, &[u8])> =
        vec![("[Content_Types].xml", types.as_bytes()), ("_rels/.rels", root.as_bytes())];
    all.extend(parts);
    zip(&all)
}

fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    let relations = "<Relationships><Relationship Id=\"s\" Type=\"http://x/worksheet\" Target=\"sheet.xml\"/>\
        <Relationship Id=\"t\" Type=\"http://x/sharedStrings\" Target=\"strings.xml\"/></Relationships>";
    package(
        "xl/workbook.xml",
        &[
            ("xl/workbook.xml", b"<workbook><sheets><sheet name=\"S\" r:id=\"s\"/></sheets></workbook>"),
            ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
            ("xl/sheet.xml", sheet.as_bytes()),
            ("xl/strings.xml", strings.as_bytes()),
        ],
    )
}

fn repeated(times: usize, each: impl Fn(&mut String, usize)) -> String {
    (0..times).fold(String::new(), |mut out, n| {
        each(&mut out, n);
        out
    })
}

fn office() -> Vec<Bomb> {
    let entities = repeated(30, |out, n| {
        let inner = format!("&e{n};").repeat(10);
        let _ = write!(out, "<!ENTITY e{} \"{inner}\">", n + 1);
    });
    let laughs = format!(
        "<!DOCTYPE d [<!ENTITY e0 \"ha\">{entities}]><w:document><w:p><w:t>&e30;</w:t></w:p></w:document>"
    );
    let table = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let nested = "<w:tbl><w:tr><w:tc>".repeat(50_000);
    let far = repeated(200_000, |out, n| {
        let row = n * 5 + 1;
        let _ = write!(out, "<row r=\"{row}\"><c r=\"XFD{row}\" t=\"str\"><v>x</v></c></row>");
    });
    let columns =
        "<cols>".to_owned() + &"<col min=\"1\" max=\"16384\" hidden=\"1\"/>".repeat(100_000) + "</cols>";
    let same = "<row>".to_owned() + &"<c t=\"s\"><v>0</v></c>".repeat(500_000) + "</row>";
    let long = format!("<sst><si><t>{}</t></si></sst>", "long ".repeat(200_000));
    let rows = "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell \
        table:number-columns-repeated=\"16384\"><text:p>again and again</text:p></table:table-cell></table:table-row>";
    let ods = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"S\">{}</table:table></office:spreadsheet></office:body></office:document-content>",
        rows.repeat(100)
    );
    let parts: Vec<String> = (0..15_000).map(|n| format!("word/media/{n}.xml")).collect();
    let mut members: Vec<(&str, &[u8])> =
        parts.iter().map(|name| (name.as_str(), b"<a/>".as_slice())).collect();
    members.push(("word/document.xml", b"<w:document/>"));
    let laughing = package("word/document.xml", &[("word/document.xml", laughs.as_bytes())]);
    vec![
        bomb("docx, entities that expand 10^30 times", "laughs.docx", laughing),
        bomb("docx of 100,000 tables", "tables.docx", word(&table.repeat(100_000))),
        bomb("docx, tables 50,000 deep", "deep.docx", word(&nested)),
        bomb("docx of 15,000 parts", "parts.docx", package("word/document.xml", &members)),
        bomb(
            "xlsx, 200,000 cells far apart",
            "far.xlsx",
            workbook(&format!("<worksheet><sheetData>{far}"), "<sst/>"),
        ),
        bomb(
            "xlsx, one text of 1 MB in 500,000 cells",
            "same.xlsx",
            workbook(&format!("<worksheet><sheetData>{same}"), &long),
        ),
        bomb(
            "xlsx, 100,000 ranges of hidden columns",
            "columns.xlsx",
            workbook(&format!("<worksheet>{columns}<sheetData>{far}"), "<sst/>"),
        ),
        bomb(
            "ods, cells repeated 10^12 times",
            "repeated.ods",
            zip(&[
                ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
                ("content.xml", ods.as_bytes()),
            ]),
        ),
        bomb("rtf, a million open groups", "deep.rtf", [b"{\\rtf1 ", &b"{".repeat(1_000_000)[..]].concat()),
        bomb(
            "rtf, binary data of 2 GB that is not there",
            "bin.rtf",
            &b"{\\rtf1 {\\pict\\bin2147483647 abc}} after"[..],
        ),
        bomb("doc, chains of sectors that are rings", "rings.doc", compound()),
    ]
}

/// A compound file (MS-CFB) whose directory, table and streams lead back to themselves.
fn compound() -> Vec<u8> {
    let mut out = vec![0u8; 512 * 8];
    out[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    let mut put = |at: usize, value: u32| out[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(24, 0x0003_003e);
    put(28, 0x0009_fffe);
    put(32, 6);
    // Counts of sectors, where directory, small table and further tables begin: each table the next one's own.
    put(44, u32::MAX);
    put(48, 1);
    put(56, 4096);
    put(60, 2);
    put(64, u32::MAX);
    put(68, 3);
    put(72, u32::MAX);
    for entry in 0..109 {
        put(76 + entry * 4, 0);
    }
    // Sector 0: 0 and 1 lead to each other, all others to themselves.
    for sector in 0..128u32 {
        put(512 + sector as usize * 4, if sector < 2 { 1 - sector } else { sector });
    }
    // Sector 3, of further tables: its next is itself.
    for entry in 0..128 {
        put(512 * 4 + entry * 4, if entry == 127 { 3 } else { 0 });
    }
    for (n, name) in ["Root Entry", "WordDocument", "1Table", "Workbook"].iter().enumerate() {
        let at = 512 * 2 + n * 128;
        for (i, unit) in name.encode_utf16().enumerate() {
            out[at + i * 2..at + i * 2 + 2].copy_from_slice(&unit.to_le_bytes());
        }
        let own = |out: &mut Vec<u8>, field: usize, value: u32| {
            out[at + field..at + field + 4].copy_from_slice(&value.to_le_bytes());
        };
        own(&mut out, 64, name.len() as u32 * 2 + 2);
        out[at + 66] = if n == 0 { 5 } else { 2 };
        // Left, right and child: each other, and the root itself.
        own(&mut out, 68, (n as u32 + 1) % 4);
        own(&mut out, 72, (n as u32 + 2) % 4);
        own(&mut out, 76, 0);
        own(&mut out, 116, 4);
        own(&mut out, 120, 0x7fff_ffff);
    }
    out
}

/// Objects without a table, the first being the catalogue.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    for (object, number) in objects.iter().zip(1..) {
        out.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    out.extend(b"trailer<</Root 1 0 R>>\n%%EOF");
    out
}

fn stream(dictionary: &str, content: &[u8]) -> String {
    // Latin 1 as it is: every byte is a character of its own in `latin`.
    format!(
        "<<{dictionary}/Length {}>>stream\n{}\nendstream",
        content.len(),
        content.iter().map(|b| char::from(*b)).collect::<String>()
    )
}

fn latin(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).chars().map(|c| c as u32 as u8).collect()
}

fn pdfs() -> Vec<Bomb> {
    let own = |objects: &[&str]| pdf(&objects.iter().map(|object| (*object).to_owned()).collect::<Vec<_>>());
    let catalogue = "<</Type/Catalog/Pages 2 0 R>>".to_owned();
    // Each form draws the next ten times: 10^12 drawings.
    let mut forms = vec![
        catalogue.clone(),
        "<</Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>".to_owned(),
        stream("", b"/X Do"),
    ];
    forms.extend((6..18).map(|next| {
        stream(&format!("/Subtype/Form/Resources<</XObject<</X {next} 0 R>>>>"), &b"/X Do ".repeat(10))
    }));
    let trees = (0..40).map(|n| format!("<</Kids[{0} 0 R {0} 0 R {0} 0 R]>>", n + 3)).collect::<Vec<_>>();
    let mut tree = vec![catalogue.clone()];
    tree.extend(trees);
    let mut layers = b"BT /F 9 Tf (x) Tj ET ".repeat(200_000);
    (0..20).for_each(|_| layers = miniz_oxide::deflate::compress_to_vec_zlib(&layers, 6));
    let filters = "/FlateDecode ".repeat(20);
    let same = "3 0 R ".repeat(20_000);
    let content = miniz_oxide::deflate::compress_to_vec_zlib(&b"BT (x) Tj ET ".repeat(80_000), 6);
    let paint = "0 0 600 800 re f BT /F 9 Tf 1 0 0 1 9 9 Tm (x) Tj ET ".repeat(60_000);
    let ranges = "<0000> <ffff> <0041>\n".repeat(20_000);
    let map = format!("20000 beginbfrange\n{ranges}endbfrange");
    let page = "<</Type/Page/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>";
    let font = "<</Subtype/Type0/ToUnicode 6 0 R/DescendantFonts[<</W[0 65535 500 0 65535 500]>>]>>";
    vec![
        bomb("pdf, objects that are each other", "ring.pdf", own(&[&catalogue, "3 0 R", "4 0 R", "2 0 R"])),
        bomb("pdf, a page tree of itself, 3^40 pages", "tree.pdf", pdf(&tree)),
        bomb("pdf, forms that draw forms, 10^12 times", "forms.pdf", pdf(&forms)),
        bomb(
            "pdf, an object stream that lies in itself",
            "shelf.pdf",
            own(&[
                &catalogue,
                "<</Type/ObjStm/N 9/First 4/Extends 2 0 R/Length 2 0 R>>stream\n2 0 1 5\nendstream",
            ]),
        ),
        bomb(
            "pdf, content packed 20 times",
            "layers.pdf",
            latin(&pdf(&[
                catalogue.clone(),
                "<</Kids[3 0 R]>>".into(),
                page.into(),
                stream(&format!("/Filter[{filters}]"), &layers),
            ])),
        ),
        bomb(
            "pdf, 20,000 pages of one content of 1 MB",
            "pages.pdf",
            latin(&pdf(&[
                catalogue.clone(),
                format!("<</Kids[{}]>>", same.replace("3 0 R", page)),
                String::new(),
                stream("/Filter/FlateDecode", &content),
            ])),
        ),
        bomb(
            "pdf, 60,000 areas over 60,000 texts",
            "areas.pdf",
            pdf(&[
                catalogue.clone(),
                "<</Kids[3 0 R]>>".into(),
                page.into(),
                stream("", paint.as_bytes()),
                "<</Subtype/Type1>>".into(),
            ]),
        ),
        bomb(
            "pdf, a map of 20,000 ranges of all characters",
            "ranges.pdf",
            pdf(&[
                catalogue,
                "<</Kids[3 0 R]>>".into(),
                page.into(),
                stream("", b"BT /F 9 Tf (xxxxxxxx) Tj ET"),
                font.into(),
                stream("", map.as_bytes()),
            ]),
        ),
    ]
}

fn mails() -> Vec<Bomb> {
    let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    let parts = repeated(3000, |out, n| {
        let _ = write!(out, "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    });
    let boundaries = repeated(20_000, |out, n| {
        let _ = write!(out, "--o\r\nContent-Type: multipart/mixed; boundary=never{n}\r\n\r\n");
    });
    let head = "From: a@b.example\r\nSubject: deep\r\nMIME-Version: 1.0\r\n";
    let tnef = (0..30).fold(tnef(b"harmless"), |inner, _| tnef(&inner));
    vec![
        bomb("eml in eml, 50,000 deep", "deep.eml", format!("{head}{deep}")),
        bomb("eml, parts in parts, 3,000 deep", "parts.eml", format!("{head}{parts}")),
        bomb(
            "eml, 20,000 parts with boundaries that never come",
            "boundaries.eml",
            format!("{head}Content-Type: multipart/mixed; boundary=o\r\n\r\n{boundaries}"),
        ),
        bomb(
            "eml, a header of 8 MB",
            "header.eml",
            format!("{head}X-Long: {}\r\n\r\nHello", "x y ".repeat(2 << 20)),
        ),
        bomb(
            "eml, 300,000 header fields",
            "fields.eml",
            format!("{head}{}\r\nHello", "X: y\r\n".repeat(300_000)),
        ),
        bomb("winmail.dat in itself, 30 deep", "winmail.dat", tnef),
        bomb("winmail.dat, a property of 4 billion values", "properties.dat", properties()),
        bomb(
            "mbox of 50,000 letters",
            "many.mbox",
            "From a@b.example Mon Jan  1 00:00:00 2024\nSubject: x\n\nhi\n\n".repeat(50_000),
        ),
    ]
}

/// An attachment in TNEF (MS-OXTNEF): rendering data, title, data.
fn tnef(inner: &[u8]) -> Vec<u8> {
    let mut out = b"\x78\x9f\x3e\x22\x01\0".to_vec();
    for (id, data) in
        [(0x0006_9002u32, &[0u8; 14][..]), (0x0001_8010, b"winmail.dat\0"), (0x0006_800f, inner)]
    {
        out.push(2);
        out.extend([id, data.len() as u32].map(u32::to_le_bytes).concat());
        out.extend(data);
        out.extend(data.iter().fold(0u16, |sum, b| sum.wrapping_add(u16::from(*b))).to_le_bytes());
    }
    out
}

fn properties() -> Vec<u8> {
    let data = [1u32, 0x3001_101f, u32::MAX].map(u32::to_le_bytes).concat();
    let mut out = b"\x78\x9f\x3e\x22\x01\0\x01".to_vec();
    out.extend([0x0006_9003u32, data.len() as u32].map(u32::to_le_bytes).concat());
    out.extend(&data);
    out.extend(data.iter().fold(0u16, |sum, b| sum.wrapping_add(u16::from(*b))).to_le_bytes());
    out
}

fn texts() -> Vec<Bomb> {
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{}", "<g>".repeat(300_000));
    let event =
        format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:{}\r\nEND:VEVENT\r\n", "x\r\n ".repeat(500_000));
    let png = {
        let text =
            [b"Comment\0\0", &miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; 32 << 20], 6)[..]]
                .concat();
        let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0".to_vec();
        out.extend((text.len() as u32).to_be_bytes());
        out.extend([b"zTXt", &text[..], &[0; 4], b"\0\0\0\0IEND\0\0\0\0"].concat());
        out
    };
    vec![
        bomb("csv, one line of 8 MB", "line.csv", "x,".repeat(4 << 20)),
        bomb(
            "csv, a quote that never ends",
            "quote.csv",
            format!("a,b,c\n1,2,3\n\"{}", "x,\n".repeat(2 << 20)),
        ),
        bomb(
            "html, 200,000 open tags",
            "tags.html",
            format!("<html><body>{}", "<div><b><i><a>".repeat(50_000)),
        ),
        bomb(
            "html, 100,000 attributes of one tag",
            "attributes.html",
            format!("<html><p {}>", "a=b ".repeat(100_000)),
        ),
        bomb("svg, 300,000 open groups", "groups.svg", svg),
        bomb("ics, one line folded 500,000 times", "folded.ics", event),
        bomb("png, a comment of 32 MB of blanks", "comment.png", png),
    ]
}
