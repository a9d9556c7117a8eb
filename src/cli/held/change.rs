//! `hold release --bcc | --single | --without PART | --to ADDRESS`: released with a change by its sender.

use super::{Opened, args::ChangeArgs, find, parse};
use crate::{
    app,
    cli::{Answer, Mistake, args::Cli, context, desk::Desk},
    effects::{Addressing, Changes, Only},
    mail::Address,
    storage::ItemId,
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

impl ChangeArgs {
    pub(super) fn changes(&self) -> Result<Changes, Mistake> {
        let address = |text: &String| {
            Address::parse(text).ok_or_else(|| Mistake(format!("`{text}` is no mail address")))
        };
        let to = self.to.iter().map(address).collect::<Result<Vec<_>, _>>()?;
        Ok(Changes {
            addressing: match (self.bcc, self.single) {
                (true, _) => Addressing::Bcc,
                (false, true) => Addressing::Single,
                (false, false) => Addressing::AsWritten,
            },
            without: self.without.clone(),
            only: (!to.is_empty()).then_some(Only::Addresses(to)),
        })
    }
}

pub(super) fn change(cli: &Cli, id: &str, changes: &Changes, reason: &str) -> Answer {
    let id: ItemId = parse(id)?;
    let config = context::config(cli)?;
    let rulebook = app::rulebook(&config, app::rules(&config.rulesets)?)?;
    let state = context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Opened::Hold, &id).await?;
        let state = desk.release_changed(&id, changes, reason, &rulebook).await?;
        desk.close().await;
        Ok(state)
    })?;
    writeln!(
        io::stderr(),
        "{id}: {}. It is on its way, changed: `show` says when the next hop has taken it.",
        state.name()
    )?;
    Ok(ExitCode::SUCCESS)
}
