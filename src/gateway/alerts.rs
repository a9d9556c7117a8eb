//! Tells officers what they have to hear (practice.md, B and C): the urgent at once and on to
//! the next office when nobody answers, the ordinary at the school's pace and within its
//! budget, and the alarm that is no mail.

use super::{Gate, Standing, officers::Offered};
use crate::{
    authority::{Case, Scope, Thing},
    config::{AlarmConfig, AlarmWay, TokenSource},
    effects::{Alert, Digest, DigestLine, Language},
    mail::{Address, SchoolId},
    parties::{Attendance, Pace, School},
    ruleset::Category,
    storage::{AlertState, DueAlert, Faces, NewOutbox, StoreError, Told, Urgency},
    wire::post_json,
};
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::json;
use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// When every office has been asked, all are asked again so often, and so many times.
const AGAIN: TimeDelta = TimeDelta::hours(1);
const MOST_STEPS: usize = 27;
/// A program that gives the alarm has so long.
const ALARM: Duration = Duration::from_secs(30);
/// How long a node has an alarm at hand: both a program and a web service end before.
const ALARM_LEASE: TimeDelta = TimeDelta::seconds(45);
/// Alarms given at the same time.
const AT_ONCE: usize = 16;
/// How often it is looked whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);

impl Gate {
    /// One turn: what is answered is settled, what is due is told.
    pub async fn tell_officers(&self) -> Result<(), StoreError> {
        self.store.alerts_settle().await?;
        let standing = self.standing();
        let away: Vec<Address> = self.store.officers_away().await?.into_iter().map(|a| a.officer).collect();
        for due in self.store.alerts_due().await? {
            let id = due.id.clone();
            match self.step(&standing, due, &away).await {
                // One alert that cannot be told silences no other.
                Err(error) if !error.is_passing() => {
                    tracing::error!(alert = %id, %error, "alert.not-told");
                    self.store.alert_put_off(&id).await?;
                }
                told => told?,
            }
        }
        for school in self.store.schools_with_alerts().await? {
            match self.ordinary(&standing, &school, &away).await {
                Err(error) if !error.is_passing() => tracing::error!(%school, %error, "digest.not-written"),
                told => told?,
            }
        }
        Ok(())
    }

    /// Who has become accused since an alert was made, or turned out to be a party, hears no more of
    /// it (practice.md, A4); where somebody had to go, the head and the chair stand in.
    async fn take_off_whom_it_concerns(
        &self,
        standing: &Standing,
        alerts: &mut [DueAlert],
    ) -> Result<(), StoreError> {
        let subjects = alerts.iter().flat_map(|a| a.item.iter().chain([&a.transaction]).cloned());
        let concerned = self.store.concerned(&subjects.collect::<Vec<_>>()).await?;
        for alert in alerts {
            let Some(school) = standing.school(&alert.school) else { continue };
            let offered = Offered::at(school, standing, &self.store)?;
            let mut case = Case::new(Thing::Quarantined, Scope::School(school.id.clone()));
            let mut faces = Faces::default();
            for subject in alert.item.iter().chain([&alert.transaction]) {
                concerned.get(subject).into_iter().for_each(|more| faces.join(more));
            }
            faces.fill(&mut case);
            let ladder: Vec<Vec<Address>> = alert
                .ladder
                .iter()
                .map(|rung| rung.iter().flat_map(|a| offered.still_free(a, &case)).collect())
                .collect();
            if ladder == alert.ladder {
                continue;
            }
            alert.ladder = ladder;
            for address in school.officers.head.iter().chain(&school.officers.chair) {
                let free = offered.still_free(address, &case);
                let new: Vec<Address> =
                    free.into_iter().filter(|a| !alert.ladder.iter().flatten().any(|b| b == a)).collect();
                alert.ladder.push(new);
            }
            alert.ladder.retain(|rung| !rung.is_empty());
        }
        Ok(())
    }

    /// The next office of an urgent alert; at the end of the ladder, everybody again.
    async fn step(&self, standing: &Standing, mut due: DueAlert, away: &[Address]) -> Result<(), StoreError> {
        let now = (self.clock)();
        let Some(school) = standing.school(&due.school) else {
            // It comes again should the school come back, and others are told before it.
            tracing::error!(alert = %due.id, school = %due.school, "alert.of-no-school: nobody hears of it");
            return self.store.alert_put_off(&due.id).await;
        };
        self.take_off_whom_it_concerns(standing, std::slice::from_mut(&mut due)).await?;
        let due = &due;
        let to = asked(school, due, away, now);
        let mut mail = Vec::new();
        for officer in &to {
            mail.extend(standing.alert_mail(school, due, officer, now));
        }
        let told =
            Told { alert: due.id.clone(), to, next_at: next_step(school, due, now), state: AlertState::Told };
        self.store.alert_step(due, told, mail).await?;
        Ok(())
    }

    /// Ordinary alerts of one school, when its digest is due or it wants them at once.
    async fn ordinary(&self, standing: &Standing, id: &SchoolId, away: &[Address]) -> Result<(), StoreError> {
        let now = (self.clock)();
        let Some(school) = standing.school(id) else { return Ok(()) };
        let due_at = match school.alerts.ordinary {
            Pace::AtOnce => now,
            Pace::Digest => match school.alerts.last_digest(&school.calendar, now) {
                Some(at) => at,
                None => return Ok(()),
            },
        };
        let mut due = self.store.alerts_waiting(id, due_at).await?;
        self.take_off_whom_it_concerns(standing, &mut due.waiting).await?;
        self.take_off_whom_it_concerns(standing, &mut due.grouped).await?;
        if due.waiting.is_empty() && (due.grouped.is_empty() || school.alerts.ordinary == Pace::AtOnce) {
            return Ok(());
        }
        let midnight = school.calendar.instant(school.calendar.local(now).date().and_time(NaiveTime::MIN));
        let budget = school.alerts.budget_for(standing.rulebook.directory.len());
        let mut desks: Vec<Desk> = Vec::new();
        let mut told = Vec::new();
        let mut over: Vec<String> = Vec::new();
        for alert in &due.waiting {
            let to = asked(school, alert, away, now);
            let mut within = false;
            for officer in &to {
                if !desks.iter().any(|d| d.officer == *officer) {
                    let told = self.store.alerts_told(officer, midnight).await?;
                    desks.push(Desk::new(officer.clone(), budget.saturating_sub(told)));
                }
                within |= desk_of(&mut desks, officer).take(alert);
            }
            let state = if within { AlertState::Told } else { AlertState::Grouped };
            if let (AlertState::Grouped, Some(policy)) = (state, &alert.policy)
                && !over.contains(policy)
            {
                over.push(policy.clone());
            }
            told.push(Told { alert: alert.id.clone(), to, next_at: None, state });
        }
        for alert in &due.grouped {
            for officer in asked(school, alert, away, now) {
                desk_of(&mut desks, &officer).count(alert);
            }
        }
        let mut mail = Vec::new();
        if school.alerts.ordinary == Pace::AtOnce {
            for (alert, told) in due.waiting.iter().zip(&told).filter(|(_, t)| t.state == AlertState::Told) {
                mail.extend(told.to.iter().filter_map(|to| standing.alert_mail(school, alert, to, now)));
            }
            desks.iter_mut().for_each(|desk| desk.lines.clear());
        }
        mail.extend(desks.iter().filter_map(|d| standing.digest_mail(school, d, &over, now)));
        let tomorrow = midnight.checked_add_days(Days::new(1)).unwrap_or(midnight);
        let counted = due.grouped.last().map(|alert| alert.order);
        self.store.digest_written((id, due_at), told, counted, (over, tomorrow), mail).await?;
        Ok(())
    }

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

/// Whom this step asks: those of the rung who are not away, on the rota too when the school is
/// closed; where all of them are away, the next rung. At the end, everybody.
fn asked(school: &School, due: &DueAlert, away: &[Address], now: DateTime<Utc>) -> Vec<Address> {
    let here = |rung: &Vec<Address>| -> Vec<Address> {
        rung.iter().filter(|a| !away.contains(a)).cloned().collect()
    };
    let rungs: Vec<Vec<Address>> = due.ladder.iter().map(here).filter(|r| !r.is_empty()).collect();
    let everybody = || due.ladder.concat();
    let mut to = match rungs.get(due.rung) {
        // Ordinary matters stay with the first office.
        _ if due.urgency == Urgency::Ordinary => rungs.first().cloned().unwrap_or_else(everybody),
        Some(rung) => rung.clone(),
        None => everybody(),
    };
    if due.rung == 0
        && let Attendance::OnDuty(people) = school.attendance(now)
    {
        // Nobody who is a party stands on the ladder, so only those who do are on duty for it.
        let known = due.ladder.concat();
        for officer in people.iter().filter(|p| known.contains(p)) {
            if !to.contains(officer) {
                to.push(officer.clone());
            }
        }
    }
    to
}

fn next_step(school: &School, due: &DueAlert, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let alerts = &school.alerts;
    let wait = match due.rung {
        0 => alerts.deputy_after,
        1 => alerts.head_after - alerts.deputy_after,
        n if n < MOST_STEPS => AGAIN,
        _ => return None,
    };
    Some(now + wait)
}

/// What one officer is told in one digest.
struct Desk {
    officer: Address,
    left: usize,
    lines: Vec<(String, Category, DateTime<Utc>, bool)>,
    grouped: Vec<(Category, u64)>,
}

impl Desk {
    fn new(officer: Address, left: usize) -> Self {
        Self { officer, left, lines: Vec::new(), grouped: Vec::new() }
    }

    /// Whether it is told by its number, or only counted.
    fn take(&mut self, alert: &DueAlert) -> bool {
        if self.left > 0 {
            self.left -= 1;
            self.lines.push((alert.number.clone(), alert.category, alert.received_at, alert.delivered));
            return true;
        }
        self.count(alert);
        false
    }

    fn count(&mut self, alert: &DueAlert) {
        match self.grouped.iter_mut().find(|(category, _)| *category == alert.category) {
            Some((_, count)) => *count += 1,
            None => self.grouped.push((alert.category, 1)),
        }
    }
}

/// An officer's, made where there is none: then it only counts.
fn desk_of<'d>(desks: &'d mut Vec<Desk>, officer: &Address) -> &'d mut Desk {
    let at = desks.iter().position(|d| d.officer == *officer).unwrap_or_else(|| {
        desks.push(Desk::new(officer.clone(), 0));
        desks.len() - 1
    });
    &mut desks[at]
}

impl Standing {
    pub(super) fn school(&self, id: &SchoolId) -> Option<&School> {
        self.rulebook.schools.iter().find(|s| s.id == *id).map(|s| &**s)
    }

    fn alert_mail(
        &self,
        school: &School,
        due: &DueAlert,
        officer: &Address,
        now: DateTime<Utc>,
    ) -> Option<NewOutbox> {
        let alert = Alert {
            school: &school.name,
            number: &due.number,
            category: due.category,
            at: due.received_at,
            urgent: due.urgency == Urgency::Urgent,
            delivered: due.delivered,
        };
        let written = self.notices.alert(officer, &Language::of(&school.languages), &alert, now);
        match written {
            Ok(written) => Some(written.outbox(Some(school.id.clone()), None)),
            Err(error) => {
                tracing::error!(alert = %due.id, %error, "notice.not-written");
                None
            }
        }
    }

    fn digest_mail(
        &self,
        school: &School,
        desk: &Desk,
        over: &[String],
        now: DateTime<Utc>,
    ) -> Option<NewOutbox> {
        let lines: Vec<DigestLine<'_>> = desk
            .lines
            .iter()
            .map(|(number, category, received_at, delivered)| DigestLine {
                number,
                category: *category,
                received_at: *received_at,
                delivered: *delivered,
            })
            .collect();
        let grouped = &desk.grouped;
        if lines.is_empty() && grouped.is_empty() {
            return None;
        }
        let digest = Digest { school: &school.name, lines: &lines, grouped, stepped_down: over };
        match self.notices.digest(&desk.officer, &Language::of(&school.languages), &digest, now) {
            Ok(written) => Some(written.outbox(Some(school.id.clone()), None)),
            Err(error) => {
                tracing::error!(school = %school.id, %error, "notice.not-written");
                None
            }
        }
    }
}
