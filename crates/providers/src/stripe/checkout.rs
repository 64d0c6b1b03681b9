//! Checkout Sessions: opened, read back, ended.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionInvoiceCreation, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionLineItemsPriceDataTaxBehavior as TaxBehavior,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_client_core::StripeRequest;
use stripe_shared::{CheckoutSessionMode, CheckoutSessionSubmitType};
use types::{Currency, Money, Tax};

use super::wire::SessionBody;
use super::{Stripe, StripeError};
use crate::page_url::is_page;

/// What a session is read with, so that one call says everything.
const EXPAND: [&str; 1] = ["payment_intent.latest_charge"];
/// Where the id of a booking stands on each object of Stripe's.
pub(super) const BOOKING: &str = "kairos_booking";

/// What is to be paid. The same one sent twice with the same idempotency key is one session.
#[derive(Debug, Clone)]
pub struct NewCheckout {
    /// The booking: comes back on the session, the payment intent and the charge.
    pub reference: String,
    /// What it is for, as the client reads it.
    pub title: String,
    /// The time of it, as the client reads it.
    pub description: String,
    /// The price.
    pub price: Money,
    /// How tax stands to it.
    pub tax: Tax,
    /// Whether an invoice is made of it, and sent with the receipt.
    pub makes_invoice: bool,
    /// To whom the receipt goes.
    pub email: String,
    /// Until when it can be paid; at least half an hour from now.
    pub expires_at: DateTime<Utc>,
    /// Where the client comes back to when they paid.
    pub success_url: String,
    /// Where they come back to when they did not.
    pub cancel_url: String,
}

/// Whether the client can still do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutStatus {
    /// They can pay.
    Open,
    /// They have done their part.
    Complete,
    /// Too late.
    Expired,
}

/// Whether there is money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyState {
    /// There is, or there is none to be had.
    Paid,
    /// There is not; of a complete session: not yet.
    Unpaid,
}

/// A session as Stripe knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutSession {
    /// Its id.
    pub id: String,
    /// Where it is paid, while it is open.
    pub url: Option<String>,
    /// Whether the client can still do something.
    pub status: CheckoutStatus,
    /// Whether there is money.
    pub money: MoneyState,
    /// Whether the money that was on its way will not come.
    pub has_failed: bool,
    /// What is paid in all.
    pub total: Option<Money>,
    /// How much of that is tax.
    pub tax: i64,
    /// The booking.
    pub reference: Option<String>,
    /// Whether it is about real money.
    pub is_live: bool,
    /// The payment intent, once there is one.
    pub payment_intent: Option<String>,
    /// The charge, once there is one.
    pub charge: Option<String>,
    /// The brand of the card.
    pub card_brand: Option<String>,
    /// Its last four digits.
    pub card_last4: Option<String>,
    /// What Radar thinks of it.
    pub risk_level: Option<String>,
    /// Whether the money is disputed.
    pub is_disputed: bool,
    /// Stripe's own receipt.
    pub receipt_url: Option<String>,
}

impl Stripe {
    /// Opens a session.
    pub async fn open_checkout(&self, new: &NewCheckout, idempotency_key: &str) -> Result<CheckoutSession, StripeError> {
        let metadata = HashMap::from([(BOOKING.to_owned(), new.reference.clone())]);
        let mut product = ProductData::new(new.title.clone());
        product.description = Some(new.description.clone());
        let currency =
            new.price.currency.code().to_ascii_lowercase().parse::<stripe_types::Currency>().map_err(|_| StripeError::Unreadable)?;
        let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency);
        price.unit_amount = Some(new.price.minor);
        price.product_data = Some(product);
        price.tax_behavior = match new.tax {
            Tax::None => None,
            Tax::Inclusive => Some(TaxBehavior::Inclusive),
            Tax::Exclusive => Some(TaxBehavior::Exclusive),
        };
        let mut item = CreateCheckoutSessionLineItems::new();
        item.price_data = Some(price);
        item.quantity = Some(1);
        // Refunds and disputes name the payment intent and no session, so the booking stands there too.
        let mut intent = CreateCheckoutSessionPaymentIntentData::new();
        intent.metadata = Some(metadata.clone());
        intent.receipt_email = Some(new.email.clone());
        intent.description = Some(format!("{}, {}", new.title, new.description));
        let mut create = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .submit_type(CheckoutSessionSubmitType::Book)
            .client_reference_id(new.reference.clone())
            .metadata(metadata)
            .customer_email(new.email.clone())
            .expires_at(new.expires_at.timestamp())
            .success_url(new.success_url.clone())
            .cancel_url(new.cancel_url.clone())
            .line_items(vec![item])
            .payment_intent_data(intent);
        if new.tax != Tax::None {
            create = create.automatic_tax(CreateCheckoutSessionAutomaticTax::new(true));
        }
        if new.makes_invoice {
            create = create.invoice_creation(CreateCheckoutSessionInvoiceCreation::new(true));
        }
        self.session(&create, Some(idempotency_key)).await
    }

    /// Reads a session back, with its payment and its charge.
    pub async fn checkout(&self, id: &str) -> Result<CheckoutSession, StripeError> {
        self.session(&RetrieveCheckoutSession::new(id).expand(EXPAND.map(str::to_owned).to_vec()), None).await
    }

    /// Ends a session that is open; of any other it says where it stands.
    pub async fn expire_checkout(&self, id: &str) -> Result<CheckoutSession, StripeError> {
        match self.session(&ExpireCheckoutSession::new(id), None).await {
            // It ended by itself, or was paid this very moment.
            Err(StripeError::WrongState) => self.checkout(id).await,
            answer => answer,
        }
    }

    async fn session(&self, request: &impl StripeRequest, idempotency_key: Option<&str>) -> Result<CheckoutSession, StripeError> {
        let answer = self.send(request.build(), idempotency_key).await?;
        let body: SessionBody = serde_json::from_slice(&answer.body).map_err(|_| StripeError::Unreadable)?;
        let session = CheckoutSession::try_from(body)?;
        if session.is_live == self.is_live() { Ok(session) } else { Err(StripeError::NotFound) }
    }
}

impl TryFrom<SessionBody> for CheckoutSession {
    type Error = StripeError;

    fn try_from(body: SessionBody) -> Result<Self, StripeError> {
        let status = match body.status.as_deref() {
            Some("open") => CheckoutStatus::Open,
            Some("complete") => CheckoutStatus::Complete,
            Some("expired") => CheckoutStatus::Expired,
            _ => return Err(StripeError::Unreadable),
        };
        let money = match body.payment_status.as_str() {
            "paid" | "no_payment_required" => MoneyState::Paid,
            _ => MoneyState::Unpaid,
        };
        let intent_status = body.payment_intent.as_ref().and_then(|intent| intent.object()?.status.as_deref());
        let currency = body.currency.as_deref().and_then(Currency::parse);
        let charge = body.payment_intent.as_ref().and_then(|intent| intent.object()?.latest_charge.as_ref());
        let charged = charge.and_then(|charge| charge.object());
        let card = charged.and_then(|charge| charge.payment_method_details.as_ref()?.card.as_ref());
        let four = |text: &String| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        Ok(Self {
            // A page of Stripe's: it becomes a redirect only if it is one.
            url: body.url.filter(|url| is_page(url)),
            status,
            money,
            has_failed: intent_status.is_some_and(|status| matches!(status, "requires_payment_method" | "canceled")),
            total: body.amount_total.zip(currency).map(|(minor, currency)| Money { minor, currency }),
            tax: body.total_details.map_or(0, |details| details.amount_tax),
            reference: body.client_reference_id,
            is_live: body.livemode,
            payment_intent: body.payment_intent.as_ref().map(|intent| intent.id().to_owned()),
            charge: charge.map(|charge| charge.id().to_owned()),
            card_brand: card.and_then(|card| card.brand.clone()),
            card_last4: card.and_then(|card| card.last4.clone()).filter(four),
            risk_level: charged.and_then(|charge| charge.outcome.as_ref()?.risk_level.clone()),
            is_disputed: charged.is_some_and(|charge| charge.disputed),
            receipt_url: charged.and_then(|charge| charge.receipt_url.clone()).filter(|url| url.starts_with("https://")),
            id: body.id,
        })
    }
}
