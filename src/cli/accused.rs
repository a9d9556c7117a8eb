//! A person's word on who is accused, as typed: the same for a message and an incident.

use crate::storage::Accusation;
use clap::Args;

#[derive(Debug, Args)]
pub struct AccusedArgs {
    pub id: String,
    /// A school address, the id in the directory, or any other address
    #[arg(long, value_name = "PERSON")]
    pub person: String,
    /// Yes, this person is accused
    #[arg(long, conflicts_with = "refuse", required_unless_present = "refuse")]
    pub confirm: bool,
    /// No, or not any more
    #[arg(long)]
    pub refuse: bool,
    /// Why; encrypted
    #[arg(long)]
    pub reason: String,
}

impl AccusedArgs {
    pub(super) fn word(&self) -> Accusation {
        if self.confirm { Accusation::Confirmed } else { Accusation::Refused }
    }
}
