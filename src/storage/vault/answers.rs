//! What an S3 server writes in XML: lists, versions, the code of an error.

use super::super::error::StoreError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};

/// ListObjectsV2.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    #[serde(default)]
    pub(super) contents: Vec<Listed>,
    pub(super) next_continuation_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) last_modified: DateTime<Utc>,
}

/// ListObjectVersions: versions and delete markers, each kind the newest first.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Versions {
    #[serde(default, rename = "Version")]
    pub(super) versions: Vec<Version>,
    #[serde(default, rename = "DeleteMarker")]
    pub(super) markers: Vec<Version>,
    pub(super) next_key_marker: Option<String>,
    pub(super) next_version_id_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Version {
    pub(super) key: String,
    /// `null` as a word where versions are not kept.
    pub(super) version_id: String,
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, StoreError> {
    let text = std::str::from_utf8(body).map_err(|_| strange())?;
    quick_xml::de::from_str(text).map_err(|_| strange())
}

fn strange() -> StoreError {
    StoreError::Vault("the object store's answer cannot be read: is `endpoint` an S3 server?".into())
}

/// The stable word for what went wrong; letters only, so that nothing else gets into a log.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(rename = "Code")]
        code: String,
    }
    let refusal: Refusal = read(body).ok()?;
    let plain = refusal.code.len() <= 60 && refusal.code.chars().all(|c| c.is_ascii_alphanumeric());
    plain.then_some(refusal.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_markers_may_come_mixed() {
        let body = br#"<?xml version="1.0" encoding="UTF-8"?>
<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false</IsTruncated>
<DeleteMarker><Key>a/x.age</Key><VersionId>3</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-25T15:13:48Z</LastModified></DeleteMarker>
<Version><Key>a/x.age</Key><VersionId>2</VersionId><LastModified>2026-11-25T15:13:47.000Z</LastModified><Size>5</Size></Version>
<DeleteMarker><Key>a/y.age</Key><VersionId>null</VersionId><LastModified>2026-11-25T15:13:48Z</LastModified></DeleteMarker>
</ListVersionsResult>"#;
        let found: Versions = read(body).unwrap();
        assert_eq!((found.versions.len(), found.markers.len()), (1, 2));
        assert_eq!((&found.versions[0].version_id[..], found.next_key_marker), ("2", None));
        assert_eq!(error_code(b"<Error><Code>NoSuchKey</Code></Error>").as_deref(), Some("NoSuchKey"));
        assert_eq!(error_code(b"<Error><Code>a b@c</Code></Error>"), None);
        assert_eq!(error_code(b"<html>"), None);
    }
}
