//! What would have happened: the mail that a school observed for some days, in counts, before it enforces
//! (practice.md, C); with the load of alerts against the budget, and the school's lists held against that mail.
//! What concerns staff (an allegation, misuse) and suspected images are in none of the numbers, and what is not
//! there for whoever asks neither (practice.md, A4).

use super::{Desk, DeskFault};
use crate::{
    mail::{Address, Envelope},
    parties::{Listing, School},
    storage::{Between, Event, LedgerEvent, Observed},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// What would have become of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Would {
    pub messages: u64,
    pub held: u64,
    pub quarantined: u64,
    pub refused: u64,
    /// Delivered, and its sender told.
    pub nudged: u64,
}

/// One day by the school's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    pub would: Would,
    /// Alerts at once, and those that count against the budget.
    pub urgent: u64,
    pub ordinary: u64,
}

/// One entry of a list and the mail with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub pattern: String,
    pub listing: Listing,
    pub messages: u64,
    /// Would have been held, quarantined or refused all the same.
    pub stopped: u64,
}

/// A domain outside that is on no list, with which much would have been stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    pub domain: String,
    pub stopped: u64,
}

pub struct Happened {
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub total: Would,
    pub days: BTreeMap<NaiveDate, Day>,
    /// By policy rule.
    pub rules: BTreeMap<String, Would>,
    /// By category of what was found.
    pub classes: BTreeMap<String, Would>,
    /// Ordinary alerts for one officer in one day.
    pub budget: u64,
    pub entries: Vec<Entry>,
    pub unlisted: Vec<Unlisted>,
    /// Messages to many from senders who are on no list of bulk senders, and how many senders.
    pub bulk: (u64, u64),
    pub is_cut_off: bool,
}

/// How far it may go.
#[derive(Clone, Default)]
pub struct Bounds {
    pub messages: u64,
    pub time: Duration,
    pub done: Arc<AtomicU64>,
}

/// A message to so many is a bulk mail.
const MANY: usize = 20;
/// Domains are named when so many would have been stopped, by so many senders: of fewer, a domain may be a person.
const FEW: u64 = 5;
const FEW_SENDERS: usize = 3;
const MOST_DOMAINS: usize = 10;
/// Domains and senders that are told apart.
const MOST_KEPT: usize = 20_000;

/// The last whole days and today, as far as it went. Who may is for the caller; the ledger has that it was made.
pub async fn happened(
    desk: &Desk,
    school: &Arc<School>,
    days: u16,
    bounds: Bounds,
) -> Result<Happened, DeskFault> {
    let (calendar, began) = (&school.calendar, Instant::now());
    let last = calendar.local(Utc::now()).date();
    let first = last.checked_sub_days(Days::new(days.saturating_sub(1).into())).unwrap_or(last);
    let midnight = |day: NaiveDate| calendar.instant(day.and_time(NaiveTime::MIN));
    let after_last = last.checked_add_days(Days::new(1)).unwrap_or(last);
    let within = Between { from: midnight(first), until: midnight(after_last) };
    let mut tally = Tally::new(school, (first, last), desk.directory.len());
    let mut seen: Option<Observed> = None;
    let mut read = 0_u64;
    loop {
        let is_over = read >= bounds.messages || began.elapsed() >= bounds.time;
        let mut page = desk.store.observed_page(&school.id, within, seen.as_ref()).await?;
        if page.is_empty() || is_over {
            tally.found.is_cut_off = !page.is_empty();
            break;
        }
        let ids: Vec<String> = page.iter().map(|m| m.transaction.to_string()).collect();
        let hidden = desk.hidden(&ids).await?;
        for message in page.iter().filter(|m| !hidden.contains(&m.transaction.to_string())) {
            tally.add(message);
        }
        read += page.len() as u64;
        bounds.done.store(read, Ordering::Relaxed);
        seen = page.pop();
        // Other work goes on meanwhile.
        tokio::task::yield_now().await;
    }
    let event = LedgerEvent::new(Event::ReportMade)
        .school(&school.id)
        .with("from", first.to_string())
        .with("until", last.to_string())
        .with("as", "what-would-have-happened");
    desk.store.ledger(&desk.actor, event).await?;
    Ok(tally.ended())
}

struct Tally<'s> {
    school: &'s School,
    found: Happened,
    entries: Vec<(u64, u64)>,
    /// Stopped mail to domains on no list, with their senders.
    unlisted: HashMap<String, (u64, BTreeSet<u64>)>,
    bulk_senders: HashSet<String>,
}

/// What was decided of one message, as the log has it.
struct Decided<'v> {
    verdict: &'v Value,
    actions: Vec<&'v str>,
    would: Would,
}

impl<'v> Decided<'v> {
    fn of(verdict: &'v Value) -> Self {
        let texts = |value: &'v Value| value.as_array().into_iter().flatten().filter_map(Value::as_str);
        let actions: Vec<&str> = texts(&verdict["actions"]).collect();
        let has = |name: &str| actions.contains(&name);
        let mut would = Would { messages: 1, ..Would::default() };
        match () {
            () if has("refuse") => would.refused = 1,
            () if has("quarantine") => would.quarantined = 1,
            () if has("hold") => would.held = 1,
            () if has("notice:sender") => would.nudged = 1,
            () => {}
        }
        Self { verdict, actions, would }
    }

    fn has(&self, name: &str) -> bool {
        self.actions.contains(&name)
    }

    fn tells_lead(&self) -> bool {
        self.has("notice:lead") || self.has("notice:lead-urgent")
    }

    /// Whom its rules tell says what it is about: without the lead, it is about staff. What may be an image of
    /// a child is counted nowhere either.
    fn is_counted(&self) -> bool {
        let about_staff = !self.tells_lead() && (self.has("notice:head") || self.has("notice:dpo"));
        !about_staff && !self.findings().any(|f| f["category"] == "file.illegal-image")
    }

    fn findings(&self) -> impl Iterator<Item = &'v Value> {
        self.verdict["findings"].as_array().into_iter().flatten()
    }

    /// At once, or within the budget; `None`: nobody is told.
    fn alert(&self) -> Option<bool> {
        let is_gravest = || self.findings().any(|f| f["severity"] == "critical");
        let quarantined = self.would.quarantined > 0;
        match self.has("notice:lead-urgent") || (quarantined && is_gravest()) {
            true => Some(true),
            false => (self.tells_lead() || quarantined).then_some(false),
        }
    }

    fn is_stopped(&self) -> bool {
        self.would.held + self.would.quarantined + self.would.refused > 0
    }
}

impl Would {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.held += other.held;
        self.quarantined += other.quarantined;
        self.refused += other.refused;
        self.nudged += other.nudged;
    }
}

impl<'s> Tally<'s> {
    fn new(school: &'s School, (first, last): (NaiveDate, NaiveDate), people: usize) -> Self {
        let found = Happened {
            first,
            last,
            total: Would::default(),
            days: BTreeMap::new(),
            rules: BTreeMap::new(),
            classes: BTreeMap::new(),
            budget: school.alerts.budget_for(people) as u64,
            entries: Vec::new(),
            unlisted: Vec::new(),
            bulk: (0, 0),
            is_cut_off: false,
        };
        let entries = vec![(0, 0); school.lists.len()];
        Self { school, found, entries, unlisted: HashMap::new(), bulk_senders: HashSet::new() }
    }

    fn add(&mut self, message: &Observed) {
        let decided = Decided::of(&message.view.verdict);
        if !decided.is_counted() {
            return;
        }
        let found = &mut self.found;
        found.total.add(decided.would);
        let day = found.days.entry(day_of(self.school, message.received_at)).or_default();
        day.would.add(decided.would);
        match decided.alert() {
            Some(true) => day.urgent += 1,
            Some(false) => day.ordinary += 1,
            None => {}
        }
        let groups = decided.verdict["groups"].as_array().into_iter().flatten();
        let policies = groups.flat_map(|g| g["policies"].as_array().into_iter().flatten());
        let policies: BTreeSet<&str> = policies.filter_map(Value::as_str).collect();
        for rule in policies {
            found.rules.entry(rule.to_owned()).or_default().add(decided.would);
        }
        let classes: BTreeSet<&str> = decided.findings().filter_map(|f| f["category"].as_str()).collect();
        for class in classes {
            found.classes.entry(class.to_owned()).or_default().add(decided.would);
        }
        self.hold_lists_against(&message.view.envelope, decided.is_stopped());
    }

    fn hold_lists_against(&mut self, envelope: &Envelope, stopped: bool) {
        let sender = envelope.sender.address();
        let recipients = || envelope.recipients.iter().map(|r| &r.address);
        let mut met = BTreeSet::new();
        for address in sender.into_iter().chain(recipients()) {
            met.extend(self.school.list_entry(address));
        }
        for at in met {
            if let Some((messages, all_the_same)) = self.entries.get_mut(at) {
                *messages += 1;
                *all_the_same += u64::from(stopped);
            }
        }
        let own = |address: &Address| self.school.domains.iter().any(|domain| address.is_within(domain));
        let Some(sender) = sender.filter(|sender| own(sender)) else { return };
        if stopped {
            let outside = recipients().filter(|a| !own(a) && self.school.listing(a).is_none());
            let domains: BTreeSet<String> = outside.map(|a| a.domain().to_lowercase()).collect();
            for domain in domains {
                if self.unlisted.len() < MOST_KEPT || self.unlisted.contains_key(&domain) {
                    let one = self.unlisted.entry(domain).or_default();
                    one.0 += 1;
                    if one.1.len() < FEW_SENDERS {
                        one.1.insert(hashed(sender));
                    }
                }
            }
        }
        let is_bulk = envelope.recipients.len() >= MANY;
        if is_bulk && self.school.listing(sender) != Some(Listing::BulkSender) {
            self.found.bulk.0 += 1;
            if self.bulk_senders.len() < MOST_KEPT {
                self.bulk_senders.insert(sender.key().to_owned());
            }
        }
    }

    fn ended(mut self) -> Happened {
        self.found.bulk.1 = self.bulk_senders.len() as u64;
        // Who asked a helpline is nobody's business, not even how many did (practice.md, A6).
        let entries = self.school.lists.iter().zip(&self.entries);
        let entries = entries.filter(|(entry, _)| entry.listing != Listing::Helpline);
        self.found.entries = entries
            .map(|(entry, (messages, stopped))| Entry {
                pattern: entry.pattern.clone(),
                listing: entry.listing,
                messages: *messages,
                stopped: *stopped,
            })
            .collect();
        let many = |(count, senders): &(u64, BTreeSet<u64>)| *count >= FEW && senders.len() >= FEW_SENDERS;
        let mut unlisted: Vec<Unlisted> = self
            .unlisted
            .into_iter()
            .filter(|(_, one)| many(one))
            .map(|(domain, (stopped, _))| Unlisted { domain, stopped })
            .collect();
        unlisted.sort_by(|a, b| (b.stopped, &a.domain).cmp(&(a.stopped, &b.domain)));
        unlisted.truncate(MOST_DOMAINS);
        self.found.unlisted = unlisted;
        self.found
    }
}

/// Only to tell a few senders apart.
fn hashed(address: &Address) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    address.key().hash(&mut hasher);
    hasher.finish()
}

fn day_of(school: &School, at: DateTime<Utc>) -> NaiveDate {
    school.calendar.local(at).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_would_have_happened_goes_by_the_log_and_leaves_out_what_concerns_staff() {
        let verdict = |actions: &[&str], severity: &str| json!({"actions": actions, "findings": [{"category": "harm.threat", "severity": severity}]});
        let alert = |actions: &[&str], severity| Decided::of(&verdict(actions, severity)).alert();
        assert_eq!(alert(&["quarantine"], "high"), Some(false), "the lead, when its rules name nobody");
        assert_eq!(alert(&["quarantine"], "critical"), Some(true));
        assert_eq!(alert(&["notice:lead-urgent"], "high"), Some(true));
        assert_eq!(alert(&["hold", "notice:sender"], "critical"), None, "a hold is its sender's business");
        let counted = |actions: &[&str]| Decided::of(&verdict(actions, "high")).is_counted();
        assert!(!counted(&["notice:head", "quarantine"]) && !counted(&["notice:dpo"]));
        assert!(counted(&["notice:head", "notice:lead"]) && counted(&[]));
        let image = json!({"actions": ["quarantine"], "findings": [{"category": "file.illegal-image"}]});
        assert!(!Decided::of(&image).is_counted());
        assert_eq!(
            Decided::of(&verdict(&["hold", "quarantine"], "high")).would.quarantined,
            1,
            "the strictest"
        );
    }
}
