//! Takes in the data of one message, within the budget and within bounds: whatever is wrong
//! with it, the true end is read before the client is answered, or the connection ends.

use crate::{
    config::BareNewline,
    mail::Reply,
    wire::{
        Reservation,
        smtp::{
            framing::{DataReader, DataStep, Lone},
            stream::Wire,
        },
    },
};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// One message's data may take this long, however steadily it drips.
const DATA_LONGEST: Duration = Duration::from_secs(20 * 60);
/// Octets read beyond the limit to find the end, besides as many again as the limit.
const DISCARD_MOST: u64 = 10 * 1024 * 1024;
/// First reservation, when the client announced no size.
const FIRST_STEP: usize = 64 * 1024;

/// Under which conditions data are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Octets of the message.
    pub(super) limit: u64,
    /// Octets reserved already.
    pub(super) reserved: usize,
    pub(super) bare_newline: BareNewline,
    /// Silence between two packets.
    pub(super) idle: Duration,
}

/// What came.
pub(super) enum Received {
    Message(Vec<u8>),
    /// The end was reached, the message was not kept.
    Refused(Reply),
    /// The end was not reached within bounds: the reply is the last word of the session.
    Endless(Reply),
    /// The client went away or fell silent; nothing of the message is left.
    Gone,
}

pub(super) fn too_big() -> Reply {
    Reply::new(552, (5, 3, 4), "Message exceeds the size limit")
}

pub(super) fn no_memory() -> Reply {
    Reply::new(451, (4, 3, 1), "Too many messages at once, try again later")
}

fn bare_newline() -> Reply {
    Reply::new(554, (5, 6, 0), "Bare CR or LF in the message: lines end in CRLF (RFC 5321 section 2.3.8)")
}

/// What is reserved before 354 is said: all that was announced, so that messages that hold a
/// part of the budget do not wait for each other's. The pages come into being when filled.
pub(super) fn first_step(announced: Option<u64>, limit: u64) -> usize {
    let announced = announced.and_then(|n| usize::try_from(n.min(limit)).ok());
    announced.map_or(FIRST_STEP, |n| n + 1024)
}

/// The message as far as it is kept.
enum Keeping {
    Yes(Vec<u8>),
    No(Reply),
}

pub(super) async fn receive(wire: &mut Wire, terms: Terms, reservation: &mut Reservation) -> Received {
    let lone = match terms.bare_newline {
        BareNewline::Refuse => Lone::Keep,
        BareNewline::Normalise => Lone::MakeCrLf,
    };
    let mut reader = DataReader::new(lone);
    let mut keeping = Keeping::Yes(Vec::with_capacity(terms.reserved));
    let (last_moment, mut read) = (Instant::now() + DATA_LONGEST, 0u64);
    let mut scrap = Vec::new();
    loop {
        if wire.buffered().is_empty() {
            let until = last_moment.min(Instant::now() + terms.idle);
            if !matches!(timeout_at(until, wire.fill()).await, Ok(Ok(()))) {
                return Received::Gone;
            }
        }
        let coming = wire.buffered().len();
        let adding = match lone {
            Lone::Keep => coming + 2,
            Lone::MakeCrLf => 2 * coming + 2,
        };
        keeping = make_room(keeping, adding, terms.limit, reservation).await;
        let out = match &mut keeping {
            Keeping::Yes(message) => message,
            Keeping::No(_) => {
                scrap.clear();
                &mut scrap
            }
        };
        let step = reader.read(wire.buffered(), out);
        let used = if let DataStep::End { used } = step { used } else { coming };
        wire.consume(used);
        read += used as u64;
        keeping = judge(keeping, &reader, terms);
        if matches!(keeping, Keeping::No(_)) {
            *reservation = reservation.reopen();
        }
        match (step, keeping) {
            (DataStep::End { .. }, Keeping::Yes(message)) => return Received::Message(message),
            (DataStep::End { .. }, Keeping::No(reply)) => return Received::Refused(reply),
            (DataStep::More, Keeping::No(reply)) if read > 2 * terms.limit + DISCARD_MOST => {
                return Received::Endless(reply);
            }
            (DataStep::More, still) => keeping = still,
        }
    }
}

/// Reserves room for `adding` octets more, by doubling; beyond the limit there is no use.
async fn make_room(keeping: Keeping, adding: usize, limit: u64, reservation: &mut Reservation) -> Keeping {
    let Keeping::Yes(mut message) = keeping else { return keeping };
    let need = message.len() + adding;
    if need <= message.capacity() {
        return Keeping::Yes(message);
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(adding);
    let size = need.max(message.capacity().saturating_mul(2).max(FIRST_STEP).min(most));
    if reservation.reach(size).await.is_err() {
        return Keeping::No(no_memory());
    }
    message.reserve_exact(size - message.len());
    Keeping::Yes(message)
}

fn judge(keeping: Keeping, reader: &DataReader, terms: Terms) -> Keeping {
    match keeping {
        Keeping::Yes(message) if message.len() as u64 > terms.limit => Keeping::No(too_big()),
        Keeping::Yes(_) if reader.saw_bare_newline() && terms.bare_newline == BareNewline::Refuse => {
            Keeping::No(bare_newline())
        }
        other => other,
    }
}
