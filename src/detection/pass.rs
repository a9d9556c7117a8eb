//! One message's way: one scan of every text, the place of each pattern that hit, and what
//! each place came to.

use super::{
    detector::{Detector, Scratch},
    engine::flat,
    excerpts::Masks,
    findings,
    judge::{Candidate, Judged, around},
    model::{DetectLimits, Explained, Finding, Miss, NearMiss},
    passed_on::PassedOn,
    prepare::{PatternId, hir, is_of_words},
    respelled::Respelled,
    sorted::Sorted,
    structure::{self, password},
};
use crate::{
    extraction::{Extract, Fragment, Layer},
    mail::Carried,
    message::Message,
    parties::{Parties, Party, Role},
    ruleset::{Builtin, Category, Check, DetectionRule},
};
use chrono::NaiveDate;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
    sync::Arc,
};

/// Texts shorter than this are scanned together: a call of the engine has its price.
const SHORT: usize = 400;
/// How much is left of the confidence where chance may have written a word.
const DOUBTED: f32 = 0.5;
/// Shorter ones that the gate has put together are looked at by the few rules that may, without the engine.
const SHORT_ENOUGH: usize = 4_000;

/// A pattern that may stand in a fragment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pattern: u32,
    fragment: u32,
}

/// Values of one rule in one fragment, context or not (`bulk`).
#[derive(Default)]
pub(super) struct Tally {
    pub(super) matched: usize,
    pub(super) passed: usize,
    pub(super) values: HashSet<u64>,
}

/// One message's way through the detector.
pub(super) struct Pass<'d, 'm> {
    pub(super) detector: &'d Detector,
    pub(super) message: &'m Message<'m>,
    pub(super) extract: &'m Extract<'m>,
    /// Second readings of some texts; their numbers follow those of `extract.fragments`.
    respelled: &'m [Respelled],
    pub(super) parties: &'m Parties,
    pub(super) memory: &'d mut Scratch,
    pub(super) limits: DetectLimits,
    /// The day the message gives; birth dates do not lie after it.
    pub(super) today: Option<NaiveDate>,
    pub(super) unknown_sender: bool,
    /// The subject, when it may say what the text below it is about: believed, the only one, and not taken over
    /// from the message that this one answers or passes on.
    pub(super) subject: Option<u32>,
    pub(super) passed_on: PassedOn,
    /// The message carries a file that a password opens.
    pub(super) protected_file: bool,
    /// What earlier messages of the conversation carried.
    pub(super) earlier: &'d [Carried],
    /// A password that stands in the message without its file.
    pub(super) password: Option<Candidate>,
    pub(super) carried: Vec<Carried>,
    pub(super) suppressed_texts: HashMap<(u32, u32), bool>,
    /// Filled only when a `bulk` rule asks for it.
    pub(super) tallies: Option<BTreeMap<(u32, u32), Tally>>,
    /// Fragments that could not be read to the end, for want of matches or memory.
    pub(super) unread: Vec<u32>,
    salt: u64,
    matches: usize,
    misses: Option<BTreeMap<(u32, Miss), usize>>,
}

impl<'d, 'm> Pass<'d, 'm> {
    pub(super) fn new(
        detector: &'d Detector,
        message: &'m Message<'m>,
        (extract, respelled): (&'m Extract<'m>, &'m [Respelled]),
        parties: &'m Parties,
        earlier: &'d [Carried],
        memory: &'d mut Scratch,
        limits: DetectLimits,
    ) -> Self {
        memory.serve(detector);
        let mut salt = DefaultHasher::new();
        (message.raw.len(), message.raw.get(..2048).unwrap_or(message.raw)).hash(&mut salt);
        let bulk = detector.prepared().builtins.iter().any(|r| r.builtin == Some(Builtin::Bulk));
        Self {
            detector,
            message,
            extract,
            respelled,
            parties,
            memory,
            limits,
            today: message.header.date.map(|d| d.date_naive()),
            unknown_sender: parties.senders().any(unknown),
            subject: if may_say_what_it_is(parties) { own_subject(message, extract) } else { None },
            passed_on: PassedOn::of(message, extract, parties),
            protected_file: password::carries_file(message, extract),
            earlier,
            password: None,
            carried: Vec::new(),
            suppressed_texts: HashMap::new(),
            tallies: bulk.then(BTreeMap::new),
            unread: Vec::new(),
            salt: salt.finish(),
            matches: 0,
            misses: None,
        }
    }

    pub(super) fn run(&mut self) -> Vec<Finding> {
        let mut candidates = self.candidates();
        password::in_thread(self, &mut candidates);
        let masks = Masks::of(&candidates);
        self.drop_repeated(&mut candidates);
        let mut found = structure::findings(self, &candidates);
        self.drop_too_few(&mut candidates);
        let kept = findings::strongest(candidates, self.limits.findings.saturating_sub(found.len()));
        let mut out = findings::of_candidates(self, &kept, &masks);
        out.append(&mut found);
        out.truncate(self.limits.findings);
        out
    }

    pub(super) fn run_explained(&mut self) -> Explained {
        self.misses = Some(BTreeMap::new());
        let findings = self.run();
        let misses = self.misses.take().unwrap_or_default();
        let named = |((rule, miss), matches): ((u32, Miss), usize)| {
            Some(NearMiss { rule: Arc::clone(&self.detector.prepared().rule(rule)?.id), miss, matches })
        };
        Explained { findings, near_misses: misses.into_iter().filter_map(named).collect() }
    }

    /// What is put together from a text and stands in one as it is was found there.
    fn drop_repeated(&self, candidates: &mut Vec<Candidate>) {
        let dug_up = |c: &Candidate| {
            self.extract.fragments.get(c.fragment as usize).is_some_and(|fragment| fragment.checked_only)
        };
        let mut plain: HashSet<(u32, u64)> =
            candidates.iter().filter(|c| !dug_up(c)).map(|c| (c.rule, c.value)).collect();
        candidates.retain(|c| !dug_up(c) || plain.insert((c.rule, c.value)));
    }

    /// A text, as written or in its second reading.
    pub(super) fn text(&self, fragment: u32) -> Option<&'m Fragment<'m>> {
        match self.second(fragment) {
            Some(respelled) => Some(&respelled.fragment),
            None => self.extract.fragments.get(fragment as usize),
        }
    }

    fn second(&self, fragment: u32) -> Option<&'m Respelled> {
        self.respelled.get((fragment as usize).checked_sub(self.extract.fragments.len())?)
    }

    /// A number for a value, comparable within this message only.
    pub(super) fn digest(&self, value: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.salt, value).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn missed(&mut self, rule: u32, miss: Miss, matches: usize) {
        if let Some(misses) = &mut self.misses {
            *misses.entry((rule, miss)).or_default() += matches;
        }
    }

    /// The same for a built-in detection.
    pub(super) fn missed_by(&mut self, rule: &DetectionRule, miss: Miss, matches: usize) {
        let index = self.detector.rules().iter().position(|r| r.id == rule.id);
        if let Some(index) = index {
            self.missed(index as u32, miss, matches);
        }
    }

    pub(super) fn tally_passed(&mut self, rule: u32, fragment: u32, value: u64) {
        if self.second(fragment).is_none()
            && let Some(tallies) = &mut self.tallies
        {
            let tally = tallies.entry((rule, fragment)).or_default();
            tally.passed += 1;
            tally.values.insert(value);
        }
    }

    /// Every match that counts.
    fn candidates(&mut self) -> Vec<Candidate> {
        let mut hits = self.hits();
        // By pattern, so the gravest rules come first and each is compiled once.
        hits.sort_unstable();
        hits.dedup();
        let mut sorted = Sorted::new(!self.respelled.is_empty());
        for hit in &hits {
            if self.matches >= self.limits.matches {
                self.unread.push(hit.fragment);
                continue;
            }
            self.locate(*hit, &mut sorted);
        }
        hits.clear();
        self.memory.hits = hits;
        let (extract, respelled) = (self.extract, self.respelled);
        for fragment in &mut self.unread {
            if let Some(second) = (*fragment as usize).checked_sub(extract.fragments.len()) {
                *fragment = respelled.get(second).map_or(*fragment, |second| second.of);
            }
        }
        self.unread.sort_unstable();
        self.unread.dedup();
        let (mut counted, waiting) = sorted.finish();
        self.decide_waiting(&mut counted, waiting);
        counted
    }

    /// One pass of the engine over every fragment.
    fn hits(&mut self) -> Vec<Hit> {
        let mut hits = std::mem::take(&mut self.memory.hits);
        let mut joined = std::mem::take(&mut self.memory.short);
        let mut long = std::mem::take(&mut self.memory.long);
        let database = &self.detector.prepared().database;
        hits.clear();
        joined.clear();
        let mut short = Vec::new();
        let second = self.respelled.iter().map(|respelled| &respelled.fragment);
        for (fragment, f) in (0u32..).zip(self.extract.fragments.iter().chain(second)) {
            let text = f.view.text.as_str();
            if f.checked_only && text.len() < SHORT_ENOUGH {
                let strong = self.detector.prepared().strong.iter();
                hits.extend(strong.map(|pattern| Hit { pattern: *pattern, fragment }));
                continue;
            }
            if text.len() < SHORT {
                short.push(fragment);
                flat(text, &mut joined);
                // Nothing that a pattern can mean, and no letter, so boundaries stay.
                joined.push(1);
                continue;
            }
            long.clear();
            flat(text, &mut long);
            let hit = |pattern| hits.push(Hit { pattern, fragment });
            let scan = database.scan(&long, &mut self.memory.scan, hit);
            if scan.is_err() {
                self.unread.push(fragment);
            }
        }
        let mut together = Vec::new();
        if !short.is_empty() && database.scan(&joined, &mut self.memory.scan, |p| together.push(p)).is_err() {
            self.unread.extend(&short);
        }
        for pattern in together {
            hits.extend(short.iter().map(|fragment| Hit { pattern, fragment: *fragment }));
        }
        (self.memory.short, self.memory.long) = (joined, long);
        hits
    }

    /// Finds the places of a pattern in a fragment and judges each.
    fn locate(&mut self, hit: Hit, sorted: &mut Sorted) {
        let prepared = self.detector.prepared();
        let Some(PatternId { rule: rule_index, index }) =
            prepared.patterns.get(hit.pattern as usize).copied()
        else {
            return;
        };
        let Some(rule) = prepared.rule(rule_index) else { return };
        let is_strong = rule.check.is_some_and(Check::is_strong);
        if !is_strong && self.extract.fragments.get(hit.fragment as usize).is_some_and(|f| f.checked_only) {
            return;
        }
        let second = self.second(hit.fragment);
        if second.is_some() && !is_of_words(rule) {
            return;
        }
        let (Some(pattern), Some(fragment)) = (rule.patterns.get(index as usize), self.text(hit.fragment))
        else {
            return;
        };
        let mut places = Vec::new();
        let room = self.limits.matches.saturating_sub(self.matches);
        let text = fragment.view.text.as_str();
        let searched = self.memory.locator.each(
            hit.pattern,
            || vec![hir(pattern)],
            text,
            |place| {
                if second.is_none_or(|second| second.is_read_in(&place)) {
                    places.push(place);
                }
                places.len() < room
            },
        );
        self.matches += places.len();
        if searched.is_none() || places.len() == room {
            self.unread.push(hit.fragment);
        }
        if let (Some(tallies), false, None) = (&mut self.tallies, places.is_empty(), second) {
            tallies.entry((rule_index, hit.fragment)).or_default().matched += places.len();
        }
        let all_places = prepared.context.contains(&rule.category);
        for place in places {
            let judged = match self.judge(rule_index, hit.fragment, place) {
                Some(Judged::Misses(miss)) => {
                    self.missed(rule_index, miss, 1);
                    continue;
                }
                Some(judged) => judged,
                None => continue,
            };
            match second {
                Some(second) => sorted.disguised.push(judged.map(|candidate| Candidate {
                    fragment: second.of,
                    span: second.was(&candidate.span),
                    confidence: match second.is_doubtful(&candidate.span) {
                        true => candidate.confidence * DOUBTED,
                        false => candidate.confidence,
                    },
                    ..candidate
                })),
                None => sorted.add(judged, rule.confidence, all_places),
            }
        }
    }

    /// Rules with `near.findings`, now that the other findings are known.
    fn decide_waiting(&mut self, counted: &mut Vec<Candidate>, waiting: Vec<Candidate>) {
        if waiting.is_empty() {
            return;
        }
        let mut places: HashMap<u32, Vec<(Range<usize>, Category)>> = HashMap::new();
        for candidate in counted.iter() {
            if let Some(rule) = self.detector.prepared().rule(candidate.rule)
                && self.detector.prepared().context.contains(&rule.category)
            {
                places.entry(candidate.fragment).or_default().push((candidate.span.clone(), rule.category));
            }
        }
        places.values_mut().for_each(|list| list.sort_by_key(|(span, _)| span.start));
        for mut candidate in waiting {
            let Some(rule) = self.detector.prepared().rule(candidate.rule) else { continue };
            let Some(near) = &rule.near else { continue };
            let Some(fragment) = self.extract.fragments.get(candidate.fragment as usize) else { continue };
            let [before, after] = around(&fragment.view.text, &candidate.span, near.within);
            let list = places.get(&candidate.fragment).map(Vec::as_slice).unwrap_or_default();
            let from = list.partition_point(|(span, _)| span.start < before.start);
            let held = list.iter().skip(from).take_while(|(span, _)| span.end <= after.end).any(
                |(span, category)| {
                    near.findings.contains(category)
                        && (span.end <= candidate.span.start || span.start >= candidate.span.end)
                },
            );
            match (held, near.otherwise) {
                (true, _) => counted.push(candidate),
                (false, Some(otherwise)) => {
                    candidate.confidence = otherwise;
                    counted.push(candidate);
                }
                (false, None) => self.missed(candidate.rule, Miss::Context, 1),
            }
        }
    }

    /// Rules whose `minimum` of different values is not reached leave.
    fn drop_too_few(&mut self, candidates: &mut Vec<Candidate>) {
        let mut values: HashMap<u32, HashSet<u64>> = HashMap::new();
        let minimum = |rule: u32| self.detector.prepared().rule(rule).map_or(1, |r| r.minimum);
        for candidate in candidates.iter().filter(|c| minimum(c.rule) > 1) {
            values.entry(candidate.rule).or_default().insert(candidate.value);
        }
        let few: Vec<(u32, usize)> = values
            .iter()
            .filter(|(rule, values)| values.len() < minimum(**rule))
            .map(|(rule, values)| (*rule, values.len()))
            .collect();
        candidates.retain(|c| !few.iter().any(|(rule, _)| *rule == c.rule));
        few.into_iter().for_each(|(rule, values)| self.missed(rule, Miss::TooFew, values));
    }
}

/// Whose subject is believed: that of a proved sender, and of a pupil only in what goes to staff alone.
fn may_say_what_it_is(parties: &Parties) -> bool {
    let of_staff = |party: &Party| {
        party.inside
            && !party.is(Role::Pupil)
            && [Role::Staff, Role::Supply, Role::Governor].into_iter().any(|role| party.is(role))
    };
    let by_pupil = parties.senders().any(|sender| sender.is(Role::Pupil));
    parties.proved_sender.is_some() && (!by_pupil || parties.recipients.iter().all(of_staff))
}

/// The text of a subject that is this message's own.
fn own_subject(message: &Message<'_>, extract: &Extract<'_>) -> Option<u32> {
    let header = &message.header;
    let is_own = header.in_reply_to.is_empty()
        && header.references.is_empty()
        && header.other_subjects.is_empty()
        && !structure::is_taken_over(&header.subject);
    let is_it = |f: &Fragment<'_>| f.layer == Layer::Subject && f.part.is_none();
    let at = extract.fragments.iter().position(is_it).filter(|_| is_own)?;
    u32::try_from(at).ok()
}

/// An address outside that no directory and no list knows.
pub(super) fn unknown(party: &Party) -> bool {
    party.address.is_some()
        && !party.inside
        && party.person.is_none()
        && party.kind.is_none()
        && party.listing.is_none()
        && party.roles.iter().all(|r| *r == Role::Outside)
}
