//! The process is killed (SIGKILL) at every call of a provider's that stands between two commits: before the provider did it, and after it did but
//! before the answer. Whoever takes over brings every booking to its right end, once.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Datelike, TimeDelta, Timelike, Utc, Weekday};
use domain::audit;
use domain::base::{Clock, Database, SystemClock};
use domain::booking;
use domain::jobs::{Job, Recovery, Runner, enqueue};
use domain::privacy;
use domain::testing::World;
use kairos::dispatch::Dispatcher;
use sandbox::{Fault, FaultKind, Route};
use types::BookingId;

use super::scene::{CARD, SESSION, Stall, form, stall_on};
use crate::process::{Serving, kairos, until};
use crate::support::{WEBHOOK_TOKEN, site_now};

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(600);

/// Kairos in a process of its own, on the database of a stall and between its stand-ins.
struct Process {
    serving: Serving,
    _folder: tempfile::TempDir,
}

impl Process {
    async fn start(stall: &Stall) -> Self {
        let (folder, base) = (tempfile::tempdir().unwrap(), stall.site.sandbox.base_url());
        let mut command = kairos(&stall.site.world.database, folder.path());
        command
            .env("PUBLIC_URL", "http://localhost:3000")
            .env("WEBHOOK_PATH_TOKEN", WEBHOOK_TOKEN)
            // All of them given, it brings no stand-ins of its own.
            .envs(["GOOGLE", "OUTLOOK", "CALENDLY"].map(|name| (format!("{name}_CLIENT_ID"), sandbox::CLIENT_ID)))
            .envs(["GOOGLE", "OUTLOOK", "CALENDLY"].map(|name| (format!("{name}_CLIENT_SECRET"), sandbox::CLIENT_SECRET)))
            .env("CALENDLY_WEBHOOK_SECRET", hex::encode(stall.site.world.deps.vault.link().hash("calendly webhook", b"")))
            .envs(
                [("AUTH_URL", "o/oauth2/v2/auth"), ("TOKEN_URL", "token"), ("REVOKE_URL", "revoke"), ("API_URL", "calendar/v3")]
                    .map(|(name, path)| (format!("GOOGLE_{name}"), format!("{base}/google/{path}"))),
            )
            .env("CALENDLY_API_URL", format!("{base}/calendly"))
            .env("STRIPE_API_URL", format!("{base}/stripe"))
            .env("STRIPE_SECRET_KEY", "rk_test_sandbox")
            .env("STRIPE_WEBHOOK_SECRET", "whsec_sandbox");
        Self { serving: Serving::start(command, folder.path()).await, _folder: folder }
    }

    /// A browser asks it; no answer when it dies meanwhile.
    fn ask(&self, method: reqwest::Method, path: &str, body: String) -> tokio::task::JoinHandle<()> {
        #[expect(clippy::disallowed_methods, reason = "a browser, not the server")]
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let request = client.request(method, format!("http://{}{path}", self.serving.address));
        let request =
            request.header("sec-fetch-site", "same-origin").header("content-type", "application/x-www-form-urlencoded").body(body);
        tokio::spawn(async move { drop(request.send().await) })
    }
}

/// A time that can be booked, whatever day it is.
fn slot() -> String {
    let mut at = SystemClock.now() + TimeDelta::days(3);
    while matches!(at.weekday(), Weekday::Sat | Weekday::Sun) {
        at += TimeDelta::days(1);
    }
    at.with_hour(10).unwrap().with_minute(0).unwrap().format("%Y-%m-%dT%H:%M:00Z").to_string()
}

/// A stall on the clock of this machine, whose queue runs on it too.
async fn stall_now() -> Stall {
    let stall = stall_on(site_now().await).await;
    for statement in [
        "drop trigger out_of_reach on graphile_worker._private_jobs",
        "update graphile_worker._private_jobs set run_at = run_at - interval '100 years' where run_at > now() + interval '50 years'",
    ] {
        sqlx::query(statement).execute(&stall.behind).await.unwrap();
    }
    stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
    stall
}

/// Lets the process run until it is in the middle of a call, and kills it there.
async fn kill_at(stall: &Stall, route: Route, kind: FaultKind, begin: impl AsyncFnOnce(&Process)) {
    let mut process = Process::start(stall).await;
    let before = stall.site.sandbox.calls(route);
    stall.site.sandbox.inject(Fault::next(route, 1, kind));
    begin(&process).await;
    until("the call", async || stall.site.sandbox.calls(route) > before).await;
    process.serving.kill();
    stall.site.sandbox.heal();
}

/// Another replica, ten minutes later, takes over what the dead one had in hand, without any webhook, until a booking stands where it belongs.
async fn take_over(stall: &Stall, path: &str, status: &str) {
    take_over_until(stall, status, async || stall.status(path).await == status).await;
}

async fn take_over_until(stall: &Stall, what: &str, is_so: impl AsyncFn() -> bool) {
    stall.site.sandbox.clock().advance(TimeDelta::minutes(10));
    let next = World::on(Arc::clone(&stall.site.world.database), stall.options()).await;
    next.clock.advance(TimeDelta::minutes(10));
    let recovery =
        Recovery { heartbeat: Duration::from_millis(100), dead_after: Duration::from_millis(500), first_pause: Duration::from_millis(20) };
    let pool = Database::lazy_for_a_library(next.database.server(), 8).pool().clone();
    let runner = Arc::new(Runner::new(pool, Arc::new(Dispatcher::new(next.deps.clone())), recovery));
    let working = tokio::spawn({
        let runner = Arc::clone(&runner);
        async move { runner.run().await }
    });
    let mut tx = next.deps.database.begin(None).await.unwrap();
    enqueue(&mut tx, Job::ReconcileBookings).unwrap();
    tx.commit().await.unwrap();
    until(what, async || {
        // As a server does twice a second.
        audit::seal(&next.deps).await.unwrap();
        is_so().await
    })
    .await;
    // And nothing of it is done a second time: what is still in the queue runs out.
    until("the queue is empty", async || {
        stall.count("select count(*) from graphile_worker._private_jobs where run_at <= now() and attempts < max_attempts and payload::text like '%\"booking\"%'").await == 0
    })
    .await;
    runner.stop();
    working.await.unwrap();
}

/// What must be so whatever died: one charge at most, one event at most, and an entry in the audit log for each change.
async fn holds(stall: &Stall, balance: i64, events: usize, refunds: usize) {
    assert_eq!((stall.balance(), stall.events().len()), (balance, events));
    assert_eq!(stall.site.sandbox.stripe(|stripe| stripe.refunds().len()), refunds);
    let changes = stall.count("select count(*) from booking_changes").await;
    assert_eq!(stall.count("select count(*) from audit_events where action = 'booking.changed'").await, changes);
}

const BEFORE: FaultKind = FaultKind::Slow(NEVER);
const AFTER: FaultKind = FaultKind::SlowAnswer(NEVER);

/// Somebody is at Stripe's page, by a process that goes on.
async fn reserved(stall: &Stall) -> (String, String) {
    stall.reserve(&slot(), "tomasz@example.com").await
}

#[tokio::test]
async fn killed_while_stripe_s_page_is_opened_the_client_sends_the_form_again_and_pays_once() {
    for kind in [BEFORE, AFTER] {
        let stall = stall_now().await;
        stall.site.get(SESSION, None).await;
        let attempt = stall.site.world.deps.new_id().to_string();
        let typed = form(&slot(), "tomasz@example.com", &attempt);
        kill_at(&stall, Route::StripeCheckout, kind, async |process| {
            process.ask(reqwest::Method::POST, SESSION, typed);
        })
        .await;
        let again = stall.hold_with(&slot(), "tomasz@example.com", &attempt).await;
        let session = again.header("location").rsplit('/').next().unwrap().to_owned();
        let path = stall.path_of(&session);
        stall.pay(&session, CARD);
        take_over(&stall, &path, "confirmed").await;
        holds(&stall, 14_000, 1, 0).await;
        assert_eq!(stall.count("select count(*) from bookings").await, 1);
    }
}

#[tokio::test]
async fn killed_anywhere_between_the_payment_and_the_booking_it_is_confirmed_once() {
    for route in [Route::StripeSession, Route::CalendlyEvents, Route::CalendlyBook] {
        for kind in [BEFORE, AFTER] {
            let stall = stall_now().await;
            let (session, path) = reserved(&stall).await;
            stall.pay(&session, CARD);
            kill_at(&stall, route, kind, async |process| {
                process.ask(reqwest::Method::GET, &format!("{path}?back=paid"), String::new());
            })
            .await;
            take_over(&stall, &path, "confirmed").await;
            holds(&stall, 14_000, 1, 0).await;
        }
    }
}

#[tokio::test]
async fn killed_while_a_cancelled_session_is_undone_the_money_goes_back_once_and_the_hour_is_free() {
    for route in [Route::CalendlyCancel, Route::StripeRefund] {
        for kind in [BEFORE, AFTER] {
            let stall = stall_now().await;
            let (session, path) = reserved(&stall).await;
            stall.pay(&session, CARD);
            take_over(&stall, &path, "confirmed").await;
            let (deps, id) = (stall.site.world.deps.clone(), BookingId(stall.id_of(&path).await));
            kill_at(&stall, route, kind, async |_| {
                // The builder cancels; the process does what follows.
                booking::cancel(&deps, &stall.site.world.as_user(stall.builder), stall.builder, id, None).await.unwrap();
            })
            .await;
            take_over(&stall, &path, "refunded").await;
            until("Calendly heard of it", async || stall.events().is_empty()).await;
            holds(&stall, 0, 0, 1).await;
        }
    }
}

#[tokio::test]
async fn killed_while_a_part_is_given_back_exactly_that_part_goes_back() {
    for kind in [BEFORE, AFTER] {
        let stall = stall_now().await;
        let (session, path) = reserved(&stall).await;
        stall.pay(&session, CARD);
        take_over(&stall, &path, "confirmed").await;
        let (deps, id) = (stall.site.world.deps.clone(), BookingId(stall.id_of(&path).await));
        kill_at(&stall, Route::StripeRefund, kind, async |_| {
            booking::give_back(&deps, &stall.site.world.as_user(stall.builder), id, "40", Some(14_000), "goodwill").await.unwrap();
        })
        .await;
        take_over(&stall, &path, "confirmed").await;
        until("the part is back", async || stall.balance() == 10_000).await;
        holds(&stall, 10_000, 1, 1).await;
    }
}

#[tokio::test]
async fn killed_while_a_move_is_followed_the_payment_moves_along_and_nothing_is_charged_or_given_back() {
    for kind in [BEFORE, AFTER] {
        let stall = stall_now().await;
        let (session, path) = reserved(&stall).await;
        stall.pay(&session, CARD);
        take_over(&stall, &path, "confirmed").await;
        let later = slot().parse::<chrono::DateTime<Utc>>().unwrap() + TimeDelta::hours(3);
        let invitee =
            stall.site.sandbox.calendly(|calendly| calendly.invitees())[0]["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let now = stall.site.sandbox.clock().now();
        assert!(stall.site.sandbox.calendly(|calendly| calendly.reschedule(&invitee, later, now)));
        let (deps, id) = (stall.site.world.deps.clone(), BookingId(stall.id_of(&path).await));
        kill_at(&stall, Route::CalendlyEvents, kind, async |_| {
            let mut tx = deps.database.begin(None).await.unwrap();
            enqueue(&mut tx, Job::RepairBooking { user: stall.builder, booking: id }).unwrap();
            tx.commit().await.unwrap();
        })
        .await;
        take_over(&stall, &path, "confirmed").await;
        let starts_at = async || -> chrono::DateTime<Utc> {
            sqlx::query_scalar("select starts_at from bookings").fetch_one(&stall.behind).await.unwrap()
        };
        until("it has moved", async || starts_at().await == later).await;
        holds(&stall, 14_000, 1, 0).await;
    }
}

#[tokio::test]
async fn killed_while_somebody_is_forgotten_they_are_forgotten_once_and_nothing_of_their_clients_money_is_lost() {
    for route in [Route::StripeRefund, Route::CalendlyCancel, Route::GoogleRevoke] {
        for kind in [BEFORE, AFTER] {
            let stall = stall_now().await;
            let (session, path) = reserved(&stall).await;
            stall.pay(&session, CARD);
            take_over(&stall, &path, "confirmed").await;
            stall.site.connect_google(&stall.cookie).await;
            let request = privacy::ask_erasure(&stall.site.world.deps, &stall.site.world.as_user(stall.builder)).await.unwrap();
            // The fourteen days are over.
            for statement in [
                "update privacy_requests set runs_at = now() - interval '1 hour', asked_at = now() - interval '15 days'",
                "update graphile_worker._private_jobs set run_at = now() - interval '1 second' where payload->>'job' = 'erase_user'",
                "update oauth_attempts set used_at = used_at - interval '15 days'",
            ] {
                sqlx::query(statement).execute(&stall.behind).await.unwrap();
            }
            kill_at(&stall, route, kind.clone(), async |_| {
                // What waits for money looks again every ten minutes: here at once, as often as it takes.
                let behind = stall.behind.clone();
                tokio::spawn(async move {
                    let nudge = "update graphile_worker._private_jobs set run_at = now() where payload->>'job' = 'erase_user' and locked_at is null and run_at > now()";
                    for _ in 0..400 {
                        drop(sqlx::query(nudge).execute(&behind).await);
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                });
            })
            .await;
            take_over_until(&stall, "they are forgotten", async || stall.count("select count(*) from users").await == 0).await;
            assert_eq!((stall.balance(), stall.events().len()), (0, 0), "{route:?} {kind:?}");
            assert_eq!(stall.site.sandbox.stripe(|stripe| stripe.refunds().len()), 1, "{route:?} {kind:?}");
            assert_eq!(stall.count("select count(*) from audit_events where action = 'privacy.erased'").await, 1, "{request}");
            assert_eq!(stall.count("select count(*) from privacy_requests where status = 'done'").await, 1);
            assert!(!stall.site.sandbox.google(|google| google.has_grant("noor.haddad@example.com")), "{route:?} {kind:?}");
        }
    }
}
