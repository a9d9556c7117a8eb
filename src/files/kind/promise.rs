//! What a name or a media type promises, and whether the bytes keep it. Tolerance is for what schools
//! see every day: programs that save a page as `.xls`, phones that name every picture `.jpg`.

use super::{super::name, Kind};
use Kind::*;

/// An ending or word, the kind that it promises, and the kinds that pass for it.
type Promise = (&'static [&'static str], &'static str, &'static [Kind]);

const TEXTS: &[Kind] =
    &[Text, Html, Xml, Svg, Calendar, Card, Mail, Mbox, PgpMessage, PgpOther, ShellScript, WindowsScript];
const WORD: &[Kind] = &[Doc, Docx, Rtf, Odt, Html, Xml, Mail, Text, EncryptedOffice];
// Information systems of schools export HTML and tab-separated text as `.xls`.
const SHEET: &[Kind] = &[Xls, Xlsx, Xlsb, Ods, Html, Xml, Mail, Text, EncryptedOffice];
const SLIDES: &[Kind] = &[Ppt, Pptx, Odp, EncryptedOffice];
const PICTURE: &[Kind] = &[Jpeg, Png, Gif, Webp, Heic, Tiff, Bmp, OtherPicture];
const TAPE: &[Kind] = &[Tar, Gzip, Bzip2, Xz, Lzma, Zstd, OtherArchive];
const PACKED: &[Kind] = &[Gzip, Bzip2, Xz, Lzma, Zstd, OtherArchive];
const MAIL: &[Kind] = &[Mail, Mbox, Msg, Text, Html];
const SOUND: &[Kind] = &[Audio, Video];

const PROMISES: &[Promise] = &[
    (&["pdf"], "pdf", &[Pdf]),
    (&["doc", "dot", "docx", "docm", "dotx", "dotm"], "docx", WORD),
    (&["rtf"], "rtf", &[Rtf, Doc, Docx, Text]),
    (&["odt", "ott"], "odt", &[Odt, OtherOdf, Docx, Doc]),
    (&["xls", "xlt", "xlsx", "xlsm", "xltx", "xltm", "xlsb"], "xlsx", SHEET),
    (&["ods", "ots"], "ods", &[Ods, OtherOdf, Xlsx, Xls]),
    (&["ppt", "pps", "pot", "pptx", "pptm", "ppsx", "ppsm", "potx"], "pptx", SLIDES),
    (&["odp", "otp"], "odp", &[Odp, OtherOdf, Pptx, Ppt]),
    (&["pub"], "pub", &[Publisher, PgpOther, Text]),
    (&["one"], "onenote", &[OneNote]),
    (&["pages", "numbers", "key"], "iwork", &[IWork, Zip, PgpOther, Cms, Text, Unknown]),
    (&["epub"], "epub", &[Epub, Zip]),
    (
        &[
            "txt", "text", "log", "md", "json", "yaml", "yml", "ini", "conf", "py", "c", "h", "java", "css",
            "sql", "tex",
        ],
        "text",
        TEXTS,
    ),
    (&["csv", "tsv", "tab"], "csv", &[Text, Xml, Mail]),
    (&["htm", "html", "xhtml", "shtml", "aspx", "php"], "html", &[Html, Xml, Text, Svg, Mail]),
    (&["mht", "mhtml"], "mhtml", &[Mail, Html, Text]),
    (&["xml", "xsl", "xsd", "rss"], "xml", &[Xml, Html, Svg, Text]),
    (&["svg"], "svg", &[Svg, Xml]),
    (&["ics", "ical", "vcs"], "ics", &[Calendar, Text]),
    (&["vcf", "vcard"], "vcf", &[Card, Text]),
    (&["eml"], "eml", MAIL),
    (&["mbox", "mbx"], "mbox", MAIL),
    (&["msg"], "msg", &[Msg, Mail, Mbox]),
    (
        &["jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "heic", "heif", "avif", "tif", "tiff", "bmp"],
        "picture",
        PICTURE,
    ),
    // Office documents, books and many programs' files are zips by another name.
    (&["zip"], "zip", &[Zip, Docx, Xlsx, Xlsb, Pptx, OtherOoxml, Odt, Ods, Odp, OtherOdf, Epub, IWork]),
    (&["7z"], "7z", &[SevenZip]),
    (&["rar"], "rar", &[Rar]),
    (&["tar"], "tar", TAPE),
    (&["tgz", "tbz", "tbz2", "txz", "tzst", "tlz"], "tar", TAPE),
    (&["gz", "bz2", "xz", "zst", "lzma"], "gz", PACKED),
    (&["cab"], "cab", &[Cab]),
    (&["exe", "dll", "scr", "sys", "cpl", "ocx"], "exe", &[Program]),
    (&["msi"], "msi", &[Installer]),
    (&["jar"], "jar", &[Jar, Zip]),
    (&["apk"], "apk", &[Apk, Jar, Zip]),
    (&["lnk"], "lnk", &[Shortcut]),
    (&["iso", "img"], "iso", &[DiskImage, Unknown]),
    (&["mp3", "wav", "m4a", "ogg", "oga", "flac", "mid", "aac", "wma", "amr"], "audio", SOUND),
    (&["mp4", "mov", "avi", "mkv", "webm", "m4v", "wmv", "flv", "mpg", "mpeg", "3gp"], "video", SOUND),
    (&["pst", "ost"], "pst", &[Pst]),
    (&["mdb", "accdb"], "access", &[Access]),
    (&["p7m", "p7s", "p7b", "p7c"], "smime", &[Cms, Mail, Text]),
];

/// Media types by the ending whose promise they make. Those not here promise nothing: a browser or a mail
/// program that did not know wrote them.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("application/x-pdf", "pdf"),
    ("application/msword", "doc"),
    ("application/rtf", "rtf"),
    ("text/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("text/plain", "txt"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/calendar", "ics"),
    ("text/vcard", "vcf"),
    ("text/x-vcard", "vcf"),
    ("message/rfc822", "eml"),
    ("application/mbox", "mbox"),
    ("application/vnd.ms-outlook", "msg"),
    ("application/zip", "zip"),
    ("application/x-zip-compressed", "zip"),
    ("application/x-7z-compressed", "7z"),
    ("application/vnd.rar", "rar"),
    ("application/x-tar", "tar"),
    ("application/gzip", "gz"),
    ("image/svg+xml", "svg"),
];

/// What was said and broken: the word for the promise of the name, or of the media type where the name
/// makes none.
pub(in super::super) fn differs(
    name: Option<&str>,
    media_type: Option<&str>,
    is: Kind,
) -> Option<&'static str> {
    // What holds nothing disguises nothing, and what is encrypted as a whole is told as protected.
    let is_apples = is == AppleDouble && is_beside_a_file(name, media_type)
        || is == FolderNotes && name.is_some_and(is_finders);
    if is == Empty || is_apples {
        return None;
    }
    let by_name = name.and_then(name::ending).and_then(|ending| promise(&ending));
    let (_, said, kinds) = by_name.or_else(|| media_type.and_then(by_media_type))?;
    (!kinds.contains(&is)).then_some(*said)
}

/// Whether whoever opens a file of this name sees its bytes as they are: name or type promise a text, or nothing.
pub(in super::super) fn opens_as_text(name: Option<&str>, media_type: Option<&str>, is: Kind) -> bool {
    let Some(name) = name else { return false };
    let ending = name::ending(name);
    let has_ending = ending.is_some();
    match ending.and_then(|ending| promise(&ending)).or_else(|| media_type.and_then(by_media_type)) {
        Some((_, said, _)) => matches!(*said, "text" | "csv"),
        // Many programs write XML under endings of their own, which they open themselves.
        None => !(has_ending && matches!(is, Xml | Svg)),
    }
}

/// Whether name or type say that this only stands beside a file of that name (RFC 1740; macOS puts `._` before it).
pub(in super::super) fn is_beside_a_file(name: Option<&str>, media_type: Option<&str>) -> bool {
    let is_type = |media_type: &str| {
        let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        ["application/applefile", "application/apple-double", "application/x-apple-double"]
            .contains(&plain.as_str())
    };
    name.is_some_and(|name| name::base(name).starts_with("._")) || media_type.is_some_and(is_type)
}

/// Whether it is called what the Finder calls its notes on a folder.
pub(in super::super) fn is_finders(name: &str) -> bool {
    name::base(name).eq_ignore_ascii_case(".DS_Store")
}

/// The word for what the name promises.
pub(in super::super) fn said(name: &str) -> Option<&'static str> {
    name::ending(name).and_then(|ending| promise(&ending)).map(|(_, said, _)| *said)
}

fn promise(ending: &str) -> Option<&'static Promise> {
    PROMISES.iter().find(|(endings, ..)| endings.contains(&ending))
}

fn by_media_type(media_type: &str) -> Option<&'static Promise> {
    let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some((_, ending)) = MEDIA_TYPES.iter().find(|(known, _)| *known == plain) {
        return promise(ending);
    }
    let ooxml = plain.strip_prefix("application/vnd.openxmlformats-officedocument.");
    promise(match ooxml {
        Some(sub) if sub.starts_with("wordprocessingml") => "docx",
        Some(sub) if sub.starts_with("spreadsheetml") => "xlsx",
        Some(sub) if sub.starts_with("presentationml") => "pptx",
        _ if plain.starts_with("image/") => "jpg",
        _ if plain.starts_with("audio/") => "mp3",
        _ if plain.starts_with("video/") => "mp4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_schools_send_every_day_is_no_disagreement() {
        for (name, media_type, is) in [
            ("marks.csv", "application/octet-stream", Text),
            ("marks.csv", "application/vnd.ms-excel", Text),
            ("letter.docx", "application/zip", Docx),
            ("letter.doc", "application/msword", Rtf),
            ("report.doc", "application/msword", Html),
            ("export.xls", "application/vnd.ms-excel", Html),
            ("export.xls", "application/vnd.ms-excel", Text),
            ("secret.xlsx", "application/octet-stream", EncryptedOffice),
            ("IMG_0001.JPG", "image/jpeg", Heic),
            ("notes.txt", "text/plain", Calendar),
            ("game.sb3", "application/octet-stream", Zip),
            ("README", "application/octet-stream", Text),
            ("empty.pdf", "application/pdf", Empty),
        ] {
            assert_eq!(differs(Some(name), Some(media_type), is), None, "{name}");
        }
    }

    #[test]
    fn a_broken_promise_is_told_in_stable_words() {
        assert_eq!(differs(Some("trip.pdf"), None, Program), Some("pdf"));
        assert_eq!(differs(Some("trip.pdf"), Some("application/pdf"), Zip), Some("pdf"));
        assert_eq!(differs(Some("photo.jpg"), None, Zip), Some("picture"));
        assert_eq!(differs(Some("letter.docx"), None, Zip), Some("docx"));
        assert_eq!(differs(Some("notes.txt"), None, Program), Some("text"));
        assert_eq!(differs(Some("noname"), Some("image/png"), Docx), Some("picture"));
        assert_eq!(differs(None, Some("text/plain; charset=utf-8"), Unknown), Some("text"));
        assert_eq!(said("register.XLSX"), Some("xlsx"));
        for (name, media_type, is, yes) in [
            ("notes.txt", None, Html, true),
            ("README", Some("application/octet-stream"), Mail, true),
            ("page.html", Some("text/plain"), Html, false),
            ("page", Some("text/html"), Html, false),
            ("walk.gpx", None, Xml, false),
            ("walk", None, Xml, true),
        ] {
            assert_eq!(opens_as_text(Some(name), media_type, is), yes, "{name}");
        }
    }
}
