//! From configuration to a running state: database, vault, providers.

use std::sync::Arc;

use domain::Deps;
use domain::accounts::Hasher;
use domain::base::{AuditSettings, Chance, Clock, Database, OsChance, ReadingLimits, Settings, SystemClock};
use domain::vault::{Keyring, Vault, VaultError};
use private_postgres::{Cluster, Durability};
use providers::Providers;
use providers::alerts::{AlertWebhook, Alerts};
use providers::caldav::Caldav;
use providers::calendly::Calendly;
use providers::checkpoint_copies::{CheckpointCopies, CopyAddress};
use providers::google::{Google, GoogleSettings};
use providers::mail::Mailer;
use providers::microsoft::{Microsoft, MicrosoftSettings};
use providers::outbound::{AllowedAddresses, Outbound};
use providers::stripe::{Stripe, StripeSettings};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use crate::config::{CalendlyAppConfig, Config, DatabaseConfig, GoogleConfig, MailConfig, OutlookConfig, StripeConfig};
use crate::state::{AppState, Web};
use crate::traces::Traces;

/// The database, and the cluster behind it if it is private: it stops when this is dropped.
pub struct Memory {
    database: Database,
    queue: Database,
    _cluster: Option<Cluster>,
}

impl Memory {
    /// The job queue's own connections.
    pub const fn queue(&self) -> &Database {
        &self.queue
    }
}

const CONNECTIONS: u32 = 20;
/// For fetching and releasing jobs, heartbeats and listening, of both lanes.
const QUEUE_CONNECTIONS: u32 = 8;

/// A state for a command that does one thing. Boxed: it is large.
pub(super) async fn open(config: Config) -> Result<(Memory, AppState), Vec<String>> {
    let opened = async {
        let memory = open_memory(&config).await?;
        let state = build_state(config, &memory, None).await?;
        Ok((memory, state))
    };
    Box::pin(opened).await.map_err(|line: String| vec![line])
}

/// Connects, migrates where that is allowed, and checks the role.
pub async fn open_memory(config: &Config) -> Result<Memory, String> {
    let (server, owner, cluster) = match &config.database {
        DatabaseConfig::Private => {
            let folder = config.data_dir.join("postgres");
            let cluster = tokio::task::spawn_blocking(move || Cluster::start(&folder, Durability::Safe))
                .await
                .map_err(|error| format!("the private database: {error}"))?
                .map_err(|error| format!("the private database: {error}"))?;
            let url =
                |role: &str, database: &str| cluster.url(role, database).parse::<PgConnectOptions>().map_err(|error| error.to_string());
            schema::prepare_private(url("postgres", "postgres")?, "kairos").await.map_err(|error| error.to_string())?;
            (url(schema::SERVER, "kairos")?, Some(url(schema::OWNER, "kairos")?), Some(cluster))
        }
        DatabaseConfig::Given { server, owner } => (*server.clone(), owner.as_deref().cloned(), None),
    };
    if let Some(owner) = owner {
        schema::migrate(owner).await.map_err(|error| format!("DATABASE_OWNER_URL: {error}"))?;
    }
    let queue = Database::lazy_for_a_library(server.clone(), QUEUE_CONNECTIONS);
    let database = Database::lazy(server, CONNECTIONS);
    let role = domain::base::role(&database).await.map_err(|error| format!("DATABASE_URL: the database does not answer: {error}"))?;
    if role.bypasses_row_security {
        return Err(
            "DATABASE_URL: this role is a superuser or bypasses row-level security; connect as kairos_server or a member of it".to_owned()
        );
    }
    let current = schema::is_current(database.pool()).await.unwrap_or(false);
    if !current {
        return Err(
            "DATABASE_URL: the schema is not the one this version needs; run `kairos migrate` with DATABASE_OWNER_URL set".to_owned()
        );
    }
    Ok(Memory { database, queue, _cluster: cluster })
}

/// Where a provider pushes to.
pub(super) fn webhook_url(config: &Config, provider: &str) -> SecretString {
    format!("{}/webhooks/{provider}/{}", config.network.public_origin(), config.webhook_token.expose_secret()).into()
}

/// Whether the real providers can reach this installation: they push to HTTPS only, and not into somebody's own machine.
fn is_reachable(config: &Config) -> bool {
    config.network.is_https() && !config.network.is_local()
}

/// Where people come back to from Google when they sign in with it.
pub(super) const GOOGLE_SIGN_IN_CALLBACK: &str = "/sign-in/google/callback";

/// What is needed to talk to Google, wherever it is.
fn google(config: &Config, sandbox_url: Option<&str>, outbound: &Outbound) -> Option<Google> {
    let settings = match &config.google {
        GoogleConfig::Off => return None,
        #[cfg(feature = "sandbox")]
        GoogleConfig::Sandbox => {
            let base = sandbox_url?;
            let url = |path: &str| url::Url::parse(&format!("{base}/google{path}")).ok();
            GoogleSettings {
                client_id: sandbox::CLIENT_ID.to_owned(),
                client_secret: sandbox::CLIENT_SECRET.to_owned().into(),
                auth_url: url("/o/oauth2/v2/auth")?,
                token_url: url("/token")?,
                revoke_url: url("/revoke")?,
                api_url: url("/calendar/v3")?,
                issuer: format!("{base}/google"),
                jwks_url: url("/certs")?,
                sign_in_redirect_url: config.network.public_url.join(GOOGLE_SIGN_IN_CALLBACK).ok()?,
                redirect_url: config.network.public_url.join("/api/calendar/callback/google").ok()?,
                webhook_url: Some(webhook_url(config, "google")),
            }
        }
        #[cfg(not(feature = "sandbox"))]
        GoogleConfig::Sandbox => {
            let _ = sandbox_url;
            return None;
        }
        GoogleConfig::Given { client_id, client_secret, auth_url, token_url, revoke_url, api_url, issuer, jwks_url, redirect_url } => {
            GoogleSettings {
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                auth_url: auth_url.clone(),
                token_url: token_url.clone(),
                revoke_url: revoke_url.clone(),
                api_url: api_url.clone(),
                issuer: issuer.clone(),
                jwks_url: jwks_url.clone(),
                sign_in_redirect_url: config.network.public_url.join(GOOGLE_SIGN_IN_CALLBACK).ok()?,
                redirect_url: redirect_url.clone(),
                webhook_url: is_reachable(config).then(|| webhook_url(config, "google")),
            }
        }
    };
    Some(Google::new(settings, outbound.clone()))
}

/// What is needed to talk to Microsoft, wherever it is.
fn microsoft(config: &Config, sandbox_url: Option<&str>, outbound: &Outbound) -> Option<Microsoft> {
    let (client_id, client_secret, tenant, authority_url, api_url, redirect_url, webhook_url) = match &config.outlook {
        OutlookConfig::Off => return None,
        #[cfg(feature = "sandbox")]
        OutlookConfig::Sandbox => {
            let base = sandbox_url?;
            let url = |path: &str| url::Url::parse(&format!("{base}{path}")).ok();
            (
                sandbox::CLIENT_ID.to_owned(),
                sandbox::CLIENT_SECRET.to_owned().into(),
                "common".to_owned(),
                url("/microsoft")?,
                url("/graph/v1.0")?,
                config.network.public_url.join("/api/calendar/callback/outlook").ok()?,
                Some(webhook_url(config, "outlook")),
            )
        }
        #[cfg(not(feature = "sandbox"))]
        OutlookConfig::Sandbox => {
            let _ = sandbox_url;
            return None;
        }
        OutlookConfig::Given { client_id, client_secret, tenant, authority_url, api_url, redirect_url } => (
            client_id.clone(),
            client_secret.clone(),
            tenant.clone(),
            authority_url.clone(),
            api_url.clone(),
            redirect_url.clone(),
            is_reachable(config).then(|| webhook_url(config, "outlook")),
        ),
    };
    let (auth_url, token_url) = MicrosoftSettings::endpoints(&authority_url, &tenant)?;
    let settings = MicrosoftSettings { client_id, client_secret, auth_url, token_url, api_url, redirect_url, webhook_url };
    Some(Microsoft::new(settings, outbound.clone()))
}

fn outbound(allowed: &[&str]) -> Result<Outbound, String> {
    let jitter: Arc<dyn Fn() -> f64 + Send + Sync> = Arc::new(|| {
        let chance: &dyn Chance = &OsChance;
        chance.fraction()
    });
    Outbound::new(AllowedAddresses::parse(allowed), jitter).map_err(|error| format!("the HTTP client: {error}"))
}

/// Where traces go, if they go anywhere.
pub(super) fn traces(config: &Config) -> Result<Option<Traces>, String> {
    // Before there is anything else: what happens at start is traced too.
    config.traces.as_ref().map(|traces| Traces::new(traces, outbound(&[])?)).transpose()
}

/// Calendly, or its stand-in where that runs.
fn calendly(config: &Config, sandbox_url: Option<&str>, outbound: &Outbound) -> Result<Calendly, String> {
    let stand_in = sandbox_url.map(|base| format!("{base}/calendly"));
    let url = match (&config.calendly.api_url, stand_in) {
        (Some(url), _) => Ok(url.clone()),
        (None, stand_in) => url::Url::parse(stand_in.as_deref().unwrap_or("https://api.calendly.com")),
    };
    let app = match &config.calendly.app {
        CalendlyAppConfig::Off => None,
        CalendlyAppConfig::Given(app) => Some(app.clone()),
        #[cfg(feature = "sandbox")]
        CalendlyAppConfig::Sandbox(redirect_url) => redirect_url.clone().zip(sandbox_url).and_then(|(redirect_url, base)| {
            Some(providers::calendly::CalendlyApp {
                client_id: sandbox::CLIENT_ID.to_owned(),
                client_secret: sandbox::CLIENT_SECRET.to_owned().into(),
                auth_url: url::Url::parse(&format!("{base}/calendly/oauth")).ok()?,
                redirect_url,
            })
        }),
        #[cfg(not(feature = "sandbox"))]
        CalendlyAppConfig::Sandbox(_) => None,
    };
    let webhook = (sandbox_url.is_some() || is_reachable(config)).then(|| webhook_url(config, "calendly"));
    Ok(Calendly::new(url.map_err(|error| format!("CALENDLY_API_URL: {error}"))?, webhook, app, outbound.clone()))
}

/// Stripe, or its stand-in, if anything can be sold here.
fn stripe(config: &Config, sandbox_url: Option<&str>, outbound: &Outbound) -> Option<Stripe> {
    let settings = match &config.stripe {
        StripeConfig::Off => return None,
        #[cfg(feature = "sandbox")]
        StripeConfig::Sandbox => StripeSettings {
            api_url: url::Url::parse(&format!("{}/stripe", sandbox_url?)).ok()?,
            key: sandbox::STRIPE_KEY.to_owned().into(),
            is_live: false,
            webhook_secrets: vec![sandbox::WEBHOOK_SECRET.to_owned().into()],
        },
        #[cfg(not(feature = "sandbox"))]
        StripeConfig::Sandbox => {
            let _ = sandbox_url;
            return None;
        }
        StripeConfig::Given { key, is_live, is_restricted, api_url, webhook_secrets } => {
            if !is_restricted {
                tracing::warn!(
                    "STRIPE_SECRET_KEY may do everything at Stripe; a restricted key (rk_…) is enough, and the README says for what"
                );
            }
            StripeSettings { api_url: api_url.clone(), key: key.clone(), is_live: *is_live, webhook_secrets: webhook_secrets.clone() }
        }
    };
    Some(Stripe::new(settings, outbound.clone()))
}

/// Everything the server needs, from configuration and an open database.
pub async fn build_state(config: Config, memory: &Memory, sandbox_url: Option<String>) -> Result<AppState, String> {
    let mut allowed: Vec<&str> = config.outbound_allow.iter().map(String::as_str).collect();
    if sandbox_url.is_some() {
        // Where the CalDAV stand-in is; there are stand-ins in development only.
        allowed.push("http://localhost");
    }
    let given = super::secrets::given(&config);
    let keys = super::secrets::keys(&config);
    let outbound = outbound(&allowed)?;
    let google = google(&config, sandbox_url.as_deref(), &outbound);
    let calendly = calendly(&config, sandbox_url.as_deref(), &outbound)?;
    let stripe = stripe(&config, sandbox_url.as_deref(), &outbound);
    let microsoft = microsoft(&config, sandbox_url.as_deref(), &outbound);
    let mailer = match &config.mail {
        MailConfig::Outbox(folder) => Mailer::Outbox { folder: folder.clone() },
        MailConfig::Smtp { url, from } => {
            Mailer::smtp(url.expose_secret(), from).map_err(|_| "SMTP_URL or MAIL_FROM is not usable".to_owned())?
        }
    };
    let alerts = Alerts {
        mail_to: config.detection.mail_to,
        webhook: config.detection.webhook.map(|url| AlertWebhook { url, secret: config.detection.webhook_secret }),
        sentry: config.detection.sentry,
        outbound: outbound.clone(),
    };
    let copies = CheckpointCopies {
        folder: config.audit.folder,
        address: config.audit.url.map(|url| CopyAddress { url, token: config.audit.token }),
        mail_to: config.audit.mail_to,
        ..CheckpointCopies::new(outbound.clone())
    };
    let (clock, chance): (Arc<dyn Clock>, Arc<dyn Chance>) = (Arc::new(SystemClock), Arc::new(OsChance));
    let keyring = Keyring::new(config.keys.current, config.keys.older);
    let session_keys = Keyring::new(config.keys.session, config.keys.older_sessions);
    let vault = Vault::open(&memory.database, keyring, &session_keys, &*chance, clock.now()).await.map_err(|error| match error {
        VaultError::KeyMissing { key_id } => {
            format!("the key with the fingerprint {key_id}, with which this database was set up, is neither SESSION_KEY nor among SESSION_KEYS_OLD")
        }
        other => format!("the vault did not open: {other}"),
    })?;
    let mut secrets = super::secrets::fingerprints(&given, &vault);
    secrets.extend(keys);
    let audit = AuditSettings { origin: config.network.host(), seed: config.keys.audit };
    let web = Web {
        environment: config.environment,
        public_origin: config.network.public_origin(),
        is_https: config.network.is_https(),
        trusted_proxies: config.network.trusted_proxies,
        allowed_origins: config.network.allowed_origins,
        admin_networks: config.network.admin_networks,
        webhook_token: config.webhook_token,
        site_root: config.site_root,
        outbox: match &config.mail {
            MailConfig::Outbox(folder) if config.environment.is_development() => Some(folder.clone()),
            _ => None,
        },
        sandbox_url,
    };
    let deps = Deps {
        database: memory.database.clone(),
        clock,
        chance,
        vault,
        providers: Arc::new(Providers {
            google,
            microsoft,
            calendly,
            stripe,
            caldav: Caldav::new(outbound.clone()),
            mailer,
            copies,
            alerts,
        }),
        rows: Arc::default(),
        containment: Arc::default(),
        security_events: Arc::default(),
        used_up: Arc::default(),
        settings: Arc::new(Settings {
            public_url: web.public_origin.clone(),
            reading: ReadingLimits::default(),
            admins_need_second_factor: !config.environment.is_development(),
            requests_per_minute: config.network.requests_per_minute,
            thresholds: config.detection.thresholds,
            calendly_webhook_secrets: config.calendly.webhook_secrets,
            secrets,
            audit,
        }),
        background: tokio_util::task::TaskTracker::new(),
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let hasher = Hasher::new(cores);
    Ok(AppState::new(deps, hasher, web))
}
