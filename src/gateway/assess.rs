//! Assessing in the pool: off the network's threads, bounded in number and time, and
//! no panic of a parser ends more than the one assessment.

use super::{Gate, Standing};
use crate::{
    detection::Scratch,
    effects::{self, Addressee, Occasion, Prepared, Withheld},
    extraction::Extract,
    mail::{Blame, Facts, Failure, Mode, SchoolId, Transaction},
    message::Message,
    pipeline::{Assessment, assess},
};
use std::sync::{Arc, Mutex, PoisonError};

/// What comes out of the pool.
pub(super) struct Assessed {
    pub(super) assessment: Assessment,
    pub(super) prepared: Prepared,
    /// The explanation for the store.
    pub(super) explanation: serde_json::Value,
    /// How the message's own school wants the verdict treated, at this moment.
    pub(super) mode: Mode,
}

/// Working memories of the patterns' engine that are not in use: as many in all as there
/// were ever assessments at once. They do not belong to threads, since those end when idle
/// for some seconds, and the next message would have to compile its patterns again.
#[derive(Default)]
pub(super) struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    fn lend<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = idle().pop().unwrap_or_default();
        // After a panic it is lost, and with it whatever state it was in.
        let done = work(&mut scratch);
        idle().push(scratch);
        done
    }
}

impl Gate {
    /// Assesses and prepares, or says that it failed or ran out of time. Work that is
    /// over its time ends by the limits of reading; its place in the pool is free then.
    pub(super) async fn assess(
        self: &Arc<Self>,
        standing: &Arc<Standing>,
        transaction: &Arc<Transaction>,
        facts: Facts,
    ) -> Result<Assessed, Failure> {
        let work = async {
            let permit = self.pool.clone().acquire_owned().await.map_err(|_| closed())?;
            let (gate, standing, transaction) = (self.clone(), standing.clone(), transaction.clone());
            let joined = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                gate.work(&standing, &transaction, &facts)
            });
            joined.await.map_err(|_| Failure::new(Blame::Us, "the assessment broke off"))
        };
        tokio::time::timeout(standing.limits.deadline, work).await.map_err(|_| late())?
    }

    fn work(&self, standing: &Standing, transaction: &Transaction, facts: &Facts) -> Assessed {
        let rulebook = &standing.rulebook;
        let may_write = |occasion: Occasion, about: &Addressee<'_>| -> Result<(), Withheld> {
            let mut per_hour = self.per_hour.lock().unwrap_or_else(PoisonError::into_inner);
            effects::may_write(occasion, about, facts.now, &mut per_hour)
        };
        let observing = observing(standing, facts);
        let schools = self.seats.schools(standing);
        let tools = effects::Tools {
            schools: &schools,
            directory: &rulebook.directory,
            disclaimers: &standing.disclaimers,
            signers: &standing.signers,
            notices: &standing.notices,
            default_mode: standing.mode,
            observing: &observing,
            own_hop: standing.own_hop.as_deref(),
            item_id: &|| self.store.new_item_id(),
            incident_id: &|| self.store.new_incident_id(),
            token: &|| self.store.new_token(),
            may_write: &may_write,
        };
        let prepare = |message: &Message<'_>, extract: &Extract<'_>, assessment: &Assessment| {
            let matter = effects::Matter {
                transaction,
                facts,
                message,
                extract,
                parties: &assessment.parties,
                findings: &assessment.findings,
                carried: &assessment.carried,
                verdict: &assessment.verdict,
            };
            effects::prepare(&matter, &tools)
        };
        let (assessment, prepared) =
            self.scratches.lend(|scratch| assess(transaction, facts, rulebook, scratch, prepare));
        let explanation = assessment.explanation(facts, rulebook);
        let school = assessment.parties.school.as_ref();
        let mode = match school.is_some_and(|school| observing.contains(school)) {
            true => Mode::Observe,
            false => standing.mode_of(school),
        };
        Assessed { assessment, prepared, explanation, mode }
    }
}

/// Schools that only observe now, by a switch.
fn observing(standing: &Standing, facts: &Facts) -> Vec<SchoolId> {
    let schools = standing.rulebook.schools.iter().map(|s| &s.id);
    schools.filter(|id| facts.measures.school_observes(id, facts.now)).cloned().collect()
}

fn closed() -> Failure {
    Failure::new(Blame::Us, "the gate is closing")
}

fn late() -> Failure {
    Failure::new(Blame::Operator, "the assessment took longer than [limits] deadline")
}
