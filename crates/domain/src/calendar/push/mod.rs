//! Push: what providers say of changes by themselves: channels (Google) and subscriptions (Microsoft Graph), here both called channels.
//!
//! Owns:      calendar_channels
//! May touch: base, vault, jobs, audit, calendar/connection
//! Never:     believe what a notification says beyond that something changed
//! Start at:  notification.rs for how one is checked, lifecycle.rs for when a channel is opened, renewed and closed

pub(in crate::calendar) mod channels;
mod delivery;
mod lifecycle;
mod maintain;
mod maintenance;
mod notification;
mod provider_calls;

pub use delivery::ChangeDelivery;
pub(in crate::calendar) use delivery::change_delivery;
pub(in crate::calendar) use lifecycle::covers_all;
pub use maintain::maintain_channels;
pub(in crate::calendar) use maintain::maintain_if_due;
pub use notification::{Notification, NotificationKind, NotificationOutcome, receive_notification};
