//! The detector from a rule file and a message to findings, through the real readers.

use super::{
    DetectLimits, Detector, Explained, Finding, Miss, Origin, Scratch, example::ExampleSchool, rulecheck,
};
use crate::ruleset::{RuleSet, Severity, load_str};
use std::sync::Arc;

/// A rule without the keys that tests do not care for.
fn rule(id: &str, category: &str, rest: &str) -> String {
    format!(
        "[[detect]]\nid = \"{id}\"\ncategory = \"{category}\"\narea = \"content\"\nseverity = \"medium\"\n\
         confidence = 0.8\nreason = \"r\"\n{rest}\n"
    )
}

fn set(text: &str) -> RuleSet {
    load_str("t.toml", text).unwrap_or_else(|e| panic!("{e}"))
}

fn explained(rules: &str, message: &str) -> Explained {
    limited(rules, message, DetectLimits::default())
}

fn limited(rules: &str, message: &str, limits: DetectLimits) -> Explained {
    let school = ExampleSchool::new();
    let detector = Detector::new(&set(rules), Arc::new(school.people()), None).unwrap();
    let example = school.message(message).unwrap();
    example.with(|m, e, p| detector.detect_explained(m, e, p, &mut Scratch::new(), limits))
}

fn detect(rules: &str, message: &str) -> Vec<Finding> {
    explained(rules, message).findings
}

fn confidences(rules: &str, message: &str) -> Vec<f32> {
    detect(rules, message).iter().map(|f| f.confidence).collect()
}

fn nhs() -> String {
    rule(
        "nhs",
        "personal-data.identifier",
        r#"patterns = ['\b\d{3}[ -]?\d{3}[ -]?\d{4}\b']
        check = "nhs-number"
        near = { words = ["nhs"], people = ["pupil"], within = 60, otherwise = 0.2 }"#,
    )
}

#[test]
fn a_number_counts_by_its_check_and_its_context() {
    assert_eq!(confidences(&nhs(), "Her NHS number is 943 476 5919."), [0.8]);
    assert_eq!(confidences(&nhs(), "{{pupil}}: 943 476 5919"), [0.8]);
    assert_eq!(confidences(&nhs(), "Vaughan, Ceri; 943-476-5919"), [0.8]);
    assert_eq!(confidences(&nhs(), "{{staff}}: 943 476 5919"), [0.2], "staff are not asked for");
    assert_eq!(confidences(&nhs(), "order 943 476 5919"), [0.2]);
    assert!(confidences(&nhs(), "Her NHS number is 943 476 5918.").is_empty());
    let far = format!("NHS {} 943 476 5919", "word ".repeat(20));
    assert_eq!(confidences(&nhs(), &far), [0.2]);
}

#[test]
fn a_finding_says_where_and_keeps_nothing_of_the_value() {
    let findings = detect(&nhs(), "Dear all,\n\nher NHS\u{a0}number\r\nis  943 476 5919, thanks");
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.part.as_str(), finding.part_index, finding.origin), ("1", Some(0), Origin::Own));
    let source = "Dear all,\n\nher NHS\u{a0}number\nis  943 476 5919, thanks".replace('\n', "\r\n");
    assert!(source[finding.span.clone()].starts_with("943 476 5919"), "{:?}", &source[finding.span.clone()]);
    assert!(finding.excerpt.contains("nhs number is •••, thanks"), "{}", finding.excerpt);
    assert!(!finding.excerpt.contains(|c: char| c.is_ascii_digit()));
}

#[test]
fn equal_values_count_once_and_a_minimum_counts_different_ones() {
    let twice = "NHS 943 476 5919, again NHS 9434765919";
    assert_eq!(detect(&nhs(), twice).len(), 1);
    let two = format!("{}minimum = 2", nhs());
    let found = explained(&two, twice);
    assert!(found.findings.is_empty());
    assert!(found.near_misses.iter().any(|n| n.miss == Miss::TooFew && n.rule.as_ref() == "nhs"));
    assert_eq!(detect(&two, "NHS 943 476 5919, NHS 401 023 2137").len(), 2);
}

#[test]
fn the_best_place_of_a_value_is_kept() {
    let text = "order 943 476 5919\n\nand far away in the text, beyond sixty characters of it, stands her NHS 943 476 5919";
    assert_eq!(confidences(&nhs(), text), [0.8]);
    let insult = rule("i", "harm.bullying", "words = [\"clown\"]");
    let reply = "A clown I am.\n\nOn Fri, 20 Nov 2026 Ceri wrote:\n> you clown\n";
    assert_eq!(detect(&insult, reply)[0].origin, Origin::Own);
    let quoted = "Please see below.\n\nOn Fri, 20 Nov 2026 Ceri wrote:\n> you clown\n";
    assert_eq!(detect(&insult, quoted)[0].origin, Origin::Quoted);
}

#[test]
fn words_that_suppress_take_a_match_away() {
    let with = |within: &str| {
        rule("w", "harm.threat", &format!("words = [\"kill\"]\nunless = {{ words = [\"game\"]{within} }}"))
    };
    assert!(detect(&with(", within = 10"), "kill it in the game").len() == 1, "too far");
    assert!(detect(&with(", within = 20"), "kill it in the game").is_empty());
    let whole = explained(&with(""), &format!("a game. {} kill", "word ".repeat(100)));
    assert!(whole.findings.is_empty());
    assert!(whole.near_misses.iter().any(|n| n.miss == Miss::Suppressed));
}

/// `unless` reads over the match, `near` only beside it: a match is no evidence for itself.
#[test]
fn what_takes_a_match_away_may_begin_within_it() {
    let with =
        |context: &str| rule("w", "harm.sexual", &format!("words = [\"sexting\", \"hit you\"]\n{context}"));
    let unless =
        with("unless = { patterns = ['\\bsexting (policy|lesson)\\b', '\\bi hit you up\\b'], within = 20 }");
    assert!(detect(&unless, "the sexting policy").is_empty(), "it begins within the match");
    assert!(detect(&unless, "can i hit you up later").is_empty(), "it lies on both sides");
    assert_eq!(detect(&unless, "sexting in the policy, he hit you").len(), 2);
    let far = with("unless = { patterns = ['\\bsexting.{0,40}lesson\\b'], within = 10 }");
    assert_eq!(detect(&far, "sexting came up in a lesson").len(), 1, "it ends beyond `within`");
    let itself = with("unless = { words = ['sexting', 'hit'], within = 20 }");
    assert_eq!(
        detect(&itself, "sexting, and a good while after that hit you").len(),
        2,
        "a match does not take itself away"
    );
    let near = with("near = { patterns = ['sexting( pictures)?'], within = 20 }");
    assert!(detect(&near, "sexting pictures").is_empty());
}

/// The subject says what a text is about, and is no proof of it (practice.md, A7).
#[test]
fn a_subject_takes_away_what_stands_at_the_beginning_of_the_text_below() {
    let with = |severity: &str, within: &str| {
        rule("w", "harm.threat", &format!("words = [\"kill\"]\nunless = {{ words = [\"macbeth\"]{within} }}"))
            .replace("medium", severity)
    };
    let found = |rules: &str, head: &str, body: &str| {
        detect(rules, &format!("{head}\nFrom: {{{{staff.address}}}}\nTo: {{{{pupil.address}}}}\n\n{body}"))
            .len()
    };
    let (near, anywhere) = (with("high", ", within = 20"), with("high", ""));
    let late = "why, do you think, did they kill the king?";
    assert_eq!(found(&near, "Subject: Homework", "why kill the king?"), 1);
    assert_eq!(found(&near, "Subject: Macbeth homework", "why kill the king?"), 0);
    assert_eq!(found(&near, "Subject: Macbeth homework", late), 1, "farther behind than `within`");
    assert_eq!(found(&anywhere, "Subject: Macbeth homework", late), 0);
    assert_eq!(found(&near, "Subject: Macbeth, kill", "see below"), 0, "the subject is a text, too");

    for taken_over in ["Subject: Re: Macbeth", "Subject: FW: Macbeth", "Subject: Macbeth\nSubject: x"] {
        assert!(found(&near, taken_over, "i kill you") > 0, "{taken_over}");
    }
    assert_eq!(found(&with("critical", ", within = 20"), "Subject: Macbeth", "i kill you"), 1, "too grave");
    assert_eq!(found(&with("critical", ""), "Subject: Macbeth", "i kill you"), 1, "too grave");
    let from_pupil = |to: &str| {
        let head = format!("Subject: Macbeth\nFrom: {{{{pupil.address}}}}\nTo: {to}");
        detect(&near, &format!("{head}\n\nwhy kill the king?")).len()
    };
    assert_eq!(
        (from_pupil("{{staff.address}}"), from_pupil("{{staff.address}}, {{pupil2.address}}")),
        (0, 1)
    );
    let sexual = near.replace("harm.threat", "harm.sexual");
    let approach = near.replace("harm.threat", "contact.grooming");
    let personal = near.replace("harm.threat", "personal-data.health");
    let despair = near.replace("harm.threat", "harm.self-harm");
    for rules in [&sexual, &approach, &personal, &despair] {
        assert_eq!(found(rules, "Subject: Macbeth", "i kill you"), 1, "too grave");
    }
    let outside = "Subject: Macbeth\nFrom: x@freemail.example\nTo: {{pupil.address}}\n\ni kill you";
    assert_eq!(detect(&anywhere, outside).len(), 1, "nothing proves the sender");
}

#[test]
fn scope_is_kept() {
    let scoped =
        |scope: &str| rule("s", "harm.profanity", &format!("words = [\"blast\"]\nscope = \"{scope}\""));
    let message = "Subject: Blast\nTo: {{parent.address}}\n\nHello";
    assert_eq!(detect(&scoped("subject"), message)[0].part, "subject");
    assert!(detect(&scoped("subject"), "blast").is_empty());
    let quoted = "Hm.\n\nOn Fri, 20 Nov 2026 Ceri wrote:\n> blast\n";
    assert!(detect(&scoped("own"), quoted).is_empty() && detect(&scoped("any"), quoted).len() == 1);
}

#[test]
fn another_finding_can_be_the_context() {
    let rules = format!(
        "{}{}",
        nhs(),
        rule(
            "health",
            "personal-data.health",
            r#"words = ["asthma"]
            near = { findings = ["personal-data.identifier"], within = 40 }"#,
        )
    );
    let ids = |text: &str| detect(&rules, text).iter().map(|f| f.rule.to_string()).collect::<Vec<_>>();
    assert_eq!(ids("NHS 943 476 5919 has asthma"), ["nhs", "health"]);
    assert!(ids("has asthma").is_empty());
    assert!(ids(&format!("has asthma {} NHS 943 476 5919", "x ".repeat(40))) == ["nhs"]);
}

#[test]
fn the_gravest_findings_are_kept_when_there_are_too_many() {
    let rules = format!(
        "{}{}",
        rule("mild", "harm.profanity", "patterns = ['\\bw[a-z]+\\b']").replace("medium", "low"),
        rule("grave", "harm.threat", "words = [\"stab\"]").replace("medium", "critical"),
    );
    let many: String = (0..300)
        .map(|i| format!("w{} ", "abcdefghij".chars().nth(i % 10).unwrap().to_string().repeat(i / 10 + 1)))
        .collect();
    let limits = DetectLimits { findings: 20, ..DetectLimits::default() };
    let found = limited(&rules, &format!("{many} stab"), limits).findings;
    assert_eq!(found.len(), 20);
    assert!(found.iter().any(|f| f.severity == Severity::Critical));
    let limits = DetectLimits { matches: 50, ..DetectLimits::default() };
    let found = limited(&rules, &format!("{many} stab"), limits).findings;
    assert!(found.iter().any(|f| f.severity == Severity::Critical));
    assert!(found.iter().any(|f| f.rule.as_ref() == "builtin.not-inspected"), "what was left out is said");
}

fn builtin(name: &str, rest: &str) -> String {
    rule(name, "contact.personal-address", &format!("builtin = \"{name}\"\n{rest}"))
}

#[test]
fn personal_addresses_are_found_in_all_their_ways() {
    let to = |rules: &str, from: &str, to: &str| {
        detect(rules, &format!("From: {from}\nTo: {to}\nSubject: Hello\n\nHi"))
            .iter()
            .map(|f| f.confidence)
            .collect::<Vec<_>>()
    };
    let own_in = builtin("own-address-in", "");
    assert_eq!(to(&own_in, "{{staff.personal}}", "{{pupil.address}}"), [0.8]);
    assert!(to(&own_in, "{{staff.personal}}", "{{staff.address}}").is_empty(), "a note to oneself");
    assert!(to(&own_in, "{{parent.address}}", "{{staff.address}}").is_empty(), "the ordinary channel");
    let own_out = builtin("own-address-out", "");
    assert_eq!(to(&own_out, "{{staff.address}}", "{{staff.personal}}"), [0.8]);
    assert!(to(&own_out, "{{staff.address}}", "{{staff2.personal}}")[0] < 0.6);
    assert!(to(&own_out, "{{staff.address}}", "{{parent.address}}, {{staff2.address}}").is_empty());
    let pupil = builtin("pupil-address", "");
    assert_eq!(to(&pupil, "{{staff.address}}", "{{pupil.personal}}"), [0.8]);
    assert!(to(&pupil, "{{staff.address}}", "{{pupil.address}}, {{parent.address}}").is_empty());
    let name = builtin("free-mail-name", "domains = [\"freemail.example\"]");
    assert_eq!(to(&name, "{{staff}} <x@freemail.example>", "{{pupil.address}}"), [0.8]);
    assert!(to(&name, "{{staff}} <x@other.example>", "{{pupil.address}}").is_empty());
    assert!(to(&name, "{{staff}} Plumbing <x@freemail.example>", "{{staff.address}}").is_empty());
    assert!(to(&name, "{{staff}} <{{staff.address}}>", "{{pupil.address}}").is_empty());
}

#[test]
fn a_finding_names_the_recipients_that_it_concerns() {
    let message = "From: {{staff.address}}\nTo: {{parent.address}}, {{pupil.personal}}\nSubject: x\n\nHi";
    assert_eq!(detect(&builtin("pupil-address", ""), message)[0].recipients, [1]);
}

#[test]
fn a_claimed_parent_is_found_only_when_nobody_knows_the_address() {
    let rules =
        builtin("unknown-sender", "words = [\"mum of\"]\nnear = { people = [\"pupil\"], within = 30 }");
    let from = |from: &str| {
        detect(&rules, &format!("From: {from}\nTo: {{{{staff.address}}}}\n\nI am the mum of {{{{pupil}}}}."))
    };
    assert_eq!(from("x@freemail.example").len(), 1);
    assert!(from("{{parent.address}}").is_empty());
    assert!(from("{{staff.personal}}").is_empty());
}

#[test]
fn visible_outsiders_are_counted_once_each() {
    let rules = builtin("visible-recipients", "minimum = 3");
    let with = |from: &str, to: &str| detect(&rules, &format!("From: {from}\nTo: {to}\nSubject: Trip\n\nHi"));
    let three = "a@h.example, b@h.example, {{parent.address}}";
    assert_eq!(with("{{staff.address}}", three).len(), 1);
    assert!(
        with("{{staff.address}}", "a@h.example, A@h.example, b@h.example, {{staff2.address}}").is_empty()
    );
    assert!(with("c@h.example", three).is_empty(), "not the school's doing");
}

#[test]
fn forwarding_is_counted_and_a_conversation_is_none() {
    let rules = builtin("forwarding-depth", "minimum = 3");
    let found =
        |subject: &str, body: &str| !detect(&rules, &format!("Subject: {subject}\n\n{body}")).is_empty();
    assert!(found("Fwd: Fwd: FW: luck", "Read this"));
    assert!(found("Fwd: luck", "a\n> b\n>> c\n>>> d\n"));
    let block = "---------- Forwarded message ---------\nFrom: a@b.example\n\n";
    assert!(found("luck", &format!("{}luck", block.repeat(3))));
    assert!(!found("Re: Re: Re: minutes", "ok\n> b\n>> c\n>>> d\n>>>> e"));
    assert!(!found("Fwd: minutes", "see below"));
}

#[test]
fn bulk_counts_people_and_values() {
    let bulk = rule("bulk", "personal-data.bulk", "builtin = \"bulk\"\nminimum = 4");
    let names = "{{pupil}}, {{pupil2}}, {{pupil3}} and Brightwell, Callum";
    assert_eq!(detect(&bulk, names)[0].part, "1");
    assert!(detect(&bulk, "{{pupil}}, {{pupil2}}, Vaughan Ceri, {{pupil2}}, {{staff}}").is_empty());
    let rules = format!("{bulk}{}", nhs());
    let column = "number\n401 023 2137\n221 395 1837\n943 476 5870\n742 872 1474\n943 476 5919";
    assert!(detect(&rules, column).iter().any(|f| f.rule.as_ref() == "bulk"), "nearly all pass their check");
    let orders: String = (0..60).map(|i| format!("{}\n", 1_000_000_000u64 + i * 7_654_321)).collect();
    assert!(
        !detect(&rules, &orders).iter().any(|f| f.rule.as_ref() == "bulk"),
        "one of eleven passes by chance"
    );
}

#[test]
fn a_pattern_too_large_for_the_engines_is_a_fault_with_its_place() {
    let rules = rule("big", "harm.threat", "patterns = ['x', '(?:\\w{900}y){2}']");
    let faults = Detector::new(&set(&rules), Arc::default(), None).err().unwrap().to_string();
    assert!(faults.starts_with("t.toml:8:") && !faults.contains("`x`"), "{faults}");
}

#[test]
fn working_memory_serves_one_detector_after_another() {
    let school = ExampleSchool::new();
    let example = school.message("alpha beta").unwrap();
    let mut scratch = Scratch::new();
    for word in ["alpha", "beta", "gamma"] {
        let rules = set(&rule(word, "harm.threat", &format!("words = [\"{word}\"]")));
        let detector = Detector::new(&rules, Arc::default(), None).unwrap();
        let found = example.with(|m, e, p| detector.detect(m, e, p, &mut scratch, DetectLimits::default()));
        assert_eq!(found.len(), usize::from(word != "gamma"));
    }
}

#[test]
fn the_linter_names_each_example_that_fails_and_why() {
    let rules = nhs()
        + r#"examples.hit = ["NHS 943 476 5919", "NHS 943 476 5918", "{{nobody}}"]
        examples.miss = ["order 943 476 5919",
          "NHS 943 476 5919"]
        "#
        + &rule("bare", "harm.threat", "words = [\"x\"]");
    let faults: Vec<String> =
        rulecheck::check(&set(&rules), None).unwrap().iter().map(ToString::to_string).collect();
    let wanted = [
        "t.toml:11:37: nhs: this hit gives no finding (its check fails)",
        "t.toml:11:57: nhs: `{{nobody}}` is nobody of the example school",
        "t.toml:13:11: nhs: this miss gives a finding",
        "`examples.hit` or `examples.miss` is missing",
    ];
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for (fault, want) in faults.iter().zip(wanted) {
        assert!(fault.contains(want), "{fault}\nis not {want}");
    }
}

/// Twelve disguises of one word, with what a rule may ask about it.
#[test]
fn words_in_disguise_are_found_where_they_stand() {
    let insult = rule("i", "harm.bullying", r#"patterns = ['\byou are an? (clown|muppet)s?\b']"#);
    for (written, at) in [
        ("you are a c l o w n", "you are a c l o w n"),
        ("you are a c.l.o.w.n, that is all", "you are a c.l.o.w.n"),
        ("You are a [c][l][o][w][n]!", "You are a [c][l][o][w][n]"),
        ("y o u  a r e  a  c l o w n", "y o u  a r e  a  c l o w n"),
        ("y o u a r e a c l o w n", "y o u a r e a c l o w n"),
        ("you are a\nc\nl\no\nw\nn\n", "you are a\r\nc\r\nl\r\no\r\nw\r\nn"),
        ("you are a clo-wn", "you are a clo-wn"),
        ("you are a clooown", "you are a clooown"),
        ("y0u are a c10wn", "y0u are a c10wn"),
        ("you are a clоwn", "you are a clоwn"),
        ("you are a clo\u{323}wn", "you are a clo\u{323}wn"),
        ("you are a cl*wn", "you are a cl*wn"),
        ("you are a cʟoᴡɴ", "you are a cʟoᴡɴ"),
    ] {
        let findings = detect(&insult, written);
        let [finding] = findings.as_slice() else { panic!("{written}: {findings:?}") };
        let source = written.replace('\n', "\r\n");
        assert_eq!(&source[finding.span.clone()], at);
        assert_eq!((finding.part.as_str(), finding.confidence), ("1", 0.8));
        assert!(!finding.excerpt.contains('c'), "{}", finding.excerpt);
    }
    assert_eq!(detect(&insult, "Subject: you are a m.u.p.p.e.t\n\nsee above")[0].part, "subject");
}

#[test]
fn what_no_rule_names_has_no_second_reading() {
    let insult = rule("i", "harm.bullying", r#"words = ["ass", "tits", "clown*", "pos", "pop", "coc"]"#);
    for text in [
        "room a55 and set 7i75, c10 wn",
        "pôs a gêm",
        "A S S E S S M E N T",
        "c o w s l i p",
        "https://a.example/c.l.o.w.n and c.l.o.w.n@oakfield.example",
        "id 4c10wn-77aa-c10wn-0f3d",
        "a-s-p, t-i-p-s",
        "Добрый день, рор сос и вор",
    ] {
        assert!(detect(&insult, text).is_empty(), "{text}");
    }
}

#[test]
fn a_disguise_keeps_what_its_rule_says() {
    let rules = rule(
        "i",
        "harm.bullying",
        r#"words = ["clown*"]
        scope = "own"
        near = { words = ["you"], within = 20 }
        unless = { words = ["circus"], within = 20 }"#,
    );
    assert_eq!(detect(&rules, "y0u cl0wn").len(), 1, "what is near is in disguise too");
    assert_eq!(detect(&rules, "you clown, you cl0wn").len(), 1, "it is the same value");
    assert!(detect(&rules, "you c.l.o.w.n of a c1rcus").is_empty());
    assert!(detect(&rules, "the c.l.o.w.n").is_empty());
    let quoted = "Please see below.\n\nOn Fri, 20 Nov 2026 Ceri wrote:\n> you c.l.o.w.n\n";
    assert!(detect(&rules, quoted).is_empty());
    // A pattern that knows the disguise itself finds it once.
    let known = rule("k", "harm.profanity", r#"patterns = ['\bcl[o0]wn\b']"#);
    assert_eq!(detect(&known, "a cl0wn").len(), 1);
}

#[test]
fn numbers_are_not_read_as_words() {
    let checked = nhs() + &rule("w", "harm.profanity", "words = [\"clown\"]");
    let findings = detect(&checked, "c.l.o.w.n, NHS 943 476 5919");
    assert_eq!(findings.iter().map(|f| f.rule.as_ref()).collect::<Vec<_>>(), ["w", "nhs"]);
}
