//! SQL of `address_blocks` and `provider_isolations`.

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use types::{IncidentId, Provider};
use uuid::Uuid;

use crate::base::{Database, Tx, from_json};
use crate::incidents::containment::Rows;

pub(in crate::incidents) struct NewBlock<'a> {
    pub id: Uuid,
    pub incident: IncidentId,
    pub address: Option<&'a [u8]>,
    pub network: Option<IpNet>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(in crate::incidents) async fn insert_block(tx: &mut Tx, block: &NewBlock<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into address_blocks (id, incident_id, address_pseudonym, network, created_at, expires_at)
         values ($1, $2, $3, $4::text::cidr, $5, $6)",
        block.id,
        block.incident.0,
        block.address,
        block.network.map(|network| network.to_string()),
        block.created_at,
        block.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lifts what blocks the same.
pub(in crate::incidents) async fn lift_same(
    tx: &mut Tx,
    address: Option<&[u8]>,
    network: Option<IpNet>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update address_blocks set lifted_at = $3
         where lifted_at is null and (address_pseudonym = $1 or network = $2::text::cidr)",
        address,
        network.map(|network| network.to_string()),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `false`: it is not there, or was lifted before.
pub(in crate::incidents) async fn lift_block(tx: &mut Tx, block: Uuid, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("update address_blocks set lifted_at = $2 where id = $1 and lifted_at is null", block, now).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::incidents) async fn isolate(
    tx: &mut Tx,
    provider: Provider,
    incident: IncidentId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into provider_isolations (provider, incident_id, since) values ($1, $2, $3) on conflict do nothing",
        provider.as_str(),
        incident.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::incidents) async fn rejoin(tx: &mut Tx, provider: Provider) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from provider_isolations where provider = $1", provider.as_str()).execute(&mut **tx).await?;
    Ok(())
}

/// What is blocked and isolated now.
pub(in crate::incidents) async fn containment(database: &Database, now: DateTime<Utc>) -> Result<Rows, sqlx::Error> {
    let mut lent = database.lend().await?;
    let text = sqlx::query_scalar!(r#"select kairos_containment($1)::text as "text!""#, now).fetch_one(&mut *lent).await?;
    lent.keep();
    from_json(&text)
}
