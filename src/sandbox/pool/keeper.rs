//! The thread that starts workers and ends those that have done their share. One thread does all
//! starting, and lives as long as the pool, because the kernel ends a worker together with the thread
//! that started it: so no worker outlives the gate, and none ends with a thread of a pool that rests.

use super::state::{Errand, Shared};
use crate::sandbox::{calling::Calling, process::Worker};
use std::{
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Time in which a worker has to be ready. It takes some milliseconds, on a busy machine more.
const START: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn begin(program: PathBuf, calling: Calling, shared: Arc<Shared>) -> std::io::Result<Self> {
        let kept = shared.clone();
        let thread = thread::Builder::new()
            .name("worker-keeper".into())
            .spawn(move || keep(&program, &calling, &kept))?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

fn keep(program: &std::path::Path, calling: &Calling, shared: &Shared) {
    loop {
        match shared.errand() {
            Errand::Start => shared.started(Worker::start(program, calling, Instant::now() + START)),
            Errand::End(workers) => drop(workers),
            Errand::Close(workers) => return drop(workers),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(thread) = self.thread.take() {
            // It has no way to panic; if it did, its workers ended with it.
            let _ = thread.join();
        }
    }
}
