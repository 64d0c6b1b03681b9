//! What can be done about an incident. Each is an entry of its timeline and of the audit log, and can be taken back where that makes sense.

use std::net::IpAddr;

use chrono::TimeDelta;
use ipnet::IpNet;
use serde_json::{Value, json};
use types::{IncidentId, IncidentStatus, Provider};
use uuid::Uuid;

use super::containment::refresh_containment;
use super::{IncidentError, store};
use crate::accounts::administration;
use crate::api_keys;
use crate::audit::{self, Action, Event};
use crate::base::{Actor, Deps, Op, Tx};
use crate::calendar::{self, Disconnected, Which};
use crate::vault::LookupHash;

/// The longest block.
const MAX_HOURS: u32 = 24 * 30;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Nothing is answered at the address of the incident, for so many hours.
    BlockAddress {
        /// How long.
        hours: u32,
    },
    /// Nothing is answered in a network.
    BlockNetwork {
        /// Which.
        network: IpNet,
        /// How long.
        hours: u32,
    },
    /// A block ends.
    LiftBlock {
        /// Which.
        block: Uuid,
    },
    /// Every session of the person ends.
    EndSessions,
    /// Every API key of the person ends.
    EndApiKeys,
    /// The tokens of a provider are given back, and the person's connections there are gone.
    Disconnect {
        /// Which provider.
        provider: Provider,
    },
    /// The password works no more; a link for another is mailed, and sessions end.
    ForceReset,
    /// The account signs in nowhere.
    Lock,
    /// It does again.
    Unlock,
    /// Nothing is asked of a provider, for anybody.
    Isolate {
        /// Which provider.
        provider: Provider,
    },
    /// It is asked again.
    Rejoin {
        /// Which provider.
        provider: Provider,
    },
}

impl Measure {
    /// The name in the timeline, and whether it takes another one back.
    const fn name(&self) -> (&'static str, bool) {
        match self {
            Self::BlockAddress { .. } => ("block_address", false),
            Self::BlockNetwork { .. } => ("block_network", false),
            Self::LiftBlock { .. } => ("lift_block", true),
            Self::EndSessions => ("end_sessions", false),
            Self::EndApiKeys => ("end_api_keys", false),
            Self::Disconnect { .. } => ("disconnect", false),
            Self::ForceReset => ("force_reset", false),
            Self::Lock => ("lock", false),
            Self::Unlock => ("unlock", true),
            Self::Isolate { .. } => ("isolate", false),
            Self::Rejoin { .. } => ("rejoin", true),
        }
    }
}

/// Takes it. `from`: where whoever asks is, who is not turned away by their own measure.
pub async fn take_measure(deps: &Deps, op: &Op, incident: IncidentId, measure: Measure, from: Option<IpAddr>) -> Result<(), IncidentError> {
    let admin = op.user().ok_or(IncidentError::NotFound)?;
    // At the provider first: what is written down is what was done.
    let disconnected = match measure {
        Measure::Disconnect { provider } => Some(disconnect(deps, op, incident, provider).await?),
        _ => None,
    };
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let present = store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    if present.status == IncidentStatus::Closed && !measure.name().1 {
        return Err(IncidentError::Moved);
    }
    if present.subject == Some(admin) && matches!(measure, Measure::EndSessions | Measure::ForceReset | Measure::Lock) {
        return Err(IncidentError::Own);
    }
    let mut ended: Vec<LookupHash> = Vec::new();
    let detail = match measure {
        Measure::BlockAddress { hours } => {
            let address = present.address.as_deref().ok_or(IncidentError::NotFound)?;
            if op.address_pseudonym.as_deref() == Some(address) {
                return Err(IncidentError::Own);
            }
            block(&mut tx, deps, incident, Some(address), None, hours).await?
        }
        Measure::BlockNetwork { network, hours } => {
            if !is_a_part(network) {
                return Err(IncidentError::TooWide);
            }
            if from.is_none_or(|from| network.contains(&from)) {
                return Err(IncidentError::Own);
            }
            block(&mut tx, deps, incident, None, Some(network.trunc()), hours).await?
        }
        Measure::LiftBlock { block } => {
            // Lifted before, by somebody else or in another window: what was asked for is so.
            if !store::lift_block(&mut tx, block, deps.now()).await? {
                return Ok(());
            }
            json!({ "block": block })
        }
        Measure::Isolate { provider } => {
            store::isolate(&mut tx, provider, incident, deps.now()).await?;
            json!({ "provider": provider })
        }
        Measure::Rejoin { provider } => {
            store::rejoin(&mut tx, provider).await?;
            json!({ "provider": provider })
        }
        Measure::Disconnect { provider } => {
            let done = disconnected.ok_or(IncidentError::NotFound)?;
            json!({ "provider": provider, "ended": done.removed, "not_revoked": done.not_revoked, "by_person_only": done.by_person_only })
        }
        Measure::EndSessions | Measure::EndApiKeys | Measure::ForceReset | Measure::Lock | Measure::Unlock => {
            let user = present.subject.ok_or(IncidentError::NotFound)?;
            administration::act_on_in(&mut tx, admin, user).await?;
            let mut keys = 0;
            match measure {
                Measure::EndApiKeys => keys = api_keys::end_all_in(&mut tx, deps, op, user).await?,
                Measure::Unlock => administration::unlock_in(&mut tx, deps, op, user).await?,
                Measure::ForceReset => ended = administration::force_reset_in(&mut tx, deps, op, user).await?,
                Measure::Lock => ended = administration::lock_in(&mut tx, deps, op, user).await?,
                _ => ended = administration::end_sessions_in(&mut tx, deps, op, user).await?,
            }
            json!({ "ended": keys + ended.len() })
        }
    };
    let (name, takes_back) = measure.name();
    let detail = with_name(detail, name);
    store::insert_entry(&mut tx, deps, incident, if takes_back { "undone" } else { "action" }, Some(admin), &detail, None).await?;
    let action = if takes_back { Action::IncidentMeasureUndone } else { Action::IncidentMeasureTaken };
    audit::append(&mut tx, deps, op, Event::of_installation(action).on(incident.0).with(detail));
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    refresh_containment(deps).await?;
    Ok(())
}

/// Takes the connections of the person at a provider away, and has the provider forget what it gave. Not while nothing is asked of it: what
/// contains something is done at once, and is not left to be told later.
async fn disconnect(deps: &Deps, op: &Op, incident: IncidentId, provider: Provider) -> Result<Disconnected, IncidentError> {
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let present = store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    tx.rollback().await?;
    let user = present.subject.ok_or(IncidentError::NotFound)?;
    if deps.containment.isolated_since(provider).is_some() {
        return Err(IncidentError::Isolated);
    }
    let theirs = Op { actor: Actor::Job { on_behalf_of: Some(user) }, ..op.clone() };
    Ok(calendar::disconnect(deps, &theirs, Which::Provider(provider)).await?)
}

fn with_name(mut detail: Value, name: &str) -> Value {
    detail["measure"] = name.into();
    detail
}

/// Whether it is a part of the internet, and of addresses as clients have them: an IPv4 address is never seen as one of IPv6.
fn is_a_part(network: IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() >= 8,
        IpNet::V6(network) => network.prefix_len() >= 16 && network.addr().to_ipv4_mapped().is_none(),
    }
}

async fn block(
    tx: &mut Tx,
    deps: &Deps,
    incident: IncidentId,
    address: Option<&[u8]>,
    network: Option<IpNet>,
    hours: u32,
) -> Result<Value, IncidentError> {
    let hours = hours.clamp(1, MAX_HOURS);
    // One that holds already is as long as the last who asked wants it.
    store::lift_same(tx, address, network, deps.now()).await?;
    let (id, now) = (deps.new_id(), deps.now());
    let expires_at = now + TimeDelta::hours(hours.into());
    store::insert_block(tx, &store::NewBlock { id, incident, address, network, created_at: now, expires_at }).await?;
    Ok(json!({ "block": id, "hours": hours, "network": network }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_block_turns_half_of_everybody_away() {
        let is = |text: &str| is_a_part(text.parse().unwrap());
        assert!(is("192.0.2.0/24") && is("10.0.0.0/8") && is("2001:db8::/32"));
        for wide in ["0.0.0.0/0", "0.0.0.0/1", "::/0", "2000::/3", "::ffff:203.0.113.0/120"] {
            assert!(!is(wide), "{wide}");
        }
    }
}
