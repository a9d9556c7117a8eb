//! `gatehouse keys show`: which keys there are, what opens with which, and what would be
//! lost with each.

use super::custodians::schools;
use crate::{
    cli::{Answer, Mistake, args::Cli, context, render},
    config::Config,
    storage::{Access, Class, Custodians, EpochState, EpochSummary, Store, keys},
};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn run(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let status = keys::status(&config.keys, &config.data);
    let working = status.working.clone().unwrap_or_else(|why| format!("missing: {why}"));
    let mut rows = vec![
        json!({"key": "working", "state": working}),
        json!({"key": "recovery", "state": format!("{} configured", status.recovery)}),
        json!({"key": "records", "state": format!("{} configured", status.records)}),
    ];
    let mut advice: Vec<String> = status.advice.iter().map(|text| (*text).to_owned()).collect();
    if config.data.join("store-key.age").exists() && status.working.is_ok() {
        let (more, said) = context::block_on(kept(&config))?;
        rows.extend(more);
        advice.extend(said);
    }
    let columns = render::columns(&[("key", "Key"), ("state", "State"), ("if_lost", "If it is lost")]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "")?;
    for advice in advice {
        writeln!(io::stderr(), "Note: {advice}")?;
    }
    status
        .working
        .map(|_| ExitCode::SUCCESS)
        .map_err(|why| Mistake(format!("the working key cannot be had: {why}")))
}

/// Sets and epochs of the store, with what follows from them.
async fn kept(config: &Config) -> Result<(Vec<Value>, Vec<String>), Mistake> {
    let store = context::store(config).await?;
    let (epochs, check) = (store.epochs().await?, store.working_check().await?);
    let mut advice = Vec::new();
    if check.stuck > 0 {
        advice.push(format!(
            "{} epochs of held mail do not open with the first working key: keep the older one, and run `gatehouse \
             keys rotate`",
            check.stuck
        ));
    }
    if check.direct > 0 {
        advice.push(format!(
            "{} messages are encrypted to a working key itself, by an older edition: keep that key until they are gone",
            check.direct
        ));
    }
    let mut rows = vec![epoch_row(&Access::working(), &epochs, if_working_lost(config))];
    for school in schools(config, None)? {
        for class in Class::ALL.into_iter().filter(|class| class.has_custodians()) {
            let access = Access::of(class, &school);
            let set = store.custodians(&access).await?;
            if !matches!(set, Custodians::Nobody) {
                rows.push(set_row(&access, &set, &epochs, config, &mut advice));
            }
        }
    }
    advice.extend(faults(&store, config).await?);
    Ok((rows, advice))
}

async fn faults(store: &Store, config: &Config) -> Result<Vec<String>, Mistake> {
    let keeping = config.schools.iter().filter(|s| s.record_parent_mail).map(|s| s.id.clone());
    let faults = store.custodian_faults(&keeping.collect::<Vec<_>>()).await?;
    Ok(faults.sentences())
}

fn if_working_lost(config: &Config) -> &'static str {
    match config.keys.recovery.is_empty() {
        true => "held mail cannot be opened any more",
        false => "the recovery key opens it: keys recovery join ... working",
    }
}

fn set_row(
    access: &Access,
    set: &Custodians,
    epochs: &[EpochSummary],
    config: &Config,
    advice: &mut Vec<String>,
) -> Value {
    let holders = match set {
        Custodians::Named(named) => named.len(),
        Custodians::Configured(keys) => keys.len(),
        Custodians::Nobody => 0,
    };
    let recovery = !config.keys.recovery.is_empty();
    let if_lost = match (holders, recovery) {
        (0 | 1, false) => "what is kept there cannot be read any more",
        (0 | 1, true) => "the recovery key opens it: keys rewrap --shares",
        _ => "another custodian lets a new key in: keys custodian join --identity",
    };
    if holders < 2 && !recovery {
        advice.push(format!(
            "the {access} have one holder and no recovery key: if that key is lost, they are lost"
        ));
    }
    let old = of(access, epochs).filter(|epoch| !epoch.up_to_date && epoch.objects > 0).count();
    if old > 0 {
        advice.push(format!(
            "{old} epochs of the {access} are not wrapped for exactly those who hold them now: gatehouse keys rewrap"
        ));
    }
    let mut row = epoch_row(access, epochs, if_lost);
    row["custodians"] = holders.into();
    row["state"] = format!("{holders} custodians, {}", row["state"].as_str().unwrap_or_default()).into();
    row
}

fn of<'a>(access: &'a Access, epochs: &'a [EpochSummary]) -> impl Iterator<Item = &'a EpochSummary> {
    epochs.iter().filter(move |epoch| epoch.access == *access)
}

fn epoch_row(access: &Access, epochs: &[EpochSummary], if_lost: &str) -> Value {
    let (count, objects) = of(access, epochs).fold((0, 0), |(n, sum), epoch| (n + 1, sum + epoch.objects));
    let open = of(access, epochs).find(|epoch| epoch.state == EpochState::Open);
    let current =
        open.map_or_else(|| "none yet".to_owned(), |epoch| format!("{} ({})", epoch.month, epoch.id));
    json!({
        "key": access.to_string(),
        "state": format!("{count} epochs, {objects} objects, current {current}"),
        "if_lost": if_lost,
        "epochs": of(access, epochs).map(|epoch| json!({
            "id": epoch.id.as_str(),
            "month": epoch.month,
            "state": epoch.state.name(),
            "objects": epoch.objects,
            "up_to_date": epoch.up_to_date,
            "recipient": epoch.recipient,
        })).collect::<Vec<_>>(),
    })
}
