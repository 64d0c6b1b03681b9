//! A whole small world for a test: database, still clock, vault, providers at given addresses, people.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use providers::alerts::Alerts;
use providers::caldav::Caldav;
use providers::calendly::{Calendly, CalendlyApp};
use providers::checkpoint_copies::CheckpointCopies;
use providers::google::{Google, GoogleSettings};
use providers::mail::{Mail, Mailer, read_outbox};
use providers::microsoft::{Microsoft, MicrosoftSettings};
use providers::outbound::{AllowedAddresses, Outbound};
use providers::stripe::{Stripe, StripeSettings};
use providers::{Providers, Url};
use secrecy::SecretBox;
use sqlx::PgPool;
use types::{Role, UserId};

use super::{CountedChance, StillClock, TestDatabase};
use crate::accounts::{self, Hasher, SignUp, Viewer};
use crate::base::{Actor, AuditSettings, Counting, Database, Deps, Op, ReadingLimits, Settings, Thresholds};
use crate::calendar::{self, Page, Wanted};
use crate::jobs::Runner;
use crate::vault::{Key, Keyring, Vault};

/// A password that is taken.
pub const PASSWORD: &str = "weaving-light-9";

/// How a world differs from the usual one.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Where the stand-ins of Google and Microsoft are, without a slash at the end; client id and secret of them.
    pub providers: Option<(String, &'static str, &'static str)>,
    /// Where the stand-ins reach this world with pushes, if they can; `{provider}` in it is replaced.
    pub webhooks: Option<String>,
    /// The current key of the keyring.
    pub key: [u8; 32],
    /// The key of sessions and keyed hashes.
    pub session_key: [u8; 32],
    /// Older keys.
    pub older_keys: Vec<[u8; 32]>,
    /// `OUTBOUND_ALLOW`.
    pub outbound_allow: Vec<String>,
    /// How long reads may take.
    pub reading: ReadingLimits,
    /// Where the clock stands.
    pub now: DateTime<Utc>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        let now = "2026-11-24T10:00:00Z".parse().expect("a time");
        Self {
            providers: None,
            webhooks: None,
            key: [7; 32],
            session_key: [9; 32],
            older_keys: Vec::new(),
            outbound_allow: vec!["http://localhost".to_owned(), "http://127.0.0.1".to_owned()],
            reading: ReadingLimits::default(),
            now,
        }
    }
}

fn audit_settings() -> AuditSettings {
    AuditSettings { origin: "kairos.example.com".to_owned(), seed: Arc::new(SecretBox::new(Box::new([11; 32]))), older: Vec::new() }
}

/// The world.
#[derive(Debug)]
pub struct World {
    /// What verbs are handed.
    pub deps: Deps,
    /// The clock behind it.
    pub clock: StillClock,
    /// The database behind it.
    pub database: Arc<TestDatabase>,
    /// The hasher.
    pub hasher: Hasher,
    outbox: PathBuf,
    _folder: Arc<tempfile::TempDir>,
}

impl World {
    /// A fresh one.
    pub async fn new(options: WorldOptions) -> Self {
        Self::on(Arc::new(TestDatabase::new().await), options).await
    }

    /// Another replica, or a restart, on the same database.
    pub async fn on(database: Arc<TestDatabase>, options: WorldOptions) -> Self {
        providers::outbound::use_ring();
        let clock = StillClock::at(options.now);
        let mut seed = [0_u8; 8];
        crate::base::Chance::fill(&crate::base::OsChance, &mut seed);
        let chance = Arc::new(CountedChance::new(u64::from_le_bytes(seed)));
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let allow: Vec<&str> = options.outbound_allow.iter().map(String::as_str).collect();
        let outbound = Outbound::new(AllowedAddresses::parse(&allow), Arc::new(|| 0.0)).expect("a client");
        let webhook = |provider: &str| options.webhooks.as_ref().map(|address| address.replace("{provider}", provider).into());
        let google = options.providers.as_ref().map(|(base, client_id, client_secret)| {
            let url = |path: &str| Url::parse(&format!("{base}{path}")).expect("a URL");
            let settings = GoogleSettings {
                client_id: (*client_id).to_owned(),
                client_secrets: client_secret.split(',').map(|secret| secret.to_owned().into()).collect(),
                auth_url: url("/google/o/oauth2/v2/auth"),
                token_url: url("/google/token"),
                revoke_url: url("/google/revoke"),
                api_url: url("/google/calendar/v3"),
                issuer: format!("{base}/google"),
                jwks_url: url("/google/certs"),
                sign_in_redirect_url: Url::parse("http://localhost:3000/sign-in/google/callback").expect("a URL"),
                redirect_url: Url::parse("http://localhost:3000/api/calendar/callback/google").expect("a URL"),
                webhook_url: webhook("google"),
            };
            Google::new(settings, outbound.clone())
        });
        let microsoft = options.providers.as_ref().map(|(base, client_id, client_secret)| {
            let url = |path: &str| Url::parse(&format!("{base}{path}")).expect("a URL");
            let (auth_url, token_url) = MicrosoftSettings::endpoints(&url("/microsoft"), "common").expect("a base address");
            let settings = MicrosoftSettings {
                client_id: (*client_id).to_owned(),
                client_secrets: client_secret.split(',').map(|secret| secret.to_owned().into()).collect(),
                auth_url,
                token_url,
                api_url: url("/graph/v1.0"),
                redirect_url: Url::parse("http://localhost:3000/api/calendar/callback/outlook").expect("a URL"),
                webhook_url: webhook("outlook"),
            };
            Microsoft::new(settings, outbound.clone())
        });
        let calendly_url =
            options.providers.as_ref().map_or("http://localhost:9/calendly".to_owned(), |(base, ..)| format!("{base}/calendly"));
        let calendly_app = options.providers.as_ref().map(|(_, client_id, client_secret)| CalendlyApp {
            client_id: (*client_id).to_owned(),
            client_secrets: client_secret.split(',').map(|secret| secret.to_owned().into()).collect(),
            auth_url: Url::parse(&format!("{calendly_url}/oauth")).expect("a URL"),
            redirect_url: Url::parse("http://localhost:3000/builder/connect/calendly/callback").expect("a URL"),
        });
        let calendly = Calendly::new(Url::parse(&calendly_url).expect("a URL"), webhook("calendly"), calendly_app, outbound.clone());
        let stripe = options.providers.as_ref().map(|(base, ..)| {
            let settings = StripeSettings {
                api_url: Url::parse(&format!("{base}/stripe")).expect("a URL"),
                key: "rk_test_sandbox".to_owned().into(),
                is_live: false,
                webhook_secrets: vec!["whsec_sandbox".to_owned().into()],
            };
            Stripe::new(settings, outbound.clone())
        });
        let outbox = folder.path().join("outbox");
        let copies = CheckpointCopies {
            folder: Some(folder.path().join("checkpoints")),
            mail_to: Some("keeper@example.com".to_owned()),
            ..CheckpointCopies::new(outbound.clone())
        };
        let providers = Providers {
            calendly,
            stripe,
            google,
            microsoft,
            caldav: Caldav::new(outbound.clone()),
            mailer: Mailer::Outbox { folder: outbox.clone() },
            copies,
            alerts: Alerts { mail_to: Some("guard@example.com".to_owned()), ..Alerts::new(outbound.clone()) },
        };
        let pool = Database::lazy(database.server(), 8);
        let keyring = Keyring::new(Key::new(options.key), options.older_keys.into_iter().map(Key::new).collect());
        let vault = Vault::open(&pool, keyring, &Keyring::new(Key::new(options.session_key), Vec::new()), &*chance, options.now)
            .await
            .expect("the vault opens");
        let settings = Settings {
            public_url: "http://localhost:3000".to_owned(),
            reading: options.reading,
            admins_need_second_factor: false,
            requests_per_minute: 100,
            thresholds: Thresholds::default(),
            calendly_webhook_secrets: Vec::new(),
            secrets: Vec::new(),
            audit: audit_settings(),
        };
        let deps = Deps {
            database: pool,
            clock: Arc::new(clock.clone()),
            chance,
            vault,
            providers: Arc::new(providers),
            settings: Arc::new(settings),
            rows: Arc::default(),
            containment: Arc::default(),
            security_events: Arc::default(),
            used_up: Arc::default(),
            counting: Counting::default(),
            background: tokio_util::task::TaskTracker::new(),
        };
        Self { deps, clock, database, hasher: Hasher::new(2), outbox, _folder: folder }
    }

    /// A visitor's action.
    pub fn visitor(&self) -> Op {
        Op::new(Actor::Visitor, self.deps.new_request_id())
    }

    /// A signed-in person's action.
    pub fn as_user(&self, user: UserId) -> Op {
        self.visitor().as_user(user)
    }

    /// A person with a confirmed address.
    pub async fn person(&self, email: &str) -> UserId {
        self.person_with(email, &[Role::User]).await
    }

    /// A person with these roles.
    pub async fn person_with(&self, email: &str, roles: &[Role]) -> UserId {
        let form = SignUp {
            name: "Noor Haddad".to_owned(),
            email: email.to_owned(),
            password: PASSWORD.to_owned().into(),
            zone: Some("Europe/Lisbon".to_owned()),
        };
        accounts::sign_up(&self.deps, &self.visitor(), &self.hasher, form).await.expect("signed up");
        accounts::demo::confirm(&self.deps, email, roles).await.expect("confirmed").expect("an account")
    }

    /// What a browser of this person, which stays signed in, is shown. It holds rows as long as they are the present ones; so each time they
    /// are compared with what the database says.
    pub async fn page(&self, user: UserId, wanted: &Wanted) -> Page {
        let id = [b"browser of ", &user.0.as_bytes()[..]].concat();
        let viewer = Viewer::Session(accounts::session_hash(&self.deps, &id));
        for _ in 0..2 {
            if let Some(page) = calendar::read_page(&self.deps, &self.visitor(), &viewer, wanted).await.expect("a page").page {
                let fresh = calendar::read_page(&self.deps, &self.visitor(), &Viewer::Person(user), wanted)
                    .await
                    .expect("a page")
                    .page
                    .expect("rows");
                let ((held_version, held), (version, rows)) = (page.told(), fresh.told());
                assert!(held_version != version || held == rows, "what is held is not what is there:\n{held}\n{rows}");
                return page;
            }
            // The last one ended while the clock moved, or with a password.
            accounts::delete_session(&self.deps, &id).await.expect("ended");
            let number: i32 = sqlx::query_scalar("select password_number from users where id = $1")
                .bind(user.0)
                .fetch_one(&self.behind().await)
                .await
                .expect("a person");
            let data = serde_json::json!({ "user": user, "password_number": number });
            accounts::create_session(&self.deps, &id, Some(user), &data).await.expect("begun");
        }
        panic!("a session that was just begun is none");
    }

    /// Every mail sent so far, newest first.
    pub fn mails(&self) -> Vec<Mail> {
        read_outbox(&self.outbox).into_iter().map(|(_, mail)| mail).collect()
    }

    /// Does what is due now on the test's clock.
    pub async fn step(&self, runner: &Runner) {
        sqlx::query(
            "update graphile_worker._private_jobs set run_at = now() - interval '1 second'
             where run_at > now() + make_interval(years => $2 / 2) and run_at <= $1 + make_interval(years => $2)",
        )
        .bind(self.deps.now())
        .bind(super::database::LATER)
        .execute(&self.behind().await)
        .await
        .expect("the queue's table");
        runner.step().await.expect("a step");
    }

    /// A pool that sees behind row-level security.
    pub async fn behind(&self) -> PgPool {
        PgPool::connect_with(self.database.superuser()).await.expect("the superuser connects")
    }
}
