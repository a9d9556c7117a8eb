//! One `[[policy]]` table: read, checked, and made into a [`PolicyRule`].

use super::{
    DispositionName, Effects, FindingCondition, Notice, PolicyRule, When,
    detect::origin,
    names,
    reader::{Reader, Text},
};
use std::sync::Arc;

/// Findings of which nobody is told by a notice or a bounce (practice.md, A2), and the
/// families that would take them in.
const UNTOLD: &[&str] =
    &["contact.grooming", "harm.extremism", "harm.threat", "harm.self-harm", "harm", "contact"];

/// Reads the table. `None` when a fault leaves no rule; faults are noted in the file.
pub(super) fn read(mut table: Reader<'_, '_, '_>) -> Option<PolicyRule> {
    let id = table.required("id").and_then(|id| checked_id(&mut table, id));
    let clauses = clauses(&mut table);
    let reason = table.required("reason");
    let when = when(&mut table);
    let then = then(&mut table);
    if let (Some(when), Some(then)) = (&when, &then) {
        contradictions(&mut table, when, then);
    }
    let origin = origin(&table);
    table.finish();
    Some(PolicyRule { id: id?, clauses, reason: reason?.value.into(), when: when?, then: then?, origin })
}

/// Ids are shown in tables and typed into commands.
pub(super) fn checked_id(table: &mut Reader<'_, '_, '_>, id: Text) -> Option<Arc<str>> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    if id.value.is_empty() || id.value.len() > 80 || !id.value.chars().all(fits) {
        let hint = "lower-case letters, digits, `.` and `-`".to_owned();
        table.file.fault(id.at, format!("`{}` is no id", id.value), Some(hint));
        return None;
    }
    Some(id.value.into())
}

/// `PD-1`, or `A1` for a rule of practice.
pub(super) fn clauses(table: &mut Reader<'_, '_, '_>) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    for text in table.texts("clauses") {
        let letters = text.value.chars().take_while(char::is_ascii_uppercase).count();
        let number = text.value.get(letters..).unwrap_or_default();
        let number = number.strip_prefix('-').unwrap_or(number);
        if (1..=2).contains(&letters) && number.parse::<u8>().is_ok() {
            out.push(text.value.into());
        } else {
            let hint = "two letters and a number, as in `PD-1`".to_owned();
            table.file.fault(text.at, format!("`{}` is no clause", text.value), Some(hint));
        }
    }
    out
}

fn when(table: &mut Reader<'_, '_, '_>) -> Option<When> {
    let Some((inner, span)) = table.table("when") else { return Some(When::default()) };
    let mut when = Reader::new(table.file, inner, span);
    let roles = names::roles();
    let read = When {
        directions: when.names("direction", names::DIRECTIONS),
        from: when.names("from", &roles),
        to: when.names("to", &roles),
        findings: findings(&mut when),
        protected: when.flag("protected"),
        marked_confidential: when.flag("marked-confidential"),
        proved_sender: when.flag("proved-sender"),
        answers_hostile: when.flag("answers-hostile"),
        recipient_listed: when.names("recipient-listed", names::LISTINGS),
        sender_listed: when.names("sender-listed", names::LISTINGS),
    };
    when.finish();
    Some(read)
}

fn findings(when: &mut Reader<'_, '_, '_>) -> Option<FindingCondition> {
    let (inner, span) = when.table("findings")?;
    let mut findings = Reader::new(when.file, inner, span);
    let condition = FindingCondition {
        categories: categories(&mut findings, "category"),
        rules: findings.texts("rules").into_iter().map(|t| t.value.into()).collect(),
        severity: findings.named("severity", names::SEVERITIES),
        confidence: findings.share("confidence"),
        count: findings.number("count", 1..=200).unwrap_or(1),
        own_words: findings.flag("own-words").unwrap_or(false),
        passed_on: findings.flag("passed-on"),
    };
    findings.finish();
    Some(condition)
}

/// Full names or families.
fn categories(table: &mut Reader<'_, '_, '_>, key: &'static str) -> Vec<Arc<str>> {
    let known = names::categories_and_families();
    let texts = table.texts(key);
    let known = texts.into_iter().filter(|t| table.name(t, "category", &known).is_some());
    known.map(|t| t.value.into()).collect()
}

fn then(table: &mut Reader<'_, '_, '_>) -> Option<Effects> {
    let Some((inner, span)) = table.table("then") else {
        let at = table.at();
        table.file.fault(at, "`then` is missing", Some("what the rule does, in `[policy.then]`".into()));
        return None;
    };
    let mut then = Reader::new(table.file, inner, span);
    if inner.is_empty() {
        let at = then.at();
        then.file.fault(at, "the rule does nothing", None);
    }
    let text = |t: Option<Text>| t.map(|t| t.value.into());
    let effects = Effects {
        disposition: then.named("disposition", names::DISPOSITIONS),
        ceiling: then.named("ceiling", names::DISPOSITIONS),
        ceiling_for: categories(&mut then, "ceiling-for"),
        notices: then.names("notices", names::NOTICES),
        subject_mark: text(then.text("subject-mark")),
        disclaimer: text(then.text("disclaimer")),
        record: then.flag("record").unwrap_or(false),
        no_record: then.flag("no-record").unwrap_or(false),
        exempt: categories(&mut then, "exempt"),
        incident: text(then.text("incident")),
        refusal: text(then.text("refusal")),
        sender_may_release: then.flag("sender-may-release").unwrap_or(false),
    };
    then.finish();
    Some(effects)
}

/// Settings that cannot be meant together, and what practice.md, A2 forbids.
fn contradictions(table: &mut Reader<'_, '_, '_>, when: &When, then: &Effects) {
    let at = table.at();
    let mut fault = |message: &str, hint: &str| table.file.fault(at, message, Some(hint.into()));
    if let (Some(disposition), Some(ceiling)) = (then.disposition, then.ceiling)
        && disposition > ceiling
    {
        fault("the rule's own disposition lies above its ceiling", "keep one of the two");
    }
    if then.ceiling.is_none() && !then.ceiling_for.is_empty() {
        fault("`ceiling-for` without `ceiling`", "add `ceiling`");
    }
    if then.record && then.no_record {
        fault("`record` and `no-record` together", "keep one of the two");
    }
    match (then.disposition, &then.refusal) {
        (Some(DispositionName::Refuse), None) => {
            fault("`refuse` needs `refusal`", "the sentence that helps the sender");
        }
        (Some(DispositionName::Refuse), Some(_)) | (_, None) => {}
        _ => fault("`refusal` without `disposition = \"refuse\"`", "remove it"),
    }
    if then.sender_may_release && then.disposition != Some(DispositionName::Hold) {
        fault("only a hold can be released by its sender", "add `disposition = \"hold\"`");
    }
    if then.notices.contains(&Notice::Pause) && when.answers_hostile != Some(true) {
        fault("`pause` speaks of what is answered", "add `answers-hostile = true` to `when`");
    }
    let tells = then.notices.contains(&Notice::Sender)
        || then.sender_may_release
        || matches!(then.disposition, Some(DispositionName::Hold | DispositionName::Refuse));
    let named = when.findings.iter().flat_map(|f| &f.categories);
    for category in named.filter(|c| tells && UNTOLD.contains(&c.as_ref())) {
        let message = format!("the sender would be told of `{category}`");
        fault(&message, "quarantine or deliver, and tell the lead; name single categories, not the family");
    }
}
