//! SQL of `booking_clients`.

use chrono::{DateTime, Utc};
use types::{BookingId, ClientId, UserId};

use crate::base::Tx;
use crate::vault::DataKeyRow;

/// Who made it, sealed.
pub(in crate::booking) struct ClientRow {
    pub id: ClientId,
    pub key: DataKeyRow,
    pub client_sealed: Vec<u8>,
}

pub(in crate::booking) async fn find_client(
    tx: &mut Tx,
    builder: UserId,
    hash: &[u8],
) -> Result<Option<(ClientId, DataKeyRow)>, sqlx::Error> {
    let row =
        sqlx::query!("select id, master_key_id, wrapped from booking_clients where builder_id = $1 and email_hash = $2", builder.0, hash);
    let row = row.fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| (ClientId(row.id), DataKeyRow { id: row.id, master_key_id: row.master_key_id, wrapped: row.wrapped })))
}

/// `false`: somebody made them at the same time.
pub(in crate::booking) async fn insert_client(
    tx: &mut Tx,
    id: ClientId,
    builder: UserId,
    hash: &[u8],
    key: &DataKeyRow,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into booking_clients (id, builder_id, email_hash, master_key_id, wrapped, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (builder_id, email_hash) do nothing",
        id.0,
        builder.0,
        hash,
        key.master_key_id,
        key.wrapped,
        now
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

pub(in crate::booking) async fn client_of(tx: &mut Tx, booking: BookingId) -> Result<Option<ClientRow>, sqlx::Error> {
    let row = sqlx::query!(
        "select c.id, c.master_key_id, c.wrapped, b.client_sealed from bookings b join booking_clients c on c.id = b.client_id where b.id = $1",
        booking.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| ClientRow {
        id: ClientId(row.id),
        key: DataKeyRow { id: row.id, master_key_id: row.master_key_id, wrapped: row.wrapped },
        client_sealed: row.client_sealed,
    }))
}

/// Bookings of a builder after one, with what is sealed in them: who booked, and what Calendly knows them by. Without clients who were forgotten.
pub(in crate::booking) async fn sealed_after(
    tx: &mut Tx,
    builder: UserId,
    after: BookingId,
    most: i64,
) -> Result<Vec<(BookingId, ClientRow, Option<Vec<u8>>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select b.id as booking, c.id, c.master_key_id, c.wrapped, b.client_sealed, b.calendly_sealed as "calendly_sealed?"
           from bookings b join booking_clients c on c.id = b.client_id
           where b.builder_id = $1 and b.id > $2 and c.master_key_id <> '' order by b.id limit $3"#,
        builder.0,
        after.0,
        most
    );
    let rows = rows.fetch_all(&mut **tx).await?.into_iter().map(|row| {
        let key = DataKeyRow { id: row.id, master_key_id: row.master_key_id, wrapped: row.wrapped };
        (BookingId(row.booking), ClientRow { id: ClientId(row.id), key, client_sealed: row.client_sealed }, row.calendly_sealed)
    });
    Ok(rows.collect())
}
