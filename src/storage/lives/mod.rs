//! The lives of what waits: which act leads from which state to which and by whose hand
//! (`table`), legal hold (`legal`), what leaves "sealed" (`police`), what is seen of sealed
//! items (`seal`), the review after an emergency (`review`). Pictures: docs/lives.md.

mod legal;
mod police;
mod review;
mod seal;
mod table;

pub use legal::{LegalHold, LegalSubject};
pub use police::{Handed, Instructed, Instruction, Turn};
pub use review::Review;
pub use seal::SealedView;
pub use table::{Act, Hand, Refusal, STEPS, Step, step};
