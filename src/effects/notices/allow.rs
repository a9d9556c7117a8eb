//! The one place that decides whether anything may be written to somebody at all.

use crate::{
    mail::{Address, ReversePath},
    policy::sender_may_hear,
    ruleset::Category,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
};

/// Why we would write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// To the sender, about the sender's own message.
    Sender,
    /// To the sender, about a message that waits for the answer. Never limited by the
    /// hour: a hold that nobody is told of is a lost message.
    SenderWaiting,
    /// To an officer of the school.
    Officer,
    /// To an officer, at once (practice.md, B). Never limited: a class of this kind that
    /// goes quiet is worse than one that is loud.
    OfficerUrgent,
}

/// What is known of the message that a notice would speak of and of whom it would go to.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    /// The envelope sender of the message spoken of.
    pub envelope_sender: &'a ReversePath,
    /// Auto-Submitted, Precedence bulk and the like (RFC 3834 section 2).
    pub automatic: bool,
    /// Any List field.
    pub list: bool,
    /// The sender is proved to be a person of the directory.
    pub proved: bool,
    /// What was found.
    pub categories: &'a [Category],
    pub to: &'a Address,
}

/// Why a notice is not written. The names are stable: the ledger carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// It would answer `<>`.
    NullSender,
    Automatic,
    List,
    /// Nobody is answered on an unproved word.
    NotProved,
    /// It would tip somebody off.
    TipsOff,
    /// Enough for this hour.
    PerHour,
    /// The office is not filled, or all who hold it are parties.
    NoOfficer,
}

impl Withheld {
    pub fn name(self) -> &'static str {
        match self {
            Self::NullSender => "null-sender",
            Self::Automatic => "automatic",
            Self::List => "list",
            Self::NotProved => "not-proved",
            Self::TipsOff => "tips-off",
            Self::PerHour => "per-hour",
            Self::NoOfficer => "no-officer",
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a notice may be written; counts it when it may.
pub fn may_write(
    occasion: Occasion,
    about: &Addressee<'_>,
    now: DateTime<Utc>,
    per_hour: &mut PerHour,
) -> Result<(), Withheld> {
    if matches!(occasion, Occasion::Sender | Occasion::SenderWaiting) {
        if *about.envelope_sender == ReversePath::Null {
            return Err(Withheld::NullSender);
        }
        if about.automatic {
            return Err(Withheld::Automatic);
        }
        if about.list {
            return Err(Withheld::List);
        }
        if !about.proved {
            return Err(Withheld::NotProved);
        }
        // One finding that must not be heard of silences all: the absence of a notice
        // about the rest tells nothing.
        if !about.categories.iter().copied().all(sender_may_hear) {
            return Err(Withheld::TipsOff);
        }
    }
    let limited = matches!(occasion, Occasion::Sender | Occasion::Officer);
    if limited && !per_hour.admit(about.to, now) {
        return Err(Withheld::PerHour);
    }
    Ok(())
}

/// Addresses that are remembered at once: more within an hour are nobody's own people.
const MOST_ADDRESSES: usize = 10_000;

/// Notices to one address within an hour.
#[derive(Debug)]
pub struct PerHour {
    limit: usize,
    written: HashMap<Address, VecDeque<DateTime<Utc>>>,
    /// When addresses without a recent notice were last forgotten.
    tidied: DateTime<Utc>,
}

impl PerHour {
    pub fn new(limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { limit, written: HashMap::new(), tidied: DateTime::UNIX_EPOCH }
    }

    /// Whether one more may go to this address now; counts it when it may.
    pub fn admit(&mut self, to: &Address, now: DateTime<Utc>) -> bool {
        let since = now - TimeDelta::hours(1);
        if self.tidied < since {
            self.written.retain(|_, times| times.back().is_some_and(|last| *last > since));
            self.tidied = now;
        }
        if self.written.len() >= MOST_ADDRESSES && !self.written.contains_key(to) {
            return false;
        }
        let times = self.written.entry(to.clone()).or_default();
        while times.front().is_some_and(|first| *first <= since) {
            times.pop_front();
        }
        let room = times.len() < self.limit;
        if room {
            times.push_back(now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn no_sender_hears_what_would_tip_off_or_answers_a_machine() {
        let to = address("t@oakfield.example");
        let mailbox = ReversePath::Mailbox(to.clone());
        let fine = Addressee {
            envelope_sender: &mailbox,
            automatic: false,
            list: false,
            proved: true,
            categories: &[Category::PersonalHealth],
            to: &to,
        };
        let ask = |about: &Addressee<'_>| {
            may_write(Occasion::Sender, about, DateTime::UNIX_EPOCH, &mut PerHour::new(9))
        };
        assert_eq!(ask(&fine), Ok(()));
        assert_eq!(
            ask(&Addressee { envelope_sender: &ReversePath::Null, ..fine }),
            Err(Withheld::NullSender)
        );
        assert_eq!(ask(&Addressee { automatic: true, ..fine }), Err(Withheld::Automatic));
        assert_eq!(ask(&Addressee { list: true, ..fine }), Err(Withheld::List));
        assert_eq!(ask(&Addressee { proved: false, ..fine }), Err(Withheld::NotProved));
        for category in Category::ALL.iter().filter(|c| c.family() == "harm") {
            let both = [Category::PersonalHealth, *category];
            let mild = ["harm.profanity", "harm.unprofessional", "harm.misuse"].contains(&category.name());
            let expected = if mild { Ok(()) } else { Err(Withheld::TipsOff) };
            assert_eq!(ask(&Addressee { categories: &both, ..fine }), expected, "{category}");
        }
        for category in [Category::ContactGrooming, Category::FileIllegalImage, Category::FileMalware] {
            assert_eq!(ask(&Addressee { categories: &[category], ..fine }), Err(Withheld::TipsOff));
        }
    }

    #[test]
    fn an_hour_has_its_limit_for_each_but_urgent_alerts_have_none() {
        let (one, two) = (address("one@oakfield.example"), address("two@oakfield.example"));
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let mut per_hour = PerHour::new(2);
        let about = |to| Addressee {
            envelope_sender: &ReversePath::Null,
            automatic: true,
            list: true,
            proved: false,
            categories: &[Category::HarmThreat],
            to,
        };
        let mut ask = |occasion, to, minutes| {
            may_write(occasion, &about(to), start + TimeDelta::minutes(minutes), &mut per_hour)
        };
        assert_eq!(ask(Occasion::Officer, &one, 0), Ok(()));
        assert_eq!(ask(Occasion::Officer, &one, 1), Ok(()));
        assert_eq!(ask(Occasion::Officer, &one, 59), Err(Withheld::PerHour));
        assert_eq!(ask(Occasion::OfficerUrgent, &one, 59), Ok(()));
        assert_eq!(ask(Occasion::Officer, &two, 59), Ok(()));
        assert_eq!(ask(Occasion::Officer, &one, 60), Ok(()));
    }
}
