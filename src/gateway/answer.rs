//! Answers to nudges: a reply to our own address acts only when it comes, signed in,
//! from the hold's own sender, with the single-use token, and says nothing but the
//! keyword (design, Fates). It is then taken out of the stream.

use super::{Gate, Standing};
use crate::{
    effects::{self, Answer, Comeback, Keyword},
    mail::{Address, Facts, Outcome, Receipt, Reply, Transaction},
    message::{self, Message},
    parties::{self, Parties, Role},
    policy::may_disclose,
    storage::{
        Actor, Concerned, Decided, Decision, ItemDetail, ItemId, Keep, Logged, NewOutbox, Owner, Purpose,
        Ruling, Searchable, StateError, StoreError, Token, Why,
    },
    verdict::Disposition,
};
use std::sync::Arc;

/// What went wrong with an answer, as the client is told.
enum Unanswered {
    Refused(&'static str),
    Failed(StoreError),
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

const HOW: &str =
    "Answer with SEND, CONFIDENTIAL or WITHDRAW alone on the first line of a reply to our notice";

/// A decision by whoever has the code of a hold's own notice.
pub struct ByCode {
    /// Used up in the commit of the decision.
    pub token: Token,
    pub decision: Decision,
    /// In the sender's own words.
    pub reason: Option<String>,
    /// Why the particulars are opened, for the ledger.
    pub why: &'static str,
}

impl Gate {
    /// Rules on a hold as its own sender. That the token speaks of this hold and this sender, the store
    /// sees to; it lets a sender release, where policy does, or withdraw.
    pub async fn decide_by_code(
        &self,
        id: &ItemId,
        owner: &Owner,
        asked: ByCode,
    ) -> Result<Decided, StateError> {
        let standing = self.standing();
        let actor = Actor::Sender { person: owner.person.clone(), address: owner.address.clone() };
        let outbox = match asked.decision {
            Decision::Withdraw => {
                let detail =
                    self.store.item(id, &actor, Why::new(Purpose::SystemOperation, asked.why)).await?;
                self.withdrawn(&standing, &detail, &owner.address)
            }
            _ => Vec::new(),
        };
        let ruling = Ruling {
            decision: asked.decision,
            actor,
            reason: asked.reason,
            token: Some(asked.token),
            next_hop: standing.own_hop.clone(),
            outbox,
            takers: Vec::new(),
        };
        self.store.decide(id, ruling).await
    }

    /// `None` when the message is no answer to us but mail like any other.
    pub(super) async fn answered(
        &self,
        standing: &Standing,
        transaction: &Arc<Transaction>,
    ) -> Option<Outcome> {
        let ours = standing.answers_to.as_ref()?;
        let recipients = &transaction.envelope.recipients;
        if !recipients.iter().any(|r| r.address == *ours) {
            return None;
        }
        if recipients.len() > 1 {
            return Some(refused("This address takes answers to its own notices, sent to it alone"));
        }
        Some(match self.answer(standing, transaction).await {
            Ok(outcome) => outcome,
            Err(Unanswered::Refused(why)) => refused(why),
            Err(Unanswered::Failed(error)) => Outcome::Deferred(super::failure::reply(&error.into())),
        })
    }

    /// Whether a pupil may be telling of harm in what is no answer to a notice. Then it is mail
    /// like any other: it goes its way, and the lead is told (practice.md, A1).
    pub(super) async fn is_a_disclosure(
        self: &Arc<Self>,
        standing: &Arc<Standing>,
        transaction: &Arc<Transaction>,
    ) -> bool {
        let facts = Facts::at(transaction.received_at, transaction.arrival.proof.clone());
        // What cannot be assessed now is refused with the reason that it is no answer.
        self.assess(standing, transaction, facts).await.is_ok_and(|assessed| {
            let assessment = assessed.assessment;
            assessment.parties.senders().any(|s| s.is(Role::Pupil)) && may_disclose(&assessment.findings)
        })
    }

    async fn answer(
        &self,
        standing: &Standing,
        transaction: &Arc<Transaction>,
    ) -> Result<Outcome, Unanswered> {
        let (parties, answer) = {
            let message = message::read(&transaction.raw, standing.rulebook.limits.read);
            let rulebook = &standing.rulebook;
            let parties =
                parties::resolve(transaction, &message.header, &rulebook.directory, &rulebook.schools);
            let answer = said(&message)?;
            (parties, answer)
        };
        let person = parties.proved_sender.clone().ok_or(Unanswered::Refused(
            "An answer counts only from somebody who is signed in to the school's mail",
        ))?;
        let sender = transaction.envelope.sender.address().cloned().ok_or(Unanswered::Refused(HOW))?;
        let token: Token = answer.token.parse().map_err(|()| Unanswered::Refused(HOW))?;
        let item = self.store.token_item(&token, &sender).await?.map_err(|_| {
            Unanswered::Refused("That notice was answered already, or is not yours, or is too old")
        })?;
        let decision = match answer.keyword {
            Keyword::Send => Decision::Release,
            Keyword::Confidential => Decision::ReleaseMarked,
            Keyword::Withdraw => Decision::Withdraw,
        };
        let owner = Owner { person, address: sender };
        let asked = ByCode { token, decision, reason: None, why: "answer to a nudge" };
        match self.decide_by_code(&item, &owner, asked).await {
            Ok(_) => {}
            Err(StateError::Store(error)) => return Err(Unanswered::Failed(error)),
            Err(StateError::AlreadyDecided { .. }) => {
                return Err(Unanswered::Refused("That message has been decided upon already"));
            }
            Err(_) => {
                return Err(Unanswered::Refused(
                    "That message cannot be decided in this way; see the notice",
                ));
            }
        }
        self.acknowledge(standing, transaction, &parties).await
    }

    /// The confirmation that it was not sent.
    fn withdrawn(&self, standing: &Standing, detail: &ItemDetail, sender: &Address) -> Vec<NewOutbox> {
        let schools = &standing.rulebook.schools;
        let now = (self.clock)();
        match effects::comeback(&standing.notices, schools, detail, sender, Comeback::Withdrawn, now) {
            Ok(job) => vec![job],
            Err(error) => {
                tracing::error!(item = %detail.summary.id, %error, "notice.not-written");
                Vec::new()
            }
        }
    }

    /// The answer itself is logged and goes no further.
    async fn acknowledge(
        &self,
        standing: &Standing,
        transaction: &Arc<Transaction>,
        parties: &Parties,
    ) -> Result<Outcome, Unanswered> {
        let message = Logged {
            transaction: transaction.id,
            received_at: transaction.received_at,
            school: parties.school.clone(),
            door: transaction.arrival.door,
            mode: standing.mode_of(parties.school.as_ref()),
            direction: parties.direction,
            envelope: transaction.envelope.clone(),
            raw: transaction.raw.clone(),
            disposition: Disposition::Deliver,
            verdict: serde_json::json!({"answer": "to a nudge"}),
        };
        let keep = Keep {
            message,
            items: vec![],
            outbox: vec![],
            records: vec![],
            searchable: Searchable::default(),
            proposals: vec![],
            alerts: vec![],
            ledger: vec![],
            concerned: Concerned::default(),
        };
        // What it asked for is committed already: a failure here must not make the client
        // repeat an answer whose token is used up.
        match self.store.keep(keep).await {
            Ok(kept) => Ok(Outcome::Accepted(Receipt::from_proof(&kept))),
            Err(error) => Err(Unanswered::Failed(error)),
        }
    }
}

fn said(message: &Message<'_>) -> Result<Answer, Unanswered> {
    effects::parse_answer(message).ok_or(Unanswered::Refused(HOW))
}

fn refused(why: &'static str) -> Outcome {
    Outcome::Refused(Reply::new(550, (5, 7, 1), why))
}
