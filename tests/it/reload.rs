//! Secrets that are changed in the running server.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::testing::WorldOptions;
use sqlx::ConnectOptions as _;

use crate::support::{Site, site};

/// How long something is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(40);

/// A server of its own, whose secrets are in files.
struct Server {
    process: Child,
    origin: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    async fn start(site: &Site, folder: &Path) -> Self {
        let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (address, options) = (port(), WorldOptions::default());
        std::fs::write(folder.join("key"), STANDARD.encode(options.key)).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_kairos"))
            .arg("serve")
            .current_dir(folder)
            .env("APP_ENV", "development")
            .env("DATA_DIR", folder)
            .env("SITE_ROOT", std::path::absolute("target/site").unwrap())
            .env("LISTEN_ADDR", address.to_string())
            .env("METRICS_ADDR", port().to_string())
            .env("SANDBOX_ADDR", port().to_string())
            .env("DATABASE_URL", site.world.database.server().to_url_lossy().as_str())
            .env("CALENDAR_ENCRYPTION_KEY_FILE", folder.join("key"))
            .env("CALENDAR_ENCRYPTION_KEYS_OLD_FILE", folder.join("old"))
            .env("SESSION_KEY", STANDARD.encode(options.session_key))
            .env("AUDIT_SIGNING_KEY", STANDARD.encode([11; 32]))
            .env("WEBHOOK_PATH_TOKEN_FILE", folder.join("token"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let server = Self { process, origin: format!("http://{address}") };
        let log = folder.join("log");
        until(async || server.status("/healthz", reqwest::Method::GET).await == Some(200), &log).await;
        server
    }

    async fn status(&self, path: &str, method: reqwest::Method) -> Option<u16> {
        #[expect(clippy::disallowed_methods, reason = "a provider, not the server")]
        let client = reqwest::Client::new();
        let answer = client.request(method, format!("{}{path}", self.origin)).body("{}").send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// What a provider gets that sends something to the address with this token.
    async fn webhook(&self, token: &str) -> u16 {
        self.status(&format!("/webhooks/outlook/{token}?validationToken=hello"), reqwest::Method::POST).await.unwrap()
    }

    fn hang_up(&self) {
        let done = Command::new("kill").args(["-HUP", &self.process.id().to_string()]).status().unwrap();
        assert!(done.success());
    }
}

async fn until(mut is_so: impl AsyncFnMut() -> bool, log: &Path) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {}", std::fs::read_to_string(log).unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_secret_and_the_encryption_key_are_changed_in_the_running_server_and_a_wrong_file_changes_nothing() {
    let site = site().await;
    site.world.person("noor@example.com").await;
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = ("a".repeat(40), "b".repeat(40));
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("token", &first);
    file("old", "");
    let server = Server::start(&site, folder.path()).await;
    let log = folder.path().join("log");
    let (known, unknown) = (server.webhook(&first).await, server.webhook(&second).await);
    assert_ne!(known, unknown, "only one of them is an address");
    file("token", &second);
    server.hang_up();
    until(async || server.webhook(&second).await == known, &log).await;
    assert_eq!(server.webhook(&first).await, unknown);
    assert_eq!(site.entries("secrets.reloaded").await, 1);
    // A key that is none is refused, and the one of before goes on.
    file("key", "no key at all");
    server.hang_up();
    until(async || std::fs::read_to_string(&log).unwrap().contains("could not be read anew"), &log).await;
    assert_eq!((server.webhook(&second).await, server.status("/readyz", reqwest::Method::GET).await), (known, Some(200)));
    // Another key, with the one of before beside it: both open, and the job wraps anew by it.
    let old = STANDARD.encode(WorldOptions::default().key);
    file("old", &old);
    file("key", &STANDARD.encode([77; 32]));
    server.hang_up();
    let behind = site.world.behind().await;
    let fingerprint = domain::vault::Key::new([77; 32]).id().to_owned();
    until(
        async || {
            sqlx::query(
                "update graphile_worker._private_jobs set run_at = now() where payload::text like '%rewrap_keys%' and locked_at is null",
            )
            .execute(&behind)
            .await
            .unwrap();
            let wrapped: i64 = sqlx::query_scalar("select count(*) from data_keys where master_key_id <> $1")
                .bind(&fingerprint)
                .fetch_one(&behind)
                .await
                .unwrap();
            wrapped == 0
        },
        &log,
    )
    .await;
    assert_eq!(server.status("/readyz", reqwest::Method::GET).await, Some(200));
    // Without the old one everything still opens.
    file("old", "");
    server.hang_up();
    until(async || site.entries("secrets.reloaded").await == 3, &log).await;
    assert_eq!(server.status("/readyz", reqwest::Method::GET).await, Some(200));
}
