//! What attachments cost: each kind of file read, the whole message with it assessed by nobody yet (parsed, opened, its text
//! extracted), and the hand-over to a worker of the sandbox and back. Times are those of one message.

#![allow(clippy::print_stdout)] // what the thousand messages took

mod attachments;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use gatehouse::{
    extraction::{ExtractLimits, extract},
    files::{Budget, FileLimits, InProcess, open, open_parts},
    message::{ReadLimits, read},
    sandbox::{Must, Pool, Request, Sandboxed, Settings, Trial, Walls},
};
use std::{
    hint::black_box,
    path::PathBuf,
    time::{Duration, Instant},
};

/// One attachment in base64, as mail programs send it.
fn message(name: &str, bytes: &[u8]) -> Vec<u8> {
    let packed = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        packed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "From: g.okafor@oakfield.example\r\nTo: clinic@harbour.example\r\nSubject: The register\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\r\nSee the file.\r\n--edge\r\n\
         Content-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--edge--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

fn opening(c: &mut Criterion) {
    let files = attachments::all();
    let mut group = c.benchmark_group("opening");
    for (name, bytes) in &files {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::new("file", name), |b| {
            b.iter(|| {
                let mut budget = Budget::new(FileLimits::default());
                open(Some(name), None, bytes, &mut budget);
                black_box(budget.finish())
            });
        });
    }
    for (name, bytes) in &files {
        let raw = message(name, bytes);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::new("message", name), |b| {
            b.iter(|| {
                let mut message = read(&raw, ReadLimits::default());
                let files = open_parts(&mut message, &InProcess(FileLimits::default()));
                black_box(extract(&message, &files, ExtractLimits::default()).fragments.len())
            });
        });
    }
    group.finish();
}

/// Real workers of the real program, which do nothing with the file, or give it back as text.
fn hand_over(c: &mut Criterion) {
    let settings = Settings {
        program: PathBuf::from(env!("CARGO_BIN_EXE_gatehouse")),
        must: Must::WhenPossible,
        workers: 1,
        jobs: u32::MAX,
        ..Settings::default()
    };
    let soon = || Instant::now() + Duration::from_secs(60);
    let nothing = Pool::of_trials(settings.clone(), Walls::All).unwrap();
    let echo = Pool::new(settings.clone()).unwrap();
    let mut group = c.benchmark_group("hand-over");
    for (size, bytes) in [("1 KB", 1000), ("100 KB", 100_000), ("1 MB", 1_000_000)] {
        let file = vec![b'a'; bytes];
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::new("nothing back", size), |b| {
            b.iter(|| nothing.open(&Trial::Answer.request(), &file, soon()).unwrap());
        });
        group.bench_function(BenchmarkId::new("text back", size), |b| {
            b.iter(|| echo.open(&Request::default(), &file, soon()).unwrap());
        });
    }
    let fresh = Pool::new(Settings { jobs: 1, workers: 2, warm: 2, ..settings }).unwrap();
    group.bench_function("a fresh worker for each file of 1 KB", |b| {
        b.iter(|| fresh.open(&Request::default(), &[b'a'; 1000], soon()).unwrap());
    });
    group.finish();
}

/// A thousand messages with typical attachments, through the sandbox as the gate opens them: what each costs from its
/// bytes to its texts.
fn thousand() {
    let settings = Settings {
        program: PathBuf::from(env!("CARGO_BIN_EXE_gatehouse")),
        must: Must::WhenPossible,
        workers: 1,
        ..Settings::default()
    };
    let opener = Sandboxed::new(settings, FileLimits::default(), Duration::from_secs(30));
    let typical = |name: &str| ["letter.docx", "register.xlsx", "letter.pdf"].contains(&name);
    let files: Vec<_> = attachments::all().into_iter().filter(|(name, _)| typical(name)).collect();
    let mails: Vec<_> = files.iter().map(|(name, bytes)| message(name, bytes)).collect();
    let mut took = vec![Vec::new(); files.len()];
    for number in 0..1_000 {
        let at = number % files.len();
        let start = Instant::now();
        let mut message = read(&mails[at], ReadLimits::default());
        let opened = open_parts(&mut message, &opener);
        let extract = extract(&message, &opened, ExtractLimits::default());
        took[at].push(start.elapsed());
        // What a worker did not read would cost nothing.
        assert!(extract.fragments.iter().map(|f| f.source.len()).sum::<usize>() > 50_000);
    }
    for ((name, bytes), mut took) in files.iter().zip(took) {
        took.sort_unstable();
        let at = |percent: usize| took[took.len() * percent / 100].as_secs_f64() * 1e3;
        let kilobytes = bytes.len() / 1000;
        println!(
            "1,000 messages: {name} of {kilobytes} KB: {:.2} ms at the median, {:.2} at 95 %",
            at(50),
            at(95)
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = opening, hand_over
}

fn main() {
    benches();
    thousand();
}
