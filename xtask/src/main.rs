//! Checks of the house itself. `cargo xtask --help` lists them.

mod breached_passwords;
mod database;
mod documents;
mod release;
mod rooms;
mod secrets;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Checks of the house itself")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares each room's card with what its code touches, and writes docs/rooms.md.
    Rooms {
        /// Fails when docs/rooms.md is not up to date instead of writing it.
        #[arg(long)]
        check: bool,
    },
    /// Writes .sqlx/ from a freshly migrated private database.
    Prepare {
        /// Fails when .sqlx/ is not up to date instead of writing it.
        #[arg(long)]
        check: bool,
    },
    /// Runs a command with a private cluster for its tests, named in KAIROS_TEST_CLUSTER.
    WithDatabase {
        /// What is committed is on the disk, as on a machine that serves people; without it, quick and forgetful.
        #[arg(long)]
        durable: bool,
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Looks for secrets in what git holds, or in the files named.
    Secrets {
        /// Only what is staged for the next commit.
        #[arg(long)]
        staged: bool,
    },
    /// Fails when a document names a path that is not there.
    Documents,
    /// Proves that a release holds no sandbox.
    ReleaseCheck,
    /// Makes the list of breached passwords from published ones, a password a line.
    BreachedPasswords {
        /// The files.
        #[arg(required = true)]
        lists: Vec<std::path::PathBuf>,
    },
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Rooms { check } => rooms::run(check),
        Command::Prepare { check } => database::prepare(check),
        Command::WithDatabase { durable, command } => database::with_database(&command, durable),
        Command::BreachedPasswords { lists } => breached_passwords::run(&lists),
        Command::Secrets { staged } => secrets::run(staged),
        Command::Documents => documents::run(),
        Command::ReleaseCheck => release::run(),
    }
}
