//! What somebody who was forgotten has in hand: what was erased, what is kept and why, signed with the key of the audit log.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use transparency_log::{Keys, NoteError};

use super::Request;
use super::page::Holdings;

/// The first line, by which it is known what it is.
const HEAD: &str = "kairos erasure certificate, version 1";

/// The text that is signed. It names nobody.
pub(super) fn text(origin: &str, request: &Request, holdings: &Holdings, (asked, refused): (u32, u32), now: DateTime<Utc>) -> String {
    let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut text = format!(
        "{HEAD}\ninstallation: {origin}\nrequest: {}\nasked: {}\nerased: {}\n\nErased:\n",
        request.id,
        at(request.asked_at),
        at(now)
    );
    for (what, count) in [
        ("account, with name, address, password, second factors and settings", 1),
        ("sessions of browsers", holdings.sessions),
        ("passkeys", holdings.passkeys),
        ("keys for programs", holdings.api_keys),
        ("connections to calendars, their tokens given back where the provider can", holdings.connections),
        ("calendars", holdings.calendars),
        ("events of calendars", holdings.events),
        ("connections to Calendly", holdings.calendly),
        ("kinds of session that were sold", holdings.session_types),
        ("bookings that others made", holdings.sold),
        ("name and address in bookings that were made as a client", holdings.bought),
        ("who entries of the audit log are about", holdings.audit_entries),
        ("the key under which all of it was encrypted", 1),
    ] {
        let _ = writeln!(text, "- {what}: {count}");
    }
    if asked + refused > 0 {
        let _ = write!(
            text,
            "\nElsewhere:\n\
             - Calendly was asked to forget them by builders from whom they booked: {asked}\n\
             - builders whose account at Calendly may not ask for it, and who have to be asked themselves: {refused}\n"
        );
    }
    let _ = write!(
        text,
        "\nKept, without the person:\n\
         - payments and refunds, amounts, ids and states: {} (seven years: tax and commercial law)\n\
         - entries of the audit log, what was done and when (one year: security; their proofs stay valid)\n\
         - what is evidence of an incident (as long as the incident: security)\n",
        holdings.payments
    );
    text
}

/// The text of a certificate, if this key signed it.
///
/// # Errors
/// It is no certificate, or not signed by the key.
pub fn open_certificate<'n>(note: &'n str, keys: &Keys) -> Result<&'n str, NoteError> {
    let text = keys.open_text(note)?;
    if text.starts_with(HEAD) { Ok(text) } else { Err(NoteError::NotANote) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use secrecy::SecretBox;
    use transparency_log::SigningKey;
    use types::PrivacyRequestId;

    use super::*;

    #[test]
    fn a_certificate_is_checked_with_the_public_key_alone_and_one_that_was_changed_is_none() {
        let asked_at = DateTime::UNIX_EPOCH;
        let request = Request { id: PrivacyRequestId(uuid::Uuid::nil()), asked_at, runs_at: asked_at };
        let holdings = Holdings { events: 7, payments: 3, ..Holdings::default() };
        let text = text("kairos.example", &request, &holdings, (1, 2), asked_at + TimeDelta::days(14));
        let key = SigningKey::from_seed("kairos.example", &SecretBox::new(Box::new([3; 32]))).unwrap();
        let note = key.sign(&text);
        let keys = Keys::new(key.verifier().clone());
        assert_eq!(open_certificate(&note, &keys), Ok(text.as_str()));
        assert!(text.contains("events of calendars: 7") && text.contains("ids and states: 3"), "{text}");
        assert!(text.contains("they booked: 1") && text.contains("themselves: 2"), "{text}");
        assert!(open_certificate(&note.replace("calendars: 7", "calendars: 8"), &keys).is_err());
        assert!(open_certificate(&key.sign("something else\n"), &keys).is_err());
    }
}
