//! Where Kairos listens, how people reach it, and whose word about addresses it takes.

use std::net::SocketAddr;

use domain::base::parse_network;
use ipnet::IpNet;
use url::Url;

use super::{Environment, Source};

/// The network settings.
#[derive(Debug)]
pub struct NetworkConfig {
    /// `LISTEN_ADDR`.
    pub listen: SocketAddr,
    /// `PUBLIC_URL`, an origin without a path.
    pub public_url: Url,
    /// `METRICS_ADDR`.
    pub metrics: SocketAddr,
    /// `SANDBOX_ADDR`: where the stand-ins listen in development.
    pub sandbox: SocketAddr,
    /// `TRUSTED_PROXIES`: forwarded headers are believed only from these.
    pub trusted_proxies: Vec<IpNet>,
    /// `ALLOWED_ORIGINS`: other sites whose pages may ask `/api/*`, with a token.
    pub allowed_origins: Vec<String>,
    /// `ADMIN_ALLOWED_CIDRS`: from where the pages of admins are answered; nothing: from everywhere.
    pub admin_networks: Vec<IpNet>,
    /// `API_REQUESTS_PER_MINUTE`.
    pub requests_per_minute: i32,
}

impl NetworkConfig {
    /// `PUBLIC_URL` without a slash at the end.
    pub fn public_origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// Host of `PUBLIC_URL`, with the port where it is not the usual one.
    pub fn host(&self) -> String {
        let host = self.public_url.host_str().unwrap_or_default();
        self.public_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether people reach it on this machine only.
    pub fn is_local(&self) -> bool {
        is_local(&self.public_url)
    }

    /// Whether cookies can be `Secure` and carry the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

pub(super) fn read(source: &mut Source, environment: Environment) -> NetworkConfig {
    let listen = source
        .parsed("LISTEN_ADDR", "an address with a port, such as 0.0.0.0:3000")
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));
    if environment.is_development() && !listen.ip().is_loopback() {
        source.problem(
            "LISTEN_ADDR",
            "can be reached from other machines, which development may not be: its mails and keys are for trying only",
        );
    }
    let metrics = source
        .parsed("METRICS_ADDR", "an address with a port, such as 127.0.0.1:9464")
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9464)));
    let sandbox = source
        .parsed("SANDBOX_ADDR", "an address with a port, such as 127.0.0.1:3001")
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3001)));
    let default = Url::parse(&format!("http://localhost:{}", listen.port()));
    let public_url = if let Some(url) = source.parsed::<Url>("PUBLIC_URL", "a URL, such as https://kairos.example") {
        if url.path() != "/" || url.query().is_some() || !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            source.problem("PUBLIC_URL", "is not an origin: scheme and host only, such as https://kairos.example");
        }
        if url.scheme() == "http" && !(environment.is_development() && is_local(&url)) {
            source.problem("PUBLIC_URL", "is plain HTTP; only development on localhost may be");
        }
        url
    } else {
        if !environment.is_development() {
            source.problem("PUBLIC_URL", "is not set: people, links in mail and redirect URIs need it, such as https://kairos.example");
        }
        #[expect(clippy::expect_used, reason = "localhost with a port number is a URL")]
        default.expect("a URL")
    };
    let trusted_proxies = networks(source, "TRUSTED_PROXIES");
    let admin_networks = networks(source, "ADMIN_ALLOWED_CIDRS");
    let allowed_origins = origins(source, environment);
    let requests_per_minute = match source.parsed::<i32>("API_REQUESTS_PER_MINUTE", "a whole number") {
        Some(number) if number < 1 => {
            source.problem("API_REQUESTS_PER_MINUTE", "is less than 1, with which nobody could ask anything");
            1
        }
        Some(number) => number,
        None => 100,
    };
    NetworkConfig { listen, public_url, metrics, sandbox, trusted_proxies, allowed_origins, admin_networks, requests_per_minute }
}

fn entries(source: &mut Source, name: &'static str) -> Vec<String> {
    let text = source.text(name).unwrap_or_default();
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

fn networks(source: &mut Source, name: &'static str) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for entry in entries(source, name) {
        match parse_network(&entry) {
            Some(network) => networks.push(network.trunc()),
            None => source.problem(name, "holds an entry that is neither an address nor a network such as 10.0.0.0/8"),
        }
    }
    networks
}

/// Exact origins: what a browser writes into `Origin`, and nothing that could stand for more than one.
fn origins(source: &mut Source, environment: Environment) -> Vec<String> {
    const NAME: &str = "ALLOWED_ORIGINS";
    let mut origins = Vec::new();
    for entry in entries(source, NAME) {
        let origin = Url::parse(&entry).ok().map(|url| (url.origin().ascii_serialization(), url.scheme() == "https" || is_local(&url)));
        match origin {
            Some((origin, is_safe)) if origin == entry => {
                if !is_safe && !environment.is_development() {
                    source.problem(NAME, "holds an origin without HTTPS, whose pages anybody on the way can change");
                }
                origins.push(origin);
            }
            _ => {
                source
                    .problem(NAME, "holds an entry that is not an origin such as https://app.example: no path, no slash at the end, no *");
            }
        }
    }
    origins
}

pub(super) fn outbound_allow(source: &mut Source, environment: Environment) -> Vec<String> {
    let entries: Vec<String> = source
        .text("OUTBOUND_ALLOW")
        .unwrap_or_default()
        .split(',')
        .map(|entry| entry.trim().to_owned())
        .filter(|entry| !entry.is_empty())
        .collect();
    if environment.is_production() && entries.iter().any(|entry| entry.parse::<IpNet>().is_ok()) {
        source.problem("OUTBOUND_ALLOW", "names a whole network; in production name each host or address");
    }
    if environment.is_development() {
        // On one's own machine a name is word enough for plain HTTP to it.
        let plain: Vec<String> = entries.iter().filter(|entry| !entry.contains("://")).map(|entry| format!("http://{entry}")).collect();
        return entries.into_iter().chain(plain).collect();
    }
    entries
}

/// Whether a URL leads to this machine.
pub(super) fn is_local(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
