//! A builder's public page: what it is called, and which of its sessions can be booked.

use serde_json::json;
use types::SessionTypeId;

use super::OfferError;
use super::slug::is_slug;
use super::store::{self, PageUpsert};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// What a builder says of themselves.
#[derive(Debug, Clone)]
pub struct PageForm {
    /// The part of the address that names them.
    pub slug: String,
    /// What they are called there.
    pub name: String,
    /// What they say of themselves.
    pub about: String,
}

/// What is wrong with it. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageProblem {
    /// It is no address.
    NotAnAddress,
    /// It is somebody else's.
    AddressTaken,
    /// It is empty, or longer than a name is.
    Name,
    /// It is longer than is read.
    AboutTooLong,
}

/// Makes the page, or changes it.
pub async fn save_page(deps: &Deps, op: &Op, form: PageForm) -> Result<(), OfferError> {
    let user = op.user().ok_or(OfferError::NotFound)?;
    let (slug, name, about) = (form.slug.trim().to_lowercase(), form.name.trim(), form.about.trim());
    let mut problems = Vec::new();
    if !is_slug(&slug, 3, 40) {
        problems.push(PageProblem::NotAnAddress);
    }
    if !(1..=80).contains(&name.chars().count()) {
        problems.push(PageProblem::Name);
    }
    if about.chars().count() > 600 {
        problems.push(PageProblem::AboutTooLong);
    }
    if !problems.is_empty() {
        return Err(OfferError::Page(problems));
    }
    let mut tx = deps.begin(op).await?;
    if !store::put_page(&mut tx, &PageUpsert { user, slug: &slug, name, about, now: deps.now() }).await? {
        return Err(OfferError::Page(vec![PageProblem::AddressTaken]));
    }
    audit::append(&mut tx, deps, op, Event::done(Action::BuilderPageSaved, user, user.0));
    tx.commit().await?;
    Ok(())
}

/// Opens a session for booking, or closes it. What was booked stays.
pub async fn set_open(deps: &Deps, op: &Op, session: SessionTypeId, is_open: bool) -> Result<(), OfferError> {
    let user = op.user().ok_or(OfferError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    if !store::lock_session(&mut tx, user, session).await? {
        return Err(OfferError::NotFound);
    }
    if store::set_open(&mut tx, user, session, is_open, deps.now()).await? {
        let event = Event::done(Action::SessionTypeOpened, user, session.0).with(json!({ "is_open": is_open }));
        audit::append(&mut tx, deps, op, event);
    }
    tx.commit().await?;
    Ok(())
}
