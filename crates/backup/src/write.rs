//! Writing a copy: both files of one moment, while the server goes on.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::catalog::{self, list, placeholder, quoted};
use super::file::{Head, Kind, Writer};
use super::{BackupError, DATA, KEYS, KEYS_ARE_KEPT, Recipient};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file with everything but the keys.
    pub data: PathBuf,
    /// The file with the keys.
    pub keys: PathBuf,
    /// Tables in it.
    pub tables: usize,
    /// Rows in both.
    pub rows: u64,
    /// Files of keys that were too old and are gone.
    pub removed: Vec<PathBuf>,
}

/// Writes both files into a folder, as the owner of the tables, and removes files of keys there that are older than [`KEYS_ARE_KEPT`]. Memory does not
/// grow with the tables.
pub async fn write(
    owner: &PgConnectOptions,
    folder: &Path,
    recipient: &Recipient,
    origin: &str,
    now: DateTime<Utc>,
) -> Result<Written, BackupError> {
    std::fs::create_dir_all(folder).map_err(|source| BackupError::File { path: folder.to_owned(), source })?;
    let mut connection = PgConnection::connect_with(owner).await?;
    // Nobody migrates meanwhile: schema::migrate asks for it too.
    connection.execute("select pg_advisory_lock_shared(7215046117)").await?;
    connection.execute("begin isolation level repeatable read, read only").await?;
    let migration: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations where success").fetch_one(&mut connection).await?;
    let head = |kind| Head { format: "kairos-backup".to_owned(), version: 1, kind, made_at: now, migration, origin: origin.to_owned() };
    let place = |ending: &str| folder.join(format!("{}.{ending}", now.format("%Y-%m-%dT%H-%M-%SZ")));
    let mut written = Written { data: place(DATA), keys: place(KEYS), tables: 0, rows: 0, removed: Vec::new() };
    // Of another run, which was as fast: nothing of it is touched.
    if let Some(taken) = [&written.data, &written.keys].into_iter().find(|path| path.exists()) {
        return Err(BackupError::File { path: taken.clone(), source: std::io::ErrorKind::AlreadyExists.into() });
    }
    // Under other names until both are whole: half of one is none, and would be taken for one.
    let partial = |path: &Path| path.with_extension(format!("age.{}.part", std::process::id()));
    let (data, keys) = (written.data.clone(), written.keys.clone());
    (written.data, written.keys) = (partial(&data), partial(&keys));
    let mut done = both(&mut connection, &mut written, recipient, &head).await;
    for (from, to) in [(&written.data, &data), (&written.keys, &keys)] {
        if done.is_ok() {
            // A link and no renaming: whoever was faster keeps theirs.
            done = std::fs::hard_link(from, to).map_err(|source| BackupError::File { path: to.clone(), source });
        }
        let _ = std::fs::remove_file(from);
    }
    (written.data, written.keys) = (data, keys);
    done?;
    let failed = |source| BackupError::File { path: folder.to_owned(), source };
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    connection.execute("commit").await?;
    connection.close().await?;
    written.removed = remove_old_keys(folder, now)?;
    Ok(written)
}

async fn both(
    connection: &mut PgConnection,
    written: &mut Written,
    recipient: &Recipient,
    head: &impl Fn(Kind) -> Head,
) -> Result<(), BackupError> {
    let tables = catalog::tables(connection).await?;
    let mut data = Writer::begin(&written.data, recipient, &head(Kind::Data))?;
    for table in tables.iter().filter(|table| catalog::is_carried(&table.name)) {
        let value = |column: &String| placeholder(&table.name, column).map_or_else(|| quoted(column), str::to_owned);
        let values: Vec<String> = table.columns.iter().map(value).collect();
        let select = format!("select {} from {}", values.join(", "), quoted(&table.name));
        written.rows += copy(connection, &mut data, &table.name, &table.columns, &select).await?;
        written.tables += 1;
    }
    data.finish()?;
    let mut keys = Writer::begin(&written.keys, recipient, &head(Kind::Keys))?;
    for (name, columns) in catalog::in_keys(&tables) {
        let select = format!("select {} from {}", list(&columns), quoted(&name));
        written.rows += copy(connection, &mut keys, &name, &columns, &select).await?;
    }
    keys.finish()
}

async fn copy(
    connection: &mut PgConnection,
    writer: &mut Writer,
    name: &str,
    columns: &[String],
    select: &str,
) -> Result<u64, BackupError> {
    writer.table(name, columns)?;
    let mut rows = 0;
    let mut stream = connection.copy_out_raw(&format!("copy ({select}) to stdout")).await?;
    // Postgres sends each row by itself.
    while let Some(row) = stream.try_next().await? {
        writer.chunk(&row)?;
        rows += 1;
    }
    drop(stream);
    writer.rows(rows)?;
    Ok(rows)
}

/// Files of keys that must not be there any more. Their age stands in their name, which a copy keeps and a date of the file system does not.
fn remove_old_keys(folder: &Path, now: DateTime<Utc>) -> Result<Vec<PathBuf>, BackupError> {
    let failed = |source| BackupError::File { path: folder.to_owned(), source };
    let mut removed = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let made = name.strip_suffix(KEYS).and_then(|name| chrono::NaiveDateTime::parse_from_str(name, "%Y-%m-%dT%H-%M-%SZ.").ok());
        if made.is_some_and(|made| now - made.and_utc() > KEYS_ARE_KEPT) {
            std::fs::remove_file(&path).map_err(|source| BackupError::File { path: path.clone(), source })?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}
