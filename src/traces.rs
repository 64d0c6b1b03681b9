//! Traces for a collector that takes OTLP over HTTP (OpenTelemetry), where one is set: a span a request, a job, and a call to a provider.
//!
//! A span says which route, which job, which provider and how it ended, and carries the request id that log lines carry. Never an address, a query
//! string or a host that a person typed. Other programs' trace ids are not taken over: nothing a client sends is trusted.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use providers::outbound::{self, Body, Destination, Outbound, TRACES};
use secrecy::ExposeSecret;
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::config::TracesConfig;

/// How long one export may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Collects spans and sends them off, some at a time.
#[derive(Debug, Clone)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// To the collector of `config`. Within a runtime.
    ///
    /// # Errors
    /// When a header cannot be one.
    pub fn new(config: &TracesConfig, outbound: Outbound) -> Result<Self, String> {
        let destination = Destination::configured(outbound::COLLECTOR, &[&config.url]);
        let client = Guarded { outbound, destination, runtime: Handle::current() };
        let headers: HashMap<_, _> = config.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(config.url.as_str())
            .with_headers(headers)
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|error| format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}"))?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name("kairos").with_attribute(version).build();
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
    }

    /// What takes the spans.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer: OpenTelemetryLayer<S, SdkTracer> = tracing_opentelemetry::layer().with_tracer(self.0.tracer("kairos"));
        let layer = layer.with_location(false).with_threads(false).with_target(false).with_level(false).with_tracked_inactivity(false);
        layer.with_filter(Targets::new().with_target(TRACES, Level::TRACE))
    }

    /// Sends what is left and ends.
    pub async fn end(self) {
        // Waits for a thread of its own, which waits for the runtime.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(TIMEOUT)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// The one HTTP client of the program, for a library that calls from a thread without a runtime.
#[derive(Debug)]
struct Guarded {
    outbound: Outbound,
    destination: Destination,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Guarded {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let headers = parts.headers.iter().filter(|(name, _)| *name != "content-type");
        let request = outbound::Request {
            method: parts.method,
            url: Url::parse(&parts.uri.to_string())?,
            headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
            authorization: None,
            body: Body::Bytes("application/json", body.to_vec()),
            repeatable: false,
        };
        let (outbound, destination) = (self.outbound.clone(), self.destination.clone());
        let answer = self.runtime.spawn(async move { outbound.send(&destination, request).await }).await??;
        let mut response = Response::new(Bytes::from(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}
