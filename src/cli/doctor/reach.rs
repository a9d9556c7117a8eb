//! What can be reached: next hops, and with `--probe` our own doors, up to the end of a
//! message, since a listener that accepts can still hang.

use super::Check;
use crate::{
    config::{Config, Listen},
    wire::milter::probe,
};
use rand::RngExt;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(5);

pub(super) async fn next_hops(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    for hop in &config.next_hops {
        for host in &hop.hosts {
            let what = format!("next hop {}", hop.name);
            checks.push(match greeting(host).await {
                Ok(()) => Check::good(what, format!("{host} greets")),
                Err(why) => {
                    Check::fault(what, format!("{host}: {why}. Mail for it is deferred until it answers."))
                }
            });
        }
    }
    checks
}

/// Waits for an SMTP greeting.
async fn greeting(host: &str) -> Result<(), String> {
    let look = async {
        let stream = TcpStream::connect(host).await.map_err(|e| e.to_string())?;
        let mut line = String::new();
        let mut reader = BufReader::new(tokio::io::AsyncReadExt::take(stream, 1024));
        reader.read_line(&mut line).await.map_err(|e| e.to_string())?;
        if line.starts_with("220") { Ok(()) } else { Err("it answers, but not as a mail server".to_owned()) }
    };
    timeout(LOOK, look).await.unwrap_or_else(|_| Err("no answer in time".into()))
}

pub(super) async fn doors(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    for listen in config.milter.iter().flat_map(|m| &m.listen) {
        let token: u128 = rand::rng().random();
        checks.push(match probe(listen, token, LOOK).await {
            Ok(report) => Check::good(
                "milter",
                format!(
                    "{} answers at the end of a message within {} ms",
                    shown(listen),
                    report.took.as_millis()
                ),
            ),
            Err(fault) => {
                Check::fault("milter", format!("{}: {fault}. Is `gatehouse serve` running?", shown(listen)))
            }
        });
    }
    for listen in config.relay.iter().flat_map(|r| &r.listen) {
        checks.push(match greeting(&listen.to_string()).await {
            Ok(()) => Check::good("relay", format!("{listen} greets")),
            Err(why) => Check::fault("relay", format!("{listen}: {why}. Is `gatehouse serve` running?")),
        });
    }
    checks
}

fn shown(listen: &Listen) -> String {
    match listen {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path, _) => path.display().to_string(),
    }
}
