//! A builder's bookings as a table for other programs.

use chrono_tz::Tz;
use serde_json::json;

use super::{BookingError, client, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, no_formula};

/// As many as are written at once; a builder who has more is given the newest.
const MOST: i64 = 20_000;

/// All of them, the newest first, as CSV (RFC 4180). Who booked is in it, so that somebody took it is an entry in the audit log.
pub async fn export(deps: &Deps, op: &Op, zone: Tz) -> Result<Vec<u8>, BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let lines = store::list_all(&mut tx, builder, MOST).await?;
    let event = Event::done(Action::BookingsExported, builder, builder.0).with(json!({ "bookings": lines.len() }));
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "id",
        "starts_at",
        "ends_at",
        "zone",
        "session",
        "status",
        "client",
        "email",
        "price",
        "currency",
        "paid",
        "refunded",
        "answers",
    ])
    .map_err(|_| BookingError::Export)?;
    for line in lines {
        let who = client::open(deps, &line.client, line.id).ok().map(|(client, _)| client);
        let (name, email, answers) = who.map_or_else(Default::default, |client| (client.name, client.email, client.answers));
        let said: Vec<String> = answers.iter().map(|said| format!("{}: {}", said.question, said.answer)).collect();
        let local = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).to_rfc3339();
        let money = |minor: i64| types::Money::new(minor, line.price.currency).number();
        csv.write_record([
            line.id.to_string(),
            local(line.starts_at),
            local(line.ends_at),
            zone.name().to_owned(),
            no_formula(&line.title),
            line.status.to_string(),
            no_formula(&name),
            no_formula(&email),
            line.price.number(),
            line.price.currency.to_string(),
            line.paid.map(money).unwrap_or_default(),
            money(line.refunded),
            no_formula(&said.join("\n")),
        ])
        .map_err(|_| BookingError::Export)?;
    }
    csv.into_inner().map_err(|_| BookingError::Export)
}
