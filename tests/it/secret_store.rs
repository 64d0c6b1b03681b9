//! Keys out of a secret store or a file: used, never shown, and one clear line when they cannot be had.

use kairos::config::{Config, Setting, Source};
use sandbox::{Fault, FaultKind, Route, Sandbox, SandboxClock, VAULT_TOKEN};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHgA=";

async fn store() -> Sandbox {
    providers::outbound::use_ring();
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Vec::new(), SandboxClock::new(chrono::DateTime::<chrono::Utc>::default)).await.unwrap();
    sandbox.set_secrets([("CALENDAR_ENCRYPTION_KEY", KEY), ("SESSION_KEY", OTHER), ("MAIL_FROM", "from the store")]);
    sandbox
}

async fn source(sandbox: &Sandbox, more: &[(&str, &str)]) -> Source {
    let address = sandbox.base_url();
    let folder = std::env::temp_dir().join("kairos-secret-store-test");
    let mut settings = vec![("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN", VAULT_TOKEN), ("DATA_DIR", folder.to_str().unwrap())];
    settings.extend(more);
    let mut source = Source::of(settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    source.add_stored().await;
    source
}

fn lines(source: &mut Source) -> Vec<String> {
    Config::read(source).map_or_else(|problems| problems.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

#[tokio::test]
async fn keys_come_from_the_store_and_what_is_set_here_stays() {
    let sandbox = store().await;
    let mut source = source(&sandbox, &[("SESSION_KEY", "Hx8fBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHwA=")]).await;
    let config = Config::read(&mut source).unwrap();
    let stored = domain::vault::Key::parse(KEY).unwrap();
    assert_eq!(config.keys.current.id(), stored.id());
    assert_ne!(config.keys.session.id(), domain::vault::Key::parse(OTHER).unwrap().id());
    assert_eq!(source.asked()["CALENDAR_ENCRYPTION_KEY"], Setting::Secret);
    assert_eq!(source.asked()["VAULT_TOKEN"], Setting::Secret);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_stops_the_start_with_one_line_that_names_what_to_mend() {
    let sandbox = store().await;
    let fault = |status| FaultKind::Status { status, reason: String::new(), retry_after: None };
    for (kind, begins) in [
        (fault(503), "VAULT_ADDR is not usable: the secret store is sealed"),
        (fault(403), "VAULT_TOKEN is not usable: the secret store refuses the token"),
        (fault(404), "VAULT_PATH is not usable: the secret store has nothing at this path"),
        (FaultKind::Garbage, "VAULT_ADDR is not usable: the secret store does not answer as version 2"),
        (FaultKind::AnswerLost, "VAULT_ADDR is not usable: the secret store cannot be reached"),
    ] {
        sandbox.inject(Fault::next(Route::SecretStore, 9, kind));
        let mut source = source(&sandbox, &[]).await;
        let lines = lines(&mut source);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with(begins), "{lines:?}");
        sandbox.heal();
    }
    let mut wrong = source(&sandbox, &[("VAULT_TOKEN", "wrong")]).await;
    assert!(lines(&mut wrong)[0].starts_with("VAULT_TOKEN is not usable"));
    let mut elsewhere = source(&sandbox, &[("VAULT_PATH", "secret/data/other")]).await;
    assert!(lines(&mut elsewhere)[0].starts_with("VAULT_PATH is not usable"));
}

#[tokio::test]
async fn plain_http_to_a_store_is_refused_in_production_and_nothing_is_sent() {
    let sandbox = store().await;
    let mut source = source(&sandbox, &[("APP_ENV", "production")]).await;
    assert!(lines(&mut source).iter().any(|line| line.starts_with("VAULT_ADDR is plain HTTP")));
    assert_eq!(sandbox.calls(Route::SecretStore), 0);
}

#[tokio::test]
async fn a_secret_may_be_in_a_file_and_a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let settings = |path: &std::path::Path| {
        let settings = [
            ("CALENDAR_ENCRYPTION_KEY_FILE", path.to_str().unwrap()),
            ("SESSION_KEY", OTHER),
            ("DATA_DIR", folder.path().to_str().unwrap()),
        ];
        Source::of(settings.map(|(name, value)| (name.to_owned(), value.to_owned())))
    };
    let config = Config::read(&mut settings(&path)).unwrap();
    assert_eq!(config.keys.current.id(), domain::vault::Key::parse(KEY).unwrap().id());
    let lines = lines(&mut settings(&folder.path().join("nowhere")));
    assert!(lines.iter().any(|line| line.starts_with("CALENDAR_ENCRYPTION_KEY") && line.contains("file")), "{lines:?}");
}
