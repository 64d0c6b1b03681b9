//! `kairos serve`: the site and the jobs, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use domain::jobs::{Recovery, Runner};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::keep::{SEAL_EVERY, keep_guarding, keep_sealing};
use super::reload::Reloading;
use super::start::{build_state, open_memory};
use crate::config::Config;
use crate::current::Current;
use crate::dispatch::Dispatcher;
use crate::state::AppState;
use crate::{http, telemetry};

/// How long requests in flight may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long jobs and work that outlives its request may take after that; container platforms kill after thirty seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// Serves until SIGINT or SIGTERM.
pub async fn serve() -> Result<(), Vec<String>> {
    let config = Config::load().await?;
    let traces = super::start::traces(&config).map_err(|error| vec![error])?;
    telemetry::init(config.environment, config.security_log.as_deref(), traces.as_ref()).map_err(|error| vec![error])?;
    let metrics = telemetry::recorder().map_err(|error| vec![error])?;
    let served = Box::pin(run(config, metrics)).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    served.map_err(|line| vec![line])
}

async fn run(config: Config, metrics: telemetry::Metrics) -> Result<(), String> {
    // Taken first, so that a port in use is told before anything is started.
    let listener = bind("LISTEN_ADDR", config.network.listen).await?;
    let metrics_listener = bind("METRICS_ADDR", config.network.metrics).await?;
    let public_origin = config.network.public_origin();
    let memory = Arc::new(open_memory(&config).await?);
    let sandbox_url = start_sandbox(&config).await?;
    let known = config.secrets_digest;
    let state = build_state(config, &memory, sandbox_url.clone()).await?;
    #[cfg(feature = "sandbox")]
    if sandbox_url.is_some() {
        crate::demo::seed(&state).await.map_err(|error| format!("the demo people: {error}"))?;
    }

    let op = domain::Op::job(state.deps.new_request_id(), None);
    if let Err(error) = domain::audit::succeed(&state.deps, &op).await {
        // Everything else goes on: entries wait until the key that signs them is there.
        tracing::error!(%error, "AUDIT_SIGNING_KEY signs nothing");
    }
    domain::upkeep::note_secrets(&state.deps).await.map_err(|error| error.to_string())?;
    domain::privacy::resume_erasures(&state.deps).await.map_err(|error| error.to_string())?;
    domain::jobs::start_recurring(&state.deps).await.map_err(|error| error.to_string())?;
    let current = Current::new(state);
    let dispatcher = Arc::new(Dispatcher::following({
        let current = current.clone();
        move || current.deps()
    }));
    let runner = Arc::new(Runner::new(memory.queue().pool().clone(), dispatcher, Recovery::default()));
    let state = current.state().with_jobs(runner.health());
    let jobs = tokio::spawn({
        let runner = Arc::clone(&runner);
        async move { runner.run().await }
    });
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone(), Arc::clone(&runner)));
    domain::incidents::refresh_containment(&state.deps).await.map_err(|error| error.to_string())?;
    tokio::spawn(keep_sealing(current.clone()));
    tokio::spawn(keep_guarding(current.clone()));
    let revoked = domain::upkeep::RevokedSecrets::read(&state.deps.database).await.map_err(|error| error.to_string())?;
    let reloading = Reloading {
        current: current.clone(),
        memory: Arc::clone(&memory),
        sandbox_url: sandbox_url.clone(),
        known,
        seen: revoked.clone(),
        revoked,
    };
    tokio::spawn(reloading.keep_watching());
    tokio::spawn(telemetry::keep_up(metrics.clone()));
    tokio::spawn(serve_metrics(metrics_listener, metrics, state.clone()));

    println!("\n  Kairos is at {public_origin}");
    if let Some(url) = sandbox_url {
        println!("  The sandbox, where faults are switched on, is at {url}");
        #[cfg(feature = "sandbox")]
        crate::demo::introduce(&url);
    }
    println!("  Ctrl-C stops it; the data is kept.\n");

    let listener = listener.into_std().map_err(|error| error.to_string())?;
    let mut server = axum_server::from_tcp(listener).map_err(|error| error.to_string())?;
    // A client that sends its headers drop by drop is cut off.
    server
        .http_builder()
        .http1()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10))
        .max_buf_size(64 * 1024);
    let (background, deps) = (state.deps.background.clone(), state.deps.clone());
    let served = server
        .acceptor(NoDelayAcceptor::new())
        .handle(handle)
        .serve(current.router().into_make_service_with_connect_info::<SocketAddr>())
        .await;
    // Also when the listener failed: what is under way is ended in order, whatever the reason.
    runner.stop();
    finish_work(jobs, &background).await;
    // What was written last is sealed by the next start or by another replica, if not now.
    let _ = tokio::time::timeout(SEAL_EVERY, domain::audit::seal(&deps)).await;
    drop(memory);
    served.map_err(|error| error.to_string())
}

/// Waits for jobs and for what outlives a request: a token that is being refreshed, a consent that is being taken back. A job that takes
/// longer than its grace has put itself back into the queue by then, so that no queue stays locked.
async fn finish_work(jobs: JoinHandle<()>, background: &TaskTracker) {
    background.close();
    let finished = async {
        let _ = jobs.await;
        background.wait().await;
    };
    if tokio::time::timeout(PATIENCE, finished).await.is_err() {
        tracing::warn!("stopped before everything under way was finished; another replica takes it up");
    }
}

async fn bind(name: &str, address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{name}: {address} is in use by another program; stop it or set {name} to another address")
        }
        _ => format!("{name}: {address} cannot be listened on: {error}"),
    })
}

#[cfg(feature = "sandbox")]
async fn start_sandbox(config: &Config) -> Result<Option<String>, String> {
    use crate::config::{GoogleConfig, OutlookConfig, StripeConfig};
    use domain::base::{Clock, SystemClock};
    use secrecy::ExposeSecret;

    let takes_money = matches!(config.stripe, StripeConfig::Sandbox);
    if !matches!(config.google, GoogleConfig::Sandbox) && !matches!(config.outlook, OutlookConfig::Sandbox) && !takes_money {
        return Ok(None);
    }
    let clock = sandbox::SandboxClock::new(|| SystemClock.now());
    let origin = config.network.public_origin();
    let mut redirects: Vec<String> = ["google", "outlook"].map(|name| format!("{origin}/api/calendar/callback/{name}")).into();
    redirects.push(format!("{origin}{}", super::providers::GOOGLE_SIGN_IN_CALLBACK));
    redirects.push(format!("{origin}{}", crate::config::CALENDLY_CALLBACK));
    let address = config.network.sandbox;
    let sandbox = sandbox::Sandbox::start(address, redirects, clock)
        .await
        .map_err(|error| format!("SANDBOX_ADDR: {address} cannot be listened on: {error}"))?;
    let webhook = super::providers::Here { network: &config.network, webhook_token: &config.webhook_token, sandbox_url: None }
        .webhook_url("stripe")
        .expose_secret()
        .to_owned();
    sandbox.stripe(|stripe| stripe.endpoint = takes_money.then_some(webhook));
    sandbox.keep_delivering();
    Ok(Some(sandbox.base_url()))
}

#[cfg(not(feature = "sandbox"))]
#[expect(clippy::unused_async, reason = "the same shape as with the sandbox")]
async fn start_sandbox(_config: &Config) -> Result<Option<String>, String> {
    Ok(None)
}

async fn serve_metrics(listener: TcpListener, metrics: telemetry::Metrics, state: AppState) {
    if let Err(error) = axum::serve(listener, http::metrics_router(metrics, state)).await {
        tracing::error!(%error, "the metrics address stopped");
    }
}

/// Waits for a signal, then takes no more requests and no more jobs.
async fn stop_on_signal(handle: Handle<SocketAddr>, runner: Arc<Runner>) {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
    runner.stop();
    handle.graceful_shutdown(Some(GRACE));
    tracing::info!("stopping: no more requests are taken, those in flight are finished");
}
