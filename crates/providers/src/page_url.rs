//! Addresses of pages that a provider hands over, and that people are sent to.

/// Whether it is one that people may be sent to: encrypted, or the stand-in's on this machine.
pub(crate) fn is_page(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://localhost")
}
