//! To whom copies of the database are encrypted.

use ::backup::{BackupError, Recipient};

use super::Source;

pub(super) fn read(source: &mut Source) -> Option<Recipient> {
    let text = source.text("BACKUP_RECIPIENT")?;
    text.parse().map_err(|error: BackupError| source.problem("BACKUP_RECIPIENT", error.to_string())).ok()
}
