//! Members of a package that only say how things look, as long as they are what they are called: the thumbnail
//! (ODF 1.3 part 2, section 3.7), LibreOffice's toolbars and layout.

use crate::files::{
    Budget, Shown, Writing,
    bytes::{printable, u32_be},
    kind::{self, Kind},
    xml::{self, Node, Xml},
};

/// A thumbnail has 128 pixels a side by the standard, up to 512 by LibreOffice.
const LARGEST_THUMBNAIL: u32 = 1024;
/// An icon of a toolbar, a cache of page breaks.
const LARGEST_ICON: usize = 64 * 1024;
const LARGEST_CACHE: usize = 1024 * 1024;
/// Documents of toolbars and the like: their outermost elements.
const TOOLBARS: &[&str] =
    &["toolbar", "menubar", "menupopup", "acceleratorlist", "statusbar", "events", "imagescontainer"];

/// Reads such a member; false where it is another file, whatever folder it lies in.
pub(super) fn read(lower: &str, place: &str, bytes: &[u8], budget: &mut Budget) -> bool {
    let kind = kind::of(bytes);
    if kind == Kind::Empty {
        return true;
    }
    if lower.starts_with("thumbnails/") {
        // The header of a PNG begins with its width and height.
        let side = |at| u32_be(bytes, at).is_some_and(|side| side <= LARGEST_THUMBNAIL);
        return kind == Kind::Png && side(16) && side(20);
    }
    if lower == "layout-cache" {
        // Small numbers, which may be taken for a text in UTF-16.
        let is_numbers =
            kind == Kind::Unknown || kind == Kind::Text && bytes.get(..6).is_some_and(|b| b.contains(&0));
        if is_numbers && bytes.len() <= LARGEST_CACHE {
            budget.unseen(place, printable(bytes));
            return true;
        }
        return false;
    }
    if lower == "manifest.rdf" && xml::root(bytes).as_deref() == Some("RDF") {
        let text = xml::all_text(bytes, budget);
        budget.text(place, Shown::Hidden, Writing::Plain, text);
        return true;
    }
    if !lower.starts_with("configurations2/") {
        return false;
    }
    if lower.contains("/images/bitmaps/") && kind == Kind::Png && bytes.len() <= LARGEST_ICON {
        return true;
    }
    let bytes = xml::decoded(bytes);
    let root = xml::root(&bytes).unwrap_or_default();
    let is_toolbar = TOOLBARS.contains(&root.as_str());
    if is_toolbar {
        let labels = labels(&bytes, budget);
        budget.text(place, Shown::Hidden, Writing::Plain, labels);
    }
    is_toolbar
}

/// What buttons and entries are called.
fn labels(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => {
                for key in ["text", "label", "uiname", "helptext", "tooltip"] {
                    out.extend(tag.get(key).map(|text| text + "\n"));
                }
            }
            Node::Text(text) if !text.trim().is_empty() => {
                out.push_str(text.trim());
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Opened, TraitKind,
        fixture_tests::{opened, text},
        package::tests::zip,
    };

    fn with(name: &str, content: &str) -> Opened {
        opened(&zip(&[
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            ("content.xml", "<office:document-content/>"),
            (name, content),
        ]))
    }

    #[test]
    fn files_are_read_whatever_folder_they_lie_in() {
        let program = format!("MZ{}\u{40}\0\0\0PE\0\0{}", "\0".repeat(58), "\0".repeat(400));
        for name in
            ["Thumbnails/run.exe", "Configurations2/x", "layout-cache", "layout-cache2", "manifest.rdf"]
        {
            let read = with(name, &program);
            assert!(read.traits.iter().any(|found| found.kind == TraitKind::Executable), "{name}: {read:?}");
        }
        let read = with("Thumbnails/list.csv", "UPN: A801");
        assert!(read.pieces.iter().any(|piece| piece.text.contains("UPN: A801")), "{read:?}");
        let object = "<office:document-content><office:body><office:text><text:p>object</text:p></office:text></office:body></office:document-content>";
        assert_eq!(
            text(
                &with("Configurations2/O/content.xml", object),
                "configurations2/o",
                crate::files::Shown::Visible
            ),
            "object"
        );
    }

    #[test]
    fn what_office_programs_write_is_none() {
        for (name, content) in [
            ("Configurations2/accelerator/current.xml", ""),
            ("Configurations2/statusbar/a.xml", "<?xml version=\"1.0\"?><statusbar:statusbar/>"),
            (
                "manifest.rdf",
                "<?xml version=\"1.0\"?><rdf:RDF><rdf:Description rdf:about=\"styles.xml\"/></rdf:RDF>",
            ),
            ("layout-cache", "\u{1}\0\u{1}\0p\u{8}\0\0"),
        ] {
            let read = with(name, content);
            assert!(
                read.missed.is_empty() && read.traits.is_empty() && read.pieces.is_empty(),
                "{name}: {read:?}"
            );
        }
        let read = with(
            "Configurations2/toolbar/custom.xml",
            "<toolbar:toolbar toolbar:uiname=\"Ours\"><toolbar:toolbaritem toolbar:text=\"call Dafydd\"/></toolbar:toolbar>",
        );
        assert_eq!(read.pieces[0].text, "Ours\ncall Dafydd\n");
    }
}
