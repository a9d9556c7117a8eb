//! Whoever answers harsh words is asked to pause (OF-7), where that tips nobody off: through the
//! relay, by those who are delivered a notice and those who are not.

use crate::{
    gate::{LEAD, PARENT, PUPIL, TEACHER, mail},
    incidents::{FRIEND, REPORT, gate, text_of},
    sink::Delivery,
};

/// A message that answers another, with its text below.
fn answer(from: &str, to: &str, answered: &str, text: &str) -> String {
    let id = answered.lines().find_map(|l| l.strip_prefix("Message-ID: ")).unwrap();
    let quoted: String = answered.lines().last().map(|l| format!("> {l}")).unwrap();
    let said = format!("{text}\r\n\r\n{quoted}");
    mail(from, to, "Re: hi", &said).replacen("Date: ", &format!("In-Reply-To: {id}\r\nDate: "), 1)
}

fn is_pause(delivery: &Delivery) -> bool {
    delivery.text().contains("Subject: Before you answer again")
}

#[test]
fn who_got_harsh_words_and_answers_them_is_asked_to_pause_and_nobody_else_hears() {
    let gate = gate();
    let send = |from: &str, to: &str, data: &str| {
        assert!(gate.send(from, &[to], data).starts_with("250"));
    };
    let insult = mail(FRIEND, PUPIL, "hi", "You are an idiot.");
    send(FRIEND, PUPIL, &insult);
    // Its author, on his own message; a friend who never got it; passed on to the lead.
    send(FRIEND, PUPIL, &answer(FRIEND, PUPIL, &insult, "well?"));
    send(TEACHER, FRIEND, &answer(TEACHER, FRIEND, &insult, "leave it"));
    send(PUPIL, LEAD, &answer(PUPIL, LEAD, &insult, "look at this"));
    // Of a threat no sign is given.
    let threat = mail(FRIEND, PUPIL, "hi", "You are an idiot. im gonna stab you after school");
    send(FRIEND, PUPIL, &threat);
    send(PUPIL, FRIEND, &answer(PUPIL, FRIEND, &threat, "stop it"));
    // Who is not proved hears nothing.
    assert!(gate.send_unproved(PUPIL, &[FRIEND], &answer(PUPIL, FRIEND, &insult, "no")).starts_with("250"));

    send(PUPIL, FRIEND, &answer(PUPIL, FRIEND, &insult, "why do you say that"));
    let rude = mail(PARENT, TEACHER, "the trip", "What the fuck is this, you are an idiot.");
    assert!(gate.send_unproved(PARENT, &[TEACHER], &rude).starts_with("250"));
    send(TEACHER, PARENT, &answer(TEACHER, PARENT, &rude, "I will ring you tomorrow."));
    let mut enough = 1;
    let pauses = loop {
        let all = gate.sink.wait_for(enough);
        enough = all.len() + 1;
        let pauses: Vec<Delivery> = all.into_iter().filter(is_pause).collect();
        if pauses.iter().any(|d| d.is_for(TEACHER)) && pauses.iter().any(|d| d.is_for(PUPIL)) {
            break pauses;
        }
    };
    assert_eq!(pauses.len(), 2, "{:?}", pauses.iter().map(|d| &d.rcpts).collect::<Vec<_>>());
    for pause in &pauses {
        let said = text_of(&pause.data);
        assert!(said.contains(REPORT) && said.contains("You do not have to answer"), "{said}");
        for word in ["bullying", "harm", "idiot", "insult", "profanity"] {
            assert!(!said.to_lowercase().contains(word), "{word}: {said}");
        }
        assert_eq!(said.contains("Childline"), pause.is_for(PUPIL), "{said}");
    }
    let ledger = gate.home.run(&["ledger", "export"]).out;
    assert!(!ledger.contains("idiot") && !ledger.contains(FRIEND));
}
