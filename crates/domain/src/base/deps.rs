//! What a verb needs and does not make itself. Long-lived and cheap to clone.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use providers::Providers;
use secrecy::SecretBox;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use types::RequestId;
use uuid::Uuid;

use super::{Chance, Clock, Containment, Counting, Database, Op, RowCache, SecurityEvents, Thresholds, Tx, UsedUp};
use crate::vault::Vault;

/// What the rooms were told at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this installation, without a slash at the end.
    pub public_url: String,
    /// How long reads may take.
    pub reading: ReadingLimits,
    /// Whether admins see their pages with a second factor only: everywhere but in development.
    pub admins_need_second_factor: bool,
    /// How the audit log is signed.
    pub audit: AuditSettings,
    /// How often a minute one client may ask for `/api/*`.
    pub requests_per_minute: i32,
    /// How much of what is too much.
    pub thresholds: Thresholds,
    /// `CALENDLY_WEBHOOK_SECRET`, the newest first; none: one is made out of this installation's own keys.
    pub calendly_webhook_secrets: Vec<secrecy::SecretString>,
    /// Secrets of the configuration, by fingerprint.
    pub secrets: Vec<KnownSecret>,
}

impl Settings {
    /// The secret of this name and fingerprint, if this server has it.
    pub fn secret(&self, purpose: &str, fingerprint: &str) -> Option<&KnownSecret> {
        self.secrets.iter().find(|known| known.purpose == purpose && known.fingerprint == fingerprint)
    }
}

/// A secret of the configuration, by which it is known and not by what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSecret {
    /// Its name in the configuration.
    pub purpose: &'static str,
    /// The first half of a keyed hash of it.
    pub fingerprint: String,
    /// Whether it is the one in use, and not another beside it.
    pub is_current: bool,
}

/// How the audit log is signed.
#[derive(Debug, Clone)]
pub struct AuditSettings {
    /// The name of a log that begins: the host of the site, in the form of C2SP origins. A log that began keeps its own.
    pub origin: String,
    /// `AUDIT_SIGNING_KEY`: the seed of an Ed25519 key.
    pub seed: Arc<SecretBox<[u8; 32]>>,
    /// `AUDIT_SIGNING_KEYS_OLD`: the one that has signed so far signs the one that follows it.
    pub older: Vec<Arc<SecretBox<[u8; 32]>>>,
}

/// How long the reads of one connection may take, so that no account keeps another's waiting.
#[derive(Debug, Clone, Copy)]
pub struct ReadingLimits {
    /// After this no further calendar is begun; the next run goes on there.
    pub run: Duration,
    /// One calendar that takes longer is given up for now, and has twice as long the next time.
    pub calendar: Duration,
    /// Reading an account once, to prove what it is connected with. A request is answered within thirty seconds, and the token call may
    /// come before.
    pub proof: Duration,
}

impl Default for ReadingLimits {
    fn default() -> Self {
        Self { run: Duration::from_mins(1), calendar: Duration::from_mins(2), proof: Duration::from_secs(15) }
    }
}

/// The long-lived half of a verb's parameters.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The database, as the server's role.
    pub database: Database,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub chance: Arc<dyn Chance>,
    /// Keys.
    pub vault: Vault,
    /// Everything outside.
    pub providers: Arc<Providers>,
    /// What the rooms were told at start.
    pub settings: Arc<Settings>,
    /// Rows that pages hold as long as they are the present ones.
    pub rows: Arc<RowCache>,
    /// What is kept out and left alone, as this replica was last told.
    pub containment: Arc<Containment>,
    /// Who asked too often, as far as this replica was told.
    pub used_up: Arc<UsedUp>,
    /// Whose requests are being counted.
    pub counting: Counting,
    /// Suspicious things that were counted here and are not in the database yet.
    pub security_events: Arc<SecurityEvents>,
    /// Work that outlives who began it; the server waits for it before it stops.
    pub background: TaskTracker,
}

impl Deps {
    /// Does `work` to its end, also when the caller goes away. `None`: it panicked.
    pub async fn finish<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        self.background.spawn(work.in_current_span()).await.ok()
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new id.
    pub fn new_id(&self) -> Uuid {
        self.chance.uuid(self.now())
    }

    /// A new request id.
    pub fn new_request_id(&self) -> RequestId {
        RequestId(self.new_id())
    }

    /// Opens a transaction that sees what the person of `op` may see.
    pub async fn begin(&self, op: &Op) -> Result<Tx, sqlx::Error> {
        self.database.begin(op.user()).await
    }
}
