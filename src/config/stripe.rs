//! Stripe: a key of this installation's own account, or the stand-in in development.

use secrecy::SecretString;
use url::Url;

use super::oauth_client::provider_url;
use super::{Environment, Source};

/// Where money is taken.
#[derive(Debug)]
pub enum StripeConfig {
    /// The stand-in's.
    Sandbox,
    /// Nowhere: nothing can be sold.
    Off,
    /// With a key.
    Given {
        /// `STRIPE_SECRET_KEY`.
        key: SecretString,
        /// Whether money is real: what the key says.
        is_live: bool,
        /// Whether the key may do only what it was made for. One that may do everything works as well, and is told of at the start.
        is_restricted: bool,
        /// `STRIPE_API_URL`: the bare origin.
        api_url: Url,
        /// `STRIPE_WEBHOOK_SECRET`, several while one is exchanged.
        webhook_secrets: Vec<SecretString>,
    },
}

const KEY: &str = "STRIPE_SECRET_KEY";
const WEBHOOK: &str = "STRIPE_WEBHOOK_SECRET";
const TEST: [&str; 2] = ["rk_test_", "sk_test_"];
const LIVE: [&str; 2] = ["rk_live_", "sk_live_"];

/// A test key in production would sell for nothing, and a live key elsewhere would take real money: both stop the start.
pub(super) fn read(source: &mut Source, environment: Environment) -> StripeConfig {
    let api_url = provider_url(source, environment, "STRIPE_API_URL", "https://api.stripe.com");
    let secrets = source.secret(WEBHOOK).unwrap_or_default();
    let Some(key) = source.secret(KEY) else {
        if !secrets.is_empty() {
            source.problem(KEY, format!("is not set, but {WEBHOOK} is"));
        }
        let has_sandbox = environment.is_development() && cfg!(feature = "sandbox");
        return if has_sandbox { StripeConfig::Sandbox } else { StripeConfig::Off };
    };
    let begins = |prefixes: [&str; 2]| prefixes.iter().any(|prefix| key.starts_with(prefix));
    match (begins(TEST), begins(LIVE), environment.is_production()) {
        (false, false, _) if key.starts_with("pk_") => source.problem(KEY, "is a publishable key: a restricted key (rk_…) is needed"),
        (false, false, _) => source.problem(KEY, "is no key of Stripe's: it begins with rk_test_, rk_live_, sk_test_ or sk_live_"),
        (true, _, true) => source.problem(KEY, "is a test key; production needs a live one (rk_live_…)"),
        (_, true, false) => source.problem(KEY, "is a live key; only production may take real money (APP_ENV)"),
        _ => {}
    }
    let webhook_secrets: Vec<&str> = secrets.split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
    if webhook_secrets.is_empty() || webhook_secrets.iter().any(|secret| !secret.starts_with("whsec_")) {
        source.problem(WEBHOOK, "is not one or more signing secrets of an endpoint at Stripe (whsec_…), separated by commas");
    }
    match api_url {
        Some(api_url) => StripeConfig::Given {
            is_live: begins(LIVE),
            is_restricted: key.starts_with("rk_"),
            webhook_secrets: webhook_secrets.into_iter().map(|secret| secret.to_owned().into()).collect(),
            key: key.into(),
            api_url,
        },
        None => StripeConfig::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(environment: Environment, settings: &[(&str, &str)]) -> String {
        let mut source = Source::of(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        read(&mut source, environment);
        source.take_problems().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_key_fits_its_environment_or_the_start_says_which_one_is_needed() {
        let with = |environment, key| problems(environment, &[(KEY, key), (WEBHOOK, "whsec_1, whsec_2")]);
        assert_eq!(with(Environment::Production, "rk_live_1"), "");
        assert_eq!(with(Environment::Staging, "sk_test_1"), "");
        assert!(with(Environment::Production, "rk_test_1").contains("is a test key"));
        assert!(with(Environment::Staging, "rk_live_1").contains("is a live key"));
        assert!(with(Environment::Development, "sk_live_1").contains("is a live key"));
        assert!(with(Environment::Development, "pk_test_1").contains("publishable"));
        assert!(with(Environment::Development, "hello").contains("is no key of Stripe's"));
    }

    #[test]
    fn a_key_that_may_do_everything_is_told_from_a_restricted_one() {
        for (given, expected) in [("rk_test_1", true), ("sk_test_1", false)] {
            let settings = [(KEY, given), (WEBHOOK, "whsec_1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
            let read = read(&mut Source::of(settings), Environment::Staging);
            assert!(matches!(read, StripeConfig::Given { is_restricted, .. } if is_restricted == expected), "{read:?}");
        }
    }

    #[test]
    fn a_key_without_a_signing_secret_and_the_other_way_round_are_both_told() {
        assert!(problems(Environment::Staging, &[(KEY, "rk_test_1")]).starts_with(WEBHOOK));
        assert!(problems(Environment::Staging, &[(KEY, "rk_test_1"), (WEBHOOK, "secret")]).starts_with(WEBHOOK));
        assert!(problems(Environment::Staging, &[(WEBHOOK, "whsec_1")]).starts_with(KEY));
    }
}
