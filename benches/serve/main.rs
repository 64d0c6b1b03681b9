//! `make bench`: Kairos beside a bare axum + sqlx server that asks the same database the same things.
//!
//! Four processes: Postgres, the release build of Kairos without the sandbox, the bare server, and the load, which meets the two in turn,
//! round after round. What is reported is the ratio of each round and its median; a difference below 15 % is no finding. Nothing here is a
//! test.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

mod bare;
mod first_sync;
mod load;
mod world;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use load::Seen;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(5);
const CLIENTS: usize = 16;
/// Release build without the sandbox, which `scripts/bench.sh` makes.
const KAIROS: &str = "target/release/kairos";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[1..] {
        ["bare", options, session] => bare::serve(options.parse().expect("a URL"), hex::decode(session).expect("hexadecimal digits")).await,
        ["load", address, path, cookie] => {
            println!("{}", load::load(address.parse().expect("an address"), path, cookie, CLIENTS, ROUND).await);
        }
        // `cargo test` runs benches once and wants them quick.
        _ if words.contains(&"--test") => {}
        _ => conduct().await,
    }
}

async fn conduct() {
    providers::outbound::use_ring();
    let (world, _) = world::connected().await;
    let cookie = world::session(&world).await;
    let behind = world.behind().await;
    let hash: Vec<u8> = sqlx::query_scalar("select id_hash from sessions").fetch_one(&behind).await.expect("one session");
    let database: String = sqlx::query_scalar("select current_database()").fetch_one(&behind).await.expect("a name");
    let url = |role: &str| {
        let mut url: url::Url = std::env::var("KAIROS_TEST_CLUSTER").expect("run by scripts/bench.sh").parse().expect("a URL");
        url.set_path(&database);
        let given = url.host_str().is_some_and(|host| !host.is_empty());
        if given {
            url.set_username(role).expect("a role");
        } else {
            url.query_pairs_mut().append_pair("user", role);
        }
        url.to_string()
    };
    let mut bare = Server::bare(&url("kairos_owner"), &hash);
    let mut kairos = Server::kairos(&url("kairos_server")).await;
    let idle = kairos.megabytes();
    let cookie = cookie.replace("kairos_development", "__Host-kairos");
    println!("{ROUNDS} rounds of {} s each in turn, {CLIENTS} clients in a process of their own\n", ROUND.as_secs());
    for (path, budget) in [("/api/calendar/status", 0.8), ("/app/settings", 0.6)] {
        let mut ratios = Vec::new();
        for round in 1..=ROUNDS {
            let (theirs, ours) = (bare.load(path, &cookie), kairos.load(path, &cookie));
            ratios.push(ours.rate / theirs.rate);
            println!(
                "{path} round {round}: bare {:.0}/s (p99/p50 {:.2}), kairos {:.0}/s (p99/p50 {:.2}), ratio {:.2}",
                theirs.rate,
                theirs.spread,
                ours.rate,
                ours.spread,
                ours.rate / theirs.rate
            );
        }
        ratios.sort_by(f64::total_cmp);
        println!("{path}: median {:.2}, from {:.2} to {:.2}; the budget is {budget}\n", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
    }
    println!(
        "memory of Kairos: {idle} MB idle (budget 40), {} MB after the load (budget 96); of the bare server {} MB\n",
        kairos.megabytes(),
        bare.megabytes()
    );
    kairos.end();
    bare.end();
    first_sync::first_sync().await;
    std::process::exit(0);
}

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn bare(options: &str, session: &[u8]) -> Self {
        let session = hex::encode(session);
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let mut process = command.args(["bare", options, &session]).stdout(Stdio::piped()).spawn().expect("the bare server");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its words")).read_line(&mut line).expect("its address");
        Self { process, address: line.trim().parse().expect("an address") }
    }

    async fn kairos(database: &str) -> Self {
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
            .env("WEBHOOK_PATH_TOKEN", "0123456789abcdef0123456789abcdef")
            .env("SMTP_URL", "smtps://nobody:nothing@mail.example")
            .env("MAIL_FROM", "Kairos <kairos@kairos.example>")
            .env("GOOGLE_CLIENT_ID", "1.apps.googleusercontent.com")
            .env("GOOGLE_CLIENT_SECRET", "x")
            .env("LISTEN_ADDR", address.to_string())
            .env("METRICS_ADDR", metrics.to_string())
            .stdout(Stdio::null());
        let mut process = command.spawn().expect("the release build: scripts/bench.sh makes it");
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(process.try_wait().expect("its state").is_none(), "Kairos did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { process, address }
    }

    /// Asked by a process of its own.
    fn load(&mut self, path: &str, cookie: &str) -> Seen {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let done = command.args(["load", &self.address.to_string(), path, cookie]).stderr(Stdio::inherit()).output().expect("the load");
        String::from_utf8_lossy(&done.stdout).parse().expect("what it saw")
    }

    fn megabytes(&self) -> u64 {
        resident_megabytes(&self.process.id().to_string())
    }

    fn end(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Of a process, or of this one: `self`.
fn resident_megabytes(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
