//! Local stand-ins for the providers, as strict and as unkind as the real ones. Never part of a release.
//!
//! One HTTP server on a loopback address: Google's consent page, token endpoint and Calendar API under `/google`, Microsoft's under
//! `/microsoft` and `/graph`, and a page at `/` where every fault can be switched on. Tests hold a [`Sandbox`] and do the same by calling it.

mod caldav;
mod calendly;
mod civil;
mod clock;
mod control;
mod faults;
mod google;
mod microsoft;
mod opaque;
mod page;
mod push;
mod stripe;
mod vault;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::net::TcpListener;

pub use caldav::{APP_PASSWORD, CaldavState, USERNAME as CALDAV_USERNAME};
pub use calendly::{CALENDLY_TOKEN, CalendlyState};
pub use clock::SandboxClock;
pub use faults::{Fault, FaultKind, Route};
pub use google::{EventDraft, GoogleState, IdTokenFault, SCOPE};
pub use microsoft::{MicrosoftState, OutlookDraft};
pub use push::Delivery;
pub use stripe::{STRIPE_KEY, StripeState, WEBHOOK_SECRET};
pub use vault::VAULT_TOKEN;

use opaque::opaque;

/// The client the stand-in knows. Not a secret: it opens nothing but the stand-in.
pub const CLIENT_ID: &str = "kairos-sandbox.apps.example";
/// Its password.
pub const CLIENT_SECRET: &str = "sandbox-only";

/// A running set of stand-ins. Stops when the last clone is dropped and the runtime ends.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
}

/// Everything the stand-ins remember.
pub(crate) struct Shared {
    pub state: Mutex<State>,
    pub clock: SandboxClock,
}

/// What changes.
pub(crate) struct State {
    pub google: GoogleState,
    pub microsoft: MicrosoftState,
    pub caldav: CaldavState,
    pub calendly: CalendlyState,
    pub stripe: StripeState,
    /// What the secret store holds.
    pub secrets: std::collections::BTreeMap<String, String>,
    pub delivery: Delivery,
    pub faults: Vec<Fault>,
    /// Calls per route since the start.
    pub calls: std::collections::HashMap<Route, u64>,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Starts on `listen` (port 0 picks a free one). `redirect_urls` are the callbacks registered with the providers, byte for byte.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(listen: SocketAddr, redirect_urls: Vec<String>, clock: SandboxClock) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let state = State {
            caldav: CaldavState::new(clock.now()),
            calendly: CalendlyState::new(format!("http://localhost:{}", address.port()), redirect_urls.clone()),
            stripe: StripeState::new(),
            microsoft: MicrosoftState::new(redirect_urls.clone(), &clock),
            google: GoogleState::new(format!("http://localhost:{}/google", address.port()), redirect_urls, &clock),
            secrets: Default::default(),
            delivery: Delivery::InTime,
            faults: Vec::new(),
            calls: Default::default(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), clock });
        let router = Router::new()
            .merge(google::router())
            .merge(microsoft::router())
            .merge(caldav::router())
            .merge(calendly::router())
            .merge(stripe::router())
            .merge(vault::router())
            .merge(control::router())
            .with_state(Arc::clone(&shared));
        serve(listener, router);
        move_partition(&shared).await?;
        Ok(Self { shared, address })
    }

    /// Where it is reached, without a slash at the end. People's browsers use the same name as for Kairos itself.
    pub fn base_url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Switches a fault on.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Switches all faults off.
    pub fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// What the secret store holds from now on.
    pub fn set_secrets<'a>(&self, entries: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let entries = entries.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.shared.lock().secrets = entries.collect();
    }

    /// Looks into or changes the Calendly stand-in.
    pub fn calendly<T>(&self, with: impl FnOnce(&mut CalendlyState) -> T) -> T {
        with(&mut self.shared.lock().calendly)
    }

    /// Looks into or changes the Stripe stand-in.
    pub fn stripe<T>(&self, with: impl FnOnce(&mut StripeState) -> T) -> T {
        with(&mut self.shared.lock().stripe)
    }

    /// Looks into or changes the CalDAV stand-in.
    pub fn caldav<T>(&self, with: impl FnOnce(&mut CaldavState) -> T) -> T {
        with(&mut self.shared.lock().caldav)
    }

    /// The CalDAV account moves to another partition; the old one does not know it any more.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn move_partition(&self) -> std::io::Result<()> {
        move_partition(&self.shared).await
    }

    /// How pushes are delivered from now on.
    pub fn set_delivery(&self, delivery: Delivery) {
        self.shared.lock().delivery = delivery;
    }

    /// Delivers the pushes that wait; the answer is the status of each, 0 where nobody answered.
    pub async fn deliver(&self) -> Vec<u16> {
        push::deliver(&self.shared).await
    }

    /// Delivers pushes by itself from now on.
    pub fn keep_delivering(&self) {
        push::keep_delivering(Arc::clone(&self.shared));
    }

    /// How often a route was called since the start.
    pub fn calls(&self, route: Route) -> u64 {
        self.shared.lock().calls.get(&route).copied().unwrap_or_default()
    }

    /// Looks into or changes the Google stand-in.
    pub fn google<T>(&self, with: impl FnOnce(&mut GoogleState) -> T) -> T {
        with(&mut self.shared.lock().google)
    }

    /// Looks into or changes the Microsoft stand-in.
    pub fn microsoft<T>(&self, with: impl FnOnce(&mut MicrosoftState) -> T) -> T {
        with(&mut self.shared.lock().microsoft)
    }

    /// Its clock.
    pub fn clock(&self) -> &SandboxClock {
        &self.shared.clock
    }
}

/// Opens another partition of the CalDAV stand-in, on a port of its own, and moves the account there.
pub(crate) async fn move_partition(shared: &Arc<Shared>) -> std::io::Result<()> {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    shared.lock().caldav.partition = listener.local_addr()?.port();
    serve(listener, caldav::router().with_state(Arc::clone(shared)));
    Ok(())
}

fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the sandbox stopped");
        }
    });
}
