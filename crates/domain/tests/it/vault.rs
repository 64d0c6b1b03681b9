//! Ciphertexts in the database: swapped, moved, read with the wrong key.

use domain::testing::{World, WorldOptions};
use domain::vault::{Key, Keyring, Vault, VaultError};
use types::HealthReason;

use crate::support::{connect, connected, options, status, sync, view, world};

#[tokio::test]
async fn a_ciphertext_moved_to_another_row_does_not_open() {
    let (world, _sandbox) = world().await;
    let (noor, bruno) = (world.person("noor@example.com").await, world.person("bruno@example.com").await);
    let (first, second) = (connected(&world, noor).await, connected(&world, bruno).await);
    let behind = world.behind().await;
    sqlx::query("update calendar_connections a set access_token_sealed = b.access_token_sealed, refresh_token_sealed = b.refresh_token_sealed from calendar_connections b where a.id = $1 and b.id = $2")
        .bind(first.0)
        .bind(second.0)
        .execute(&behind)
        .await
        .unwrap();
    sync(&world, noor, first).await;
    assert_eq!(view(&world, noor).await.reason, Some(HealthReason::KeyMissing));
}

#[tokio::test]
async fn two_columns_of_one_row_cannot_be_exchanged() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    sqlx::query("update calendar_connections set access_token_sealed = refresh_token_sealed, refresh_token_sealed = access_token_sealed")
        .execute(&world.behind().await)
        .await
        .unwrap();
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.reason, Some(HealthReason::KeyMissing));
}

#[tokio::test]
async fn with_the_wrong_key_pages_name_it_and_with_the_old_one_back_all_is_readable() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let wrong = World::on(world.database.clone(), WorldOptions { key: [8; 32], ..options(&sandbox) }).await;
    let shown = view(&wrong, noor).await;
    assert_eq!(shown.missing_key.as_deref(), Some(world.deps.vault.keyring().current().id()));
    assert_eq!(shown.account, None);
    sync(&wrong, noor, connection).await;
    assert_eq!(view(&wrong, noor).await.reason, Some(HealthReason::KeyMissing));
    assert!(status(&wrong, noor).await.connected);
    assert!(!domain::vault::keyring_is_complete(&wrong.deps).await.unwrap());
    let both = World::on(world.database.clone(), WorldOptions { key: [8; 32], older_keys: vec![[7; 32]], ..options(&sandbox) }).await;
    sync(&both, noor, connection).await;
    assert_eq!(view(&both, noor).await.reason, None);
    assert!(domain::vault::keyring_is_complete(&both.deps).await.unwrap());
}

#[tokio::test]
async fn another_session_key_takes_over_when_it_is_told_the_old_one_and_then_the_old_one_is_not_needed() {
    let world = World::new(WorldOptions::default()).await;
    let deps = &world.deps;
    let open = async |current: u8, older: &[u8]| {
        let keys = Keyring::new(Key::new([current; 32]), older.iter().map(|byte| Key::new([*byte; 32])).collect());
        let keyring = Keyring::new(Key::new([7; 32]), Vec::new());
        Vault::open(&deps.database, keyring, &keys, &*deps.chance, deps.now()).await
    };
    let before = deps.vault.session().hash("session", b"id");
    assert!(matches!(open(10, &[]).await, Err(VaultError::KeyMissing { .. })), "not without the old one");
    let rotated = open(10, &[9]).await.unwrap();
    assert_eq!(rotated.session().hash("session", b"id"), before, "nobody is signed out, no address is lost");
    assert_eq!(open(10, &[]).await.unwrap().lookup().hash("email", b"a"), deps.vault.lookup().hash("email", b"a"));
    assert!(matches!(open(9, &[]).await, Err(VaultError::KeyMissing { .. })), "the old one opens nothing any more");
}

#[tokio::test]
async fn tokens_of_the_session_key_before_hold_while_it_is_told_and_end_when_it_is_not() {
    use domain::api_keys::{self, Lifetime, NewApiKey};
    use types::{Role, Scope};

    let world = World::new(WorldOptions::default()).await;
    let noor = world.person("noor@example.com").await;
    let new = NewApiKey { name: "script".to_owned(), scopes: vec![Scope::EventsRead], lifetime: Lifetime::Days30 };
    let key = api_keys::make_api_key(&world.deps, &world.as_user(noor), &[Role::User], new).await.unwrap();
    let exchanged = api_keys::exchange(&world.deps, &world.visitor(), &key, &[]).await.unwrap();
    let token = secrecy::ExposeSecret::expose_secret(&exchanged.token);
    let under = async |older: &[u8]| {
        let keys = Keyring::new(Key::new([10; 32]), older.iter().map(|byte| Key::new([*byte; 32])).collect());
        let keyring = Keyring::new(Key::new([7; 32]), Vec::new());
        let deps = &world.deps;
        let vault = Vault::open(&deps.database, keyring, &keys, &*deps.chance, deps.now()).await.unwrap();
        api_keys::read_token(&domain::Deps { vault, ..deps.clone() }, token)
    };
    assert_eq!(under(&[9]).await.map(|bearer| bearer.user), Some(noor), "both check, the new one signs");
    assert_eq!(under(&[]).await, None, "the old one is told no more");
}
