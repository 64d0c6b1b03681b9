//! The design system in components: each knows how a thing looks in all its states, none knows where data comes from.

mod agenda;
mod capacity;
mod connection_state;
mod consent;
mod day_strip;
mod field;
mod frame;
mod health_chart;
mod icon;
mod message;
mod month;
mod qr;
mod spine;
mod week;
mod zones;

pub use agenda::{Agenda, empty_day};
pub use capacity::{CapacityMeter, CapacityReceipt, WeekCapacity};
pub use connection_state::ConnectionState;
pub use consent::ConsentWords;
pub use day_strip::DayStrip;
pub use field::{Field, FieldError, FormError};
pub use frame::{AppFrame, Frame, PublicFrame};
pub use health_chart::{DAYS as HEALTH_DAYS, HealthChart};
pub use icon::{Brand, FogPattern, Icon};
pub use message::{Failure, Flash};
pub use month::MonthGrid;
pub use qr::Qr;
pub use spine::Spine;
pub use week::WeekGrid;
pub use zones::Zones;
