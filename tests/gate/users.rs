//! Users, offices and what they open, by the command line: keys of their own, two people,
//! and for parties nothing at all.

use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{Door, Gate, HEAD, LEAD, OUTSIDE, PARENT, PUPIL, Said, Setup, TEACHER, mail},
};
use gatehouse::storage::keys;
use std::path::PathBuf;

pub(crate) const DEPUTY: &str = "t.ellery@oakfield.example";

pub(crate) struct User {
    id: String,
    pub(crate) key: PathBuf,
}

/// A user with a key in a plain file of their own.
pub(crate) fn user(gate: &Gate, address: &str, name: &str) -> User {
    let key = gate.home.path(name);
    let public = keys::generate_identity(&key, "a person's own key").unwrap();
    let said = gate.home.run(&["users", "add", "--person", address, "--key", &public]);
    assert_eq!(said.code(), 0, "{}", said.err);
    User { id: said.out.trim().to_owned(), key }
}

pub(crate) fn by(gate: &Gate, user: &User, args: &[&str]) -> Said {
    gate.home.run(&[&["--me", user.key.to_str().unwrap()], args].concat())
}

fn grant(user: &User, office: &str) -> Vec<String> {
    ["users", "grant", &user.id, "--office", office, "--school", "oakfield", "--reason", "for the test"]
        .map(str::to_owned)
        .to_vec()
}

/// Users with their offices at oakfield, the first of whom is its head and approves the others.
pub(crate) fn registered<const N: usize>(gate: &Gate, wanted: [(&str, &str); N]) -> [User; N] {
    let users = wanted.map(|(address, office)| user(gate, address, &format!("{office}.key")));
    for (who, (_, office)) in users.iter().zip(wanted) {
        let asked = gate.home.run(&args(&grant(who, office)));
        assert_eq!(asked.code(), 0, "{office}: {}", asked.err);
        if who.id != users[0].id {
            let said = ["users", "approve", asked.out.trim(), "--reason", "appointed"];
            let yes = by(gate, &users[0], &said);
            assert_eq!(yes.code(), 0, "{office}: {}", yes.err);
        }
    }
    users
}

fn args(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

pub(crate) fn ids(said: &Said) -> Vec<String> {
    said.lines().iter().map(|l| l["id"].as_str().unwrap().to_owned()).collect()
}

/// A user who holds an office that the head has said yes to.
pub(crate) fn officer(gate: &Gate, head: &User, address: &str, office: &str) -> User {
    let user = user(gate, address, &format!("{office}.key"));
    let asked = gate.home.run(&args(&grant(&user, office)));
    assert_eq!(asked.code(), 0, "{}", asked.err);
    // What needs nobody's yes is given already.
    let yes = by(gate, head, &["users", "approve", asked.out.trim(), "--reason", "appointed"]);
    assert!(yes.code() == 0 || office == "staff", "{}", yes.err);
    user
}

/// The head, whom the configuration names.
pub(crate) fn first_head(gate: &Gate) -> User {
    let head = user(gate, HEAD, "head.key");
    let begun = gate.home.run(&args(&grant(&head, "head")));
    assert_eq!(begun.code(), 0, "{}", begun.err);
    head
}

#[test]
fn offices_open_what_is_theirs_and_a_party_finds_nothing() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let groomed = mail("stranger@chat.example", PUPIL, "hey", GROOMING);
    assert!(gate.send_unproved("stranger@chat.example", &[PUPIL], &groomed).starts_with("250"));
    // The deputy got it too, so the deputy is a party.
    let copied = mail("other@chat.example", PUPIL, "hey", GROOMING);
    assert!(gate.send_unproved("other@chat.example", &[PUPIL, DEPUTY], &copied).starts_with("250"));
    let to_head = mail("third@chat.example", PUPIL, "hey", GROOMING);
    assert!(gate.send_unproved("third@chat.example", &[PUPIL, HEAD], &to_head).starts_with("250"));
    assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "list", HEALTH)).starts_with("250"));
    let all = gate.home.list(&["quarantine", "list"]);
    let hold = gate.home.only("hold", "open")["id"].as_str().unwrap().to_owned();
    assert!(all.len() >= 2, "{all:?}");

    // Only whom the configuration names can begin.
    let stray = keys::generate_identity(&gate.home.path("stray.key"), "stray").unwrap();
    let first = gate.home.run(&["users", "add", "--person", TEACHER, "--key", &stray]);
    assert!(first.code() == 2 && first.err.contains("head or data protection officer"), "{}", first.err);
    let head = user(&gate, HEAD, "head.key");
    let begun = gate.home.run(&args(&grant(&head, "head")));
    assert!(begun.code() == 0 && begun.err.contains("user.bootstrapped"), "{}", begun.err);

    // The operator of the machine now counts, lists, and reads nothing.
    let listed = gate.home.run(&["--format", "jsonl", "quarantine", "list"]);
    let item = ids(&listed)[0].clone();
    let raw = ["quarantine", "show", &item, "--raw", "--purpose", "facts"];
    let refused = gate.home.run(&raw);
    assert!(refused.code() == 3 && refused.err.contains("reads no content"), "{}", refused.err);
    assert!(refused.err.contains("the safeguarding lead") && !refused.err.contains('@'), "{}", refused.err);
    let holds = gate.home.run(&["--format", "jsonl", "hold", "list"]);
    assert!(ids(&holds).is_empty() && holds.err.starts_with("1 waits for its own sender"), "{}", holds.err);

    // A lead is asked for by the operator and has nothing before the head has said yes.
    let (lead, deputy) = (user(&gate, LEAD, "lead.key"), user(&gate, DEPUTY, "deputy.key"));
    let teacher = user(&gate, TEACHER, "teacher.key");
    for (who, office) in [(&lead, "lead"), (&deputy, "deputy")] {
        let asked = gate.home.run(&args(&grant(who, office)));
        assert!(asked.code() == 0 && asked.err.contains("another"), "{}", asked.err);
        assert_eq!(by(&gate, who, &raw).code(), 2, "not approved yet");
        let id = asked.out.trim();
        let own = by(&gate, who, &["users", "approve", id, "--reason", "myself"]);
        assert_eq!(own.code(), 3, "{}", own.err);
        let yes = by(&gate, &head, &["users", "approve", id, "--reason", "appointed"]);
        assert_eq!(yes.code(), 0, "{}", yes.err);
    }
    assert_eq!(gate.home.run(&args(&grant(&teacher, "staff"))).code(), 0, "needs nobody");
    let mine = by(&gate, &head, &args(&grant(&head, "data-protection")));
    assert!(mine.err.contains("two people") || mine.code() == 3, "nobody grants to themselves: {}", mine.err);

    // The lead reads all; the deputy finds what is not the deputy's own alone.
    let seen = ids(&by(&gate, &lead, &["--format", "jsonl", "quarantine", "list"]));
    let less = ids(&by(&gate, &deputy, &["--format", "jsonl", "quarantine", "list"]));
    let party: Vec<&String> = seen.iter().filter(|id| !less.contains(id)).collect();
    assert!(seen.len() == all.len() && !less.is_empty() && !party.is_empty(), "{seen:?} {less:?}");
    assert_eq!(by(&gate, &lead, &raw).code(), 0);
    for id in &party {
        let show = by(&gate, &deputy, &["quarantine", "show", id, "--purpose", "facts"]);
        let nothing = by(&gate, &deputy, &["quarantine", "show", "0000000000", "--purpose", "facts"]);
        assert_eq!(show.code(), 2);
        assert_eq!(show.err.replace(id.as_str(), "0000000000"), nothing.err, "as of one that is not there");
    }
    in_no_row_of_a_party(&gate, &lead, &deputy, party[0]);
    let heads = ids(&by(&gate, &head, &["--format", "jsonl", "quarantine", "list"]));
    let not_heads = seen.iter().find(|id| !heads.contains(id)).expect("the head got one too");
    withheld_from_a_party(&gate, &lead, &head, not_heads);
    // A hold is its sender's.
    assert_eq!(ids(&by(&gate, &teacher, &["--format", "jsonl", "hold", "list"])), [hold.as_str()]);
    assert_eq!(by(&gate, &teacher, &["hold", "show", &hold]).code(), 0);
    for other in [&head, &lead] {
        let said = by(&gate, other, &["hold", "show", &hold]);
        assert!(said.code() == 3 && said.err.contains("its own sender"), "{}", said.err);
    }
    let nobody = by(&gate, &teacher, &raw);
    assert!(nobody.err.contains("is not there"), "{}", nobody.err);
    // A key that nobody registered is nobody.
    let stranger = User { id: String::new(), key: gate.home.path("stray.key") };
    assert_eq!(by(&gate, &stranger, &["quarantine", "list"]).code(), 2);
    let rows = gate.home.run(&["ledger", "export"]).out;
    for event in ["user.added", "user.bootstrapped", "grant.asked", "grant.approved", "access.refused"] {
        assert!(rows.contains(event), "{event}");
    }
}

/// The item's number, its transaction's, and those of its objects and jobs, as somebody sees them.
fn numbers(gate: &Gate, who: &User, item: &str) -> Vec<String> {
    let list = |about: &[&str]| {
        let words = [&["--format", "jsonl", "ledger", "list", "--limit", "1000"], about].concat();
        by(gate, who, &words).lines()
    };
    let rows = list(&["--about", item]);
    let transaction = rows[0]["transaction"].as_str().unwrap().to_owned();
    let mut all: Vec<String> = list(&["--transaction", &transaction])
        .iter()
        .filter_map(|row| row["subject"].as_str().map(str::to_owned))
        .chain([item.to_owned(), transaction])
        .collect();
    all.sort();
    all.dedup();
    all
}

/// practice.md, A4: "no ... ledger row".
fn in_no_row_of_a_party(gate: &Gate, lead: &User, party: &User, item: &str) {
    let known = numbers(gate, lead, item);
    assert!(known.len() >= 3, "{known:?}");
    let seen = by(gate, party, &["--format", "jsonl", "ledger", "list", "--limit", "1000"]);
    assert!(seen.lines().len() > 10, "{}", seen.err);
    for number in &known {
        assert!(!seen.out.contains(number.as_str()), "{number} stands in a row of a party");
    }
}

/// An export that a party makes tells nothing of it, and its chain verifies all the same.
fn withheld_from_a_party(gate: &Gate, lead: &User, party: &User, item: &str) {
    let known = numbers(gate, lead, item);
    let file = gate.home.path("export.jsonl");
    let path = file.to_str().unwrap();
    let made = by(gate, party, &["ledger", "export", "--out", path]);
    assert!(made.code() == 0 && made.err.contains("hash alone"), "{}", made.err);
    let text = std::fs::read_to_string(&file).unwrap();
    for number in &known {
        assert!(!text.contains(number.as_str()), "{number} stands in the export of a party");
    }
    let good = &gate.home.list(&["ledger", "verify", path])[0];
    assert!(good["ok"] == true && good["withheld"].as_u64() > Some(0), "{good}");
    // A withheld row that is another's, or is left out, is found.
    let withheld = text.lines().position(|line| line.contains("\"withheld\":true")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut other = lines[withheld].to_owned();
    let digit = other.len() - 3..other.len() - 2;
    other.replace_range(digit.clone(), if &other[digit] == "0" { "1" } else { "0" });
    for changed in [vec![other.as_str()], vec![]] {
        let all = [&lines[..withheld], &changed, &lines[withheld + 1..]].concat().join("\n") + "\n";
        std::fs::write(&file, all).unwrap();
        assert_eq!(gate.home.run(&["ledger", "verify", path]).code(), 1);
    }
}

/// Whoever holds an office there, and is no party, opens records, rules on what a person is given
/// and keeps breaches; the operator does none of it.
#[test]
fn records_requests_and_breaches_are_for_those_whose_office_it_is() {
    let gate =
        Gate::new(Door::Relay, Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() });
    for to in [TEACHER, DEPUTY] {
        let sent = gate.send_unproved(PARENT, &[to], &mail(PARENT, to, "A word", "Thank you."));
        assert!(sent.starts_with("250"), "{sent}");
    }
    gate.sink.wait_for(2);
    let mut records = gate.home.list(&["records", "search", "--purpose", "facts"]);
    assert_eq!(records.len(), 2);
    let of_deputy = records.remove(0)["id"].as_str().unwrap().to_owned();
    let ledger = gate.home.run(&["ledger", "export"]).out;
    let copied = ledger.lines().find(|l| l.contains("record.copied") && l.contains(&of_deputy)).unwrap();
    let copied: serde_json::Value = serde_json::from_str(copied).unwrap();
    let message = copied["transaction"].as_str().unwrap().to_owned();
    let head = user(&gate, HEAD, "head.key");
    assert_eq!(gate.home.run(&args(&grant(&head, "head"))).code(), 0);
    let (lead, deputy) = (user(&gate, LEAD, "lead.key"), user(&gate, DEPUTY, "deputy.key"));
    for (who, office) in [(&lead, "lead"), (&deputy, "deputy")] {
        let asked = gate.home.run(&args(&grant(who, office)));
        let yes = by(&gate, &head, &["users", "approve", asked.out.trim(), "--reason", "appointed"]);
        assert_eq!(yes.code(), 0, "{}", yes.err);
    }
    let custodian = gate.home.path("custodian.key");
    let key = custodian.to_str().unwrap();

    let show = ["records", "show", &of_deputy, "--custodian", key, "--purpose", "complaint"];
    let refused = gate.home.run(&show);
    assert!(refused.code() == 3 && refused.err.contains("reads no content"), "{}", refused.err);
    let party = by(&gate, &deputy, &show);
    assert!(party.code() == 2 && party.err.contains("is not there"), "{}", party.err);
    let shown = by(&gate, &lead, &show);
    assert!(shown.code() == 0 && shown.out.contains("A word"), "{}", shown.err);
    let bare = by(&gate, &lead, &["records", "show", &of_deputy, "--purpose", "complaint"]);
    assert_eq!(bare.code(), 2, "the lead's own key is no custodian's");

    // A legal hold on a record, and on an incident, by whoever may, and lifted by its own number.
    let opened = by(
        &gate,
        &lead,
        &["incident", "open", "--school", "oakfield", "--title", "A word", "--reason", "Asked"],
    );
    assert_eq!(opened.code(), 0, "{}", opened.err);
    for (verb, id) in [("records", of_deputy.as_str()), ("incident", opened.out.trim())] {
        let legal = |who: &User, words: &[&str]| by(&gate, who, &[&[verb, "legal-hold"], words].concat());
        let set = ["set", id, "--reason", "the council asked"];
        assert_eq!(legal(&lead, &set).code(), 0, "{verb}");
        assert_eq!(
            gate.home.run(&[&[verb, "legal-hold"], &set[..]].concat()).code(),
            3,
            "not the admin's: {verb}"
        );
        let listed = legal(&lead, &["list"]).out;
        assert!(listed.contains(id), "{listed}");
        let shown = by(&gate, &lead, &["--format", "jsonl", verb, "legal-hold", "list"]).lines();
        let number = shown[0]["id"].as_str().unwrap();
        assert_eq!(gate.home.run(&[verb, "legal-hold", "lift", number, "--reason", "over"]).code(), 3);
        assert_eq!(legal(&lead, &["lift", number, "--reason", "over"]).code(), 0);
        assert_eq!(legal(&lead, &["lift", number, "--reason", "over"]).code(), 2, "it is lifted");
    }
    // The deputy is a party to that record.
    let party = by(&gate, &deputy, &["records", "legal-hold", "set", &of_deputy, "--reason", "x"]);
    assert!(party.code() == 2 && party.err.contains("is not there"), "{}", party.err);

    let open = ["breach", "open", &message, "--what", "Sent to the wrong parent"];
    assert_eq!(gate.home.run(&open).code(), 2);
    assert!(by(&gate, &deputy, &open).err.contains("is not there"));
    let opened = by(&gate, &lead, &open);
    assert_eq!(opened.code(), 0, "{}", opened.err);
    let view = ["breach", "show", opened.out.trim()];
    assert_eq!((by(&gate, &lead, &view).code(), by(&gate, &head, &view).code()), (2, 0));
    assert_eq!(gate.home.run(&["breach", "list"]).code(), 3);

    let out = gate.home.path("review.zip");
    let make = ["subject-access", "make", TEACHER, "--custodian", key, "--out", out.to_str().unwrap()];
    assert_eq!(gate.home.run(&make).code(), 2);
    let made = by(&gate, &head, &make);
    assert_eq!(made.code(), 0, "{}", made.err);
    let rule = |who: &User, office: &str| {
        let id = made.out.trim();
        let words = ["request", "include", "--office", office, "--because", "identity checked"];
        by(&gate, who, &[&["subject-access", "rule", id][..], &words].concat())
    };
    assert_eq!(rule(&lead, "lead").code(), 0);
    let other = rule(&lead, "data-protection");
    assert!(other.code() == 3 && other.err.contains("an office that you hold"), "{}", other.err);
}

/// Keys, the store, the machine and rules that come into force ask who may, too; a refusal has a
/// status of its own.
#[test]
fn keys_store_and_rules_ask_who_may() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let head = user(&gate, HEAD, "head.key");
    assert_eq!(gate.home.run(&args(&grant(&head, "head"))).code(), 0);
    let (lead, teacher) = (user(&gate, LEAD, "lead.key"), user(&gate, TEACHER, "teacher.key"));
    let asked = gate.home.run(&args(&grant(&lead, "lead")));
    assert_eq!(by(&gate, &head, &["users", "approve", asked.out.trim(), "--reason", "appointed"]).code(), 0);
    assert_eq!(gate.home.run(&args(&grant(&teacher, "staff"))).code(), 0);
    let path = |name: &str| gate.home.path(name).to_str().unwrap().to_owned();
    let refused = |said: &Said, who: &str| {
        assert!(said.code() == 3 && said.err.contains(who), "{}: {}", said.code(), said.err);
    };

    // A member of staff looks at counts and checks the ledger; nothing of the machine is theirs.
    let (copy, epoch) = (path("copy"), path("epoch.age"));
    for words in [
        &["doctor"][..],
        &["store", "show"],
        &["store", "scrub"],
        &["store", "backup", &copy],
        &["store", "reindex"],
        &["keys", "show"],
        &["keys", "custodian", "list"],
        &["keys", "rotate", "--reason", "mine"],
        &["keys", "epoch", "0000000000", "--out", &epoch],
        &["ledger", "anchors"],
        &["ledger", "key", "--change", "--why", "mine"],
    ] {
        refused(&by(&gate, &teacher, words), "Who may: ");
    }
    assert!(!gate.home.path("copy").exists());
    for words in [&["directory", "show"][..], &["ledger", "verify"], &["ledger", "key"]] {
        assert_eq!(by(&gate, &teacher, words).code(), 0, "{words:?}");
    }
    assert_eq!(by(&gate, &lead, &["store", "show"]).code(), 0);
    refused(&by(&gate, &head, &["store", "move", "--to", &path("gatehouse.toml")]), "the admin");
    assert_eq!(by(&gate, &head, &["store", "restore", &copy]).code(), 2, "an empty place knows nobody");
    // Whoever has the machine is its admin.
    assert_eq!(gate.home.run(&["store", "backup", &copy]).code(), 0);

    // The report has counts and no names: for whoever governs, leads or runs the gate.
    let report = ["report", "--school", "oakfield"];
    refused(&by(&gate, &teacher, &report), "the head");
    assert_eq!(by(&gate, &lead, &report).code(), 0);

    // A key that opens records: the head's word, or two people's about the same key.
    let key = keys::generate_identity(&gate.home.path("office.key"), "office").unwrap();
    let join = [
        "keys",
        "custodian",
        "join",
        "--school",
        "oakfield",
        "--key",
        &key,
        "--name",
        "Office",
        "--reason",
        "new",
    ];
    refused(&gate.home.run(&join), "two people");
    let first = by(&gate, &lead, &join);
    assert!(first.code() == 0 && first.err.contains("the head"), "{}", first.err);
    let again = by(&gate, &lead, &join);
    assert!(again.code() == 0 && again.out.is_empty(), "twice by one is once: {}", again.out);
    let custodians = || gate.home.list(&["keys", "custodian", "list"]).len();
    let before = custodians();
    let second = by(&gate, &head, &join);
    assert!(second.code() == 0 && !second.out.is_empty(), "{}", second.err);
    assert_eq!(custodians(), before + 1);

    // Settings are the admin's; rules come into force by two, or by one of those whose they are.
    let reload = ["reload", "--why", "as agreed"];
    assert_eq!(gate.home.run(&reload).code(), 0, "no rule is another");
    refused(&by(&gate, &teacher, &reload), "the admin");
    let rules = crate::crash::REFUSE;
    std::fs::write(gate.home.path("rules/test.toml"), rules).unwrap();
    refused(&gate.home.run(&reload), "two people");
    refused(&by(&gate, &teacher, &reload), "the head");
    let rows = || gate.home.list(&["ledger", "list", "--event", "rule.changed"]).len();
    assert_eq!(rows(), 0, "nothing came into force");
    let done = by(&gate, &lead, &reload);
    assert_eq!(done.code(), 0, "{}", done.err);
    assert_eq!(rows(), 1);
}
