//! Makes the list of breached passwords that `domain` refuses, out of lists that others published.
//!
//! What is written are the first five bytes of the SHA-256 of each, sorted: small enough to ship, and no list of passwords in the repository. Of
//! three hundred thousand entries, one in nearly four million other passwords is taken for one of them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Context;
use sha2::{Digest, Sha256};

const FILE: &str = "crates/domain/data/breached_passwords.bin";
/// As `domain` reads it.
const LENGTH: usize = 5;
/// Shorter ones are refused anyway.
const SHORTEST: usize = 8;

pub fn run(lists: &[PathBuf]) -> anyhow::Result<()> {
    let mut kept = BTreeSet::new();
    for list in lists {
        let bytes = std::fs::read(list).with_context(|| list.display().to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let passwords = text.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST);
        // Those that `domain` judges to be guessed soon need no entry.
        for password in passwords.map(str::to_lowercase).filter(|password| zxcvbn::zxcvbn(password, &[]).score() >= zxcvbn::Score::Two) {
            let mut prefix = [0; LENGTH];
            prefix.copy_from_slice(&Sha256::digest(password.as_bytes())[..LENGTH]);
            kept.insert(prefix);
        }
        println!("{}: {} so far", list.display(), kept.len());
    }
    std::fs::write(FILE, kept.into_iter().flatten().collect::<Vec<u8>>())?;
    Ok(())
}
