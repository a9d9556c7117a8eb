//! `gatehouse corpus eval`: the real assessment over labelled messages, compared with all
//! that their manifest says.

mod compare;
mod manifest;
mod report;

pub(super) use compare::{Mismatch, Seen, compare};
pub(super) use manifest::{Example, Expected, Proof, read};

use super::{
    Answer, Mistake,
    args::{Cli, CorpusCommand},
    context,
};
use crate::{
    app, clock,
    detection::Scratch,
    ids,
    mail::{Arrival, Channel, Door, Facts, SenderProof, Transaction},
    pipeline::{Assessment, Rulebook, assess},
};
use report::{Judged, Report};
use std::path::Path;

pub(super) fn run(cli: &Cli, command: &CorpusCommand) -> Answer {
    match command {
        CorpusCommand::Eval { folder } => eval(cli, folder),
    }
}

fn eval(cli: &Cli, folder: &Path) -> Answer {
    let config = context::config(cli)?;
    let examples = read(folder)?;
    let rulebook = app::rulebook(&config, app::rules(&config.rulesets)?)?;
    if rulebook.directory.is_empty() {
        return Err(Mistake(
            "Nobody is in the directory, so every message would be one between strangers. Say \
             `gatehouse directory import demo/directory` with the same --config first."
                .into(),
        ));
    }
    let mut scratch = Scratch::new();
    let judged: Vec<Judged> = examples.iter().map(|one| judge(&rulebook, one, &mut scratch)).collect();
    Report::new(folder, &examples, &judged).print(cli.format)
}

fn judge(rulebook: &Rulebook, example: &Example, scratch: &mut Scratch) -> Judged {
    let now = clock::system()();
    let proof = match (example.proof, example.envelope.sender.address()) {
        (Proof::Login, Some(sender)) => SenderProof::Login(sender.to_string()),
        _ => SenderProof::Unproved,
    };
    let facts = Facts::at(now, proof.clone());
    let transaction = Transaction {
        id: ids::transaction_id(),
        received_at: now,
        channel: Channel::Email,
        arrival: Arrival { proof, ..Arrival::unknown(Door::File) },
        envelope: example.envelope.clone(),
        raw: example.raw.clone(),
    };
    let (assessment, ()) = assess(&transaction, &facts, rulebook, scratch, |_, _, _| ());
    let seen = seen(&transaction, &assessment);
    Judged {
        mismatches: compare(&example.expected, &seen),
        findings: found(&assessment),
        policies: spoke(&assessment),
    }
}

fn seen<'a>(transaction: &'a Transaction, assessment: &'a Assessment) -> Seen<'a> {
    let recipients = &transaction.envelope.recipients;
    let groups = assessment.verdict.groups.iter();
    let fates = groups.flat_map(|g| g.recipients.iter().map(|at| (*at, g.disposition)));
    Seen {
        direction: Some(assessment.parties.direction),
        relations: Some(assessment.parties.relations.iter().map(ToString::to_string).collect()),
        fates: fates.filter_map(|(at, fate)| Some((recipients.get(at)?.address.as_str(), fate))).collect(),
        findings: assessment.findings.iter().map(|f| (f.category.name(), f.confidence)).collect(),
        actions: assessment.verdict.actions(),
    }
}

/// Category, rule and confidence of each finding.
fn found(assessment: &Assessment) -> Vec<(&'static str, String, f32)> {
    assessment.findings.iter().map(|f| (f.category.name(), f.rule.to_string(), f.confidence)).collect()
}

/// The policy rules that spoke, each once.
fn spoke(assessment: &Assessment) -> Vec<String> {
    let reasons = assessment.verdict.groups.iter().flat_map(|g| &g.reasons);
    let mut policies: Vec<String> = reasons.map(|r| r.policy.to_string()).collect();
    policies.sort();
    policies.dedup();
    policies
}
