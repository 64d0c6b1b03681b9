//! Where a request may go.

use std::time::Duration;
use url::Url;

/// Scheme, host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// The origin of `url`; `None` for URLs that have none (`data:`, `mailto:`).
    pub fn of(url: &Url) -> Option<Self> {
        let origin = url.origin();
        origin.is_tuple().then(|| Self(origin.ascii_serialization()))
    }
}

/// A provider as the client sees it: its name in metrics, its rules.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The name in metrics and the breaker; for given hosts the breaker adds the host.
    pub name: &'static str,
    /// The origins it may be called at; `None` for a host that a person gave.
    pub origins: Option<Vec<Origin>>,
    /// For one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// For all attempts together.
    pub budget: Duration,
    /// Largest answer read, in bytes.
    pub max_body: usize,
}

impl Destination {
    /// A provider whose addresses come from configuration.
    pub fn configured(name: &'static str, urls: &[&Url]) -> Self {
        let mut origins: Vec<Origin> = urls.iter().filter_map(|url| Origin::of(url)).collect();
        origins.dedup();
        Self { name, origins: Some(origins), timeout: Duration::from_secs(10), budget: Duration::from_secs(25), max_body: 8 << 20 }
    }

    /// A server whose address a person typed.
    pub fn given(name: &'static str) -> Self {
        Self { name, origins: None, timeout: Duration::from_secs(20), budget: Duration::from_secs(30), max_body: 10 << 20 }
    }
}
