//! Every path, its methods, and who may use it: the one table behind the router, the authorisation and their tests.

use types::Permission;

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
    /// Whether it exists on development servers only.
    pub development_only: bool,
}

const fn page(method: &'static str, path: &'static str, permission: Permission) -> Route {
    Route { method, path, permission, kind: Kind::Page, development_only: false }
}

const fn api(method: &'static str, path: &'static str, permission: Permission) -> Route {
    Route { method, path, permission, kind: Kind::Api, development_only: false }
}

const fn asset(path: &'static str) -> Route {
    Route { method: "GET", path, permission: Permission::Public, kind: Kind::Asset, development_only: false }
}

/// The table. A path that is not in it is answered to nobody.
pub const ROUTES: &[Route] = &[
    page("GET", "/", Permission::Public),
    page("GET", "/sign-in", Permission::Public),
    page("POST", "/sign-in", Permission::Public),
    page("GET", "/sign-up", Permission::Public),
    page("POST", "/sign-up", Permission::Public),
    page("POST", "/sign-out", Permission::Public),
    page("GET", "/verify", Permission::Public),
    page("POST", "/verify", Permission::Public),
    page("POST", "/verify/resend", Permission::Public),
    page("GET", "/forgot", Permission::Public),
    page("POST", "/forgot", Permission::Public),
    page("GET", "/reset", Permission::Public),
    page("POST", "/reset", Permission::Public),
    page("GET", "/app", Permission::OwnCalendars),
    page("GET", "/app/calendar", Permission::OwnCalendars),
    page("GET", "/app/settings", Permission::OwnCalendars),
    page("GET", "/app/settings/caldav", Permission::OwnCalendars),
    page("POST", "/app/settings/caldav", Permission::OwnCalendars),
    page("GET", "/app/settings/profile", Permission::OwnCalendars),
    page("POST", "/app/settings/profile", Permission::OwnCalendars),
    page("GET", "/app/settings/connections/{id}", Permission::OwnCalendars),
    page("GET", "/app/settings/connections/{id}/disconnect", Permission::OwnCalendars),
    page("POST", "/app/settings/connections/{id}/disconnect", Permission::OwnCalendars),
    page("POST", "/app/settings/connections/{id}/calendars", Permission::OwnCalendars),
    page("POST", "/app/settings/connections/{id}/sync", Permission::OwnCalendars),
    page("POST", "/app/settings/connections/{id}/report", Permission::OwnCalendars),
    page("POST", "/app/settings/profile/feed", Permission::OwnCalendars),
    page("POST", "/app/settings/profile/feed/end", Permission::OwnCalendars),
    // The address itself is the proof.
    api("GET", "/feed/{file}", Permission::Public),
    api("GET", "/api/events", Permission::OwnCalendars),
    api("GET", "/api/free-busy", Permission::OwnCalendars),
    api("GET", "/api/calendar/status", Permission::OwnCalendars),
    api("DELETE", "/api/calendar/disconnect", Permission::OwnCalendars),
    // Browsers are sent here and back, so somebody who is not signed in is led to sign-in.
    page("GET", "/api/calendar/connect/{provider}", Permission::OwnCalendars),
    page("GET", "/api/calendar/callback/{provider}", Permission::OwnCalendars),
    api("GET", "/sf/calendar/progress", Permission::OwnCalendars),
    // The address and the secret in each message are the proof.
    api("POST", "/webhooks/google/{token}", Permission::Public),
    api("POST", "/webhooks/outlook/{token}", Permission::Public),
    api("GET", "/healthz", Permission::Public),
    api("GET", "/readyz", Permission::Public),
    Route { method: "GET", path: "/dev/mail", permission: Permission::Public, kind: Kind::Page, development_only: true },
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
    ROUTES.iter().any(|route| route.method == "GET" && route.kind == Kind::Page && !route.path.starts_with("/api/") && fits(route.path))
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
