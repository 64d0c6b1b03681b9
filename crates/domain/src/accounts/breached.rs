//! Passwords that were published after a breach. They are looked up in a list that comes with the program: nobody outside is asked.
//!
//! The list holds the first five bytes of the SHA-256 of each in lower case, sorted, without those that are judged to be guessed soon anyway. It is
//! made by `cargo xtask breached-passwords` from the top million of Mark Burnett's ten million passwords and the twenty thousand most frequent of
//! Have I Been Pwned.

use sha2::{Digest, Sha256};

const LIST: &[u8] = include_bytes!("../../data/breached_passwords.bin");
const LENGTH: usize = 5;

/// Whether it is one of them, however it is capitalised.
pub(super) fn is_breached(password: &str) -> bool {
    let digest = Sha256::digest(password.to_lowercase().as_bytes());
    let (entries, _) = LIST.as_chunks::<LENGTH>();
    entries.binary_search_by(|entry| entry[..].cmp(&digest[..LENGTH])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_whole() {
        let (entries, rest) = LIST.as_chunks::<LENGTH>();
        assert!(rest.is_empty() && entries.len() > 200_000, "{}", entries.len());
        assert!(entries.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn what_was_published_is_found_and_what_was_not_is_not() {
        for published in ["zaq12wsxcde3", "RAHUL123", "Fatima753357", "k9vVos0a"] {
            assert!(is_breached(published), "{published}");
        }
        for other in ["weaving-light-9", "openings-between-threads", "daylight-falls-through", ""] {
            assert!(!is_breached(other), "{other}");
        }
    }
}
