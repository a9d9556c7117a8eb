//! What is gravest: released on the word of two, sealed for everybody, covered where it may hold an image of a
//! child.

use super::{
    School, gate_with,
    item::opened,
    queue::{STRANGER, SUBJECT, ids},
};
use crate::{
    gate::{Gate, HEAD, LEAD, PUPIL, Setup, mail},
    incidents::text_of,
    sink::Delivery,
};
use reqwest::StatusCode;

fn named(category: &str, word: &str) -> String {
    format!(
        "[[detect]]\nid = \"test.{word}\"\ncategory = \"{category}\"\narea = \"content\"\nseverity = \"critical\"\n\
         confidence = 0.9\nlanguages = [\"en\"]\nclauses = [\"OP-1\"]\nreason = \"The word.\"\nwords = [\"{word}\"]\n\
         examples.hit = [\"a {word} b\"]\nexamples.miss = [\"nothing\"]\n"
    )
}

fn kept(gate: &Gate, raw: &str) -> String {
    let before = ids(gate).len();
    assert!(gate.send_unproved(STRANGER, &[PUPIL], raw).starts_with("250"));
    let all = ids(gate);
    assert_eq!(all.len(), before + 1, "it is quarantined");
    all.last().unwrap().clone()
}

#[test]
fn the_gravest_takes_two_and_what_is_sealed_or_may_be_an_image_nobody_sees() {
    let rules = named("file.malware", "wormword") + &named("file.illegal-image", "sealedword");
    let gate = gate_with(Setup { rules, ..Setup::default() });
    let worm = kept(&gate, &mail(STRANGER, PUPIL, SUBJECT, "a wormword here"));
    let sealed = kept(&gate, &mail(STRANGER, PUPIL, SUBJECT, "a sealedword here"));
    let picture = format!(
        "From: {STRANGER}\r\nTo: {PUPIL}\r\nSubject: {SUBJECT}\r\nMessage-ID: <p@client.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/plain\r\n\r\nsend me nudes\r\n\
         --edge\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--edge--\r\n"
    );
    let picture = kept(&gate, &picture);
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut head = school.head.browser;

    // Two people; the first cannot be both.
    let decide = format!("/queue/{worm}/decide");
    let release = [("act", "release"), ("words", "it was a test of ours")];
    let looked = format!("/queue/{worm}/look");
    let unseen = lead.post(&decide, &release);
    assert!(unseen.text.contains("Look at the message"), "{}", unseen.text);
    for officer in [&mut lead, &mut head] {
        let look = officer.post(&looked, &[("purpose", "safeguarding"), ("because", "")]);
        assert_eq!(look.status, StatusCode::SEE_OTHER, "{}", look.text);
    }
    assert!(lead.get(&format!("/queue/{worm}")).text.contains("Takes two people"));
    for _ in 0..2 {
        let noted = lead.post(&decide, &release);
        assert_eq!(noted.leads_to(), format!("/queue/{worm}?said=noted"), "{}", noted.text);
    }
    assert!(lead.get(&format!("/queue/{worm}?said=noted")).text.contains("Your word is noted"));
    // Whoever may say the second is told by number and category, once.
    let is_asked = |d: &Delivery| d.text().contains("Your word is asked for");
    let notice = text_of(&gate.sink.wait_for_one(|d| is_asked(d) && d.is_for(HEAD)).data);
    assert!(notice.contains(&worm) && notice.contains("Category: file.malware"), "{notice}");
    assert!(
        !notice.contains(SUBJECT) && !notice.contains("wormword") && !notice.contains(STRANGER),
        "{notice}"
    );
    let told = gate.sink.deliveries().into_iter().filter(is_asked);
    assert!(told.filter(|d| d.is_for(HEAD)).count() == 1, "saying it again tells nobody again");
    assert!(!gate.sink.deliveries().iter().any(|d| is_asked(d) && d.is_for(LEAD)), "not whoever spoke");
    assert!(head.get(&format!("/queue/{worm}")).text.contains("Nair said the same"));
    assert_eq!(head.post(&decide, &release).leads_to(), format!("/queue/{worm}?said=release"));

    // Sealed: hash, time and roles, in no filter and no search that would say what it was.
    let queue = lead.get("/queue").text;
    assert!(queue.contains("Suspected match") && queue.contains(&sealed));
    assert!(!lead.get("/queue?class=file").text.contains(&sealed));
    assert!(!lead.get("/queue?severity=critical").text.contains(&sealed));
    let found = lead.post("/queue/search", &[("words", "sealedword"), ("purpose", "safeguarding")]);
    assert!(found.status == StatusCode::OK && !found.text.contains(&sealed));
    let page = opened(&mut lead, &sealed);
    assert!(page.contains("never a fact") && page.contains("SHA-256"), "{page}");
    assert!(
        !page.contains(SUBJECT) && !page.contains(STRANGER) && !page.contains("test.sealedword"),
        "{page}"
    );
    let refused = [
        lead.get(&format!("/queue/{sealed}/message")),
        lead.post(&format!("/queue/{sealed}/bundle"), &[]),
        lead.post(&format!("/queue/{sealed}/decide"), &release),
    ];
    assert!(refused.iter().all(|page| !page.status.is_success() && page.leads_to().is_empty()));

    // Sexual words beside a picture that is on no list: the words of the rule, and nothing of the message.
    let page = opened(&mut lead, &picture);
    assert!(page.contains("Do not forward pictures; tell the lead in person"), "{page}");
    assert!(!page.contains("<iframe") && !page.contains("a.png"), "{page}");
    assert_eq!(lead.get(&format!("/queue/{picture}/message")).status, StatusCode::NOT_FOUND);
    assert!(!lead.post(&format!("/queue/{picture}/bundle"), &[]).status.is_success());
    let sealing = [("act", "seal"), ("ready", "It may be an image of a child")];
    assert_eq!(
        lead.post(&format!("/queue/{picture}/decide"), &sealing).leads_to(),
        format!("/queue/{picture}?said=seal")
    );
    assert!(!lead.get(&format!("/queue/{picture}?said=seal")).text.contains(SUBJECT));
}
