//! Words in a picture, by Debian's tesseract, in a worker whose walls let that one program run.

use super::Request;
use crate::files::{Budget, Opened, Reason, Shown, Writing};
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Words in a picture, or that none could be read.
pub fn recognise(request: &Request, bytes: &[u8]) -> Opened {
    let mut budget = Budget::new(request.limits);
    match tesseract(bytes) {
        Some(text) => budget.text("words in the picture", Shown::Visible, Writing::Plain, text),
        None => budget.missed("", "picture", Reason::Picture),
    }
    budget.finish()
}

fn tesseract(bytes: &[u8]) -> Option<String> {
    let mut program = Command::new("/usr/bin/tesseract")
        .args(["stdin", "stdout", "-l", "eng+cym"])
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // It reads the whole picture before it writes.
    program.stdin.take()?.write_all(bytes).ok()?;
    let ended = program.wait_with_output().ok()?;
    ended.status.success().then(|| String::from_utf8_lossy(&ended.stdout).into_owned())
}
