//! Tokens that look like the real ones.

use base64::Engine;

/// An opaque text with the characters that reveal bad URL encoding.
#[expect(clippy::disallowed_methods, reason = "the stand-in makes its own chance; nothing depends on its values")]
pub(crate) fn opaque(prefix: &str, length: usize) -> String {
    let mut bytes = vec![0_u8; length];
    let _ = getrandom::fill(&mut bytes);
    let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
    format!("{prefix}{}", text.chars().take(length).collect::<String>())
}
