//! What Stripe's answers look like, as far as they are read. Fields that are not read are not asked for; words that are not known stay words.

use serde::Deserialize;

#[derive(Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub error: ErrorDetail,
}

#[derive(Default, Deserialize)]
pub(super) struct ErrorDetail {
    pub code: Option<String>,
    pub param: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// An object, or only its id where it was not expanded.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Id(String),
    Object(Box<T>),
}

impl<T: HasId> Expandable<T> {
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Object(object) => object.id(),
        }
    }

    pub fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

pub(super) trait HasId {
    fn id(&self) -> &str;
}

#[derive(Deserialize)]
pub(super) struct SessionBody {
    pub id: String,
    pub url: Option<String>,
    pub status: Option<String>,
    pub payment_status: String,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
    pub client_reference_id: Option<String>,
    pub livemode: bool,
    pub total_details: Option<TotalDetails>,
    pub payment_intent: Option<Expandable<PaymentIntentBody>>,
}

#[derive(Deserialize)]
pub(super) struct TotalDetails {
    #[serde(default)]
    pub amount_tax: i64,
}

#[derive(Deserialize)]
pub(super) struct PaymentIntentBody {
    pub id: String,
    pub status: Option<String>,
    pub latest_charge: Option<Expandable<ChargeBody>>,
}

#[derive(Deserialize)]
pub(super) struct ChargeBody {
    pub id: String,
    #[serde(default)]
    pub disputed: bool,
    pub receipt_url: Option<String>,
    pub outcome: Option<Outcome>,
    pub payment_method_details: Option<PaymentMethodDetails>,
}

#[derive(Deserialize)]
pub(super) struct Outcome {
    pub risk_level: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PaymentMethodDetails {
    pub card: Option<Card>,
}

#[derive(Deserialize)]
pub(super) struct Card {
    pub brand: Option<String>,
    pub last4: Option<String>,
}

impl HasId for PaymentIntentBody {
    fn id(&self) -> &str {
        &self.id
    }
}

impl HasId for ChargeBody {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Deserialize)]
pub(super) struct RefundBody {
    pub id: String,
    pub amount: i64,
    pub status: Option<String>,
    pub failure_reason: Option<String>,
    #[serde(default)]
    pub metadata: std::collections::HashMap<String, String>,
}
