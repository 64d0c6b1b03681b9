//! What strangers and providers ask of a builder who sells: the page of a session, again and again, and deliveries of Stripe's, each of another event.

use domain::testing::World;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use types::UserId;

use crate::server::Server;
use crate::{CLIENTS, ROUND, ROUNDS, report, world};

/// Of one round.
const DELIVERIES: usize = 4_000;
/// The page that is asked for, of both servers.
pub const PAGE: &str = "/b/bruno-costa/pricing-review";
/// What deliveries are signed with.
pub const SECRET: &str = "whsec_bench";

/// A page with one session that is open for booking, at two hundred times. What Calendly offers was asked for just now, and for as long as this takes.
pub async fn open(world: &World, user: UserId) {
    let behind = world.behind().await;
    for statement in [
        "update users set roles = array['user', 'builder'] where id = $1",
        "insert into builder_pages (user_id, slug, name, about, created_at, changed_at) values ($1, 'bruno-costa', 'Bruno Costa', 'Prices', now(), now())",
        "insert into calendly_accounts (user_id, account_hash, account_sealed, token_sealed, connected_at, read_at)
         values ($1, 'a', 'a', 'a', now(), now())",
        "insert into calendly_event_types (id, user_id, uri_hash, offer_sealed, minutes) values (gen_random_uuid(), $1, 'e', 'e', 60)",
        "insert into session_types (id, builder_id, event_type_hash, slug, title, description, minutes, price, currency, tax, policy, policy_version,
                                    is_open, created_at, changed_at)
         values (gen_random_uuid(), $1, 'e', 'pricing-review', 'Pricing review', 'One page', 60, 14000, 'EUR', 'none', 'flexible', 1, true, now(), now())",
        "insert into calendly_times (event_type_id, user_id, read_at, until, starts)
         select e.id, $1, now() + interval '1 hour', now() + interval '31 days',
                array(select date_trunc('hour', now()) + interval '1 day' + n * interval '3 hours' from generate_series(1, 200) n)
         from calendly_event_types e where e.user_id = $1",
    ] {
        sqlx::query(statement).bind(user.0).execute(&behind).await.expect("a shop");
    }
}

pub fn page(bare: &Server, kairos: &Server) {
    println!("{ROUNDS} rounds of {} s each in turn, {CLIENTS} strangers\n", ROUND.as_secs());
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        kairos.pause(true);
        let theirs = bare.load(&["get", PAGE, "none=1"]);
        kairos.pause(false);
        let ours = kairos.load(&["get", PAGE, "none=1"]);
        ratios.push(ours.rate / theirs.rate);
        println!("{PAGE} round {round}: bare {:.0}/s, kairos {:.0}/s, ratio {:.2}", theirs.rate, ours.rate, ours.rate / theirs.rate);
    }
    report("the page of a session, requests a second", ratios, 0.6);
    println!();
}

pub async fn deliveries(world: &World, bare: &Server, kairos: &Server) {
    println!("{ROUNDS} rounds of {DELIVERIES} deliveries of Stripe's each in turn, {CLIENTS} clients\n");
    let place = format!("/webhooks/stripe/{}", world::WEBHOOK_TOKEN);
    let behind = world.behind().await;
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let mut rates = Vec::new();
        for (turn, (server, path)) in [(bare, "/stripe"), (kairos, place.as_str())].into_iter().enumerate() {
            sqlx::query("checkpoint").execute(&behind).await.expect("a superuser");
            kairos.pause(server.name == "bare");
            let first = (round * 2 + turn) * DELIVERIES;
            rates.push(server.load(&["stripe", path, &first.to_string(), &DELIVERIES.to_string()]).rate);
        }
        ratios.push(rates[1] / rates[0]);
        println!("delivery round {}: bare {:.0}/s, kairos {:.0}/s, ratio {:.2}", round + 1, rates[0], rates[1], rates[1] / rates[0]);
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from webhook_deliveries").fetch_one(&behind).await.expect("a count");
    let wanted = i64::try_from(ROUNDS * 2 * DELIVERIES).expect("a small number");
    assert_eq!(kept, wanted, "every delivery is written down once");
    report("delivery of Stripe's, requests a second", ratios, 0.8);
    println!();
}

/// As Stripe sends it, signed now: of a kind that is acted on, about a payment that nobody knows.
pub fn request(path: &str, number: usize) -> String {
    let at = domain::base::Clock::now(&domain::base::SystemClock).timestamp();
    let body = serde_json::json!({
        "id": format!("evt_{number}"), "object": "event", "type": "charge.refunded", "created": at, "livemode": true,
        "data": { "object": { "id": format!("ch_{number}"), "object": "charge", "payment_intent": format!("pi_{number}"), "amount": 14_000,
                              "amount_refunded": 14_000, "currency": "eur", "refunded": true, "metadata": {} } },
    })
    .to_string();
    let signature = signature(at, &body);
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nStripe-Signature: t={at},v1={signature}\r\n\r\n{body}",
        body.len()
    )
}

/// Stripe's signature of a body, in hexadecimal digits.
pub fn signature(at: i64, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length").chain_update(format!("{at}.{body}"));
    hex::encode(mac.finalize().into_bytes())
}
