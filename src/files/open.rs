//! One file: what it is by its bytes, whether it is what it is called, and its reader.

use super::{
    apple, archive,
    budget::Budget,
    hashing, image,
    kind::{self, Kind},
    legacy, mail,
    model::{Limit, Protection, Reason, Script, Shown, TraitKind, Writing},
    name, odf, ooxml,
    package::Package,
    pdf, rtf, sealed, text, thumbnails, xml,
};

/// Opens a file called `name`, of `media_type` (with parameters, if any), and tells `budget` all that it
/// holds. Files in it come back here one level deeper.
pub fn open(name: Option<&str>, media_type: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let kind = kind::of(bytes);
    appearance(name, media_type, kind, budget);
    let file = File { name, media_type, bytes };
    let first = budget.count();
    read(kind, &file, budget);
    if kind::opens_as_text(name, media_type, kind) {
        text::as_text(kind, &file, first, budget);
    }
    strangers(kind, bytes, budget);
    remember(kind, bytes, budget);
    if kind::has_zip_behind(kind, bytes) {
        // One program shows the picture, another the archive behind it.
        budget.missed("", kind.word(), Reason::Ambiguous);
        archive::zip::read(bytes, budget);
    }
}

/// A file as it was given.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) media_type: Option<&'a str>,
    pub(super) bytes: &'a [u8],
}

impl File<'_> {
    pub(super) fn has_ending(&self, endings: &[&str]) -> bool {
        self.name.and_then(name::ending).is_some_and(|ending| endings.contains(&ending.as_str()))
    }

    /// The `charset` parameter of its type.
    pub(super) fn charset(&self) -> Option<&str> {
        let mut parameters = self.media_type?.split(';').skip(1).filter_map(|p| p.split_once('='));
        let charset = parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case("charset"));
        charset.map(|(_, value)| value.trim().trim_matches('"'))
    }

    pub(super) fn is_of_type(&self, sub_types: &[&str]) -> bool {
        let plain = self.media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        sub_types.iter().any(|known| plain.eq_ignore_ascii_case(known))
    }
}

/// What name, type and kind say together.
fn appearance(name: Option<&str>, media_type: Option<&str>, kind: Kind, budget: &mut Budget) {
    if name.is_some_and(name::is_disguised) {
        budget.found("", TraitKind::DoubleExtension);
    }
    let runs = |ending: String| match ending.as_str() {
        // Addresses of the Web end like programs of DOS.
        "com" => matches!(kind, Kind::Program | Kind::Unknown),
        ending => name::runs(ending),
    };
    if kind.is_program() || kind != Kind::Empty && name.and_then(name::ending).is_some_and(runs) {
        budget.found("", TraitKind::Executable);
    }
    if let Some(said) = kind::differs(name, media_type, kind) {
        budget.found("", TraitKind::KindDiffers { said: said.to_owned(), is: kind.word().to_owned() });
    }
}

fn read(kind: Kind, file: &File<'_>, budget: &mut Budget) {
    let File { name, bytes, .. } = *file;
    match kind {
        Kind::Empty => {}
        Kind::Text | Kind::ShellScript | Kind::WindowsScript => text::read(file, budget),
        Kind::Html => html(&with_entities(text::charset::decode(bytes, file.charset()), budget), budget),
        Kind::Xml if office_xml(bytes, budget) => {}
        Kind::Xml => {
            let source = with_entities(text::charset::decode(bytes, file.charset()), budget);
            let attributes = xml::all_said(source.as_bytes(), budget);
            budget.text("attributes", Shown::Hidden, Writing::Plain, attributes);
            budget.text("", Shown::Visible, Writing::Html, source)
        }
        Kind::Svg => image::svg::read(&with_entities(text::charset::decode(bytes, None), budget), budget),
        Kind::Rtf => rtf::read(bytes, budget),
        Kind::Calendar | Kind::Card => text::directory::read(file, budget),
        Kind::Mail => mail::open_mail(bytes, budget),
        Kind::Mbox => mail::mbox::read(bytes, budget),
        Kind::Msg => mail::msg::read(bytes, budget),
        Kind::Tnef => mail::tnef::read(bytes, budget),
        Kind::PgpMessage => sealed::armored(bytes, budget),
        Kind::PgpOther => text::read(file, budget),
        Kind::Cms => sealed::cms(file, budget),
        Kind::Zip | Kind::Jar | Kind::Apk | Kind::Epub | Kind::IWork => archive::zip::read(bytes, budget),
        Kind::SevenZip => archive::sevenzip::read(bytes, budget),
        Kind::Tar => archive::tar::read(bytes, budget),
        Kind::Gzip => archive::single::gzip(name, bytes, budget),
        Kind::Bzip2 => archive::single::bzip2(name, bytes, budget),
        Kind::Xz => archive::single::xz(name, bytes, budget),
        Kind::Lzma => archive::single::lzma(name, bytes, budget),
        Kind::Zstd => archive::single::zst(name, bytes, budget),
        Kind::Rar => archive::rar::read(bytes, budget),
        kind if kind.is_picture() => image::read(kind, bytes, budget),
        Kind::Unknown if sealed::is_binary(file) => sealed::binary(bytes, budget),
        Kind::Pdf => pdf::read(bytes, budget),
        Kind::Docx | Kind::Xlsx | Kind::Xlsb | Kind::Pptx | Kind::OtherOoxml => {
            ooxml::read(&package(bytes, budget), budget)
        }
        Kind::Odt | Kind::Ods | Kind::Odp | Kind::OtherOdf => odf::read(&package(bytes, budget), budget),
        // A bare stream of Excel 2 to 5: BOF without a compound file.
        Kind::Unknown if matches!(bytes, [9, 0 | 2 | 4 | 8, 4..=16, 0, ..]) => {
            legacy::read_sheets(bytes, budget)
        }
        // Word for Windows 2: the header of a document, likewise.
        Kind::Unknown if matches!(bytes, [0xdb, 0xa5, 0x2d, 0, ..]) => legacy::read_document(bytes, budget),
        Kind::Doc | Kind::Xls | Kind::Ppt | Kind::EncryptedOffice | Kind::Compound => {
            legacy::read(bytes, budget)
        }
        Kind::AppleDouble => apple::read_double(file, budget),
        Kind::FolderNotes => apple::read_store(file, budget),
        Kind::Thumbnails => thumbnails::read(bytes, budget),
        kind => budget.missed("", kind.word(), Reason::NotSupported),
    }
}

/// Members of an office document that no office program knows: files that a changed ending hides.
fn strangers(kind: Kind, bytes: &[u8], budget: &mut Budget) {
    let is_office = kind::belongs(kind, "mimetype");
    // Objects of OpenDocument lie in folders of any name, with the usual parts in them.
    let stranger = |name: &str| {
        let part = name.rsplit('/').next().unwrap_or_default();
        !name.ends_with('/') && !kind::belongs(kind, name) && !kind::belongs(kind, part)
    };
    if is_office {
        archive::zip::read_some(bytes, kind.word(), &stranger, budget);
    }
}

fn package<'a>(bytes: &'a [u8], budget: &mut Budget) -> Package<'a> {
    let package = Package::open(bytes);
    package.tell("zip", budget);
    package
}

/// XML with its own entities put in; as it is where they are too many or too deep.
fn with_entities(source: String, budget: &mut Budget) -> String {
    let Some(entities) = text::entities::Entities::of(&source) else { return source };
    if entities.is_cut {
        budget.missed("", "xml", Reason::Limit(Limit::Steps));
    }
    match entities.expanded(&source, budget) {
        Ok(expanded) => expanded,
        Err(limit) => {
            budget.missed("", "xml", Reason::Limit(limit));
            source
        }
    }
}

/// Remembers the file, and the pictures in it that are not opened as files.
fn remember(kind: Kind, bytes: &[u8], budget: &mut Budget) {
    if matches!(kind, Kind::Text | Kind::Html | Kind::Xml | Kind::Svg | Kind::Card | Kind::Calendar) {
        hashing::in_text(bytes, budget);
    }
    if !budget.hashes() && !budget.takes_pictures() {
        return;
    }
    budget.hash("", bytes);
    if kind::belongs(kind, "mimetype") {
        let is_picture =
            |name: &str| kind::belongs(kind, name) && !name.ends_with(".xml") && !name.ends_with(".rels");
        Package::open(bytes).each(is_picture, budget, |place, bytes, budget| budget.hash(place, bytes));
    }
}

/// A page as it is; the view of pages is made where all HTML is read.
fn html(source: &str, budget: &mut Budget) {
    if text::has_script(source) {
        budget.found("", TraitKind::Script(Script::Active));
        text::written_by_script(source, budget);
    }
    budget.text("", Shown::Visible, Writing::Html, source.to_owned());
    text::as_office_shows(source, budget);
    text::data_references(source, budget);
    text::armored(source, budget);
}

/// Opens a file that lies in the one at hand, one level deeper, under its name.
pub(super) fn within(name: Option<&str>, media_type: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let place = name::place(name.unwrap_or_default());
    if let Err(limit) = budget.within(&place, |budget| open(name, media_type, bytes, budget)) {
        budget.missed(&place, kind::of(bytes).word(), Reason::Limit(limit));
    }
}

/// A member's name is text too: `Jones, Dafydd - exclusion.docx`.
pub(super) fn name(name: &str, budget: &mut Budget) {
    budget.text(&name::place(name), Shown::FileName, Writing::Plain, name::text(name));
}

/// What a file of this name would be, in a stable word.
pub(super) fn word_for(name: &str) -> String {
    kind::said(name).unwrap_or("unknown").to_owned()
}

/// Office documents written as one XML file; false for any other.
fn office_xml(bytes: &[u8], budget: &mut Budget) -> bool {
    let text = xml::decoded(bytes);
    let head = text.get(..16 * 1024).unwrap_or(&text);
    let has = |part: &[u8]| memchr::memmem::find(head, part).is_some();
    if has(b"urn:oasis:names:tc:opendocument") {
        odf::read_flat(&text, budget);
    } else if has(b"schemas.microsoft.com/office/2006/xmlPackage") {
        ooxml::read_flat(&text, budget);
    } else if has(b"schemas.microsoft.com/office/word/2003/wordml") {
        ooxml::word::read_2003(&text, budget);
    } else if has(b"urn:schemas-microsoft-com:office:spreadsheet") {
        ooxml::read_sheets_2003(&text, budget);
    } else {
        return false;
    }
    true
}

/// A file within the one at hand: counted, named, opened one level deeper.
pub(super) fn member(
    budget: &mut Budget,
    place: &str,
    name: Option<&str>,
    media_type: Option<&str>,
    bytes: &[u8],
) {
    if let Err(limit) = budget.member() {
        return budget.missed(place, "file", Reason::Limit(limit));
    }
    if let Some(name) = name {
        budget.text(place, Shown::FileName, Writing::Plain, name::text(name));
    }
    if let Err(limit) = budget.within(place, |budget| open(name, media_type, bytes, budget)) {
        budget.missed(place, "file", Reason::Limit(limit));
    }
}

/// A member's name as a place.
pub(super) fn cleaned(place: &str) -> String {
    name::place(place)
}

/// Tells that a file needs a password.
pub(super) fn protected(kind: &str, budget: &mut Budget) {
    budget.found("", TraitKind::Protected(Protection::Password));
    budget.missed("", kind, Reason::Protected);
}
