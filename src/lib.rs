//! The server: configuration, wiring and HTTP edges. No rules of the product and no SQL live here.

pub mod commands;
pub mod config;
pub mod current;
#[cfg(feature = "sandbox")]
mod demo;
pub mod dispatch;
pub mod http;
pub mod middleware;
pub mod router;
pub mod routes;
pub mod state;
pub mod telemetry;
pub mod traces;

pub use state::AppState;
