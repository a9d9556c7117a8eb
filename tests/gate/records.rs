//! Records of mail with parents, from the gate's door to the command line: who is filed
//! where, what is never recorded, what is opened for whom and what the ledger says of it.

use crate::gate::{Door, Gate, PARENT, Setup, TEACHER, mail};
use serde_json::Value;

const HELPLINE: &str = "talk@helpline.example";
const UNION: &str = "rep@union.example";
/// Father of Amelia and Jacob, whose mothers are two other people.
const FATHER: &str = "stephen.rowe@freemail.example";
const MOTHER: &str = "danielle.rowe@postbox.example";

fn recording(door: Door) -> Gate {
    Gate::new(door, Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() })
}

fn ok(reply: String) {
    assert!(reply.starts_with("250"), "{reply}");
}

fn found(gate: &Gate, args: &[&str]) -> Vec<Value> {
    gate.home.list(&[&["records", "search"], args].concat())
}

/// CT-10, in both directions, as sender, recipient, Cc and Bcc.
#[test]
fn mail_with_a_confidential_service_is_never_recorded() {
    let gate = recording(Door::Relay);
    let with_cc = |from: &str, to: &str, cc: &str| {
        mail(from, to, "A word", "Thank you for listening.").replacen(
            "Subject:",
            &format!("Cc: {cc}\r\nSubject:"),
            1,
        )
    };
    for service in [HELPLINE, UNION] {
        // From the school: the service among the recipients, shown or not.
        ok(gate.send(TEACHER, &[PARENT, service], &with_cc(TEACHER, PARENT, service)));
        ok(gate.send(TEACHER, &[PARENT, service], &mail(TEACHER, PARENT, "A word", "Thank you.")));
        // The service's copy left by another way: the header alone has it.
        ok(gate.send(TEACHER, &[PARENT], &with_cc(TEACHER, PARENT, service)));
        // To the school.
        ok(gate.send_unproved(service, &[TEACHER], &with_cc(service, TEACHER, PARENT)));
    }
    ok(gate.send_unproved(PARENT, &[TEACHER], &with_cc(PARENT, TEACHER, HELPLINE)));
    assert!(found(&gate, &[]).is_empty());
    // A sender who is not proved keeps no complaint out of the records by naming a union.
    ok(gate.send_unproved(PARENT, &[TEACHER], &with_cc(PARENT, TEACHER, UNION)));
    assert_eq!(found(&gate, &[]).len(), 1);
}

/// practice.md, A10.
#[test]
fn a_record_is_filed_by_parent_child_and_member_of_staff() {
    let gate = recording(Door::Milter);
    ok(gate.send_unproved(FATHER, &[TEACHER], &mail(FATHER, TEACHER, "Jacob", "He was ill yesterday.")));
    ok(gate.send(TEACHER, &[FATHER], &mail(TEACHER, FATHER, "Thank you", "Both did well.")));
    ok(gate.send_unproved(MOTHER, &[TEACHER], &mail(MOTHER, TEACHER, "Please", "Do not tell his father.")));
    gate.sink.wait_for(3);
    let count = |args: &[&str]| found(&gate, args).len();
    assert_eq!((count(&["--parent", FATHER]), count(&["--parent", MOTHER])), (2, 1));
    assert_eq!(count(&["--child", "Jacob Rowe", "--parent", FATHER]), 2);
    assert_eq!(count(&["--child", "oak-p01"]), 1, "Amelia, of whom only the second may speak");
    assert_eq!((count(&["--staff", TEACHER]), count(&["--staff", "oak-s05"])), (3, 0));
    let both = &found(&gate, &["--child", "oak-p01"])[0];
    assert_eq!((&both["children"], &both["not_certain"]), (&2.into(), &2.into()));
    let nobody = gate.home.run(&["records", "search", "--parent", "Nobody Here"]);
    assert!(nobody.code() == 2 && nobody.err.contains("Nobody in the directory"), "{}", nobody.err);
}
