//! One-time links to the web pages, as they are printed.

use super::{args::UserLink, find};
use crate::{
    cli::{Answer, args::Cli, context, desk::Desk, render},
    desk::Link,
};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn print(link: &Link) -> io::Result<()> {
    writeln!(io::stdout(), "{}", link.address)?;
    writeln!(
        io::stderr(),
        "The link lets whoever has it in as this person, once, until {}. Hand it over in person, not by mail.",
        render::time(link.until)
    )
}

pub(super) fn link(cli: &Cli, asked: &UserLink) -> Answer {
    let link = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let user = find(&desk, &asked.id)?;
        let link = desk.link_for(user).await?;
        desk.close().await;
        Ok(link)
    })?;
    print(&link)?;
    Ok(ExitCode::SUCCESS)
}
