//! What is kept of somebody and why: the public page, one's own, and a request by its link.

mod allowed;
mod own;
mod public;
mod request;
mod terms;

pub use own::{erase, own_privacy, own_privacy_wants};
pub use public::privacy;
pub use request::request;
pub use terms::terms;

const OWN: &str = "/app/settings/privacy";
