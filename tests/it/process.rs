//! Kairos as a program of its own, on the database of a test.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::testing::{TestDatabase, WorldOptions};
use sqlx::ConnectOptions as _;

/// How long something is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(40);

/// The program with the keys of a test's world, in a folder.
pub fn kairos(database: &TestDatabase, folder: &Path) -> Command {
    let options = WorldOptions::default();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kairos"));
    command
        .current_dir(folder)
        .env("APP_ENV", "development")
        .env("DATA_DIR", folder)
        .env("SITE_ROOT", std::path::absolute("target/site").unwrap())
        .env("DATABASE_URL", database.server().to_url_lossy().as_str())
        .env("CALENDAR_ENCRYPTION_KEY", STANDARD.encode(options.key))
        .env("SESSION_KEY", STANDARD.encode(options.session_key))
        // The log that it seals is the one that the next one goes on with.
        .env("AUDIT_SIGNING_KEY", STANDARD.encode([11; 32]));
    command
}

/// One that serves. It is killed where nothing holds it any more.
pub struct Serving {
    pub child: Child,
    pub address: SocketAddr,
}

impl Serving {
    /// What it says is in `log` of its folder.
    pub async fn start(mut command: Command, folder: &Path) -> Self {
        let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (address, log) = (port(), folder.join("log"));
        let child = command
            .arg("serve")
            .env("LISTEN_ADDR", address.to_string())
            .env("METRICS_ADDR", port().to_string())
            .env("SANDBOX_ADDR", port().to_string())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut serving = Self { child, address };
        until("it listens", async || {
            assert!(serving.child.try_wait().unwrap().is_none(), "{}", std::fs::read_to_string(&log).unwrap());
            tokio::net::TcpStream::connect(address).await.is_ok()
        })
        .await;
        serving
    }

    /// SIGKILL: nothing of it runs after this.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that has to come.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
