//! The sentences for every code there is. What happened, what it means, what was kept, what to do.

mod incidents;

use types::{CapacityLevel, HealthReason, HealthWords, Notice};

pub use incidents::{incident_meaning, measure};

/// A message in four short lines; success is one line alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// What happened.
    pub happened: &'static str,
    /// What it means, what was kept, what to do; none for a success.
    pub rest: Option<Rest>,
}

/// The other three lines of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// What it means.
    pub means: &'static str,
    /// What was kept.
    pub kept: &'static str,
    /// What to do.
    pub next: &'static str,
}

/// Why a builder gives money back, as it is kept and as they choose it.
pub const REFUND_REASONS: [(&str, &str); 4] =
    [("goodwill", "Goodwill"), ("quality", "It did not go as promised"), ("duplicate", "Paid twice"), ("agreed", "Agreed with the client")];

const fn done(happened: &'static str) -> Message {
    Message { happened, rest: None }
}

const fn failed(happened: &'static str, means: &'static str, kept: &'static str, next: &'static str) -> Message {
    Message { happened, rest: Some(Rest { means, kept, next }) }
}

const NOT_CONNECTED: &str = "The calendar is not connected. Your other connections are as they were.";
const NOTHING_STORED: &str = "Nothing was stored by this attempt.";

/// What a redirect wants to say.
pub const fn notice(notice: Notice) -> Message {
    match notice {
        Notice::Connected => done("Connected. Kairos is reading it for the first time; you can leave this page."),
        Notice::ConsentDenied => failed(
            "You declined on the provider’s page.",
            NOT_CONNECTED,
            NOTHING_STORED,
            "Connect again whenever you like and choose Allow.",
        ),
        Notice::ConsentPartial => failed(
            "The permission to read your calendars was left out.",
            "Without it Kairos cannot see when you are busy, so the calendar is not connected.",
            "Nothing was stored, and the part that was granted has been given back.",
            "Connect again and leave the calendar permission ticked.",
        ),
        Notice::StateUsed => failed(
            "This way back from the provider had been used before.",
            "That happens when a page is loaded twice or the Back button is pressed. Each way back works once.",
            "If the first visit connected your calendar, it is in the list below.",
            "If it is not in the list, connect again.",
        ),
        Notice::StateExpired => failed(
            "The way back from the provider took longer than 10 minutes.",
            "For your safety an attempt ends after 10 minutes. The calendar is not connected.",
            NOTHING_STORED,
            "Connect again.",
        ),
        Notice::StateForeign => failed(
            "This way back belongs to another session, or to none.",
            "Somebody may have sent you their link, or you signed in again meanwhile. Nothing was connected to your account.",
            NOTHING_STORED,
            "Connect from this page.",
        ),
        Notice::CodeRefused => failed(
            "The provider refused to complete the connection.",
            NOT_CONNECTED,
            NOTHING_STORED,
            "Connect again. If it happens twice, wait some minutes.",
        ),
        Notice::ProviderDown => failed(
            "The provider did not answer as it should.",
            "The connection could not be completed. This is on their side or on the way there.",
            NOTHING_STORED,
            "Connect again in a few minutes.",
        ),
        Notice::NotTried => failed(
            "The provider was not asked: it failed for several people a moment ago.",
            "Kairos gives it half a minute before it asks again. Nothing was sent, and the calendar is not connected.",
            NOTHING_STORED,
            "Connect again in a minute.",
        ),
        Notice::AdminPolicy => failed(
            "An administrator of your organisation does not allow this.",
            NOT_CONNECTED,
            NOTHING_STORED,
            "Ask your administrator to allow Kairos to read calendars, then connect again.",
        ),
        Notice::ClientRefused => failed(
            "The provider does not accept this installation of Kairos.",
            "Its client id or secret is wrong or was withdrawn. Nobody can connect until that is mended.",
            "Existing connections and everything read from them are kept.",
            "Tell whoever runs this installation.",
        ),
        Notice::NotConfigured => failed(
            "This provider is not set up on this installation.",
            "Nobody can connect to it here yet.",
            NOTHING_STORED,
            "Ask whoever runs this installation to set its client id and secret.",
        ),
        Notice::Disconnected => done("Disconnected. What was read from it is deleted, and the provider was told to forget Kairos."),
        Notice::DisconnectedNotRevoked => failed(
            "Disconnected here, but the provider was not told yet.",
            "Kairos reads nothing any more. As far as it can, it goes on telling the provider for a week, unless somebody here is still connected to the same account.",
            "Your other connections.",
            "Remove Kairos in the provider’s own security settings to be sure.",
        ),
        Notice::DisconnectedByPersonOnly => failed(
            "Disconnected here. Microsoft gives apps no way to hand a permission back.",
            "Kairos has deleted its tokens and can read nothing any more. Microsoft still lists Kairos among the apps you allowed.",
            "Your other connections.",
            "Remove Kairos at myapps.microsoft.com (work account) or account.live.com/consent/Manage (personal account).",
        ),
        Notice::StillConnecting => {
            done("The provider takes long to answer. Kairos goes on in the background; look at this page again in a minute.")
        }
        Notice::TooManyConsents => failed(
            "You went to your providers many times in a few minutes.",
            NOT_CONNECTED,
            NOTHING_STORED,
            "Wait ten minutes, then connect again.",
        ),
        Notice::TooManyConnections => failed(
            "You have twenty connections, which is as many as one person may have.",
            NOT_CONNECTED,
            NOTHING_STORED,
            "Disconnect one you no longer need, then connect again.",
        ),
        Notice::NoMailbox => failed(
            "This account has no mailbox at Microsoft, and so no calendar.",
            "That is so for guests, for accounts without a licence, and where mail is kept on a server of the organisation. The calendar is not connected.",
            NOTHING_STORED,
            "Connect the account whose calendar you use, or ask your administrator.",
        ),
        Notice::SyncQueued => done("Reading it now."),
        Notice::SyncTooSoon => done("It was read a moment ago. Try again in 15 seconds."),
        Notice::SyncTooMany => {
            done("You asked for twenty reads in ten minutes. Kairos goes on by itself every five minutes; ask again in a minute.")
        }
        Notice::Reported => done(
            "Reported. Whoever runs this installation sees it with its time. To be sure, disconnect this account and change its password.",
        ),
        Notice::ChoiceSaved => done("Saved. Newly chosen calendars are being read."),
        Notice::EmailVerified => done("Your address is confirmed. Sign in."),
        Notice::PasswordChanged => done(
            "Your password is set. Every session is over, and so is the address of your calendar feed if there was one. Sign in with the new password.",
        ),
        Notice::OwnPasswordChanged => done("Your password is changed. You are signed out everywhere else, and a mail says so."),
        Notice::SecondFactorRemoved => {
            done("Your authenticator app is removed, and a mail says so. Without a passkey your password alone is enough again.")
        }
        Notice::GoogleDeclined => done("You turned back at Google. Nothing was done."),
        Notice::GoogleDown => done("Google could not say who you are just now. Try again in a minute, or sign in another way."),
        Notice::GoogleRefused => {
            done("What came back from Google was not for a sign-in that this browser began, or came too late. Begin again.")
        }
        Notice::GoogleNotVerified => done("Google does not vouch for the address of that account, so it opens none here."),
        Notice::GoogleSignInFirst => done(
            "Google cannot let you in by that address alone. Sign in to the account you have here, or make one, then link Google on its Security page.",
        ),
        Notice::GoogleTaken => done(
            "That account at Google does not open your account here; it may open another. Choose the right one, or unlink it there first.",
        ),
        Notice::GoogleLastWay => done("Google is your only way in. Set a password by mail or add a passkey first, then unlink it."),
        Notice::AccountMade => done("Your account is made. Look whether time zone and working hours are yours, then connect a calendar."),
        Notice::GoogleLinked => done("Google signs you in now, and a mail says so."),
        Notice::GoogleUnlinked => done("Google does not sign you in any more, until you link it again here. A mail says so too."),
        Notice::BuilderPageSaved => done("Your page is saved."),
        Notice::SessionSaved => done("Saved. What was sold before stays as it was sold."),
        Notice::SessionOpened => done("It can be booked now."),
        Notice::SessionClosed => done("It cannot be booked any more. What was booked stays."),
        Notice::BookingCancelled => done("It is cancelled. What comes back is said below, and in a mail."),
        Notice::RefundAsked => done("The money is on its way back. How it stands is said below."),
        Notice::NotNow => {
            done("That cannot be done to this booking now: it has changed since, or its time has not come. Nothing was changed.")
        }
        Notice::Noted => done("Noted."),
        Notice::Comparing => done(
            "Everything that is not over is being compared. What differs appears below as it is found; load the page again in a moment.",
        ),
        Notice::Compared => done("Compared with Stripe and Calendly. What differed is mended, and stands below."),
        Notice::CompareFailed => done("Stripe or Calendly does not answer just now. It is compared again by itself within minutes."),
        Notice::PaymentsDown => done("Stripe's page could not be opened just now. Your time stays held; try again in a minute."),
        Notice::ConsentTakenBack => done("Taken back. What was read by it is gone, and the provider was told where that can be done."),
        Notice::ArchiveAsked => done("Your copy is being written. You get a mail when it is ready."),
        Notice::ArchiveGone => failed(
            "This copy is not there any more.",
            "It was fetched already, or its seven days are over.",
            "What is kept of you is as it was.",
            "Ask for another one.",
        ),
        Notice::ErasureAsked => done("Your account will be erased in 14 days. A mail with the way back is on its way to you."),
        Notice::ErasureCancelled => done("Your account stays. What was closed for booking stays closed until you open it again."),
        Notice::ErasureBegun => done("That cannot be taken back any more, or there is nothing to take back."),
        Notice::CalendlyDeclined => failed(
            "You declined on Calendly’s page.",
            "Kairos cannot read what you offer there, so nothing can be sold yet.",
            NOTHING_STORED,
            "Connect again, and allow it there.",
        ),
        Notice::CalendlyTaken => failed(
            "This Calendly account belongs to another builder here.",
            "Two builders would sell the same hours.",
            NOTHING_STORED,
            "Sign in at Calendly with your own account, and connect again.",
        ),
        Notice::CalendlyScopes => failed(
            "Calendly did not let everything be read that is needed.",
            "A permission was left out there, or your plan or organization there forbids it.",
            NOTHING_STORED,
            "Connect again and allow everything that is listed.",
        ),
        Notice::CalendlyClientRefused => failed(
            "Calendly refuses this installation itself.",
            "Its client id or secret at Calendly is not right, which you cannot mend.",
            NOTHING_STORED,
            "Tell whoever runs it; until then a personal token works.",
        ),
        Notice::CalendlyDown => failed(
            "Calendly does not answer just now, or not as it promises.",
            "The account is not connected.",
            NOTHING_STORED,
            "Connect again in a few minutes.",
        ),
        Notice::CalendlyConnected => done("Your Calendly account is connected, and what you offer there was read."),
        Notice::CalendlyRead => done("Read."),
        Notice::CalendlyReadFailed => done("It was tried just now, and could not be read. What is wrong is said below."),
        Notice::CalendlyDisconnected => done(
            "Disconnected, and what was read is deleted here. A token that you made by hand still stands at Calendly: end it there too.",
        ),
        Notice::PasskeyAdded => done("Your passkey is added, and a mail says so."),
        Notice::PasskeyRemoved => done("The passkey is removed, and a mail says so. Take it out of your device or password manager too."),
        Notice::SecondFactorNeeded => done("These pages ask for a second factor. Add a passkey or an authenticator app below, then go on."),
        Notice::SignInAgain => done("That took too long. Sign in again."),
        Notice::SessionsEnded => done("Signed out there."),
        Notice::SignedOut => done("You are signed out."),
        Notice::SignInFirst => done("Sign in first, then you go on where you were."),
        Notice::FeedMade => done("Your calendar has a new address below. An older one has stopped working."),
        Notice::FeedEnded => done("The address has stopped working. Programs that still ask it get nothing."),
        Notice::ApiKeyEnded => done("The key is ended, and so are the tokens it was exchanged for."),
        Notice::SecretRevoked => done("It is revoked. Every server stops using it within seconds, whatever its configuration says."),
        Notice::AdministrationDone => done("Done. The audit log says who did it."),
        Notice::JobGone => done("That job was done or taken up in the meantime. Nothing was changed."),
        Notice::ProfileSaved => done("Saved."),
    }
}

/// Why a connection is not healthy.
pub const fn health(reason: HealthReason) -> (&'static str, Rest) {
    let HealthWords { happened, means, kept, next } = reason.words();
    (happened, Rest { means, kept, next })
}

/// Why an entry could not be read.
pub fn unreadable(reason: &str) -> &'static str {
    match reason {
        "missing_start" => "has no beginning",
        "invalid_time" => "has a beginning, end or length that is no time",
        "invalid_rule" => "repeats by a rule that cannot be followed",
        "unknown_zone" => "is in a time zone nobody knows",
        "too_many" => "repeats more often than is ever shown",
        _ => "is not an event",
    }
}

/// A capacity level in words.
pub const fn level(level: CapacityLevel) -> &'static str {
    match level {
        CapacityLevel::Default => "not known yet",
        CapacityLevel::Off => "day off",
        CapacityLevel::Full => "full",
        CapacityLevel::Low => "little room",
        CapacityLevel::Medium => "some room",
        CapacityLevel::High => "much room",
        CapacityLevel::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_and_every_reason_has_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for code in Notice::ALL {
            let message = notice(*code);
            assert!(message.happened.ends_with('.'), "{code}");
            assert!(seen.insert(message.happened), "{code} says what another says");
        }
        seen.clear();
        for reason in HealthReason::ALL {
            let (happened, rest) = health(*reason);
            assert!(seen.insert(happened), "{reason} says what another says");
            assert!(rest.next.ends_with('.') && rest.kept.ends_with('.'), "{reason}");
        }
    }

    #[test]
    fn no_sentence_apologises_or_exclaims() {
        for code in Notice::ALL {
            let text = format!("{:?}", notice(*code)).to_lowercase();
            for word in ["sorry", "oops", "!", "went wrong", "seamless"] {
                assert!(!text.contains(word), "{code}: {word}");
            }
        }
    }
}
