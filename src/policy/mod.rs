//! Policy rules judged for each recipient: which apply, which do not, and why.
