//! The archive of what is kept of somebody.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::audit;
use serde_json::Value;
use transparency_log::VerifierKey;
use types::Role;

use crate::privacy::{OWN, again, count, holders, work};
use crate::support::{Site, site};

/// The files of an archive by their names.
fn unpack(bytes: Vec<u8>) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for number in 0..archive.len() {
        let mut file = archive.by_index(number).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

/// Where the archive that is ready can be fetched.
async fn ready(site: &Site, cookie: &str) -> String {
    let page = site.get(OWN, Some(cookie)).await.body;
    assert!(page.contains("Your copy is ready"), "{page}");
    format!("/app/settings/privacy/export/{}", crate::support::between(&page, "/app/settings/privacy/export/", "\""))
}

#[tokio::test]
async fn an_archive_of_everything_holds_what_its_schemas_and_its_manifest_say_with_what_was_encrypted_opened_and_no_secret() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    work(&site).await;
    let asked = site.post("/app/settings/privacy/export", Some(&cookie), "").await;
    assert_eq!(asked.header("location"), format!("{OWN}?notice=archive_asked"));
    // Asked again it is the same.
    site.post("/app/settings/privacy/export", Some(&cookie), "").await;
    assert!(site.get(OWN, Some(&cookie)).await.body.contains("Your copy is being written: 0 of 0 steps"));
    assert_eq!(count(&site, "select count(*) from privacy_archives").await, 1);
    work(&site).await;
    assert!(site.world.mails().iter().any(|mail| mail.subject.contains("copy of what Kairos keeps of you is ready")));
    let path = ready(&site, &cookie).await;
    // What lies in the database says nothing.
    assert!(holders(&site.world.behind().await, &["manifest.json", "PK\u{3}\u{4}"]).await.is_empty());
    // Nobody else's.
    let (_, maya) = site.signed_in("maya@example.com", &[Role::User]).await;
    assert!(site.post(&path, Some(&maya), "").await.header("location").ends_with("notice=archive_gone"));
    let fetched = site.post_bytes(&path, &cookie).await;
    let files = unpack(fetched);
    assert!(site.post(&path, Some(&cookie), "").await.header("location").ends_with("notice=archive_gone"), "once");
    assert_eq!(count(&site, "select count(*) from privacy_archive_parts").await, 0);
    // Every digest is right, and every file is named.
    let manifest: Value = serde_json::from_str(&files["manifest.json"]).unwrap();
    let named = manifest["files"].as_array().unwrap();
    assert_eq!(named.len() + 1, files.len());
    for file in named {
        let text = &files[file["path"].as_str().unwrap()];
        assert_eq!(file["sha256"], hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes())), "{file}");
    }
    // Every file of rows is what its schema says, and every event is there, as a row and for calendars.
    let rows = |name: &str| serde_json::from_str::<Value>(&files[&format!("data/{name}.json")]).unwrap();
    let mut validated = 0;
    for (name, text) in files.iter().filter_map(|(path, text)| Some((path.strip_prefix("schema/")?.strip_suffix(".json")?, text))) {
        let schema = serde_json::from_str(text).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&rows(name)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        validated += 1;
    }
    assert!(validated > 12, "{validated}");
    let events = rows("calendar_events");
    let kept = count(&site, "select count(*) from calendar_events").await;
    assert_eq!(i64::try_from(events.as_array().unwrap().len()).unwrap(), kept);
    assert!(events.as_array().unwrap().iter().any(|event| event["title"] == "Pricing review"), "{events:?}");
    assert_eq!(rows("users")[0]["email"], "noor@example.com");
    assert_eq!(rows("calendar_connections")[0]["account"], "noor.haddad@example.com");
    let calendar = &files["calendar/1.ics"];
    assert_eq!(i64::try_from(calendar.matches("BEGIN:VEVENT").count()).unwrap(), kept);
    assert!(calendar.contains("SUMMARY:Pricing review"), "{calendar}");
    // Each entry of the audit log that is sealed comes with a proof that holds.
    let key = VerifierKey::parse(&audit::verifier_key(&site.world.deps).await.unwrap()).unwrap();
    let proofs: Vec<_> = files.iter().filter(|(path, _)| path.starts_with("audit/")).collect();
    assert!(proofs.len() > 2, "{:?}", files.keys());
    for (path, text) in proofs {
        transparency_log::Proof::parse(text)
            .unwrap()
            .check(&transparency_log::Keys::new(key.clone()))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let all = files.values().cloned().collect::<String>();
    for secret in ["ya29.", "1//0", "$argon2", "\"access_token\"", "\"refresh_token\"", "_hash\"", "\"wrapped\""] {
        assert!(!all.contains(secret), "{secret} is in it");
    }
    for action in ["privacy.archive_asked", "privacy.exported"] {
        assert_eq!(site.entries(action).await, 1, "{action}");
    }
}

#[tokio::test]
async fn an_archive_whose_writing_broke_off_is_written_from_the_beginning_and_one_that_nobody_fetches_goes_after_a_week() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.post("/app/settings/privacy/export", Some(&cookie), "").await;
    let behind = site.world.behind().await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from privacy_archives").fetch_one(&behind).await.unwrap();
    // As a worker that died left it.
    sqlx::query(
        "insert into privacy_archive_parts (id, archive_id, user_id, number, part_sealed) values (gen_random_uuid(), $1, $2, 0, 'half')",
    )
    .bind(id)
    .bind(noor.0)
    .execute(&behind)
    .await
    .unwrap();
    sqlx::query("update privacy_archives set steps = 20, done = 7, bytes = 4").execute(&behind).await.unwrap();
    assert!(site.get(OWN, Some(&cookie)).await.body.contains("7 of 20 steps"));
    work(&site).await;
    let path = ready(&site, &cookie).await;
    assert!(unpack(site.post_bytes(&path, &cookie).await).contains_key("manifest.json"));
    site.post("/app/settings/privacy/export", Some(&cookie), "").await;
    work(&site).await;
    site.world.clock.advance(TimeDelta::days(8));
    let cookie = again(&site, "noor@example.com").await.cookie();
    assert!(!site.get(OWN, Some(&cookie)).await.body.contains("Your copy is ready"));
    domain::upkeep::purge_expired(&site.world.deps, &domain::Op::job(site.world.deps.new_request_id(), None)).await.unwrap();
    assert_eq!(count(&site, "select count(*) from privacy_archives").await, 0);
}
