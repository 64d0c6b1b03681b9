//! What one page shows is of one moment, whoever writes meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::accounts::Viewer;
use domain::calendar::{self, Wanted};

use crate::support::{ACCOUNT, connected, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_parts_of_a_page_never_contradict_each_other_while_somebody_writes() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let behind = world.behind().await;
    let stop = AtomicBool::new(false);
    let hash = accounts_hash(&world, noor).await;
    // In one transaction always: the connection's reason and the last line of its history.
    let writing = async {
        let mut written = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            let reason = if written % 2 == 0 { "provider_down" } else { "rate_limited" };
            let mut tx = behind.begin().await.unwrap();
            sqlx::query("update calendar_connections set status = 'degraded', health_reason = $1, health_since = now()")
                .bind(reason)
                .execute(&mut *tx)
                .await
                .unwrap();
            sqlx::query("insert into calendar_health (id, user_id, connection_id, changed_at, status, reason) values (gen_random_uuid(), $1, $2, clock_timestamp(), 'degraded', $3)")
                .bind(noor.0)
                .bind(connection.0)
                .bind(reason)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            written += 1;
            tokio::task::yield_now().await;
        }
        written
    };
    let reading = async {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..300 {
            // By the session's rows, which are held, and by the history, which is not.
            for viewer in [Viewer::Session(hash), Viewer::Person(noor)] {
                let wanted = Wanted { connection: Some(connection), ..Wanted::FRAME };
                let page = calendar::read_page(&world.deps, &viewer, &wanted).await.unwrap().page.unwrap();
                let shown = page.connections().remove(0).reason;
                let history = page.health().iter().filter(|change| change.reason.is_some()).next_back().and_then(|change| change.reason);
                assert_eq!(shown, history, "the connection and its history");
                seen.insert(shown);
                // The frame alone, which is held: as new as its version says.
                calendar::read_page(&world.deps, &viewer, &Wanted::FRAME).await.unwrap().page.unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
        seen
    };
    let (written, seen) = tokio::join!(writing, reading);
    assert!(written > 3 && seen.len() > 1, "{written} written, {seen:?} seen");
    assert_eq!(world.page(noor, &Wanted::FRAME).await.connections().remove(0).account.as_deref(), Some(ACCOUNT));
}

async fn accounts_hash(world: &domain::testing::World, user: types::UserId) -> [u8; 32] {
    let data = serde_json::json!({ "user": user, "password_number": 0 });
    assert!(domain::accounts::create_session(&world.deps, b"reading", Some(user), &data).await.unwrap());
    domain::accounts::session_hash(&world.deps, b"reading")
}
