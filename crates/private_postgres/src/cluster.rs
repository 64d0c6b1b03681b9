//! One cluster: made once, started, adopted when it is still running, stopped.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::find_binaries;

/// Why the private Postgres did not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No Postgres on this machine.
    #[error("no PostgreSQL was found: install it (Debian: apt-get install postgresql), or set PG_BIN_DIR, or set DATABASE_URL")]
    NoBinaries,
    /// Root, and nobody to run it as.
    #[error("Postgres refuses to run as root and there is no user 'postgres' to run it as: install the postgresql package")]
    NoUser,
    /// Unix sockets have short names.
    #[error("the folder {0} is too deep for a Unix socket (107 bytes): set DATA_DIR to a shorter path")]
    PathTooLong(PathBuf),
    /// `initdb` or `postgres` failed.
    #[error("Postgres did not start: {0}")]
    Failed(String),
    /// A folder could not be made or entered.
    #[error("the database folder cannot be used: {0}")]
    Folder(#[from] io::Error),
}

/// Whether a crash of the machine may lose what was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As Postgres comes: what is committed is on the disk.
    Safe,
    /// For tests: quick, and worthless after a power cut.
    Fleeting,
}

/// A running private cluster. Stops it when dropped, if this process started it.
#[derive(Debug)]
pub struct Cluster {
    child: Option<Child>,
    socket_folder: PathBuf,
}

/// Postgres' own name for the bootstrap superuser of a private cluster.
const SUPERUSER: &str = "postgres";

impl Cluster {
    /// Starts (or adopts) the cluster kept in `folder`, making it first when it is not there. Blocks until it answers, at most 30 s.
    pub fn start(folder: &Path, durability: Durability) -> Result<Self, StartError> {
        let binaries = find_binaries().ok_or(StartError::NoBinaries)?;
        let run_as = if is_root() { Some(user_ids("postgres").ok_or(StartError::NoUser)?) } else { None };
        let folder = reachable(folder, run_as)?;
        let (data, socket_folder) = (folder.join("data"), folder.join("socket"));
        let socket = socket_folder.join(".s.PGSQL.5432");
        if socket.as_os_str().len() > 107 {
            return Err(StartError::PathTooLong(folder));
        }
        for path in [&folder, &socket_folder] {
            fs::create_dir_all(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            if let Some((user, group)) = run_as {
                chown(path, Some(user), Some(group))?;
            }
        }
        let program = |name: &str| {
            let mut command = Command::new(binaries.join(name));
            command.current_dir("/").stdin(Stdio::null());
            if let Some((user, group)) = run_as {
                command.uid(user).gid(group);
            }
            command
        };
        if !data.join("PG_VERSION").exists() {
            let made = program("initdb")
                .arg("-D")
                .arg(&data)
                .args(["-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"])
                .output()?;
            if !made.status.success() {
                return Err(StartError::Failed(String::from_utf8_lossy(&made.stderr).trim().to_owned()));
            }
        }
        if UnixStream::connect(&socket).is_ok() {
            // Left over by a server that was killed: it holds the data folder, so it is taken over rather than fought.
            return Ok(Self { child: None, socket_folder });
        }
        let mut command = program("postgres");
        command
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "max_connections=200"])
            .args(["-c", "log_min_messages=fatal", "-c"])
            .arg(format!("unix_socket_directories={}", socket_folder.display()));
        if durability == Durability::Fleeting {
            command.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        }
        // Its own process group: Ctrl-C must reach Kairos first, which then stops Postgres in order.
        let child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut cluster = Self { child: Some(child), socket_folder };
        cluster.wait_until_ready(&data)?;
        Ok(cluster)
    }

    /// The superuser's URL for `database`. Peer-less trust holds because the socket's folder is closed to others.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url(SUPERUSER, database)
    }

    /// `role`'s URL for `database`.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", self.socket_folder.display())
    }

    fn wait_until_ready(&mut self, data: &Path) -> Result<(), StartError> {
        let began = Instant::now();
        loop {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                return Err(StartError::Failed(format!("it ended at once ({status}); is another server using {}?", data.display())));
            }
            // Line 8 of postmaster.pid is the server's state (src/include/utils/pidfile.h).
            let ready = fs::read_to_string(data.join("postmaster.pid"))
                .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"));
            if ready {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(30) {
                return Err(StartError::Failed("it was not ready within 30 seconds".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            #[expect(unsafe_code, reason = "std has no way to send SIGINT, Postgres' fast shutdown")]
            // SAFETY: kill(2) on a child of ours that has not been waited for, so its id cannot have been reused.
            unsafe {
                libc::kill(child.id().cast_signed(), libc::SIGINT);
            }
            // A fast shutdown takes a moment; one that hangs must not keep the process that asked for it.
            let began = Instant::now();
            while matches!(child.try_wait(), Ok(None)) && began.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn is_root() -> bool {
    #[expect(unsafe_code, reason = "std has no geteuid")]
    // SAFETY: geteuid(2) takes nothing and cannot fail.
    unsafe {
        libc::geteuid() == 0
    }
}

fn user_ids(name: &str) -> Option<(u32, u32)> {
    fs::read_to_string("/etc/passwd").ok()?.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.first() == Some(&name)).then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
    })
}

/// `folder` itself, or, when root's Postgres user could not walk there (a checkout under /root), a folder of the same name
/// below /var/lib that it can.
fn reachable(folder: &Path, run_as: Option<(u32, u32)>) -> Result<PathBuf, StartError> {
    fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    if run_as.is_none() {
        return Ok(folder);
    }
    let walkable = folder.ancestors().skip(1).all(|parent| fs::metadata(parent).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0));
    if walkable {
        return Ok(folder);
    }
    let name = folder.components().filter_map(|part| part.as_os_str().to_str()).filter(|part| *part != "/").collect::<Vec<_>>().join("-");
    let elsewhere = Path::new("/var/lib/kairos").join(name);
    fs::create_dir_all(&elsewhere)?;
    Ok(elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_starts_answers_and_is_gone_after_the_drop() {
        let folder =
            tempfile::Builder::new().prefix("kairos-pg").permissions(fs::Permissions::from_mode(0o755)).tempdir_in("/tmp").unwrap();
        let cluster = Cluster::start(&folder.path().join("pg"), Durability::Fleeting).unwrap();
        let socket = cluster.socket_folder.join(".s.PGSQL.5432");
        assert!(UnixStream::connect(&socket).is_ok());
        drop(cluster);
        assert!(UnixStream::connect(&socket).is_err());
    }
}
