//! `[store]`: which database keeps the rows, SQLite in the data folder or PostgreSQL.

use super::{
    PasswordSource, StoreConfig,
    read::{Marks, Need},
    section::Section,
    source::{At, Source},
};
use std::net::IpAddr;
use url::{Host, Url};

const URL: &str = "Write \"postgres://gatehouse@db.school.example/gatehouse?sslmode=verify-full\"; without `url` the rows lie in the data folder.";
const PASSWORD: &str = "Write { file = \"...\" } or { environment = \"...\" }.";
/// What may follow the `?`.
const PARAMETERS: [&str; 6] = ["host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey"];

pub(super) fn store(source: &Source<'_>, section: Option<Section<'_>>, marks: &mut Marks) -> StoreConfig {
    let Some(s) = section else { return StoreConfig::Folder };
    let url = s.text("url");
    let password = s.section("password").and_then(|table| password(source, table, marks));
    let url = s.require("url", url, URL);
    s.close();
    match url {
        Some(at) if is_address(source, &at) => StoreConfig::Postgres { url: at.value, password },
        _ => StoreConfig::Folder,
    }
}

fn password(source: &Source<'_>, table: Section<'_>, marks: &mut Marks) -> Option<PasswordSource> {
    let (file, variable, span) = (table.path("file"), table.text("environment"), table.span.clone());
    table.close();
    match (file, variable) {
        (Some(file), None) => {
            marks.files.push((Need::Secret, file.clone()));
            Some(PasswordSource::File(file.value))
        }
        (None, Some(variable)) => Some(PasswordSource::Environment(variable.value)),
        _ => {
            source.error(&span, "`password` must be one source of the password.", PASSWORD);
            None
        }
    }
}

fn is_address(source: &Source<'_>, at: &At<String>) -> bool {
    let wrong = |message: String, hint: &str| {
        source.error(&at.span, message, hint);
        false
    };
    let Ok(url) = Url::parse(&at.value) else {
        return wrong("`url` must be the address of a PostgreSQL database.".into(), URL);
    };
    let named = |key: &str| url.query_pairs().find(|(k, _)| k == key).map(|(_, value)| value.into_owned());
    let database = url.path().trim_matches('/');
    if !["postgres", "postgresql"].contains(&url.scheme())
        || (url.host_str().is_none_or(str::is_empty) && named("host").is_none())
        || url.username().is_empty()
        || database.is_empty()
        || database.contains('/')
    {
        return wrong("`url` must be the address of a PostgreSQL database.".into(), URL);
    }
    if url.password().is_some() {
        return wrong(
            "The password must not stand in `url`.".into(),
            &format!("Give `password`: {PASSWORD}"),
        );
    }
    if let Some((key, _)) = url.query_pairs().find(|(key, _)| !PARAMETERS.contains(&key.as_ref())) {
        let shown: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
        let hint = format!("Known are {}.", PARAMETERS.join(", "));
        return wrong(format!("`url` has a parameter `{shown}` that is not known."), &hint);
    }
    let proved = named("sslmode").is_some_and(|mode| mode == "verify-full" || mode == "verify-ca");
    if !proved && !stays_here(&url, named("host").as_deref()) {
        source.warning(
            &at.span,
            "Nothing proves to the gate that it speaks to your own database.",
            "Add `?sslmode=verify-full`, with `&sslrootcert=FILE` for a certificate of your own.",
        );
    }
    true
}

/// Whether the connection leaves this machine not at all.
fn stays_here(url: &Url, host: Option<&str>) -> bool {
    let local = |name: &str| {
        name.starts_with('/')
            || name == "localhost"
            || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match (host, url.host()) {
        (Some(host), _) => local(host),
        (None, Some(Host::Domain(name))) => local(&name.replace("%2F", "/").replace("%2f", "/")),
        (None, Some(Host::Ipv4(address))) => address.is_loopback(),
        (None, Some(Host::Ipv6(address))) => address.is_loopback(),
        (None, None) => false,
    }
}
