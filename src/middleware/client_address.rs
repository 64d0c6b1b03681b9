//! Whose request it is, as a pseudonym: a keyed hash of the address, by which repetitions can be told and nobody found.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use crate::state::AppState;

/// The pseudonym, as handlers find it among the extensions.
#[derive(Debug, Clone)]
pub struct Pseudonym(pub Vec<u8>);

pub(super) async fn run(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if let Some(peer) = peer {
        let address = client(peer, request.headers(), &state.web.trusted_proxies);
        let hash = state.deps.vault.lookup().hash("client address", address.to_string().as_bytes());
        request.extensions_mut().insert(Pseudonym(hash[..16].to_vec()));
    }
    next.run(request).await
}

/// The client behind trusted proxies: from the right, the first address in `X-Forwarded-For` that is not a trusted proxy.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let forwarded: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')).collect();
    for text in forwarded.into_iter().rev() {
        match text.trim().parse::<IpAddr>() {
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
}
