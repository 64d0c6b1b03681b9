//! Pages of a builder.

mod connect;

pub use connect::{connect, connect_wants};
