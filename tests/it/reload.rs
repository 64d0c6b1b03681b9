//! Secrets that are changed in the running server.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::base::{Clock as _, SystemClock};
use domain::testing::WorldOptions;

use crate::process::{Serving, kairos, until};
use crate::support::{Site, site};

const OLD_SECRET: &str = "0123456789abcdef0123456789abcdef";
const NEW_SECRET: &str = "fedcba9876543210fedcba9876543210";

/// A server whose secrets are in files.
struct Server(Serving);

impl Server {
    async fn start(site: &Site, folder: &Path) -> Self {
        std::fs::write(folder.join("key"), STANDARD.encode(WorldOptions::default().key)).unwrap();
        let mut command = kairos(&site.world.database, folder);
        command
            .env_remove("CALENDAR_ENCRYPTION_KEY")
            .env("CALENDAR_ENCRYPTION_KEY_FILE", folder.join("key"))
            .env("CALENDAR_ENCRYPTION_KEYS_OLD_FILE", folder.join("old"))
            .env("WEBHOOK_PATH_TOKEN_FILE", folder.join("token"))
            .env_remove("AUDIT_SIGNING_KEY")
            .env("AUDIT_SIGNING_KEY_FILE", folder.join("audit"))
            .env("AUDIT_SIGNING_KEYS_OLD_FILE", folder.join("audit-old"))
            .env("CALENDLY_WEBHOOK_SECRET_FILE", folder.join("calendly"));
        std::fs::write(folder.join("audit"), STANDARD.encode([11; 32])).unwrap();
        std::fs::write(folder.join("audit-old"), "").unwrap();
        std::fs::write(folder.join("calendly"), format!("{NEW_SECRET},{OLD_SECRET}")).unwrap();
        Self(Serving::start(command, folder).await)
    }

    async fn status(&self, path: &str, method: reqwest::Method) -> Option<u16> {
        #[expect(clippy::disallowed_methods, reason = "a provider, not the server")]
        let client = reqwest::Client::new();
        let answer = client.request(method, format!("http://{}{path}", self.0.address)).body("{}").send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// What a provider gets that sends something to the address with this token.
    async fn webhook(&self, token: &str) -> u16 {
        self.status(&format!("/webhooks/outlook/{token}?validationToken=hello"), reqwest::Method::POST).await.unwrap()
    }

    /// What Calendly gets that signs by this secret.
    async fn calendly(&self, token: &str, secret: &str) -> u16 {
        let now = SystemClock.now();
        let body = serde_json::json!({ "event": "invitee.unheard_of", "created_at": now, "payload": {} }).to_string();
        #[expect(clippy::disallowed_methods, reason = "a provider, not the server")]
        let client = reqwest::Client::new();
        let request = client
            .post(format!("http://{}/webhooks/calendly/{token}", self.0.address))
            .header("calendly-webhook-signature", crate::selling::scene::signature(secret, now.timestamp(), &body))
            .header("content-type", "application/json")
            .body(body);
        request.send().await.unwrap().status().as_u16()
    }

    fn hang_up(&self) {
        let done = Command::new("kill").args(["-HUP", &self.0.child.id().to_string()]).status().unwrap();
        assert!(done.success());
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
    until("another address", async || server.webhook(&second).await == known).await;
    assert_eq!(server.webhook(&first).await, unknown);
    assert_eq!(site.entries("secrets.reloaded").await, 1);
    // A key that is none is refused, and the one of before goes on.
    file("key", "no key at all");
    server.hang_up();
    until("it says what is wrong", async || std::fs::read_to_string(&log).unwrap().contains("could not be read anew")).await;
    assert_eq!((server.webhook(&second).await, server.status("/readyz", reqwest::Method::GET).await), (known, Some(200)));
    // Another key, with the one of before beside it: both open, and the job wraps anew by it.
    let old = STANDARD.encode(WorldOptions::default().key);
    file("old", &old);
    file("key", &STANDARD.encode([77; 32]));
    server.hang_up();
    let behind = site.world.behind().await;
    let fingerprint = domain::vault::Key::new([77; 32]).id().to_owned();
    until("all is wrapped anew", async || {
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
    })
    .await;
    assert_eq!(server.status("/readyz", reqwest::Method::GET).await, Some(200));
    // Without the old one everything still opens.
    file("old", "");
    server.hang_up();
    until("the old key is out", async || site.entries("secrets.reloaded").await == 3).await;
    assert_eq!(server.status("/readyz", reqwest::Method::GET).await, Some(200));
}

#[tokio::test]
async fn the_key_of_the_audit_log_is_followed_in_the_running_server_and_a_secret_that_is_revoked_is_used_no_more() {
    let site = site().await;
    site.world.person("noor@example.com").await;
    let folder = tempfile::tempdir().unwrap();
    let token = "a".repeat(40);
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("token", &token);
    file("old", "");
    let server = Server::start(&site, folder.path()).await;
    let (log, behind) = (folder.path().join("log"), site.world.behind().await);
    let sealed = async || {
        sqlx::query_scalar::<_, i64>("select count(*) from audit_events where place is null").fetch_one(&behind).await.unwrap() == 0
    };
    until("all is sealed", sealed).await;
    // A key that nothing leads to is refused.
    file("audit", &STANDARD.encode([12; 32]));
    server.hang_up();
    until("it says what is missing", async || std::fs::read_to_string(&log).unwrap().contains("is not among AUDIT_SIGNING_KEYS_OLD")).await;
    file("audit-old", &STANDARD.encode([11; 32]));
    server.hang_up();
    until("the new one follows", async || site.entries("audit.key_followed").await == 1).await;
    until("all is sealed by it", sealed).await;
    let heads: i64 = sqlx::query_scalar("select count(distinct left(split_part(note, ' ', 3), 5)) from audit_checkpoints")
        .fetch_one(&behind)
        .await
        .unwrap();
    assert_eq!(heads, 2, "heads of two keys");
    // Of two secrets both hold, until an admin revokes one, which the files still have.
    assert_eq!((server.calendly(&token, NEW_SECRET).await, server.calendly(&token, OLD_SECRET).await), (200, 200));
    let revoked: bool = sqlx::query_scalar(
        "update known_secrets set revoked_at = now() where purpose = 'CALENDLY_WEBHOOK_SECRET' and activated_at is null returning true",
    )
    .fetch_one(&behind)
    .await
    .unwrap();
    assert!(revoked);
    until("it is used no more", async || server.calendly(&token, OLD_SECRET).await != 200).await;
    assert_eq!(server.calendly(&token, NEW_SECRET).await, 200);
}
