//! The two servers, each in a process of its own, and the load that asks them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;

use crate::load::Seen;
use crate::world;

/// Release build without the sandbox, which `scripts/bench.sh` makes.
const KAIROS: &str = "target/release/kairos";
/// Where it says what it does, as anywhere.
const LOG: &str = "target/bench.log";

pub struct Server {
    pub name: &'static str,
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// `options` are the owner's URL; `session` is the keyed hash of the session that the load has.
    pub fn bare(options: &str, session: &[u8]) -> Self {
        let session = hex::encode(session);
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let mut process = command.args(["bare", options, &session]).stdout(Stdio::piped()).spawn().expect("the bare server");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its words")).read_line(&mut line).expect("its address");
        Self { name: "bare", process, address: line.trim().parse().expect("an address") }
    }

    /// As somebody runs it whose configuration is complete; the providers' addresses are never asked.
    pub async fn kairos(database: &str) -> Self {
        let port = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let (address, metrics) = (port(), port());
        let mut command = Command::new(KAIROS);
        for (name, key) in world::KEYS {
            command.env(name, base64::engine::general_purpose::STANDARD.encode(key));
        }
        command
            .arg("serve")
            .env("APP_ENV", "production")
            .env("PUBLIC_URL", "https://kairos.example")
            .env("DATABASE_URL", database)
            .env("WEBHOOK_PATH_TOKEN", world::WEBHOOK_TOKEN)
            .env("SMTP_URL", "smtps://nobody:nothing@mail.example")
            .env("MAIL_FROM", "Kairos <kairos@kairos.example>")
            // No payment is ever opened: nothing is asked of Stripe.
            .env("STRIPE_SECRET_KEY", "rk_live_bench")
            .env("STRIPE_WEBHOOK_SECRET", crate::shop::SECRET)
            .env("GOOGLE_CLIENT_ID", "1.apps.googleusercontent.com")
            .env("GOOGLE_CLIENT_SECRET", "x")
            // Counted as for anybody, and never too often.
            .env("API_REQUESTS_PER_MINUTE", i32::MAX.to_string())
            .env("LISTEN_ADDR", address.to_string())
            .env("METRICS_ADDR", metrics.to_string())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(LOG).expect("a log"));
        let mut process = command.spawn().expect("the release build: scripts/bench.sh makes it");
        // It listens before it has opened its database: stopped between the two it would not start.
        while !is_healthy(address).await {
            assert!(process.try_wait().expect("its state").is_none(), "Kairos did not start; {LOG} says why");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { name: "kairos", process, address }
    }

    /// Asked by a process of its own, which is told `what` after the address.
    pub fn load(&self, what: &[&str]) -> Seen {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let done = command.args(["load", &self.address.to_string()]).args(what).stderr(Stdio::inherit()).output().expect("the load");
        String::from_utf8_lossy(&done.stdout).parse().expect("what it saw")
    }

    /// Stops it in the middle of whatever it does, or lets it go on.
    pub fn pause(&self, is_paused: bool) {
        let signal = if is_paused { "-STOP" } else { "-CONT" };
        Command::new("kill").args([signal, &self.process.id().to_string()]).status().expect("kill");
    }

    pub fn megabytes(&self) -> u64 {
        resident_megabytes(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn is_healthy(address: SocketAddr) -> bool {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else { return false };
    let mut answer = String::new();
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let asked = async {
        stream.write_all(request).await?;
        stream.read_to_string(&mut answer).await
    };
    tokio::time::timeout(Duration::from_secs(5), asked).await.is_ok_and(|read| read.is_ok()) && answer.starts_with("HTTP/1.1 200")
}

/// Of a process, or of this one: `self`.
pub fn resident_megabytes(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
