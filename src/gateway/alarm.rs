//! The alarm that is no mail (practice.md, B and C): a web service or a program that hears of what
//! is urgent, by school, number and category.

use super::{Gate, Standing};
use crate::{
    config::{AlarmConfig, AlarmWay, TokenSource},
    parties::Attendance,
    storage::{DueAlert, StoreError},
    wire::post_json,
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A program that gives the alarm has so long.
const ALARM: Duration = Duration::from_secs(30);
/// How long a node has an alarm at hand: both a program and a web service end before.
const ALARM_LEASE: TimeDelta = TimeDelta::seconds(45);
/// Alarms given at the same time.
const AT_ONCE: usize = 16;
/// How often it is looked whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);

impl Gate {
    /// The alarm goes off once for each urgent alert; a way that fails is tried next turn. Apart from
    /// the mail: a way that hangs keeps none back.
    pub async fn give_alarms(&self) -> Result<(), StoreError> {
        let standing = self.standing();
        if standing.alarms.is_empty() {
            return Ok(());
        }
        for some in self.store.alarms_due().await?.chunks(AT_ONCE) {
            let mut giving = Vec::with_capacity(some.len());
            for due in some {
                giving.push(self.give_alarm(&standing, due));
            }
            join_all(giving).await.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    async fn give_alarm(&self, standing: &Standing, due: &DueAlert) -> Result<(), StoreError> {
        if !self.store.alarm_take(&due.id, ALARM_LEASE).await? {
            return Ok(());
        }
        let unattended = standing
            .school(&due.school)
            .is_some_and(|s| s.attendance((self.clock)()) == Attendance::Unattended);
        let text = json!({
            "gatehouse": "alert", "school": due.school.to_string(), "number": due.number,
            "category": due.category.name(), "urgent": true, "unattended": unattended,
            "received_at": due.received_at,
        });
        let given = sound(&standing.alarms, &text.to_string()).await;
        self.store.alarmed(&due.id, given).await
    }
}

/// Gives an alarm by every way at the same time; how many took it.
pub(super) async fn sound(alarms: &[AlarmConfig], text: &str) -> i64 {
    let mut giving = Vec::with_capacity(alarms.len());
    for alarm in alarms {
        giving.push(give(alarm, text));
    }
    let given = join_all(giving).await;
    for (alarm, given) in alarms.iter().zip(&given) {
        if let Err(why) = given {
            tracing::error!(alarm = alarm.name, why, "alarm.not-given");
        }
    }
    given.iter().filter(|given| given.is_ok()).count() as i64
}

async fn give(alarm: &AlarmConfig, text: &str) -> Result<(), &'static str> {
    match &alarm.way {
        AlarmWay::Webhook { url, token } => {
            let token = token.as_ref().map(secret).transpose()?;
            match post_json(url, token.as_deref(), text.to_owned()).await {
                Ok(200..=299) => Ok(()),
                Ok(_) => Err("the service answered with an error"),
                Err(_) => Err("nobody answers"),
            }
        }
        AlarmWay::Command(words) => {
            let (words, text) = (words.clone(), text.to_owned());
            let ran = tokio::task::spawn_blocking(move || command(&words, &text)).await;
            ran.unwrap_or(Err("the command broke off"))
        }
    }
}

/// Runs a program that reads the text on standard input, and ends it when it takes too long.
fn command(words: &[String], text: &str) -> Result<(), &'static str> {
    let (program, args) = words.split_first().ok_or("there is no command")?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| "the command does not start")?;
    if let Some(mut stdin) = child.stdin.take() {
        // It fits into the pipe; a program that reads nothing is not wrong.
        let _ = stdin.write_all(text.as_bytes());
    }
    let since = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err("the command failed"),
            Ok(None) if since.elapsed() < ALARM => std::thread::sleep(LOOK),
            Ok(None) | Err(_) => {
                // Both fail only when it has ended by itself.
                let _ = child.kill();
                let _ = child.wait();
                return Err("the command took too long");
            }
        }
    }
}

fn secret(source: &TokenSource) -> Result<String, &'static str> {
    let text = match source {
        TokenSource::File(path) => std::fs::read_to_string(path).ok(),
        TokenSource::Environment(name) => std::env::var(name).ok(),
    };
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).ok_or("its token is not there")
}
