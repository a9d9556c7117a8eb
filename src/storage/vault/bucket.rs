//! The vault in a bucket of S3-compatible storage. Nothing is overwritten (If-None-Match),
//! a deletion takes every version, and Object Lock is asked for and believed.

use super::{
    super::error::StoreError,
    Lock, Removal,
    answers::{self, Version},
    client::{Answer, Client, Done, LARGEST, Request},
    is_ours,
};
use crate::config::{BucketConfig, LockMode};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{Method, header::HeaderMap};
use sha2::{Digest, Sha256};

/// Versions of one object that are looked at; we make one.
const MOST_VERSIONS: usize = 1_000;
/// Versions that are read in search of ours.
const MOST_TRIED: usize = 8;

pub(super) struct Bucket {
    client: Client,
    name: String,
    prefix: String,
}

impl Bucket {
    pub(super) fn open(config: &BucketConfig) -> Result<Self, StoreError> {
        let prefix = if config.prefix.is_empty() { String::new() } else { format!("{}/", config.prefix) };
        let name = format!("s3://{}/{}", config.bucket, config.prefix);
        Ok(Self { client: Client::new(config)?, name, prefix })
    }

    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    fn key(&self, path: &str) -> Result<String, StoreError> {
        is_ours(path)?;
        Ok(format!("{}{path}", self.prefix))
    }

    pub(super) async fn put(&self, path: &str, object: Bytes, lock: Option<Lock>) -> Result<(), StoreError> {
        let key = self.key(path)?;
        let mut request = Request::new(Method::PUT, &key);
        request.headers = vec![
            ("if-none-match", "*".into()),
            ("content-type", "application/octet-stream".into()),
            // What arrives is what was sent, or nothing is kept; with a lock S3 insists on it.
            ("x-amz-checksum-sha256", BASE64_STANDARD.encode(Sha256::digest(&object))),
        ];
        if let Some(lock) = lock {
            let until = lock.until.to_rfc3339_opts(SecondsFormat::Secs, true);
            request.headers.push(("x-amz-object-lock-mode", lock.mode.word().into()));
            request.headers.push(("x-amz-object-lock-retain-until-date", until));
        }
        request.body = object.clone();
        match self.client.send(&request).await? {
            Answer::Done(_) => Ok(()),
            // The answer to an earlier try may have been lost on its way.
            Answer::Exists if self.get(path).await?.is_some_and(|found| found == object) => Ok(()),
            Answer::Exists => Err(StoreError::Vault("an object of this name is already there".into())),
            Answer::NotThere => Err(refused("to keep", "the bucket is not there")),
            Answer::Forbidden(code) => Err(refused("to keep", &code)),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        let key = self.key(path)?;
        self.fetch(&key, None).await
    }

    pub(super) async fn get_version(&self, path: &str, sha256: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let key = self.key(path)?;
        let (versions, _) = self.versions(&key).await?;
        // The newest comes first, and ours is the oldest.
        for version in versions.iter().rev().take(MOST_TRIED) {
            let found = self.fetch(&key, Some(&version.version_id)).await?;
            if let Some(found) = found.filter(|found| Sha256::digest(found)[..] == *sha256) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn fetch(&self, key: &str, version: Option<&str>) -> Result<Option<Bytes>, StoreError> {
        let mut request = Request::new(Method::GET, key);
        request.query.extend(version.map(|v| ("versionId", v)));
        request.limit = LARGEST;
        match self.client.send(&request).await? {
            Answer::Done(done) => Ok(Some(done.body)),
            Answer::NotThere => Ok(None),
            Answer::Exists => Err(refused("to read", "a precondition")),
            Answer::Forbidden(code) => Err(refused("to read", &code)),
        }
    }

    async fn lock_of_version(&self, key: &str, version: Option<&str>) -> Result<Option<Lock>, StoreError> {
        let mut request = Request::new(Method::HEAD, key);
        request.query.extend(version.map(|v| ("versionId", v)));
        match self.client.send(&request).await? {
            Answer::Done(done) => Ok(lock_in(&done.headers)),
            Answer::NotThere => Ok(None),
            Answer::Exists => Err(refused("to look at", "a precondition")),
            Answer::Forbidden(code) => Err(refused("to look at", &code)),
        }
    }

    /// `None` when it is not there.
    pub(super) async fn lock(&self, path: &str, lock: Lock) -> Result<Option<DateTime<Utc>>, StoreError> {
        let key = self.key(path)?;
        let (versions, _) = self.versions(&key).await?;
        // What was laid over ours, if anything, is not ours to lock.
        let Some(ours) = versions.last() else { return Ok(None) };
        let there = self.lock_of_version(&key, Some(&ours.version_id)).await?;
        if let Some(there) = there.filter(|there| there.until >= lock.until) {
            return Ok(Some(there.until));
        }
        let until = lock.until.to_rfc3339_opts(SecondsFormat::Secs, true);
        let text = format!(
            "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>{}</Mode>\
             <RetainUntilDate>{until}</RetainUntilDate></Retention>",
            lock.mode.word()
        );
        let mut request = Request::new(Method::PUT, &key);
        request.query = vec![("retention", ""), ("versionId", &ours.version_id)];
        request.headers = vec![
            ("content-type", "application/xml".into()),
            ("x-amz-checksum-sha256", BASE64_STANDARD.encode(Sha256::digest(&text))),
        ];
        request.body = text.into();
        match self.client.send(&request).await? {
            Answer::Done(_) => Ok(Some(lock.until)),
            Answer::NotThere => Ok(None),
            Answer::Exists => Err(refused("to lock", "a precondition")),
            Answer::Forbidden(code) => Err(refused("to lock", &code)),
        }
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Removal, StoreError> {
        let key = self.key(path)?;
        let (versions, markers) = self.versions(&key).await?;
        // What is locked stays; the rest of its versions with it, so that nothing is half gone.
        for version in &versions {
            let lock = self.lock_of_version(&key, Some(&version.version_id)).await?;
            if let Some(lock) = lock.filter(|lock| lock.until > Utc::now()) {
                return Ok(Removal::Locked(lock));
            }
        }
        for version in versions.iter().chain(&markers) {
            let mut request = Request::new(Method::DELETE, &key);
            request.query.push(("versionId", &version.version_id));
            match self.client.send(&request).await? {
                Answer::Done(_) | Answer::NotThere => {}
                Answer::Exists => return Err(refused("to delete", "a precondition")),
                Answer::Forbidden(code) => return Err(refused("to delete", &code)),
            }
        }
        Ok(Removal::Gone)
    }

    /// Every version of exactly this key, and the markers of deletions over them.
    async fn versions(&self, key: &str) -> Result<(Vec<Version>, Vec<Version>), StoreError> {
        let most = MOST_VERSIONS.to_string();
        let mut request = Request::new(Method::GET, "");
        request.query = vec![("versions", ""), ("prefix", key), ("max-keys", &most)];
        let mut found: answers::Versions = answers::read(&self.list(&request).await?.body)?;
        if found.next_key_marker.as_deref() == Some(key) && found.next_version_id_marker.is_some() {
            return Err(refused("to delete", "it has more than a thousand versions"));
        }
        found.versions.retain(|v| v.key == key);
        found.markers.retain(|v| v.key == key);
        Ok((found.versions, found.markers))
    }

    pub(super) async fn each(
        &self,
        mut see: impl FnMut(&str, DateTime<Utc>) + Send,
    ) -> Result<(), StoreError> {
        let mut next: Option<String> = None;
        loop {
            let mut request = Request::new(Method::GET, "");
            request.query = vec![("list-type", "2"), ("prefix", &self.prefix)];
            request.query.extend(next.as_deref().map(|token| ("continuation-token", token)));
            let page: answers::List = answers::read(&self.list(&request).await?.body)?;
            for object in &page.contents {
                if let Some(path) = object.key.strip_prefix(&self.prefix) {
                    see(path, object.last_modified);
                }
            }
            match page.next_continuation_token {
                Some(token) if !token.is_empty() => next = Some(token),
                _ => return Ok(()),
            }
        }
    }

    pub(super) async fn is_filled(&self) -> Result<bool, StoreError> {
        let mut request = Request::new(Method::GET, "");
        request.query = vec![("list-type", "2"), ("prefix", &self.prefix), ("max-keys", "1")];
        let page: answers::List = answers::read(&self.list(&request).await?.body)?;
        Ok(!page.contents.is_empty())
    }

    async fn list(&self, request: &Request<'_>) -> Result<Done, StoreError> {
        match self.client.send(request).await? {
            Answer::Done(done) => Ok(done),
            Answer::NotThere => Err(refused("to list", "the bucket is not there")),
            Answer::Exists => Err(refused("to list", "a precondition")),
            Answer::Forbidden(code) => Err(refused("to list", &code)),
        }
    }
}

fn refused(what: &str, code: &str) -> StoreError {
    StoreError::Vault(format!("the object store refuses {what} objects: {code}"))
}

fn lock_in(headers: &HeaderMap) -> Option<Lock> {
    let word = |name| headers.get(name)?.to_str().ok();
    let mode = match word("x-amz-object-lock-mode")? {
        "GOVERNANCE" => LockMode::Governance,
        "COMPLIANCE" => LockMode::Compliance,
        _ => return None,
    };
    let until = DateTime::parse_from_rfc3339(word("x-amz-object-lock-retain-until-date")?).ok()?;
    Some(Lock { mode, until: until.to_utc() })
}
