//! What opening a file tells: plain values that cross the worker's pipe.

use super::picture::Hashed;
use serde::{Deserialize, Serialize};

/// All that one attachment holds, its members' included, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub pieces: Vec<Piece>,
    pub traits: Vec<Trait>,
    pub missed: Vec<Missed>,
    /// What its files and pictures may be looked for by, where that was asked for.
    pub hashed: Vec<Hashed>,
    /// Pictures in it on which words may stand, where those were asked for.
    pub pictures: Vec<Taken>,
}

/// A picture that was taken out of a file, as a file that programs read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// As `Piece::place`: `scan.pdf/page 1`.
    pub place: String,
    pub bytes: ::bytes::Bytes,
}

/// One stretch of text of a file: a sheet, the body of a document, a page, a note, a file name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Where, below the attachment, in words a person can follow: `Y9.xlsx/Sheet1`, `page 3`,
    /// `comments`, `slide 2/notes`; empty for the one text of a plain file.
    pub place: String,
    pub shown: Shown,
    pub writing: Writing,
    pub text: String,
    /// Finer places within `text`, rising by `at`; what stands before the first has only `place`.
    pub anchors: Vec<Anchor>,
}

/// From `at` (a byte of the text) on, the place is `label`: `B7` (cell), `row 12`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub at: u32,
    pub label: String,
}

/// Whether whoever opens the file sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// On the page.
    Visible,
    /// There, but not seen at first: hidden rows and sheets, deleted text that changes keep,
    /// comments, metadata, tiny or same-coloured text, text outside the page.
    Hidden,
    /// The name of the file or of a member.
    FileName,
    /// Where a link leads.
    Link,
    /// The subject of a mail in a file.
    Subject,
    /// A name or an address of the header of a mail in a file.
    Header,
    /// Nobody sees it in this form: left over where no program looks, or put together by the reader from pieces
    /// that stand apart. Only rules with a strong check digit look at it.
    Unseen,
}

/// How a piece's text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writing {
    /// Prose: a line's end may fall within a sentence.
    Plain,
    /// Rows and cells: a tab between cells, a line feed after each row.
    Rows,
    /// HTML source.
    Html,
}

/// Something about a file or a member that is no text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trait {
    /// As `Piece::place`: empty for the attachment itself, `register.zip/run.exe` below it.
    pub place: String,
    pub kind: TraitKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraitKind {
    /// What keeps a reader without the key or password out.
    Protected(Protection),
    /// Programs that run when the file is opened or a button is pressed.
    Script(Script),
    /// A program: PE, ELF, Mach-O, script of a shell, installer, shortcut, disk image.
    Executable,
    /// `photo.jpg.exe`: a name made to look like another kind.
    DoubleExtension,
    /// The name or type says one kind, the bytes are another: stable words (`docx`, `exe`).
    KindDiffers { said: String, is: String },
    /// The place where a picture was taken.
    Location,
    /// A picture, or a document with pictures in it.
    Image,
    /// A link or reference that loads something from elsewhere on opening (remote template, OLE link).
    RemoteContent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    Password,
    Smime,
    Pgp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// VBA or Excel 4.0 macros.
    Macro,
    /// JavaScript or a launch action in a PDF, script in HTML or SVG files.
    Active,
    /// An embedded OLE package or object that may be a program.
    Embedded,
}

/// Something in the file that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    pub place: String,
    /// Its kind in stable words (`zip`, `pdf`, `unknown`).
    pub kind: String,
    pub reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    NotSupported,
    Protected,
    Limit(Limit),
    /// Broken beyond reading; what stood before the break was read.
    Malformed,
    /// Other programs may read it otherwise (a zip whose directory and members disagree).
    Ambiguous,
    /// A picture without text that we can read.
    Picture,
}

/// Which limit ended the reading (docs/configuration.md, `[limits]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Bytes of text in all.
    Text,
    /// Members of archives in all.
    Members,
    /// Files within files.
    Nesting,
    /// Bytes that unpacking gave in all.
    Unpacked,
    /// Unpacked bytes against packed ones.
    Ratio,
    /// Steps of one format: objects, cells, elements, pages.
    Steps,
    /// Memory that a decoder asks for before it begins.
    Dictionary,
}

impl Limit {
    /// A stable word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text-bytes",
            Self::Members => "members",
            Self::Nesting => "nesting",
            Self::Unpacked => "unpacked-bytes",
            Self::Ratio => "ratio",
            Self::Steps => "steps",
            Self::Dictionary => "dictionary",
        }
    }
}
