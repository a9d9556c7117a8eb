//! What mail programs do differently where a message can be read in more than one way.

/// A habit of some mail programs. None of them: as the standards have it, and leniently where they say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Of several fields of one name the last one counts.
    LastField = 1,
    /// Of several parameters of one name the last one counts.
    LastParameter = 1 << 1,
    /// A parameter is what stands behind its name: no comments, no escapes, nothing of RFC 2231.
    WrittenParameter = 1 << 2,
    /// The form of RFC 2231 goes before the plain one.
    ExtendedParameter = 1 << 3,
    /// A line that begins with a boundary is a delimiter, whatever follows.
    BeginningOfBoundary = 1 << 4,
    /// A multipart goes on behind its end, and begins before its first delimiter.
    ReadsOn = 1 << 5,
    /// The header ends at a line that is no field.
    OddLineEndsHeader = 1 << 6,
    /// A CR by itself ends a line; one that stands before another line end is nothing.
    BareCr = 1 << 7,
    /// The transfer encoding of a multipart is undone, and that of an attached message is not.
    EncodedContainers = 1 << 8,
    /// Where a multipart's boundary is missing, the first line that looks like a delimiter is one.
    FindsBoundary = 1 << 9,
}

const ALL: [Habit; 10] = [
    Habit::LastField,
    Habit::LastParameter,
    Habit::WrittenParameter,
    Habit::ExtendedParameter,
    Habit::BeginningOfBoundary,
    Habit::ReadsOn,
    Habit::OddLineEndsHeader,
    Habit::BareCr,
    Habit::EncodedContainers,
    Habit::FindsBoundary,
];

/// A set of habits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Habits(u16);

impl Habits {
    pub(super) fn has(self, habit: Habit) -> bool {
        self.0 & habit as u16 != 0
    }

    pub(super) fn add(&mut self, habit: Habit) {
        self.0 |= habit as u16;
    }

    pub(super) fn with(self, habit: Habit) -> Self {
        Self(self.0 | habit as u16)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Habit> {
        ALL.into_iter().filter(move |habit| self.has(*habit))
    }

    /// Whether nothing but carelessness of who wrote the message calls for them.
    pub(super) fn is_careless(self) -> bool {
        self.iter().all(|habit| matches!(habit, Habit::OddLineEndsHeader | Habit::BareCr))
    }

    /// Whether one program may have them all: a parameter is chosen in one way.
    pub(super) fn go_together(self) -> bool {
        let parameter = [Habit::LastParameter, Habit::WrittenParameter, Habit::ExtendedParameter];
        parameter.into_iter().filter(|habit| self.has(*habit)).count() < 2
    }
}
