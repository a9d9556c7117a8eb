//! A transaction's bytes read as a message: its header, its tree of parts, and what
//! protects each part. The only room that names the MIME parser.

mod model;
mod read;

pub use model::{
    Body, Disposition, Header, Mailbox, Message, Part, Protection, ReadLimits, TransferEncoding,
};
pub use read::read;
