//! Tells this replica what is blocked and isolated.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Deserialize;
use types::Provider;

use super::store;
use crate::base::{Block, Deps, optional_bytea};

#[derive(Deserialize)]
pub(super) struct Rows {
    blocks: Vec<BlockRow>,
    isolated: Vec<IsolatedRow>,
}

#[derive(Deserialize)]
struct BlockRow {
    #[serde(deserialize_with = "optional_bytea")]
    address_pseudonym: Option<Vec<u8>>,
    network: Option<IpNet>,
    expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct IsolatedRow {
    provider: Provider,
    since: DateTime<Utc>,
}

/// Reads what holds now. Every replica does so each second, and at once the one that changed it.
pub async fn refresh_containment(deps: &Deps) -> Result<(), sqlx::Error> {
    let Rows { blocks, isolated } = store::containment(&deps.database, deps.now()).await?;
    let block = |row: BlockRow| Block { address_pseudonym: row.address_pseudonym, network: row.network, expires_at: row.expires_at };
    let isolated: HashMap<_, _> = isolated.into_iter().map(|row| (row.provider, row.since)).collect();
    deps.providers.isolate(&isolated.keys().copied().collect::<Vec<_>>());
    deps.containment.replace(blocks.into_iter().map(block).collect(), isolated);
    Ok(())
}
