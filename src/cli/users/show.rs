//! `gatehouse users list` and `show`.

use super::find;
use crate::{
    authority::{Act, Approval, Scope, Thing},
    cli::{
        Answer, Mistake,
        args::{Cli, Format},
        context,
        desk::Desk,
        render,
    },
    storage::{Genuine, KeptGrant, KeptUser},
};
use chrono::Utc;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn list(cli: &Cli) -> Answer {
    let rows = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let schools = desk.schools_or_refuse(Act::List, Thing::Grant)?;
        let at_one = |grant: &&KeptGrant| match &grant.grant.scope {
            Scope::School(school) => schools.contains(school),
            Scope::Trust => true,
        };
        let mut rows: Vec<Value> = Vec::new();
        for user in &desk.users {
            let grants: Vec<&KeptGrant> = user.grants.iter().filter(at_one).collect();
            if !user.grants.is_empty() && grants.is_empty() {
                continue;
            }
            rows.push(row(user, &grants));
        }
        Ok(rows)
    })?;
    print(
        cli,
        &rows,
        "Nobody is registered: the operator of the machine acts for everybody. See docs/who-may.md.",
    )
}

pub(super) fn show(cli: &Cli, id: Option<&str>) -> Answer {
    let rows = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let user = match (id, &desk.user) {
            (None, Some(own)) => own,
            (None, None) => {
                return Err(Mistake(
                    "You are the operator of the machine: you run the gate and read no content. Say who you are with \
                     --me FILE."
                        .into(),
                ));
            }
            (Some(id), own) => {
                let user = find(&desk, id)?;
                if own.as_ref().is_none_or(|own| own.id != user.id) {
                    desk.schools_or_refuse(Act::List, Thing::Grant)?;
                }
                user
            }
        };
        let grants: Vec<&KeptGrant> = user.grants.iter().collect();
        Ok(vec![row(user, &grants)])
    })?;
    print(cli, &rows, "")
}

fn row(user: &KeptUser, grants: &[&KeptGrant]) -> Value {
    let now = Utc::now();
    let standing = |g: &KeptGrant| match () {
        () if g.genuine == Genuine::No => "changed by somebody else than the gate: counts for nothing",
        () if g.revoked.is_some() => "ended",
        () if g.grant.approval == Approval::Awaited => "awaits approval",
        () if g.grant.counts_at(now) => "in force",
        () if g.grant.from > now => "begins later",
        () => "ended",
    };
    let at = |g: &KeptGrant| match &g.grant.scope {
        Scope::School(school) => school.to_string(),
        Scope::Trust => "the trust".to_owned(),
    };
    let grants: Vec<Value> = grants
        .iter()
        .map(|g| {
            json!({"id": g.id.as_str(), "office": g.grant.office.name(), "at": at(g), "state": standing(g),
                   "until": g.grant.until.map(render::time)})
        })
        .collect();
    json!({
        "id": user.id.as_str(),
        "person": user.who.person.as_ref().map(|p| p.0.to_string()),
        "address": user.who.address.as_ref().map(|a| a.as_str().to_owned()),
        "key": user.who.public_key,
        "grants": grants,
    })
}

fn print(cli: &Cli, users: &[Value], empty: &str) -> Answer {
    let mut out = io::stdout().lock();
    if cli.format == Format::Jsonl {
        for user in users {
            writeln!(out, "{user}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = Vec::new();
    for user in users {
        let who = [&user["person"], &user["address"]].into_iter().find(|v| !v.is_null()).cloned();
        let none = vec![json!({"id": null, "office": "none", "at": null, "state": null})];
        for grant in user["grants"].as_array().filter(|g| !g.is_empty()).unwrap_or(&none) {
            rows.push(
                json!({"user": user["id"], "who": who, "grant": grant["id"], "office": grant["office"],
                             "at": grant["at"], "state": grant["state"], "until": grant["until"]}),
            );
        }
    }
    let columns = render::columns(&[
        ("user", "User"),
        ("who", "Who"),
        ("office", "Office"),
        ("at", "At"),
        ("state", "State"),
        ("until", "Until"),
        ("grant", "Grant"),
    ]);
    render::rows(&mut out, cli.format, &columns, &rows, empty)?;
    Ok(ExitCode::SUCCESS)
}
