//! Configuration: read once at start into one typed value, with every problem reported at once.
//!
//! Values come from the environment, and in development from an optional `.env` file. No value of a secret is ever printed.

mod audit;
mod backup;
mod calendly;
mod database;
mod detection;
mod dotenv;
mod environment;
mod google;
mod keys;
mod mail;
mod network;
mod oauth_client;
mod outlook;
mod report;
mod secret_store;
mod source;
mod stripe;
mod traces;
mod webhooks;

use std::path::PathBuf;

use secrecy::SecretString;

pub use audit::AuditConfig;
pub use calendly::{CALENDLY_CALLBACK, CalendlyAppConfig, CalendlyConfig};
pub use database::DatabaseConfig;
pub use detection::DetectionConfig;
pub use environment::Environment;
pub use google::GoogleConfig;
pub use keys::KeyConfig;
pub use mail::MailConfig;
pub use network::NetworkConfig;
pub use outlook::OutlookConfig;
pub use report::{Problem, Setting};
pub use source::Source;
pub use stripe::StripeConfig;
pub use traces::TracesConfig;

/// Everything Kairos is told at start.
#[derive(Debug)]
pub struct Config {
    /// A digest of every secret: two that are equal were told the same.
    pub secrets_digest: [u8; 32],
    /// `APP_ENV`.
    pub environment: Environment,
    /// `DATA_DIR`.
    pub data_dir: PathBuf,
    /// Where it listens and who it believes.
    pub network: NetworkConfig,
    /// Where its memory is.
    pub database: DatabaseConfig,
    /// Its keys.
    pub keys: KeyConfig,
    /// Google, real or the stand-in.
    pub google: GoogleConfig,
    /// Outlook, real or the stand-in.
    pub outlook: OutlookConfig,
    /// `WEBHOOK_PATH_TOKEN`.
    pub webhook_token: SecretString,
    /// Outgoing mail.
    pub mail: MailConfig,
    /// Where signed heads of the audit log are kept.
    pub audit: AuditConfig,
    /// `BACKUP_RECIPIENT`: to whom copies of the database are encrypted.
    pub backup_recipient: Option<::backup::Recipient>,
    /// `SECURITY_LOG`: a file for what was audited and what is suspicious.
    pub security_log: Option<PathBuf>,
    /// Calendly, real or the stand-in.
    pub calendly: CalendlyConfig,
    /// Stripe, real or the stand-in.
    pub stripe: StripeConfig,
    /// Where traces go.
    pub traces: Option<TracesConfig>,
    /// What is too much, and who hears of it.
    pub detection: DetectionConfig,
    /// `OUTBOUND_ALLOW`.
    pub outbound_allow: Vec<String>,
    /// `SITE_ROOT`: where style sheet, fonts and the browser half are.
    pub site_root: PathBuf,
}

impl Config {
    /// Reads everything from where it is, or says what is wrong with it, a line each.
    pub async fn load() -> Result<Self, Vec<String>> {
        Self::read(&mut Source::load().await).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    /// Reads everything; the settings seen come back also when there are problems.
    pub fn read(source: &mut Source) -> Result<Self, Vec<Problem>> {
        let environment = environment::read(source);
        let data_dir = PathBuf::from(source.text("DATA_DIR").unwrap_or_else(|| "./data".to_owned()));
        let network = network::read(source, environment);
        let database = database::read(source, environment);
        let keys = keys::read(source, environment, &data_dir);
        let google = google::read(source, environment, &network.public_url);
        let outlook = outlook::read(source, environment, &network.public_url);
        let webhook_token = webhooks::read(source, environment, &data_dir);
        let audit = audit::read(source);
        let backup_recipient = backup::read(source);
        let detection = detection::read(source);
        let security_log = source.text("SECURITY_LOG").map(PathBuf::from);
        let calendly = calendly::read(source, environment, &network.public_url);
        let stripe = stripe::read(source, environment);
        let traces = traces::read(source);
        let mail = mail::read(source, environment, &data_dir);
        let outbound_allow = network::outbound_allow(source, environment);
        let site_root = PathBuf::from(source.text("SITE_ROOT").unwrap_or_else(|| "target/site".to_owned()));
        if environment.is_production() && cfg!(feature = "sandbox") {
            source.problem("APP_ENV", "is production, but this binary was built with the sandbox: build without `--features sandbox`");
        }
        let problems = source.take_problems();
        match (keys, problems.is_empty()) {
            (Some(keys), true) => Ok(Self {
                secrets_digest: source.digest(),
                environment,
                data_dir,
                network,
                database,
                keys,
                google,
                outlook,
                webhook_token,
                mail,
                audit,
                backup_recipient,
                security_log,
                calendly,
                stripe,
                traces,
                detection,
                outbound_allow,
                site_root,
            }),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn read(settings: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let settings: Vec<(String, String)> = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::read(&mut Source::of(settings)).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn production() -> Vec<(&'static str, &'static str)> {
        vec![
            ("APP_ENV", "production"),
            ("PUBLIC_URL", "https://kairos.example"),
            ("DATABASE_URL", "postgres://kairos_server@db/kairos?sslmode=verify-full"),
            ("CALENDAR_ENCRYPTION_KEY", KEY),
            ("SESSION_KEY", "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHgA="),
            ("AUDIT_SIGNING_KEY", "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHgE="),
            ("GOOGLE_CLIENT_ID", "1.apps.googleusercontent.com"),
            ("GOOGLE_CLIENT_SECRET", "x"),
            ("WEBHOOK_PATH_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("SMTP_URL", "smtps://u:p@mail.example"),
            ("MAIL_FROM", "Kairos <kairos@kairos.example>"),
        ]
    }

    #[cfg(not(feature = "sandbox"))]
    #[test]
    fn a_whole_production_configuration_is_taken() {
        assert!(read(&production()).is_ok());
    }

    #[test]
    fn a_production_start_without_settings_names_every_missing_one_at_once() {
        let problems = read(&[("APP_ENV", "production")]).unwrap_err();
        for name in ["PUBLIC_URL", "DATABASE_URL", "CALENDAR_ENCRYPTION_KEY", "SESSION_KEY", "AUDIT_SIGNING_KEY", "SMTP_URL"] {
            assert!(problems.iter().any(|problem| problem.starts_with(name)), "{name} is not in {problems:?}");
        }
    }

    #[test]
    fn a_malformed_key_gets_one_line_that_names_the_variable_and_the_command() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["not base64!", "c2hvcnQ="] {
            let problems = read(&[("CALENDAR_ENCRYPTION_KEY", bad), ("DATA_DIR", folder.path().to_str().unwrap())]).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with("CALENDAR_ENCRYPTION_KEY ") && problems[0].contains("openssl rand -base64 32"), "{problems:?}");
            assert!(!problems[0].contains(bad), "the value is not repeated");
        }
    }

    #[test]
    fn production_refuses_plain_http_sample_keys_and_sandbox_addresses() {
        let with = |name: &'static str, value: &'static str| {
            let mut settings = production();
            settings.retain(|(other, _)| *other != name);
            settings.push((name, value));
            read(&settings).unwrap_err()
        };
        for (name, value) in [
            ("PUBLIC_URL", "http://kairos.example"),
            ("GOOGLE_API_URL", "http://localhost:3001/google/calendar/v3"),
            ("GRAPH_API_URL", "http://localhost:3001/graph/v1.0"),
            ("OUTLOOK_TENANT_ID", "contoso/../x"),
            // The example of the documents, which somebody will paste.
            ("CALENDAR_ENCRYPTION_KEY", "Fo16o0bIenkHEed/QCTxbxXaNHnJD1oM2EKnNZXI+Mo="),
            ("CALENDAR_ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("OUTBOUND_ALLOW", "10.0.0.0/8"),
            ("DATABASE_URL", "postgres://kairos_server:x@db.example/kairos"),
            ("DATABASE_URL", "postgres://kairos_server:x@db.example/kairos?sslmode=prefer"),
            ("GOOGLE_CLIENT_ID", "kairos-sandbox.apps.example"),
        ] {
            assert!(with(name, value).iter().any(|problem| problem.starts_with(name)), "{name}={value}");
        }
    }

    #[test]
    fn the_same_key_twice_is_a_problem() {
        let problems = read(&[("CALENDAR_ENCRYPTION_KEY", KEY), ("SESSION_KEY", KEY)]).unwrap_err();
        assert!(problems.iter().any(|problem| problem.starts_with("SESSION_KEY")), "{problems:?}");
    }

    #[test]
    fn an_unknown_environment_and_a_bad_address_are_both_told() {
        let folder = tempfile::tempdir().unwrap();
        let problems = read(&[("APP_ENV", "prod"), ("LISTEN_ADDR", "nowhere"), ("DATA_DIR", folder.path().to_str().unwrap())]).unwrap_err();
        assert!(
            problems.iter().any(|problem| problem.starts_with("APP_ENV"))
                && problems.iter().any(|problem| problem.starts_with("LISTEN_ADDR")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_database_without_tls_needs_its_own_word_unless_it_is_on_this_machine() {
        for url in [
            "postgres://kairos_server:x@db.example/kairos?sslmode=disable",
            "postgres://kairos_server:x@localhost/kairos",
            "postgres://kairos_server@db.example/kairos?host=/run/postgresql",
        ] {
            let mut settings = production();
            settings.push(("DATABASE_URL", url));
            settings.retain(|(name, value)| *name != "DATABASE_URL" || *value == url);
            let problems = read(&settings).err().unwrap_or_default();
            assert!(!problems.iter().any(|problem| problem.starts_with("DATABASE_URL")), "{url}: {problems:?}");
        }
    }

    #[test]
    fn development_is_on_this_machine_only_and_a_release_has_to_be_told() {
        let folder = tempfile::tempdir().unwrap();
        let data = ("DATA_DIR", folder.path().to_str().unwrap());
        let problems = read(&[("APP_ENV", "development"), ("LISTEN_ADDR", "0.0.0.0:3000"), data]).unwrap_err();
        assert!(problems.iter().any(|problem| problem.starts_with("LISTEN_ADDR")), "{problems:?}");
        let untold = read(&[data]).err().unwrap_or_default();
        assert_eq!(untold.iter().any(|problem| problem.starts_with("APP_ENV")), cfg!(not(feature = "sandbox")), "{untold:?}");
        let mailless = read(&[("APP_ENV", "development"), data]).err().unwrap_or_default();
        assert_eq!(mailless.iter().any(|problem| problem.starts_with("SMTP_URL")), cfg!(not(feature = "sandbox")), "{mailless:?}");
    }
}
