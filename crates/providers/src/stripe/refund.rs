//! Refunds: asked for, and listed.

use std::collections::HashMap;

use stripe_client_core::StripeRequest;
use stripe_core::refund::{CreateRefund, ListRefund};
use types::RefundStatus;

use super::wire::{List, RefundBody};
use super::{Stripe, StripeError};

/// Where the id of our row stands on a refund.
const REFUND: &str = "kairos_refund";

/// Money to give back. The same one sent twice with the same idempotency key is one refund.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// Of what was paid.
    pub payment_intent: String,
    /// How much, in minor units.
    pub amount: i64,
    /// Our own row, by which it is found again.
    pub reference: String,
}

/// A refund as Stripe knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeRefund {
    /// Its id.
    pub id: String,
    /// How much, in minor units.
    pub amount: i64,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why it failed.
    pub failure: Option<String>,
    /// Our own row; `None`: it was made at Stripe's own page.
    pub reference: Option<String>,
}

impl Stripe {
    /// Gives money back.
    pub async fn refund(&self, new: &NewRefund, idempotency_key: &str) -> Result<StripeRefund, StripeError> {
        let create = CreateRefund::new()
            .payment_intent(new.payment_intent.clone())
            .amount(new.amount)
            .metadata(HashMap::from([(REFUND.to_owned(), new.reference.clone())]));
        let answer = self.send(create.build(), Some(idempotency_key)).await?;
        let body: RefundBody = serde_json::from_slice(&answer.body).map_err(|_| StripeError::Unreadable)?;
        Ok(body.into())
    }

    /// Everything that was given back of one payment, the newest first: at most a hundred.
    pub async fn refunds(&self, payment_intent: &str) -> Result<Vec<StripeRefund>, StripeError> {
        let answer = self.send(ListRefund::new().payment_intent(payment_intent).limit(100).build(), None).await?;
        let list: List<RefundBody> = serde_json::from_slice(&answer.body).map_err(|_| StripeError::Unreadable)?;
        Ok(list.data.into_iter().map(Into::into).collect())
    }
}

impl From<RefundBody> for StripeRefund {
    fn from(mut body: RefundBody) -> Self {
        let status = match body.status.as_deref() {
            Some("succeeded") => RefundStatus::Succeeded,
            Some("failed") => RefundStatus::Failed,
            Some("canceled") => RefundStatus::Canceled,
            // `requires_action`, and what is added one day: it is not back yet.
            _ => RefundStatus::Pending,
        };
        Self { id: body.id, amount: body.amount, status, failure: body.failure_reason, reference: body.metadata.remove(REFUND) }
    }
}
