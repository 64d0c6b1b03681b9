//! The rooms through their public verbs, on a real Postgres, with the Google stand-in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod audit_keys;
mod audit_log;
mod audit_retention;
mod caldav;
mod calendar;
mod faults;
mod fences;
mod forgotten;
mod health;
mod hostile_server;
mod isolation;
mod jobs;
mod lent;
mod limits;
mod outlook;
mod reading;
mod real_server;
mod revocations;
mod starving;
mod strangers;
mod support;
mod sync;
mod tokens;
mod transactions;
mod turns;
mod vault;
