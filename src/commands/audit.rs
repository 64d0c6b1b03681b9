//! `kairos audit`: the log for those who do not trust the server that keeps it.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use domain::audit;
use transparency_log::{Keys, Proof, Verifier, VerifierKey};

use super::start::open;
use crate::config::{Config, DatabaseConfig};

/// What can be done with the log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prints the public key that checks it.
    Key,
    /// Writes which key followed which, a file each, into a folder.
    Successions {
        /// The folder.
        folder: PathBuf,
    },
    /// Writes all of it, with its signed heads, to a file.
    Export {
        /// The file; it must not be there yet.
        file: PathBuf,
    },
    /// Checks an export, the proof of one entry, or a certificate of erasure. Needs neither server nor database.
    Verify {
        /// The export, the proof or the certificate.
        file: PathBuf,
        /// The public key, or a file that holds it.
        #[arg(long)]
        key: String,
        /// A checkpoint that was kept elsewhere, as often as there are some.
        #[arg(long)]
        checkpoint: Vec<PathBuf>,
        /// That one key followed another, for a proof or a certificate that another signed; an export holds it.
        #[arg(long)]
        succession: Vec<PathBuf>,
    },
}

/// Does it.
pub async fn audit(command: AuditCommand) -> Result<(), Vec<String>> {
    match command {
        AuditCommand::Key => {
            println!("{}", verifier_key().await?);
            Ok(())
        }
        AuditCommand::Export { file } => export(&file).await,
        AuditCommand::Successions { folder } => successions(&folder).await,
        AuditCommand::Verify { file, key, checkpoint, succession } => {
            verify(&file, &key, &checkpoint, &succession).map_err(|line| vec![line])
        }
    }
}

/// Everything a verb needs, of a configured database.
async fn deps() -> Result<domain::Deps, Vec<String>> {
    let config = Config::load().await?;
    if matches!(config.database, DatabaseConfig::Private) {
        return Err(vec![
            "DATABASE_URL is not set: the private database belongs to the running server, whose page /admin/audit exports it and shows the key"
                .to_owned(),
        ]);
    }
    Ok(open(config).await?.1.deps.clone())
}

async fn verifier_key() -> Result<String, Vec<String>> {
    audit::verifier_key(&deps().await?).await.map_err(|error| vec![error.to_string()])
}

async fn successions(folder: &Path) -> Result<(), Vec<String>> {
    let failed = |error: &dyn std::fmt::Display| vec![format!("{}: {error}", folder.display())];
    let found = audit::successions(&deps().await?).await.map_err(|error| failed(&error))?;
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    for (number, note) in found.iter().enumerate() {
        let path = folder.join(format!("succession-{}", number + 1));
        std::fs::write(&path, note).map_err(|error| failed(&error))?;
        println!("{}", path.display());
    }
    if found.is_empty() {
        println!("the log has been signed by one key so far");
    }
    Ok(())
}

async fn export(path: &Path) -> Result<(), Vec<String>> {
    let deps = deps().await?;
    let failed = |error: &dyn std::fmt::Display| vec![format!("{}: {error}", path.display())];
    let Some(mut reading) = audit::Reading::begin(&deps).await.map_err(|error| failed(&error))? else {
        return Err(vec!["nothing is sealed yet: a running server seals entries within a second".to_owned()]);
    };
    let mut file = BufWriter::new(File::create_new(path).map_err(|error| failed(&error))?);
    for line in reading.head() {
        writeln!(file, "{}", line.to_text()).map_err(|error| failed(&error))?;
    }
    loop {
        let entries = reading.next().await.map_err(|error| failed(&error))?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            writeln!(file, "{}", transparency_log::export::Line::Entry(entry).to_text()).map_err(|error| failed(&error))?;
        }
    }
    file.flush().map_err(|error| failed(&error))?;
    println!("{} entries are in {}", reading.size(), path.display());
    println!(
        "check them with: kairos audit verify {} --key '{}'",
        path.display(),
        audit::verifier_key(&deps).await.map_err(|error| failed(&error))?
    );
    Ok(())
}

/// The key itself, or the one in a file.
fn read_key(key: &str) -> Result<VerifierKey, String> {
    let text =
        if Path::new(key).is_file() { std::fs::read_to_string(key).map_err(|error| format!("{key}: {error}"))? } else { key.to_owned() };
    VerifierKey::parse(&text).map_err(|error| format!("--key: {error}"))
}

fn verify(path: &Path, key: &str, kept: &[PathBuf], successions: &[PathBuf]) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let key = read_key(key)?;
    let mut keys = Keys::new(key.clone());
    let mut notes = Vec::new();
    for path in successions {
        let note = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        keys.succession(&note).map_err(|error| format!("{}: {error}", path.display()))?;
        notes.push(note);
    }
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path).map_err(|error| failed(&error))?);
    let mut line = String::new();
    lines.read_line(&mut line).map_err(|error| failed(&error))?;
    if line.starts_with("c2sp.org/tlog-proof") {
        if !kept.is_empty() {
            return Err("--checkpoint is for exports: a proof is checked against the head that it holds".to_owned());
        }
        let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
        let proof = Proof::parse(&text).ok_or_else(|| failed(&"this is not a proof"))?;
        let leaf = proof.check(&keys).map_err(|error| failed(&error))?;
        println!("entry {} is in the log of {}: {leaf}", proof.index, key.name());
        return Ok(());
    }
    if line.starts_with("kairos erasure certificate") {
        let note = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
        domain::privacy::open_certificate(&note, &keys).map_err(|error| failed(&error))?;
        println!("this certificate was signed by {}, and nothing in it was changed", key.name());
        return Ok(());
    }
    let mut verifier = Verifier::new(key);
    for note in &notes {
        verifier.succession(note).map_err(|finding| failed(&finding))?;
    }
    let mut number = 1;
    let mut kept_waits = true;
    while !line.is_empty() {
        // Once it is known which key followed which, and before there is anything to compare.
        if kept_waits && number > 1 && !line.starts_with("{\"succession\"") {
            kept_waits = false;
            for checkpoint in kept {
                let note = std::fs::read_to_string(checkpoint).map_err(|error| format!("{}: {error}", checkpoint.display()))?;
                verifier.kept_checkpoint(&note).map_err(|finding| format!("{}: {finding}", checkpoint.display()))?;
            }
        }
        verifier.line(number, line.trim_end()).map_err(|finding| failed(&finding))?;
        line.clear();
        lines.read_line(&mut line).map_err(|error| failed(&error))?;
        number += 1;
    }
    let whole = verifier.finish().map_err(|finding| failed(&finding))?;
    println!("the log is whole: {} entries, as {} signed heads say", whole.entries, whole.checkpoints);
    if whole.erased > 0 {
        println!("of {} it is not said any more who they are about", whole.erased);
    }
    if kept.is_empty() {
        println!(
            "whoever holds the signing key could have written all of it anew: give a checkpoint that was kept elsewhere with --checkpoint"
        );
    }
    Ok(())
}
