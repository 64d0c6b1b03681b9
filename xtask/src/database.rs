//! A throw-away database for the compile-time check of SQL.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use anyhow::{Context, bail};
use private_postgres::{Cluster, Durability};
use sqlx::postgres::PgConnectOptions;

fn start(durability: Durability) -> anyhow::Result<(Cluster, tempfile::TempDir)> {
    let folder = tempfile::Builder::new().prefix("kairos-db").permissions(std::fs::Permissions::from_mode(0o755)).tempdir_in("/tmp")?;
    let cluster = Cluster::start(&folder.path().join("pg"), durability)?;
    Ok((cluster, folder))
}

fn migrate(cluster: &Cluster, database: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        schema::prepare_private(cluster.superuser_url("postgres").parse::<PgConnectOptions>()?, database).await?;
        schema::migrate(cluster.url(schema::OWNER, database).parse::<PgConnectOptions>()?).await?;
        anyhow::Ok(())
    })
}

/// A command without what `cargo run` told this process about xtask: build scripts (ring's) watch these variables, and half the
/// tree would be built again whenever the way to start cargo changes.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command with a migrated template database in a private cluster.
pub fn with_database(words: &[String], is_durable: bool) -> anyhow::Result<()> {
    let (cluster, _folder) = start(if is_durable { Durability::Safe } else { Durability::Fleeting })?;
    migrate(&cluster, "kairos_template")?;
    let (program, arguments) = words.split_first().context("no command")?;
    let status = command(program).args(arguments).env("KAIROS_TEST_CLUSTER", cluster.superuser_url("postgres")).status()?;
    if !status.success() {
        bail!("{program} failed");
    }
    Ok(())
}

/// Runs `cargo sqlx prepare` against a freshly migrated private database.
pub fn prepare(check: bool) -> anyhow::Result<()> {
    let (cluster, _folder) = start(Durability::Fleeting)?;
    let owner_url = cluster.url(schema::OWNER, "kairos");
    migrate(&cluster, "kairos")?;
    let mut command = command("cargo");
    command.args(["sqlx", "prepare", "--workspace", "--database-url", &owner_url]);
    if check {
        command.arg("--check");
    }
    command.args(["--", "-p", "domain", "--all-features"]).env_remove("SQLX_OFFLINE");
    let status = command.status().context("cargo sqlx is not installed: run `make setup`")?;
    if !status.success() {
        bail!("cargo sqlx prepare failed; run `make prepare` and commit .sqlx/");
    }
    Ok(())
}
