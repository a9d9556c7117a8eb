//! MAIL and RCPT: rights and limits are ours, everything else the next hop decides, at once.

use super::{
    access::{Right, denied},
    receive::too_big,
    session::{Session, Step, bad_sequence},
    state::{Addressed, MailGiven, Ready, Speech, State, Way},
};
use crate::{
    config::NextHop,
    mail::{Address, Recipient, Reply, ReversePath},
    wire::smtp::{
        command::ForwardPath,
        hop::{HopReply, Sender, route},
        words::{MailMeaning, check_mail, check_rcpt},
    },
};
use std::sync::Arc;

impl Session {
    pub(super) async fn mail(&mut self, state: State, sender: ReversePath, words: Vec<String>) -> Step {
        let ready = match state {
            State::Ready(ready) => ready,
            // A client should have said HELO (RFC 5321 section 4.1.4). Who may speak here is
            // listed by the school; its old devices need not be turned away for that.
            State::Greeted => Ready { helo: None, speech: Speech::Smtp },
            _ => return self.refuse(state, &bad_sequence("One sender only")).await,
        };
        match self.check_sender(&ready, &sender, &words) {
            Err(refusal) => self.refuse(State::Ready(ready), &refusal).await,
            Ok(meaning) => {
                self.talk.say(&Reply::new(250, (2, 1, 0), "Sender ok"));
                Step::Go(State::MailGiven(MailGiven { ready, sender, words, meaning }))
            }
        }
    }

    fn check_sender(
        &self,
        ready: &Ready,
        sender: &ReversePath,
        words: &[String],
    ) -> Result<MailMeaning, Reply> {
        if self.peer.entry().is_none() {
            return Err(if self.peer.is_encrypted() {
                denied()
            } else {
                Reply::new(530, (5, 7, 0), "STARTTLS with a certificate first")
            });
        }
        let meaning = check_mail(sender, words, ready.offered())?;
        let limit = ready.offered().largest().unwrap_or(self.services.limits.message_bytes as u64);
        if meaning.size.is_some_and(|size| size > limit) { Err(too_big()) } else { Ok(meaning) }
    }

    pub(super) async fn rcpt(&mut self, state: State, path: ForwardPath, words: Vec<String>) -> Step {
        let checked = match &state {
            State::MailGiven(given) => self.check_recipient(given, 0, path, words),
            State::Addressed(so_far) => {
                self.check_recipient(&so_far.given, so_far.recipients.len(), path, words)
            }
            State::Greeted | State::Ready(_) => return self.refuse(state, &bad_sequence("MAIL first")).await,
        };
        match checked {
            Ok((recipient, hop)) => Step::Go(self.address(state, recipient, hop).await),
            Err(refusal) if refusal.is_temporary() => self.answer(state, &refusal),
            Err(refusal) => self.refuse(state, &refusal).await,
        }
    }

    /// Names a recipient to its next hop, whose answer is the client's.
    async fn address(&mut self, state: State, recipient: Recipient, hop: Arc<NextHop>) -> State {
        let given = match state {
            State::MailGiven(given) => given,
            State::Addressed(so_far) if so_far.hop.name == hop.name => {
                return self.another_recipient(*so_far, recipient).await.into();
            }
            // Design, "Fates": one transaction serves one next hop.
            State::Addressed(so_far) if !so_far.recipients.is_empty() => {
                let text = "One destination at a time, send this one separately";
                self.talk.say(&Reply::new(452, (4, 5, 3), text));
                return State::Addressed(so_far);
            }
            // The first one took nobody, so another may have its turn.
            State::Addressed(so_far) => {
                let Addressed { given, hop, way, .. } = *so_far;
                if let Way::Open(unused) = way {
                    self.services.client.abandon(&hop, unused);
                }
                given
            }
            State::Greeted | State::Ready(_) => return state,
        };
        self.first_recipient(given, hop, recipient).await.into()
    }

    fn check_recipient(
        &self,
        given: &MailGiven,
        so_far: usize,
        path: ForwardPath,
        words: Vec<String>,
    ) -> Result<(Recipient, Arc<NextHop>), Reply> {
        let entry = self.peer.entry().ok_or_else(denied)?;
        let address = match path {
            ForwardPath::Mailbox(address) => address,
            // Of which school, the client does not say: of its first.
            ForwardPath::Postmaster => entry
                .first_domain()
                .and_then(|domain| Address::parse(&format!("postmaster@{domain}")))
                .ok_or_else(denied)?,
        };
        let recipient = Recipient { address, parameters: words };
        check_rcpt(&recipient, given.ready.offered(), given.meaning.smtputf8)?;
        if entry.right(&given.sender, &recipient.address) == Right::Refused {
            return Err(denied());
        }
        if so_far >= self.services.limits.recipients {
            return Err(Reply::new(452, (4, 5, 3), "Too many recipients"));
        }
        let hop = route(&self.services.hops, recipient.address.domain())
            .ok_or_else(|| Reply::new(550, (5, 1, 2), "No route to this domain"))?;
        Ok((recipient, hop))
    }

    async fn first_recipient(
        &mut self,
        given: MailGiven,
        hop: Arc<NextHop>,
        recipient: Recipient,
    ) -> Addressed {
        let sender = Sender { path: &given.sender, words: &given.words };
        let begun = self.services.client.begin(&hop, sender, &[&recipient]).await;
        let (way, reply) = match begun {
            Ok(open) => {
                let reply = open.replies.first().cloned();
                (Way::Open(open), reply)
            }
            Err(fault) => (Way::Shut(fault.reply()), Some(fault.reply())),
        };
        let mut addressed = Addressed { given, hop, way, recipients: Vec::new() };
        self.answer_rcpt(&mut addressed, recipient, reply);
        addressed
    }

    async fn another_recipient(&mut self, mut addressed: Addressed, recipient: Recipient) -> Addressed {
        let reply = match &mut addressed.way {
            Way::Shut(reply) => reply.clone(),
            Way::Open(open) => match open.rcpt(&recipient).await {
                Ok(reply) => reply,
                Err(fault) => fault.reply(),
            },
        };
        self.answer_rcpt(&mut addressed, recipient, Some(reply));
        addressed
    }

    /// The next hop's word is ours.
    fn answer_rcpt(&mut self, addressed: &mut Addressed, recipient: Recipient, reply: Option<HopReply>) {
        match reply {
            Some(reply) if reply.is_positive() => {
                addressed.recipients.push(recipient);
                self.came_nearer();
                self.talk.say(&Reply::new(250, (2, 1, 5), "Recipient ok"));
            }
            Some(reply) => self.talk.pass_on(&reply.as_refusal()),
            None => self.talk.say(&Reply::new(451, (4, 4, 2), "The next hop gave no answer")),
        }
    }
}
