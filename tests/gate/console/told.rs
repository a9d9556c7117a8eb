//! From an officer's notice to the page it names: the message that waits, or what became of one that
//! went its way, and "I have it".

use super::{
    School, gate,
    queue::{SUBJECT, colleague_elsewhere, ids, quarantined},
};
use crate::{
    gate::{Gate, LEAD, PUPIL, TEACHER, mail},
    incidents::text_of,
};
use reqwest::StatusCode;

const WORDS: &str = "I want to die.";

/// The address in the first notice to the lead that has one beginning so.
fn link(gate: &Gate, messages: usize, begins: &str) -> String {
    let delivered = gate.sink.wait_for(messages);
    let notices = delivered.iter().filter(|d| d.is_for(LEAD)).map(|d| text_of(&d.data));
    for text in notices {
        assert!(!text.contains(SUBJECT) && !text.contains("die"), "no content: {text}");
        if let Some((_, rest)) = text.split_once(&format!("http://localhost{begins}")) {
            let number: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            if number != "told" {
                return format!("{begins}{number}");
            }
        }
    }
    panic!("no notice leads to {begins}");
}

#[test]
fn a_notice_leads_to_what_waits_and_to_what_went_its_way() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    let item = link(&gate, 1, "/queue/");
    assert_eq!(item, format!("/queue/{}", ids(&gate)[0]));
    assert!(gate.send(PUPIL, &[TEACHER], &mail(PUPIL, TEACHER, SUBJECT, WORDS)).starts_with("250"));
    let told = link(&gate, 3, "/queue/told/");
    let (_, number) = told.rsplit_once('/').unwrap();

    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut teacher = school.officer(&gate, TEACHER, "staff").browser;
    let mut elsewhere = colleague_elsewhere(&gate).browser;
    assert_eq!(lead.get(&item).status, StatusCode::OK);

    let page = lead.get(&told);
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("the gate keeps no copy") && page.text.contains("Harm to oneself"));
    assert!(!page.text.contains(SUBJECT) && !page.text.contains("die."), "{}", page.text);
    assert!(lead.get("/queue/told").text.contains(number));
    // Who may not see it finds nothing, and answers nothing.
    for stranger in [&mut teacher, &mut elsewhere] {
        let answered = stranger.post(&format!("{told}/answer"), &[]);
        for page in [stranger.get(&told), stranger.get("/queue/told"), answered] {
            assert!(!page.text.contains("Harm to oneself"), "{}", page.text);
            assert!(page.status != StatusCode::SEE_OTHER, "{}", page.status);
        }
    }
    assert!(lead.get("/queue/told").text.contains(number), "nobody has answered");

    let answered = lead.post(&format!("{told}/answer"), &[]);
    assert_eq!((answered.status, answered.leads_to()), (StatusCode::SEE_OTHER, told.as_str()));
    let page = lead.get(&told);
    assert!(page.text.contains("somebody has it") && !page.text.contains("I have it</button>"));
    assert!(!lead.get("/queue/told").text.contains(number));
    assert_eq!(lead.get("/queue/told/0000000000").status, StatusCode::NOT_FOUND);
}
