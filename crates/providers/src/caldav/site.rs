//! Where a password may go: to the host somebody gave, and to hosts that discovery names on the same registrable domain.

use url::{Host, Url};

/// iCloud's entry and its partitions, and nothing else there.
const ICLOUD: &str = "caldav.icloud.com";

/// Whether the password given for `given` may be sent to `next`: never from HTTPS to plain HTTP.
pub(super) fn may_follow(given: &Url, next: &Url) -> bool {
    if next.scheme() != given.scheme() && !(given.scheme() == "http" && next.scheme() == "https") {
        return false;
    }
    match (given.host(), next.host()) {
        // Another port of the same name is what installations behind one proxy have.
        (Some(one), Some(other)) if one == other => true,
        (Some(Host::Domain(one)), Some(Host::Domain(other))) if is_icloud(one) => is_icloud(other),
        (Some(Host::Domain(one)), Some(Host::Domain(other))) => match (psl::domain_str(one), psl::domain_str(other)) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            _ => false,
        },
        _ => false,
    }
}

/// Apple's CalDAV: `caldav.icloud.com`, or the partition an account lives on (`p42-caldav.icloud.com`).
pub fn is_icloud(host: &str) -> bool {
    let partition = host.strip_suffix("-caldav.icloud.com").and_then(|rest| rest.strip_prefix('p'));
    host == ICLOUD || partition.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follows(given: &str, next: &str) -> bool {
        may_follow(&given.parse().unwrap(), &next.parse().unwrap())
    }

    #[test]
    fn a_password_goes_to_other_hosts_of_the_same_domain_and_to_no_other() {
        assert!(follows("https://www.fastmail.com/", "https://caldav.fastmail.com/dav/"));
        assert!(follows("https://example.co.uk/", "https://dav.example.co.uk:8443/"));
        assert!(follows("http://localhost:5232/", "http://localhost:5233/"));
        for (given, next) in [
            ("https://example.com/", "http://example.com/"),
            ("https://example.com/", "https://example.org/"),
            ("https://a.co.uk/", "https://b.co.uk/"),
            ("https://alice.github.io/", "https://mallory.github.io/"),
            ("https://example.com/", "https://example.com.evil.net/"),
            ("https://example.com/", "https://203.0.113.7/"),
            ("https://203.0.113.7/", "https://203.0.113.8/"),
        ] {
            assert!(!follows(given, next), "{given} to {next}");
        }
    }

    #[test]
    fn icloud_leads_to_its_partitions_only() {
        assert!(follows("https://caldav.icloud.com/", "https://p42-caldav.icloud.com:443/1/calendars/"));
        for next in ["https://www.icloud.com/", "https://p-caldav.icloud.com/", "https://px1-caldav.icloud.com/", "https://icloud.com/"] {
            assert!(!follows("https://caldav.icloud.com/", next), "{next}");
        }
    }
}
