//! A copy of what is kept of somebody with many events: how much memory it takes to write it and to fetch it, by how many there are.

use std::time::Instant;

use domain::privacy::{Fetch, ask_archive, write_archive};
use domain::testing::{World, WorldOptions};

use crate::server::resident_megabytes;
use crate::world::{connect, options, stand_in};

/// Events of the two accounts: ten times as many, and no more memory.
const SIZES: [usize; 2] = [10_000, 100_000];

/// Each account is read, written as an archive, and fetched.
pub async fn archive() {
    for size in SIZES {
        let now = WorldOptions::default().now;
        let sandbox = stand_in().await;
        sandbox.google(|google| google.add_large_account("noor.haddad@example.com", size, now));
        let world = World::new(options(&sandbox)).await;
        let user = world.person("noor@example.com").await;
        let connection = connect(&world, user).await;
        let job = domain::Op::job(world.deps.new_request_id(), Some(user));
        domain::calendar::sync(&world.deps, &job, connection).await.expect("synced");
        let events: i64 =
            sqlx::query_scalar("select count(*) from calendar_events").fetch_one(&world.behind().await).await.expect("a count");
        domain::audit::seal(&world.deps).await.expect("sealed");
        let op = world.as_user(user);
        let archive = ask_archive(&world.deps, &op).await.expect("asked");
        let (grew, took) = Box::pin(peak(write_archive(&world.deps, &job, archive))).await;
        println!("an archive of {events} events: written in {took:.1?}, and memory grew by {grew} MB at most meanwhile");
        let fetching = async {
            let mut fetch = Fetch::begin(&world.deps, &op, archive).await.expect("ready");
            let mut bytes = 0;
            while let Some(part) = fetch.next().await? {
                bytes += part.len();
            }
            println!("it has {:.1} MB", megabytes(bytes));
            Ok(())
        };
        let (grew, took) = peak(fetching).await;
        println!("fetched in {took:.1?}, and memory grew by {grew} MB at most meanwhile");
    }
    println!();
}

/// How much more memory this process had meanwhile than before, at its most, and how long it took.
async fn peak(work: impl Future<Output = Result<(), domain::privacy::PrivacyError>>) -> (u64, std::time::Duration) {
    let (before, began) = (resident_megabytes("self"), Instant::now());
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let watching = std::thread::spawn(move || {
        let mut most = 0;
        while stopped.try_recv().is_err() {
            most = most.max(resident_megabytes("self"));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        most
    });
    work.await.expect("done");
    let took = began.elapsed();
    stop.send(()).expect("somebody watches");
    (watching.join().expect("watched").saturating_sub(before), took)
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1_048_576.0
}
