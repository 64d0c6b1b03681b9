//! A world with a stand-in, and the short words tests are written in.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::accounts;
use domain::base::{Database, Op};
use domain::calendar::{self, ConnectProblem, ConnectionView, Day, EventPayload, HealthChange, Overview, StatusPayload, Titles, Wanted};
use domain::jobs::{Dispatch, Job, JobFailed, Recovery, Runner};
use domain::testing::{World, WorldOptions};
use domain::{Deps, notifications};
use providers::oauth::AuthorizeResponse;
use sandbox::{Sandbox, SandboxClock};
use types::{ConnectionId, Provider, UserId};

pub const ACCOUNT: &str = "noor.haddad@example.com";
pub const SESSION: &[u8] = b"a session";

/// A world whose Google is a stand-in of its own, on the same clock.
pub async fn world() -> (World, Sandbox) {
    let sandbox = stand_in().await;
    let world = World::new(options(&sandbox)).await;
    (world, sandbox)
}

pub async fn stand_in() -> Sandbox {
    let now = WorldOptions::default().now;
    let redirects = ["google", "outlook"].map(|name| format!("http://localhost:3000/api/calendar/callback/{name}"));
    Sandbox::start(([127, 0, 0, 1], 0).into(), redirects.into(), SandboxClock::new(move || now)).await.unwrap()
}

pub fn options(sandbox: &Sandbox) -> WorldOptions {
    WorldOptions { providers: Some((sandbox.base_url(), sandbox::CLIENT_ID, sandbox::CLIENT_SECRET)), ..WorldOptions::default() }
}

/// Moves the world's clock and the stand-in's together.
pub fn advance(world: &World, sandbox: &Sandbox, by: chrono::TimeDelta) {
    world.clock.advance(by);
    sandbox.clock().advance(by);
}

/// Goes to Google's consent page as a browser does; the answer is what comes back.
pub async fn consent(url: &str, decision: &str) -> AuthorizeResponse {
    consent_as(url, "google", ACCOUNT, decision).await
}

/// The same for any stand-in and account.
pub async fn consent_as(url: &str, stand_in: &str, account: &str, decision: &str) -> AuthorizeResponse {
    let url: reqwest_url::Url = url.parse().unwrap();
    let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    form.push(("account".to_owned(), account.to_owned()));
    form.push(("decision".to_owned(), decision.to_owned()));
    let target = format!("{}/{stand_in}/consent", url.origin().ascii_serialization());
    let location = post_form(&target, &form).await;
    let back: reqwest_url::Url = location.parse().unwrap();
    let get = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    AuthorizeResponse { state: get("state"), code: get("code"), error: get("error") }
}

mod reqwest_url {
    pub use providers::Url;
}

/// Posts a form without following the redirect; the answer is where it leads.
async fn post_form(url: &str, form: &[(String, String)]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let url: reqwest_url::Url = url.parse().unwrap();
    let body: String = form
        .iter()
        .map(|(name, value)| {
            let encode = |text: &str| {
                text.bytes().fold(String::new(), |out, byte| {
                    if byte.is_ascii_alphanumeric() { out + &char::from(byte).to_string() } else { out + &format!("%{byte:02X}") }
                })
            };
            format!("{}={}", encode(name), encode(value))
        })
        .collect::<Vec<_>>()
        .join("&");
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        url.path(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_else(|| panic!("no redirect: {answer}"));
    location.trim().to_owned()
}

/// Connects Google whole.
pub async fn connect(world: &World, user: UserId) -> ConnectionId {
    try_connect(world, user, "allow").await.unwrap()
}

/// Connects a Microsoft account whole, or says why not.
pub async fn try_connect_outlook(world: &World, user: UserId, account: &str, decision: &str) -> Result<ConnectionId, ConnectProblem> {
    let op = world.as_user(user);
    let url = calendar::start(&world.deps, &op, Provider::Outlook, SESSION, None).await?;
    calendar::finish(&world.deps, &op, Provider::Outlook, SESSION, consent_as(&url, "microsoft", account, decision).await).await
}

pub async fn try_connect(world: &World, user: UserId, decision: &str) -> Result<ConnectionId, ConnectProblem> {
    let op = world.as_user(user);
    let url = calendar::start(&world.deps, &op, Provider::Google, SESSION, None).await?;
    calendar::finish(&world.deps, &op, Provider::Google, SESSION, consent(&url, decision).await).await
}

/// Connections of the person to servers that nobody asks, one of each number.
pub async fn other_connections(world: &World, user: UserId, numbers: std::ops::RangeInclusive<i32>) {
    sqlx::query(
        "insert into calendar_connections (id, user_id, provider, status, account_hash, account_sealed, created_at)
         select gen_random_uuid(), $1, 'caldav', 'active', decode(lpad(to_hex(n), 8, '0'), 'hex'), '', $2 from generate_series($3, $4) n",
    )
    .bind(user.0)
    .bind(world.deps.now())
    .bind(numbers.start())
    .bind(numbers.end())
    .execute(&world.behind().await)
    .await
    .unwrap();
}

/// Connects and reads.
pub async fn connected(world: &World, user: UserId) -> ConnectionId {
    let connection = connect(world, user).await;
    sync(world, user, connection).await;
    connection
}

/// Reads a connection once, as its job does.
pub async fn sync(world: &World, user: UserId, connection: ConnectionId) {
    calendar::sync(&world.deps, &job(world, user), connection).await.unwrap();
}

pub fn job(world: &World, user: UserId) -> Op {
    Op::job(world.deps.new_request_id(), Some(user))
}

/// The only connection, as the settings page shows it.
pub async fn view(world: &World, user: UserId) -> ConnectionView {
    overview(world, user).await.connections.remove(0)
}

/// Today, tomorrow, and every connection with its last fifty runs.
pub async fn overview(world: &World, user: UserId) -> Overview {
    let page = world.page(user, &Wanted { days: 2, runs: 50, ..Wanted::FRAME }).await;
    Overview { days: page.days(page.today(), 2, Titles::Opened), connections: page.connections() }
}

/// What `GET /api/calendar/status` says, and the settings page shows.
pub async fn status(world: &World, user: UserId) -> StatusPayload {
    calendar::status(&world.page(user, &Wanted::FRAME).await)
}

/// Events between two instants.
pub async fn events(world: &World, user: UserId, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<EventPayload> {
    calendar::events(&world.page(user, &Wanted { between: Some((from, to)), ..Wanted::FRAME }).await, from, to)
}

/// How a connection was.
pub async fn health_history(world: &World, user: UserId, connection: ConnectionId) -> Vec<HealthChange> {
    world.page(user, &Wanted { connection: Some(connection), ..Wanted::FRAME }).await.health().to_vec()
}

/// Today.
pub async fn today(world: &World, user: UserId) -> Day {
    overview(world, user).await.days.remove(0)
}

/// What every job means, as the server knows it.
pub struct Everything(pub Deps);

#[async_trait::async_trait]
impl Dispatch for Everything {
    async fn dispatch(&self, job: Job) -> Result<(), JobFailed> {
        let op = Op::job(self.0.new_request_id(), job.user());
        let failed = |error: String| JobFailed(error);
        match job {
            Job::SyncConnection { connection, .. } => {
                calendar::sync(&self.0, &op, connection).await.map_err(|error| failed(error.to_string()))
            }
            Job::MaintainChannels { connection, .. } => {
                calendar::maintain_channels(&self.0, &op, connection).await.map_err(|error| failed(error.to_string()))
            }
            Job::RevokeToken { user, revocation } => {
                calendar::revoke_token(&self.0, &op, user, revocation).await.map_err(|error| failed(error.to_string()))
            }
            Job::MakeLink { user, purpose } => {
                accounts::make_link(&self.0, &op, user, purpose).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendLink { user, token, purpose } => {
                notifications::link(&self.0, &op, user, token, purpose).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendAlreadySignedUp { .. } => {
                notifications::already_signed_up(&self.0, &op).await.map_err(|error| failed(error.to_string()))
            }
            Job::MailBrokenConnection { connection, since, day, .. } => {
                notifications::broken_connection(&self.0, &op, connection, since, day).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendPasswordChanged { .. } => {
                notifications::password_changed(&self.0, &op).await.map_err(|error| failed(error.to_string()))
            }
            Job::ReadCalendly { user } => match domain::scheduling::read_calendly(&self.0, &op, user).await {
                Ok(()) | Err(domain::scheduling::SchedulingError::Calendly(_)) => Ok(()),
                Err(error) => Err(failed(error.to_string())),
            },
            Job::SendSignInChanged { change, .. } => {
                notifications::sign_in_changed(&self.0, &op, change).await.map_err(|error| failed(error.to_string()))
            }
            Job::MailBrokenCalendly { .. } => notifications::broken_calendly(&self.0, &op).await.map_err(|error| failed(error.to_string())),
            Job::SendApiKeyMade { key, .. } => {
                notifications::api_key_made(&self.0, &op, key).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendNewBrowser { label, .. } => {
                notifications::new_browser(&self.0, &op, label).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendAlert { incident } => {
                domain::incidents::send_alerts(&self.0, &op, incident).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendAlertBy { incident, channel: domain::jobs::AlertChannel::Mail } => {
                notifications::incident_alert(&self.0, &op, incident).await.map_err(|error| failed(error.to_string()))
            }
            Job::SendAlertBy { incident, channel } => {
                domain::incidents::post_alert(&self.0, &op, incident, channel).await.map_err(|error| failed(error.to_string()))
            }
            Job::ReconcileBookings => domain::booking::reconcile(&self.0, &op).await.map_err(|error| failed(error.to_string())),
            Job::LookAfter => domain::upkeep::look_after(&self.0, &op).await.map_err(|error| failed(error.to_string())),
            Job::ScanSealed => domain::upkeep::scan(&self.0, &op).await.map_err(|error| failed(error.to_string())),
            Job::RewrapKeys => domain::administration::rewrap_keys(&self.0, &op).await.map_err(|error| failed(error.to_string())),
            Job::CatchUpWithStripe => domain::webhooks::catch_up(&self.0).await.map_err(|error| failed(error.to_string())),
            Job::CompareWithCalendly { .. }
            | Job::ReleaseHold { .. }
            | Job::BookAtCalendly { .. }
            | Job::CancelAtCalendly { .. }
            | Job::TellNoShow { .. }
            | Job::SendRefund { .. }
            | Job::FinishBooking { .. }
            | Job::RepairBooking { .. }
            | Job::OpenDelivery { .. }
            | Job::EraseUser { .. }
            | Job::SendPrivacyMail { .. }
            | Job::WriteArchive { .. }
            | Job::SendArchiveReady { .. }
            | Job::SendBookingMail { .. } => unreachable!("nothing is sold and nobody forgotten in these tests"),
            Job::CopyCheckpoint => domain::audit::copy_checkpoint(&self.0).await.map_err(|error| failed(error.to_string())),
            Job::MailCheckpoint => notifications::checkpoint(&self.0, &op).await.map_err(|error| failed(error.to_string())),
            Job::VerifyAudit { verification } => {
                domain::audit::verify(&self.0, &op, verification).await.map_err(|error| failed(error.to_string()))
            }
            Job::PurgeExpired => domain::upkeep::purge_expired(&self.0, &domain::Op::job(self.0.new_request_id(), None))
                .await
                .map_err(|error| failed(error.to_string())),
        }
    }
}

/// A worker of the world's own.
pub fn runner(world: &World) -> Runner {
    let recovery =
        Recovery { heartbeat: Duration::from_millis(200), dead_after: Duration::from_secs(1), first_pause: Duration::from_millis(20) };
    let pool = Database::lazy_for_a_library(world.database.server(), 8).pool().clone();
    Runner::new(pool, Arc::new(Everything(world.deps.clone())), recovery)
}

/// Every event that counts, by key and time.
pub async fn event_list(world: &World) -> Vec<(Vec<u8>, chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>, bool)> {
    sqlx::query_as(
        "select e.event_key, e.starts_at, e.ends_at, e.busy from calendar_events e
         join calendars c on c.id = e.calendar_id and c.generation = e.generation order by 1, 2",
    )
    .fetch_all(&world.behind().await)
    .await
    .unwrap()
}

pub async fn event_count(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from calendar_events e join calendars c on c.id = e.calendar_id and c.generation = e.generation")
        .fetch_one(&world.behind().await)
        .await
        .unwrap()
}
