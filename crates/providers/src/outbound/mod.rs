//! The one way out: an HTTP client with an allow list, time-outs, size limits, careful retries and a circuit breaker.
//!
//! Two kinds of destination. A *configured* one (Google, …) may be called only at the origins of its settings. A *given* one
//! (a CalDAV server somebody typed) is resolved and checked before connecting: no private, loopback, link-local or metadata
//! address unless the operator allowed it. Neither follows redirects with credentials.

mod address;
mod breaker;
mod client;
mod destination;
mod retry;
#[cfg(test)]
mod ssrf;
mod tls;

pub use address::{AllowedAddresses, is_public};
pub use client::{Body, Outbound, Request, Response};
pub use destination::{Destination, Origin};
pub use retry::retry_after;
pub use tls::use_ring;

/// The target of spans for traces: whoever collects them takes these, and no line of the log is made of them.
pub const TRACES: &str = "traces";
/// The name of the destination that traces are sent to.
pub const COLLECTOR: &str = "opentelemetry";

/// Why a request did not get an answer. None of these carries a URL, a header or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Not an origin this provider may be called at, or plain HTTP where HTTPS is needed.
    #[error("the address is not on the allow list")]
    OriginRefused,
    /// The host's name leads to an address nobody outside may reach.
    #[error("the host leads to an address that may not be reached")]
    AddressRefused,
    /// Too many failures lately; not even tried.
    #[error("the circuit breaker is open")]
    CircuitOpen,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// No connection, or it broke.
    #[error("no connection")]
    Unreachable,
    /// The answer is larger than is ever needed.
    #[error("the answer is too large")]
    TooLarge,
}

impl OutboundError {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OriginRefused => "origin_refused",
            Self::AddressRefused => "address_refused",
            Self::CircuitOpen => "circuit_open",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::TooLarge => "too_large",
        }
    }
}
