//! What every handler can reach.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use app::context::Site;
use domain::Deps;
use domain::accounts::Hasher;
use domain::jobs::Health;
use ipnet::IpNet;
use leptos::prelude::LeptosOptions;
use secrecy::SecretString;
use types::Provider;

use crate::config::Environment;

/// What the edges were told at start.
#[derive(Debug)]
pub struct Web {
    /// `APP_ENV`.
    pub environment: Environment,
    /// Scheme, host and port people use.
    pub public_origin: String,
    /// Whether that is HTTPS.
    pub is_https: bool,
    /// Whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Other sites whose pages may ask `/api/*`, with a token.
    pub allowed_origins: Vec<String>,
    /// From where the pages of admins are answered; nothing: from everywhere.
    pub admin_networks: Vec<IpNet>,
    /// Where the style sheet and the browser half are.
    pub site_root: PathBuf,
    /// The outbox folder, in development.
    pub outbox: Option<PathBuf>,
    /// The unguessable part of the addresses that providers push to.
    pub webhook_token: SecretString,
    /// Where the sandbox is, in development.
    pub sandbox_url: Option<String>,
}

impl Web {
    /// Where forms of pages that sell may lead to: Stripe's page, or that of its stand-in.
    pub fn payment_origins(&self) -> Vec<&str> {
        std::iter::once("https://checkout.stripe.com").chain(self.sandbox_url.as_deref()).collect()
    }

    /// Whether a form may lead to this address. An account may have its payments at a domain of its own: there a link leads.
    pub fn pays_at(&self, url: &str) -> bool {
        self.payment_origins().iter().any(|origin| url.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// The state: one pointer, however often it is cloned.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Parts>);

/// What the state is made of.
#[derive(Debug)]
pub struct Parts {
    /// What verbs need.
    pub deps: Deps,
    /// The password hasher.
    pub hasher: Hasher,
    /// What the edges were told.
    pub web: Web,
    /// What pages show of the installation.
    pub site: Arc<Site>,
    /// What Leptos was told.
    pub leptos: LeptosOptions,
    /// Whether this replica works on jobs; not set where none are meant to be worked on.
    pub jobs: OnceLock<Health>,
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl AppState {
    /// The one that takes the place of `before`: with what that had in hand, so that nothing is counted, held or waited for anew.
    #[must_use]
    pub fn following(self, before: &Self) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(mut parts) => {
                let old = &before.deps;
                parts.deps.rows = Arc::clone(&old.rows);
                parts.deps.containment = Arc::clone(&old.containment);
                parts.deps.used_up = Arc::clone(&old.used_up);
                parts.deps.counting = old.counting.clone();
                parts.deps.security_events = Arc::clone(&old.security_events);
                parts.deps.background = old.background.clone();
                let site = Site { containment: Arc::clone(&old.containment), ..(*parts.site).clone() };
                parts.site = Arc::new(site);
                parts.hasher = before.hasher.clone();
                parts.jobs = before.jobs.clone();
                Self(Arc::new(parts))
            }
            Err(shared) => Self(shared),
        }
    }

    /// From its parts.
    pub fn new(deps: Deps, hasher: Hasher, web: Web) -> Self {
        let site = Site {
            sandbox_url: web.sandbox_url.clone(),
            has_outbox: web.outbox.is_some(),
            connectable: Provider::ALL.iter().copied().filter(|provider| deps.providers.source(*provider).is_some()).collect(),
            has_google: deps.providers.google.is_some(),
            has_calendly_consent: deps.providers.calendly.asks_consent(),
            has_passkeys: domain::accounts::has_passkeys(&deps),
            containment: Arc::clone(&deps.containment),
            zone_data: chrono_tz::IANA_TZDB_VERSION,
        };
        let leptos = LeptosOptions::builder()
            .output_name("kairos")
            .site_root(web.site_root.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .build();
        Self(Arc::new(Parts { deps, hasher, web, site: Arc::new(site), leptos, jobs: OnceLock::new() }))
    }

    /// The same on a replica that works on jobs.
    #[must_use]
    pub fn with_jobs(self, jobs: Health) -> Self {
        // Told twice, the first is kept: there is one runner.
        let _ = self.jobs.set(jobs);
        self
    }
}
