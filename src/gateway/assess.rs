//! Assessing in the pool: off the network's threads, bounded in number and time, and
//! no panic of a parser ends more than the one assessment.

use super::{Gate, Standing};
use crate::{
    effects::{self, Prepared},
    mail::{Blame, Facts, Failure, Transaction},
    pipeline::{Assessment, assess},
};
use std::sync::{Arc, PoisonError};

/// What comes out of the pool.
pub(super) struct Assessed {
    pub(super) assessment: Assessment,
    pub(super) prepared: Prepared,
}

impl Gate {
    /// Assesses and prepares, or says that it failed or ran out of time. Work that is
    /// over its time ends by the limits of reading; its place in the pool is free then.
    pub(super) async fn assess(
        &self,
        standing: &Arc<Standing>,
        transaction: &Arc<Transaction>,
        facts: Facts,
    ) -> Result<Assessed, Failure> {
        let work = async {
            let permit = self.pool.clone().acquire_owned().await.map_err(|_| closed())?;
            let (standing, transaction, store) = (standing.clone(), transaction.clone(), self.store.clone());
            let joined = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                work(&standing, &transaction, &facts, &store)
            });
            joined.await.map_err(|_| Failure::new(Blame::Us, "the assessment broke off"))
        };
        let mut assessed = tokio::time::timeout(standing.limits.deadline, work)
            .await
            .map_err(|_| Failure::new(Blame::Operator, "the assessment took longer than [limits] deadline"))??;
        let mut per_hour = self.per_hour.lock().unwrap_or_else(PoisonError::into_inner);
        assessed.prepared.withhold_beyond(&mut per_hour, (self.clock)());
        Ok(assessed)
    }
}

fn work(
    standing: &Standing,
    transaction: &Transaction,
    facts: &Facts,
    store: &crate::storage::Store,
) -> Assessed {
    let rulebook = &standing.rulebook;
    let tools = effects::Tools {
        schools: &rulebook.schools,
        directory: &rulebook.directory,
        disclaimers: &standing.disclaimers,
        signers: &standing.signers,
        notices: &standing.notices,
        own_hop: standing.own_hop.as_deref(),
        default_mode: standing.mode,
        item_id: &|| store.new_item_id(),
        token: &|| store.new_token(),
    };
    let (assessment, prepared) = assess(transaction, facts, rulebook, |message, assessment| {
        let matter = effects::Matter {
            transaction,
            facts,
            message,
            parties: &assessment.parties,
            findings: &assessment.findings,
            verdict: &assessment.verdict,
        };
        effects::prepare(&matter, &tools)
    });
    Assessed { assessment, prepared }
}

fn closed() -> Failure {
    Failure::new(Blame::Us, "the gate is closing")
}
