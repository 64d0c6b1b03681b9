//! Settings out of a secret store, before the rest is read.

use providers::outbound::{AllowedAddresses, Outbound};
use providers::secret_store::{self, SecretStoreError, SecretStoreSettings};
use secrecy::ExposeSecret;
use url::Url;

use super::Source;
use super::network::is_local;

/// Where the settings are unless `VAULT_PATH` says otherwise.
const PATH: &str = "secret/data/kairos";

impl Source {
    /// The process' environment, and what the secret store has beyond it, if one is named.
    pub async fn load() -> Self {
        let mut source = Self::environment();
        source.add_stored().await;
        source
    }

    /// Adds what the secret store has; what is set already stays. Without the store nothing would be as it was told, so that it
    /// cannot be read is a problem.
    pub async fn add_stored(&mut self) {
        let Some(settings) = self.store() else { return };
        let outbound = match Outbound::new(AllowedAddresses::default(), std::sync::Arc::new(|| 0.5)) {
            Ok(outbound) => outbound,
            Err(error) => return self.problem("VAULT_ADDR", format!("cannot be asked: {error}")),
        };
        match secret_store::read(&outbound, &settings).await {
            Ok(stored) => self.add(stored.into_iter().map(|(name, value)| (name, value.expose_secret().to_owned()))),
            Err(error) => {
                let name = match error {
                    SecretStoreError::Refused => "VAULT_TOKEN",
                    SecretStoreError::NotFound => "VAULT_PATH",
                    SecretStoreError::Down | SecretStoreError::Sealed | SecretStoreError::Unreadable => "VAULT_ADDR",
                };
                self.problem(name, format!("is not usable: the secret store {error}"));
            }
        }
    }

    fn store(&mut self) -> Option<SecretStoreSettings> {
        let address = self.parsed::<Url>("VAULT_ADDR", "a URL, such as https://vault.internal:8200")?;
        let may_be_plain = is_local(&address) && matches!(self.text("APP_ENV").as_deref(), None | Some("development" | "staging"));
        if address.scheme() != "https" && !may_be_plain {
            self.problem("VAULT_ADDR", "is plain HTTP; only a store on this machine may be, and never in production");
            return None;
        }
        let Some(token) = self.secret("VAULT_TOKEN") else {
            self.problem("VAULT_TOKEN", "is not set, but VAULT_ADDR is");
            return None;
        };
        let path = self.text("VAULT_PATH").unwrap_or_else(|| PATH.to_owned()).trim_matches('/').to_owned();
        Some(SecretStoreSettings { address, token: token.into(), namespace: self.text("VAULT_NAMESPACE"), path })
    }
}
