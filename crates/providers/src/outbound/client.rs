//! Sends one request under a destination's rules.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use url::{Host, Url};

use super::breaker::Breakers;
use super::retry::{ATTEMPTS, is_transient, pause, retry_after};
use super::{AllowedAddresses, COLLECTOR, Destination, Origin, OutboundError, TRACES};

/// A source of numbers from 0 up to 1, for jitter.
pub type Fraction = Arc<dyn Fn() -> f64 + Send + Sync>;

/// The client. Clones share connections and breakers.
#[derive(Clone)]
pub struct Outbound {
    client: reqwest::Client,
    guarded: reqwest::Client,
    allowed: Arc<AllowedAddresses>,
    breakers: Arc<Breakers>,
    /// The beginnings of the names of those that nothing is asked of.
    isolated: Arc<RwLock<Vec<&'static str>>>,
    /// By which accounts are told apart without being kept.
    accounts: Arc<RandomState>,
    fraction: Fraction,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbound")
    }
}

/// What is sent as a body.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Bytes of a content type.
    Bytes(&'static str, Vec<u8>),
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method; WebDAV's own are fine.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Headers besides `Authorization` and `Content-Type`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The value of `Authorization`.
    pub authorization: Option<SecretString>,
    /// The body.
    pub body: Body,
    /// Whether sending it twice does no harm; only then is it tried again.
    pub repeatable: bool,
}

impl Request {
    /// A GET.
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: Vec::new(), authorization: None, body: Body::Empty, repeatable: true }
    }

    /// A POST of a JSON body, which is not repeated.
    pub fn post_json(url: Url, body: &serde_json::Value) -> Self {
        let body = Body::Bytes("application/json", body.to_string().into_bytes());
        Self { method: Method::POST, url, headers: Vec::new(), authorization: None, body, repeatable: false }
    }

    /// With a bearer token (RFC 6750).
    #[must_use]
    pub fn bearer(mut self, token: &SecretString) -> Self {
        self.authorization = Some(format!("Bearer {}", token.expose_secret()).into());
        self
    }
}

/// One answer, read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. Never logged.
    pub body: Vec<u8>,
}

impl Outbound {
    /// A client that lets person-given hosts lead only to public addresses and `allowed` ones.
    ///
    /// # Errors
    /// When the TLS back end cannot be set up.
    pub fn new(allowed: AllowedAddresses, fraction: Fraction) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(allowed);
        let client = builder().build()?;
        let guarded = builder().dns_resolver(CheckedResolver(Arc::clone(&allowed))).build()?;
        Ok(Self { client, guarded, allowed, breakers: Arc::default(), isolated: Arc::default(), accounts: Arc::default(), fraction })
    }

    /// From here on nothing is sent to destinations whose names begin so.
    pub fn isolate(&self, names: Vec<&'static str>) {
        *self.isolated.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Sends `request` and reads the whole answer. An error status is an answer, not an error.
    pub async fn send(&self, destination: &Destination, request: Request) -> Result<Response, OutboundError> {
        let started = Instant::now();
        let span = match destination.name {
            // A call that sends traces is none, or each would be followed by the next for ever.
            COLLECTOR => Span::none(),
            name => tracing::trace_span!(
                target: TRACES, "call", otel.kind = "client", otel.name = name, http.request.method = request.method.as_str(),
                http.response.status_code = Empty, error.r#type = Empty
            ),
        };
        let result = self.send_checked(destination, request, started).instrument(span.clone()).await;
        match &result {
            Ok(response) => span.record("http.response.status_code", i64::from(response.status.as_u16())),
            Err(error) => span.record("error.type", error.as_str()),
        };
        let outcome = match &result {
            Ok(response) => status_class(response.status),
            Err(error) => error.as_str(),
        };
        metrics::counter!("provider_requests_total", "provider" => destination.name, "outcome" => outcome).increment(1);
        metrics::histogram!("provider_request_seconds", "provider" => destination.name).record(started.elapsed().as_secs_f64());
        result
    }

    async fn send_checked(&self, destination: &Destination, request: Request, started: Instant) -> Result<Response, OutboundError> {
        self.check(destination, &request.url)?;
        if self.isolated.read().unwrap_or_else(PoisonError::into_inner).iter().any(|name| destination.name.starts_with(name)) {
            return Err(OutboundError::CircuitOpen);
        }
        // Two servers on one host are two servers.
        let origin = request.url.origin().ascii_serialization();
        let account = request.authorization.as_ref().map(|authorization| self.accounts.hash_one(authorization.expose_secret()));
        let mut attempt = 0;
        loop {
            if !self.breakers.may_pass(&origin) {
                return Err(OutboundError::CircuitOpen);
            }
            let result = self.attempt(destination, &request).await;
            let failed = match &result {
                Ok(response) => is_transient(response.status.as_u16()),
                Err(error) => matches!(error, OutboundError::TimedOut | OutboundError::Unreachable),
            };
            self.breakers.record(&origin, account, !failed);
            attempt += 1;
            if !failed || !request.repeatable || attempt >= ATTEMPTS {
                return result;
            }
            let asked = result.as_ref().ok().and_then(|response| retry_after(&response.headers));
            let wait = asked.unwrap_or_default().max(pause(attempt, (self.fraction)()));
            if started.elapsed() + wait + Duration::from_secs(1) > destination.budget
                || asked.is_some_and(|asked| asked > Duration::from_secs(2))
            {
                return result;
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn check(&self, destination: &Destination, url: &Url) -> Result<(), OutboundError> {
        if let Some(origins) = &destination.origins {
            return match Origin::of(url) {
                Some(origin) if origins.contains(&origin) => Ok(()),
                _ => Err(OutboundError::OriginRefused),
            };
        }
        let host = url.host().ok_or(OutboundError::OriginRefused)?;
        let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match url.scheme() {
            "https" => {}
            "http" if self.allowed.permits_plain_http(name) => {}
            _ => return Err(OutboundError::OriginRefused),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::OriginRefused);
        }
        // A literal address never passes the resolver, so it is looked at here.
        let literal: Option<IpAddr> = match host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) if !self.allowed.permits(name, address) => Err(OutboundError::AddressRefused),
            _ => Ok(()),
        }
    }

    async fn attempt(&self, destination: &Destination, request: &Request) -> Result<Response, OutboundError> {
        let client = if destination.origins.is_some() { &self.client } else { &self.guarded };
        let mut builder = client.request(request.method.clone(), request.url.clone()).timeout(destination.timeout);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(authorization) = &request.authorization {
            let mut value = HeaderValue::from_str(authorization.expose_secret()).map_err(|_| OutboundError::OriginRefused)?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Body::Bytes(content_type, bytes) = &request.body {
            builder = builder.header(CONTENT_TYPE, *content_type).body(bytes.clone());
        }
        let response = builder.send().await.map_err(|error| classify(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| classify(&error))?;
            if body.len() + chunk.len() > destination.max_body {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that builds a client")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .referer(false)
        .user_agent(concat!("Kairos/", env!("CARGO_PKG_VERSION")))
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the host leads to an address that may not be reached")
    }
}

impl std::error::Error for Refused {}

/// Resolves a name and refuses it whole if any of its addresses may not be reached: the check and the connection use the same
/// answer, so a name cannot change between them.
struct CheckedResolver(Arc<AllowedAddresses>);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !allowed.permits(&host, address.ip())) {
                return Err(Box::new(Refused).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn classify(error: &reqwest::Error) -> OutboundError {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        // reqwest wraps what a resolver says in an error that shows its text, but not itself.
        if inner.is::<Refused>() || inner.to_string() == Refused.to_string() {
            return OutboundError::AddressRefused;
        }
        cause = inner.source();
    }
    if error.is_timeout() { OutboundError::TimedOut } else { OutboundError::Unreachable }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        401 => "401",
        403 => "403",
        429 => "429",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
