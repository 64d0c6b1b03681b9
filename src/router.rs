//! Every path to its handler. Who may use it is in `routes.rs`; what happens around it is in `middleware/`.

use axum::Router;
use axum::routing::{delete, get, post};

use crate::http::{
    administration, api_keys, assets, audit, booking, bookings, caldav, calendly, calendly_consent, callback, connect, connection,
    disconnect, events, feed, google, health, inbox, incidents, openapi, pages, passkeys, privacy, profile, progress, reconciliation,
    reset, sale, second_factor, security, selling, sign_in, sign_in_code, sign_in_passkey, sign_out, sign_up, status, token, verify,
    webhooks,
};
use crate::middleware;
use crate::state::AppState;

/// The whole site.
pub fn build(state: AppState) -> Router {
    // Those that begin, change or end sessions; all others only read them.
    let session = || middleware::session_layer(&state);
    #[cfg_attr(not(feature = "sandbox"), expect(unused_mut, reason = "only a development server has the outbox page"))]
    let mut router = Router::new()
        .route("/", get(pages::show))
        .route("/sign-in", get(pages::show).merge(post(sign_in::post).layer(session())))
        .route("/sign-in/code", get(pages::show).merge(post(sign_in_code::post).layer(session())))
        .route("/sign-in/google", get(google::begin).layer(session()))
        .route("/sign-in/google/callback", get(google::callback).layer(session()))
        .route("/sign-in/passkey", post(sign_in_passkey::post).layer(session()))
        .route("/sign-up", get(pages::show).post(sign_up::post))
        .route("/sign-out", post(sign_out::post).layer(session()))
        .route("/verify", get(pages::show).post(verify::post))
        .route("/verify/resend", post(verify::resend))
        .route("/forgot", get(pages::show).post(reset::request))
        .route("/reset", get(pages::show).merge(post(reset::post).layer(session())))
        .route("/app", get(pages::show))
        .route("/app/settings", get(pages::show))
        .route("/app/settings/caldav", get(pages::show).post(caldav::post))
        .route("/app/settings/profile", get(pages::show).post(profile::post))
        .route("/app/settings/security", get(pages::show))
        .route("/app/settings/security/password", post(security::change_password).layer(session()))
        .route("/app/settings/security/confirm", get(pages::show).post(second_factor::prove))
        .route("/app/settings/security/confirm/passkey", post(passkeys::prove))
        .route("/app/settings/security/confirm/google", get(google::begin_proof).layer(session()))
        .route("/app/settings/security/google", get(google::begin_link).layer(session()))
        .route("/app/settings/security/google/unlink", post(google::unlink))
        .route("/app/settings/security/passkeys", post(passkeys::register))
        .route("/app/settings/security/passkeys/remove", post(passkeys::remove))
        .route("/app/settings/security/totp", post(second_factor::begin))
        .route("/app/settings/security/totp/confirm", post(second_factor::confirm))
        .route("/app/settings/security/totp/remove", post(second_factor::remove))
        .route("/app/settings/security/recovery-codes", post(second_factor::renew_codes))
        .route("/app/settings/security/keys", get(pages::show).post(api_keys::make))
        .route("/app/settings/security/keys/end", post(api_keys::end))
        .route("/app/settings/security/sessions/end", post(security::end_session))
        .route("/app/settings/security/sessions/end-others", post(security::end_other_sessions))
        .route("/app/settings/privacy", get(pages::show))
        .route("/app/settings/privacy/erase", get(pages::show).post(privacy::erase))
        .route("/app/settings/privacy/erase/cancel", post(privacy::keep))
        .route("/app/settings/privacy/export", post(privacy::archive))
        .route("/app/settings/privacy/export/{id}", post(privacy::fetch))
        .route("/privacy", get(pages::show))
        .route("/privacy/requests/{token}", get(privacy::request))
        .route("/privacy/requests/{token}/cancel", post(privacy::keep_by_link))
        .route("/privacy/requests/{token}/certificate", get(privacy::certificate))
        .route("/app/settings/connections/{id}", get(pages::show))
        .route("/app/settings/connections/{id}/disconnect", get(pages::show).post(disconnect::post))
        .route("/app/settings/connections/{id}/calendars", post(connection::choose))
        .route("/app/settings/connections/{id}/sync", post(connection::sync))
        .route("/app/settings/connections/{id}/report", post(connection::report))
        .route("/app/calendar", get(pages::show))
        .route("/builder/connect", get(pages::show))
        .route("/builder/connect/calendly", post(calendly::connect))
        .route("/builder/connect/calendly/begin", get(calendly_consent::begin))
        .route("/builder/connect/calendly/callback", get(calendly_consent::callback))
        .route("/builder/connect/calendly/read", post(calendly::read))
        .route("/builder/connect/calendly/disconnect", post(calendly::disconnect))
        .route("/builder", get(pages::show))
        .route("/builder/profile", get(pages::show).post(selling::save_page))
        .route("/builder/sessions", get(pages::show))
        .route("/builder/sessions/new", get(pages::show).post(selling::save_session))
        .route("/builder/sessions/{id}", get(pages::show).post(selling::save_session))
        .route("/builder/sessions/{id}/open", post(selling::set_open))
        .route("/builder/bookings", get(pages::show))
        .route("/builder/reconciliation", get(pages::show).post(reconciliation::compare_everything))
        .route("/builder/bookings/export", get(selling::export))
        .route("/builder/bookings/{id}", get(pages::show))
        .route("/builder/bookings/{id}/cancel", get(pages::show).post(selling::cancel))
        .route("/builder/bookings/{id}/refund", post(selling::refund))
        .route("/builder/bookings/{id}/retry", post(selling::retry_refund))
        .route("/builder/bookings/{id}/no-show", post(selling::no_show))
        .route("/builder/bookings/{id}/compare", post(reconciliation::compare))
        .route("/app/bookings", get(pages::show))
        .route("/app/bookings/{id}", get(pages::show))
        .route("/b/{builder}", get(sale::shop))
        .route("/b/{builder}/{session}", get(sale::session).post(sale::hold))
        .route("/bookings/{token}", get(booking::page))
        .route("/bookings/{token}/pay", get(booking::pay))
        .route("/bookings/{token}/cancel", get(booking::ask).post(booking::cancel))
        .route("/bookings/{token}/session.ics", get(booking::file))
        .route("/admin", get(pages::show))
        .route("/admin/users", get(pages::show))
        .route("/admin/users/{id}", get(pages::show))
        .route("/admin/users/{id}/open", post(administration::open))
        .route("/admin/users/{id}/act", post(administration::act))
        .route("/admin/keys", get(pages::show))
        .route("/admin/privacy", get(pages::show))
        .route("/admin/jobs", get(pages::show))
        .route("/admin/jobs/rerun", post(administration::jobs))
        .route("/admin/jobs/remove", post(administration::jobs))
        .route("/admin/webhooks", get(pages::show))
        .route("/admin/webhooks/rerun", post(administration::rerun_delivery))
        .route("/admin/incidents", get(pages::show))
        .route("/admin/incidents/{id}", get(pages::show))
        .route("/admin/incidents/{id}/measure", post(incidents::measure))
        .route("/admin/incidents/{id}/note", post(incidents::note))
        .route("/admin/incidents/{id}/advance", post(incidents::advance))
        .route("/admin/incidents/{id}/check", post(incidents::check))
        .route("/admin/incidents/{id}/export", get(incidents::export))
        .route("/admin/audit", get(pages::show))
        .route("/admin/audit/{place}", get(pages::show))
        .route("/admin/audit/{place}/proof", get(audit::proof))
        .route("/admin/audit/export", get(audit::export))
        .route("/admin/audit/verify", post(audit::verify))
        .route("/feed/{file}", get(feed::get))
        .route("/app/settings/profile/days", post(profile::set_day))
        .route("/app/settings/profile/days/remove", post(profile::remove_day))
        .route("/app/settings/profile/feed", post(feed::make))
        .route("/app/settings/profile/feed/end", post(feed::end))
        .route("/sf/calendar/progress", get(progress::get))
        .route("/sf/passkey/register", post(passkeys::register_options).layer(session()))
        .route("/sf/passkey/authenticate", post(passkeys::authenticate_options).layer(session()))
        .route("/webhooks/google/{token}", post(webhooks::google))
        .route("/webhooks/outlook/{token}", post(webhooks::outlook))
        .route("/webhooks/stripe/{token}", post(inbox::stripe))
        .route("/webhooks/calendly/{token}", post(inbox::calendly))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    // Shows everybody's mail: not in a release at all, and elsewhere only in development, which listens on this machine only.
    #[cfg(feature = "sandbox")]
    if state.web.outbox.is_some() {
        router = router.route("/dev/mail", get(pages::outbox));
    }
    let router = router.merge(assets::router(&state.web.site_root)).method_not_allowed_fallback(pages::method_not_allowed);
    let site = middleware::around(router, &state).merge(middleware::around(api(), &state).layer(middleware::cors_layer(&state)));
    site.fallback(pages::not_found).layer(middleware::outermost(&state)).with_state(state)
}

/// What programs ask, and other sites' pages where they are allowed to.
fn api() -> Router<AppState> {
    Router::new()
        .route("/api/openapi.json", get(openapi::get))
        .route("/api/token", post(token::post))
        .route("/api/events", get(events::events))
        .route("/api/free-busy", get(events::free_busy))
        .route("/api/bookings", get(bookings::list))
        .route("/api/me/export", get(privacy::export))
        .route("/api/audit", get(audit::entries))
        .route("/api/calendar/status", get(status::get))
        .route("/api/calendar/disconnect", delete(disconnect::delete))
        .route("/api/calendar/connect/{provider}", get(connect::get))
        .route("/api/calendar/callback/{provider}", get(callback::get))
        .method_not_allowed_fallback(pages::method_not_allowed)
}
