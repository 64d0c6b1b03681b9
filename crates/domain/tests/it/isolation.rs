//! A person sees only their own, whatever a query forgets.

use domain::calendar::{self, CalendarError, Which};
use sqlx::{Connection, PgConnection, Row};

use crate::support::{connected, health_history, overview, world};

/// Nobody's rows in particular.
const OF_THE_INSTALLATION: [&str; 9] = [
    "audit_checkpoints",
    "audit_copies",
    "audit_key_successions",
    "audit_tiles",
    "audit_tree",
    "audit_verifications",
    "installation_checks",
    "installation_keys",
    "known_secrets",
];

/// What is suspicious, of whomever, and what is done about it.
const OF_THE_GUARD: [&str; 7] =
    ["address_blocks", "incident_breaches", "incident_entries", "incident_evidence", "incidents", "provider_isolations", "security_events"];

/// Every table of ours.
async fn tables(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query("select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_sqlx_migrations' order by 1")
        .fetch_all(connection)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn a_query_that_forgets_its_where_shows_nothing_of_others() {
    let (world, _sandbox) = world().await;
    let (noor, bruno) = (world.person("noor@example.com").await, world.person("bruno@example.com").await);
    connected(&world, noor).await;
    connected(&world, bruno).await;
    let mut server = PgConnection::connect_with(&world.database.server()).await.unwrap();
    for table in tables(&mut server).await {
        if OF_THE_INSTALLATION.contains(&table.as_str()) {
            continue;
        }
        // Nobody asks: nothing is seen.
        let seen: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&mut server).await.unwrap();
        assert_eq!(seen, 0, "{table}, without a person");
        // Seen by nobody but its own function, or by the guard and by admins.
        if table == "rate_limits" || table == "webhook_deliveries" || OF_THE_GUARD.contains(&table.as_str()) {
            continue;
        }
        // Noor asks: only hers.
        let owner_column = match table.as_str() {
            "users" => "id",
            "booking_changes" | "booking_clients" | "booking_drifts" | "bookings" | "payments" | "refunds" | "session_types" => {
                "builder_id"
            }
            "audit_events" => "subject_user_id",
            _ => "user_id",
        };
        let mut tx = server.begin().await.unwrap();
        // Whoever says that they administer and is no admin sees no more.
        sqlx::query("select set_config('kairos.user_id', $1, true), set_config('kairos.administers', 'on', true)")
            .bind(noor.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        let others: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table} where {owner_column} is distinct from $1")))
                .bind(noor.0)
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        assert_eq!(others, 0, "{table}, as Noor");
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn every_table_forces_row_security_and_belongs_to_the_owner() {
    let (world, _sandbox) = world().await;
    let behind = world.behind().await;
    let open: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '_sqlx_migrations'
           and (not c.relrowsecurity or not c.relforcerowsecurity or r.rolname <> 'kairos_owner')",
    )
    .fetch_all(&behind)
    .await
    .unwrap();
    assert_eq!(open, Vec::<String>::new());
    let role = domain::base::role(&world.deps.database).await.unwrap();
    assert!(!role.bypasses_row_security);
}

#[tokio::test]
async fn another_persons_connection_is_as_unknown_as_none() {
    let (world, _sandbox) = world().await;
    let (noor, bruno) = (world.person("noor@example.com").await, world.person("bruno@example.com").await);
    let connection = connected(&world, noor).await;
    let (deps, op) = (&world.deps, world.as_user(bruno));
    assert!(overview(&world, bruno).await.connections.is_empty() && health_history(&world, bruno, connection).await.is_empty());
    assert!(matches!(calendar::sync_now(deps, &op, connection).await, Err(CalendarError::NotFound)));
    assert!(matches!(calendar::choose_calendars(deps, &op, connection, &[]).await, Err(CalendarError::NotFound)));
    assert!(matches!(calendar::disconnect(deps, &op, Which::Connection(connection)).await, Err(CalendarError::NotFound)));
    assert_eq!(calendar::disconnect(deps, &op, Which::All).await.unwrap().removed, 0);
    assert_eq!(overview(&world, noor).await.connections.len(), 1);
}

#[tokio::test]
async fn the_servers_role_can_neither_change_nor_remove_what_was_audited() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    for statement in ["update audit_events set action = 'nothing'", "delete from audit_events", "truncate audit_events"] {
        let mut tx = world.deps.begin(&world.as_user(noor)).await.unwrap();
        assert!(sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *tx).await.is_err(), "{statement}");
    }
    // The owner is stopped by the trigger.
    let mut owner = PgConnection::connect_with(&world.database.owner()).await.unwrap();
    for statement in ["update audit_events set action = 'nothing'", "delete from audit_events", "truncate audit_events"] {
        let error = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut owner).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
}
