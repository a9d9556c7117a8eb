//! Kinds that share a container: zips by their members, compound files ([MS-CFB]) by their streams.

use super::{
    super::{
        archive::first_names,
        bytes::{find, slice, u16_le},
        thumbnails,
    },
    Kind,
};
use std::io::Cursor;

/// Members looked at: office programs write those that count among the first.
const MOST_MEMBERS: usize = 4096;

pub(super) fn is_zip(bytes: &[u8]) -> bool {
    matches!(bytes.get(..4), Some(b"PK\x03\x04" | b"PK\x05\x06" | b"PK\x07\x08"))
        // A split archive of one part.
        || bytes.starts_with(b"PK00PK\x03\x04")
}

/// Whether there is a directory of a zip at the end, with members.
pub(super) fn ends_as_zip(bytes: &[u8]) -> bool {
    first_names(bytes, 1).is_some()
}

pub(super) fn zip(bytes: &[u8]) -> Kind {
    if let Some(kind) = mimetype(bytes).and_then(by_mimetype) {
        return kind;
    }
    let Some(names) = first_names(bytes, MOST_MEMBERS) else { return Kind::Zip };
    let has = |name: &str| names.iter().any(|member| member.eq_ignore_ascii_case(name));
    let under = |folder: &str| {
        names
            .iter()
            .any(|name| name.get(..folder.len()).is_some_and(|start| start.eq_ignore_ascii_case(folder)))
    };
    if has("AndroidManifest.xml") {
        Kind::Apk
    } else if has("[Content_Types].xml") {
        match () {
            () if has("xl/workbook.bin") => Kind::Xlsb,
            () if under("word/") => Kind::Docx,
            () if under("xl/") => Kind::Xlsx,
            () if under("ppt/") => Kind::Pptx,
            () => Kind::OtherOoxml,
        }
    } else if has("content.xml") && has("META-INF/manifest.xml") {
        Kind::OtherOdf
    } else if has("META-INF/MANIFEST.MF") {
        Kind::Jar
    } else if has("Index/Document.iwa") || has("Index.zip") {
        Kind::IWork
    } else {
        Kind::Zip
    }
}

/// Whether a member of this name is one of an office document's own, which its reader knows. Any other is
/// a file that someone put beside them.
pub(in super::super) fn belongs(kind: Kind, name: &str) -> bool {
    let own: &[&str] = match kind {
        Kind::Docx | Kind::Xlsx | Kind::Xlsb | Kind::Pptx | Kind::OtherOoxml => OOXML,
        Kind::Odt | Kind::Ods | Kind::Odp | Kind::OtherOdf => ODF,
        _ => return false,
    };
    let name = name.to_ascii_lowercase();
    own.iter().any(|own| if own.ends_with('/') { name.starts_with(own) } else { name == *own })
}

/// Parts and folders that office programs write (ECMA-376 part 2).
const OOXML: &[&str] = &[
    "[content_types].xml",
    "_rels/",
    "docprops/",
    "word/",
    "xl/",
    "ppt/",
    "visio/",
    "customxml/",
    "customui/",
    "usercustomization/",
    "docmetadata/",
    "[trash]/",
    "mimetype",
];

/// OpenDocument 1.3 part 2, section 3, and what LibreOffice adds.
const ODF: &[&str] = &[
    "mimetype",
    "content.xml",
    "styles.xml",
    "meta.xml",
    "settings.xml",
    "manifest.rdf",
    "layout-cache",
    "meta-inf/",
    "pictures/",
    "thumbnails/",
    "configurations2/",
    "objectreplacements/",
    "basic/",
    "scripts/",
    "dialogs/",
    "media/",
    "database/",
    "forms/",
    "reports/",
    "fonts/",
    "encrypted-package",
];

/// The stored first member `mimetype` (OpenDocument 1.3 part 2, section 3.3; EPUB OCF).
fn mimetype(bytes: &[u8]) -> Option<&[u8]> {
    if slice(bytes, 30, 8)? != b"mimetype" {
        return None;
    }
    let start = 38 + usize::from(u16_le(bytes, 28)?);
    let text = bytes.get(start..)?;
    let end = find(text, b"PK", 0).unwrap_or(text.len()).min(128);
    text.get(..end)
}

fn by_mimetype(text: &[u8]) -> Option<Kind> {
    let sub = text.strip_prefix(b"application/vnd.oasis.opendocument.");
    Some(match sub {
        None if text.starts_with(b"application/epub+zip") => Kind::Epub,
        None => return None,
        Some(sub) if sub.starts_with(b"text") => Kind::Odt,
        Some(sub) if sub.starts_with(b"spreadsheet") => Kind::Ods,
        Some(sub) if sub.starts_with(b"presentation") => Kind::Odp,
        Some(_) => Kind::OtherOdf,
    })
}

pub(super) fn compound(bytes: &[u8]) -> Kind {
    let Ok(file) = cfb::CompoundFile::open(Cursor::new(bytes)) else { return Kind::Compound };
    let has = |name: &str| file.exists(name);
    if has("/EncryptedPackage") {
        Kind::EncryptedOffice
    } else if has("/__properties_version1.0") {
        Kind::Msg
    } else if has("/WordDocument") {
        Kind::Doc
    } else if has("/Workbook") || has("/Book") {
        Kind::Xls
    } else if has("/PowerPoint Document") || has("/PP40") {
        Kind::Ppt
    } else if has("/VisioDocument") {
        Kind::Visio
    } else if has("/Quill") {
        Kind::Publisher
    } else if is_installer(&file) {
        Kind::Installer
    } else if thumbnails::is_one(&file) {
        Kind::Thumbnails
    } else {
        Kind::Compound
    }
}

/// Windows Installer's packages, patches and transforms, by the class of their root.
fn is_installer(file: &cfb::CompoundFile<Cursor<&[u8]>>) -> bool {
    let class = file.root_entry().clsid().as_u128();
    matches!(
        class,
        0x000c1084_0000_0000_c000_000000000046
            | 0x000c1086_0000_0000_c000_000000000046
            | 0x000c1082_0000_0000_c000_000000000046
    )
}
