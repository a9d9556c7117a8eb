//! Where the database is, and how big it has grown.

use super::{Kind, Pool, StoreError};
use crate::config::{PasswordSource, StoreConfig};
use sqlx::any::AnyConnectOptions;
use std::{
    fmt::Write,
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Which database keeps the rows.
#[derive(Clone, Debug, Default)]
pub enum DatabaseAddress {
    /// SQLite, `gatehouse.db` in the data folder.
    #[default]
    Folder,
    Postgres(PostgresUrl),
}

/// `postgres://user@host/database`, and where its password is.
#[derive(Clone)]
pub struct PostgresUrl {
    url: String,
    password: Option<PasswordSource>,
}

impl DatabaseAddress {
    pub fn from_config(config: &StoreConfig) -> Self {
        match config {
            StoreConfig::Folder => Self::Folder,
            StoreConfig::Postgres { url, password } => {
                Self::Postgres(PostgresUrl { url: url.clone(), password: password.clone() })
            }
        }
    }

    pub(crate) fn is_folder(&self) -> bool {
        matches!(self, Self::Folder)
    }
}

impl PostgresUrl {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), password: None }
    }

    fn password(&self) -> Result<Option<String>, StoreError> {
        let missing = |what: String| StoreError::Refused(format!("its password cannot be read: {what}"));
        Ok(match &self.password {
            None => None,
            Some(PasswordSource::Environment(name)) => {
                Some(std::env::var(name).map_err(|_| missing(format!("the variable {name} is not set")))?)
            }
            Some(PasswordSource::File(path)) => {
                let text = fs::read_to_string(path)
                    .map_err(|e| missing(format!("{}: {}", path.display(), e.kind())))?;
                Some(text.lines().next().unwrap_or_default().to_owned())
            }
        })
    }
}

/// Never shown whole: a test's or a caller's own may hold a password.
impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresUrl(..)")
    }
}

/// The address as connections are made from it.
pub(crate) struct Place {
    file: Option<PathBuf>,
    options: AnyConnectOptions,
}

impl Place {
    pub(crate) fn file(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|e| StoreError::Io(e.to_string()))?;
        let text =
            path.to_str().ok_or_else(|| StoreError::Io("the data folder's name is no UTF-8".into()))?;
        Ok(Self { options: options(&format!("sqlite://{}", escaped(text)))?, file: Some(path) })
    }

    pub(crate) fn server(url: &PostgresUrl) -> Result<Self, StoreError> {
        let mut options = options(&url.url)?;
        if let Some(password) = url.password()? {
            // It refuses one only where there is no host, which the configuration has checked.
            let _ = options.database_url.set_password(Some(&password));
        }
        Ok(Self { options, file: None })
    }

    pub(crate) fn kind(&self) -> Kind {
        if self.file.is_some() { Kind::Sqlite } else { Kind::Postgres }
    }

    /// The file, or the server's database without its password.
    pub(crate) fn name(&self) -> String {
        match &self.file {
            Some(file) => file.display().to_string(),
            None => {
                let url = &self.options.database_url;
                format!("the database {} of PostgreSQL", url.path().trim_start_matches('/'))
            }
        }
    }

    pub(super) fn options(&self) -> &AnyConnectOptions {
        &self.options
    }

    /// The server's own number, and whether it keeps what it has acknowledged.
    pub(crate) async fn version(&self, readers: &Pool) -> Result<(String, bool), StoreError> {
        if self.kind() == Kind::Sqlite {
            let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(readers).await?;
            return Ok((version, true));
        }
        let (version, fsync): (String, String) = sqlx::query_as(
            "SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync",
        )
        .fetch_one(readers)
        .await?;
        Ok((version, fsync == "on"))
    }

    pub(crate) async fn bytes(&self, readers: &Pool) -> Result<u64, StoreError> {
        let Some(path) = &self.file else {
            let size: i64 =
                sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(readers).await?;
            return Ok(size.unsigned_abs());
        };
        let file = |suffix: &str| {
            let mut path = path.clone().into_os_string();
            path.push(suffix);
            fs::metadata(path).map_or(0, |m| m.len())
        };
        Ok(file("") + file("-wal"))
    }
}

fn options(url: &str) -> Result<AnyConnectOptions, StoreError> {
    sqlx::any::install_default_drivers();
    // What is wrong with it is not said: it may hold a password. The configuration has checked it.
    AnyConnectOptions::from_str(url)
        .map_err(|_| StoreError::Io("the database's address cannot be read".into()))
}

/// A path as a URL holds it.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            b if b.is_ascii_alphanumeric() => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

/// Makes SQLite's file, readable by its owner alone; SQLite gives the WAL the same rights.
pub(crate) fn create(path: &Path) -> std::io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}
