//! Nothing forgotten: lists in code and constraints in the database agree, and no secret or personal value is readable at rest.

use domain::calendar;
use domain::testing::PASSWORD;
use sqlx::Row;
use types::{ChannelStatus, ConnectionStatus, HealthReason, Provider, Role, SyncKind, SyncOutcome};

use crate::support::{ACCOUNT, connected, runner, today, view, world};

#[tokio::test]
async fn every_closed_list_is_mirrored_by_its_check_constraint() {
    let (world, _sandbox) = world().await;
    let behind = world.behind().await;
    let texts = |all: &[&'static str]| all.iter().map(|text| (*text).to_owned()).collect::<std::collections::BTreeSet<String>>();
    let lists = [
        ("users_roles_check", texts(&Role::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
        ("calendar_connections_provider_check", texts(&Provider::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
        ("calendar_connections_status_check", texts(&ConnectionStatus::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
        ("calendar_connections_health_reason_check", texts(&HealthReason::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
        ("calendar_channels_status_check", texts(&ChannelStatus::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
        ("calendar_sync_logs_kind_check", texts(&SyncKind::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
        ("calendar_sync_logs_outcome_check", texts(&SyncOutcome::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),
    ];
    for (constraint, expected) in lists {
        let definition: String = sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
            .bind(constraint)
            .fetch_one(&behind)
            .await
            .unwrap();
        let found: std::collections::BTreeSet<String> = definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(found, expected, "{constraint}");
    }
}

#[tokio::test]
async fn no_secret_and_no_personal_value_is_readable_in_the_whole_database() {
    let (world, _sandbox) = world().await;
    let noor = world.person("planted.person@example.com").await;
    connected(&world, noor).await;
    runner(&world).step().await.unwrap();
    let day = today(&world, noor).await;
    assert!(!day.agenda.is_empty());
    let account = view(&world, noor).await.account.unwrap();
    assert_eq!(account, ACCOUNT);
    let behind = world.behind().await;
    let tables = sqlx::query("select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname in ('public', 'graphile_worker')")
        .fetch_all(&behind)
        .await
        .unwrap();
    let planted = ["planted.person", "Noor Haddad", ACCOUNT, "Pricing review", "All hands", "Family", PASSWORD, "ya29.", "1//0"];
    let mut rows_seen = 0;
    for table in tables {
        let name = format!("{}.{}", table.get::<String, _>(0), table.get::<String, _>(1));
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select t::text from {name} t"))).fetch_all(&behind).await.unwrap();
        for row in rows {
            rows_seen += 1;
            // bytea is shown in hexadecimal: the planted values are looked for in both forms.
            for value in planted {
                let hexadecimal = hex::encode(value);
                assert!(!row.contains(value) && !row.contains(&hexadecimal), "{name} holds {value}");
            }
        }
    }
    assert!(rows_seen > 100);
}

#[tokio::test]
async fn every_change_leaves_its_audit_entry_in_the_same_transaction() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &[]).await.unwrap();
    calendar::disconnect(&world.deps, &world.as_user(noor), calendar::Which::All).await.unwrap();
    let actions: Vec<String> =
        sqlx::query_scalar("select action from audit_events order by id").fetch_all(&world.behind().await).await.unwrap();
    for action in [
        "user.signed_up",
        "connection.begun",
        "connection.created",
        "connection.synced",
        "connection.calendars_chosen",
        "connection.removed",
    ] {
        assert!(actions.iter().any(|other| other == action), "{action} is not in {actions:?}");
    }
}
