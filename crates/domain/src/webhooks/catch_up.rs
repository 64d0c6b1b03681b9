//! What webhooks did not say: read at Stripe, and taken as if it had been delivered. What was delivered is known, and left alone.

use chrono::TimeDelta;

use super::receive::{Delivery, receive};
use super::{WebhookError, store};
use crate::base::Deps;
use crate::jobs::{Job, enqueue};

/// How often it is asked.
const EVERY: TimeDelta = TimeDelta::minutes(10);

/// Asks Stripe what happened since the last thing that is known, and puts itself in for the next time. Nothing is asked where nothing is sold.
pub async fn catch_up(deps: &Deps) -> Result<(), WebhookError> {
    let mut tx = deps.database.begin(None).await?;
    let since = store::stripe_gap(&mut tx, deps.now()).await?;
    enqueue(&mut tx, Job::CatchUpWithStripe.at(deps.now() + EVERY))?;
    tx.commit().await?;
    let (Some(since), Some(stripe)) = (since, deps.providers.stripe.as_ref()) else { return Ok(()) };
    // The oldest first, so that what is cut off here is gone on with there.
    for event in stripe.events_since(since).await?.into_iter().rev() {
        if receive(deps, &Delivery::of_stripe(event, stripe.is_live())).await? {
            metrics::counter!("webhook_deliveries_total", "source" => "stripe", "outcome" => "caught_up").increment(1);
        }
    }
    Ok(())
}
