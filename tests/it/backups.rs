//! A copy of the database, and the way back; and the scan that says beforehand whether everything opens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backup::{BackupError, Recipient, Restored, Written};
use chrono::TimeDelta;
use domain::base::Actor;
use domain::booking::Shop;
use domain::testing::{TestDatabase, World};
use domain::{Op, audit, upkeep};
use sqlx::ConnectOptions as _;
use types::Role;

use crate::privacy::{again, erase, holders, work};
use crate::process::kairos;
use crate::selling::scene::{Stall, stall};
use crate::support::{Site, site};

/// A folder for copies, with the key that reads them.
struct Shelf {
    folder: tempfile::TempDir,
    identity: PathBuf,
    recipient: Recipient,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (identity, recipient) = backup::new_identity();
        let place = folder.path().join("identity");
        std::fs::write(&place, identity).unwrap();
        Self { identity: place, recipient: recipient.parse().unwrap(), folder }
    }

    async fn write(&self, site: &Site) -> Written {
        let deps = &site.world.deps;
        audit::seal(deps).await.unwrap();
        let origin = audit::origin(deps).await.unwrap();
        backup::write(&site.world.database.owner(), self.folder.path(), &self.recipient, &origin, deps.now()).await.unwrap()
    }

    /// A file without its encryption.
    fn plain(&self, path: &Path) -> String {
        let identity = backup::read_identity(&self.identity).unwrap();
        let sealed = std::fs::read(path).unwrap();
        String::from_utf8_lossy(&age::decrypt(&identity, &sealed).unwrap()).into_owned()
    }

    async fn restore(&self, into: &TestDatabase, data: &Path, keys: &Path) -> Result<Restored, BackupError> {
        let identity = backup::read_identity(&self.identity)?;
        backup::restore(&into.owner(), data, keys, &identity, "2026-12-24T10:00:00Z".parse().unwrap()).await
    }
}

async fn sum(pool: &sqlx::PgPool) -> (i64, i64) {
    sqlx::query_as("select (select coalesce(sum(paid_amount), 0)::bigint from payments), (select count(*) from audit_events)")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// A builder, a client of theirs who has an account, and somebody with a calendar.
async fn busy() -> (Stall, String) {
    let stall = stall().await;
    stall.sold("2026-11-26T14:00:00Z", "tomasz@example.com").await;
    let over = "2026-11-26T16:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap() - stall.site.world.deps.now();
    stall.advance(over);
    stall.settle().await;
    stall.site.signed_in("tomasz@example.com", &[Role::User]).await;
    let (_, noor) = stall.site.signed_in("noor@example.com", &[Role::User]).await;
    stall.site.connect_google(&noor).await;
    work(&stall.site).await;
    (stall, noor)
}

#[tokio::test]
async fn an_older_copy_comes_back_whole_and_whoever_was_forgotten_since_stays_forgotten() {
    let (stall, noor) = busy().await;
    let (site, shelf) = (&stall.site, Shelf::new());
    let old = shelf.write(site).await;
    for path in [&old.data, &old.keys] {
        let bytes = std::fs::read(path).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(bytes.starts_with(b"age-encryption.org/v1") && !holds("Pricing review") && !holds("kairos-backup"), "{}", path.display());
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap()) & 0o777, 0o600);
    }
    let before = sum(&stall.behind).await;
    // Since the copy: the builder takes back what they allowed Calendly, and asks to be forgotten, but it is not time yet.
    let bruno = again(site, "bruno@example.com").await.cookie();
    site.post("/app/settings/privacy/consents/withdraw", Some(&bruno), "purpose=calendly").await;
    erase(site, &noor).await;
    erase(site, &again(site, "tomasz@example.com").await.cookie()).await;
    assert!(holders(&stall.behind, &["noor", "tomasz"]).await.is_empty());
    let bruno = again(site, "bruno@example.com").await.cookie();
    site.post("/app/settings/privacy/erase", Some(&bruno), "").await;
    let new = shelf.write(site).await;
    assert_eq!(new.removed, Vec::<PathBuf>::new(), "fourteen and fourteen days are no thirty");
    // The file of data says nobody's name, also without its encryption: what is public while it is there is in the other one.
    let rows = shelf.plain(&old.data);
    for text in ["Bruno Costa", "Pricing review", "pricing-review"] {
        assert!(!rows.contains(text), "{text} is in the file of data");
    }

    let fresh = Arc::new(TestDatabase::new().await);
    let restored = shelf.restore(&fresh, &old.data, &new.keys).await.unwrap();
    assert_eq!((restored.forgotten, restored.clients_forgotten, restored.tables), (2, 1, old.tables));
    let world = World::on(Arc::clone(&fresh), stall.options()).await;
    let behind = world.behind().await;
    // Of those who were forgotten no byte came back, and their certificates did.
    let found = holders(&behind, &["noor", "Noor Haddad", "tomasz", "Tomasz"]).await;
    assert!(found.is_empty(), "{found:?}");
    let certificates: i64 =
        sqlx::query_scalar("select count(*) from privacy_requests where certificate is not null").fetch_one(&behind).await.unwrap();
    assert_eq!(certificates, 2);
    // What somebody took back stays taken back, and what they asked for is still to be done: a start puts it in.
    let (accounts, consents, open): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from calendly_accounts), (select count(*) from consents where withdrawn_at is null),
                (select count(*) from privacy_requests where status = 'grace')",
    )
    .fetch_one(&behind)
    .await
    .unwrap();
    assert_eq!((accounts, consents, open), (0, 0, 1));
    domain::privacy::resume_erasures(&world.deps).await.unwrap();
    let waiting: i64 = sqlx::query_scalar("select count(*) from graphile_worker._private_jobs where payload::text like '%erase_user%'")
        .fetch_one(&behind)
        .await
        .unwrap();
    assert_eq!(waiting, 1);
    // All else is as it was: what was paid, the log with its signatures, everything that is sealed, and what is sold.
    assert_eq!(sum(&behind).await, before);
    let (entries, finding) = audit::inspect(&world.deps).await.unwrap();
    assert_eq!((i64::try_from(entries).unwrap(), finding), (before.1, None));
    let scanned = upkeep::scan_now(&world.deps, &Op::new(Actor::Operator, world.deps.new_request_id())).await.unwrap();
    assert!(scanned.values > 1 && scanned.people >= 1, "{scanned:?}");
    assert_eq!(scanned.unreadable, 0, "{scanned:?}");
    assert!(Shop::read(&world.deps, "bruno-costa").await.unwrap().is_some());
    let titles: Vec<String> =
        sqlx::query_scalar("select title from session_types union all select title from bookings").fetch_all(&behind).await.unwrap();
    assert_eq!(titles, ["Pricing review", "Pricing review"], "what was kept apart is back");
    // Nobody is signed in, numbers go on, and triggers and row-level security are back.
    let left: (i64, bool, bool) = sqlx::query_as(
        "select (select count(*) from sessions), bool_and(c.relforcerowsecurity), not exists (select from pg_trigger where tgenabled <> 'O')
         from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '_sqlx_migrations'",
    )
    .fetch_one(&behind)
    .await
    .unwrap();
    assert_eq!(left, (0, true, true));
    let op = Op::new(Actor::Operator, world.deps.new_request_id());
    upkeep::note_copying(&world.deps, &op, upkeep::Copying::Restored, true, serde_json::json!({})).await.unwrap();
    audit::seal(&world.deps).await.unwrap();
    assert_eq!(audit::inspect(&world.deps).await.unwrap(), (entries + 1, None), "the log goes on where it was");
}

#[tokio::test]
async fn a_copy_that_is_damaged_or_foreign_is_refused_with_its_reason_and_nothing_is_written() {
    let (stall, _) = busy().await;
    let (shelf, fresh) = (Shelf::new(), TestDatabase::new().await);
    let first = shelf.write(&stall.site).await;
    stall.advance(TimeDelta::days(31));
    let second = shelf.write(&stall.site).await;
    assert_eq!(second.removed, std::slice::from_ref(&first.keys), "keys are kept for thirty days and no longer");
    let (data, keys) = (&second.data, &second.keys);
    let altered = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let (mut bytes, place) = (std::fs::read(data).unwrap(), shelf.folder.path().join(name));
        change(&mut bytes);
        std::fs::write(&place, bytes).unwrap();
        place
    };
    let middle = altered("middle", &|bytes| {
        let place = bytes.len() / 2;
        bytes[place] ^= 1;
    });
    let cut = altered("cut", &|bytes| bytes.truncate(bytes.len() - 100));
    let rubbish = altered("rubbish", &|bytes| *bytes = b"select 1".to_vec());
    let stranger = Shelf::new();
    let identity = backup::read_identity(&stranger.identity).unwrap();
    for (reason, refused) in [
        ("changed or is cut off", shelf.restore(&fresh, &middle, keys).await),
        ("changed or is cut off", shelf.restore(&fresh, &cut, keys).await),
        ("no backup of Kairos", shelf.restore(&fresh, &rubbish, keys).await),
        ("these are the keys", shelf.restore(&fresh, keys, keys).await),
        ("these are the data", shelf.restore(&fresh, data, data).await),
        ("encrypted to another key", backup::restore(&fresh.owner(), data, keys, &identity, stall.site.world.deps.now()).await),
        ("not empty", shelf.restore(&stall.site.world.database, data, keys).await),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let superuser = sqlx::PgPool::connect_with(fresh.superuser()).await.unwrap();
    assert_eq!(sum(&superuser).await, (0, 0), "nothing is left of what was tried");
    shelf.restore(&fresh, data, keys).await.unwrap();
    assert_eq!(sum(&superuser).await.0, 14_000);
}

#[tokio::test]
async fn every_table_is_in_the_copy_or_left_out_by_name() {
    let (site, shelf) = (site().await, Shelf::new());
    let written = shelf.write(&site).await;
    let tables: i64 = sqlx::query_scalar(
        "select count(*) from pg_class c where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)",
    )
    .fetch_one(&site.world.behind().await)
    .await
    .unwrap();
    assert_eq!(written.tables + backup::LEFT_OUT.len(), usize::try_from(tables).unwrap());
    let names: BTreeSet<&str> = backup::LEFT_OUT.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), backup::LEFT_OUT.len());
}

#[tokio::test]
async fn an_operator_writes_a_copy_tries_it_elsewhere_and_restores_it_and_admins_see_when() {
    let site = site().await;
    let (_, ada) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    assert!(site.get("/admin", Some(&ada)).await.body.contains("The database was not copied for two days"));
    let folder = tempfile::tempdir().unwrap();
    let run = |database: &TestDatabase, recipient: &str, arguments: &[&str]| {
        let owner = database.owner().to_url_lossy();
        let mut command = kairos(database, folder.path());
        let done = command.args(arguments).env("BACKUP_RECIPIENT", recipient).env("DATABASE_OWNER_URL", owner.as_str()).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.success(), text)
    };
    let here = &site.world.database;
    let (done, told) = run(here, "", &["backup-key", "identity"]);
    assert!(done, "{told}");
    let recipient = told.lines().find_map(|line| line.strip_prefix("BACKUP_RECIPIENT=")).unwrap().to_owned();
    let (done, told) = run(here, "nonsense", &["backup", "copies"]);
    assert!(!done && told.contains("BACKUP_RECIPIENT is not the public key"), "{told}");
    let (done, told) = run(here, &recipient, &["backup", "copies"]);
    assert!(done && told.contains("rows of"), "{told}");
    let copies: Vec<PathBuf> = std::fs::read_dir(folder.path().join("copies")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let data = copies.iter().find(|path| path.to_string_lossy().ends_with(backup::DATA)).unwrap().to_str().unwrap();
    let (elsewhere, another) = (TestDatabase::new().await, TestDatabase::new().await);
    let into = elsewhere.owner().to_url_lossy().to_string();
    let (done, told) = run(here, &recipient, &["rehearse", data, "--identity", "identity", "--into", &into]);
    assert!(done && told.contains("all of it is whole"), "{told}");
    let (done, told) = run(&another, "", &["restore", data, "--identity", "identity"]);
    assert!(done && told.contains("everybody signs in anew") && told.contains("all of it is whole"), "{told}");
    let (done, told) = run(&another, "", &["restore", data, "--identity", "identity"]);
    assert!(!done && told.contains("is not empty"), "{told}");
    let (done, told) = run(here, "", &["keys"]);
    assert!(done && told.contains("wraps        1  active"), "{told}");
    let page = site.get("/admin", Some(&ada)).await.body;
    assert!(!page.contains("The database was not copied") && !page.contains("No copy of the database was tried"), "{page}");
    for (action, times) in [("backup.written", 1), ("backup.rehearsed", 1), ("backup.restored", 0)] {
        assert_eq!(site.entries(action).await, times, "{action}");
    }
}

#[tokio::test]
async fn the_nightly_scan_names_a_value_that_does_not_open_and_says_when_all_do() {
    let site = site().await;
    let (_, noor) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, ada) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    site.connect_google(&noor).await;
    domain::jobs::start_recurring(&site.world.deps).await.unwrap();
    work(&site).await;
    let page = site.get("/admin/keys", Some(&ada)).await.body;
    assert!(page.contains("values of 2 people opened"), "{page}");
    let behind = site.world.behind().await;
    let planted: uuid::Uuid = sqlx::query_scalar(
        "update users set name_sealed = overlay(name_sealed placing '\\x00' from 20) where not 'admin' = any(roles) returning id",
    )
    .fetch_one(&behind)
    .await
    .unwrap();
    site.world.clock.advance(TimeDelta::hours(25));
    work(&site).await;
    let ada = site.post("/sign-in", None, &format!("email=ada%40example.com&password={}", domain::testing::PASSWORD)).await.cookie();
    let page = site.get("/admin/keys", Some(&ada)).await.body;
    assert!(page.contains("1 of") && page.contains("values do not open") && page.contains(&planted.to_string()), "{page}");
    assert!(page.contains("name_sealed"), "{page}");
    assert!(site.get("/admin", Some(&ada)).await.body.contains("that nobody can read any more"));
    let outcomes: Vec<String> = sqlx::query_scalar("select outcome from audit_events where action = 'keys.scanned' order by occurred_at")
        .fetch_all(&behind)
        .await
        .unwrap();
    assert_eq!(outcomes, ["succeeded", "failed"]);
}
