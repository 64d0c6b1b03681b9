//! The wire between the server and Postgres, with somebody listening.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::sync::CancellationToken;

/// What went to Postgres. Each number is of round trips: messages after which the client waits for `ReadyForQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Statements that were executed.
    pub statements: u32,
    /// Statements that were parsed and described, once a connection each.
    pub prepared: u32,
    /// Bare `Sync` messages: a connection is tested as it goes back into the pool.
    pub releases: u32,
}

#[derive(Debug, Default)]
struct Counters {
    statements: AtomicU32,
    prepared: AtomicU32,
    releases: AtomicU32,
    is_silent: AtomicBool,
}

/// A proxy that counts what passes, and can let a server wait for an answer that never comes.
#[derive(Debug)]
pub struct Wire {
    options: PgConnectOptions,
    counters: Arc<Counters>,
    cut: CancellationToken,
}

impl Wire {
    /// A listener in front of the server that `options` reach.
    pub async fn to(options: PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let folder = options.get_socket().cloned().or_else(|| options.get_host().starts_with('/').then(|| options.get_host().into()));
        let socket = folder.map(|folder| folder.join(format!(".s.PGSQL.{}", options.get_port())));
        let upstream = (options.get_host().to_owned(), options.get_port());
        let counters = Arc::new(Counters::default());
        let cut = CancellationToken::new();
        let (counting, cutting) = (counters.clone(), cut.clone());
        tokio::spawn(cutting.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let passing = pass(client, socket.clone(), upstream.clone(), counting.clone());
                tokio::spawn(cutting.clone().run_until_cancelled_owned(passing));
            }
        }));
        // Begun anew, because a socket once named cannot be taken back.
        let through = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).ssl_mode(PgSslMode::Disable);
        let options = through.username(options.get_username()).database(options.get_database().unwrap_or_default());
        Self { options, counters, cut }
    }

    /// How to connect through it.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// What passed since this was last asked.
    pub fn take(&self) -> Traffic {
        let take = |counter: &AtomicU32| counter.swap(0, Ordering::SeqCst);
        Traffic {
            statements: take(&self.counters.statements),
            prepared: take(&self.counters.prepared),
            releases: take(&self.counters.releases),
        }
    }

    /// Whether answers of Postgres are held back.
    pub fn silence(&self, is_silent: bool) {
        self.counters.is_silent.store(is_silent, Ordering::SeqCst);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.cut.cancel();
    }
}

async fn pass(client: TcpStream, socket: Option<PathBuf>, (host, port): (String, u16), counters: Arc<Counters>) {
    let (from_client, to_client) = client.into_split();
    if let Some(socket) = socket {
        let (from_server, to_server) = UnixStream::connect(socket).await.expect("Postgres answers").into_split();
        tokio::join!(count(from_client, to_server, &counters), answer(from_server, to_client, &counters));
    } else {
        let (from_server, to_server) = TcpStream::connect((host, port)).await.expect("Postgres answers").into_split();
        tokio::join!(count(from_client, to_server, &counters), answer(from_server, to_client, &counters));
    }
}

/// Passes frontend messages on. The first has no type byte, as the protocol has it; every other is a type, a length and its content.
async fn count(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, counters: &Counters) {
    let mut kind = None;
    let (mut executes, mut parses) = (0, 0);
    while let Ok(length) = from.read_u32().await {
        let mut content = vec![0; length as usize - 4];
        if from.read_exact(&mut content).await.is_err() {
            break;
        }
        match kind {
            Some(b'Q') => counters.statements.fetch_add(1, Ordering::SeqCst),
            Some(b'E') => bump(&mut executes),
            Some(b'P') => bump(&mut parses),
            Some(b'S') => {
                let counter = match (executes, parses) {
                    (0, 0) => &counters.releases,
                    (0, _) => &counters.prepared,
                    _ => &counters.statements,
                };
                (executes, parses) = (0, 0);
                counter.fetch_add(1, Ordering::SeqCst)
            }
            _ => 0,
        };
        let mut message = Vec::with_capacity(content.len() + 5);
        message.extend(kind);
        message.extend(length.to_be_bytes());
        message.extend(content);
        if to.write_all(&message).await.is_err() {
            break;
        }
        let Ok(next) = from.read_u8().await else { break };
        kind = Some(next);
    }
    // Either side may be gone already.
    let _ = to.shutdown().await;
}

fn bump(counter: &mut u32) -> u32 {
    *counter += 1;
    *counter
}

async fn answer(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, counters: &Counters) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        while counters.is_silent.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
