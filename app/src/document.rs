//! What a page function returns: the body of a document, and what is said of it outside of the body.

use axum::http::StatusCode;
use leptos::prelude::*;

/// One page, made.
pub struct Document {
    /// For the window's title, without the name of the product.
    pub title: String,
    /// What it is answered with.
    pub status: StatusCode,
    /// What stands in it.
    pub body: AnyView,
}

impl Document {
    /// A page that is as it should be.
    pub fn new(title: impl Into<String>, body: impl IntoAny) -> Self {
        Self { title: title.into(), status: StatusCode::OK, body: body.into_any() }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}
