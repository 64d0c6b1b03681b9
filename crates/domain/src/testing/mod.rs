//! Testing: a still clock, counted chance, and a database of one's own. Never part of a release.
//!
//! Owns:      (no table)
//! May touch: base, vault, jobs, accounts, calendar
//! Never:     be compiled without the feature `testing`
//! Start at:  world.rs

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod chance;
mod clock;
mod crowd;
mod database;
mod plant;
mod wire;
mod world;

pub use chance::CountedChance;
pub use clock::StillClock;
pub use database::TestDatabase;
pub use wire::{Traffic, Wire};
pub use world::{PASSWORD, World, WorldOptions};
