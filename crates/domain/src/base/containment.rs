//! What is kept out and what is left alone for now, as this replica was last told.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Deserialize;
use types::Provider;

use super::optional_bytea;

/// One address or network from which nothing is answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Block {
    /// The address, as a pseudonym.
    #[serde(deserialize_with = "optional_bytea")]
    pub address_pseudonym: Option<Vec<u8>>,
    /// The network.
    pub network: Option<IpNet>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// A network, or an address as the network that it alone is.
pub fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// What a replica holds in memory, so that a request that is turned away costs no statement.
#[derive(Debug, Default)]
pub struct Containment(RwLock<Contained>);

#[derive(Debug, Default)]
struct Contained {
    blocks: Vec<Block>,
    isolated: HashMap<Provider, DateTime<Utc>>,
}

impl Containment {
    /// What holds from here on.
    pub fn replace(&self, blocks: Vec<Block>, isolated: HashMap<Provider, DateTime<Utc>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Contained { blocks, isolated };
    }

    /// Whether nothing is answered there.
    pub fn is_blocked(&self, address: IpAddr, pseudonym: &[u8], now: DateTime<Utc>) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.blocks.iter().any(|block| {
            let fits =
                block.address_pseudonym.as_deref() == Some(pseudonym) || block.network.is_some_and(|network| network.contains(&address));
            fits && block.expires_at > now
        })
    }

    /// Since when nothing is asked of a provider; `None`: it is asked.
    pub fn isolated_since(&self, provider: Provider) -> Option<DateTime<Utc>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).isolated.get(&provider).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_fits_its_address_or_network_until_it_ends() {
        let containment = Containment::default();
        let now = DateTime::UNIX_EPOCH;
        let block = |pseudonym: Option<&[u8]>, network: Option<&str>| Block {
            address_pseudonym: pseudonym.map(<[u8]>::to_vec),
            network: network.map(|text| text.parse().unwrap()),
            expires_at: now + chrono::TimeDelta::hours(1),
        };
        containment.replace(
            vec![block(Some(b"one"), None), block(None, Some("203.0.113.0/24")), block(None, Some("2001:db8::/32"))],
            HashMap::new(),
        );
        let is = |address: &str, pseudonym: &[u8], at| containment.is_blocked(address.parse().unwrap(), pseudonym, at);
        assert!(is("198.51.100.1", b"one", now) && is("203.0.113.77", b"two", now) && is("2001:db8:1::1", b"two", now));
        assert!(!is("203.0.114.1", b"two", now) && !is("2001:db9::1", b"", now));
        assert!(!is("203.0.113.77", b"one", now + chrono::TimeDelta::hours(1)));
    }
}
