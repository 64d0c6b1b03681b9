//! Picks a command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kairos::commands;

/// Requests are many small allocations on every core: docs/budgets.md says what this one saves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "kairos", version, about = "A self-hosted home for calendars")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the site and works on jobs. The default.
    Serve,
    /// Brings the database up to date, as its owner.
    Migrate,
    /// Says who may administer.
    Admin {
        /// What is done.
        #[command(subcommand)]
        command: commands::AdminCommand,
    },
    /// Exports and checks the audit log.
    Audit {
        /// What is done.
        #[command(subcommand)]
        command: commands::AuditCommand,
    },
    /// Writes a copy of the database into a folder, encrypted, with the data keys apart.
    Backup {
        /// Where to.
        folder: std::path::PathBuf,
    },
    /// Makes the key that reads copies.
    BackupKey {
        /// The file; it must not be there yet.
        file: std::path::PathBuf,
    },
    /// Fills the empty database of the configuration from a copy, and checks it.
    Restore {
        /// Which copy.
        #[command(flatten)]
        copy: commands::Copy,
    },
    /// Tries a copy in another, empty database, and writes down how it went.
    Rehearse {
        /// Which copy.
        #[command(flatten)]
        copy: commands::Copy,
        /// The other database, as the URL of its owner.
        #[arg(long)]
        into: String,
    },
    /// Shows every key and secret by fingerprint, and whether it can go or is due.
    Keys,
    /// Shows what is set, what is defaulted and what is wrong; never a secret.
    Check,
}

fn main() -> ExitCode {
    providers::outbound::use_ring();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kairos: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match Arguments::parse().command.unwrap_or(Command::Serve) {
            Command::Serve => commands::serve().await,
            Command::Migrate => commands::migrate().await,
            Command::Admin { command } => commands::admin(command).await,
            Command::Audit { command } => commands::audit(command).await,
            Command::Backup { folder } => commands::backup(&folder).await,
            Command::BackupKey { file } => commands::backup_key(&file),
            Command::Restore { copy } => commands::restore(&copy).await,
            Command::Rehearse { copy, into } => commands::rehearse(&copy, &into).await,
            Command::Keys => commands::keys().await,
            Command::Check => commands::check().await,
        }
    });
    // Work on threads of its own, such as hashing and reading files, is cut off after this long.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(lines) => {
            for line in lines {
                eprintln!("kairos: {line}");
            }
            ExitCode::FAILURE
        }
    }
}
