//! What a verdict costs by message size, with the rules, the example configuration and the
//! people that come with the program: detection alone, and the whole assessment from bytes
//! to verdict.

mod mails;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatehouse::{
    app, clock, config,
    detection::{Detector, Scratch},
    extraction::extract,
    files::Files,
    mail::{
        Address, Arrival, Channel, Door, Envelope, Facts, Recipient, ReversePath, SenderProof, Transaction,
        TransactionId,
    },
    message::read,
    parties::{import, resolve},
    pipeline::{Rulebook, assess},
};
use std::{hint::black_box, path::Path, sync::Arc};

/// The shipped rules, and the invented schools of the demonstration with their people.
fn rulebook() -> Rulebook {
    let data = tempfile::tempdir().expect("a folder for the cache");
    let mut config = config::load(Path::new("gatehouse.example.toml")).expect("the example configuration");
    config.data = data.path().to_owned();
    let rules = app::rules(&config.rulesets).expect("the shipped rules");
    let mut rulebook = app::rulebook(&config, rules).expect("a rulebook");
    let directory = import(Path::new("demo/directory"), &config.schools).directory.expect("people");
    let people = Arc::new(app::people(&directory));
    rulebook.detector = Detector::with_people(&rulebook.detector, people);
    rulebook.directory = Arc::new(directory);
    rulebook
}

fn transaction(raw: Vec<u8>) -> Transaction {
    let address = |text| Address::parse(text).expect("an address");
    Transaction {
        id: TransactionId(1),
        received_at: clock::system()(),
        channel: Channel::Email,
        arrival: Arrival::unknown(Door::File),
        envelope: Envelope {
            sender: ReversePath::Mailbox(address("s.parry@oakfield.example")),
            parameters: Vec::new(),
            recipients: vec![Recipient::new(address("office@riverside.example"))],
        },
        raw: raw.into(),
    }
}

fn assessing(c: &mut Criterion) {
    let (rulebook, mut scratch) = (rulebook(), Scratch::new());
    for kib in [2, 16, 64, 256] {
        let transaction = transaction(mails::message(kib * 1024));
        let facts = Facts::at(transaction.received_at, SenderProof::Unproved);
        let limits = rulebook.limits;
        let message = read(&transaction.raw, limits.read);
        let files = Files::default();
        let text = extract(&message, &files, limits.extract);
        let parties = resolve(&transaction, &message.header, &rulebook.directory, &rulebook.schools);
        let mut group = c.benchmark_group("assessing");
        group.throughput(Throughput::Bytes(transaction.raw.len() as u64));
        group.bench_function(BenchmarkId::new("detect", format!("{kib} KiB")), |b| {
            b.iter(|| {
                black_box(rulebook.detector.detect(&message, &text, &parties, &mut scratch, limits.detect))
            });
        });
        group.bench_function(BenchmarkId::new("assess", format!("{kib} KiB")), |b| {
            b.iter(|| {
                black_box(assess(&transaction, &facts, &rulebook, &mut scratch, |_, _, _| ()).0.findings)
            });
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
    targets = assessing
}
criterion_main!(benches);
