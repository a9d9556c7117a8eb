//! A transaction's bytes read as a message: its header, its tree of parts, and which of them S/MIME or
//! OpenPGP protect. The only room that names the MIME parser.

mod charset;
mod delimiter;
mod encoded_words;
mod entity;
mod fields;
mod model;
mod place;
mod protection;
mod read;
mod transfer;

pub use charset::decode_text;
pub use entity::entity;
pub use fields::header_text;
pub use model::{
    Body, Disposition, Header, Mailbox, Message, Part, Protection, ReadLimits, TransferEncoding,
};
pub use protection::{cms, openpgp};
pub use read::read;
