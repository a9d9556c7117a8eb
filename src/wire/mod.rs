//! Protocols only: milter, SMTP relay, files. Each door makes a Transaction and turns an Outcome into its reply.

pub mod files;
