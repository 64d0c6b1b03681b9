//! What a page's form sent, and the same page again when something in it was not acceptable.

use std::collections::HashMap;

use app::context::Form;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;

/// Fields whose content never goes back to the page.
const NEVER_SHOWN: &[&str] = &["password", "current_password", "code", "access_token"];

/// The fields of a form, in the order they came.
#[derive(Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of a field; empty when it is not there.
    pub fn text(&self, name: &str) -> String {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Whether the form had this field.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// A value that must not be shown.
    pub fn secret(&self, name: &str) -> SecretString {
        self.text(name).into()
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone()).collect()
    }

    /// The form as the page shows it again.
    pub fn back(&self, errors: Vec<(&'static str, String)>) -> Form {
        let mut values: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in self.0.iter().filter(|(name, _)| !NEVER_SHOWN.contains(&name.as_str())) {
            values.entry(name.clone()).or_default().push(value.clone());
        }
        Form { values, errors }
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !content_type.starts_with("application/x-www-form-urlencoded") && !content_type.is_empty() {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        let body = axum::body::Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        if std::str::from_utf8(&body).is_err() {
            return Err(StatusCode::BAD_REQUEST.into_response());
        }
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// 303: the browser goes on with a GET, so that loading the page again repeats nothing.
pub fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// `path` with a message for the next page.
pub fn go_saying(path: &str, notice: types::Notice) -> Response {
    go(&format!("{path}?notice={notice}"))
}
