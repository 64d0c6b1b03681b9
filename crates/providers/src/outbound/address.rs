//! Which addresses a host given by a person may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Whether an address belongs to the public internet. Everything that the IANA special-purpose registries (RFC 6890 and its
/// updates) reserve is not: loopback, private, link-local (with cloud metadata), shared, documentation, benchmarking,
/// multicast, reserved; for IPv6 also unique-local, and every form that carries an IPv4 address inside.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || address.is_documentation()
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Only global unicast (2000::/3) is routed; inside it, Teredo, 6to4, documentation and the IETF's own block are not hosts.
    (segments[0] & 0xe000) == 0x2000
        && !(segments[0] == 0x2001 && segments[1] < 0x0200)
        && !(segments[0] == 0x2001 && segments[1] == 0x0db8)
        && segments[0] != 0x2002
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

/// Hosts and networks that may be reached although they are not public (`OUTBOUND_ALLOW`).
#[derive(Debug, Clone, Default)]
pub struct AllowedAddresses {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
    plain: Vec<String>,
}

impl AllowedAddresses {
    /// From entries such as `10.1.0.0/16`, `127.0.0.1` or `calendar.internal`. With `http://` before it, a host or address may also be
    /// spoken to without TLS, which sends passwords readable over the network: nothing less than that word allows it.
    pub fn parse(entries: &[&str]) -> Self {
        let mut allowed = Self::default();
        for entry in entries.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
            let entry = match entry.strip_prefix("http://") {
                Some(plain) => {
                    allowed.plain.push(plain.trim_end_matches('/').to_ascii_lowercase());
                    plain.trim_end_matches('/')
                }
                None => entry,
            };
            if let Ok(network) = entry.parse::<IpNet>() {
                allowed.networks.push(network);
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                allowed.networks.push(address.into());
            } else {
                allowed.hosts.push(entry.to_ascii_lowercase());
            }
        }
        allowed
    }

    /// Whether a connection to `address`, found under the name `host`, may be made.
    pub fn permits(&self, host: &str, address: IpAddr) -> bool {
        is_public(address) || self.names(host) || self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether the operator named this host itself.
    fn names(&self, host: &str) -> bool {
        self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// Whether plain HTTP may be spoken to `host`: only where the operator said so of this very host or literal address.
    pub fn permits_plain_http(&self, host: &str) -> bool {
        let named = self.plain.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
        let within = |address: &IpAddr| self.plain.iter().filter_map(|entry| entry.parse::<IpNet>().ok()).any(|net| net.contains(address));
        named || host.parse::<IpAddr>().is_ok_and(|address| within(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_inside_counts_as_public() {
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_count_as_public() {
        for text in ["1.1.1.1", "17.248.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_operator_can_open_single_hosts_and_networks() {
        let allowed = AllowedAddresses::parse(&["127.0.0.1", "10.1.0.0/16", "radicale.internal"]);
        assert!(allowed.permits("127.0.0.1", "127.0.0.1".parse().unwrap()));
        assert!(allowed.permits("x.example", "10.1.2.3".parse().unwrap()));
        assert!(!allowed.permits("x.example", "10.2.2.3".parse().unwrap()));
        assert!(allowed.permits("radicale.internal", "192.168.0.9".parse().unwrap()));
        assert!(!allowed.permits_plain_http("x.example"));
    }

    #[test]
    fn a_name_alone_opens_no_way_without_tls() {
        let named = AllowedAddresses::parse(&["radicale.internal", "10.1.0.9"]);
        assert!(!named.permits_plain_http("radicale.internal") && !named.permits_plain_http("10.1.0.9"));
        let spoken = AllowedAddresses::parse(&["http://Radicale.internal/", "http://10.1.0.9"]);
        assert!(spoken.permits_plain_http("radicale.internal") && spoken.permits_plain_http("10.1.0.9"));
        assert!(spoken.permits("radicale.internal", "192.168.0.9".parse().unwrap()), "and the address is open too");
        assert!(!spoken.permits_plain_http("10.1.0.8"));
    }
}
