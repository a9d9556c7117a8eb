//! A transaction's bytes read as a message: its header, its tree of parts, and which of them S/MIME or
//! OpenPGP protect. The only room that names the MIME parser.

mod charset;
mod delimiter;
mod differing;
mod encoded_words;
mod entity;
mod fields;
mod flowed;
mod habit;
mod leaf;
mod mime;
mod model;
mod multipart;
mod otherwise;
mod parameter;
mod pasted;
mod place;
mod protection;
mod read;
mod transfer;

pub use charset::decode_text;
pub use entity::entity;
pub use fields::header_text;
pub use model::{
    Body, Disposition, Header, Mailbox, Message, Part, Protection, ReadLimits, Reading, TransferEncoding,
};
pub use otherwise::read_in_every_way;
pub use protection::{cms, openpgp};
pub use read::read;
