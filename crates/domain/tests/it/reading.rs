//! What one page shows is of one moment.

use domain::accounts;
use domain::calendar::{self, Wanted};
use types::HealthReason;

use crate::support::{ACCOUNT, connected, sync, view, world};

#[tokio::test]
async fn a_page_that_is_being_read_does_not_see_what_changes_meanwhile() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let mut reading = world.deps.read(&world.as_user(noor)).await.unwrap().unwrap();
    let person = accounts::load(&mut reading).await.unwrap().unwrap();
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.reason, Some(HealthReason::ConsentWithdrawn));
    let seen = calendar::overview(&mut reading, person.zoned(), Wanted { runs: 10, ..Wanted::TODAY }).await.unwrap().connections.remove(0);
    assert_eq!(seen.reason, None);
    assert!(seen.logs.iter().all(|log| log.reason.is_none()), "the log tells of a failure that the connection does not show");
}
