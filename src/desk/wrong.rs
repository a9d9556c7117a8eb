//! What makes no sense where it was asked for: each by name, with what was typed, so that whoever says it
//! says it in the language of whoever asked. English here, for the command line; Welsh in the console.

use crate::{
    effects::CannotChange,
    ruleset::Category,
    storage::{ItemId, MeasureError, MeasureKind, UserError},
};

/// Nothing was done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Wrong {
    #[error("Nobody in the directory is `{0}`; give an id, an address or a whole name")]
    NobodyCalled(String),
    #[error("Several people in the directory are `{0}`; give the id that the school's system has")]
    SeveralCalled(String),
    #[error("`{0}` is no mail address")]
    NoAddress(String),
    #[error("that is neither an id of the directory nor a mail address")]
    NeitherIdNorAddress,
    #[error("The directory knows no one person by that; give a school address or the id.")]
    NotOnePerson,
    #[error("The directory has no class `{0}`.")]
    NoClass(String),
    #[error("This person is no longer in the directory.")]
    NotInDirectory,
    #[error("This person is no longer in the directory; import the people of that time")]
    NotInDirectoryNow,
    #[error("The person is not there any more")]
    PersonGone,
    #[error("The school is not there any more")]
    SchoolGone,
    #[error("This person does not belong to the school, as the directory has it")]
    OfOtherSchool,
    #[error("This person belongs to no school of the configuration")]
    OfNoSchool,
    #[error("A note's last day is today or later, and within a year")]
    NoteDay,
    /// By the name of the rule.
    #[error(
        "Changed like this, another rule would stop it ({0}). Choose another way, or take it back and write it anew."
    )]
    StoppedChanged(String),
    #[error(transparent)]
    Change(#[from] CannotChange),
    /// Keys of the machine, by their faults.
    #[error("{0}")]
    NoSigner(String),
    #[error(
        "{0} is about {1}: the gate tells no party of it. Keep it, and let a person speak with whom it concerns."
    )]
    TellsNoParty(ItemId, Category),
    #[error("{0} has no sender to go back to; release it or keep it")]
    NoSender(ItemId),
    /// It must not tell whether somebody there is a party.
    #[error("Nobody who holds that office can take it over; hand it to another.")]
    NoTaker,
    #[error("An office is approved by a person: say who you are with --me FILE.")]
    ApprovedByNobody,
    #[error("{}", sentence(.0))]
    Office(UserError),
    #[error("{}", sentence(.0))]
    Measure(MeasureError),
    #[error("`{0}` is no rule, category or family; the page of rules and `gatehouse rules list` name them.")]
    NoRule(String),
    #[error("Nobody can be excepted from `{0}`: it guards against harm.")]
    GuardsAgainstHarm(String),
    #[error("`{0}` is no time; write 2026-12-18 or 2026-12-18T16:00:00Z.")]
    NoTime(String),
    /// What it is, and what it was asked for as.
    #[error("{id} is no {}, it is a {}", asked.name(), is.name())]
    OtherMeasure { id: String, asked: MeasureKind, is: MeasureKind },
    #[error("The people cannot be kept: {0}.")]
    NotKept(String),
    #[error("Still to be ruled upon: {0}")]
    StillToRule(String),
    #[error("At most {0} records are opened at once; ask for fewer.")]
    TooManyRecords(usize),
    #[error("Together they are larger than one export can be; ask for fewer records.")]
    TooLarge,
    #[error("The bundle cannot be written: {0}.")]
    NotBundled(String),
    #[error("`{0}` is no month; write it as 2026-10")]
    NoMonth(String),
    #[error("No calendar has that month.")]
    NoSuchMonth,
    #[error("{0} has not begun yet.")]
    NotBegun(String),
    #[error("`{0}` is no day; write it as 2026-09-01")]
    NoDay(String),
    /// A table of ours cannot be read.
    #[error("{0}")]
    NoClauses(String),
    #[error("There is no [console] in the configuration, so there is nothing to link to.")]
    NoConsole,
    #[error("A message could not be assessed anew.")]
    NotAssessed,
}

/// With a capital and an end.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
