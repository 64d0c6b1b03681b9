//! `kairos backup`, `kairos restore` and `kairos rehearse`: the database for the day it is lost. docs/runbooks/restore.md says what to do in which order.

use std::path::{Path, PathBuf};

use backup::{BackupError, KEYS, Restored};
use clap::Args;
use domain::base::{Actor, Clock as _, SystemClock};
use domain::upkeep::Copying;
use domain::{Deps, Op, audit, upkeep};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;

use super::start::open;
use crate::config::{Config, DatabaseConfig};

/// A copy, and who can read it.
#[derive(Debug, Args)]
pub struct Copy {
    /// The file of data, whose name ends with `kairos-data.age`.
    data: PathBuf,
    /// The file of keys; without it the newest beside the data. Whoever is not in it was forgotten, and is again.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The file with the age identity that `kairos backup-key` made.
    #[arg(long)]
    identity: PathBuf,
}

/// Writes a copy of the database into a folder, while the server runs.
pub async fn backup(folder: &Path) -> Result<(), Vec<String>> {
    let config = Config::load().await?;
    let owner = owner(&config)?;
    let recipient = config.backup_recipient.clone().ok_or_else(|| {
        vec!["BACKUP_RECIPIENT is not set: `kairos backup-key FILE` makes a key and says what to set; keep its file elsewhere".to_owned()]
    })?;
    let deps = deps(config).await?;
    let origin = audit::origin(&deps).await.map_err(|error| vec![error.to_string()])?;
    println!("writing the tables and the keys apart, encrypted to {recipient:?}");
    let written = backup::write(&owner, folder, &recipient, &origin, deps.now()).await.map_err(|error| vec![error.to_string()])?;
    println!("{} rows of {} tables are in {}", written.rows, written.tables, written.data.display());
    println!("the keys to them are in {}: keep it in another place, and no longer than 30 days", written.keys.display());
    for path in &written.removed {
        println!("removed {}: it was older than 30 days", path.display());
    }
    let detail = json!({ "tables": written.tables, "rows": written.rows });
    note(&deps, Copying::Written, true, detail).await
}

/// Makes the key that reads copies, in a file that only its owner may read.
pub fn backup_key(file: &Path) -> Result<(), Vec<String>> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let (identity, recipient) = backup::new_identity();
    let made = std::fs::File::options().write(true).create_new(true).mode(0o600).open(file);
    made.and_then(|mut made| made.write_all(identity.as_bytes())).map_err(|error| vec![format!("{}: {error}", file.display())])?;
    println!("The key is in {}. Without it no copy can be read: keep it off this server, twice.", file.display());
    println!("Copies are encrypted to it where this is set:");
    println!("BACKUP_RECIPIENT={recipient}");
    Ok(())
}

/// Fills the empty database of the configuration from a copy, looks whether all of it is whole, and says so.
pub async fn restore(copy: &Copy) -> Result<(), Vec<String>> {
    let config = Config::load().await?;
    let owner = owner(&config)?;
    let restored = fill(&owner, copy).await?;
    tell(&restored);
    let deps = deps(config).await?;
    let (is_whole, detail) = inspect(&deps, &restored).await?;
    note(&deps, Copying::Restored, is_whole, detail).await?;
    verdict(is_whole)
}

/// Fills another, empty database from a copy, looks whether all of it is whole, and writes down in the running installation that it was tried. Does not
/// touch anything else there; the other database is to be thrown away.
pub async fn rehearse(copy: &Copy, into: &str) -> Result<(), Vec<String>> {
    let mut elsewhere = Config::load().await?;
    owner(&elsewhere)?;
    let target: PgConnectOptions = into.parse().map_err(|_| vec!["--into is not a Postgres URL".to_owned()])?;
    if let DatabaseConfig::Given { server, owner } = &mut elsewhere.database {
        **server = server_at(server, &target);
        // Its schema is made by the restoring.
        *owner = None;
    }
    let restored = fill(&target, copy).await?;
    tell(&restored);
    let other = deps(elsewhere).await?;
    let (is_whole, detail) = inspect(&other, &restored).await?;
    let here = deps(Config::load().await?).await?;
    note(&here, Copying::Rehearsed, is_whole, detail).await?;
    println!("the database that it was tried in can be thrown away now");
    verdict(is_whole)
}

/// The server's role in the other database: as in the running one, at the other's place.
fn server_at(server: &PgConnectOptions, target: &PgConnectOptions) -> PgConnectOptions {
    let there = server.clone().host(target.get_host()).port(target.get_port());
    target.get_database().map_or(there.clone(), |database| there.database(database))
}

fn owner(config: &Config) -> Result<PgConnectOptions, Vec<String>> {
    match &config.database {
        DatabaseConfig::Given { owner: Some(owner), .. } => Ok(*owner.clone()),
        _ => Err(vec![
            "DATABASE_URL and DATABASE_OWNER_URL are both needed: copies are written and read as the owner of the schema".to_owned(),
        ]),
    }
}

async fn deps(config: Config) -> Result<Deps, Vec<String>> {
    Ok(open(config).await?.1.deps.clone())
}

async fn fill(owner: &PgConnectOptions, copy: &Copy) -> Result<Restored, Vec<String>> {
    let failed = |error: BackupError| vec![error.to_string()];
    let identity = backup::read_identity(&copy.identity).map_err(failed)?;
    let keys = match &copy.keys {
        Some(keys) => keys.clone(),
        None => newest_keys(&copy.data).ok_or_else(|| vec!["there is no file of keys beside the data: name one with --keys".to_owned()])?,
    };
    println!("restoring {} with {}", copy.data.display(), keys.display());
    backup::restore(owner, &copy.data, &keys, &identity, SystemClock.now()).await.map_err(failed)
}

/// The file of keys beside the data whose name, which begins with its moment, is the last.
fn newest_keys(data: &Path) -> Option<PathBuf> {
    let folder = data.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(KEYS))).max()
}

fn tell(restored: &Restored) {
    println!("{} rows of {} tables, as they were on {}", restored.rows, restored.tables, restored.head.made_at.to_rfc3339());
    println!("the keys are those of {}", restored.keys_made_at.to_rfc3339());
    if SystemClock.now() - restored.keys_made_at > backup::KEYS_ARE_KEPT {
        println!("WARNING: these keys are older than 30 days: whoever was forgotten since is not, and has to be forgotten again by hand");
    }
    println!(
        "{} people were forgotten in between, and are again; so are {} who had booked",
        restored.forgotten, restored.clients_forgotten
    );
    println!("everybody signs in anew, and {} API keys are over: one that was revoked since would open again", restored.api_keys_ended);
}

/// Whether all of it is whole: the audit log by its signatures, and every value that is sealed.
async fn inspect(deps: &Deps, restored: &Restored) -> Result<(bool, Value), Vec<String>> {
    let (entries, finding) = audit::inspect(deps).await.map_err(|error| vec![error.to_string()])?;
    match &finding {
        None => println!("the audit log is what was signed: {entries} entries"),
        Some(finding) => println!("the audit log is NOT what was signed: {finding}"),
    }
    let op = Op::new(Actor::Operator, deps.new_request_id());
    let scanned = upkeep::scan_now(deps, &op).await.map_err(|error| vec![error.to_string()])?;
    println!("{} of {} sealed values of {} people open", scanned.values - scanned.unreadable, scanned.values, scanned.people);
    for place in &scanned.places {
        println!("does not open: {}.{} of row {}", place.table, place.column, place.row);
    }
    let detail = json!({
        "of": restored.head.made_at, "rows": restored.rows, "forgotten": restored.forgotten, "clients_forgotten": restored.clients_forgotten,
        "entries": entries, "log_is_whole": finding.is_none(), "values": scanned.values, "unreadable": scanned.unreadable,
    });
    Ok((finding.is_none() && scanned.unreadable == 0, detail))
}

async fn note(deps: &Deps, done: Copying, is_whole: bool, detail: Value) -> Result<(), Vec<String>> {
    let op = Op::new(Actor::Operator, deps.new_request_id());
    upkeep::note_copying(deps, &op, done, is_whole, detail).await.map_err(|error| vec![error.to_string()])?;
    // Its entry gets its seal here, if no server runs.
    let _ = audit::seal(deps).await;
    Ok(())
}

fn verdict(is_whole: bool) -> Result<(), Vec<String>> {
    if is_whole {
        println!("all of it is whole");
        return Ok(());
    }
    Err(vec!["it is not whole: see above".to_owned()])
}
