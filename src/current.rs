//! What this replica serves with: another after its secrets were read anew. Requests and jobs that are under way go on with what they began with.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use domain::Deps;
use tower::ServiceExt as _;
use tower::service_fn;

use crate::router;
use crate::state::AppState;

/// The present one, for all who ask.
#[derive(Clone)]
pub struct Current(Arc<RwLock<Serving>>);

struct Serving {
    state: AppState,
    router: Router,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Current")
    }
}

impl Current {
    /// Begins with this one.
    pub fn new(state: AppState) -> Self {
        let router = router::build(state.clone());
        Self(Arc::new(RwLock::new(Serving { state, router })))
    }

    /// The state.
    pub fn state(&self) -> AppState {
        self.0.read().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// What verbs need.
    pub fn deps(&self) -> Deps {
        self.state().deps.clone()
    }

    /// From here on this one.
    pub fn replace(&self, state: AppState) {
        let router = router::build(state.clone());
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Serving { state, router };
    }

    /// Answers each request by whatever is the present one when it comes.
    pub fn router(&self) -> Router {
        let current = self.clone();
        let answer = move |request: Request<Body>| {
            let router = current.0.read().unwrap_or_else(PoisonError::into_inner).router.clone();
            async move { Ok::<Response, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        };
        Router::new().fallback_service(service_fn(answer))
    }
}
