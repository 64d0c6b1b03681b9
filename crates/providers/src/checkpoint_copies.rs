//! Where signed heads of the audit log are kept, out of reach of whoever can change the database. A copy is never overwritten.

use std::path::{Path, PathBuf};

use reqwest::Method;
use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use secrecy::SecretString;
use url::Url;

use crate::outbound::{Body, Destination, Outbound, OutboundError, Request};

/// Why a copy was not kept. The text is kept and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// There is another one under this name: the log is not the one it was.
    #[error("another checkpoint of this size is there")]
    Differs,
    /// The folder cannot be written to.
    #[error("the folder cannot be written to")]
    NotWritable,
    /// What was kept cannot be read.
    #[error("what was kept cannot be read")]
    NotReadable,
    /// The server did not take it.
    #[error("the server did not take it")]
    Refused,
    /// The server did not answer.
    #[error("the server did not answer")]
    Unreachable,
}

/// A server that takes PUT, such as WebDAV or an object store behind a token.
#[derive(Debug, Clone)]
pub struct CopyAddress {
    /// Under it each copy gets a name of its own.
    pub url: Url,
    /// For `Authorization: Bearer`.
    pub token: Option<SecretString>,
}

impl CopyAddress {
    fn get(&self, url: Url) -> Request {
        let request = Request::get(url);
        match &self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }
}

/// The destinations that were configured.
#[derive(Debug, Clone)]
pub struct CheckpointCopies {
    /// `AUDIT_COPY_DIR`.
    pub folder: Option<PathBuf>,
    /// `AUDIT_COPY_URL`, `AUDIT_COPY_TOKEN`.
    pub address: Option<CopyAddress>,
    /// `AUDIT_COPY_EMAIL`.
    pub mail_to: Option<String>,
    /// Asks the server.
    pub outbound: Outbound,
}

impl CheckpointCopies {
    /// None, until they are set.
    pub const fn new(outbound: Outbound) -> Self {
        Self { folder: None, address: None, mail_to: None, outbound }
    }

    /// Keeps `note` in `folder` as `size`.checkpoint.
    pub async fn keep_in_folder(&self, folder: &Path, size: u64, note: &str) -> Result<(), CopyError> {
        let (path, note) = (folder.join(name(size)), note.to_owned());
        let write = move || {
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            // Under its name only when it is whole: half a file would look like another checkpoint.
            let half = path.with_extension("half");
            let mut file = std::fs::File::create(&half)?;
            std::io::Write::write_all(&mut file, note.as_bytes())?;
            file.sync_all()?;
            let named = std::fs::hard_link(&half, &path);
            std::fs::remove_file(&half)?;
            match named {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(std::fs::read_to_string(&path)? == note),
                Err(error) => Err(error),
            }
        };
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(CopyError::Differs),
            _ => Err(CopyError::NotWritable),
        }
    }

    /// Keeps `note` at `address`, unless there is one of this size.
    pub async fn keep_at_address(&self, address: &CopyAddress, size: u64, note: &str) -> Result<(), CopyError> {
        let url = named(address, size)?;
        let put = Request {
            method: Method::PUT,
            body: Body::Bytes("text/plain; charset=utf-8", note.as_bytes().to_vec()),
            headers: vec![(IF_NONE_MATCH, HeaderValue::from_static("*"))],
            ..address.get(url.clone())
        };
        let response = self.send(address, put).await?;
        match response.0 {
            200..=299 => Ok(()),
            // It is there: is it this one?
            409 | 412 => match self.send(address, address.get(url)).await? {
                (200, body) if body == note.as_bytes() => Ok(()),
                (200, _) => Err(CopyError::Differs),
                _ => Err(CopyError::Refused),
            },
            _ => Err(CopyError::Refused),
        }
    }

    /// Every checkpoint that was kept in `folder`; none where nothing was kept yet.
    pub async fn kept_in_folder(&self, folder: &Path) -> Result<Vec<String>, CopyError> {
        let folder = folder.to_owned();
        let read = move || {
            let files = match std::fs::read_dir(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                files => files?,
            };
            let paths = files.map(|file| Ok(file?.path())).collect::<std::io::Result<Vec<_>>>()?;
            let kept = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "checkpoint"));
            kept.map(std::fs::read_to_string).collect::<std::io::Result<Vec<_>>>()
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(notes)) => Ok(notes),
            _ => Err(CopyError::NotReadable),
        }
    }

    /// The checkpoint of this size that was kept at `address`.
    pub async fn kept_at_address(&self, address: &CopyAddress, size: u64) -> Result<String, CopyError> {
        match self.send(address, address.get(named(address, size)?)).await? {
            (200, body) => String::from_utf8(body).map_err(|_| CopyError::NotReadable),
            _ => Err(CopyError::NotReadable),
        }
    }

    async fn send(&self, address: &CopyAddress, request: Request) -> Result<(u16, Vec<u8>), CopyError> {
        let destination = Destination::configured("audit_copy", &[&address.url]);
        match self.outbound.send(&destination, request).await {
            Ok(response) => Ok((response.status.as_u16(), response.body)),
            Err(OutboundError::OriginRefused | OutboundError::AddressRefused) => Err(CopyError::Refused),
            Err(_) => Err(CopyError::Unreachable),
        }
    }
}

fn named(address: &CopyAddress, size: u64) -> Result<Url, CopyError> {
    let mut url = address.url.clone();
    url.path_segments_mut().map_err(|()| CopyError::Refused)?.pop_if_empty().push(&name(size));
    Ok(url)
}

fn name(size: u64) -> String {
    format!("{size}.checkpoint")
}
