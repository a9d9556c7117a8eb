//! Tells officers what they have to hear (practice.md, B and C): the urgent at once and on to
//! the next office when nobody answers. The ordinary is `digest`'s, the alarm that is no mail
//! `alarm`'s.

use super::{Gate, Standing};
use crate::{
    authority::{Case, Office, Scope, Thing},
    effects::{Alert, Language},
    mail::{Address, SchoolId},
    officers::Roll,
    parties::{Attendance, School},
    storage::{AlertState, DueAlert, Faces, NewOutbox, StoreError, Told, Urgency},
};
use chrono::{DateTime, TimeDelta, Utc};

/// When every office has been asked, all are asked again so often, and so many times.
const AGAIN: TimeDelta = TimeDelta::hours(1);
const MOST_STEPS: usize = 27;

impl Gate {
    /// One turn: what is answered is settled, what is due is told.
    pub async fn tell_officers(&self) -> Result<(), StoreError> {
        self.store.alerts_settle().await?;
        let standing = self.standing();
        let away: Vec<Address> = self.store.officers_away().await?.into_iter().map(|a| a.officer).collect();
        let roll = self.roll(&standing).await?;
        for due in self.store.alerts_due().await? {
            let id = due.id.clone();
            match self.step((&standing, &roll), due, &away).await {
                // One alert that cannot be told silences no other.
                Err(error) if !error.is_passing() => {
                    tracing::error!(alert = %id, %error, "alert.not-told");
                    self.store.alert_put_off(&id).await?;
                }
                told => told?,
            }
        }
        for school in self.store.schools_with_alerts().await? {
            match self.ordinary((&standing, &roll), &school, &away).await {
                Err(error) if !error.is_passing() => tracing::error!(%school, %error, "digest.not-written"),
                told => told?,
            }
        }
        Ok(())
    }

    /// Who has become accused since an alert was made, or turned out to be a party, hears no more of
    /// it (practice.md, A4), nor who holds no office any more; where somebody had to go, the head
    /// stands in, or the chair where no head is free.
    pub(super) async fn take_off_whom_it_concerns(
        &self,
        roll: &Roll,
        alerts: &mut [DueAlert],
    ) -> Result<(), StoreError> {
        let subjects = alerts.iter().flat_map(|a| a.item.iter().chain([&a.transaction]).cloned());
        let concerned = self.store.concerned(&subjects.collect::<Vec<_>>()).await?;
        for alert in alerts {
            let mut case = Case::new(Thing::Quarantined, Scope::School(alert.school.clone()));
            let mut faces = Faces::default();
            for subject in alert.item.iter().chain([&alert.transaction]) {
                concerned.get(subject).into_iter().for_each(|more| faces.join(more));
            }
            faces.fill(&mut case);
            let ladder: Vec<Vec<Address>> = alert
                .ladder
                .iter()
                .map(|rung| rung.iter().flat_map(|a| roll.still_free(a, &case)).collect())
                .collect();
            if ladder == alert.ladder {
                continue;
            }
            alert.ladder = ladder;
            for office in [Office::Head, Office::Chair] {
                let free = roll.who_may_know(office, &case);
                let new: Vec<Address> =
                    free.into_iter().filter(|a| !alert.ladder.iter().flatten().any(|b| b == a)).collect();
                alert.ladder.push(new);
            }
            alert.ladder.retain(|rung| !rung.is_empty());
        }
        Ok(())
    }

    /// The next office of an urgent alert; at the end of the ladder, everybody again.
    async fn step(
        &self,
        (standing, roll): (&Standing, &Roll),
        mut due: DueAlert,
        away: &[Address],
    ) -> Result<(), StoreError> {
        let now = (self.clock)();
        let Some(school) = standing.school(&due.school) else {
            // It comes again should the school come back, and others are told before it.
            tracing::error!(alert = %due.id, school = %due.school, "alert.of-no-school: nobody hears of it");
            return self.store.alert_put_off(&due.id).await;
        };
        self.take_off_whom_it_concerns(roll, std::slice::from_mut(&mut due)).await?;
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
}

/// Whom this step asks: those of the rung who are not away, on the rota too when the school is
/// closed; where all of them are away, the next rung. At the end, everybody.
pub(super) fn asked(school: &School, due: &DueAlert, away: &[Address], now: DateTime<Utc>) -> Vec<Address> {
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

impl Standing {
    pub(super) fn school(&self, id: &SchoolId) -> Option<&School> {
        self.rulebook.schools.iter().find(|s| s.id == *id).map(|s| &**s)
    }

    pub(super) fn alert_mail(
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
}
