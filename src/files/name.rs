//! Names of files: as a place, and as a promise of what the file is. Windows goes by the last ending
//! alone, which is what names like `photo.jpg.exe` play with.

/// Longest name within a place, in characters.
const LONGEST_PLACE: usize = 120;
/// Longest name that is read as text, in bytes.
const LONGEST_NAME: usize = 4096;

/// A member's name as part of a place: no control or direction characters, its middle cut when it is long.
pub(super) fn place(name: &str) -> String {
    let clean = |c: &char| !c.is_control() && !turns(*c);
    let length = name.chars().filter(clean).take(LONGEST_PLACE + 1).count();
    let mut out: String = name.chars().filter(clean).take(LONGEST_PLACE).collect();
    if length > LONGEST_PLACE {
        let tail: Vec<char> = name.chars().rev().filter(clean).take(19).collect();
        out = out.chars().take(LONGEST_PLACE - 20).chain(['…']).chain(tail.into_iter().rev()).collect();
    }
    if out.trim().is_empty() { "unnamed".to_owned() } else { out }
}

/// A name as text, bounded.
pub(super) fn text(name: &str) -> String {
    name.get(..name.floor_char_boundary(LONGEST_NAME)).unwrap_or_default().to_owned()
}

/// The ending by which Windows chooses the program, in lower case: `exe` for `a/photo.jpg.EXE. `.
pub(super) fn ending(name: &str) -> Option<String> {
    let base = base(name);
    let shown = base.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control() || turns(c));
    let (_, ending) = shown.rsplit_once(is_dot)?;
    let ending: String = ending.chars().filter(|c| !turns(*c) && !c.is_control()).collect();
    let ending = ending.trim().to_lowercase();
    (!ending.is_empty() && ending.len() <= 40).then_some(ending)
}

/// Whether a double click on a file of this ending runs what is in it (Windows, macOS, Android).
pub(super) fn runs(ending: &str) -> bool {
    PROGRAMS.contains(&ending)
}

/// Whether the name is made to look like that of another kind of file.
pub(super) fn is_disguised(name: &str) -> bool {
    let name = base(name);
    // Overrides show letters from the other side: `ann\u{202e}gpj.exe` looks like `annexe.jpg`. Marks and
    // isolates around whole names are what programs in Arabic and Hebrew write.
    if name.contains(['\u{202e}', '\u{202d}', '\u{0}']) {
        return true;
    }
    let parts: Vec<&str> = name.split(is_dot).collect();
    let [_, inner @ .., _] = parts.as_slice() else { return false };
    let Some(last) = ending(name) else { return false };
    // A class id as ending chooses a program, and Explorer never shows it.
    if last.starts_with('{') && last.ends_with('}') {
        return true;
    }
    let dressed = || inner.iter().any(|part| HARMLESS.contains(&part.trim().to_lowercase().as_str()));
    let pushed_away = name.contains("     ") || name.contains("_____");
    (runs(&last) && (dressed() || pushed_away)) || (is_page(&last) && dressed())
}

/// Pages that a browser opens; an attached `invoice.pdf.html` asks for a password as a rule.
fn is_page(ending: &str) -> bool {
    matches!(ending, "html" | "htm" | "shtml" | "xhtml" | "svg" | "mht" | "mhtml" | "url" | "webloc")
}

/// What stands after the last folder.
pub(super) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// A full stop and what is drawn like one.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{2024}' | '\u{ff0e}' | '\u{fe52}' | '\u{a4f8}' | '\u{0701}' | '\u{0702}')
}

/// Characters that turn the direction of writing.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

const PROGRAMS: &[&str] = &[
    "exe",
    "com",
    "scr",
    "pif",
    "cpl",
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "psd1",
    "vbs",
    "vbe",
    "js",
    "jse",
    "wsf",
    "wsh",
    "wsc",
    "sct",
    "hta",
    "msi",
    "msp",
    "mst",
    "msix",
    "msixbundle",
    "appx",
    "appxbundle",
    "appinstaller",
    "jar",
    "jnlp",
    "lnk",
    "url",
    "reg",
    "inf",
    "scf",
    "gadget",
    "application",
    "appref-ms",
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    "diagcab",
    "chm",
    "hlp",
    "xll",
    "wll",
    "dll",
    "sys",
    "ocx",
    "drv",
    "iso",
    "img",
    "vhd",
    "vhdx",
    "udf",
    "sh",
    "bash",
    "zsh",
    "command",
    "workflow",
    "terminal",
    "app",
    "dmg",
    "pkg",
    "deb",
    "rpm",
    "run",
    "appimage",
    "apk",
    "xapk",
    "aab",
    "ipa",
    "rdp",
    "pyz",
    "pyw",
    "ade",
    "mde",
    "accde",
];

const HARMLESS: &[&str] = &[
    "pdf", "doc", "docx", "docm", "xls", "xlsx", "xlsm", "ppt", "pptx", "rtf", "odt", "ods", "odp", "txt",
    "csv", "jpg", "jpeg", "png", "gif", "bmp", "heic", "webp", "tif", "tiff", "mp3", "mp4", "wav", "avi",
    "mov", "eml", "msg", "ics", "vcf", "zip", "7z", "rar", "pub", "one", "pages", "numbers", "key",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_play_another_kind_are_seen() {
        for name in [
            "photo.jpg.exe",
            "Report.PDF .scr",
            "trip.docx.js",
            "homework.pdf                       .exe",
            "ann\u{202e}gpj.exe",
            "photo\u{2024}jpg\u{2024}exe",
            "photo.jpg.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}",
            "invoice.pdf.html",
            "photo.jpg.exe. ",
            "folder/letter.docx.lnk",
        ] {
            assert!(is_disguised(name), "{name}");
        }
        for name in [
            "Year 9 trip.v2.final.docx",
            "backup.tar.gz",
            "marks.csv.xlsx",
            "scan.pdf.pdf",
            "report.pdf.zip",
            "jquery.min.js",
            "setup.exe",
            "index.html",
            "D.Jones 12.3.2024.pdf",
            "\u{200f}سجل.pdf",
            "no ending",
        ] {
            assert!(!is_disguised(name), "{name}");
        }
    }

    #[test]
    fn endings_are_those_that_windows_goes_by() {
        assert_eq!(ending("a.b/photo.jpg.EXE. ").as_deref(), Some("exe"));
        assert_eq!(ending("a.b/photo"), None);
        assert!(runs("scr") && !runs("py"));
    }

    #[test]
    fn places_are_short_and_clean() {
        assert_eq!(place("a\u{202e}b\nc.csv"), "abc.csv");
        assert_eq!(place("\u{7}"), "unnamed");
        let long = place(&format!("{}.csv", "x".repeat(500)));
        assert!(long.chars().count() == 120 && long.ends_with("x.csv"));
    }
}
