//! What the database's owner does: roles, migrations, the rights of the server's role.
//!
//! A crate of its own because the queries of `domain` are checked against a migrated database while they compile: what
//! migrates it cannot depend on them.

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The role that owns the schema in a private cluster.
pub const OWNER: &str = "kairos_owner";
/// The role the server connects as, everywhere.
pub const SERVER: &str = "kairos_server";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The owner could not connect, or a statement of ours failed.
    #[error("the database owner could not do its work: {0}")]
    Owner(#[from] sqlx::Error),
    /// A migration of ours failed.
    #[error("a migration failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A migration of the job queue failed.
    #[error("the job queue's migration failed: {0}")]
    Queue(String),
}

/// Makes the two roles and a database in a fresh private cluster; harmless when they are there.
pub async fn prepare_private(superuser: PgConnectOptions, database: &str) -> Result<(), SchemaError> {
    let mut connection = PgConnection::connect_with(&superuser).await?;
    for (role, options) in [(OWNER, "login createrole nosuperuser"), (SERVER, "login nosuperuser nobypassrls nocreatedb nocreaterole")] {
        let exists = sqlx::query("select from pg_roles where rolname = $1").bind(role).fetch_optional(&mut connection).await?.is_some();
        if !exists {
            connection.execute(AssertSqlSafe(format!("create role {role} {options}"))).await?;
        }
    }
    let exists = sqlx::query("select from pg_database where datname = $1").bind(database).fetch_optional(&mut connection).await?.is_some();
    if !exists {
        connection.execute(AssertSqlSafe(format!("create database {database} owner {OWNER}"))).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Brings the schema up to date as the owner: ours, the job queue's, and the server role's rights on the queue.
/// Safe to run again and from several replicas at once.
pub async fn migrate(owner: PgConnectOptions) -> Result<(), SchemaError> {
    migrate_to(owner, None).await
}

/// The same, but no further than `last`: as it was when a copy was made of it. `None`: up to date.
pub async fn migrate_to(owner: PgConnectOptions, last: Option<i64>) -> Result<(), SchemaError> {
    let pool = PgPoolOptions::new().max_connections(2).connect_with(owner).await?;
    let mut lock = pool.acquire().await?;
    // The queue's migrations take no lock of their own; this one covers both. Asked for again and again rather than waited for: who
    // waits holds a snapshot, and `create index concurrently` waits for everybody who holds one.
    while !sqlx::query_scalar::<_, bool>("select pg_try_advisory_lock(7215046117)").fetch_one(&mut *lock).await? {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let result = migrate_locked(&pool, last).await;
    lock.execute("select pg_advisory_unlock(7215046117)").await?;
    drop(lock);
    pool.close().await;
    result
}

/// Whether there is such a migration.
pub fn knows(version: i64) -> bool {
    MIGRATIONS.iter().any(|migration| migration.version == version)
}

async fn migrate_locked(pool: &sqlx::PgPool, last: Option<i64>) -> Result<(), SchemaError> {
    let mut migrations = Migrator { migrations: MIGRATIONS.migrations.clone(), ..Migrator::DEFAULT };
    if let Some(last) = last {
        migrations.migrations.to_mut().retain(|migration| migration.version <= last);
    }
    migrations.run(pool).await?;
    graphile_worker_migrations::migrate(pool, "graphile_worker").await.map_err(|error| SchemaError::Queue(format!("{error:?}")))?;
    // The queue switches row-level security on and writes no policy, so only its owner could use it. Its rows hold ids, never
    // a personal value, and belong to nobody: the server's role gets all of them.
    sqlx::raw_sql(
        "grant usage on schema graphile_worker to kairos_server;
         grant select, insert, update, delete on all tables in schema graphile_worker to kairos_server;
         grant usage on all sequences in schema graphile_worker to kairos_server;
         grant execute on all functions in schema graphile_worker to kairos_server;
         do $$
         declare name regclass;
         begin
             for name in select c.oid from pg_class c where c.relnamespace = 'graphile_worker'::regnamespace and c.relkind = 'r'
             loop
                 if not exists (select from pg_policy p where p.polrelid = name and p.polname = 'server_works') then
                     execute format('create policy server_works on %s to kairos_server using (true) with check (true)', name);
                 end if;
             end loop;
         end
         $$;",
    )
    .execute(pool)
    .await?;
    // The queue's own indexes begin with the priority: whoever looks for what is due goes through all that waits, a job a connection.
    sqlx::raw_sql("create index concurrently if not exists kairos_due on graphile_worker._private_jobs (run_at) where is_available")
        .execute(pool)
        .await?;
    Ok(())
}

/// Whether every migration this binary knows has been applied. Readable by the server's role.
pub async fn is_current(pool: &sqlx::PgPool) -> Result<bool, sqlx::Error> {
    let expected = MIGRATIONS.iter().filter(|migration| !migration.migration_type.is_down_migration()).count();
    let row = sqlx::query("select count(*) from _sqlx_migrations where success").fetch_one(pool).await?;
    let applied: i64 = row.try_get(0)?;
    Ok(usize::try_from(applied).is_ok_and(|applied| applied >= expected))
}

#[cfg(test)]
mod tests {
    /// The last one of before these rules. It and those before it have run wherever Kairos runs, and migrations only go forward.
    const RULES_SINCE: i64 = 20_261_122_120_000;

    /// From here on a migration takes the strongest lock of one table that is there: requests hold several, each in their own order.
    const ONE_TABLE_SINCE: i64 = 20_261_126_000_000;

    #[test]
    fn no_migration_locks_a_live_table_for_as_long_as_a_scan_takes() {
        for migration in super::MIGRATIONS.iter().filter(|migration| migration.version > RULES_SINCE) {
            let name = format!("{} {}", migration.version, migration.description);
            let sql = migration.sql.as_str().to_lowercase();
            let made_here = |table: &str| sql.contains(&format!("create table {table} "));
            if sql.contains("validate constraint") {
                assert!(!sql.contains("add constraint"), "{name}: validate in a migration of its own, so that the lock of adding is gone");
            }
            for (place, _) in sql.match_indices("add constraint") {
                let rest = sql[place..].split(';').next().unwrap_or_default();
                assert!(rest.contains("not valid"), "{name}: add the constraint `not valid` first");
            }
            for (place, _) in sql.match_indices("create ").filter(|(place, _)| {
                let rest = &sql[*place..];
                rest.starts_with("create index") || rest.starts_with("create unique index")
            }) {
                let rest = sql[place..].split(';').next().unwrap_or_default();
                let table = rest.split(" on ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
                assert!(
                    rest.contains("concurrently") || made_here(table),
                    "{name}: an index on a table that is there is made concurrently"
                );
                assert!(!rest.contains("concurrently") || migration.no_tx, "{name}: outside a transaction: begin with `-- no-transaction`");
            }
            if migration.version > ONE_TABLE_SINCE {
                let mut locked: Vec<String> = Vec::new();
                for statement in sql.split(';') {
                    let plain = statement.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join(" ");
                    let altered = plain.trim().strip_prefix("alter table ");
                    let guarded =
                        plain.trim().strip_prefix("create policy ").and_then(|rest| rest.split_once(" on ")).map(|(_, rest)| rest);
                    let table = altered.or(guarded).and_then(|rest| rest.split_whitespace().next()).map(str::to_owned);
                    locked.extend(table.filter(|table| !made_here(table) && !locked.contains(table)));
                }
                assert!(
                    locked.len() <= 1,
                    "{name}: locks {locked:?}; one that is there a migration, or it waits for a request that waits for it"
                );
                // Requests queue behind whoever waits for such a lock.
                assert!(locked.is_empty() || sql.contains("set local lock_timeout"), "{name}: waits for {locked:?} without an end");
            }
        }
    }
}
