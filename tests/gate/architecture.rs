//! The house keeps its shape: a room uses only rooms to its left, each foreign crate
//! has one owner, and only named modules can prove that a message is safe.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms from left to right; rooms in one inner list stand side by side.
const ROOMS: &[&[&str]] = &[
    &["mail", "clock"],
    &["ids"],
    &["message"],
    &["files"],
    &["sandbox"],
    &["parties"],
    &["extraction"],
    &["ruleset"],
    &["detection"],
    &["policy"],
    &["verdict"],
    &["authority"],
    &["config"],
    &["storage"],
    &["officers"],
    &["wire"],
    &["effects"],
    &["pipeline"],
    &["gateway"],
    &["report"],
    &["desk"],
    &["console"],
    &["app"],
    &["cli"],
];

/// Foreign crates and the only rooms that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("mail_parser", &["message"]),
    ("aes", &["files"]),
    ("cfb", &["files"]),
    ("md5", &["files"]),
    ("miniz_oxide", &["files"]),
    ("sha1", &["files"]),
    ("idna", &["extraction"]),
    ("percent_encoding", &["message", "extraction"]),
    ("unicode_bidi", &["extraction"]),
    ("unicode_security", &["extraction"]),
    ("lzma_rust2", &["files"]),
    ("bzip2", &["files"]),
    ("deflate64", &["files"]),
    ("ppmd_rust", &["files"]),
    ("chardetng", &["files"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
    ("postcard", &["sandbox"]),
    ("nix", &["sandbox"]),
    ("libc", &["sandbox"]),
    ("image", &["files"]),
    ("zune_core", &["files"]),
    ("zune_jpeg", &["files"]),
    ("hyperscan", &["detection"]),
    ("regex_automata", &["detection"]),
    ("regex_syntax", &["ruleset", "detection"]),
    ("indymilter", &["wire"]),
    ("tokio_rustls", &["wire", "storage"]),
    ("sqlx", &["storage"]),
    ("url", &["config", "console"]),
    ("object_store", &["storage"]),
    ("quick_xml", &["storage", "files"]),
    ("age", &["storage"]),
    ("bech32", &["storage"]),
    ("rustix", &["config", "storage", "app", "sandbox"]),
    ("zstd", &["storage", "files"]),
    ("hmac", &["storage"]),
    ("chacha20poly1305", &["storage"]),
    // The `ring` of rustls, by which doors and clients are encrypted, reads the same.
    ("ring", &["storage", "wire"]),
    ("reqwest", &["wire", "storage"]),
    ("hyper", &["wire"]),
    ("hyper_util", &["wire", "console"]),
    ("http_body_util", &["wire"]),
    ("lettre", &["effects"]),
    ("mail_auth", &["effects"]),
    ("toml", &["config", "ruleset", "report"]),
    ("csv", &["cli", "parties", "files", "detection"]),
    ("pdf_writer", &["report"]),
    ("subsetter", &["report"]),
    ("ttf_parser", &["report", "files"]),
    ("crc32fast", &["report", "files"]),
    ("axum", &["console"]),
    ("askama", &["console"]),
    ("ammonia", &["console"]),
    ("webauthn_rs", &["console"]),
    ("openidconnect", &["console"]),
    ("argon2", &["console"]),
    ("totp_rs", &["console"]),
    ("qrcodegen", &["console"]),
    ("x509_parser", &["wire"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, out: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                out.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    walk(&root, &mut out);
    assert!(out.len() > 20, "the sources were not found");
    out.into_iter().map(|(p, t)| (p.strip_prefix(&root).unwrap().to_owned(), t)).collect()
}

fn room_of(path: &Path) -> String {
    path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|side| side.contains(&room))
}

/// The code of a file without comments and without its unit tests.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    before_tests.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every `crate::room` named in `code`, also inside `use crate::{a, b::c}`.
fn rooms_named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + 7..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut start) = (0, true);
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if depth == 0 && start && (c.is_alphanumeric() || c == '_') => word.push(c),
                    c if c.is_whitespace() && word.is_empty() => {}
                    _ if depth == 0 => start = false,
                    _ => {}
                }
                if !start || (c == '}' && depth == 0) {
                    found.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                }
                if start && c == ',' {
                    found.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                }
            }
            found.extend((!word.is_empty()).then_some(word));
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

#[test]
fn the_reader_of_use_lines_reads_groups() {
    let named = rooms_named("use crate::{\n    mail::{A, B},\n    wire,\n};\nfn f(x: crate::cli::X) {}");
    assert_eq!(named, ["mail", "wire", "cli"]);
}

#[test]
fn a_room_uses_only_rooms_to_its_left() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(own) = rank(&room) else {
            faults.push(format!("{}: the room `{room}` has no place in the row", path.display()));
            continue;
        };
        for other in rooms_named(&code(&text)) {
            if let Some(its) = rank(&other)
                && other != room
                && its >= own
            {
                faults.push(format!("{}: `{room}` reaches right to `{other}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_foreign_crate_has_its_owner() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        let code = code(&text);
        for (name, owners) in OWNERS {
            let named = code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !owners.contains(&room.as_str()) {
                faults.push(format!("{}: {name} belongs to {owners:?}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// sqlx's builder writes `?`, which PostgreSQL does not know (CONTRIBUTING.md).
#[test]
fn statements_are_put_together_for_both_databases() {
    let wrong = |path: &Path, text: &str| code(text).contains("QueryBuilder") && room_of(path) == "storage";
    let files = sources().into_iter().filter(|(path, text)| wrong(path, text));
    let names: Vec<_> = files.map(|(path, _)| path).collect();
    assert!(names.is_empty(), "{names:?}: use database::Sql");
}

/// A receipt needs a proof, and a proof can be made only where the thing proved happens.
#[test]
fn only_named_modules_prove_that_a_message_is_safe() {
    let mut makers: Vec<String> = Vec::new();
    for (path, text) in sources() {
        let count = code(&text).matches("Proof for ").count();
        if count > 0 && room_of(&path) != "mail" {
            assert_eq!(count, 1, "{}: one proof per module", path.display());
            makers.push(room_of(&path));
        }
    }
    makers.sort();
    let allowed = ["storage", "wire", "wire"];
    assert!(
        makers.iter().all(|m| allowed.contains(&m.as_str())) && makers.len() <= allowed.len(),
        "{makers:?}"
    );
}
