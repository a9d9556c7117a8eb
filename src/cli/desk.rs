//! Who acts, and whether they may: the actor of the command line is whoever unlocks a
//! personal identity; everyone else is the operator of the machine, who runs the gate and
//! reads no content. What `authority` answers becomes a sentence here.

use super::{Mistake, args::Cli, context};
use crate::{
    app,
    authority::{self, Act, Answer, Asker, Bench, Case, Face, Member, Office, Offices, Scope, Thing},
    config::Config,
    mail::{Address, SchoolId},
    parties::{Directory, GroupKind, Known, Officers, Person, PersonId, Role},
    storage::{
        Actor, Event, ItemId, ItemState, ItemSummary, KeptUser, LedgerEvent, RecordSummary, Store,
        StoreError, keys,
    },
};
use chrono::Utc;
use std::{
    collections::HashSet,
    future::Future,
    path::{Path, PathBuf},
};

/// Everything that a question of authority needs.
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) directory: Directory,
    /// As the ledger names whoever acts.
    pub(super) actor: Actor,
    pub(super) users: Vec<KeptUser>,
    /// The registered user who acts; `None` for the operator.
    pub(super) user: Option<KeptUser>,
    /// Where that user's identity is.
    identity: Option<PathBuf>,
    asker: Asker,
    bench: Bench,
    installation: Installation,
}

/// Before the first user is registered there is nobody to ask: the operator does everything,
/// as on the day of installing and in the demonstration, and the ledger says who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Installation {
    Fresh,
    HasUsers,
}

/// What follows from a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Go,
    /// The first of two has spoken; the sentence says who is to be the second.
    WaitForSecond(String),
}

/// Where a personal identity is when the command line names none.
const VARIABLE: &str = "GATEHOUSE_IDENTITY";

impl Desk {
    /// Opens the store, and the identity that `--me` or the environment names.
    pub(super) async fn open(cli: &Cli) -> Result<Self, Mistake> {
        let named = cli.me.clone().or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        Self::with(context::config(cli)?, named.as_deref()).await
    }

    /// The same for an identity file that is known already.
    pub(super) async fn with(config: Config, identity: Option<&Path>) -> Result<Self, Mistake> {
        let store = context::store(&config).await?;
        let directory = app::directory(&config)?;
        let users = match store.users().await {
            Err(StoreError::NoWorkingKey) => Vec::new(),
            users => users?,
        };
        let installation = match store.count_users().await? {
            0 => Installation::Fresh,
            _ => Installation::HasUsers,
        };
        let user = identity.map(|path| unlocked(path, &users)).transpose()?;
        let actor = user.as_ref().map_or_else(context::actor, KeptUser::actor);
        if user.is_some() {
            context::act_as(&actor);
        }
        let mut desk = Self {
            asker: Asker::operator(),
            bench: Bench::default(),
            actor,
            user,
            identity: identity.map(Path::to_owned),
            users,
            installation,
            config,
            store,
            directory,
        };
        if let Some(user) = &desk.user {
            desk.asker = Asker { faces: desk.faces_of(user)?, offices: desk.offices_of(user) };
        }
        desk.bench = desk.bench()?;
        Ok(desk)
    }

    pub(super) fn installation(&self) -> Installation {
        self.installation
    }

    /// What `authority` says.
    pub(super) fn may(&self, act: Act, case: &Case) -> Answer {
        match self.installation {
            Installation::Fresh => Answer::Allowed,
            Installation::HasUsers => authority::may(&self.asker, act, case, &self.bench),
        }
    }

    /// Lets an act on one thing pass or says why not. For whom it is not there, it is said in
    /// the words of a thing that is not there. What is refused is written into the ledger.
    pub(super) async fn authorise(
        &self,
        act: Act,
        case: &Case,
        what: &'static str,
        id: &str,
    ) -> Result<(), Mistake> {
        let answer = self.may(act, case);
        if answer.is_allowed() {
            return Ok(());
        }
        self.note_refusal(act, case, id).await;
        Err(refusal(&answer, what, id))
    }

    /// The same for acts that may take two people. A first word is kept.
    pub(super) async fn authorise_of_two(
        &self,
        act: Act,
        case: &Case,
        (what, id): (&'static str, &str),
        reason: &str,
    ) -> Result<Leave, Mistake> {
        let first = self.store.first_of_two(act, id).await?;
        let by = first.and_then(|f| self.users.iter().find(|u| u.id == f.account));
        let mut case = case.clone();
        if let Some(user) = by {
            // Whose office has ended since, or who has become a party, is no first any more.
            let asker = Asker { faces: self.faces_of(user)?, offices: self.offices_of(user) };
            let still = authority::may(&asker, act, &case, &self.bench);
            if matches!(still, Answer::Allowed | Answer::NeedsSecond { .. }) {
                case.asked = Some(asker.faces);
            }
        }
        match (self.may(act, &case), &self.user) {
            (Answer::Allowed, Some(_)) if case.asked.is_some() => {
                self.store.be_second_of_two(act, id, &self.actor).await?;
                Ok(Leave::Go)
            }
            (Answer::Allowed, _) => Ok(Leave::Go),
            (answer @ Answer::NeedsSecond { .. }, Some(user)) => {
                self.store.be_first_of_two(act, id, &user.id, &self.actor, reason).await?;
                Ok(Leave::WaitForSecond(answer.sentence().unwrap_or_default()))
            }
            (answer, _) => {
                self.note_refusal(act, &case, id).await;
                Err(refusal(&answer, what, id))
            }
        }
    }

    /// Which of the schools this is allowed at; for searches and lists of a kind of thing.
    pub(super) fn schools_where(&self, act: Act, thing: Thing) -> Vec<SchoolId> {
        let all = self.config.schools.iter().map(|s| s.id.clone());
        let passes = |id: &SchoolId| {
            matches!(self.may_anywhere(act, thing, id), Answer::Allowed | Answer::NeedsSecond { .. })
        };
        all.filter(passes).collect()
    }

    /// A first word may be said by whoever needs a second; that there is one to approve, the
    /// thing itself says.
    fn may_anywhere(&self, act: Act, thing: Thing, school: &SchoolId) -> Answer {
        let mut case = Case::any(thing, Scope::School(school.clone()));
        case.asked = (act == Act::Approve).then(Vec::new);
        self.may(act, &case)
    }

    /// Whether the asker holds one of these offices there, for what is said in an office's name.
    pub(super) fn holds(&self, offices: Offices, school: &SchoolId) -> bool {
        let own = self.asker.at(&Scope::School(school.clone()));
        self.installation == Installation::Fresh || own.any(offices)
    }

    /// The key that opens records: the one that is named, or the asker's own.
    pub(super) fn custodian(&self, named: Option<&Path>) -> Result<keys::Identities, Mistake> {
        let path = named.or(self.identity.as_deref()).ok_or_else(|| {
            Mistake("Records open with the key of a custodian: give --custodian FILE.".to_owned())
        })?;
        Ok(keys::unlock(path)?)
    }

    /// Whoever acts, as a page that is handed over says it.
    pub(super) fn called(&self) -> String {
        let who = self.user.as_ref().map(|user| &user.who);
        let person = who.and_then(|w| w.person.as_ref()).and_then(|id| self.directory.person(id));
        match (person, who, &self.actor) {
            (Some(person), ..) => format!("{} {}", person.given(), person.family()),
            (None, Some(who), _) => who.address.as_ref().map(Address::to_string).unwrap_or_default(),
            (None, None, Actor::Operator(name)) => name.clone(),
            (None, None, _) => String::new(),
        }
    }

    /// Whether an item is there for the asker; what cannot be told is not.
    pub(super) fn sees_item(&self, item: &ItemSummary) -> bool {
        self.sees(self.store.item_cases(std::slice::from_ref(item)))
    }

    /// The same for a record.
    pub(super) fn sees_record(&self, record: &RecordSummary) -> bool {
        let of = [(record.school.clone(), record.transaction.to_string())];
        self.sees(self.store.record_cases(&of))
    }

    /// For a search, which asks hit by hit and waits for the answer.
    fn sees(&self, facts: impl Future<Output = Result<Vec<Case>, StoreError>>) -> bool {
        if self.installation == Installation::Fresh {
            return true;
        }
        let facts = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(facts));
        facts.is_ok_and(|cases| cases.iter().all(|case| self.may(Act::List, case).is_allowed()))
    }

    /// Of these subjects of the ledger (items, records, incidents, transactions) those that are
    /// not there for the asker.
    pub(super) async fn hidden(&self, subjects: &[String]) -> Result<HashSet<String>, Mistake> {
        let mut hidden = HashSet::new();
        if self.installation == Installation::Fresh {
            return Ok(hidden);
        }
        for (subject, faces) in self.store.concerned(subjects).await? {
            // Whom the log of its transaction is hidden from, it is hidden from.
            let mut case = Case::new(Thing::LogEntry, Scope::Trust);
            faces.fill(&mut case);
            if authority::is_hidden_from(&self.asker, &case) {
                hidden.insert(subject);
            }
        }
        for subject in subjects {
            let Ok(id) = subject.parse::<ItemId>() else { continue };
            let (item, case) = match self.store.item_case(&id).await {
                Ok(found) => found,
                Err(StoreError::NotFound { .. }) => continue,
                Err(e) => return Err(e.into()),
            };
            // Whom it concerned went with what was purged: nobody can be told from a party any more.
            let forgotten = item.state == ItemState::Purged && case.parties.is_empty();
            if forgotten || !self.may(Act::List, &case).is_allowed() {
                hidden.insert(subject.clone());
            }
        }
        for (incident, case) in self.store.incidents_among(subjects).await? {
            if !self.may(Act::List, &case).is_allowed() {
                hidden.insert(incident.id.to_string());
            }
        }
        Ok(hidden)
    }

    /// Whether the asker is a party to it, accused in it, or guessed to be.
    pub(super) fn is_hidden(&self, case: &Case) -> bool {
        self.installation == Installation::HasUsers && authority::is_hidden_from(&self.asker, case)
    }

    /// The same, or the sentence that says who may, when it is allowed nowhere.
    pub(super) fn schools_or_refuse(&self, act: Act, thing: Thing) -> Result<Vec<SchoolId>, Mistake> {
        let schools = self.schools_where(act, thing);
        if !schools.is_empty() {
            return Ok(schools);
        }
        let answers =
            self.config.schools.iter().map(|s| self.may(act, &Case::any(thing, Scope::School(s.id.clone()))));
        let told = answers.filter_map(|answer| answer.sentence()).next();
        Err(Mistake(told.unwrap_or_else(|| NO_BUSINESS.to_owned())))
    }

    /// All faces of a user: every record of the directory that has one of the addresses, and
    /// every address of those.
    pub(super) fn faces_of(&self, user: &KeptUser) -> Result<Vec<Face>, Mistake> {
        let own = user.who.person.iter().filter_map(|id| self.directory.person(id));
        let addresses: Vec<Address> =
            own.flat_map(Person::addresses).map(|(a, _)| a).chain(user.who.address.clone()).collect();
        self.faces(user.who.person.as_ref(), &addresses)
    }

    /// All faces of whoever has one of these addresses, or is this person.
    pub(super) fn faces(
        &self,
        person: Option<&PersonId>,
        addresses: &[Address],
    ) -> Result<Vec<Face>, Mistake> {
        let mut people: Vec<PersonId> = person.into_iter().cloned().collect();
        let mut all = addresses.to_vec();
        for address in addresses {
            let holders = self.directory.lookup(address).into_iter().flat_map(Known::holders);
            for holder in holders {
                people.push(holder.person.id().clone());
                all.extend(holder.person.addresses().map(|(a, _)| a));
            }
        }
        match self.store.faces(&people, &all) {
            Err(StoreError::NoWorkingKey) => Ok(Vec::new()),
            faces => Ok(faces?),
        }
    }

    /// The offices in force. Whoever has left the school, or is a pupil, has none.
    pub(super) fn offices_of(&self, user: &KeptUser) -> Vec<(Scope, Offices)> {
        let now = Utc::now();
        let person = user.who.person.as_ref().and_then(|id| self.directory.person(id));
        let counts = match (&user.who.person, person) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some(p)) => p.is_current(now.date_naive()) && (p.is(Role::Staff) || !p.is(Role::Pupil)),
        };
        let grants: Vec<_> = user.grants.iter().filter(|_| counts).map(|g| g.grant.clone()).collect();
        let mut scopes: Vec<Scope> = grants.iter().map(|g| g.scope.clone()).collect();
        scopes.dedup();
        scopes.into_iter().map(|scope| (scope.clone(), authority::in_force(&grants, &scope, now))).collect()
    }

    /// Everyone who holds an office: registered users, and the officers of the configuration,
    /// so that it can be said who may instead.
    fn bench(&self) -> Result<Bench, Mistake> {
        let mut bench = Vec::new();
        for user in &self.users {
            bench.push(Member { faces: self.faces_of(user)?, offices: self.offices_of(user) });
        }
        for school in &self.config.schools {
            let scope = Scope::School(school.id.clone());
            for (office, address) in officers(&school.officers) {
                let group = self.directory.lookup(address).and_then(Known::group);
                match group.filter(|g| g.kind() == GroupKind::Mailbox) {
                    Some(group) => {
                        for member in group.members() {
                            let own: Vec<Address> = member.addresses().map(|(a, _)| a).collect();
                            let faces = self.faces(Some(member.id()), &own)?;
                            bench.push(Member {
                                faces,
                                offices: vec![(scope.clone(), Offices::of(&[office]))],
                            });
                        }
                    }
                    None => {
                        let faces = self.faces(None, std::slice::from_ref(address))?;
                        bench.push(Member { faces, offices: vec![(scope.clone(), Offices::of(&[office]))] });
                    }
                }
            }
        }
        Ok(Bench(bench))
    }

    /// A refusal is worth a row: somebody may be looking for what is not theirs.
    async fn note_refusal(&self, act: Act, case: &Case, id: &str) {
        let mut event = LedgerEvent::new(Event::AccessRefused)
            .about(id)
            .with("act", act.name())
            .with("thing", case.thing.name());
        if let Scope::School(school) = &case.scope {
            event = event.school(school);
        }
        // Without the working key nothing can be written, and nothing was shown.
        let _ = self.store.ledger(&self.actor, event).await;
    }
}

/// For verbs about a whole kind of thing: whether it is allowed at one of the schools at least.
pub(super) fn require(cli: &Cli, act: Act, thing: Thing) -> Result<Vec<SchoolId>, Mistake> {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let schools = desk.schools_or_refuse(act, thing)?;
        desk.store.close().await;
        Ok(schools)
    })
}

const NO_BUSINESS: &str = "You hold no office that may do this. Say who you are with --me FILE; `gatehouse users show` lists your offices.";

/// The officers of the configuration with the office they stand for.
pub(super) fn officers(officers: &Officers) -> impl Iterator<Item = (Office, &Address)> {
    [
        (Office::Lead, &officers.lead),
        (Office::Deputy, &officers.deputies),
        (Office::Head, &officers.head),
        (Office::Chair, &officers.chair),
        (Office::DataProtection, &officers.data_protection),
    ]
    .into_iter()
    .flat_map(|(office, all)| all.iter().map(move |address| (office, address)))
}

/// The answer as a sentence; a thing that is not there for the asker is not there.
pub(super) fn refusal(answer: &Answer, what: &'static str, id: &str) -> Mistake {
    match answer.sentence() {
        Some(sentence) => Mistake(sentence),
        None => StoreError::NotFound { what, id: id.to_owned() }.into(),
    }
}

/// The user whose private key this file holds. Possession is proved with a riddle, not by
/// what the file says of itself.
fn unlocked(path: &Path, users: &[KeptUser]) -> Result<KeptUser, Mistake> {
    let identities = keys::unlock_own(path)?;
    let told = identities.publics();
    let own_kind = |user: &&KeptUser| told.contains(&user.who.public_key);
    let in_hardware = |user: &&KeptUser| told.is_empty() && !user.who.public_key.is_empty();
    for user in users.iter().filter(|u| own_kind(u) || in_hardware(u)) {
        if identities.proves(&user.who.public_key)? {
            return Ok(user.clone());
        }
    }
    Err(Mistake(format!(
        "The identity in {} belongs to no registered user. `gatehouse users add` registers one.",
        path.display()
    )))
}
