//! `[files]`: the workers that open attachments, and how much of one file they read.

use super::{read::Marks, section::Section};
use crate::files::{FileLimits, PictureLimits};
use std::{thread::available_parallelism, time::Duration};

/// How attachments are opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesConfig {
    pub sandbox: Sandboxing,
    /// Files that are open at once.
    pub workers: usize,
    /// Words in pictures are read, by tesseract.
    pub pictures: bool,
    /// Of so many pictures of one message at most.
    pub pictures_read: usize,
    /// Bytes of one worker.
    pub memory: u64,
    /// CPU time of one file.
    pub cpu: Duration,
    /// Time of one file from when a worker takes it.
    pub time: Duration,
    /// Time of all files of one message together.
    pub message_time: Duration,
    /// Files after which a worker is replaced by a fresh one.
    pub renew_after: u32,
    pub limits: FileLimits,
    /// Of pictures that are compared with lists.
    pub picture_limits: PictureLimits,
}

/// What is asked of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandboxing {
    /// Where it cannot shut a worker in, no attachment is opened.
    Required,
    /// The worker does without what the kernel lacks.
    WhenPossible,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            sandbox: Sandboxing::Required,
            workers: available_parallelism().map_or(1, usize::from),
            pictures: false,
            pictures_read: 20,
            memory: 512_000_000,
            cpu: Duration::from_secs(10),
            time: Duration::from_secs(20),
            message_time: Duration::from_secs(30),
            renew_after: 100,
            limits: FileLimits::default(),
            picture_limits: PictureLimits::default(),
        }
    }
}

pub(super) fn files(section: Option<Section<'_>>, marks: &mut Marks) -> FilesConfig {
    let d = FilesConfig::default();
    let Some(s) = section else { return d };
    marks.attachments = s.span.clone();
    let walls = [("required", Sandboxing::Required), ("when-possible", Sandboxing::WhenPossible)];
    let (second, l, p) = (Duration::from_secs(1), d.limits, d.picture_limits);
    let files = FilesConfig {
        sandbox: s.choice("sandbox", &walls, d.sandbox),
        workers: s.number("workers", 1..=256, d.workers),
        pictures: s.flag("pictures", d.pictures),
        pictures_read: s.number("pictures-read", 1..=200, d.pictures_read),
        memory: s.size("memory", 64_000_000..=16_000_000_000, d.memory) as u64,
        cpu: s.duration("cpu", second..=second * 120, d.cpu),
        time: s.duration("time", second..=second * 240, d.time),
        message_time: s.duration("message-time", second..=second * 240, d.message_time),
        renew_after: s.number("renew-after", 1..=1_000_000, d.renew_after as usize) as u32,
        limits: FileLimits {
            text_bytes: s.size("text-size", 10_000..=1_000_000_000, l.text_bytes as u64),
            members: s.number("members", 10..=1_000_000, l.members),
            nesting: s.number("nesting", 1..=64, l.nesting),
            unpacked_bytes: s.size("unpacked-size", 1_000_000..=100_000_000_000, l.unpacked_bytes) as u64,
            ratio: s.number("ratio", 10..=100_000, l.ratio as usize) as u64,
            steps: s.number("steps", 10_000..=10_000_000_000, l.steps as usize) as u64,
            dictionary: s.size("dictionary", 1_000_000..=1_000_000_000, l.dictionary) as u64,
            hashing: None,
            take_pictures: 0,
        },
        picture_limits: PictureLimits {
            pixels: s.number("picture-pixels", 10_000..=1_000_000_000, p.pixels as usize) as u64,
            memory: s.size("picture-memory", 1_000_000..=8_000_000_000, p.memory) as u64,
            all_pixels: s.number("picture-pixels-in-all", 10_000..=100_000_000_000, p.all_pixels as usize)
                as u64,
            frames: s.number("picture-frames", 1..=100_000, p.frames),
            ..p
        },
    };
    s.close();
    files
}
