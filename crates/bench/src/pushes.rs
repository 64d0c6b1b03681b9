//! Pushes with news: each is of another person's calendar, and so asks for a sync that nobody asked for yet.

use domain::testing::World;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use types::UserId;

use crate::server::Server;
use crate::{CLIENTS, ROUNDS, report, world};

/// Of one round.
const PUSHES: usize = 6_000;

pub async fn pushes(world: &World, user: UserId, bare: &Server, kairos: &Server) {
    let path = format!("/webhooks/google/{}", world::WEBHOOK_TOKEN);
    // Whoever writes the bare server's as most would, and whoever spares every round trip.
    let turns = [(bare, "/push"), (bare, "/push-in-two"), (kairos, path.as_str())];
    let rounds = ROUNDS * turns.len();
    let lookup = world.deps.vault.lookup();
    let hash = |number: usize| match (number / PUSHES) % turns.len() {
        2 => lookup.hash("channel secret", secret(number).as_bytes()).to_vec(),
        _ => Sha256::digest(secret(number)).to_vec(),
    };
    world::channels(world, user, (0..rounds * PUSHES).map(hash).collect()).await;
    println!("{ROUNDS} rounds of {PUSHES} pushes with news each in turn, {CLIENTS} clients in a process of their own\n");
    let behind = world.behind().await;
    let (mut plain, mut terse) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut rates = Vec::new();
        for (turn, (server, path)) in turns.iter().enumerate() {
            let first = (round * turns.len() + turn) * PUSHES;
            // Everybody begins with nothing left to write, and pays for the first change of each page.
            sqlx::query("checkpoint").execute(&behind).await.expect("a superuser");
            let before = written(&behind).await;
            // Only Kairos has workers that look for jobs, and only its own turn pays for them.
            kairos.pause(server.name == "bare");
            let seen = server.load(&["push", path, &first.to_string(), &PUSHES.to_string()]);
            println!(
                "push round {}: {} {:.0}/s (p99/p50 {:.2})",
                round + 1,
                if *path == "/push-in-two" { "bare in two" } else { server.name },
                seen.rate,
                seen.spread
            );
            println!("    {} bytes of log a push", (written(&behind).await - before) / i64::try_from(PUSHES).expect("a small number"));
            rates.push(seen.rate);
        }
        plain.push(rates[2] / rates[0]);
        terse.push(rates[2] / rates[1]);
    }
    kairos.pause(false);
    let kept: (i64, i64) = sqlx::query_as(
        "select (select count(*) from graphile_worker._private_jobs where run_at > now() + interval '12 hours' and key like 'sync:%'),
                (select count(*) from audit_events where action = 'channel.heard')",
    )
    .fetch_one(&behind)
    .await
    .expect("counts");
    let wanted = i64::try_from(rounds * PUSHES).expect("a small number");
    // Whoever has the first account may wait for a sync as well.
    assert!(kept.0 >= wanted && kept.1 == wanted, "a job and an audit entry for every push: {kept:?} of {wanted}");
    report("push with news, requests a second", plain, 0.8);
    report("push with news, against a bare server that needs only two statements", terse, 0.8);
    println!();
}

/// Bytes of the write-ahead log so far.
async fn written(behind: &PgPool) -> i64 {
    sqlx::query_scalar("select (pg_current_wal_lsn() - '0/0')::bigint").fetch_one(behind).await.expect("a number")
}

/// What the push of this number carries.
fn secret(number: usize) -> String {
    format!("push-{number}")
}

/// As Google sends it.
pub fn request(path: &str, number: usize) -> String {
    let secret = secret(number);
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nX-Goog-Channel-ID: {secret}\r\nX-Goog-Channel-Token: {secret}\r\n\
         X-Goog-Resource-ID: a-resource\r\nX-Goog-Resource-State: exists\r\nX-Goog-Message-Number: 7\r\n\r\n"
    )
}
