//! Property sets of compound files (MS-OLEPS): title, author, company and what else is said of a file.

use super::strings::{code_page, u16_at, u32_at, utf16};
use crate::files::{Budget, Limit, Reason, Shown, Writing};

const MOST: usize = 1000;

/// Properties by number (MS-OLEPS, section 3.1.2 and MS-OSHARED, section 2.3.3.2.2).
const SUMMARY: [(u32, &str); 8] = [
    (2, "title"),
    (3, "subject"),
    (4, "author"),
    (5, "keywords"),
    (6, "comments"),
    (7, "template"),
    (8, "last author"),
    (18, "program"),
];
const DOCUMENT_SUMMARY: [(u32, &str); 3] = [(2, "category"), (14, "manager"), (15, "company")];

pub(super) fn read(stream: &[u8], budget: &mut Budget) {
    let mut rows = String::new();
    let sections = u32_at(stream, 24).unwrap_or(0).min(2) as usize;
    for section in 0..sections {
        let Some(at) = u32_at(stream, 44 + 20 * section) else { break };
        let id = stream.get(28 + 20 * section..).and_then(|id| id.first_chunk::<4>());
        let names: &[(u32, &str)] = match id {
            Some([0xe0, 0x85, 0x9f, 0xf2]) => &SUMMARY,
            Some([0x02, 0xd5, 0xcd, 0xd5]) => &DOCUMENT_SUMMARY,
            _ => &[],
        };
        if let Some(section) = stream.get(at as usize..) {
            read_section(section, names, &mut rows);
            if u32_at(section, 4).unwrap_or(0) as usize > MOST {
                budget.missed("metadata", "properties", Reason::Limit(Limit::Steps));
            }
        }
    }
    budget.text("metadata", Shown::Hidden, Writing::Rows, rows);
}

fn read_section(section: &[u8], names: &[(u32, &str)], rows: &mut String) {
    let count = u32_at(section, 4).unwrap_or(0) as usize;
    let property = |i: usize| Some((u32_at(section, 8 + 8 * i)?, u32_at(section, 12 + 8 * i)? as usize));
    let properties: Vec<(u32, usize)> = (0..count.min(MOST)).map_while(property).collect();
    let page = properties.iter().find(|(id, _)| *id == 1).and_then(|(_, at)| u16_at(section, at + 4));
    let encoding = code_page(page.map_or(1252, u32::from));
    for (id, at) in properties {
        let Some(value) = section.get(at..) else { continue };
        for text in texts(value, encoding) {
            let text = text.trim_matches(['\0', ' ', '\n', '\r']);
            if !text.is_empty() {
                let name = names.iter().find(|(own, _)| *own == id).map_or("property", |(_, name)| name);
                rows.push_str(&format!("{name}\t{text}\n"));
            }
        }
    }
}

/// The strings of a typed value (section 2.15), of vectors each.
fn texts(value: &[u8], encoding: &'static encoding_rs::Encoding) -> Vec<String> {
    let kind = u32_at(value, 0).unwrap_or(0);
    let is_vector = kind & 0x1000 != 0;
    let (mut at, count) = if is_vector { (8, u32_at(value, 4).unwrap_or(0)) } else { (4, 1) };
    let mut out = Vec::new();
    for _ in 0..count.min(MOST as u32) {
        let mut own = kind & 0xfff;
        if own == 12 {
            own = u32_at(value, at).unwrap_or(0);
            at += 4;
        }
        let length = u32_at(value, at).unwrap_or(0) as usize;
        let bytes = match own {
            30 => length,
            31 => length.saturating_mul(2),
            // A number within a vector of pairs.
            3 => {
                at += 4;
                continue;
            }
            _ => break,
        };
        let Some(text) = value.get(at + 4..).and_then(|rest| rest.get(..bytes)) else { break };
        out.push(if own == 31 {
            utf16(text)
        } else {
            encoding.decode_without_bom_handling(text).0.into_owned()
        });
        at += 4 + bytes;
        if own == 31 || kind & 0xfff == 12 {
            at = at.next_multiple_of(if own == 31 { 4 } else { 1 });
        }
    }
    out
}
