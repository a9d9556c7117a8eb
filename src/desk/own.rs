//! My messages: what waits of one's own, what became of the rest, and what its sender may do with one. The
//! supervising teacher of a class or group account sees the reason, not the message (practice.md, A5).

use super::{
    Desk, DeskFault, Piece,
    passages::{Passage, passages},
};
use crate::{
    authority::{Act, Case, Reach, Thing},
    effects::{Attached, Whereabouts, attachments},
    parties::{Listing, Person, PersonId},
    pipeline::ReadingLimits,
    policy::sender_may_hear,
    ruleset::Category,
    storage::{
        Actor, Decision, Delivered, FindingSummary, ItemDetail, ItemId, ItemKind, ItemSummary, LedgerFilter,
        OwnLine, OwnState, StoreError, Why,
    },
};
use chrono::{DateTime, Utc};

/// Rows of one page.
pub const OWN_PAGE: u32 = 50;

/// A page of one's own messages.
pub struct OwnPage {
    pub messages: Vec<(ItemSummary, OwnLine)>,
    /// The last of them, when there are more.
    pub next: Option<ItemId>,
}

/// What the asker is to a message of the own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mine {
    Sender,
    /// Supervises the account that it was written from.
    Supervisor,
}

/// Who looked at it or decided, and when.
pub struct Seen {
    pub at: DateTime<Utc>,
    /// The ledger's name of what was done.
    pub event: String,
    pub who: SeenBy,
}

/// By whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenBy {
    You,
    Sender,
    Gate,
    Somebody(String),
    /// The ledger has forgotten who.
    Unknown,
}

/// One message as its sender, or the supervisor of its account, sees it.
pub struct OwnMessage {
    pub detail: ItemDetail,
    pub mine: Mine,
    /// Of the findings those that a sender may hear of.
    pub findings: Vec<FindingSummary>,
    /// Empty for a supervisor, who sees the masked surroundings instead.
    pub passages: Vec<Passage>,
    /// What its sender may change before it leaves.
    pub changeable: Ways,
    pub images: Images,
    /// How many of the recipients are outside.
    pub outside: usize,
    pub whereabouts: Whereabouts,
    pub seen: Vec<Seen>,
    pub delivery: Vec<Delivered>,
    /// What the asker may decide now.
    pub choices: Vec<Decision>,
}

/// How a message that waits can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ways {
    /// Not at all: it is decided, only delayed, or not the asker's to change.
    None,
    /// Signed: to fewer recipients, as it is.
    FewerAlone,
    /// These attachments can be left out.
    All(Vec<Attached>),
}

/// Whether pictures in it may be of a child and on no list (practice.md, A3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images {
    Ordinary,
    NotToBeShown,
}

impl Desk {
    /// Newest first.
    pub async fn own_messages(&self, state: OwnState, before: Option<&ItemId>) -> Result<OwnPage, DeskFault> {
        let mut items = self.store.own_items(&self.asker.faces, state, before, OWN_PAGE + 1).await?;
        let more = items.len() > OWN_PAGE as usize;
        items.truncate(OWN_PAGE as usize);
        let next = items.last().filter(|_| more).map(|item| item.id.clone());
        let cases = self.store.item_cases(&items).await?;
        let mut allowed = cases.iter().map(|case| self.may(Act::Particulars, case).is_allowed());
        items.retain(|_| allowed.next().unwrap_or(false));
        let lines = self.store.own_lines(&items, &self.actor).await?;
        Ok(OwnPage { messages: items.into_iter().zip(lines).collect(), next })
    }

    /// One of one's own, which the ledger notes before it is shown. What is somebody else's is not there.
    pub async fn own_message(
        &self,
        id: &ItemId,
        limits: ReadingLimits,
        why: &Why,
    ) -> Result<OwnMessage, DeskFault> {
        let (summary, case) = self.own_case(id, Act::Particulars).await?;
        let mine = if self.is_asker(&case.owner) { Mine::Sender } else { Mine::Supervisor };
        let detail = self.store.item(id, &self.actor, why.clone()).await?;
        let heard = |f: &&FindingSummary| {
            // Why one may not write to somebody is the office's to say (practice.md, A10).
            sender_may_hear(f.category) && f.category != Category::PersonalWrongRecipient
        };
        let findings: Vec<FindingSummary> = detail.findings.iter().filter(heard).cloned().collect();
        let (mut shown, mut images, mut changeable) = (Vec::new(), Images::Ordinary, Ways::None);
        let case = self.with_reach(case, &detail);
        let choices = self.own_choices(&summary, &case);
        let may_change = summary.kind == ItemKind::Hold && choices.contains(&Decision::Release);
        if mine == Mine::Sender && (may_change || findings.iter().any(|f| f.span.is_some())) {
            match self.store.raw(id, &self.actor, why.clone()).await {
                Ok(raw) => {
                    let (of, opener) = (findings.clone(), self.opener.clone());
                    let read = tokio::task::spawn_blocking(move || {
                        (passages(&raw, limits, &*opener, &of), attachments(&raw))
                    });
                    if let Ok((found, attached)) = read.await {
                        shown = found;
                        changeable = match attached {
                            _ if !may_change => Ways::None,
                            Ok(attached) => Ways::All(attached),
                            Err(_) => Ways::FewerAlone,
                        };
                    }
                }
                Err(StoreError::MayHoldImage) => images = Images::NotToBeShown,
                // Without its bytes it can still be withdrawn.
                Err(StoreError::Object { .. } | StoreError::Damaged(_)) => {}
                Err(e) => return Err(e.into()),
            }
        }
        let inside = |domain: &String, d: &ItemDetail, n: usize| {
            d.envelope.recipients.get(n).is_some_and(|r| r.address.is_within(domain))
        };
        let domains = || self.config.schools.iter().flat_map(|s| &s.domains);
        let outside = (0..detail.envelope.recipients.len())
            .filter(|n| !domains().any(|d| inside(d, &detail, *n)))
            .count();
        let seen = self.seen(&detail).await?;
        let whereabouts = self.whereabouts(&summary, &seen).await?;
        Ok(OwnMessage {
            choices,
            changeable,
            delivery: self.store.delivery(id).await?,
            detail,
            mine,
            findings,
            passages: shown,
            images,
            outside,
            whereabouts,
            seen,
        })
    }

    /// The facts of one of one's own; for everybody else it is not there, and a try to look is noted.
    pub async fn own_case(&self, id: &ItemId, act: Act) -> Result<(ItemSummary, Case), DeskFault> {
        let missing = || DeskFault::NotThere { what: "item", id: id.to_string() };
        let (summary, case) = self.store.item_case(id).await?;
        if summary.kind == ItemKind::Quarantine || case.thing != Thing::Hold {
            return Err(missing());
        }
        match self.authorise(act, &case, "item", id.as_str()).await {
            Err(DeskFault::Refused(_)) if !self.may(Act::Particulars, &case).is_allowed() => Err(missing()),
            other => other.map(|()| (summary, case)),
        }
    }

    /// Whether it goes to a listed agency, so that staff may send it at once for a child at risk
    /// (practice.md, A9).
    pub fn with_reach(&self, mut case: Case, detail: &ItemDetail) -> Case {
        let school = self.config.schools.iter().find(|s| s.id == detail.summary.school);
        let is_agency = |r: &crate::mail::Recipient| {
            school.and_then(|s| s.listing(&r.address)) == Some(Listing::SafeguardingAgency)
        };
        if detail.envelope.recipients.iter().any(is_agency) {
            case.reach = Reach::Agency;
        }
        case
    }

    fn own_choices(&self, item: &ItemSummary, case: &Case) -> Vec<Decision> {
        if !item.state.is_waiting() {
            return Vec::new();
        }
        let all = [Decision::SendNow, Decision::ReleaseMarked, Decision::Release, Decision::Withdraw];
        let fits = |decision: &Decision| match decision {
            Decision::ReleaseMarked => item.may_be_marked && item.kind == ItemKind::Hold,
            // What is only delayed needs no emergency.
            Decision::SendNow => item.kind == ItemKind::Hold,
            _ => true,
        };
        let may = |decision: &Decision| self.may(super::act_of(*decision), case).is_allowed();
        all.into_iter().filter(|d| fits(d) && may(d)).collect()
    }

    /// From the ledger: who looked, who decided.
    async fn seen(&self, detail: &ItemDetail) -> Result<Vec<Seen>, DeskFault> {
        let events = EVENTS.iter().map(|name| (*name).to_owned()).collect();
        let subject = Some(detail.summary.id.to_string());
        let rows =
            self.store.ledger_rows(&LedgerFilter { subject, events, ..LedgerFilter::default() }).await?;
        let mut seen: Vec<Seen> = Vec::new();
        for row in rows {
            let who = self.seen_by(&row.actor, detail.owner.as_ref().map(|o| &o.person)).await?;
            // A page that was reloaded is one look.
            let again = seen.last().is_some_and(|last| {
                last.who == who && LOOKS.contains(&&*last.event) && LOOKS.contains(&&*row.event)
            });
            if !again {
                seen.push(Seen { at: row.at, event: row.event, who });
            }
        }
        Ok(seen)
    }

    /// Who stands behind a random id of the ledger; `sender` is whose message it is about.
    pub async fn seen_by(&self, random_id: &str, sender: Option<&PersonId>) -> Result<SeenBy, DeskFault> {
        if random_id == "gate" {
            return Ok(SeenBy::Gate);
        }
        let faces = self.faces_behind(random_id).await?;
        if self.is_asker(&faces) {
            return Ok(SeenBy::You);
        }
        Ok(match self.store.person(random_id).await? {
            Some(Actor::Person(id)) if sender == Some(&id) => SeenBy::Sender,
            Some(Actor::Person(id)) => {
                let name = |p: Person<'_>| SeenBy::Somebody(format!("{} {}", p.given(), p.family()));
                self.directory.person(&id).map_or(SeenBy::Unknown, name)
            }
            Some(Actor::Account(id)) => {
                let user = self.users.iter().find(|u| u.id.as_str() == &*id);
                user.map_or(SeenBy::Unknown, |u| SeenBy::Somebody(self.name_of(u)))
            }
            Some(Actor::Operator(name)) => SeenBy::Somebody(name),
            _ => SeenBy::Unknown,
        })
    }

    async fn whereabouts(&self, item: &ItemSummary, seen: &[Seen]) -> Result<Whereabouts, DeskFault> {
        let by_another = |s: &Seen| matches!(s.who, SeenBy::Somebody(_) | SeenBy::Unknown);
        let looked = |s: &Seen| LOOKS.contains(&&*s.event) && by_another(s);
        Ok(match self.store.others_have_it(item).await? {
            true => Whereabouts::SomeHaveIt,
            false if seen.iter().any(looked) => Whereabouts::LookedAt,
            false => Whereabouts::NobodyElse,
        })
    }
}

const LOOKS: [&str; 2] = ["item.viewed", "item.bytes-viewed"];

/// Rows of the ledger that its sender is told of.
const EVENTS: [&str; 15] = [
    "item.viewed",
    "item.bytes-viewed",
    "item.held",
    "item.delayed",
    "item.reminded",
    "item.releasing",
    "item.released",
    "item.sent-now",
    "item.left",
    "item.returned",
    "item.withdrawn",
    "item.expired",
    "item.undeliverable",
    "item.recalled",
    "item.reviewed",
];

/// A passage as one text; for whoever counts or compares.
impl Passage {
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece: &Piece| piece.text.as_str()).collect()
    }
}
