//! What the program can do. Each command fails with one line per problem, all of them at once.

mod admin;
mod audit;
mod backup;
mod check;
mod keep;
mod keys;
mod migrate;
mod providers;
mod reload;
mod secrets;
mod serve;
mod start;

pub use admin::{AdminCommand, admin};
pub use audit::{AuditCommand, audit};
pub use backup::{Copy, backup, backup_key, rehearse, restore};
pub use check::check;
pub use keys::keys;
pub use migrate::migrate;
pub use serve::serve;
pub use start::{Memory, build_state};
