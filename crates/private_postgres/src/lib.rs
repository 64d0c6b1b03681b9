//! A private Postgres, started from the binaries the machine already has.
//!
//! For development (no `DATABASE_URL`) and for tests. It listens on a Unix socket only, in a folder of mode 0700. As root it
//! runs as the user `postgres`, because Postgres refuses root. The caller gets a superuser URL and makes its own roles.

mod binaries;
mod cluster;

pub use binaries::find_binaries;
pub use cluster::{Cluster, Durability, StartError};
