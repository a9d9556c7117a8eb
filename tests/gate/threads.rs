//! A password and its protected file in two messages of one conversation, through the relay: found on whichever
//! comes second, also after the gate was started anew, and only there.

use crate::{
    files::with_file,
    gate::{Door, Gate, LEAD, OUTSIDE, PARENT, ROOT, Setup, TEACHER, mail},
    incidents::text_of,
    sink::Delivery,
};
use std::collections::BTreeSet;

fn file(from: &str, to: &str) -> String {
    let locked = std::fs::read(format!("{ROOT}/tests/files/documents/locked.pdf")).unwrap();
    with_file(from, to, "See the file.", ("plan.pdf", "application/pdf"), &locked)
}

fn id(raw: &str) -> &str {
    raw.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap()
}

/// The same as an answer to `first`.
fn answering(raw: &str, first: &str) -> String {
    raw.replacen("Date: ", &format!("In-Reply-To: {first}\r\nDate: "), 1)
}

fn said(from: &str, to: &str, words: &str, first: &str) -> String {
    answering(&mail(from, to, "Re: The trip", words), first)
}

/// The reminder that is about a password and its file, and not about a password alone.
fn is_reminder(delivery: &Delivery) -> bool {
    let words: Vec<String> = text_of(&delivery.data).split_whitespace().map(str::to_owned).collect();
    words.join(" ").contains("Tell the password by telephone")
}

/// How many reminders there are once this message has one.
fn reminders_after(gate: &Gate, to: &str, raw: &str, before: usize) {
    assert!(gate.send(TEACHER, &[to], raw).starts_with("250"));
    let count = |all: &[Delivery]| {
        let notices = all.iter().filter(|d| d.is_for(TEACHER) && !d.text().contains("multipart/"));
        // One whose sending a kill cut off goes out again, the same to the byte.
        let own =
            |d: &Delivery| d.text().lines().find(|line| line.starts_with("Message-ID: ")).map(str::to_owned);
        notices.filter(|d| is_reminder(d)).map(own).collect::<BTreeSet<_>>().len()
    };
    let mut enough = 1;
    loop {
        let all = gate.sink.wait_for(enough);
        enough = all.len() + 1;
        if count(&all) > before {
            assert_eq!(count(&all), before + 1, "one for each, and none for what is no such pair");
            return;
        }
    }
}

#[test]
fn a_password_and_its_file_in_one_conversation_are_found_on_the_second() {
    let mut gate = Gate::new(Door::Relay, Setup { mode: "enforce", ..Setup::default() });
    let send = |gate: &Gate, to: &str, raw: &str| {
        assert!(gate.send(TEACHER, &[to], raw).starts_with("250"));
    };
    let first = file(TEACHER, OUTSIDE);
    send(&gate, OUTSIDE, &first);
    // Another conversation, other people, words that are no password, and a quoted one.
    send(&gate, OUTSIDE, &said(TEACHER, OUTSIDE, "The password is Heron#Lake7", "<other@client.example>"));
    send(&gate, OUTSIDE, &mail(TEACHER, OUTSIDE, "The trip", "The password is Heron#Lake7"));
    send(&gate, PARENT, &said(TEACHER, PARENT, "The password is Heron#Lake7", id(&first)));
    send(&gate, OUTSIDE, &said(TEACHER, OUTSIDE, "I will ring you with the password.", id(&first)));
    send(
        &gate,
        OUTSIDE,
        &said(TEACHER, OUTSIDE, "Thank you!\r\n\r\n> The password is Heron#Lake7", id(&first)),
    );
    reminders_after(&gate, OUTSIDE, &said(TEACHER, OUTSIDE, "The password is Heron#Lake7", id(&first)), 0);
    // Nothing but the word, in answer to their answer.
    let thanks = said(OUTSIDE, TEACHER, "Thank you.", id(&first));
    assert!(gate.send_unproved(OUTSIDE, &[TEACHER], &thanks).starts_with("250"));
    let alone = said(TEACHER, OUTSIDE, "Heron#Lake7", id(&thanks)).replacen(
        "Date: ",
        &format!("References: {} {}\r\nDate: ", id(&first), id(&thanks)),
        1,
    );
    reminders_after(&gate, OUTSIDE, &alone, 1);

    // The password first.
    let before = mail(TEACHER, OUTSIDE, "The list", "The password will be Kestrel-19");
    send(&gate, OUTSIDE, &before);
    reminders_after(&gate, OUTSIDE, &answering(&file(TEACHER, OUTSIDE), id(&before)), 2);

    // A gate that starts anew remembers, and a colleague who was copied counts.
    gate.serving.kill();
    gate.serving = gate.home.serve();
    reminders_after(&gate, OUTSIDE, &said(TEACHER, OUTSIDE, "Open it with Heron#Lake7", id(&first)), 3);
    let lead = gate.home.run(&["ledger", "export"]).out;
    assert!(!lead.contains("Heron") && !lead.contains("Kestrel") && !lead.contains(LEAD));
    drop(gate);
}
