//! Selling: from a stranger on a builder's page to the session that took place, or to the money that went back.

mod calendly;
mod killed;
mod localstripe;
mod money;
mod questions;
mod races;
mod reconcile;
pub mod scene;
mod shop;
mod walk;
mod webhooks;
