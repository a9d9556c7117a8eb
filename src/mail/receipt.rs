//! A receipt is what allows a positive reply: it can be made only from a proof that
//! the message is safe somewhere else than in our memory (design: promise 1).

use super::TransactionId;
use std::marker::PhantomData;

/// Who has the message now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Custody {
    /// All of it lies in our vault, fsynced, its row committed.
    Held,
    /// The next hop said 250; its reply line, without content.
    NextHopAccepted { reply: String },
    /// The MTA still has it in its queue and will pass it on (milter mode). This is
    /// never called "delivered": a later refusal by the MTA is not seen.
    LeftWithMta { queue_id: Option<String> },
}

/// Implemented by exactly the values that only a commit of the store, a next hop's
/// 250 or the milter's conversation with its MTA can make; their constructors are
/// private to those modules, and a test lists the implementors.
pub trait Proof {
    fn transaction(&self) -> TransactionId;
    fn custody(&self) -> Custody;
}

/// No receipt, no 250.
#[derive(Debug)]
pub struct Receipt {
    transaction: TransactionId,
    custody: Vec<Custody>,
    _not_made_elsewhere: PhantomData<()>,
}

impl Receipt {
    pub fn from_proof(proof: &(impl Proof + ?Sized)) -> Self {
        Self {
            transaction: proof.transaction(),
            custody: vec![proof.custody()],
            _not_made_elsewhere: PhantomData,
        }
    }

    /// A second proof for the same transaction: part held, part passed on.
    pub fn and(mut self, proof: &(impl Proof + ?Sized)) -> Self {
        debug_assert_eq!(self.transaction, proof.transaction());
        self.custody.push(proof.custody());
        self
    }

    pub fn transaction(&self) -> TransactionId {
        self.transaction
    }

    pub fn custody(&self) -> &[Custody] {
        &self.custody
    }
}
