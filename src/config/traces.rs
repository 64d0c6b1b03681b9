//! Where traces go, by the variables that OpenTelemetry names.

use secrecy::SecretString;
use url::Url;

use super::Source;

/// A collector that takes OTLP over HTTP.
#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, with the path of traces behind it.
    pub url: Url,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: what the collector asks for, mostly a key.
    pub headers: Vec<(String, SecretString)>,
}

pub(super) fn read(source: &mut Source) -> Option<TracesConfig> {
    let endpoint = source.http_url("OTEL_EXPORTER_OTLP_ENDPOINT", "the address of a collector", "http://localhost:4318");
    let headers = source.secret("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
    let mut url = endpoint?;
    url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
    let mut read = Vec::new();
    for pair in headers.split(',').filter(|pair| !pair.trim().is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) => read.push((name.trim().to_owned(), value.trim().to_owned().into())),
            None => source.problem("OTEL_EXPORTER_OTLP_HEADERS", "is a list of name=value, comma-separated"),
        }
    }
    Some(TracesConfig { url, headers: read })
}
