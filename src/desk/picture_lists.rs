//! The lists of hashes that a school was given, read from their files (docs/illegal-images.md).

use crate::detection::{HashList, ListFault, ListFaults, ListSource, PictureLists};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};

/// All lists, or every fault of all of them. One that is as it was `before` is not read a second time.
pub fn picture_lists(sources: &[ListSource], before: &PictureLists) -> Result<PictureLists, ListFaults> {
    let (mut lists, mut faults) = (Vec::new(), Vec::new());
    for source in sources {
        match same(source, before).map_or_else(|| read(source), Ok) {
            Ok(list) => lists.push(list),
            Err(mut found) => faults.append(&mut found.0),
        }
    }
    if faults.is_empty() { Ok(PictureLists::new(lists)) } else { Err(ListFaults(faults)) }
}

fn read(source: &ListSource) -> Result<Arc<HashList>, ListFaults> {
    let file = File::open(&source.file).map_err(|error| {
        let hint = "check the path and that the gate may read it".to_owned();
        let message = format!("cannot be opened: {error}");
        ListFaults(vec![ListFault { file: source.file.clone(), line: 0, message, hint }])
    })?;
    HashList::read(source, file).map(Arc::new)
}

fn same(source: &ListSource, before: &PictureLists) -> Option<Arc<HashList>> {
    let known = before.iter().find(|list| list.source() == source)?;
    let mut file = File::open(&source.file).ok()?.take(source.limits.bytes);
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => digest.update(buffer.get(..read)?),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    known.is_from(source, &digest.finalize().into()).then(|| known.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::{ListLimits, Nearness, Written};
    use std::{fs, path::Path};

    fn source(file: &Path) -> ListSource {
        ListSource {
            name: "given".into(),
            file: file.to_owned(),
            written: Written::Lines(None),
            near: Nearness::default(),
            limits: ListLimits::default(),
        }
    }

    #[test]
    fn a_list_is_read_again_only_when_it_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("given.md5");
        fs::write(&file, "900150983cd24fb0d6963f7d28e17f72\n").unwrap();
        let sources = [source(&file)];
        let first = picture_lists(&sources, &PictureLists::default()).unwrap();
        let again = picture_lists(&sources, &first).unwrap();
        assert!(Arc::ptr_eq(first.iter().next().unwrap(), again.iter().next().unwrap()));
        fs::write(&file, "900150983cd24fb0d6963f7d28e17f73\n").unwrap();
        let other = picture_lists(&sources, &first).unwrap();
        assert_ne!(other.digest_hex(), first.digest_hex());
        fs::write(&file, "900150983cd24fb0d6963f7d28e17f7\n").unwrap();
        let gone = source(&folder.path().join("gone"));
        let faults = picture_lists(&[source(&file), gone], &other).unwrap_err().to_string();
        assert!(faults.contains("given.md5:1: ") && faults.contains("gone: cannot be opened"), "{faults}");
        assert!(!faults.contains("900150983"));
    }
}
