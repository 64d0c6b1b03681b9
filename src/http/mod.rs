//! Edges: each translates a request, calls one verb, and shapes the reply. Fits on a screen, decides nothing.

pub mod administration;
pub mod api_keys;
pub mod assets;
pub mod audit;
pub mod caldav;
pub mod callback;
pub mod connect;
pub mod connection;
mod device;
pub mod disconnect;
pub mod events;
pub mod feed;
mod form;
pub mod google;
pub mod health;
pub mod incidents;
mod metrics;
pub mod openapi;
pub mod pages;
pub mod passkeys;
pub mod profile;
pub mod progress;
mod render;
pub mod reset;
pub mod second_factor;
pub mod security;
pub mod sign_in;
pub mod sign_in_code;
pub mod sign_in_passkey;
pub mod sign_out;
pub mod sign_up;
pub mod status;
pub mod token;
pub mod verify;
pub mod webhooks;

pub use metrics::router as metrics_router;
