//! Quarantine that has waited too long. It never expires unseen (practice.md, B): after one
//! school day the lead hears of it, after another the deputy, after a third the head; each once,
//! and never who is a party to it.

use super::{Gate, Standing};
use crate::{
    authority::{Case, Matter, Office},
    effects::{Language, Waited},
    mail::{Address, SchoolId},
    officers::Roll,
    parties::{Calendar, Pace, School},
    storage::{
        ItemFilter, ItemId, ItemKind, ItemOffice, ItemState, ItemSummary, NewOutbox, OverdueTold, StoreError,
    },
};
use chrono::{DateTime, Utc};

/// Who is to hear of it by now; those below have heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    Lead,
    Deputy,
    Head,
}

impl Rung {
    pub const ALL: [Self; 3] = [Self::Lead, Self::Deputy, Self::Head];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Deputy => "deputy",
            Self::Head => "head",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Overdue {
    pub item: ItemId,
    pub school: SchoolId,
    pub since: DateTime<Utc>,
    /// With whom it lies, when it was escalated or handed on: then that office is meant, and
    /// the rungs say only how late it is.
    pub office: Option<ItemOffice>,
    pub rung: Rung,
}

/// Items of one turn and school; the rest comes with the next.
const MOST: usize = 200;

/// Whether an item has waited longer than one school day, and for whom it is by now. Handing
/// it on does not stop its clock.
pub fn overdue(item: &ItemSummary, calendar: Option<&Calendar>, now: DateTime<Utc>) -> Option<Rung> {
    if item.kind != ItemKind::Quarantine || !item.state.is_waiting() {
        return None;
    }
    let weekdays = Calendar::default();
    match calendar.unwrap_or(&weekdays).school_days(item.received_at, now, 3) {
        0 => None,
        1 => Some(Rung::Lead),
        2 => Some(Rung::Deputy),
        _ => Some(Rung::Head),
    }
}

impl Gate {
    /// All that is overdue now, newest first.
    pub async fn overdue(&self) -> Result<Vec<Overdue>, StoreError> {
        let now = (self.clock)();
        let late = self.waiting_quarantine().await?.into_iter().filter_map(|item| {
            let rung = overdue(&item, Some(&self.calendar(&item.school)), now)?;
            let (since, office) = (item.received_at, item.office);
            Some(Overdue { item: item.id, school: item.school, since, office, rung })
        });
        Ok(late.collect())
    }

    /// Tells each office what has become its business since the last digest was due, or at once
    /// where the school wants that; how many steps were told.
    pub async fn tell_overdue(&self) -> Result<usize, StoreError> {
        let (standing, now) = (self.standing(), (self.clock)());
        // By a clock that leapt everything has waited too long, and each office is told once.
        if !self.store.time_is_sure("quarantine.overdue", now).await? {
            return Ok(0);
        }
        let away: Vec<Address> = self.store.officers_away().await?.into_iter().map(|a| a.officer).collect();
        let waiting = self.waiting_quarantine().await?;
        let roll = self.roll(&standing).await?;
        let mut told = 0;
        for school in &standing.rulebook.schools {
            let at = match school.alerts.ordinary {
                Pace::AtOnce => Some(now),
                Pace::Digest => school.alerts.last_digest(&school.calendar, now),
            };
            let Some(at) = at else { continue };
            let own = waiting.iter().filter(|item| item.school == school.id);
            let late: Vec<(ItemSummary, Rung)> = own
                .filter_map(|item| Some((item.clone(), overdue(item, Some(&school.calendar), at)?)))
                .collect();
            told += self.tell_school(&standing, (school, &roll), late, &away).await?;
        }
        Ok(told)
    }

    async fn tell_school(
        &self,
        standing: &Standing,
        (school, roll): (&School, &Roll),
        late: Vec<(ItemSummary, Rung)>,
        away: &[Address],
    ) -> Result<usize, StoreError> {
        let ids: Vec<ItemId> = late.iter().map(|(item, _)| item.id.clone()).collect();
        let heard = self.store.overdue_told(&ids).await?;
        let due = |item: &ItemSummary, by: Rung| -> Vec<Rung> {
            let new =
                |rung: &Rung| *rung <= by && !heard.contains(&(item.id.clone(), rung.name().to_owned()));
            Rung::ALL.into_iter().filter(new).collect()
        };
        let new = late.into_iter().map(|(item, by)| (due(&item, by), item));
        let (rungs, items): (Vec<Vec<Rung>>, Vec<ItemSummary>) =
            new.filter(|(rungs, _)| !rungs.is_empty()).take(MOST).unzip();
        if items.is_empty() {
            return Ok(0);
        }
        let cases = self.store.item_cases(&items).await?;
        let (mut told, mut letters) = (Vec::new(), Vec::<(Address, Vec<&ItemSummary>)>::new());
        for ((item, case), rungs) in items.iter().zip(&cases).zip(rungs) {
            let ladder = ladder(item, case, roll, away);
            for rung in rungs {
                // A short ladder's last office hears how late it is.
                let to = ladder.get(rung as usize).or(ladder.last()).map_or(&[][..], Vec::as_slice);
                to.iter().for_each(|officer| add(&mut letters, officer, item));
                told.push(OverdueTold { item: item.id.clone(), rung: rung.name(), people: to.len() });
            }
        }
        let mail = letters.iter().filter_map(|(to, items)| self.waited_mail(standing, school, to, items));
        let (mail, steps): (Vec<NewOutbox>, usize) = (mail.collect(), told.len());
        Ok(if self.store.tell_overdue(&school.id, told, mail).await? { steps } else { 0 })
    }

    fn waited_mail(
        &self,
        standing: &Standing,
        school: &School,
        to: &Address,
        items: &[&ItemSummary],
    ) -> Option<NewOutbox> {
        let lines: Vec<(&str, DateTime<Utc>)> =
            items.iter().map(|item| (item.id.as_str(), item.received_at)).collect();
        let waited = Waited { school: &school.name, items: &lines };
        match standing.notices.waited(to, &Language::of(&school.languages), &waited, (self.clock)()) {
            Ok(written) => Some(written.outbox(Some(school.id.clone()), None)),
            Err(error) => {
                tracing::error!(school = %school.id, %error, "notice.not-written");
                None
            }
        }
    }

    /// Everything in quarantine that waits for a decision, newest first.
    async fn waiting_quarantine(&self) -> Result<Vec<ItemSummary>, StoreError> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let filter = ItemFilter {
                kind: Some(ItemKind::Quarantine),
                states: vec![ItemState::Open, ItemState::Escalated],
                before: before.take(),
                ..ItemFilter::default()
            };
            let page = self.store.items(&filter).await?;
            before = page.last().map(|last| last.id.clone());
            all.extend(page);
            if before.is_none() {
                return Ok(all);
            }
        }
    }
}

fn add<'a>(letters: &mut Vec<(Address, Vec<&'a ItemSummary>)>, officer: &Address, item: &'a ItemSummary) {
    let place = letters.iter().position(|(to, _)| to == officer).unwrap_or_else(|| {
        letters.push((officer.clone(), Vec::new()));
        letters.len() - 1
    });
    // Told late of several steps at once, an office hears once.
    let items = &mut letters[place].1;
    if items.last().is_none_or(|last| last.id != item.id) {
        items.push(item);
    }
}

/// Which offices hear of it, one after the other: from the one with which it lies, those who
/// may know of it and are not away. No rung is empty; all are away: then as if nobody were.
fn ladder(item: &ItemSummary, case: &Case, roll: &Roll, away: &[Address]) -> Vec<Vec<Address>> {
    use Office::{Chair, DataProtection, Deputy, Head, Lead};
    let offices: &[Office] = match (item.office, case.matter) {
        (None, Matter::Misuse) | (Some(ItemOffice::DataProtection), _) => &[DataProtection, Head, Chair],
        (None | Some(ItemOffice::Lead), _) => &[Lead, Deputy, Head, Chair],
        (Some(ItemOffice::Deputy), _) => &[Deputy, Head, Chair],
        (Some(ItemOffice::Head), _) => &[Head, Chair],
        (Some(ItemOffice::Chair), _) => &[Chair],
    };
    // The chair may know only where no head is free to: then it stands in.
    let rungs = || offices.iter().map(|office| roll.who_may_know(*office, case)).filter(|r| !r.is_empty());
    let here: Vec<Vec<Address>> = rungs()
        .map(|rung| rung.into_iter().filter(|officer| !away.contains(officer)).collect::<Vec<_>>())
        .filter(|rung| !rung.is_empty())
        .collect();
    if here.is_empty() { rungs().collect() } else { here }
}
