//! One provider of cryptography for all TLS of the process.

/// Makes ring the provider. Call it first thing; a second call changes nothing.
pub fn use_ring() {
    // The error says that a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
