//! Why something that is kept is not changed or shown so: each reason by name, so that whoever says it
//! says it in the language of whoever asked. English here, for the command line; Welsh in the console.

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $sentence:literal),+ $(,)?) => {
        /// A reason that whoever asked can do something about, or has to live with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum Cannot { $($(#[$doc])* #[error($sentence)] $variant),+ }
        impl Cannot {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}

reasons! {
    /// practice.md, A3.
    ReleaseImage = "it may hold an image of a child: nobody releases it; do not look at or forward pictures, tell the lead in person",
    BeChanged = "this message cannot be changed before it leaves",
    BeMarked = "this message cannot be marked",
    RunOutUnderHold = "it is under legal hold: it does not run out",
    GateDecide = "a person decides this, never the gate by itself",
    PersonDecide = "only the gate does this, when its time has come",
    OtherSender = "only the hold's own sender can decide it",
    SenderByPolicy = "policy does not let the sender release this",
    SenderOtherwise = "a sender can release or withdraw",
    /// Its moment is this one.
    BeSent = "it is being sent at this very moment: look in a minute what became of it",
    LeaveSeal = "it is sealed: only a recorded instruction of two people hands it, still encrypted, to the police",
    WithdrawQuarantine = "only a hold can be withdrawn",
    ExpireQuarantine = "quarantine never expires unseen",
    SendNowQuarantine = "a reviewer releases it, which is as quick",
    KeepHold = "a hold is the sender's business, not evidence",
    MoveHold = "a hold is the sender's business: no office has it",
    DecideDelayed = "it is only delayed for its sender, and leaves by itself; it can be withdrawn or sent at once",
    ReopenOther = "only what was kept as evidence can be reopened",
    BeOfItsLife = "that is not part of its life",
    ReopenOpen = "it is open already",
    HandUnsealed = "only a sealed item goes to the police, still encrypted: seal it first",
    PurgeWaiting = "it waits for a decision, so it stays",
    WhileWaiting = "that is not possible while it waits",
    InstructUnsealed = "only a sealed item is subject to such an instruction: seal it first",
    PurgeBeforePolice = "it can be purged only after it was handed to the police, and they have said so",
    PurgeUnderHold = "it is under legal hold: lift that first",
    BeBothWords = "the second word must be another person's",
    NoteLength = "a note has between 1 and 500 letters",
    NoteEnd = "a note ends in time to come, within a year",
    NoteMany = "twenty notes on this person are in force: end one first",
    LeaveOver = "the leave would be over already; give a later day",
    LeaveLong = "leave is given for 31 days at most, then approved again",
    LookWithoutLeave = "nobody gave leave to read what is filed under this record's member of staff, or it is over: `gatehouse records absence`",
    LookByOwnLeave = "leave is used by another person than the one who gave it",
    ThreadOfOther = "this record is not filed under that parent",
    ThreadOfSeveral = "several parents stand in this record; say whose thread, since one must not see the other's",
    BreachOfHeld = "this message never left: what was held is a near miss, which `breach list` counts by itself",
    BreachOfNoSchool = "this message is of no school",
    BreachKnownWhen = "nobody can have known before the message went out, or later than now",
    BreachWithoutWords = "say what happened",
    BreachTwice = "a breach was opened for this message already",
    BreachUndecided = "say first whether the regulator and the people concerned were told, or why not: `breach decide`",
    BreachNote = "a note has some words, and at most 20,000 letters",
    BreachClosed = "this breach is closed; open questions belong to a new one",
    ForgetOneself = "nobody has themselves forgotten: another does it",
    ForgetWhoIsAwaited = "a word of theirs still waits for another's, or for a review: that comes first",
    AccessTooMuch = "more than 5,000 pieces are held on this person: agree with the person on a time or a matter, and export what that is with `records search` and `records export`",
    AccessFinished = "this request is finished",
    AccessNoPiece = "this request has no such piece: `subject-access show` lists them",
    AccessOfReviewers = "data protection officer and lead rule upon this one",
    AccessOfHead = "the head rules upon this one",
    AccessWithoutWhy = "say why; it is kept encrypted",
    AccessByOne = "two people rule: who spoke for the one office does not speak for the other",
    AccessForgotten = "the ledger has forgotten who spoke for the other office: somebody has to rule for it again",
    AccessOpen = "not everything is ruled upon yet: `subject-access show`",
    IncidentOpened = "only a proposal is opened",
    IncidentEnded = "what has ended is not dismissed",
    IncidentNotOpen = "only an open one is closed",
    IncidentNotEnded = "only what has ended is reopened",
    IncidentProposed = "open it first; a proposal is no incident",
    IncidentReopenFirst = "reopen it first",
}
