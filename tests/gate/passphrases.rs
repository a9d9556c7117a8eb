//! Keys of people: under a passphrase, unlocked in a process of its own; in hardware, by
//! way of age's plugins; and Debian's `age` understands all of it.

use crate::{
    debian::program,
    gate::{HEAD, Home, RELAY, Setup, hop},
};
use gatehouse::storage::{KeyError, keys};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub(crate) fn gatehouse() -> Command {
    Command::new(env!("CARGO_BIN_EXE_gatehouse"))
}

/// Runs it with lines on standard input, as a pipe gives them.
pub(crate) fn with_lines(command: &mut Command, lines: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn unlock(path: &Path, passphrase: &str) -> Result<keys::Identities, KeyError> {
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_gatehouse"));
    keys::unlock::unlock_with(&ours, path, Some(&passphrase.to_owned().into()))
}

const PASSPHRASE: &str = "four invented words here";

#[test]
fn a_key_under_a_passphrase_is_made_and_unlocked_in_a_process_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("head.age");
    let generate =
        |lines: &str| with_lines(gatehouse().args(["keys", "generate", "personal"]).arg(&file), lines);
    let short = generate("short\nshort\n");
    assert!(!short.status.success() && String::from_utf8_lossy(&short.stderr).contains("at least 12"));
    let other = generate("four invented words here\nfour invented words hers\n");
    assert!(!other.status.success() && !file.exists());
    let made = generate(&format!("{PASSPHRASE}\n{PASSPHRASE}\n"));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let public = String::from_utf8(made.stdout).unwrap().trim().to_owned();

    let on_disk = std::fs::read(&file).unwrap();
    assert!(on_disk.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let identities = unlock(&file, PASSPHRASE).unwrap();
    assert_eq!(identities.publics(), [public.as_str()]);
    assert!(identities.proves(&public).unwrap());
    let stranger = folder.path().join("stranger.txt");
    let strangers = keys::generate_identity(&stranger, "another").unwrap();
    assert!(!identities.proves(&strangers).unwrap());
    assert!(!format!("{identities:?}").contains("SECRET"));
    assert!(matches!(unlock(&file, "four other words here"), Err(KeyError::WrongPassphrase(_))));
    assert!(matches!(unlock(&stranger, ""), Ok(i) if i.publics() == [strangers.as_str()]));

    // Debian's age asks for the same passphrase, at a terminal that `script` makes.
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "for the head").unwrap();
    let sealed = folder.path().join("secret.age");
    let age = program("age").args(["-r", &public, "-o"]).arg(&sealed).arg(&secret).status().unwrap();
    assert!(age.success());
    let command = format!("age -d -i {} {}", file.display(), sealed.display());
    let opened =
        with_lines(program("script").args(["-qec", &command, "/dev/null"]), &format!("{PASSPHRASE}\n"));
    assert!(String::from_utf8_lossy(&opened.stdout).contains("for the head"), "{opened:?}");
}

#[test]
fn a_file_that_asks_for_too_much_memory_is_refused_before_it_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("greedy.age");
    let (salt, body, mac) = ("A".repeat(22), "A".repeat(43), "A".repeat(43));
    let text = format!("age-encryption.org/v1\n-> scrypt {salt} 30\n{body}\n--- {mac}\n{salt}{salt}");
    std::fs::write(&file, text).unwrap();
    let refused = unlock(&file, PASSPHRASE).unwrap_err();
    assert!(matches!(refused, KeyError::TooMuchWork(_)), "{refused}");
    std::fs::write(&file, "age-encryption.org/v1\n-> X25519 abc\n").unwrap();
    assert!(matches!(unlock(&file, PASSPHRASE), Err(KeyError::NotUnderPassphrase(_))));
    std::fs::write(&file, "nothing\n").unwrap();
    assert!(matches!(unlock(&file, PASSPHRASE), Err(KeyError::NoIdentity(_))));
}

/// A verb that asks who may before it opens the store for its work needs the key twice.
#[test]
fn a_passphrase_is_asked_once_for_each_command() {
    let hops = hop("own", "*", "127.0.0.1:9".parse().unwrap());
    let home = Home::new(&Setup { shipped: false, hops, doors: RELAY.into(), ..Setup::default() });
    let file = home.path("head.age");
    let lines = format!("{PASSPHRASE}\n{PASSPHRASE}\n");
    let made = with_lines(gatehouse().args(["keys", "generate", "personal"]).arg(&file), &lines);
    let public = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let added = home.run(&["users", "add", "--person", HEAD, "--key", &public]);
    assert_eq!(added.code(), 0, "{}", added.err);
    let me = file.to_str().unwrap();
    let own = [
        "users",
        "grant",
        added.out.trim(),
        "--office",
        "head",
        "--school",
        "oakfield",
        "--reason",
        "the first",
    ];
    let granted = home.run(&own);
    assert_eq!(granted.code(), 0, "{}", granted.err);
    let listed = with_lines(&mut home.command(&["--me", me, "ledger", "list"]), &format!("{PASSPHRASE}\n"));
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert!(String::from_utf8_lossy(&listed.stdout).contains("user.added"));
}
