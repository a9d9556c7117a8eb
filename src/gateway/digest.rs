//! What is not urgent, at the school's pace and within its budget (practice.md, C): by number as
//! far as the budget reaches, grouped beyond it.

use super::{Gate, Standing, alerts::asked};
use crate::{
    effects::{Digest, DigestLine, Language},
    mail::{Address, SchoolId},
    officers::Roll,
    parties::{Pace, School},
    ruleset::Category,
    storage::{AlertState, DueAlert, NewOutbox, StoreError, Told},
};
use chrono::{DateTime, Days, NaiveTime, Utc};

impl Gate {
    /// Ordinary alerts of one school, when its digest is due or it wants them at once.
    pub(super) async fn ordinary(
        &self,
        (standing, roll): (&Standing, &Roll),
        id: &SchoolId,
        away: &[Address],
    ) -> Result<(), StoreError> {
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
        self.take_off_whom_it_concerns(roll, &mut due.waiting).await?;
        self.take_off_whom_it_concerns(roll, &mut due.grouped).await?;
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
