//! Carries a plan out: edits, holds, copies, notices, delivery.
