//! Secrets that are read anew while the server runs: on SIGHUP, and when a file or the secret store holds others than before.

use std::sync::Arc;
use std::time::Duration;

use domain::Op;
use domain::upkeep;
use secrecy::ExposeSecret as _;

use super::start::{Memory, build_state};
use crate::config::Config;
use crate::current::Current;

/// How often it is looked whether a secret is another.
const WATCH_EVERY: Duration = Duration::from_mins(1);

/// What is needed to begin anew without stopping.
pub(super) struct Reloading {
    pub current: Current,
    pub memory: Arc<Memory>,
    pub sandbox_url: Option<String>,
    /// What the secrets were when they were last read.
    pub known: [u8; 32],
}

impl Reloading {
    /// Looks again and again, for as long as the server runs. What cannot be read, or does not fit, leaves everything as it was.
    pub async fn keep_watching(mut self) {
        let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
        loop {
            let told = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await.is_some(),
                    None => std::future::pending().await,
                }
            };
            let is_told = tokio::select! {
                is_told = told => is_told,
                () = tokio::time::sleep(WATCH_EVERY) => false,
            };
            match Box::pin(self.look()).await {
                Ok(true) => tracing::info!("secrets were read anew, and are others than before"),
                Ok(false) if is_told => tracing::info!("secrets were read anew, and are the same as before"),
                Ok(false) => {}
                Err(lines) => {
                    for line in lines {
                        tracing::error!(line, "the configuration could not be read anew; the one of before holds");
                    }
                }
            }
        }
    }

    /// Whether something is another by now, and is used from here on.
    async fn look(&mut self) -> Result<bool, Vec<String>> {
        let one = |line: String| vec![line];
        let config = Config::load().await?;
        let before = self.current.state();
        let known = config.secrets_digest;
        if known == self.known {
            return Ok(false);
        }
        // Before anything is opened with the others: a session key that is another wraps the installation's own keys anew.
        if *config.keys.audit.expose_secret() != *before.deps.settings.audit.seed.expose_secret() {
            return Err(one("AUDIT_SIGNING_KEY is another: a log is signed by one key for as long as it goes on".to_owned()));
        }
        let state = build_state(config, &self.memory, self.sandbox_url.clone()).await.map_err(one)?.following(&before);
        let op = Op::job(state.deps.new_request_id(), None);
        upkeep::note_reload(&state.deps, &op).await.map_err(|error| one(error.to_string()))?;
        self.current.replace(state);
        self.known = known;
        Ok(true)
    }
}
