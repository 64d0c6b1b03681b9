//! The pages of the audit log, for admins only, and what they hand out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::audit;
use domain::jobs::{Recovery, Runner};
use kairos::dispatch::Dispatcher;
use providers::checkpoint_copies::{CheckpointCopies, CopyAddress, CopyError};
use providers::outbound::{AllowedAddresses, Outbound};
use transparency_log::{Proof, Verifier, VerifierKey};
use types::Role;

use crate::support::{send, site, site_on_a_wire};

#[tokio::test]
async fn an_admin_sees_everybodys_entries_and_that_is_an_entry_and_nobody_else_sees_any() {
    let site = site().await;
    let (noor, noors) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (ada, adas) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    audit::seal(&site.world.deps).await.unwrap();
    assert_eq!(site.get("/admin/audit", Some(&noors)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.entries("audit.searched").await, 0, "who sees nothing leaves no entry");
    let page = site.get("/admin/audit", Some(&adas)).await;
    assert_eq!(page.status, StatusCode::OK);
    for id in [noor.0, ada.0] {
        assert!(page.body.contains(&id.to_string()), "{id} is not in the list");
    }
    let said: i64 = sqlx::query_scalar("select count(*) from audit_events where detail::text like '%b.example%'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(said, 0);
    let subject: uuid::Uuid = sqlx::query_scalar("select actor_id from audit_events where action = 'audit.searched'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(subject, ada.0);
    // A role that was taken away takes it along.
    sqlx::query("update users set roles = '{user}' where id = $1").bind(ada.0).execute(&site.world.behind().await).await.unwrap();
    assert_eq!(site.get("/admin/audit", Some(&adas)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.entries("audit.searched").await, 1);
}

#[tokio::test]
async fn on_one_connection_nobody_after_an_admin_sees_what_the_admin_saw() {
    let site = site_on_a_wire().await;
    let (_, noors) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, adas) = site.signed_in("ada@example.com", &[Role::Admin]).await;
    assert_eq!(site.get("/admin/audit", Some(&adas)).await.status, StatusCode::OK);
    let seen: i64 = sqlx::query_scalar("select count(*) from audit_events").fetch_one(&site.pool).await.unwrap();
    assert_eq!(seen, 0, "the setting ended with the statement");
    assert_eq!(site.get("/admin/audit", Some(&noors)).await.status, StatusCode::NOT_FOUND);
    // Whoever could set it would still have to be an admin.
    let seen: i64 = sqlx::query_scalar(
        "select count(*) from (select set_config('kairos.administers', 'on', true)) s cross join lateral (select from audit_events) e",
    )
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn filters_find_what_they_name_and_rubbish_finds_nothing_and_breaks_nothing() {
    let site = site().await;
    let (noor, _) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, adas) = site.signed_in("ada@example.com", &[Role::Admin]).await;
    audit::seal(&site.world.deps).await.unwrap();
    let get = async |query: &str| site.get(&format!("/admin/audit?{query}"), Some(&adas)).await;
    let found = get("q=user.signed_in").await.body;
    assert!(found.contains("user.signed_in</code>") && !found.contains("user.signed_up</code>"));
    assert!(get("what=audit&when=all").await.body.contains("audit.searched</code>"));
    assert!(get(&format!("q={}&when=all", noor.0)).await.body.contains("user.signed_up</code>"));
    assert!(get("result=refused&q=user.signed_up").await.body.contains("No entry is like that."));
    for query in [
        "q=%27%3B+drop+table+users",
        "before=-1",
        "before=99999999999999999999",
        "when=%00",
        "who=%F0%9F%98%80&what=%25",
        "q=%5C",
        "q=%00",
        "result=%00",
        "what=a%40b.example",
        "before=9999999999999999999",
    ] {
        assert_eq!(get(query).await.status, StatusCode::OK, "{query}");
    }
    for place in ["x", "-1", "999999", "99999999999999999999999"] {
        assert_eq!(site.get(&format!("/admin/audit/{place}"), Some(&adas)).await.status, StatusCode::NOT_FOUND, "{place}");
    }
}

#[tokio::test]
async fn an_entry_its_proof_and_an_export_are_checked_by_the_public_key_alone() {
    let site = site().await;
    site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, adas) = site.signed_in("ada@example.com", &[Role::Admin]).await;
    audit::seal(&site.world.deps).await.unwrap();
    let key = VerifierKey::parse(&audit::verifier_key(&site.world.deps).await.unwrap()).unwrap();
    let page = site.get("/admin/audit/1", Some(&adas)).await;
    assert!(page.body.contains("This entry is in the signed log"), "{}", page.body);
    let file = site.get("/admin/audit/1/proof", Some(&adas)).await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"1.tlog-proof\"");
    let proof = Proof::parse(&file.body).unwrap();
    assert!(proof.check(&transparency_log::Keys::new(key.clone())).unwrap().contains("\"action\":\"user."));
    let export = site.get("/admin/audit/export", Some(&adas)).await;
    let mut verifier = Verifier::new(key);
    for (number, line) in (1..).zip(export.body.lines()) {
        verifier.line(number, line).unwrap();
    }
    assert!(verifier.finish().unwrap().entries > 2);
    assert_eq!(site.entries("audit.exported").await, 1);
    assert_eq!(site.entries("audit.entry_read").await, 2);
}

#[tokio::test]
async fn an_entry_that_was_changed_says_so_on_its_page_and_in_the_next_check() {
    let site = site().await;
    let (_, adas) = site.signed_in("ada@example.com", &[Role::Admin]).await;
    audit::seal(&site.world.deps).await.unwrap();
    assert!(site.get("/admin/audit", Some(&adas)).await.body.contains("Not checked yet"));
    let asked = send(&site.router, Method::POST, "/admin/audit/verify", Some(&adas), Some("")).await;
    assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, "/admin/audit"));
    assert!(site.get("/admin/audit", Some(&adas)).await.body.contains("About to be checked"));
    let behind = site.world.behind().await;
    sqlx::query("alter table audit_events disable trigger user").execute(&behind).await.unwrap();
    sqlx::query("update audit_events set outcome = 'refused' where place = 0").execute(&behind).await.unwrap();
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default()).step().await.unwrap();
    let page = site.get("/admin/audit", Some(&adas)).await.body;
    assert!(page.contains("The record was changed: entry 0 was changed"), "{page}");
    assert!(site.get("/admin/audit/0", Some(&adas)).await.body.contains("not the one that was sealed here"));
    // Said to be about somebody else, which is not in the leaf but in its commitment.
    sqlx::query("update audit_events set subject_user_id = gen_random_uuid() where place = 1").execute(&behind).await.unwrap();
    assert!(site.get("/admin/audit/1", Some(&adas)).await.body.contains("not the one that was sealed here"));
}

/// A server that takes PUT, and keeps what is there.
async fn keeper() -> (String, Arc<Mutex<BTreeMap<String, String>>>) {
    type Files = Arc<Mutex<BTreeMap<String, String>>>;

    async fn put(State(files): State<Files>, Path(name): Path<String>, headers: HeaderMap, body: String) -> StatusCode {
        if headers.get("authorization").is_none_or(|value| value != "Bearer keeper") {
            return StatusCode::UNAUTHORIZED;
        }
        let mut files = files.lock().unwrap();
        if files.contains_key(&name) && headers.contains_key("if-none-match") {
            return StatusCode::PRECONDITION_FAILED;
        }
        files.insert(name, body);
        StatusCode::CREATED
    }

    async fn read(State(files): State<Files>, Path(name): Path<String>) -> Response {
        files.lock().unwrap().get(&name).cloned().map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
    }

    let files = Files::default();
    let router = Router::new().route("/kept/{name}", get(read).put(put)).with_state(Arc::clone(&files));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/kept", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, files)
}

#[tokio::test]
async fn a_server_that_keeps_checkpoints_is_never_overwritten_and_tells_when_the_log_is_another() {
    providers::outbound::use_ring();
    let (address, files) = keeper().await;
    let allowed = AllowedAddresses::parse(&["http://127.0.0.1"]);
    let copies = CheckpointCopies::new(Outbound::new(allowed, Arc::new(|| 0.0)).unwrap());
    let to = |token: &str| CopyAddress { url: address.parse().unwrap(), token: Some(token.to_owned().into()) };
    assert_eq!(copies.keep_at_address(&to("stranger"), 7, "a").await, Err(CopyError::Refused));
    assert_eq!(copies.keep_at_address(&to("keeper"), 7, "a").await, Ok(()));
    assert_eq!(copies.keep_at_address(&to("keeper"), 7, "a").await, Ok(()), "the same again");
    assert_eq!(copies.keep_at_address(&to("keeper"), 7, "b").await, Err(CopyError::Differs));
    assert_eq!(*files.lock().unwrap(), BTreeMap::from([("7.checkpoint".to_owned(), "a".to_owned())]));
    let nobody = CopyAddress { url: "http://127.0.0.1:9/kept".parse().unwrap(), token: None };
    assert_eq!(copies.keep_at_address(&nobody, 7, "a").await, Err(CopyError::Unreachable));
}
