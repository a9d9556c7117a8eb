//! The one integration binary: everything is tested here through the real doors.
//! A new test belongs in the file of the door it comes through; see each file's head.

mod alerts;
mod architecture;
mod bombs;
mod canary;
mod case_review;
mod cli;
mod console;
mod corpus;
mod coverage;
mod crash;
mod dangers;
mod debian;
mod delivery;
mod demo;
mod disclaimers;
mod dkim;
mod evasion;
mod files;
mod gate;
mod golden;
mod hidden;
mod hop;
mod hostile;
mod house;
mod incident_parties;
mod incidents;
mod keys_cli;
mod kills;
mod lives;
mod malware;
mod measures;
mod metrics;
mod milter;
mod milter_postfix;
mod mutations;
mod nodes;
mod passphrases;
mod pauses;
mod pictures;
mod ports;
mod postfix;
#[path = "../support/postgres.rs"]
mod postgres;
mod practice;
mod records;
mod relay;
mod report;
mod s3;
mod sandbox;
mod sink;
mod smtp;
mod storage;
// The same tests once more, with PostgreSQL: `Bench` asks for its own path.
#[allow(clippy::duplicate_mod)]
#[path = "storage/mod.rs"]
mod storage_on_postgres;
mod store_cli;

mod subject_access;
mod thief;
mod threads;
mod trouble;
mod two_people;
mod users;
mod waited;
