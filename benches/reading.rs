//! What reading costs by message size: parsing, extraction of all text with its views, and
//! normalising alone.

mod mails;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatehouse::{
    extraction::{ExtractLimits, extract, normalise},
    files::Files,
    message::{Body, ReadLimits, read},
};
use mails::message;
use std::hint::black_box;

fn reading(c: &mut Criterion) {
    for kib in [2, 16, 64, 256] {
        let raw = message(kib * 1024);
        let parsed = read(&raw, ReadLimits::default());
        let texts: Vec<&str> = parsed
            .parts
            .iter()
            .filter_map(|part| if let Body::Text(text) = &part.body { Some(text.as_ref()) } else { None })
            .collect();
        let mut group = c.benchmark_group("reading");
        group.throughput(Throughput::Bytes(raw.len() as u64));
        group.bench_function(BenchmarkId::new("parse", format!("{kib} KiB")), |b| {
            b.iter(|| black_box(read(&raw, ReadLimits::default())));
        });
        group.bench_function(BenchmarkId::new("extract", format!("{kib} KiB")), |b| {
            let files = Files::default();
            b.iter(|| black_box(extract(&parsed, &files, ExtractLimits::default())));
        });
        group.throughput(Throughput::Bytes(texts.iter().map(|t| t.len() as u64).sum()));
        group.bench_function(BenchmarkId::new("normalise", format!("{kib} KiB")), |b| {
            b.iter(|| texts.iter().for_each(|text| drop(black_box(normalise(text)))));
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = reading
}
criterion_main!(benches);
