//! Which page is at which address, and what it reads. `src/routes.rs` says who may see it; a test says that the two agree.

use domain::calendar::Wanted;

use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::pages;

/// One page.
#[derive(Debug, Clone, Copy)]
pub struct PageRoute {
    /// Its address, in axum's form.
    pub path: &'static str,
    /// What it reads of the signed-in person's calendars; nothing where it shows none.
    pub wants: Option<fn(&Asked) -> Wanted>,
    /// Whether there are islands on it, for which scripts are sent.
    pub has_islands: bool,
    /// Whether a form of it may lead to where it is paid.
    pub sells: bool,
    /// Makes it.
    pub show: fn(&PageContext) -> Document,
}

const fn public(path: &'static str, show: fn(&PageContext) -> Document) -> PageRoute {
    PageRoute { path, wants: None, has_islands: false, sells: false, show }
}

const fn own(path: &'static str, wants: fn(&Asked) -> Wanted, show: fn(&PageContext) -> Document) -> PageRoute {
    PageRoute { path, wants: Some(wants), has_islands: true, sells: false, show }
}

/// Today and the last syncs, which the frame around every page of a person shows.
const fn frame(_asked: &Asked) -> Wanted {
    Wanted::FRAME
}

/// Every page.
pub const PAGES: &[PageRoute] = &[
    public("/", pages::home),
    PageRoute { has_islands: true, ..public("/sign-in", pages::sign_in) },
    PageRoute { has_islands: true, ..public("/sign-in/code", pages::sign_in_code) },
    PageRoute { has_islands: true, ..public("/sign-up", pages::sign_up) },
    public("/verify", pages::verify),
    public("/forgot", pages::forgot),
    public("/reset", pages::reset),
    own("/app", pages::today_wants, pages::today),
    own("/app/calendar", pages::calendar_wants, pages::calendar),
    own("/app/settings", frame, pages::settings),
    own("/app/settings/caldav", frame, pages::connect_caldav),
    own("/app/settings/profile", pages::profile_wants, pages::profile),
    own("/app/settings/privacy", pages::own_privacy_wants, pages::own_privacy),
    own("/app/settings/privacy/erase", pages::own_privacy_wants, pages::erase),
    public("/privacy", pages::privacy),
    public("/terms", pages::terms),
    public("/privacy/requests/{token}", pages::request),
    own("/app/settings/security/confirm", pages::security_wants, pages::confirm),
    own("/app/settings/security", pages::security_wants, pages::security),
    own("/app/settings/security/keys", pages::api_keys_wants, pages::api_keys),
    own("/app/settings/connections/{id}", pages::connection_wants, pages::connection),
    own("/app/settings/connections/{id}/disconnect", frame, pages::disconnect),
    own("/builder/connect", pages::builder::connect_wants, pages::builder::connect),
    public("/b/{builder}", pages::sale::shop),
    PageRoute { has_islands: true, sells: true, ..public("/b/{builder}/{session}", pages::sale::session) },
    public("/bookings/{token}", pages::sale::booking),
    public("/bookings/{token}/cancel", pages::sale::cancel),
    own("/app/bookings", pages::sale::own_bookings_wants, pages::sale::own_bookings),
    own("/app/bookings/{id}", pages::sale::own_booking_wants, pages::sale::own_booking),
    own("/builder", pages::builder::dashboard_wants, pages::builder::dashboard),
    own("/builder/profile", pages::builder::offers_wants, pages::builder::profile),
    own("/builder/sessions", pages::builder::offers_wants, pages::builder::sessions),
    own("/builder/sessions/new", pages::builder::offers_wants, pages::builder::session),
    own("/builder/sessions/{id}", pages::builder::offers_wants, pages::builder::session),
    own("/builder/bookings", pages::builder::bookings_wants, pages::builder::bookings),
    own("/builder/reconciliation", pages::builder::reconciliation_wants, pages::builder::reconciliation),
    own("/builder/bookings/{id}", pages::builder::booking_wants, pages::builder::booking),
    own("/builder/bookings/{id}/cancel", pages::builder::booking_wants, pages::builder::cancel),
    own("/admin", pages::administration::overview_wants, pages::administration::overview),
    own("/admin/users", pages::administration::people_wants, pages::administration::people),
    own("/admin/users/{id}", pages::administration::person_wants, pages::administration::person),
    own("/admin/privacy", pages::administration::privacy_wants, pages::administration::privacy),
    own("/admin/keys", pages::administration::keys_wants, pages::administration::keys),
    own("/admin/keys/{purpose}/{fingerprint}", pages::administration::keys_wants, pages::administration::key),
    own("/admin/jobs", pages::administration::jobs_wants, pages::administration::jobs),
    own("/admin/webhooks", pages::administration::webhooks_wants, pages::administration::webhooks),
    own("/admin/incidents", pages::administration::incidents_wants, pages::administration::incidents),
    own("/admin/incidents/{id}", pages::administration::incident_wants, pages::administration::incident),
    own("/admin/audit", pages::audit_wants, pages::audit),
    own("/admin/audit/{place}", pages::audit_entry_wants, pages::audit_entry),
    public("/dev/mail", pages::outbox),
];

/// The page of an address in axum's form.
pub fn page(path: &str) -> Option<&'static PageRoute> {
    PAGES.iter().find(|page| page.path == path)
}
