//! Every path, its methods, and who may use it: the one table behind the router, the authorisation and their tests.

use types::{Permission, Scope};

/// How a route answers somebody who may not use it, and how errors look on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page or a form: leads to sign-in, errors are pages.
    Page,
    /// For scripts: errors are problem documents.
    Api,
    /// A file; public.
    Asset,
}

/// What is read before a route is answered, in one statement that also says who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Nothing: it is not looked at who asks.
    Nothing,
    /// Who asks.
    Identity,
    /// Who asks, and what the page at this path shows (`app::routes::PAGES`).
    Page,
    /// What stands at the address, whoever asks: its handler reads it.
    Sale,
    /// Who asks, and the frame of their pages.
    Frame,
    /// Who asks, and their events between the two instants of the query.
    Events,
    /// Who asks, and what was booked with them, as the query names it.
    Bookings,
    /// Who asks, and the entries of the audit log that the query names.
    Audit,
}

/// What is asked of somebody who is allowed, before something that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Being signed in.
    Session,
    /// Who has a second factor showed in the last fifteen minutes that it is them.
    FreshWithSecondFactor,
    /// Everybody did.
    Fresh,
}

/// One method of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, in axum's form.
    pub path: &'static str,
    /// What it asks for.
    pub permission: Permission,
    /// What it is.
    pub kind: Kind,
    /// What is read for it.
    pub reads: Reads,
    /// How fresh the proof of who it is must be.
    pub proof: Proof,
    /// What a token must allow for it; nothing: it is for browsers only.
    pub scope: Option<Scope>,
    /// Whether it exists on development servers only.
    pub development_only: bool,
}

const fn route(method: &'static str, path: &'static str, permission: Permission, kind: Kind, reads: Reads) -> Route {
    Route { method, path, permission, kind, reads, proof: Proof::Session, scope: None, development_only: false }
}

impl Route {
    /// Also for programs, with a token that allows it.
    const fn scoped(self, scope: Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// Whether it is a page, and neither a form of one nor a step of the browser through a provider.
    pub fn is_shown(&self) -> bool {
        matches!(self.reads, Reads::Page | Reads::Sale) && self.method == "GET"
    }

    /// Whether it is counted as a request of a program, whoever sends it.
    pub fn is_counted(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// Asks who has a second factor for it again, after fifteen minutes.
    const fn stepped_up(self) -> Self {
        Self { proof: Proof::FreshWithSecondFactor, ..self }
    }

    /// Asks everybody for a proof again, after fifteen minutes.
    const fn proved_afresh(self) -> Self {
        Self { proof: Proof::Fresh, ..self }
    }
}

/// A page that is shown.
const fn page(path: &'static str, permission: Permission) -> Route {
    route("GET", path, permission, Kind::Page, Reads::Page)
}

/// A form of a page, or a step of the browser through a provider.
const fn form(method: &'static str, path: &'static str, permission: Permission) -> Route {
    route(method, path, permission, Kind::Page, Reads::Identity)
}

const fn api(method: &'static str, path: &'static str, permission: Permission, reads: Reads) -> Route {
    route(method, path, permission, Kind::Api, reads)
}

const fn asset(path: &'static str) -> Route {
    route("GET", path, Permission::Public, Kind::Asset, Reads::Nothing)
}

/// The table. A path that is not in it is answered to nobody.
pub const ROUTES: &[Route] = &[
    page("/", Permission::Public),
    page("/sign-in", Permission::Public),
    form("POST", "/sign-in", Permission::Public),
    page("/sign-in/code", Permission::Public),
    form("POST", "/sign-in/code", Permission::Public),
    // Steps of the browser through Google.
    form("GET", "/sign-in/google", Permission::Public),
    form("GET", "/sign-in/google/callback", Permission::Public),
    form("POST", "/sign-in/passkey", Permission::Public),
    page("/sign-up", Permission::Public),
    form("POST", "/sign-up", Permission::Public),
    form("POST", "/sign-out", Permission::Public),
    page("/verify", Permission::Public),
    form("POST", "/verify", Permission::Public),
    form("POST", "/verify/resend", Permission::Public),
    page("/forgot", Permission::Public),
    form("POST", "/forgot", Permission::Public),
    page("/reset", Permission::Public),
    form("POST", "/reset", Permission::Public),
    page("/app", Permission::OwnCalendars),
    page("/app/calendar", Permission::OwnCalendars),
    page("/app/settings", Permission::OwnCalendars),
    page("/app/settings/caldav", Permission::OwnCalendars),
    form("POST", "/app/settings/caldav", Permission::OwnCalendars).stepped_up(),
    page("/app/settings/profile", Permission::OwnCalendars),
    form("POST", "/app/settings/profile", Permission::OwnCalendars),
    page("/app/settings/security", Permission::SignedIn),
    form("POST", "/app/settings/security/password", Permission::SignedIn).stepped_up(),
    page("/app/settings/security/confirm", Permission::SignedIn),
    form("POST", "/app/settings/security/confirm", Permission::SignedIn),
    form("POST", "/app/settings/security/confirm/passkey", Permission::SignedIn),
    form("GET", "/app/settings/security/confirm/google", Permission::SignedIn),
    form("GET", "/app/settings/security/google", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/google/unlink", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/passkeys", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/passkeys/remove", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/totp", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/totp/confirm", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/totp/remove", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/recovery-codes", Permission::SignedIn).proved_afresh(),
    page("/app/settings/security/keys", Permission::SignedIn),
    form("POST", "/app/settings/security/keys", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/security/keys/end", Permission::SignedIn),
    form("POST", "/app/settings/security/sessions/end", Permission::SignedIn),
    form("POST", "/app/settings/security/sessions/end-others", Permission::SignedIn),
    page("/app/settings/connections/{id}", Permission::OwnCalendars),
    page("/app/settings/connections/{id}/disconnect", Permission::OwnCalendars),
    form("POST", "/app/settings/connections/{id}/disconnect", Permission::OwnCalendars).stepped_up(),
    form("POST", "/app/settings/connections/{id}/calendars", Permission::OwnCalendars),
    form("POST", "/app/settings/connections/{id}/sync", Permission::OwnCalendars).stepped_up(),
    form("POST", "/app/settings/connections/{id}/report", Permission::OwnCalendars),
    form("POST", "/app/settings/profile/days", Permission::OwnCalendars),
    form("POST", "/app/settings/profile/days/remove", Permission::OwnCalendars),
    form("POST", "/app/settings/profile/feed", Permission::OwnCalendars).stepped_up(),
    form("POST", "/app/settings/profile/feed/end", Permission::OwnCalendars),
    page("/app/settings/privacy", Permission::SignedIn),
    page("/app/settings/privacy/erase", Permission::SignedIn),
    form("POST", "/app/settings/privacy/erase", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/privacy/erase/cancel", Permission::SignedIn),
    form("POST", "/app/settings/connections/{id}/export", Permission::OwnCalendars).stepped_up(),
    form("POST", "/app/settings/privacy/consents/withdraw", Permission::SignedIn).stepped_up(),
    form("POST", "/app/settings/privacy/export", Permission::SignedIn).proved_afresh(),
    form("POST", "/app/settings/privacy/export/{id}", Permission::SignedIn).proved_afresh(),
    page("/privacy", Permission::Public),
    page("/terms", Permission::Public),
    // The link is the proof.
    route("GET", "/privacy/requests/{token}", Permission::Public, Kind::Page, Reads::Sale),
    route("POST", "/privacy/requests/{token}/cancel", Permission::Public, Kind::Page, Reads::Nothing),
    route("GET", "/privacy/requests/{token}/certificate", Permission::Public, Kind::Page, Reads::Nothing),
    page("/builder/connect", Permission::Sell),
    form("POST", "/builder/connect/calendly", Permission::Sell).stepped_up(),
    // Steps of the browser through Calendly.
    form("GET", "/builder/connect/calendly/begin", Permission::Sell).stepped_up(),
    form("GET", "/builder/connect/calendly/callback", Permission::Sell),
    form("POST", "/builder/connect/calendly/read", Permission::Sell),
    form("POST", "/builder/connect/calendly/disconnect", Permission::Sell).stepped_up(),
    page("/builder", Permission::Sell),
    page("/builder/profile", Permission::Sell),
    form("POST", "/builder/profile", Permission::Sell),
    page("/builder/sessions", Permission::Sell),
    page("/builder/sessions/new", Permission::Sell),
    form("POST", "/builder/sessions/new", Permission::Sell),
    page("/builder/sessions/{id}", Permission::Sell),
    form("POST", "/builder/sessions/{id}", Permission::Sell),
    form("POST", "/builder/sessions/{id}/open", Permission::Sell),
    page("/builder/bookings", Permission::Sell),
    api("GET", "/builder/bookings/export", Permission::Sell, Reads::Identity),
    page("/builder/reconciliation", Permission::Sell),
    form("POST", "/builder/reconciliation", Permission::Sell),
    page("/builder/bookings/{id}", Permission::Sell),
    page("/builder/bookings/{id}/cancel", Permission::Sell),
    form("POST", "/builder/bookings/{id}/cancel", Permission::Sell).proved_afresh(),
    form("POST", "/builder/bookings/{id}/refund", Permission::Sell).proved_afresh(),
    form("POST", "/builder/bookings/{id}/retry", Permission::Sell).proved_afresh(),
    form("POST", "/builder/bookings/{id}/no-show", Permission::Sell),
    form("POST", "/builder/bookings/{id}/compare", Permission::Sell),
    page("/app/bookings", Permission::OwnCalendars),
    page("/app/bookings/{id}", Permission::OwnCalendars),
    // What a builder shows to everybody: it is not looked at who asks.
    route("GET", "/b/{builder}", Permission::Public, Kind::Page, Reads::Sale),
    route("GET", "/b/{builder}/{session}", Permission::Public, Kind::Page, Reads::Sale),
    route("POST", "/b/{builder}/{session}", Permission::Public, Kind::Page, Reads::Nothing),
    // The link is the proof.
    route("GET", "/bookings/{token}", Permission::Public, Kind::Page, Reads::Sale),
    route("GET", "/bookings/{token}/pay", Permission::Public, Kind::Page, Reads::Nothing),
    route("GET", "/bookings/{token}/cancel", Permission::Public, Kind::Page, Reads::Sale),
    route("POST", "/bookings/{token}/cancel", Permission::Public, Kind::Page, Reads::Nothing),
    route("GET", "/bookings/{token}/session.ics", Permission::Public, Kind::Page, Reads::Nothing),
    page("/admin", Permission::Administer),
    page("/admin/users", Permission::Administer),
    page("/admin/users/{id}", Permission::Administer),
    form("POST", "/admin/users/{id}/open", Permission::Administer).proved_afresh(),
    form("POST", "/admin/users/{id}/act", Permission::Administer).proved_afresh(),
    page("/admin/keys", Permission::Administer),
    page("/admin/keys/{purpose}/{fingerprint}", Permission::Administer),
    form("POST", "/admin/keys/{purpose}/{fingerprint}/revoke", Permission::Administer).proved_afresh(),
    page("/admin/privacy", Permission::Administer),
    form("POST", "/admin/privacy/letters", Permission::Administer),
    form("POST", "/admin/privacy/letters/{id}", Permission::Administer),
    form("POST", "/admin/privacy/holds", Permission::Administer).proved_afresh(),
    form("POST", "/admin/privacy/holds/{id}", Permission::Administer).proved_afresh(),
    page("/admin/jobs", Permission::Administer),
    form("POST", "/admin/jobs/rerun", Permission::Administer),
    form("POST", "/admin/jobs/remove", Permission::Administer).proved_afresh(),
    page("/admin/webhooks", Permission::Administer),
    form("POST", "/admin/webhooks/rerun", Permission::Administer),
    page("/admin/incidents", Permission::Administer),
    page("/admin/incidents/{id}", Permission::Administer),
    form("POST", "/admin/incidents/{id}/measure", Permission::Administer).proved_afresh(),
    form("POST", "/admin/incidents/{id}/note", Permission::Administer),
    form("POST", "/admin/incidents/{id}/advance", Permission::Administer),
    form("POST", "/admin/incidents/{id}/check", Permission::Administer),
    form("POST", "/admin/incidents/{id}/breach", Permission::Administer),
    form("GET", "/admin/incidents/{id}/affected", Permission::Administer).proved_afresh(),
    api("GET", "/admin/incidents/{id}/export", Permission::Administer, Reads::Identity),
    page("/admin/audit", Permission::Administer),
    page("/admin/audit/{place}", Permission::Administer),
    api("GET", "/admin/audit/{place}/proof", Permission::Administer, Reads::Identity),
    api("GET", "/admin/audit/export", Permission::Administer, Reads::Identity),
    form("POST", "/admin/audit/verify", Permission::Administer),
    // The address itself is the proof.
    api("GET", "/feed/{file}", Permission::Public, Reads::Nothing),
    api("GET", "/api/openapi.json", Permission::Public, Reads::Nothing),
    // The key is the proof.
    api("POST", "/api/token", Permission::Public, Reads::Nothing),
    api("GET", "/api/events", Permission::OwnCalendars, Reads::Events).scoped(Scope::EventsRead),
    api("GET", "/api/free-busy", Permission::OwnCalendars, Reads::Events).scoped(Scope::FreeBusyRead),
    api("GET", "/api/calendar/status", Permission::OwnCalendars, Reads::Frame).scoped(Scope::CalendarRead),
    api("GET", "/api/bookings", Permission::Sell, Reads::Bookings).scoped(Scope::BookingsRead),
    api("GET", "/api/me/export", Permission::SignedIn, Reads::Identity).scoped(Scope::MeExport).proved_afresh(),
    api("GET", "/api/audit", Permission::Administer, Reads::Audit).scoped(Scope::AuditRead),
    api("DELETE", "/api/calendar/disconnect", Permission::OwnCalendars, Reads::Identity).stepped_up(),
    // Browsers are sent here and back, so somebody who is not signed in is led to sign-in.
    form("GET", "/api/calendar/connect/{provider}", Permission::OwnCalendars).stepped_up(),
    form("GET", "/api/calendar/callback/{provider}", Permission::OwnCalendars),
    api("GET", "/sf/calendar/progress", Permission::OwnCalendars, Reads::Frame),
    // What the island of a passkey asks before it asks the browser.
    api("POST", "/sf/passkey/register", Permission::SignedIn, Reads::Identity).proved_afresh(),
    api("POST", "/sf/passkey/authenticate", Permission::Public, Reads::Identity),
    // The address and the secret in each message are the proof.
    api("POST", "/webhooks/google/{token}", Permission::Public, Reads::Nothing),
    api("POST", "/webhooks/outlook/{token}", Permission::Public, Reads::Nothing),
    // The address and the signature are the proof.
    api("POST", "/webhooks/stripe/{token}", Permission::Public, Reads::Nothing),
    api("POST", "/webhooks/calendly/{token}", Permission::Public, Reads::Nothing),
    api("GET", "/healthz", Permission::Public, Reads::Nothing),
    api("GET", "/readyz", Permission::Public, Reads::Nothing),
    Route { development_only: true, ..page("/dev/mail", Permission::Public) },
    asset("/kairos.css"),
    asset("/favicon.svg"),
    asset("/favicon.ico"),
    asset("/logo.svg"),
    asset("/sprite.svg"),
    asset("/robots.txt"),
    asset("/fonts/{*file}"),
    asset("/pkg/{*file}"),
];

/// The route of a method and a path in axum's form. HEAD is GET without the body.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|route| route.method == method && route.path == path)
}

/// Whether a path, as browsers write it, is a page that can be shown.
pub fn is_page(path: &str) -> bool {
    let fits = |pattern: &str| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
                _ => return false,
            }
        }
    };
    ROUTES.iter().any(|route| route.is_shown() && fits(route.path))
}

/// The page that a form stands on: the nearest above it. `matched`: its path in axum's form; `path`: the same as it was asked for.
pub fn page_above<'path>(mut matched: &str, mut path: &'path str) -> Option<&'path str> {
    loop {
        (matched, path) = (matched.rsplit_once('/')?.0, path.rsplit_once('/')?.0);
        let (above, place) = if matched.is_empty() { ("/", "/") } else { (matched, path) };
        if ROUTES.iter().any(|route| route.is_shown() && route.path == above) {
            return Some(place);
        }
    }
}

/// Whether errors on this path are problem documents.
pub fn is_for_scripts(path: &str) -> bool {
    ["/api/", "/feed/", "/webhooks/", "/sf/", "/healthz", "/readyz", "/metrics"].iter().any(|prefix| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_is_in_the_table_twice() {
        let mut seen = std::collections::HashSet::new();
        for route in ROUTES {
            assert!(seen.insert((route.method, route.path)), "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn what_changes_something_is_never_a_get() {
        for route in ROUTES.iter().filter(|route| route.method == "GET") {
            for verb in ["disconnect", "sync", "sign-out", "delete"] {
                let confirmation = route.path.ends_with("/disconnect") && route.kind == Kind::Page;
                assert!(!route.path.ends_with(verb) || confirmation, "{}", route.path);
            }
        }
    }
}
