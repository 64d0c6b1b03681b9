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
