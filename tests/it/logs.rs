//! A whole run's logs hold no secret and no personal value.

use std::io::Write;
use std::sync::{Arc, Mutex};

use sandbox::{Fault, FaultKind, IdTokenFault, Route};
use tracing_subscriber::EnvFilter;
use types::Role;

use crate::authenticator::{Authenticator, add, sign_in};
use crate::selling::scene::{CARD, LATER, SLOT, Stall, stall};
use crate::support::{WEBHOOK_TOKEN, between, consent, site};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that is logged from here on. Each test runs in a process of its own.
fn captured() -> Captured {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt().json().with_env_filter(EnvFilter::new("info")).with_writer(move || writer.clone()).init();
    captured
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn a_sale_leaves_nothing_of_its_client_and_no_secret_of_its_providers_in_any_log_line() {
    let captured = captured();
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "planted.client@example.com").await;
    let sold = stall.sold(LATER, "planted.client@example.com").await;
    // The providers' own words are not repeated where a call fails.
    for route in [Route::StripeCheckout, Route::StripeRefund, Route::CalendlyBook, Route::CalendlyEvents] {
        let down = FaultKind::Status { status: 500, reason: "planted reason".to_owned(), retry_after: None };
        stall.site.sandbox.inject(Fault::next(route, 1, down));
    }
    let failed = stall.hold("2026-11-27T09:00:00Z", "planted.client@example.com").await;
    assert!(!failed.body.contains("planted reason"));
    stall.pay(&session, CARD);
    stall.cancel(&sold).await;
    stall.settle().await;
    stall.site.post(&Stall::webhook("stripe"), None, "planted=body").await;
    stall.site.post(&format!("{path}/cancel"), None, "back=planted").await;
    let logs = captured.text();
    assert!(logs.lines().count() > 40 && logs.contains("/bookings/{token}"), "the sale was logged");
    let nameless: Vec<_> = logs.lines().filter(|line| line.contains("\"target\":\"kairos") && !line.contains("request_id")).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
    let (token, other) = (path.rsplit('/').next().unwrap(), sold.rsplit('/').next().unwrap());
    for planted in [
        "planted",
        "Tomasz",
        "Wrona",
        "example.com",
        "Bruno Costa",
        "rk_test_",
        "whsec_",
        "t=1",
        WEBHOOK_TOKEN,
        sandbox::CALENDLY_TOKEN,
        token,
        other,
        "/stripe/pay/",
        "127.0.0.1",
    ] {
        let line = logs.lines().find(|line| line.contains(planted));
        assert!(line.is_none(), "{planted} is in {line:?}");
    }
}

#[tokio::test]
async fn no_secret_and_no_personal_value_is_in_any_log_line() {
    let captured = captured();
    let site = site().await;
    let (user, cookie) = site.signed_in("planted.person@example.com", &[Role::User]).await;
    site.post("/sign-in", None, "email=planted.person%40example.com&password=planted-wrong-password").await;
    let connection = site.connect_google(&cookie).await;
    let op = domain::Op::job(site.world.deps.new_request_id(), Some(user));
    domain::calendar::sync(&site.world.deps, &op, connection).await.unwrap();
    for path in [
        "/app",
        "/app/settings",
        "/nowhere?token=planted-token",
        "/verify?token=planted-token",
        "/api/calendar/callback/google?code=planted-code&state=planted-state",
    ] {
        site.get(path, Some(&cookie)).await;
    }
    site.post("/app/settings/caldav", Some(&cookie), "server=https%3A%2F%2F10.0.0.1&username=planted.person&password=planted-app-password")
        .await;
    let mut key = Authenticator::new(b"planted-credential");
    let added = add(&site, &cookie, &mut key, "planted+phone").await;
    let recovery = between(&added.body, "<ul class=\"codes\"><li><code>", "<").to_owned();
    sign_in(&site, &mut key).await;
    key.origin = "https://planted.example";
    sign_in(&site, &mut key).await;
    for fault in [None, Some(IdTokenFault::ForeignKey)] {
        site.sandbox.google(|google| google.id_token_fault = fault);
        let away = site.get("/sign-in/google", None).await;
        let waiting = away.cookie();
        let back = consent(away.header("location"), "google", "sofia.almeida@example.com").await;
        site.get(back.strip_prefix("http://localhost:3000").unwrap(), Some(&waiting)).await;
    }
    let (_, builders) = site.signed_in("bruno@example.com", &[Role::User, Role::Builder]).await;
    for token in [sandbox::CALENDLY_TOKEN, "planted-calendly-token"] {
        site.post("/builder/connect/calendly", Some(&builders), &format!("access_token={token}")).await;
    }
    site.sandbox.google(|google| google.revoke_account("noor.haddad@example.com"));
    domain::calendar::sync(&site.world.deps, &op, connection).await.unwrap();
    let logs = captured.text();
    assert!(logs.lines().count() > 12, "something was logged");
    let requests: Vec<_> = logs.lines().filter(|line| line.contains("\"message\":\"request\"")).collect();
    assert!(requests.len() > 10);
    for part in ["client", "agent", "request_id", "route", "method", "milliseconds"] {
        assert!(requests.iter().all(|line| line.contains(&format!("\"{part}\":"))), "{part}");
    }
    assert!(!recovery.is_empty() && logs.contains("a passkey was refused") && logs.contains("Google's answer was not taken"));
    // What is written while a request is answered, or a job is done, can be found by its id.
    let nameless: Vec<_> = logs.lines().filter(|line| line.contains("\"target\":\"kairos") && !line.contains("request_id")).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
    let session = cookie.split('=').nth(1).unwrap();
    for planted in [
        "planted",
        "example.com",
        "Noor Haddad",
        domain::testing::PASSWORD,
        "ya29.",
        "1//0",
        "4/0A",
        session,
        "Pricing review",
        "Sofia Almeida",
        "Bruno Costa",
        sandbox::CALENDLY_TOKEN,
        &hex::encode("planted-credential"),
        &recovery,
        "eyJ",
        "127.0.0.1",
    ] {
        let line = logs.lines().find(|line| line.contains(planted));
        assert!(line.is_none(), "{planted} is in {line:?}");
    }
}
