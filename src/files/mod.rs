//! Files opened: what an attachment is by its bytes, what it says and where, how it is protected,
//! and what could not be read. Pure functions over bytes within a [`Budget`]; run in the sandboxed
//! worker, so that whatever a file does to them ends there.

mod apple;
mod archive;
mod as_text;
mod budget;
mod bytes;
#[cfg(test)]
mod container_fixture_tests;
#[cfg(test)]
mod container_mutation_tests;
mod field;
#[cfg(test)]
mod fixture_tests;
mod formula;
mod halves;
mod hashing;
mod image;
mod kind;
mod legacy;
mod mail;
mod model;
#[cfg(test)]
mod mutation_tests;
mod name;
mod odf;
mod ooxml;
mod open;
mod opener;
mod package;
mod parts;
#[cfg(test)]
mod parts_tests;
mod pdf;
mod picture;
mod rtf;
mod sealed;
mod text;
mod thumbnails;
mod unpack;
mod xml;

pub use as_text::{armor_in, is_file_as_text, is_no_text};
pub use budget::{Budget, FileLimits, MOST_TAKEN_BYTES};
pub use model::{
    Anchor, Limit, Missed, Opened, Piece, Protection, Reason, Script, Shown, Taken, Trait, TraitKind, Writing,
};
pub use open::open;
pub use opener::{Closed, InProcess, NotOpened, Opener, Readers, Start, Until};
pub use parts::{Files, open_parts};
pub use picture::{
    Digests, Hashed, MOST_HASHED, MOST_VIEWS, OTHER_SIZES, Pdq, Picture, PictureBudget, PictureKind,
    PictureLimits, Turn, Unhashed, View, hash as hash_picture,
};
pub use text::texts_of_script;
