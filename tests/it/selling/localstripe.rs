//! A stand-in of Stripe that nobody here wrote: refunds and signatures as somebody else understood Stripe's documents. It knows no Checkout, so a
//! sale cannot be walked with it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use providers::outbound::{AllowedAddresses, Outbound};
use providers::stripe::{NewRefund, Stripe, StripeError, StripeSettings};
use serde_json::Value;
use types::RefundStatus;

use super::scene::Stall;
use crate::support::site_now;

/// localstripe on a port of its own, ended when dropped.
struct Localstripe {
    process: Child,
    origin: String,
}

impl Drop for Localstripe {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Localstripe {
    async fn start() -> Self {
        providers::outbound::use_ring();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let home = std::env::var("HOME").unwrap_or_default();
        let python = std::env::var("CALDAV_PYTHON").unwrap_or_else(|_| format!("{home}/.cache/kairos/caldav/bin/python"));
        let mut command = Command::new(python);
        command.args(["-m", "localstripe", "--from-scratch", "--port", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, origin: format!("http://127.0.0.1:{port}") }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        #[expect(clippy::disallowed_methods, reason = "a test's own call, not the server's")]
        let client = reqwest::Client::new();
        let request = client.post(format!("{}{path}", self.origin)).header("authorization", "Bearer sk_test_12345");
        let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Somebody pays 140 euros with a card; the payment intent.
    async fn paid(&self) -> String {
        let card = [
            ("type", "card"),
            ("card[number]", "4242424242424242"),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2034"),
            ("card[cvc]", "123"),
        ];
        let method = self.post("/v1/payment_methods", &card).await;
        let method = method["id"].as_str().unwrap();
        let intent = self
            .post("/v1/payment_intents", &[("amount", "14000"), ("currency", "eur"), ("payment_method", method), ("confirm", "true")])
            .await;
        assert_eq!(intent["status"], "succeeded", "{intent}");
        intent["id"].as_str().unwrap().to_owned()
    }

    fn client(&self) -> Stripe {
        let settings = StripeSettings {
            api_url: self.origin.parse().unwrap(),
            key: "sk_test_12345".to_owned().into(),
            is_live: false,
            webhook_secrets: vec!["whsec_sandbox".to_owned().into()],
        };
        Stripe::new(settings, Outbound::new(AllowedAddresses::parse(&[]), Arc::new(|| 0.0)).unwrap())
    }
}

#[tokio::test]
async fn what_we_ask_to_be_given_back_is_given_back_and_found_again_by_our_own_row() {
    let theirs = Localstripe::start().await;
    let (intent, stripe) = (theirs.paid().await, theirs.client());
    let part = |amount: i64, reference: &str| NewRefund { payment_intent: intent.clone(), amount, reference: reference.to_owned() };
    let first = stripe.refund(&part(4_000, "row-1"), "refund:row-1").await.unwrap();
    assert_eq!((first.amount, first.status, first.reference.as_deref()), (4_000, RefundStatus::Succeeded, Some("row-1")));
    let second = stripe.refund(&part(10_000, "row-2"), "refund:row-2").await.unwrap();
    let found = stripe.refunds(&intent).await.unwrap();
    assert_eq!(found.iter().map(|refund| refund.amount).sum::<i64>(), 14_000);
    assert!(found.contains(&first) && found.contains(&second), "{found:?}");
    let nobody = NewRefund { payment_intent: "pi_nobody".to_owned(), amount: 1, reference: "row-3".to_owned() };
    assert!(matches!(stripe.refund(&nobody, "refund:row-3").await, Err(StripeError::NotFound)));
}

#[tokio::test]
async fn what_somebody_else_signs_as_stripe_does_is_believed() {
    let theirs = Localstripe::start().await;
    let site = site_now().await;
    let place = site.sandbox.stripe(|stripe| stripe.endpoint.clone()).unwrap();
    theirs.post("/_config/webhooks/right", &[("url", &place), ("secret", "whsec_sandbox")]).await;
    theirs.post("/_config/webhooks/wrong", &[("url", &place), ("secret", "whsec_guessed")]).await;
    let intent = theirs.paid().await;
    let behind = site.world.behind().await;
    let told = async || -> Option<(String, String)> {
        sqlx::query_as("select verdict, object_id from webhook_deliveries where kind = 'payment_intent.succeeded'")
            .fetch_optional(&behind)
            .await
            .unwrap()
    };
    let begun = std::time::Instant::now();
    while told().await.is_none() && begun.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told().await, Some(("unknown_kind".to_owned(), intent)), "{}", Stall::webhook("stripe"));
    let copies: i32 = sqlx::query_scalar("select copies from webhook_deliveries").fetch_one(&behind).await.unwrap();
    assert_eq!(copies, 0, "what was signed with another secret is not taken");
}
