//! Keys by the command line: a custodian with a key in hardware, rotation, and the day on
//! which the working key is lost and two people come with their shares.

use crate::{
    gate::{Home, ROOT, Setup},
    passphrases::with_lines,
    storage::{Sample, drills::recorded, lead},
};
use gatehouse::storage::{ItemKind, Purpose};
use std::{env, fs, os::unix::fs::PermissionsExt, path::PathBuf};

const PLUGIN_KEY: &str = "age1rehearsal1dahx2grfdemx2mn5v4jzq6rpwfj8wctjv5sxkete9ssxumeqd4hsrp2th0";
const PLUGIN_IDENTITY: &str = "AGE-PLUGIN-REHEARSAL-1WDKX7APDDAHX23RX3T8";

fn home() -> Home {
    let hops = crate::gate::hop("own", "*", "127.0.0.1:9".parse().unwrap());
    let school = "record-parent-mail = true".into();
    Home::new(&Setup { shipped: false, hops, school, doors: crate::gate::RELAY.into(), ..Setup::default() })
}

/// The search path with the test plugin's folder.
fn with_plugin() -> std::ffi::OsString {
    let folders = env::var_os("PATH").unwrap_or_default();
    let plugin = PathBuf::from(ROOT).join("tests/support");
    env::join_paths(std::iter::once(plugin).chain(env::split_paths(&folders))).unwrap()
}

#[tokio::test]
async fn a_custodian_s_key_in_hardware_opens_what_it_is_to_open() {
    let home = home();
    let join = |plugin: bool| {
        let args =
            ["keys", "custodian", "join", "--school", "oakfield", "--name", "Head", "--reason", "new key"];
        let mut command = home.command(&[&args[..], &["--key", PLUGIN_KEY]].concat());
        if plugin {
            command.env("PATH", with_plugin());
        }
        command.output().unwrap()
    };
    let missing = join(false);
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(missing.status.code() == Some(2) && said.contains("`age-plugin-rehearsal`"), "{said}");
    let joined = join(true);
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    let listed = home.list(&["keys", "custodian", "list", "--school", "oakfield"]);
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed.iter().any(|c| c["key"] == PLUGIN_KEY && c["name"] == "Head"), "{listed:?}");

    // The gate needs no plugin to keep: the epoch is there.
    let store = home.store().await;
    let id = recorded(&store, 1).await;
    let identity = home.path("hardware.txt");
    fs::write(&identity, format!("# slot 1\n{PLUGIN_IDENTITY}\n")).unwrap();
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o600)).unwrap();
    let export = |plugin: bool| {
        let file = identity.to_str().unwrap();
        let mut command =
            home.command(&["records", "export", id.as_str(), "--custodian", file, "--purpose", "facts"]);
        if plugin {
            command.env("PATH", with_plugin());
        }
        command.output().unwrap()
    };
    let opened = export(true);
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    assert_eq!(opened.stdout, &Sample::new(1).raw[..]);
    let missing = export(false);
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(!missing.status.success() && said.contains("`age-plugin-rehearsal`"), "{said}");
}

#[tokio::test]
async fn the_working_key_is_rotated_lost_and_brought_back_by_two_people() {
    let home = home();
    let held = {
        let store = home.store().await;
        let held = Sample::new(1).held(&store, ItemKind::Hold).await;
        store.close().await;
        held
    };
    let (one, two) = (home.path("share-1.txt"), home.path("share-2.txt"));
    let made = home.run(&["keys", "recovery", "make", one.to_str().unwrap(), two.to_str().unwrap()]);
    assert_eq!(made.code(), 0, "{}", made.err);
    let config = home.path("gatehouse.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("[keys]\n", &format!("[keys]\nrecovery = [\"{}\"]\n", made.out.trim())))
        .unwrap();

    // Rotation: a source with one key is not enough, and that is said.
    let rotate = || home.run(&["keys", "rotate", "--reason", "yearly"]);
    let alone = rotate();
    assert!(alone.code() == 2 && alone.err.contains("above it"), "{}", alone.err);
    let (working, new) = (home.path("working.key"), home.path("new.key"));
    assert_eq!(home.run(&["keys", "generate", "working", new.to_str().unwrap()]).code(), 0);
    let both = fs::read_to_string(&new).unwrap() + &fs::read_to_string(&working).unwrap();
    fs::write(&working, both).unwrap();
    let rotated = rotate();
    assert!(rotated.code() == 0 && rotated.err.contains("can be thrown away"), "{}", rotated.err);
    fs::copy(&new, &working).unwrap();
    let shown = home.list(&["keys", "show"]);
    let epochs = shown.iter().find(|row| row["key"] == "working" && row["epochs"].is_array()).unwrap();
    assert_eq!(
        (epochs["epochs"][0]["objects"].as_i64(), &epochs["epochs"][0]["up_to_date"]),
        (Some(1), &true.into())
    );

    // Lost: the store does not open, until the second share is typed beside the first's file.
    fs::remove_file(&working).unwrap();
    assert_eq!(home.run(&["keys", "generate", "working", working.to_str().unwrap()]).code(), 0);
    assert!(home.run(&["keys", "rotate", "--reason", "x"]).code() != 0);
    let typed: String = fs::read_to_string(&two)
        .unwrap()
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(|l| format!("{l}\n"))
        .collect();
    let recovery = |then: &[&str], lines: &str| {
        let args = [&["keys", "recovery", "join", one.to_str().unwrap(), "-"], then].concat();
        with_lines(&mut home.command(&args), lines)
    };
    let slip = recovery(&["working", "--reason", "lost"], &typed.replacen("2: ", "2: Z", 1));
    assert!(!slip.status.success());
    let back = recovery(&["working", "--reason", "key server burnt"], &typed);
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert!(recovery(&["check"], &typed).status.success());
    let store = home.store().await;
    assert_eq!(store.raw(&held, &lead(), Purpose::Facts).await.unwrap(), Sample::new(1).raw);
    assert!(store.ledger_verify().await.unwrap().is_ok());
    assert!(store.scrub().await.unwrap().faults.is_empty());
    let doctor = home.run(&["doctor"]);
    assert!(doctor.out.contains("the working key opens all 1 of its own"), "{}", doctor.out);
}
