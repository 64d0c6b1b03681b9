//! Base: what every verb is handed: time, chance, the database, who acts and why.
//!
//! Owns:      (no table)
//! May touch: vault
//! Never:     a rule of the product
//! Start at:  deps.rs for what is long-lived, op.rs for what belongs to one action

mod allowance;
mod away;
mod chance;
mod civil;
mod clock;
mod closed_list;
mod containment;
mod counting;
mod database;
mod deps;
mod formula;
mod json;
mod lease;
mod lent;
mod op;
mod reference;
mod row_cache;
mod security_event;
mod security_events;
mod thresholds;
mod tx;
mod unique;
mod used_up;

pub use allowance::{Allowance, Allowances};
pub use away::{Away, NotBack};
pub use chance::{Chance, OsChance};
pub use civil::civil_instant;
pub use clock::{Clock, SystemClock};
pub(crate) use closed_list::from_closed_list;
pub use containment::{Block, Containment, parse_network};
pub use counting::{Counting, Left, Turn};
pub use database::{Database, ServerRole, role};
pub(crate) use database::{act_as, present_lookup};
pub use deps::{AuditSettings, Deps, KnownSecret, ReadingLimits, Settings};
pub use formula::no_formula;
pub(crate) use json::{bytea, from_json, list, optional_bytea};
pub(crate) use lease::{LEASE, LOOKS, look_again};
pub use lent::Lent;
pub use op::{Actor, Op};
pub(crate) use reference::reference;
pub use row_cache::RowCache;
pub use security_event::{SECURITY, security_event};
pub use security_events::{Happening, SecurityEvents};
pub use thresholds::{Threshold, Thresholds};
pub use tx::Tx;
pub(crate) use unique::unless_taken;
pub use used_up::UsedUp;
