//! The key that signs the audit log is changed: the old one signs the new, and nothing that it signs afterwards counts.

use std::sync::Arc;

use domain::audit::{self, AuditError};
use domain::base::{AuditSettings, Settings};
use domain::{Deps, Op};
use secrecy::SecretBox;
use transparency_log::{Finding, NoteError};

use crate::audit_log::{check_by, sealed, write};

fn seed(byte: u8) -> Arc<SecretBox<[u8; 32]>> {
    Arc::new(SecretBox::new(Box::new([byte; 32])))
}

/// A replica that was told these keys.
fn told(deps: &Deps, key: u8, older: &[u8]) -> Deps {
    let settings = deps.settings.as_ref().clone();
    let audit = AuditSettings { seed: seed(key), older: older.iter().map(|byte| seed(*byte)).collect(), ..settings.audit.clone() };
    Deps { settings: Arc::new(Settings { audit, ..settings }), ..deps.clone() }
}

fn op(deps: &Deps) -> Op {
    Op::job(deps.new_request_id(), None)
}

#[tokio::test]
async fn a_log_goes_on_under_another_key_and_whoever_trusts_either_finds_it_whole() {
    let (world, behind, kept) = sealed().await;
    let user = world.person("eva@example.com").await;
    let old = world.deps.clone();
    let old_key = audit::verifier_key(&old).await.unwrap();
    // Nobody signs with a key that the one before did not sign for.
    let stranger = told(&old, 99, &[98]);
    assert!(matches!(audit::succeed(&stranger, &op(&stranger)).await, Err(AuditError::KeyUnknown)));
    assert!(matches!(audit::seal(&stranger).await, Err(AuditError::Changed)));
    write(&world, user, 3).await;
    let new = told(&old, 12, &[11]);
    assert!(audit::succeed(&new, &op(&new)).await.unwrap());
    assert!(!audit::succeed(&new, &op(&new)).await.unwrap(), "once");
    // A replica that was not told yet seals nothing any more, and takes it for no attack.
    assert_eq!(audit::seal(&old).await.unwrap(), 0);
    assert!(audit::seal(&new).await.unwrap() >= 4);
    assert_eq!(audit::seal(&old).await.unwrap(), 0);
    // The old key leaves the configuration.
    let after = told(&old, 12, &[]);
    assert!(!audit::succeed(&after, &op(&after)).await.unwrap());
    write(&world, user, 2).await;
    assert_eq!(audit::seal(&after).await.unwrap(), 2);
    let new_key = audit::verifier_key(&after).await.unwrap();
    assert_ne!(old_key, new_key);
    for key in [&old_key, &new_key] {
        assert!(check_by(&after, key, Some(&kept)).await.unwrap() > 299);
    }
    let followed: i64 =
        sqlx::query_scalar("select count(*) from audit_events where action = 'audit.key_followed'").fetch_one(&behind).await.unwrap();
    assert_eq!(followed, 1);
    // The server's own check says the same, also of what was kept elsewhere before.
    let (_, finding) = audit::inspect(&after).await.unwrap();
    assert_eq!(finding, None);
}

#[tokio::test]
async fn a_succession_that_was_taken_out_of_the_database_is_missed() {
    let (world, behind, kept) = sealed().await;
    let user = world.person("eva@example.com").await;
    let new = told(&world.deps, 12, &[11]);
    audit::succeed(&new, &op(&new)).await.unwrap();
    write(&world, user, 2).await;
    audit::seal(&new).await.unwrap();
    let (old_key, new_key) = (audit::verifier_key(&world.deps).await.unwrap(), audit::verifier_key(&new).await.unwrap());
    sqlx::query("delete from audit_key_successions").execute(&behind).await.unwrap();
    for key in [&old_key, &new_key] {
        assert_eq!(check_by(&new, key, Some(&kept)).await, Err(Finding::Checkpoint(NoteError::NotSignedByKey)));
    }
}

#[tokio::test]
async fn two_replicas_follow_at_once_while_a_third_seals_by_the_old_key_and_there_is_one_log() {
    let (world, behind, _) = sealed().await;
    let user = world.person("eva@example.com").await;
    let (old, new) = (world.deps.clone(), told(&world.deps, 12, &[11]));
    write(&world, user, 40).await;
    let sealing = async {
        for _ in 0..20 {
            write(&world, user, 1).await;
            audit::seal(&old).await.unwrap();
        }
    };
    let following = async |deps: &Deps| audit::succeed(deps, &op(deps)).await.unwrap();
    let ((), first, second) = tokio::join!(sealing, following(&new), following(&new));
    assert!(first || second);
    audit::seal(&new).await.unwrap();
    let successions: i64 = sqlx::query_scalar("select count(*) from audit_key_successions").fetch_one(&behind).await.unwrap();
    assert_eq!(successions, 1);
    let left: i64 = sqlx::query_scalar("select count(*) from audit_events where place is null").fetch_one(&behind).await.unwrap();
    assert_eq!(left, 0);
    for key in [audit::verifier_key(&old).await.unwrap(), audit::verifier_key(&new).await.unwrap()] {
        assert!(check_by(&new, &key, None).await.is_ok());
    }
}
