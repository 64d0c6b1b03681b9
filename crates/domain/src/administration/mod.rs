//! Administration: what admins see of everybody, and what they do to accounts and jobs outside of an incident.
//!
//! Owns:      (no table)
//! May touch: base, vault, accounts, accounts/administration, api_keys, audit, calendar, incidents, jobs, upkeep, webhooks
//! Never:     show a name or an address without a reason that is kept; read without an entry
//! Start at:  wanted.rs for what there is to see, act_on_person.rs for what can be done

mod act_on_person;
mod jobs_page;
mod keys_page;
mod overview;
mod people;
mod privacy_page;
mod read;
mod rerun;
mod revoke_secret;
mod rotate;
mod wanted;
mod webhooks_page;

pub use act_on_person::{AdministrationError, PersonAct, act_on_person};
pub use jobs_page::{JobView, JobsPage, KindView};
pub use keys_page::{ENCRYPTION_KEY, KeyState, KeysPage, PasswordView, SecretView, list_keys};
pub use overview::{ConnectionsView, Overview};
pub use people::{ConnectionRow, EntryRow, IncidentRow, KeyRow, Opened, PersonPage, PersonView, SessionRow};
pub use privacy_page::{DueRow, HoldRow, LetterRow, PrivacyPage, RequestRow};
pub use read::{incident, incidents, jobs, keys, overview, people, person, privacy, webhooks};
pub use rerun::{remove_job, rerun_delivery, rerun_job};
pub use revoke_secret::{RevokeError, is_needed, revoke_secret};
pub use rotate::rewrap_keys;
pub use wanted::{IncidentFilter, PeopleFilter, Reason, Wanted};
pub use webhooks_page::{CountView, DeliveryView, WebhooksPage};
