//! An installation under attack, and the admin who works on what is found.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use domain::testing::PASSWORD;
use domain::{audit, incidents};
use serde_json::Value;
use types::{Role, Rule, UserId};
use uuid::Uuid;

use crate::support::{Reply, Site, between, exchange, site};

/// An installation with an admin who is somewhere else than everybody who attacks it.
pub struct Scene {
    /// The installation.
    pub site: Site,
    /// The admin's session.
    pub admin: String,
}

/// Where the admin is.
pub const ADMINS_PLACE: &str = "198.51.100.77";

impl Scene {
    pub async fn new() -> Self {
        let site = site().await;
        site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
        let mut scene = Self { site, admin: String::new() };
        scene.admin = scene.sign_in(ADMINS_PLACE, "ada@example.com", PASSWORD, None).await;
        scene
    }

    pub async fn ask(&self, place: &str, method: &str, path: &str, headers: &[(&str, &str)], form: Option<&str>) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let mut request = request.body(Body::from(form.unwrap_or_default().to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(place.parse().unwrap(), 40_000)));
        exchange(&self.site.router, request).await
    }

    pub async fn try_password(&self, place: &str, email: &str, password: &str, cookie: Option<&str>) -> Reply {
        let form = format!("email={}&password={password}", email.replace('@', "%40"));
        let headers: Vec<(&str, &str)> = cookie.iter().map(|cookie| ("cookie", *cookie)).collect();
        self.ask(place, "POST", "/sign-in", &headers, Some(&form)).await
    }

    pub async fn sign_in(&self, place: &str, email: &str, password: &str, cookie: Option<&str>) -> String {
        let reply = self.try_password(place, email, password, cookie).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        reply.cookie()
    }

    pub async fn get(&self, place: &str, path: &str, cookie: &str) -> Reply {
        self.ask(place, "GET", path, &[("cookie", cookie)], None).await
    }

    /// Looks, seals and keeps the proofs, as the server does by itself; then the only incident of this rule, as the admin finds it in the list.
    pub async fn found(&self, rule: Rule) -> Incident<'_> {
        let deps = &self.site.world.deps;
        let op = domain::Op::job(deps.new_request_id(), None);
        incidents::detect(deps, &op).await.unwrap();
        audit::seal(deps).await.unwrap();
        incidents::freeze_evidence(deps).await.unwrap();
        // Looking again finds nothing new.
        assert_eq!(incidents::detect(deps, &op).await.unwrap(), 0);
        let list = self.get(ADMINS_PLACE, "/admin/incidents", &self.admin).await.body;
        assert!(list.contains(rule.words()), "{rule} was not found: {}", between(&list, "<tbody>", "</tbody>"));
        let (id, subject, address): (Uuid, Option<Uuid>, Option<Vec<u8>>) =
            sqlx::query_as("select id, subject_user_id, address_pseudonym from incidents where rule = $1")
                .bind(rule.as_str())
                .fetch_one(&self.site.world.behind().await)
                .await
                .unwrap();
        Incident { scene: self, id, subject: subject.map(UserId), address }
    }

    /// Everything that was found, whatever it is.
    pub async fn rules(&self) -> Vec<String> {
        sqlx::query_scalar("select rule from incidents order by rule").fetch_all(&self.site.world.behind().await).await.unwrap()
    }
}

/// What was found, as an admin works on it.
pub struct Incident<'s> {
    scene: &'s Scene,
    /// Its id.
    pub id: Uuid,
    /// About whom it is.
    pub subject: Option<UserId>,
    /// The pseudonym of the address it is about.
    pub address: Option<Vec<u8>>,
}

impl Incident<'_> {
    /// Every entry that is kept is of one of these actions, and each has a proof that an outsider can check.
    pub async fn shows(&self, actions: &[&str], at_least: usize) {
        let path = format!("/admin/incidents/{}/export", self.id);
        let document: Value = serde_json::from_str(&self.scene.get(ADMINS_PLACE, &path, &self.scene.admin).await.body).unwrap();
        let evidence = document["evidence"].as_array().unwrap();
        assert!(evidence.len() >= at_least, "{} of {at_least}: {evidence:?}", evidence.len());
        let key = audit::verifier_key(&self.scene.site.world.deps).await.unwrap();
        let key = transparency_log::VerifierKey::parse(&key).unwrap();
        for one in evidence {
            let proof = transparency_log::Proof::parse(one["proof"].as_str().unwrap_or_else(|| panic!("no proof: {one}"))).unwrap();
            let leaf: Value = serde_json::from_str(proof.check(&transparency_log::Keys::new(key.clone())).unwrap()).unwrap();
            assert!(actions.contains(&leaf["action"].as_str().unwrap()), "{leaf}");
        }
    }

    pub async fn measure(&self, form: &str) -> Reply {
        let page = self.scene.get(ADMINS_PLACE, &format!("/admin/incidents/{}", self.id), &self.scene.admin).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let name = form.split('&').next().unwrap().split('=').nth(1).unwrap();
        assert!(
            page.body.contains(&format!("value=\"{name}\"")),
            "{name} is not offered: {}",
            between(&page.body, "id=\"h-do\"", "</section>")
        );
        self.post("measure", form).await
    }

    pub async fn post(&self, what: &str, form: &str) -> Reply {
        let path = format!("/admin/incidents/{}/{what}", self.id);
        self.scene.ask(ADMINS_PLACE, "POST", &path, &[("cookie", &self.scene.admin)], Some(form)).await
    }

    pub async fn stop(&self, form: &str) {
        let reply = self.measure(form).await;
        let done = format!("/admin/incidents/{}?notice=administration_done", self.id);
        assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, done.as_str()), "{form}: {}", reply.body);
    }
}
