//! Gatehouse: a mail gateway for schools. The way of a message through the rooms
//! stands in docs/architecture.md; each module opens with its one job.

pub mod app;
pub mod authority;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod desk;
pub mod detection;
pub mod effects;
pub mod extraction;
pub mod files;
pub mod gateway;
pub mod ids;
pub mod mail;
pub mod message;
pub mod officers;
pub mod parties;
pub mod pipeline;
pub mod policy;
pub mod report;
pub mod ruleset;
pub mod sandbox;
pub mod storage;
pub mod verdict;
pub mod wire;
