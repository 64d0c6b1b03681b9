//! What happened lately, for when webhooks did not say it. Stripe keeps events for thirty days.

use chrono::{DateTime, Utc};
use serde_json::Value;
use stripe_client_core::StripeRequest;
use stripe_core::event::ListEvent;
use stripe_types::{RangeBoundsTs, RangeQueryTs};

use super::wire::List;
use super::{Stripe, StripeError, StripeEvent};

/// Every kind that something is done about.
const KINDS: [&str; 12] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
];
/// As many pages of a hundred as are ever read. The newest come first, so that nothing may be left out.
const MOST_PAGES: usize = 200;

impl Stripe {
    /// What happened since `since`, of the kinds that something is done about, the newest first.
    pub async fn events_since(&self, since: DateTime<Utc>) -> Result<Vec<StripeEvent>, StripeError> {
        let (mut events, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let bounds = RangeBoundsTs { gte: Some(since.timestamp()), gt: None, lt: None, lte: None };
            let mut list = ListEvent::new().created(RangeQueryTs::Bounds(bounds)).limit(100_i64);
            list = list.types(KINDS.map(str::to_owned).to_vec());
            if let Some(after) = after.take() {
                list = list.starting_after(after);
            }
            let answer = self.send(list.build(), None).await?;
            let page: List<Value> = serde_json::from_slice(&answer.body).map_err(|_| StripeError::Unreadable)?;
            for event in &page.data {
                events.push(StripeEvent::read(event.to_string().as_bytes())?);
            }
            after = events.last().map(|event: &StripeEvent| event.id.clone());
            if !page.has_more {
                break;
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stripe::is_acted_on;

    #[test]
    fn what_is_asked_for_after_a_silence_is_acted_on_as_if_a_webhook_had_said_it() {
        for kind in KINDS {
            assert!(is_acted_on(kind), "{kind}");
        }
    }
}
