//! Tells this replica what is blocked and isolated.

use std::collections::HashMap;

use serde::Deserialize;

use super::{IsolatedView, store};
use crate::base::{Block, Deps};

#[derive(Deserialize)]
pub(super) struct Rows {
    blocks: Vec<Block>,
    isolated: Vec<IsolatedView>,
}

/// Reads what holds now. Every replica does so each second, and at once the one that changed it.
pub async fn refresh_containment(deps: &Deps) -> Result<(), sqlx::Error> {
    let Rows { blocks, isolated } = store::containment(&deps.database, deps.now()).await?;
    let isolated: HashMap<_, _> = isolated.into_iter().map(|row| (row.provider, row.since)).collect();
    deps.providers.isolate(&isolated.keys().copied().collect::<Vec<_>>());
    deps.containment.replace(blocks, isolated);
    Ok(())
}
