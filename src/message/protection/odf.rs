//! OpenDocument files with a password (OpenDocument 1.3 part 2, section 3.4): the zip is
//! plain, the entries inside are encrypted, and the manifest says so.

use super::zip;
use memchr::memmem;

/// The longest manifest that is unpacked.
const LONGEST_MANIFEST: usize = 1024 * 1024;

pub(super) fn is_protected(bytes: &[u8]) -> bool {
    // `mimetype` is the first entry and stored, so that it stands at a known place.
    if bytes.get(30..38) != Some(b"mimetype") || memmem::find(bytes, b"META-INF/manifest.xml").is_none() {
        return false;
    }
    let Some(entries) = zip::entries(bytes) else { return false };
    let (mut manifest, mut content) = (None, None);
    for entry in entries {
        match entry {
            Some(entry) if entry.name == b"META-INF/manifest.xml" => manifest = Some(entry),
            Some(entry) if entry.name == b"content.xml" || entry.name == b"encrypted-package" => {
                content = Some(entry);
            }
            Some(_) => {}
            None => return false,
        }
    }
    let (Some(manifest), Some(content)) = (manifest, content) else { return false };
    // What is encrypted is stored, and does not begin like XML.
    let closed = content.method == 0
        && content
            .data
            .is_some_and(|d| !d.is_empty() && !d.starts_with(b"<") && !d.starts_with(b"\xef\xbb\xbf"));
    closed && unpacked(&manifest).is_some_and(|xml| says_encrypted(&xml, content.name))
}

fn unpacked(entry: &zip::Entry<'_>) -> Option<Vec<u8>> {
    match (entry.method, entry.encrypted) {
        (0, false) => Some(entry.data?.get(..LONGEST_MANIFEST).unwrap_or(entry.data?).to_vec()),
        (8, false) => miniz_oxide::inflate::decompress_to_vec_with_limit(entry.data?, LONGEST_MANIFEST).ok(),
        _ => None,
    }
}

/// Whether the manifest's entry for `name` has encryption data.
fn says_encrypted(xml: &[u8], name: &[u8]) -> bool {
    let quoted = [b"full-path=\"", name, b"\""].concat();
    let Some(at) = memmem::find(xml, &quoted) else { return false };
    let end = memmem::find(&xml[at..], b"file-entry>").map_or(xml.len(), |n| at + n);
    memmem::find(&xml[at..end], b"encryption-data").is_some()
}

#[cfg(test)]
mod tests {
    use super::{super::zip::tests::zip, *};

    const MANIFEST: &[u8] = br#"<manifest:manifest><manifest:file-entry manifest:full-path="content.xml" manifest:size="9"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"#;

    #[test]
    fn the_manifest_and_the_content_must_agree() {
        let odt = |manifest: &[u8], content: &[u8]| {
            zip(&[
                ("mimetype", 0, 0, b"application/vnd.oasis.opendocument.text"),
                ("content.xml", 0, 0, content),
                ("META-INF/manifest.xml", 0, 0, manifest),
            ])
        };
        assert!(is_protected(&odt(MANIFEST, b"\x91\x05\x7f")));
        assert!(!is_protected(&odt(MANIFEST, b"<office:document/>")));
        assert!(!is_protected(&odt(b"<manifest:manifest/>", b"\x91\x05\x7f")));
    }

    #[test]
    fn a_packed_manifest_is_read() {
        let packed = miniz_oxide::deflate::compress_to_vec(MANIFEST, 6);
        assert!(is_protected(&zip(&[
            ("mimetype", 0, 0, b"application/vnd.oasis.opendocument.text"),
            ("content.xml", 0, 0, b"\x91\x05\x7f"),
            ("META-INF/manifest.xml", 0, 8, &packed),
        ])));
    }
}
