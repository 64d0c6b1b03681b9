//! An address that mail can be sent to, as far as can be told without sending.

use crate::base::Deps;
use crate::vault::LookupHash;

/// A parsed address, kept as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email")
    }
}

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnEmail;

impl Email {
    /// Takes `local@domain` of at most 254 characters (RFC 5321, 4.5.3.1), without spaces, quotes or control characters.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let plain = |part: &str| part.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"()<>[]:;,\\\"".contains(c));
        let labels = domain.split('.').collect::<Vec<_>>();
        let domain_is_sound =
            labels.len() >= 2 && labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        let sound = text.len() <= 254
            && !local.is_empty()
            && local.len() <= 64
            && !local.contains('@')
            && plain(local)
            && plain(domain)
            && domain_is_sound;
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAnEmail) }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keyed hash by which two addresses are the same account, whatever the case. Dots and plus signs are kept, because only some
    /// providers ignore them.
    pub(crate) fn lookup_hash(&self, deps: &Deps) -> LookupHash {
        lookup_hash(deps, &self.0.to_lowercase())
    }

    /// The same of what somebody typed; what is no address has a hash that no account has.
    pub(crate) fn typed_hash(deps: &Deps, text: &str) -> LookupHash {
        Self::parse(text).map_or_else(|_| lookup_hash(deps, ""), |email| email.lookup_hash(deps))
    }
}

fn lookup_hash(deps: &Deps, lower_case: &str) -> LookupHash {
    deps.vault.lookup().hash("email", lower_case.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_people_have_are_taken_and_rubbish_is_not() {
        for text in ["noor@example.com", " Noor.Haddad+x@Mail.example.co.uk ", "łukasz@example.pl", "a@b.c"] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "noor",
            "@example.com",
            "noor@",
            "noor@example",
            "a b@example.com",
            "a@b@example.com",
            "noor@-x.com",
            "noor@exa..mple.com",
            "a\r\nBcc: x@example.com",
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }
}
