//! The console of the demonstration: one person for each role, each with a one-time link, and the
//! gate that goes on until it is ended from the keyboard.

use super::{
    folder::{Folder, PASSPHRASE},
    style::Style,
};
use crate::{
    app::Running,
    authority::{Approval, Office, Scope},
    cli::{Mistake, context},
    config::Config,
    mail::{Address, SchoolId},
    parties::{Directory, Known},
    storage::{Actor, NewGrant, NewUser, Store, keys},
};
use std::{
    io::{self, Write},
    net::TcpListener,
};

/// Who signs in as what, all of Oakfield.
const PEOPLE: [(&str, &str, &[Office]); 6] = [
    ("h.marsh@oakfield.example", "head", &[Office::Head]),
    ("p.nair@oakfield.example", "safeguarding lead", &[Office::Lead]),
    ("g.okafor@oakfield.example", "teacher", &[]),
    ("s.adeyemi@oakfield.example", "data protection officer", &[Office::DataProtection]),
    ("g.whitlock@oakfield.example", "chair of governors", &[Office::Chair, Office::Governor]),
    ("l.ferrante@oakfield.example", "mail administrator", &[Office::Admin]),
];

/// A port of this machine that nobody uses now.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A person's way in.
pub(super) struct WayIn {
    role: &'static str,
    name: String,
    link: String,
}

/// Registers everybody, gives each their office and a link. The first is the head, whose key for the
/// command line lies in the folder.
pub(super) async fn people(
    config: &Config,
    directory: &Directory,
    store: &Store,
    folder: &Folder,
) -> Result<Vec<WayIn>, Mistake> {
    let Some(console) = &config.console else { return Ok(Vec::new()) };
    let school = SchoolId("oakfield".into());
    let mut ways = Vec::with_capacity(PEOPLE.len());
    let mut head = context::actor();
    for (address, role, offices) in PEOPLE {
        let known = Address::parse(address);
        let holder = known.as_ref().and_then(|a| directory.lookup(a)).and_then(Known::only_holder);
        let person =
            holder.ok_or_else(|| Mistake(format!("{address} is not among the demonstration's people")))?;
        let is_head = offices.contains(&Office::Head);
        let public_key = match is_head {
            true => keys::generate_identity(&folder.head_key(), "The head of the demonstration")?,
            false => String::new(),
        };
        let who = NewUser { person: Some(person.person.id().clone()), address: None, public_key };
        let account = store.user_add(who, &head).await?;
        for office in offices {
            let new = NewGrant {
                account: account.clone(),
                office: *office,
                scope: Scope::School(school.clone()),
                from: None,
                until: None,
                reason: "for the demonstration".to_owned(),
                approval: Approval::Given,
            };
            if is_head {
                store.grant_bootstrap(new, &head).await?
            } else {
                store.grant_ask(new, &head).await?
            };
        }
        if is_head {
            head = Actor::Person(person.person.id().clone());
        }
        let invitation = store.new_invitation();
        store.keep_invitation(&account, &invitation, &head, Vec::new()).await?;
        ways.push(WayIn {
            role,
            name: format!("{} {}", person.person.given(), person.person.family()),
            link: format!("{}link/{}", console.address, invitation.reveal()),
        });
    }
    Ok(ways)
}

/// Prints the ways in and serves until somebody ends it.
pub(super) async fn serve(
    style: Style,
    running: Running,
    ways: &[WayIn],
    folder: &Folder,
) -> Result<(), Mistake> {
    print(style, ways, folder)?;
    tokio::signal::ctrl_c().await?;
    writeln!(io::stdout(), "\nThe demonstration ends.")?;
    running.stop().await;
    Ok(())
}

fn print(style: Style, ways: &[WayIn], folder: &Folder) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "\n{}", style.bold("The console is open. Each link signs one person in, once:"))?;
    for way in ways {
        writeln!(out, "  {} ({})\n      {}", way.name, way.role, way.link)?;
    }
    writeln!(out, "  Use a private window for each, so that one does not take the other's place.")?;
    writeln!(out, "  Records open with a custodian's key: {}", folder.console_key().display())?;
    writeln!(out, "  and its passphrase: {PASSPHRASE}")?;
    writeln!(out, "\n{}", style.bold("Ctrl-C ends the demonstration."))
}
