//! Acts on a delivery: finds whose booking it is about, and has that brought to where Stripe and Calendly say it stands.

use serde_json::Value;
use types::{BookingId, UserId};
use uuid::Uuid;

use super::store::{self, Opened};
use super::{Source, WebhookError};
use crate::base::{Deps, Op, Tx};
use crate::booking;
use crate::jobs::{Job, enqueue};

/// Does it, and writes down what came of it. Done twice it ends the same, because what is done looks first.
pub async fn open_delivery(deps: &Deps, op: &Op, delivery: Uuid) -> Result<(), WebhookError> {
    let mut tx = deps.database.begin(None).await?;
    let named = store::names(&mut tx, delivery).await?;
    let uris = named.iter().filter_map(Value::as_str);
    let keys = booking::calendly_keys(deps, uris);
    let opened = store::open(&mut tx, delivery, &keys).await?;
    tx.rollback().await?;
    let Some(opened) = opened else { return Ok(()) };
    let effect = match opened.about {
        None => "about_nothing_here",
        Some((builder, booking)) => match act(deps, op, &opened, builder, booking).await {
            Ok(()) => "done",
            Err(error) => {
                close(deps, delivery, "failed", false).await?;
                return Err(error.into());
            }
        },
    };
    Ok(close(deps, delivery, effect, true).await?)
}

async fn act(deps: &Deps, op: &Op, opened: &Opened, builder: UserId, booking: BookingId) -> Result<(), booking::BookingError> {
    let op = &Op::job(op.request_id, Some(builder));
    match opened.source {
        Source::Stripe if opened.kind.starts_with("checkout.session.") => booking::settle(deps, op, builder, booking).await,
        Source::Stripe if opened.kind.starts_with("charge.dispute.") => {
            let text = |place: &str| opened.payload.pointer(place).and_then(Value::as_str).unwrap_or_default();
            booking::dispute(deps, op, builder, booking, text("/data/object/id"), text("/data/object/status")).await
        }
        Source::Stripe => booking::mirror(deps, op, builder, booking).await,
        Source::Calendly => {
            let invitee = opened.payload.pointer("/payload/uri").and_then(Value::as_str);
            booking::follow_calendly(deps, op, builder, booking, invitee).await
        }
    }
}

async fn close(deps: &Deps, delivery: Uuid, effect: &str, is_done: bool) -> Result<(), sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    store::close(&mut tx, delivery, effect, is_done.then(|| deps.now())).await?;
    tx.commit().await
}

/// Has a delivery acted on once more. `false`: there is none, or nothing is done about it.
pub(crate) async fn reopen_in(tx: &mut Tx, delivery: Uuid) -> Result<bool, sqlx::Error> {
    let is_there = store::reopen(tx, delivery).await?;
    if is_there {
        enqueue(tx, Job::OpenDelivery { delivery })?;
    }
    Ok(is_there)
}
