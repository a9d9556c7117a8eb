//! What a file is by its bytes, whatever it is called.

mod magic;
mod promise;
mod structure;

pub(super) use promise::{differs, is_beside_a_file, is_finders, opens_as_text, said};
pub(super) use structure::belongs;

/// The kinds that are told apart. Those of one reader that differ for a person are apart too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Empty,
    Unknown,
    Text,
    Html,
    Xml,
    Svg,
    Rtf,
    Calendar,
    Card,
    Mail,
    Mbox,
    ShellScript,
    WindowsScript,
    PgpMessage,
    PgpOther,
    Cms,
    Pdf,
    PostScript,
    Docx,
    Xlsx,
    Xlsb,
    Pptx,
    OtherOoxml,
    Odt,
    Ods,
    Odp,
    OtherOdf,
    Epub,
    IWork,
    Jar,
    Apk,
    Zip,
    Doc,
    Xls,
    Ppt,
    Msg,
    Publisher,
    Visio,
    EncryptedOffice,
    Installer,
    Compound,
    Access,
    OneNote,
    Pst,
    Tnef,
    SevenZip,
    Tar,
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Zstd,
    Rar,
    Cab,
    OtherArchive,
    DiskImage,
    Png,
    Jpeg,
    Gif,
    Webp,
    Heic,
    Tiff,
    Bmp,
    OtherPicture,
    Program,
    Bytecode,
    Shortcut,
    Help,
    Audio,
    Video,
    Font,
    Database,
    AppleDouble,
    FolderNotes,
    Thumbnails,
}

impl Kind {
    /// A stable word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unknown => "unknown",
            Self::Text => "text",
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Svg => "svg",
            Self::Rtf => "rtf",
            Self::Calendar => "ics",
            Self::Card => "vcf",
            Self::Mail => "eml",
            Self::Mbox => "mbox",
            Self::ShellScript => "shell-script",
            Self::WindowsScript => "windows-script",
            Self::PgpMessage | Self::PgpOther => "pgp",
            Self::Cms => "smime",
            Self::Pdf => "pdf",
            Self::PostScript => "postscript",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Xlsb => "xlsb",
            Self::Pptx => "pptx",
            Self::OtherOoxml => "ooxml",
            Self::Odt => "odt",
            Self::Ods => "ods",
            Self::Odp => "odp",
            Self::OtherOdf => "odf",
            Self::Epub => "epub",
            Self::IWork => "iwork",
            Self::Jar => "jar",
            Self::Apk => "apk",
            Self::Zip => "zip",
            Self::Doc => "doc",
            Self::Xls => "xls",
            Self::Ppt => "ppt",
            Self::Msg => "msg",
            Self::Publisher => "pub",
            Self::Visio => "vsd",
            Self::EncryptedOffice => "encrypted-office",
            Self::Installer => "msi",
            Self::Compound => "cfb",
            Self::Access => "access",
            Self::OneNote => "onenote",
            Self::Pst => "pst",
            Self::Tnef => "tnef",
            Self::SevenZip => "7z",
            Self::Tar => "tar",
            Self::Gzip => "gz",
            Self::Bzip2 => "bz2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zst",
            Self::Rar => "rar",
            Self::Cab => "cab",
            Self::OtherArchive => "archive",
            Self::DiskImage => "iso",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Heic => "heic",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::OtherPicture => "picture",
            Self::Program => "exe",
            Self::Bytecode => "bytecode",
            Self::Shortcut => "lnk",
            Self::Help => "chm",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Font => "font",
            Self::Database => "database",
            Self::AppleDouble => "appledouble",
            Self::FolderNotes => "ds-store",
            Self::Thumbnails => "thumbs-db",
        }
    }

    /// Whether opening it runs what is in it, or hands it to something that does.
    pub(super) fn is_program(self) -> bool {
        matches!(
            self,
            Self::ShellScript
                | Self::WindowsScript
                | Self::Jar
                | Self::Apk
                | Self::Installer
                | Self::DiskImage
                | Self::Program
                | Self::Bytecode
                | Self::Shortcut
                | Self::Help
        )
    }

    pub(super) fn is_picture(self) -> bool {
        matches!(
            self,
            Self::Png
                | Self::Jpeg
                | Self::Gif
                | Self::Webp
                | Self::Heic
                | Self::Tiff
                | Self::Bmp
                | Self::OtherPicture
        )
    }

    /// A zip by its structure.
    pub(super) fn is_zip(self) -> bool {
        matches!(
            self,
            Self::Docx
                | Self::Xlsx
                | Self::Xlsb
                | Self::Pptx
                | Self::OtherOoxml
                | Self::Odt
                | Self::Ods
                | Self::Odp
                | Self::OtherOdf
                | Self::Epub
                | Self::IWork
                | Self::Jar
                | Self::Apk
                | Self::Zip
        )
    }
}

/// What `bytes` are.
pub(super) fn of(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        return Kind::Empty;
    }
    if bytes.starts_with(b"PK") && structure::is_zip(bytes) {
        return structure::zip(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return structure::compound(bytes);
    }
    if let Some(kind) = magic::binary(bytes) {
        return kind;
    }
    let text = magic::text(bytes);
    // Readers look for a PDF's mark within the first kilobyte (ISO 32000-2, annex C, and all practice).
    let head = bytes.get(..1024).unwrap_or(bytes);
    let has_pdf = memchr::memmem::find(head, b"%PDF-").is_some();
    match text {
        _ if has_pdf && !matches!(text, Some(Kind::Mail | Kind::Mbox | Kind::Html)) => Kind::Pdf,
        Some(kind) => kind,
        // Behind a self-extractor's program, or behind anything.
        None if structure::ends_as_zip(bytes) => structure::zip(bytes),
        None if super::archive::tar::is_header(bytes) => Kind::Tar,
        // A mail with raw bytes in it is one to mail programs.
        None if super::mail::is_mail(head) => Kind::Mail,
        None => Kind::Unknown,
    }
}

/// A zip that lies behind a file of another kind: programs that look for its end open it all the same.
pub(super) fn has_zip_behind(kind: Kind, bytes: &[u8]) -> bool {
    let holds_files = matches!(
        kind,
        Kind::Msg
            | Kind::Doc
            | Kind::Xls
            | Kind::Ppt
            | Kind::Compound
            | Kind::Thumbnails
            | Kind::Publisher
            | Kind::Visio
            | Kind::EncryptedOffice
            | Kind::Installer
            | Kind::Tnef
            | Kind::Tar
            | Kind::SevenZip
            | Kind::Rar
            | Kind::DiskImage
            | Kind::Pst
            | Kind::Access
            | Kind::OneNote
            | Kind::OtherArchive
    );
    // A file that holds others may end with a zip that is its own.
    !kind.is_zip()
        && kind != Kind::Empty
        && structure::ends_as_zip(bytes)
        && (!holds_files || super::archive::ends_exactly(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_what_files_begin_with() {
        let tar_like = [vec![b'a'; 257], b"ustar\0".to_vec(), vec![0; 600]].concat();
        let iso = [vec![0; 0x8001], b"CD001".to_vec()].concat();
        let mut program = b"MZ\x90\0".to_vec();
        program.resize(0x3c, 0);
        program.extend(b"\x40\0\0\0PE\0\0");
        for (bytes, kind) in [
            (&b""[..], Kind::Empty),
            (b"%PDF-1.7\n%\xe2\xe3", Kind::Pdf),
            (b"\r\n\r\njunk in front\n%PDF-1.4\n1 0 obj", Kind::Pdf),
            (b"\0\x01\x02junk\xff%PDF-1.4\n1 0 obj", Kind::Pdf),
            (b"{\\rtf1 x}", Kind::Rtf),
            (b"\xef\xbb\xbf<!DOCTYPE html><p>", Kind::Html),
            (b"<!-- saved --><html>", Kind::Html),
            (b"<?xml version='1.0'?><!-- x --><svg xmlns='a'/>", Kind::Svg),
            (b"<?xml version='1.0'?><Workbook/>", Kind::Xml),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", Kind::Html),
            (b"BEGIN:VCALENDAR\nVERSION:2.0", Kind::Calendar),
            (b"\nbegin:vcard\n", Kind::Card),
            (b"From: a@b.example\nDate: Mon\nSubject: x\n\ny", Kind::Mail),
            (b"-----BEGIN PGP MESSAGE-----\n\nxx", Kind::PgpMessage),
            (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0", Kind::Cms),
            (b"PK\x03\x04\x14\0", Kind::Zip),
            (b"7z\xbc\xaf\x27\x1c\0\x04", Kind::SevenZip),
            (b"Rar!\x1a\x07\x01\0", Kind::Rar),
            (b"\x1f\x8b\x08\0", Kind::Gzip),
            (b"BZh91AY&SY", Kind::Bzip2),
            (b"BZh is not a bzip2 file at all", Kind::Text),
            (&tar_like, Kind::Tar),
            (&iso, Kind::DiskImage),
            (&program, Kind::Program),
            (b"MZ is how Zoe signs", Kind::Text),
            (b"\x7fELF\x02\x01\x01\0", Kind::Program),
            (b"\xca\xfe\xba\xbe\0\0\0\x02", Kind::Program),
            (b"\xca\xfe\xba\xbe\0\0\0\x41", Kind::Bytecode),
            (b"\0asm\x01\0\0\0", Kind::Bytecode),
            (b"L\0\0\0\x01\x14\x02\0\0\0", Kind::Shortcut),
            (b"#!/bin/bash\nrm x", Kind::ShellScript),
            (b"#!/usr/bin/env python3\nprint()", Kind::Text),
            (b"@echo off\r\ndel x", Kind::WindowsScript),
            (b"Set s = CreateObject(\"WScript.Shell\")", Kind::WindowsScript),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Webp),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Kind::Heic),
            (b"\0\0\0\x18ftypisom\0\0\0\0", Kind::Video),
            (b"BM it is said", Kind::Text),
            (b"\x78\x9f\x3e\x22\0\0", Kind::Tnef),
            (b"From: a@b.example\nMessage-ID: <1>\n\n\0\x01\0\x02", Kind::Mail),
            (b"\0\x05\x16\x07\0\x02\0\0", Kind::AppleDouble),
            (b"\0\0\0\x01Bud1\0\0\x10\0", Kind::FolderNotes),
            (b"plain words", Kind::Text),
            (b"\x01\x02\x03\x04\0\0", Kind::Unknown),
        ] {
            assert_eq!(of(bytes), kind, "{:?}", String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes)));
        }
    }
}
