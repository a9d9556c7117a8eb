//! Reports: which clause is enforced by what.
