//! The archive as it grows: files one after another, their digests for the manifest, and parts that are ready to be put away.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// As large as a part is before it is put away, about.
const PART: usize = 256 << 10;

/// A file of the archive, as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FileEntry {
    /// Its path.
    pub path: String,
    /// Its length, unpacked.
    pub bytes: u64,
    /// Its SHA-256, unpacked, in hexadecimal digits.
    pub sha256: String,
}

/// What was packed and not yet put away.
#[derive(Clone, Default)]
struct Tray(Arc<Mutex<Vec<u8>>>);

impl Tray {
    fn take_if(&self, is_due: impl Fn(usize) -> bool) -> Option<Vec<u8>> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!bytes.is_empty() && is_due(bytes.len())).then(|| std::mem::take(&mut *bytes))
    }
}

impl Write for Tray {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive that is being packed.
pub(super) struct Packer {
    zip: ZipWriter<StreamWriter<Tray>>,
    tray: Tray,
    options: SimpleFileOptions,
    files: Vec<FileEntry>,
    current: Option<(String, u64, Sha256)>,
}

impl Packer {
    pub fn new(now: DateTime<Utc>) -> Self {
        let tray = Tray::default();
        let at = zip::DateTime::from_date_and_time(
            u16::try_from(now.year()).unwrap_or(1980),
            u8::try_from(now.month()).unwrap_or(1),
            u8::try_from(now.day()).unwrap_or(1),
            u8::try_from(now.hour()).unwrap_or(0),
            u8::try_from(now.minute()).unwrap_or(0),
            0,
        );
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(at.unwrap_or_default())
            .unix_permissions(0o600);
        Self { zip: ZipWriter::new_stream(tray.clone()), tray, options, files: Vec::new(), current: None }
    }

    /// Begins a file; the one before is over.
    pub fn begin(&mut self, path: &str) -> io::Result<()> {
        self.end();
        self.zip.start_file(path, self.options)?;
        self.current = Some((path.to_owned(), 0, Sha256::new()));
        Ok(())
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, length, digest)) = &mut self.current {
            *length += u64::try_from(bytes.len()).unwrap_or_default();
            digest.update(bytes);
        }
        self.zip.write_all(bytes)
    }

    /// A whole file.
    pub fn file(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.begin(path)?;
        self.write(text.as_bytes())
    }

    /// The files that are over.
    pub fn files(&mut self) -> &[FileEntry] {
        self.end();
        &self.files
    }

    /// What is to be put away now, if it is enough.
    pub fn part(&self) -> Option<Vec<u8>> {
        self.tray.take_if(|length| length >= PART)
    }

    /// Writes the end, and gives what is left.
    pub fn finish(self) -> io::Result<Option<Vec<u8>>> {
        self.zip.finish()?;
        Ok(self.tray.take_if(|_| true))
    }

    fn end(&mut self) {
        if let Some((path, bytes, digest)) = self.current.take() {
            self.files.push(FileEntry { path, bytes, sha256: hex::encode(digest.finalize()) });
        }
    }
}
