//! From configuration to a running state: database, vault, providers.

use std::sync::Arc;

use domain::Deps;
use domain::accounts::Hasher;
use domain::base::{AuditSettings, Chance, Clock, Counting, Database, OsChance, ReadingLimits, Settings, SystemClock};
use domain::upkeep::RevokedSecrets;
use domain::vault::{Keyring, Vault, VaultError};
use private_postgres::{Cluster, Durability};
use providers::Providers;
use providers::alerts::{AlertWebhook, Alerts};
use providers::caldav::Caldav;
use providers::checkpoint_copies::{CheckpointCopies, CopyAddress};
use providers::mail::Mailer;
use providers::outbound::{AllowedAddresses, Outbound};
use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;

use super::providers::{Here, calendly, google, microsoft, stripe};
use super::secrets::Given;
use crate::config::{Config, DatabaseConfig, MailConfig};
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

/// Everything the server needs, from configuration and an open database.
pub async fn build_state(mut config: Config, memory: &Memory, sandbox_url: Option<String>) -> Result<AppState, String> {
    let revoked = RevokedSecrets::read(&memory.database).await.map_err(|error| format!("the database: {error}"))?;
    super::secrets::without_revoked_keys(&mut config.keys, &revoked)?;
    let mut secrets = super::secrets::keys(&config.keys);
    let (clock, chance): (Arc<dyn Clock>, Arc<dyn Chance>) = (Arc::new(SystemClock), Arc::new(OsChance));
    let keyring = Keyring::new(config.keys.current, config.keys.older);
    let session_keys = Keyring::new(config.keys.session, config.keys.older_sessions);
    let vault = Vault::open(&memory.database, keyring, &session_keys, &*chance, clock.now()).await.map_err(|error| match error {
        VaultError::KeyMissing { key_id } => {
            format!("the key with the fingerprint {key_id}, with which this database was set up, is neither SESSION_KEY nor among SESSION_KEYS_OLD")
        }
        other => format!("the vault did not open: {other}"),
    })?;
    let mut given = Given {
        path_token: &config.webhook_token,
        google: &mut config.google,
        outlook: &mut config.outlook,
        calendly: &mut config.calendly,
        stripe: &mut config.stripe,
    };
    given.without(&revoked, &vault)?;
    secrets.extend(given.known(&vault));
    let mut allowed: Vec<&str> = config.outbound_allow.iter().map(String::as_str).collect();
    if sandbox_url.is_some() {
        // Where the CalDAV stand-in is; there are stand-ins in development only.
        allowed.push("http://localhost");
    }
    let outbound = outbound(&allowed)?;
    let here = Here { network: &config.network, webhook_token: &config.webhook_token, sandbox_url: sandbox_url.as_deref() };
    let google = google(&config.google, here, &outbound);
    let calendly = calendly(&config.calendly, here, &outbound)?;
    let stripe = stripe(&config.stripe, here.sandbox_url, &outbound);
    let microsoft = microsoft(&config.outlook, here, &outbound);
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
    let audit = AuditSettings { origin: config.network.host(), seed: config.keys.audit, older: config.keys.older_audits };
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
        counting: Counting::default(),
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
