//! `gatehouse rules explain`: for one message, what was found and why, what nearly was,
//! and for each recipient which policy rules spoke, which did not, and why not.

use super::{
    Answer, Mistake,
    args::{Cli, Format},
    context,
    scan::{overrides, proof},
};
use crate::{
    app, clock,
    detection::{Explained, Finding, Miss, Scratch},
    ids,
    mail::{Address, Facts, Transaction},
    pipeline::{Assessment, Rulebook, assess},
    verdict::{Account, Disposition},
    wire::files::{FileLimits, sources, transaction},
};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) struct Asked<'a> {
    pub(super) message: &'a Path,
    pub(super) from: Option<&'a str>,
    pub(super) to: &'a [String],
    pub(super) signed_in: bool,
    pub(super) all: bool,
}

pub(super) fn run(cli: &Cli, asked: &Asked<'_>) -> Answer {
    let config = context::config(cli)?;
    let rulebook = app::rulebook(&config, app::rules(&config.rulesets)?)?;
    let limits = FileLimits { message_bytes: config.limits.message_bytes, ..FileLimits::default() };
    let source = sources(vec![asked.message.to_owned()], limits)
        .next()
        .ok_or_else(|| Mistake("there is no message in it".into()))?
        .map_err(|u| Mistake(format!("{}: {}", u.path.display(), u.reason)))?;
    let now = clock::system()();
    let overrides = overrides(asked.from, asked.to)?;
    let mut transaction = transaction(&source, &overrides, ids::transaction_id(), now);
    transaction.arrival.proof = proof(asked.signed_in);
    let mut facts = Facts::at(now, transaction.arrival.proof.clone());
    let measures = context::block_on(context::measures(&config))?;
    facts.measures = measures.unwrap_or_default();
    let mut scratch = Scratch::new();
    let (assessment, explained) =
        assess(&transaction, &facts, &rulebook, &mut scratch, |message, extract, assessment| {
            let mut scratch = Scratch::new();
            rulebook.detector.detect_explained(
                message,
                extract,
                &assessment.parties,
                &mut scratch,
                rulebook.limits.detect,
            )
        });
    let mut out = io::stdout().lock();
    match cli.format {
        Format::Jsonl => writeln!(out, "{}", as_json(&transaction, &assessment, &explained))?,
        Format::Table => {
            let sheet = Sheet {
                transaction: &transaction,
                assessment: &assessment,
                rulebook: &rulebook,
                all: asked.all,
            };
            sheet.write(&mut out, &explained)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn miss(miss: Miss) -> &'static str {
    match miss {
        Miss::Scope => "it stands in text that the rule does not look at",
        Miss::Sender => "the rule speaks of another sender",
        Miss::Check => "its check digit or date is wrong",
        Miss::Suppressed => "a word of `unless` stands near",
        Miss::Context => "nothing of `near` stands near",
        Miss::TooFew => "too few different values",
    }
}

struct Sheet<'a> {
    transaction: &'a Transaction,
    assessment: &'a Assessment,
    rulebook: &'a Rulebook,
    all: bool,
}

impl Sheet<'_> {
    fn write(&self, out: &mut impl Write, explained: &Explained) -> io::Result<()> {
        let parties = &self.assessment.parties;
        let school = self.rulebook.school(parties).map_or("none of ours", |s| s.name.as_str());
        writeln!(out, "Direction {}, school {school}", parties.direction.name())?;
        let proved = if parties.proved_sender.is_some() { "a person of the directory" } else { "not proved" };
        writeln!(out, "Sender: {}, {proved}", parties.envelope_sender.role())?;
        if !self.assessment.measures.is_empty() {
            writeln!(out, "In force for this sender: {}", self.assessment.measures.join(", "))?;
        }
        writeln!(out)?;
        self.findings(out)?;
        if !explained.near_misses.is_empty() {
            writeln!(out, "\nCame near, and is no finding:")?;
        }
        for near in &explained.near_misses {
            writeln!(out, "  {} ({}x): {}", near.rule, near.matches, miss(near.miss))?;
        }
        for account in &self.assessment.accounts {
            self.account(out, account)?;
        }
        Ok(())
    }

    fn findings(&self, out: &mut impl Write) -> io::Result<()> {
        let findings = &self.assessment.findings;
        writeln!(out, "Found: {}", if findings.is_empty() { "nothing" } else { "" })?;
        for (number, f) in findings.iter().enumerate() {
            writeln!(out, "  [{number}] {} in {}: {}", f.rule, f.part, f.reason)?;
            writeln!(
                out,
                "      {} {:?}, confidence {:.2}, {:?} text, clauses {}",
                f.category,
                f.severity,
                f.confidence,
                f.origin,
                f.clauses.join(" ")
            )?;
            if !f.excerpt.is_empty() {
                writeln!(out, "      {}", printable(&f.excerpt))?;
            }
        }
        Ok(())
    }

    fn account(&self, out: &mut impl Write, account: &Account) -> io::Result<()> {
        let recipient = self.transaction.envelope.recipients.get(account.recipient);
        let name = recipient.map_or("?", |r| Address::as_str(&r.address));
        writeln!(out, "\nTo {}: {}", printable(name), account.disposition.name())?;
        for because in &account.bounds.because {
            writeln!(out, "  practice {because}")?;
        }
        for reason in &account.reasons {
            let asked = match reason.asked {
                asked if asked == reason.given => String::new(),
                // Nobody to ask: the sender is not proved, or must not hear of it (practice.md, A2 and A7).
                Disposition::Hold if reason.given == Disposition::Quarantine => {
                    " (it asked to hold, but this sender cannot be asked)".to_owned()
                }
                Disposition::Refuse if reason.given == Disposition::Quarantine => {
                    " (it asked to refuse, which this sender must not hear, or not for all)".to_owned()
                }
                asked => format!(" (it asked to {}; practice.md allows no more)", asked.name()),
            };
            let stands_on: Vec<String> = reason.findings.iter().map(|i| format!("[{i}]")).collect();
            writeln!(out, "  + {}: {}{asked} {}", reason.policy, reason.given.name(), stands_on.join(" "))?;
            writeln!(out, "      {}", reason.text)?;
        }
        for judgement in &account.judgements {
            let Err(why) = &judgement.outcome else { continue };
            if self.all || judgement.rule.then.disposition.is_some() {
                writeln!(out, "  - {}: {why}", judgement.rule.id)?;
            }
        }
        Ok(())
    }
}

/// Nothing of a message can move the cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn as_json(transaction: &Transaction, assessment: &Assessment, explained: &Explained) -> Value {
    let finding = |f: &Finding| {
        json!({"rule": &*f.rule, "category": f.category.name(), "severity": f.severity,
               "confidence": f.confidence, "part": f.part, "reason": &*f.reason, "excerpt": f.excerpt})
    };
    let account = |a: &Account| {
        let rules: Vec<Value> = a
            .judgements
            .iter()
            .map(|j| match &j.outcome {
                Ok(found) => json!({"rule": &*j.rule.id, "applies": true, "findings": found}),
                Err(why) => json!({"rule": &*j.rule.id, "applies": false, "why_not": why.to_string()}),
            })
            .collect();
        let recipient = transaction.envelope.recipients.get(a.recipient).map(|r| r.address.as_str());
        json!({"recipient": recipient, "disposition": a.disposition.name(), "practice": a.bounds.because,
               "rules": rules})
    };
    let near = |n: &crate::detection::NearMiss| json!({"rule": &*n.rule, "why_not": miss(n.miss), "matches": n.matches});
    json!({
        "findings": assessment.findings.iter().map(finding).collect::<Vec<_>>(),
        "near_misses": explained.near_misses.iter().map(near).collect::<Vec<_>>(),
        "recipients": assessment.accounts.iter().map(account).collect::<Vec<_>>(),
    })
}
