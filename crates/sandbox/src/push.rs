//! Pushes on their way to Kairos: in time, late, twice, out of order, to the wrong channel, or never.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::Shared;

/// The longest a provider waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// One message on its way.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub address: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// How it is signed, each time that it is sent.
    pub scheme: Option<Scheme>,
    /// How often it was sent, and not taken.
    pub attempts: u32,
}

/// How a provider signs its webhooks: both over the time, a dot and the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Stripe,
    Calendly,
}

/// As often a webhook is sent before it is given up.
const ATTEMPTS: u32 = 12;

/// How messages are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// As they come.
    InTime,
    /// Not until somebody delivers them by hand.
    Late,
    /// Each one twice.
    Twice,
    /// The last first.
    Reversed,
    /// Each with the secret of another channel.
    Misdirected,
    /// Not at all.
    Lost,
}

impl Delivery {
    /// Every way.
    pub const ALL: [Self; 6] = [Self::InTime, Self::Late, Self::Twice, Self::Reversed, Self::Misdirected, Self::Lost];

    /// Its name on the fault page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InTime => "in time",
            Self::Late => "late",
            Self::Twice => "twice",
            Self::Reversed => "out of order",
            Self::Misdirected => "to the wrong channel",
            Self::Lost => "never",
        }
    }

    /// What becomes of a batch. `secrets` are those of every channel there is.
    fn arrange(self, mut pushes: Vec<Push>, secrets: &[String]) -> Vec<Push> {
        match self {
            Self::InTime | Self::Late => {}
            Self::Twice => pushes = pushes.into_iter().flat_map(|push| [push.clone(), push]).collect(),
            Self::Reversed => pushes.reverse(),
            Self::Misdirected => {
                for push in &mut pushes {
                    let other = secrets.iter().find(|secret| !push.carries(secret)).cloned();
                    push.misdirect(&other.unwrap_or_else(|| "of-another-channel".to_owned()));
                }
            }
            Self::Lost => pushes.clear(),
        }
        pushes
    }
}

impl Push {
    /// One that is not signed; it is sent once.
    pub fn plain(address: String, headers: Vec<(&'static str, String)>, body: String) -> Self {
        Self { address, headers, body, scheme: None, attempts: 0 }
    }

    /// One that is signed, and sent again until it is taken.
    pub fn signed(address: String, body: String, scheme: Scheme) -> Self {
        Self { address, headers: vec![("Content-Type", "application/json".to_owned())], body, scheme: Some(scheme), attempts: 0 }
    }

    fn carries(&self, secret: &str) -> bool {
        self.body.contains(secret) || self.headers.iter().any(|(_, value)| value == secret)
    }

    /// The same message with the secret of another channel.
    fn misdirect(&mut self, secret: &str) {
        for (_, value) in self.headers.iter_mut().filter(|(name, _)| *name == "x-goog-channel-token") {
            secret.clone_into(value);
        }
        if let Ok(mut body) = serde_json::from_str::<serde_json::Value>(&self.body) {
            body["value"][0]["clientState"] = secret.into();
            self.body = body.to_string();
        }
    }
}

/// Delivers what waits; the answer is the status of each, 0 where nobody answered.
pub(crate) async fn deliver(shared: &Shared) -> Vec<u16> {
    let pushes = {
        let mut state = shared.lock();
        let now = shared.clock.now();
        state.stripe.pass_time(now);
        let mut pushes = std::mem::take(&mut state.google.pushes);
        pushes.append(&mut state.microsoft.pushes);
        pushes.append(&mut state.stripe.pushes);
        pushes.append(&mut state.calendly.pushes);
        let mut secrets: Vec<String> = state.google.channels.values().map(|channel| channel.token.clone()).collect();
        secrets.extend(state.microsoft.subscriptions.values().map(|subscription| subscription.client_state.clone()));
        state.delivery.arrange(pushes, &secrets)
    };
    let mut statuses = Vec::with_capacity(pushes.len());
    for mut push in pushes {
        let signature = push.scheme.map(|scheme| sign(shared, scheme, &push.body));
        let mut headers: Vec<(&str, &str)> = push.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend(signature.as_ref().map(|(name, value)| (*name, value.as_str())));
        let status = post(&push.address, &headers, &push.body).await.map_or(0, |(status, _, _)| status);
        statuses.push(status);
        push.attempts += 1;
        // Whatever is not 2xx is a failure, redirects too.
        if let Some(scheme) = push.scheme.filter(|_| !(200..300).contains(&status) && push.attempts < ATTEMPTS) {
            let mut state = shared.lock();
            match scheme {
                Scheme::Stripe => state.stripe.pushes.push(push),
                Scheme::Calendly => state.calendly.pushes.push(push),
            }
        }
    }
    statuses
}

/// The header that signs `body` now: with every secret there is, as while one is exchanged.
fn sign(shared: &Shared, scheme: Scheme, body: &str) -> (&'static str, String) {
    let (timestamp, state) = (shared.clock.now().timestamp(), shared.lock());
    let (name, secrets) = match scheme {
        Scheme::Stripe => ("Stripe-Signature", state.stripe.secrets.clone()),
        Scheme::Calendly => ("Calendly-Webhook-Signature", state.calendly.signing_keys()),
    };
    let mut value = format!("t={timestamp}");
    for secret in secrets {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let tag = ring::hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
        let _ = write!(value, ",v1=");
        for byte in tag.as_ref() {
            let _ = write!(value, "{byte:02x}");
        }
    }
    (name, value)
}

/// Delivers by itself from now on, unless deliveries are late.
pub(crate) fn keep_delivering(shared: Arc<Shared>) {
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tick.tick().await;
            let is_late = shared.lock().delivery == Delivery::Late;
            if !is_late {
                deliver(&shared).await;
            }
        }
    });
}

/// One POST over plain HTTP to this machine: status, content type and body. `None`: no answer in time.
pub(crate) async fn post(address: &str, headers: &[(&str, &str)], body: &str) -> Option<(u16, String, String)> {
    tokio::time::timeout(PATIENCE, exchange(address, headers, body)).await.ok()?
}

async fn exchange(address: &str, headers: &[(&str, &str)], body: &str) -> Option<(u16, String, String)> {
    let url = Url::parse(address).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let mut stream = TcpStream::connect((host, port)).await.ok()?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut request = format!("POST {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let content_type = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-type: ").map(str::to_owned));
    Some((status, content_type.unwrap_or_default(), body.to_owned()))
}
