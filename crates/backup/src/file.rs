//! The shape of a file, inside its encryption: lines of JSON, and after that of a table its rows as Postgres writes them, in chunks with their length
//! before them. age says whether anything was changed or cut off.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use age::stream::{StreamReader, StreamWriter};
use age::x25519;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{BackupError, Recipient};

/// The largest chunk that is read; Postgres sends a row at a time, and none of ours comes near.
const MOST: usize = 64 << 20;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Everything but the data keys.
    Data,
    /// The data keys.
    Keys,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Always `kairos-backup`.
    pub format: String,
    /// Of this shape.
    pub version: u32,
    /// Which of the two.
    pub kind: Kind,
    /// The moment that it shows.
    pub made_at: DateTime<Utc>,
    /// The last migration of the schema that it was read from.
    pub migration: i64,
    /// Whose it is: the name of the audit log.
    pub origin: String,
}

/// What follows, one line each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// Rows follow.
    Table { name: String, columns: Vec<String> },
    /// They are over, and were this many.
    Rows { count: u64 },
    /// So is the file.
    End { tables: usize },
}

/// One that is being written.
pub(crate) struct Writer {
    path: PathBuf,
    out: StreamWriter<BufWriter<File>>,
    tables: usize,
}

impl Writer {
    /// Begins a file that must not be there yet, and that only its owner may read.
    pub fn begin(path: &Path, recipient: &Recipient, head: &Head) -> Result<Self, BackupError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let failed = |source| BackupError::File { path: path.to_owned(), source };
        let file = File::options().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let recipients = std::iter::once(&recipient.0 as &dyn age::Recipient);
        let encryptor =
            age::Encryptor::with_recipients(recipients).map_err(|_| BackupError::Key("nothing can be encrypted to that key"))?;
        let out = encryptor.wrap_output(BufWriter::new(file)).map_err(failed)?;
        let mut writer = Self { path: path.to_owned(), out, tables: 0 };
        writer.line(head)?;
        Ok(writer)
    }

    pub fn table(&mut self, name: &str, columns: &[String]) -> Result<(), BackupError> {
        self.tables += 1;
        self.line(&Line::Table { name: name.to_owned(), columns: columns.to_vec() })
    }

    pub fn chunk(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.write(&length)?;
        self.write(bytes)
    }

    pub fn rows(&mut self, count: u64) -> Result<(), BackupError> {
        self.write(&0_u32.to_be_bytes())?;
        self.line(&Line::Rows { count })
    }

    /// Writes the end and makes it durable.
    pub fn finish(mut self) -> Result<(), BackupError> {
        self.line(&Line::End { tables: self.tables })?;
        let failed = |source| BackupError::File { path: self.path.clone(), source };
        let file = self.out.finish().map_err(failed)?.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let mut text = serde_json::to_vec(line).map_err(|error| BackupError::File { path: self.path.clone(), source: error.into() })?;
        text.push(b'\n');
        self.write(&text)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.out.write_all(bytes).map_err(|source| BackupError::File { path: self.path.clone(), source })
    }
}

/// One that is being read.
pub(crate) struct Reader {
    path: PathBuf,
    input: BufReader<StreamReader<BufReader<File>>>,
    pub head: Head,
}

impl Reader {
    /// Opens a file of one kind.
    pub fn open(path: &Path, identity: &x25519::Identity, kind: Kind) -> Result<Self, BackupError> {
        let failed = |source| BackupError::File { path: path.to_owned(), source };
        let no = |why: &str| BackupError::Unreadable { path: path.to_owned(), why: why.to_owned() };
        let file = BufReader::new(File::open(path).map_err(failed)?);
        let decryptor = age::Decryptor::new_buffered(file).map_err(|_| no("this is no backup of Kairos"))?;
        let stream = decryptor
            .decrypt(std::iter::once(identity as &dyn age::Identity))
            .map_err(|_| no("it is encrypted to another key, or its beginning was changed"))?;
        let mut input = BufReader::new(stream);
        let head: Head = line(&mut input, path)?;
        if head.format != "kairos-backup" || head.version != 1 {
            return Err(no("this is no backup of Kairos that this version can read"));
        }
        if head.kind != kind {
            return Err(no(match kind {
                Kind::Data => "these are the keys, and the data were asked for",
                Kind::Keys => "these are the data, and the keys were asked for",
            }));
        }
        Ok(Self { path: path.to_owned(), input, head })
    }

    pub fn next(&mut self) -> Result<Line, BackupError> {
        line(&mut self.input, &self.path)
    }

    /// The next rows; `None`: there are no more of this table.
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let mut length = [0; 4];
        self.input.read_exact(&mut length).map_err(|error| damaged(&self.path, &error))?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(None);
        }
        if length > MOST {
            return Err(damaged(&self.path, &"a row is longer than any"));
        }
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes).map_err(|error| damaged(&self.path, &error))?;
        Ok(Some(bytes))
    }

    pub fn unexpected(&self) -> BackupError {
        damaged(&self.path, &"something is missing in it")
    }
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> BackupError {
    BackupError::Unreadable { path: path.to_owned(), why: format!("it was changed or is cut off: {why}") }
}

fn line<T: for<'de> Deserialize<'de>>(input: &mut impl BufRead, path: &Path) -> Result<T, BackupError> {
    let mut text = Vec::new();
    input.take(1 << 20).read_until(b'\n', &mut text).map_err(|error| damaged(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| damaged(path, &error))
}
