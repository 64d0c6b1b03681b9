//! Whose request it is, as a pseudonym: a keyed hash of the address, by which repetitions can be told and nobody found.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use crate::state::AppState;

/// The pseudonym, as handlers find it among the extensions.
#[derive(Debug, Clone)]
pub struct Pseudonym(pub Vec<u8>);

impl std::fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// The address itself, for as long as the request is answered. It is kept nowhere.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// The network of the client, as people recognise their own: of an IPv4 address the first three bytes, of an IPv6 one the first 48 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressPrefix(IpNet);

impl AddressPrefix {
    fn of(address: IpAddr) -> Option<Self> {
        let length = if address.is_ipv4() { 24 } else { 48 };
        IpNet::new(address, length).ok().map(|network| Self(network.trunc()))
    }
}

impl std::fmt::Display for AddressPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) async fn run(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if let Some(peer) = peer {
        let address = client(peer, request.headers(), &state.web.trusted_proxies);
        let hash = state.deps.vault.lookup().hash("client address", place(address).to_string().as_bytes());
        request.extensions_mut().insert(Pseudonym(hash[..16].to_vec()));
        request.extensions_mut().insert(ClientAddress(address));
        if let Some(prefix) = AddressPrefix::of(address) {
            request.extensions_mut().insert(prefix);
        }
    }
    next.run(request).await
}

/// What counts as one place: an IPv4 address, or the /64 that one IPv6 customer has at the least (RFC 6177).
fn place(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// The client behind trusted proxies: from the right, the first address in `X-Forwarded-For` that is not a trusted proxy.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    // A socket for both families shows IPv4 as `::ffff:10.0.0.1`.
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let forwarded: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')).collect();
    for text in forwarded.into_iter().rev() {
        match text.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if is_trusted(&address) => {}
            Ok(address) => return address,
            // Rubbish from here on leftwards: the last that made sense is the peer.
            Err(_) => return peer,
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        client(peer.parse().unwrap(), &headers, &["10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        assert_eq!(of("203.0.113.9", "1.2.3.4"), "203.0.113.9");
        assert_eq!(of("10.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(of("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4");
        assert_eq!(of("10.0.0.1", "1.2.3.4, rubbish"), "10.0.0.1");
    }

    #[test]
    fn a_network_is_shown_without_the_address_in_it() {
        let shown = |text: &str| AddressPrefix::of(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(shown("203.0.113.9"), "203.0.113.0/24");
        assert_eq!(shown("2001:db8:1:2:3::4"), "2001:db8:1::/48");
    }

    #[test]
    fn one_customers_addresses_are_one_place_and_a_mapped_proxy_is_trusted() {
        let place = |text: &str| place(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1", "198.51.100.7"), of("10.0.0.1", "198.51.100.7"));
    }
}
