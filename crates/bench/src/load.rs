//! A process of its own that does nothing but ask.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What one load saw.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Requests a second.
    pub rate: f64,
    /// The ninety-ninth percentile over the median.
    pub spread: f64,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rate, self.spread)
    }
}

impl FromStr for Seen {
    type Err = std::num::ParseFloatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rate, spread) = text.trim().split_once(' ').unwrap_or((text.trim(), "0"));
        Ok(Self { rate: rate.parse()?, spread: spread.parse()? })
    }
}

pub fn get(path: &str, cookie: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n")
}

/// `clients` connections send the same request for as long as `long`.
pub async fn for_a_while(address: SocketAddr, request: String, clients: usize, long: Duration) -> Seen {
    let until = Instant::now() + long;
    run(address, clients, Arc::new(move || (Instant::now() < until).then(|| request.clone()))).await
}

/// `clients` connections share the requests.
pub async fn each_once(address: SocketAddr, requests: Vec<String>, clients: usize) -> Seen {
    let next = AtomicUsize::new(0);
    run(address, clients, Arc::new(move || requests.get(next.fetch_add(1, Ordering::Relaxed)).cloned())).await
}

type Requests = Arc<dyn Fn() -> Option<String> + Send + Sync>;

async fn run(address: SocketAddr, clients: usize, requests: Requests) -> Seen {
    let began = Instant::now();
    let clients: Vec<_> = (0..clients).map(|_| tokio::spawn(client(address, Arc::clone(&requests)))).collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client"));
    }
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let quantile = |part: usize| times[times.len() * part / 100].as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    let rate = times.len() as f64 / seconds;
    Seen { rate, spread: quantile(99) / quantile(50) }
}

async fn client(address: SocketAddr, requests: Requests) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
    stream.set_nodelay(true).expect("no delay");
    let mut buffer = vec![0_u8; 256 * 1024];
    while let Some(request) = requests() {
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await.expect("sent");
        read_answer(&mut stream, &mut buffer).await;
        times.push(started.elapsed());
    }
    times
}

/// Reads one answer to its end, by its length or its last chunk.
async fn read_answer(stream: &mut tokio::net::TcpStream, buffer: &mut [u8]) {
    let mut read = 0;
    loop {
        let count = stream.read(&mut buffer[read..]).await.expect("an answer");
        assert!(count > 0, "the connection was closed");
        read += count;
        let text = &buffer[..read];
        let Some(head) = text.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let headers = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
        assert!(headers.starts_with("http/1.1 200"), "{headers}");
        let whole = match headers.split("content-length: ").nth(1) {
            Some(rest) => {
                rest.split("\r\n").next().and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| read >= head + 4 + length)
            }
            None => text.ends_with(b"0\r\n\r\n"),
        };
        if whole {
            return;
        }
    }
}
