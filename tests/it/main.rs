//! The server's edges, whole: the same router as in production, on a real Postgres, with the stand-ins.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod alerts;
mod api;
mod archives;
mod attacks;
mod audit;
mod audited;
mod authenticator;
mod backups;
mod bad_input;
mod breaches;
mod calendly;
mod calendly_consent;
mod detection;
mod documents;
mod edges;
mod events;
mod google;
mod headers;
mod hostile;
mod keys;
mod leaving;
mod letters;
mod logs;
mod marked;
mod outage;
mod passkeys;
mod permissions;
mod privacy;
mod process;
mod push;
mod reload;
mod round_trips;
mod scene;
mod second_factor;
mod secret_store;
mod security;
mod selling;
mod settings;
mod support;
mod traces;
