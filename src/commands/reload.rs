//! Secrets that are read anew while the server runs: on SIGHUP, and when a file or the secret store holds others than before.

use std::sync::Arc;
use std::time::Duration;

use domain::Op;
use domain::upkeep::RevokedSecrets;
use domain::{audit, upkeep};
use secrecy::{ExposeSecret as _, SecretBox};

use super::start::{Memory, build_state};
use crate::config::Config;
use crate::current::Current;

/// How often it is looked whether a secret is another.
const WATCH_EVERY: Duration = Duration::from_mins(1);
/// How soon a replica hears that one was revoked.
const HEAR_EVERY: Duration = Duration::from_secs(2);

/// What is needed to begin anew without stopping.
pub(super) struct Reloading {
    pub current: Current,
    pub memory: Arc<Memory>,
    pub sandbox_url: Option<String>,
    /// What the secrets were when they were last read.
    pub known: [u8; 32],
    /// What was revoked when the present state was built.
    pub revoked: RevokedSecrets,
    /// The same when it was last looked: what could not be done then is tried again in its time, and not at once.
    pub seen: RevokedSecrets,
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
                () = self.another_is_revoked() => false,
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

    /// Ends when an admin has revoked one.
    async fn another_is_revoked(&self) {
        let deps = self.current.deps();
        loop {
            tokio::time::sleep(HEAR_EVERY).await;
            match RevokedSecrets::read(&deps.database).await {
                Ok(revoked) if revoked != self.seen => return,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "it is not known whether a secret was revoked; it is looked again"),
            }
        }
    }

    /// Whether something is another by now, and is used from here on.
    async fn look(&mut self) -> Result<bool, Vec<String>> {
        let one = |line: String| vec![line];
        let revoked = RevokedSecrets::read(&self.current.deps().database).await.map_err(|error| one(error.to_string()))?;
        self.seen.clone_from(&revoked);
        let config = Config::load().await?;
        let before = self.current.state();
        let known = config.secrets_digest;
        if known == self.known && revoked == self.revoked {
            return Ok(false);
        }
        // Before anything is opened with the others: a session key that is another wraps the installation's own keys anew.
        let before_seed = &before.deps.settings.audit.seed;
        let is_told = |seed: &SecretBox<[u8; 32]>| *seed.expose_secret() == *before_seed.expose_secret();
        if !is_told(&config.keys.audit) && !config.keys.older_audits.iter().any(|seed| is_told(seed)) {
            return Err(one(
                "AUDIT_SIGNING_KEY is another, and the one before is not among AUDIT_SIGNING_KEYS_OLD: it signs the one that follows"
                    .to_owned(),
            ));
        }
        let state = build_state(config, &self.memory, self.sandbox_url.clone()).await.map_err(one)?.following(&before);
        let op = Op::job(state.deps.new_request_id(), None);
        audit::succeed(&state.deps, &op).await.map_err(|error| one(error.to_string()))?;
        upkeep::note_reload(&state.deps, &op).await.map_err(|error| one(error.to_string()))?;
        self.current.replace(state);
        (self.known, self.revoked) = (known, revoked);
        Ok(true)
    }
}
