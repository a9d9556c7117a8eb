//! A disclaimer put into messages of several sizes and encodings, with the check that
//! always follows (apply, read again, compare), and the common case of a thread that has
//! it already.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatehouse::{
    effects::{Disclaimer, Disclaimers, disclaimer_edits},
    message::{ReadLimits, read},
};
use std::{fmt::Write, fs, hint::black_box};

fn disclaimer() -> Disclaimer {
    let dir = tempfile::tempdir().expect("a folder for the templates");
    for (language, text) in [
        ("cy", "Barn yr awdur ei hun sydd yn y neges hon, ac nid o reidrwydd farn yr ysgol na'r cyngor."),
        ("en", "The views in this message are the writer's own and not necessarily those of the school."),
    ] {
        fs::create_dir(dir.path().join(language)).expect("a folder for a language");
        fs::write(dir.path().join(language).join("standard.txt"), text).expect("a template");
    }
    let all = Disclaimers::load(dir.path()).expect("templates without faults");
    all.get("standard", &["cy".into(), "en".into()]).expect("the template")
}

/// Plain text and HTML in `encoding`, and an attachment that makes up the size.
fn message(bytes: usize, encoding: &str) -> Bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let line = "The trip leaves at nine from the gate by the hall; bring a coat and lunch.\r\n";
    let plain = line.repeat(20);
    let html = format!("<html><body><p>{}</p></body></html>\r\n", line.repeat(20));
    let encoded = |text: &str| match encoding {
        "base64" => wrapped(&STANDARD.encode(text)),
        _ => text.to_owned(),
    };
    let mut out = String::from("From: t@oakfield.example\r\nTo: p@elsewhere.example\r\nSubject: Trip\r\n");
    out.push_str("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n");
    out.push_str("Content-Type: multipart/alternative; boundary=a\r\n\r\n");
    for (kind, text) in [("plain", &plain), ("html", &html)] {
        let _ = write!(
            out,
            "--a\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{}\r\n",
            encoded(text)
        );
    }
    out.push_str(
        "--a--\r\n--m\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    let rest = bytes.saturating_sub(out.len()) / 4 * 3;
    out.push_str(&wrapped(&STANDARD.encode(vec![0x5a; rest])));
    out.push_str("\r\n--m--\r\n");
    out.into()
}

fn wrapped(digits: &str) -> String {
    let lines: Vec<&str> = digits.as_bytes().chunks(76).filter_map(|l| std::str::from_utf8(l).ok()).collect();
    lines.join("\r\n")
}

fn insert(c: &mut Criterion) {
    let disclaimer = disclaimer();
    let mut group = c.benchmark_group("disclaimer");
    for size in [8 << 10, 27 << 10, 1 << 20] {
        for encoding in ["8bit", "quoted-printable", "base64"] {
            let raw = message(size, encoding);
            group.throughput(Throughput::Bytes(raw.len() as u64));
            group.bench_with_input(BenchmarkId::new(encoding, raw.len()), &raw, |b, raw| {
                let message = read(raw, ReadLimits::default());
                b.iter(|| black_box(disclaimer_edits(black_box(&message), &disclaimer).is_ok()));
            });
        }
    }
    let raw = message(27 << 10, "8bit");
    let message = read(&raw, ReadLimits::default());
    let there = disclaimer_edits(&message, &disclaimer).expect("it is applied").apply(&raw);
    group.throughput(Throughput::Bytes(there.len() as u64));
    group.bench_function("already there", |b| {
        let message = read(&there, ReadLimits::default());
        b.iter(|| black_box(disclaimer_edits(black_box(&message), &disclaimer).is_err()));
    });
    group.finish();
}

criterion_group!(benches, insert);
criterion_main!(benches);
