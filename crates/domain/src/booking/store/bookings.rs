//! SQL of `bookings`.

use chrono::{DateTime, Utc};
use types::{Attention, BookingId, BookingStatus, ClientId, Currency, Money, SessionTypeId, Tax, UserId};

use super::ClientRow;
use crate::base::{Tx, from_closed_list};
use crate::vault::DataKeyRow;

/// A booking as it is kept.
#[derive(Debug, Clone)]
pub(in crate::booking) struct BookingRow {
    pub id: BookingId,
    pub builder: UserId,
    pub status: BookingStatus,
    pub attention: Option<Attention>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub held_until: DateTime<Utc>,
    pub title: String,
    pub price: Money,
    pub tax: Tax,
    pub policy: String,
    pub policy_version: i32,
    pub client_zone: String,
    pub calendly_sealed: Option<Vec<u8>>,
    pub times_moved: i32,
    /// Which event type it is booked by.
    pub event_type_hash: Vec<u8>,
}

pub(in crate::booking) struct NewBooking<'a> {
    pub id: BookingId,
    pub builder: UserId,
    pub session_type: SessionTypeId,
    pub client: ClientId,
    pub client_sealed: &'a [u8],
    pub event_type_hash: &'a [u8],
    pub attempt_hash: &'a [u8],
    pub token_hash: &'a [u8],
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub held_until: DateTime<Utc>,
    pub title: &'a str,
    pub price: Money,
    pub tax: Tax,
    pub policy: &'a str,
    pub policy_version: i32,
    pub client_zone: &'a str,
    pub now: DateTime<Utc>,
}

/// Whether somebody else has the time: the exclusion constraint of `bookings` said so.
fn is_overlap(error: &sqlx::Error) -> bool {
    // exclusion_violation (postgresql.org/docs/current/errcodes-appendix.html), for which the driver has no word.
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("23P01"))
}

/// What became of a new booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::booking) enum Inserted {
    /// It is there.
    Yes,
    /// The same form was sent before. The transaction is over.
    Before,
    /// Somebody has the time. The transaction is over.
    Taken,
}

pub(in crate::booking) async fn insert_booking(tx: &mut Tx, new: &NewBooking<'_>) -> Result<Inserted, sqlx::Error> {
    let done = sqlx::query!(
        "insert into bookings (id, builder_id, session_type_id, client_id, attempt_hash, token_hash, status, starts_at, ends_at, held_until, title,
                               price, currency, tax, policy, policy_version, client_zone, created_at, changed_at, event_type_hash,
                               client_sealed)
         values ($1, $2, $3, $4, $5, $6, 'held', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19)",
        new.id.0,
        new.builder.0,
        new.session_type.0,
        new.client.0,
        new.attempt_hash,
        new.token_hash,
        new.starts_at,
        new.ends_at,
        new.held_until,
        new.title,
        new.price.minor,
        new.price.currency.code(),
        new.tax.as_str(),
        new.policy,
        new.policy_version,
        new.client_zone,
        new.now,
        new.event_type_hash,
        new.client_sealed
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(_) => Ok(Inserted::Yes),
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => Ok(Inserted::Before),
        Err(error) if is_overlap(&error) => Ok(Inserted::Taken),
        Err(error) => Err(error),
    }
}

/// The booking that this form made before.
pub(in crate::booking) async fn find_attempt(tx: &mut Tx, builder: UserId, attempt_hash: &[u8]) -> Result<Option<BookingId>, sqlx::Error> {
    let row = sqlx::query_scalar!("select id from bookings where builder_id = $1 and attempt_hash = $2", builder.0, attempt_hash);
    Ok(row.fetch_optional(&mut **tx).await?.map(BookingId))
}

/// How many times a client holds and has not paid.
pub(in crate::booking) async fn count_held(tx: &mut Tx, client: ClientId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from bookings where client_id = $1 and status in ('held', 'awaiting_payment')"#,
        client.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// The booking; with `locks` nobody else changes it until the transaction is over.
pub(in crate::booking) async fn find(tx: &mut Tx, builder: UserId, id: BookingId, locks: bool) -> Result<Option<BookingRow>, sqlx::Error> {
    if locks {
        sqlx::query!("select id from bookings where builder_id = $1 and id = $2 for no key update", builder.0, id.0)
            .fetch_optional(&mut **tx)
            .await?;
    }
    let row = sqlx::query!(
        "select b.id, b.builder_id, b.status, b.attention, b.starts_at, b.ends_at, b.held_until, b.title, b.price,
                b.currency, b.tax, b.policy, b.policy_version, b.client_zone, b.calendly_sealed, b.times_moved, b.event_type_hash
         from bookings b where b.builder_id = $1 and b.id = $2",
        builder.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = from_closed_list::<Currency>(&row.currency, "currency")?;
    Ok(Some(BookingRow {
        id: BookingId(row.id),
        builder: UserId(row.builder_id),
        status: from_closed_list(&row.status, "status")?,
        attention: row.attention.map(|text| from_closed_list(&text, "attention")).transpose()?,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        held_until: row.held_until,
        title: row.title,
        price: Money::new(row.price, currency),
        tax: from_closed_list(&row.tax, "tax")?,
        policy: row.policy,
        policy_version: row.policy_version,
        client_zone: row.client_zone,
        calendly_sealed: row.calendly_sealed,
        times_moved: row.times_moved,
        event_type_hash: row.event_type_hash,
    }))
}

pub(in crate::booking) async fn set_status(
    tx: &mut Tx,
    id: BookingId,
    status: BookingStatus,
    attention: Option<Attention>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update bookings set status = $2, attention = $3, changed_at = $4 where id = $1",
        id.0,
        status.as_str(),
        attention.map(Attention::as_str),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::booking) async fn set_attention(
    tx: &mut Tx,
    id: BookingId,
    why: Option<Attention>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update bookings set attention = $2, changed_at = $3 where id = $1", id.0, why.map(Attention::as_str), now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::booking) async fn set_held_until(tx: &mut Tx, id: BookingId, until: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update bookings set held_until = $2 where id = $1", id.0, until).execute(&mut **tx).await?;
    Ok(())
}

/// By what Calendly knows it from here on.
pub(in crate::booking) async fn set_calendly(
    tx: &mut Tx,
    id: BookingId,
    sealed: &[u8],
    event_hash: &[u8],
    invitee_hash: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update bookings set calendly_sealed = $2, event_hash = $3, invitee_hash = $4 where id = $1",
        id.0,
        sealed,
        event_hash,
        invitee_hash
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The time it has been moved to. `false`: somebody else has that time here. The transaction is over then.
pub(in crate::booking) async fn set_time(
    tx: &mut Tx,
    id: BookingId,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update bookings set starts_at = $2, ends_at = $3, times_moved = times_moved + 1, changed_at = $4 where id = $1",
        id.0,
        starts_at,
        ends_at,
        now
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(_) => Ok(true),
        Err(error) if is_overlap(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is confirmed and ahead, with the hash of its event.
pub(in crate::booking) async fn list_ahead(
    tx: &mut Tx,
    builder: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<(BookingId, DateTime<Utc>, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id, starts_at, event_hash as "event_hash!" from bookings
           where builder_id = $1 and status = 'confirmed' and starts_at > $2 and event_hash is not null"#,
        builder.0,
        now
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(|row| (BookingId(row.id), row.starts_at, row.event_hash)).collect())
}

/// Builders who have something ahead.
pub(in crate::booking) async fn list_builders(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<UserId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(r#"select b as "builder!" from kairos_builders_with_bookings($1) b"#, now);
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(UserId).collect())
}

/// Bookings that wait for something that is not done, of everybody, as `(builder, booking)`.
pub(in crate::booking) async fn list_waiting(tx: &mut Tx, before: DateTime<Utc>) -> Result<Vec<(UserId, BookingId)>, sqlx::Error> {
    let rows = sqlx::query!(r#"select builder_id as "builder!", booking_id as "booking!" from kairos_waiting_bookings($1)"#, before);
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(|row| (UserId(row.builder), BookingId(row.booking))).collect())
}

/// That the client picks a time by themselves.
pub(in crate::booking) async fn set_pick(tx: &mut Tx, id: BookingId, sealed: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update bookings set calendly_sealed = $2 where id = $1", id.0, sealed).execute(&mut **tx).await?;
    Ok(())
}

/// What is held between two instants and not paid, but for one booking; locked until the transaction is over.
pub(in crate::booking) async fn lock_holds_between(
    tx: &mut Tx,
    builder: UserId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    but: BookingId,
) -> Result<Vec<BookingId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "select id from bookings
         where builder_id = $1 and id <> $4 and starts_at < $3 and ends_at > $2 and status in ('held', 'awaiting_payment') for no key update",
        builder.0,
        from,
        to,
        but.0
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(BookingId).collect())
}

/// A booking in a table, with who made it, sealed.
pub(in crate::booking) struct TableRow {
    pub id: BookingId,
    pub client: ClientRow,
    pub status: BookingStatus,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub title: String,
    pub price: Money,
    pub refunded: i64,
    pub paid: Option<i64>,
}

/// Everything that was ever booked with a builder, the newest first.
pub(in crate::booking) async fn list_all(tx: &mut Tx, builder: UserId, most: i64) -> Result<Vec<TableRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select b.id, b.status, b.starts_at, b.ends_at, b.title, b.price, b.currency, c.id as client_id, c.master_key_id, c.wrapped, b.client_sealed
           from bookings b join booking_clients c on c.id = b.client_id
           where b.builder_id = $1 order by b.id desc limit $2"#,
        builder.0,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    let sums = crate::payments::sums_in(tx, builder).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let currency = from_closed_list::<Currency>(&row.currency, "currency")?;
        let (paid, refunded) = sums.get(&BookingId(row.id)).copied().unwrap_or_default();
        found.push(TableRow {
            id: BookingId(row.id),
            client: ClientRow {
                id: ClientId(row.client_id),
                key: DataKeyRow { id: row.client_id, master_key_id: row.master_key_id, wrapped: row.wrapped },
                client_sealed: row.client_sealed,
            },
            status: from_closed_list(&row.status, "status")?,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            title: row.title,
            price: Money::new(row.price, currency),
            refunded,
            paid,
        });
    }
    Ok(found)
}
