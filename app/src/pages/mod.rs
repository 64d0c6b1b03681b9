//! Pages, one file each: read what is needed, then show it.

mod caldav;
mod calendar;
mod connection;
mod disconnect;
mod forgot;
mod home;
mod loaded;
mod not_found;
mod outbox;
mod profile;
mod reset;
mod settings;
mod sign_in;
mod sign_up;
mod today;
mod verify;

pub use caldav::ConnectCaldav;
pub use calendar::Calendar;
pub use connection::Connection;
pub use disconnect::Disconnect;
pub use forgot::Forgot;
pub use home::Home;
pub use not_found::{Broken, NotFound};
pub use outbox::Outbox;
pub use profile::Profile;
pub use reset::Reset;
pub use settings::Settings;
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use today::Today;
pub use verify::Verify;
