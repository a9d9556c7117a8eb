//! The pool as whoever reads messages sees it: an opener of files, which says in a stable word how it failed.

use super::{Health, Pool, Profile, Request, Settings};
use crate::files::{FileLimits, NotOpened, Opened, Opener, Readers, Start, Until};
use std::time::{Duration, Instant};

/// Opens files in workers.
#[derive(Debug)]
pub struct Sandboxed {
    /// `None` where not even the pool could begin.
    pool: Option<Pool>,
    /// Of workers that read pictures, where the school wants it.
    pictures: Option<Pool>,
    /// Pictures of one message whose words are read at most.
    pictures_read: usize,
    limits: FileLimits,
    /// How long all files of one message together wait for free workers and are read.
    patience: Duration,
}

impl Sandboxed {
    pub fn new(settings: Settings, limits: FileLimits, patience: Duration) -> Self {
        let pool = Pool::new(settings).inspect_err(|error| tracing::error!(%error, "files.no-workers"));
        Self { pool: pool.ok(), pictures: None, pictures_read: 0, limits, patience }
    }

    /// The same, with at most so many pictures of a message read by tesseract in workers of their own.
    pub fn with_pictures(self, settings: Settings, pictures_read: usize) -> Self {
        let pool = Pool::new(Settings { profile: Profile::Ocr, ..settings });
        let pool = pool.inspect_err(|error| tracing::error!(%error, "files.no-workers-for-pictures"));
        Self { pictures: pool.ok(), pictures_read, ..self }
    }

    /// `None` where the time of the message is over.
    fn deadline(&self, until: Until) -> Option<Instant> {
        let now = Instant::now();
        Some(until.0.unwrap_or(now + self.patience)).filter(|until| now < *until)
    }
}

impl Opener for Sandboxed {
    fn hashes(&self) -> bool {
        self.limits.hashing.is_some()
    }

    fn until(&self) -> Until {
        Until(Some(Instant::now() + self.patience))
    }

    fn open(
        &self,
        name: Option<&str>,
        media_type: &str,
        bytes: &[u8],
        until: Until,
    ) -> Result<Opened, NotOpened> {
        let until = self.deadline(until).ok_or(NotOpened::Died(MESSAGE_OUT_OF_TIME))?;
        let pool = self.pool.as_ref().ok_or(NotOpened::Died("no-worker-started"))?;
        let request = Request {
            name: name.map(str::to_owned),
            media_type: Some(media_type.to_owned()),
            limits: self.limits,
        };
        pool.open(&request, bytes, until).map_err(|died| {
            tracing::warn!(why = %died, bytes = bytes.len(), "files.not-opened");
            NotOpened::Died(died.name())
        })
    }

    fn read_picture(&self, bytes: &[u8], until: Until) -> Option<Opened> {
        // Its own workers are for words.
        let limits = FileLimits { hashing: None, ..self.limits };
        let request = Request { limits, ..Request::default() };
        let opened = self.pictures.as_ref()?.open(&request, bytes, self.deadline(until)?);
        opened.inspect_err(|died| tracing::warn!(why = %died, "files.picture-not-read")).ok()
    }

    fn pictures_read(&self) -> usize {
        self.pictures.as_ref().map_or(0, |_| self.pictures_read)
    }

    fn take_pictures(
        &self,
        name: Option<&str>,
        media_type: &str,
        bytes: &[u8],
        most: usize,
        until: Until,
    ) -> Option<Opened> {
        let limits = FileLimits { hashing: None, take_pictures: most, ..self.limits };
        let request =
            Request { name: name.map(str::to_owned), media_type: Some(media_type.to_owned()), limits };
        let opened = self.pool.as_ref()?.open(&request, bytes, self.deadline(until)?);
        opened.inspect_err(|died| tracing::warn!(why = %died, "files.pictures-not-taken")).ok()
    }

    fn readers(&self) -> Vec<Readers> {
        let none = || Readers {
            start: Start::Fails("the pool of workers could not begin".to_owned()),
            ..readers(FILES, &Health::default())
        };
        let files = self.pool.as_ref().map_or_else(none, |pool| readers(FILES, &pool.health()));
        let pictures = self.pictures.as_ref().map(|pool| readers("pictures", &pool.health()));
        [files].into_iter().chain(pictures).collect()
    }
}

const FILES: &str = "files";
/// Said of each file of a message for which no time was left.
const MESSAGE_OUT_OF_TIME: &str = "message-out-of-time";

fn readers(of: &'static str, health: &Health) -> Readers {
    let start = match health.fault {
        Some(fault) => Start::Fails(fault.to_string()),
        None if health.started == 0 => Start::NotTried,
        None => Start::Works,
    };
    Readers {
        of,
        busy: health.busy,
        idle: health.idle,
        waiting: health.waiting,
        opened: health.answered,
        not_opened: health.deaths.by_name().to_vec(),
        start,
    }
}
