//! Kinds that show in the first bytes.

use super::{
    super::{
        archive,
        bytes::{find, slice, u16_le, u32_le},
        mail,
        text::charset,
    },
    Kind,
};

const LZ4: &[u8] = b"\x04\x22\x4d\x18";

/// Binary formats by what they begin with.
const BEGINNINGS: &[(&[u8], Kind)] = &[
    (b"{\\rt", Kind::Rtf),
    (b"\x89PNG\r\n\x1a\n", Kind::Png),
    (b"\xff\xd8\xff", Kind::Jpeg),
    (b"GIF87a", Kind::Gif),
    (b"GIF89a", Kind::Gif),
    (b"II*\0", Kind::Tiff),
    (b"MM\0*", Kind::Tiff),
    (b"II+\0", Kind::Tiff),
    (b"8BPS", Kind::OtherPicture),
    (b"\x01\0\0\0\x6c\0\0\0", Kind::OtherPicture),
    (b"\xd7\xcd\xc6\x9a", Kind::OtherPicture),
    (b"\0\0\x01\0\x01\0", Kind::OtherPicture),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind::OtherPicture),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind::OtherPicture),
    (b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (b"Rar!\x1a\x07", Kind::Rar),
    (b"\x1f\x8b\x08", Kind::Gzip),
    (b"\xfd7zXZ\0", Kind::Xz),
    (b"\x28\xb5\x2f\xfd", Kind::Zstd),
    (LZ4, Kind::OtherArchive),
    (b"MSCF", Kind::Cab),
    (b"\x1f\x9d", Kind::OtherArchive),
    (b"\x1f\xa0", Kind::OtherArchive),
    (b"LZIP", Kind::OtherArchive),
    (b"\x60\xea", Kind::OtherArchive),
    (b"070701", Kind::OtherArchive),
    (b"!<arch>\n", Kind::OtherArchive),
    (b"\x78\x9f\x3e\x22", Kind::Tnef),
    (b"\x7fELF", Kind::Program),
    (b"\xcf\xfa\xed\xfe", Kind::Program),
    (b"\xce\xfa\xed\xfe", Kind::Program),
    (b"\xfe\xed\xfa\xce", Kind::Program),
    (b"\xfe\xed\xfa\xcf", Kind::Program),
    (b"\0asm", Kind::Bytecode),
    (b"dex\n03", Kind::Bytecode),
    (b"L\0\0\0\x01\x14\x02\0", Kind::Shortcut),
    (b"ITSF\x03\0\0\0", Kind::Help),
    (b"\xed\xab\xee\xdb", Kind::OtherArchive),
    (b"!BDN", Kind::Pst),
    (b"\0\x01\0\0Standard Jet DB", Kind::Access),
    (b"\0\x01\0\0Standard ACE DB", Kind::Access),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Kind::OneNote),
    (b"SQLite format 3\0", Kind::Database),
    (b"%!PS", Kind::PostScript),
    (b"\xc5\xd0\xd3\xc6", Kind::PostScript),
    (b"ID3", Kind::Audio),
    (b"OggS", Kind::Audio),
    (b"fLaC", Kind::Audio),
    (b"MThd", Kind::Audio),
    (b"#!AMR", Kind::Audio),
    (b"\x1a\x45\xdf\xa3", Kind::Video),
    (b"FLV\x01", Kind::Video),
    (b"\0\0\x01\xba", Kind::Video),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind::Video),
    (b"FWS", Kind::Video),
    (b"CWS", Kind::Video),
    (b"\0\x01\0\0\0", Kind::Font),
    (b"OTTO", Kind::Font),
    (b"wOFF", Kind::Font),
    (b"wOF2", Kind::Font),
    (b"conectix", Kind::DiskImage),
    (b"vhdxfile", Kind::DiskImage),
    (b"KDMV", Kind::DiskImage),
    (b"QFI\xfb", Kind::DiskImage),
    // AppleSingle and AppleDouble (RFC 1740).
    (b"\0\x05\x16\0", Kind::AppleDouble),
    (b"\0\x05\x16\x07", Kind::AppleDouble),
    (b"\0\0\0\x01Bud1", Kind::FolderNotes),
];

pub(super) fn binary(bytes: &[u8]) -> Option<Kind> {
    let begins = BEGINNINGS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| *kind);
    begins
        .filter(|kind| {
            *kind != Kind::Font || bytes.get(4..6).is_some_and(|n| n[0] == 0 || bytes.starts_with(b"O"))
        })
        .or_else(|| by_fields(bytes))
}

/// Formats that show by more than a beginning.
fn by_fields(bytes: &[u8]) -> Option<Kind> {
    if is_portable_executable(bytes) {
        return Some(Kind::Program);
    }
    if bytes.starts_with(b"\xca\xfe\xba\xbe") {
        // A Java class has a version of 45 or more where a fat Mach-O has its few architectures.
        let is_class = bytes.get(7).is_some_and(|major| *major >= 45);
        return Some(if is_class { Kind::Bytecode } else { Kind::Program });
    }
    if archive::single::is_skippable(bytes) {
        // LZ4 has the same frames to be skipped.
        let (first, _) = archive::single::behind_skippable(bytes);
        return Some(if first.starts_with(LZ4) { Kind::OtherArchive } else { Kind::Zstd });
    }
    if archive::single::is_bzip2(bytes) {
        return Some(Kind::Bzip2);
    }
    if bytes.starts_with(b"BM")
        && slice(bytes, 6, 4) == Some(&[0; 4])
        && u32_le(bytes, 14).is_some_and(|n| n <= 124)
    {
        return Some(Kind::Bmp);
    }
    if bytes.starts_with(b"RIFF") {
        return Some(match slice(bytes, 8, 4)? {
            b"WEBP" => Kind::Webp,
            b"AVI " => Kind::Video,
            _ => Kind::Audio,
        });
    }
    if slice(bytes, 4, 4) == Some(b"ftyp") {
        return Some(match slice(bytes, 8, 4)? {
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif" | b"avis" => {
                Kind::Heic
            }
            b"M4A " | b"M4B " => Kind::Audio,
            _ => Kind::Video,
        });
    }
    if matches!(slice(bytes, 4, 4), Some(b"moov" | b"mdat" | b"wide")) {
        return Some(Kind::Video);
    }
    // ISO 9660 and UDF: volume descriptors from sector 16 on.
    if matches!(slice(bytes, 0x8001, 5), Some(b"CD001" | b"BEA01" | b"NSR02" | b"NSR03")) {
        return Some(Kind::DiskImage);
    }
    if slice(bytes, 257, 5) == Some(b"ustar")
        || bytes.len() >= 512 && bytes.len().is_multiple_of(512) && archive::tar::is_header(bytes)
    {
        return Some(Kind::Tar);
    }
    if bytes.starts_with(b"\x5d\0\0") && bytes.get(12).is_some_and(|high| matches!(high, 0 | 0xff)) {
        return Some(Kind::Lzma);
    }
    if slice(bytes, 2, 3) == Some(b"-lh") {
        return Some(Kind::OtherArchive);
    }
    if bytes.len() > 512
        && bytes.len().is_multiple_of(512)
        && slice(bytes, bytes.len() - 512, 4) == Some(b"koly")
    {
        return Some(Kind::DiskImage);
    }
    // An MPEG audio frame: eleven bits set, and neither version, layer nor rate reserved. FF FE is the mark
    // of UTF-16, and layer I, which it would be, is not met.
    if let [0xff, second, third, ..] = bytes
        && second & 0xe0 == 0xe0
        && *second != 0xfe
        && second & 0x18 != 0x08
        && second & 0x06 != 0
        && third & 0xf0 != 0xf0
        && third & 0x0c != 0x0c
    {
        return Some(Kind::Audio);
    }
    if is_cms(bytes) {
        return Some(Kind::Cms);
    }
    None
}

fn is_portable_executable(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"MZ") && !bytes.starts_with(b"ZM") {
        return false;
    }
    let header = u32_le(bytes, 0x3c).and_then(|at| usize::try_from(at).ok());
    let is_new = header.is_some_and(|at| matches!(slice(bytes, at, 2), Some(b"PE" | b"NE" | b"LE" | b"LX")));
    // DOS programs have no second header; their first says how many pages they have.
    is_new
        || u16_le(bytes, 2).is_some_and(|last| last < 512)
            && bytes.len() >= 64
            && bytes.iter().take(64).any(|b| *b == 0)
}

/// DER of a CMS content (RFC 5652): a sequence that begins with the object id of its type.
fn is_cms(bytes: &[u8]) -> bool {
    let head = bytes.get(..40).unwrap_or(bytes);
    head.first() == Some(&0x30)
        && find(head, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", 0).is_some_and(|at| at <= 6)
        || head.first() == Some(&0x30)
            && find(head, b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01", 0).is_some_and(|at| at <= 6)
}

/// Kinds that are text.
pub(super) fn text(bytes: &[u8]) -> Option<Kind> {
    if !charset::is_text(bytes) {
        return None;
    }
    let head = bytes.get(..8192).unwrap_or(bytes);
    let text = charset::decode(head, None).trim_start().to_owned();
    let lower = text.to_ascii_lowercase();
    Some(if lower.starts_with("{\\rtf") {
        Kind::Rtf
    } else if lower.starts_with("begin:vcalendar") {
        Kind::Calendar
    } else if lower.starts_with("begin:vcard") {
        Kind::Card
    } else if text.starts_with("-----BEGIN PGP MESSAGE-----") {
        Kind::PgpMessage
    } else if text.starts_with("-----BEGIN PGP") && !text.starts_with("-----BEGIN PGP SIGNED") {
        Kind::PgpOther
    } else if text.starts_with("-----BEGIN PKCS7-----") || text.starts_with("-----BEGIN CMS-----") {
        Kind::Cms
    } else if mail::is_mbox(head) {
        Kind::Mbox
    } else if mail::is_mail(head) {
        Kind::Mail
    } else if let Some(kind) = markup(&lower) {
        kind
    } else if let Some(kind) = script(&lower) {
        kind
    } else {
        Kind::Text
    })
}

/// Markup by its first tag, comments and declarations before it passed over.
fn markup(lower: &str) -> Option<Kind> {
    let mut rest = lower;
    let mut is_xml = false;
    while let Some(inner) = rest.strip_prefix("<?").or_else(|| rest.strip_prefix("<!")) {
        if inner.starts_with("doctype html") {
            return Some(Kind::Html);
        }
        is_xml |= rest.starts_with("<?xml");
        let end = if inner.starts_with("--") {
            inner.find("-->").map(|at| at + 3)
        } else {
            inner.find('>').map(|at| at + 1)
        };
        rest = end.and_then(|end| inner.get(end..)).unwrap_or_default().trim_start();
    }
    let tag: String = rest
        .strip_prefix('<')
        .unwrap_or_default()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || ":-_".contains(*c))
        .collect();
    match tag.as_str() {
        "svg" | "svg:svg" => Some(Kind::Svg),
        "html" | "head" | "body" | "title" | "meta" | "table" | "div" | "p" | "script" | "style"
        | "center" | "font" | "h1" | "h2" | "h3" | "span" | "form" | "iframe" | "br" | "b" | "a" | "img"
        | "ul" | "ol" => Some(Kind::Html),
        // Word and Excel save pages whose first tag is far down.
        _ if lower.contains("<html") && rest.len() < lower.len() => Some(Kind::Html),
        "" if is_xml => Some(Kind::Xml),
        "" => None,
        _ if is_xml => Some(Kind::Xml),
        _ if lower.starts_with('<') && lower.contains("<html") => Some(Kind::Html),
        _ => None,
    }
}

/// Scripts that a system runs. Python and the like, which pupils send as homework, are text: a double
/// click does not run them where nothing was installed.
fn script(lower: &str) -> Option<Kind> {
    let first = lower.lines().next().unwrap_or_default();
    if first.starts_with("#!")
        && ["sh", "bash", "zsh", "ksh", "dash", "perl", "osascript"]
            .iter()
            .any(|s| first.trim_end().ends_with(s) || first.contains(&format!("/{s} ")))
    {
        return Some(Kind::ShellScript);
    }
    let batch =
        ["@echo off", "@echo on", "@powershell", "@if ", "rem @echo", ":: @echo", "windows registry editor"];
    let windows = batch.iter().any(|start| first.trim_start().starts_with(start))
        || lower.contains("wscript.shell")
        || lower.contains("createobject(")
            && (lower.contains("wscript") || lower.contains("activexobject") || lower.contains("set "))
        || lower.contains("new activexobject(")
        || lower.starts_with("powershell ")
        || lower.contains("powershell")
            && (lower.contains(" -enc") || lower.contains("-executionpolicy bypass"))
        || first.starts_with("[internetshortcut]");
    windows.then_some(Kind::WindowsScript)
}
