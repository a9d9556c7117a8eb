//! The one integration binary: everything is tested here through the real doors.
//! A new test belongs in the file of the door it comes through; see each file's head.

mod architecture;
mod golden;
mod mutations;
