//! Holds that nobody answers: their sender is reminded after an hour, and after one school
//! day they go back, unsent (practice.md, B). Never sent by themselves, and quarantine never expires.

use super::Gate;
use crate::{
    effects::{self, Comeback},
    mail::SchoolId,
    parties::Calendar,
    storage::{
        Actor, Decision, ItemFilter, ItemId, ItemKind, ItemState, NewOutbox, Purpose, Ruling, StateError,
        StoreError, Unanswered, Why,
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a hold waits before its sender is reminded of it, once.
const REMIND_AFTER: TimeDelta = TimeDelta::hours(1);

impl Gate {
    /// Reminds the senders of holds that have waited for an hour; how many there were. Each is reminded
    /// once, which a clock that is doubted must not use up.
    pub async fn remind_of_holds(&self) -> Result<usize, StoreError> {
        let now = (self.clock)();
        if !self.store.time_is_sure("holds.remind", now).await? {
            return Ok(0);
        }
        let mut reminded = 0;
        for unanswered in self.store.holds_to_remind(now - REMIND_AFTER).await? {
            if self.remind(&unanswered, now).await? {
                reminded += 1;
            }
        }
        Ok(reminded)
    }

    async fn remind(&self, unanswered: &Unanswered, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let standing = self.standing();
        let detail = self
            .store
            .item(
                &unanswered.item,
                &Actor::Gate,
                Why::new(Purpose::SystemOperation, "unanswered for an hour"),
            )
            .await?;
        let Some(owner) = &detail.owner else { return Ok(false) };
        let token = standing.notices.takes_answers().then(|| self.store.new_token());
        let (notices, schools) = (&standing.notices, &standing.rulebook.schools);
        match effects::reminder(notices, schools, (&detail, owner), unanswered, token.as_ref(), now) {
            Ok(notice) => self.store.remind(&unanswered.item, token.as_ref(), notice).await,
            Err(error) => {
                tracing::error!(item = %unanswered.item, %error, "notice.not-written");
                Ok(false)
            }
        }
    }

    /// Returns every hold that has waited for a school day; how many there were. One that
    /// its sender decides at this very moment is left alone.
    pub async fn expire_holds(&self) -> Result<usize, StoreError> {
        let now = (self.clock)();
        if !self.store.time_is_sure("holds.expire", now).await? {
            return Ok(0);
        }
        let mut expired = 0;
        let mut before = None;
        loop {
            let filter = ItemFilter {
                kind: Some(ItemKind::Hold),
                states: vec![ItemState::Open],
                before: before.take(),
                ..ItemFilter::default()
            };
            let page = self.store.items(&filter).await?;
            for item in &page {
                if now >= self.calendar(&item.school).school_day_after(item.received_at)
                    && self.expire(&item.id, now).await?
                {
                    expired += 1;
                }
            }
            match page.last() {
                Some(last) => before = Some(last.id.clone()),
                None => return Ok(expired),
            }
        }
    }

    /// Of a school that the configuration no longer has: weekdays.
    pub(super) fn calendar(&self, school: &SchoolId) -> Calendar {
        let standing = self.standing();
        let found = standing.rulebook.schools.iter().find(|s| s.id == *school);
        found.map(|s| s.calendar.clone()).unwrap_or_default()
    }

    async fn expire(&self, id: &ItemId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let standing = self.standing();
        let detail = self
            .store
            .item(id, &Actor::Gate, Why::new(Purpose::SystemOperation, "unanswered for a school day"))
            .await?;
        let sender = detail.envelope.sender.address();
        let schools = &standing.rulebook.schools;
        let written = sender.map(|sender| {
            effects::comeback(&standing.notices, schools, &detail, sender, Comeback::Expired, now)
        });
        let outbox: Vec<NewOutbox> = match written.transpose() {
            Ok(notice) => notice.into_iter().collect(),
            Err(error) => {
                // A hold that ends without a word would be a lost message: it waits on.
                tracing::error!(item = %id, %error, "notice.not-written");
                return Ok(false);
            }
        };
        let ruling = Ruling {
            decision: Decision::Expire,
            actor: Actor::Gate,
            reason: None,
            token: None,
            next_hop: None,
            outbox,
            takers: Vec::new(),
        };
        match self.store.decide(id, ruling).await {
            Ok(_) => Ok(true),
            Err(StateError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }
}
