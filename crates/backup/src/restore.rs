//! The way back: an empty database is filled, and whoever was forgotten since the copy was made is forgotten again. All of it, or nothing.

use std::path::Path;

use age::x25519;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use super::BackupError;
use super::apart::put_keys;
use super::catalog::{self, Table, list, quoted};
use super::file::{Head, Kind, Line, Reader};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Whose copy it was, and of when.
    pub head: Head,
    /// Of when the keys were.
    pub keys_made_at: DateTime<Utc>,
    /// Tables that were filled.
    pub tables: usize,
    /// Rows in them.
    pub rows: u64,
    /// People who were forgotten between the two, and are again.
    pub forgotten: u64,
    /// Those who had booked, and whose name is not to be read any more.
    pub clients_forgotten: u64,
    /// API keys that are over: one that was revoked since would open again.
    pub api_keys_ended: u64,
}

/// Fills the database of `owner` from the two files. It must be empty; its schema is made as it was then, filled, and brought up to date.
pub async fn restore(
    owner: &PgConnectOptions,
    data_path: &Path,
    keys_path: &Path,
    identity: &x25519::Identity,
    now: DateTime<Utc>,
) -> Result<Restored, BackupError> {
    let mut data = Reader::open(data_path, identity, Kind::Data)?;
    let mut keys = Reader::open(keys_path, identity, Kind::Keys)?;
    if keys.head.origin != data.head.origin {
        return Err(BackupError::Key("the keys are those of another installation"));
    }
    if keys.head.made_at < data.head.made_at {
        return Err(BackupError::Key("the keys are older than the data: take those that were written with them, or later ones"));
    }
    if !schema::knows(data.head.migration) {
        return Err(BackupError::TooNew(data.head.migration));
    }
    // To their ends, so that nothing is begun with a file that is cut off.
    read_through(Reader::open(data_path, identity, Kind::Data)?)?;
    read_through(Reader::open(keys_path, identity, Kind::Keys)?)?;
    let mut connection = PgConnection::connect_with(owner).await?;
    refuse_unless_empty(&mut connection, data.head.migration).await?;
    schema::migrate_to(owner.clone(), Some(data.head.migration)).await?;
    let mut tx = connection.begin().await?;
    let tables = catalog::tables(&mut tx).await?;
    let carried: Vec<&Table> = tables.iter().filter(|table| catalog::is_carried(&table.name)).collect();
    for table in &tables {
        let name = quoted(&table.name);
        // What triggers would do is in the copy already; and rows are copied into no table whose owner is held to its row-level security.
        run(&mut tx, format!("alter table {name} disable trigger user, no force row level security")).await?;
    }
    for table in &carried {
        // What migrations have put in is in the copy as well.
        run(&mut tx, format!("delete from {}", quoted(&table.name))).await?;
    }
    let mut restored = Restored {
        head: data.head.clone(),
        keys_made_at: keys.head.made_at,
        tables: 0,
        rows: 0,
        forgotten: 0,
        clients_forgotten: 0,
        api_keys_ended: 0,
    };
    while let Some((name, columns)) = next_table(&mut data, restored.tables)? {
        let table = carried.iter().find(|table| table.name == name).ok_or_else(|| BackupError::Schema(name.clone()))?;
        if columns.iter().any(|column| !table.columns.contains(column)) {
            return Err(BackupError::Schema(name));
        }
        restored.rows += fill(&mut tx, &mut data, &quoted(&name), &columns).await?;
        restored.tables += 1;
    }
    put_keys(&mut tx, &mut keys, &tables, &mut restored).await?;
    for table in &tables {
        let force = if table.is_forced { ", force row level security" } else { "" };
        run(&mut tx, format!("alter table {} enable trigger user{force}", quoted(&table.name))).await?;
    }
    go_on(&mut tx).await?;
    restored.api_keys_ended =
        sqlx::query("update api_keys set ended_at = $1 where ended_at is null").bind(now).execute(&mut *tx).await?.rows_affected();
    tx.commit().await?;
    connection.close().await?;
    schema::migrate(owner.clone()).await?;
    Ok(restored)
}

pub(super) async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(statement)).await.map(|_| ())
}

/// A database that somebody uses is never written over.
async fn refuse_unless_empty(connection: &mut PgConnection, migration: i64) -> Result<(), BackupError> {
    let has_schema: bool =
        sqlx::query_scalar("select to_regclass('public._sqlx_migrations') is not null").fetch_one(&mut *connection).await?;
    if has_schema {
        let newest: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut *connection).await?;
        if newest.is_some_and(|newest| newest > migration) {
            return Err(BackupError::NewerSchema);
        }
    }
    // A server that was started on it once has made a few rows for itself, and nobody.
    for name in ["users", "audit_events"] {
        if has_schema && sqlx::query(AssertSqlSafe(format!("select from {name} limit 1"))).fetch_optional(&mut *connection).await?.is_some()
        {
            return Err(BackupError::NotEmpty(name.to_owned()));
        }
    }
    Ok(())
}

/// Every line and every row of a file: whether it is whole.
fn read_through(mut reader: Reader) -> Result<(), BackupError> {
    let mut tables = 0;
    while next_table(&mut reader, tables)?.is_some() {
        let mut rows = 0;
        while reader.chunk()?.is_some() {
            rows += 1;
        }
        match reader.next()? {
            Line::Rows { count } if count == rows => tables += 1,
            _ => return Err(reader.unexpected()),
        }
    }
    Ok(())
}

/// The next table and its columns; `None`: that was all of `read`.
pub(super) fn next_table(reader: &mut Reader, read: usize) -> Result<Option<(String, Vec<String>)>, BackupError> {
    match reader.next()? {
        Line::Table { name, columns } => Ok(Some((name, columns))),
        Line::End { tables } if tables == read => Ok(None),
        Line::End { .. } | Line::Rows { .. } => Err(reader.unexpected()),
    }
}

/// Copies the rows that follow into a table, and says how many there were.
pub(super) async fn fill(connection: &mut PgConnection, reader: &mut Reader, table: &str, columns: &[String]) -> Result<u64, BackupError> {
    let mut copying = connection.copy_in_raw(&format!("copy {table} ({}) from stdin", list(columns))).await?;
    loop {
        match reader.chunk() {
            Ok(Some(rows)) => copying.send(rows).await.map(|_| ())?,
            Ok(None) => break,
            Err(error) => {
                copying.abort("the file cannot be read on").await?;
                return Err(error);
            }
        }
    }
    let copied = copying.finish().await?;
    match reader.next()? {
        Line::Rows { count } if count == copied => Ok(copied),
        _ => Err(reader.unexpected()),
    }
}

/// Numbers go on where they were, and a job that a worker had taken is free again.
async fn go_on(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let sequences = sqlx::query(
        "select d.objid::regclass::text as sequence, d.refobjid::regclass::text as of_table, a.attname::text as of_column
         from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
         join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('public', 'graphile_worker')
         join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
         where d.deptype in ('a', 'i')",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in sequences {
        let (sequence, table, column) = (row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?, row.try_get::<String, _>(2)?);
        let next = format!("select setval('{sequence}', coalesce((select max({}) from {table}), 0) + 1, false)", quoted(&column));
        run(connection, next).await?;
    }
    for table in ["_private_jobs", "_private_job_queues"] {
        run(connection, format!("update graphile_worker.{table} set locked_at = null, locked_by = null where locked_at is not null"))
            .await?;
    }
    Ok(())
}
