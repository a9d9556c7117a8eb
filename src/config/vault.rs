//! `[vault]`: where encrypted objects lie, the data folder or a bucket of S3-compatible storage.

use super::{
    BucketConfig, BucketCredentials, LockMode, VaultConfig,
    read::{Marks, Need},
    section::Section,
    source::{At, Source},
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const URL: &str = "Write the bucket and a folder in it, \"s3://school-mail/gatehouse\"; without `url` objects lie in the data folder.";
const ENDPOINT: &str =
    "Write its address, \"https://s3.school.example\" or with `:9000`; leave it out for Amazon's own.";

pub(super) fn vault(source: &Source<'_>, section: Option<Section<'_>>, marks: &mut Marks) -> VaultConfig {
    let Some(s) = section else { return VaultConfig::Folder };
    let url = s.text("url");
    let region = s.text("region");
    let endpoint = s.text("endpoint");
    let credentials = s.path("credentials");
    let ca = s.path("ca");
    let timeout = s.duration("timeout", Duration::from_secs(1)..=DAY / 24, Duration::from_secs(20));
    let lock = s.section("lock").map(lock);
    let Some(url) = url else {
        s.require("url", None::<()>, URL);
        s.close();
        return VaultConfig::Folder;
    };
    s.close();
    let Some((bucket, prefix)) = bucket_of(&url.value) else {
        source.error(&url.span, "`url` must be a bucket, with a folder in it or without.", URL);
        return VaultConfig::Folder;
    };
    marks.files.extend(credentials.iter().map(|path| (Need::Secret, path.clone())));
    marks.files.extend(ca.iter().map(|path| (Need::File, path.clone())));
    VaultConfig::Bucket(BucketConfig {
        bucket,
        prefix,
        endpoint: endpoint.and_then(|at| endpoint_of(source, &at)),
        region: region.map_or_else(|| "us-east-1".to_owned(), |at| region_of(source, &at)),
        credentials: credentials
            .map_or(BucketCredentials::Environment, |at| BucketCredentials::File(at.value)),
        ca: ca.map(|at| at.value),
        timeout,
        lock,
    })
}

/// `[vault.lock]`: Object Lock, for which the bucket must have been made. The times are those of
/// `[school.retention]`.
fn lock(s: Section<'_>) -> LockMode {
    let modes = [("governance", LockMode::Governance), ("compliance", LockMode::Compliance)];
    let mode = s.choice("mode", &modes, LockMode::Governance);
    s.close();
    mode
}

/// Bucket and prefix of `s3://bucket/prefix`; the prefix without slashes around it.
fn bucket_of(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_matches('/');
    let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let folder = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(word);
    let fits = (3..=63).contains(&bucket.len())
        && bucket.chars().all(name)
        && prefix.len() <= 200
        && (prefix.is_empty() || prefix.split('/').all(folder));
    fits.then(|| (bucket.to_owned(), prefix.to_owned()))
}

fn endpoint_of(source: &Source<'_>, at: &At<String>) -> Option<String> {
    let text = at.value.trim_end_matches('/');
    let (scheme, host) = text.split_once("://").unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if !["http", "https"].contains(&scheme) || host.is_empty() || !host.chars().all(plain) {
        source.error(&at.span, "`endpoint` must be the address of an S3 server.", ENDPOINT);
        return None;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if scheme == "http" && !["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        source.warning(
            &at.span,
            "`endpoint` is not encrypted: names, sizes and times of objects can be read on the way.",
            "Objects themselves are encrypted. Write https:// if the server has a certificate; a private one goes with `ca`.",
        );
    }
    Some(text.to_owned())
}

fn region_of(source: &Source<'_>, at: &At<String>) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if at.value.len() > 60 || !at.value.chars().all(word) {
        let hint = "As in \"eu-west-2\"; servers of your own mostly take \"us-east-1\".";
        source.error(&at.span, "`region` must be the name of a region.", hint);
    }
    at.value.clone()
}
