//! The sentences for every code there is. What happened, what it means, what was kept, what to do.

use types::{CapacityLevel, HealthReason, HealthWords, Notice, Provider, Rule};

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
            "Disconnected here, but the provider could not be told.",
            "Kairos holds no key to your calendar any more. The provider may still list Kairos as allowed.",
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

/// What an incident means, and what usually helps: two sentences for whoever is woken by it.
pub const fn incident_meaning(rule: Rule) -> &'static str {
    match rule {
        Rule::RefusedSignInsOfAccount => {
            "Somebody guesses at the password of one account. Nobody got in by it so far: if they do, that is an incident of its own. Block the address in the evidence, or have the person set a second factor."
        }
        Rule::RefusedSignInsFromAddress => {
            "Somebody tries passwords from one place, of one account or of many. Block the address. Evidence that names a person is about an account that is there; the rest was made up."
        }
        Rule::RefusedSignInsOverall => {
            "Passwords that leaked elsewhere are being tried, each from another place. No single block helps: look in the evidence for accounts that were entered, and tell people to set a second factor."
        }
        Rule::SignInAfterRefusals => {
            "After wrong passwords a right one came, from a browser that was never seen before: the account is probably taken over. Lock it or force a new password, and ask the person by another way whether it was them."
        }
        Rule::RefusedCodesOfAccount => {
            "Somebody has the password and guesses at the code. Force a new password; the second factor has held so far."
        }
        Rule::NewBrowsersOfAccount => {
            "One account was entered from several browsers that were not known, within an hour. Either the person moves through many devices, or the password is shared. Ask them; end the sessions if it was not them."
        }
        Rule::SessionInTwoPlaces => {
            "One session went back and forth between two networks within minutes. A phone between two networks does that now and then; a stolen session does it all the time. End the sessions: whoever is who they say signs in again."
        }
        Rule::SessionPlanted => {
            "Somebody signed in on a browser that held a session of this account, begun elsewhere. Whoever planted it hoped that the sign-in would end up in it. It did not: every sign-in gets a session of its own. End the sessions of this account, and look at what else it did."
        }
        Rule::EndedKeyUsed => {
            "A key that was ended, or a token of it, was used: somebody else has it. Nothing was answered. Find out where it leaked, and end the person’s other keys if they were kept in the same place."
        }
        Rule::GuessedKeys => {
            "Keys that do not exist are being tried from one place. They cannot be guessed, but nobody honest tries. Block the address."
        }
        Rule::OauthStateMisused => {
            "Ways back from a provider were used twice, or by somebody who did not begin them. That is how a stranger’s calendar is put into an account, or an account’s into a stranger’s. Nothing was connected. End the sessions of the account."
        }
        Rule::ForgedWebhooks => {
            "Messages that pretend to come from a provider are being sent to this server. None was taken. Block the address; if it is the provider’s own, the path token of the webhooks has changed."
        }
        Rule::DeadLinks => {
            "Links from mails are being used again, or made up, from one place. None of them works. Somebody may be reading somebody else’s mail: look in the audit log for resets at that time."
        }
        Rule::Probing => {
            "One account asks again and again for what it may not see. It saw nothing. Lock the account, or end its keys if it was a program."
        }
        Rule::UnusualVolume => {
            "Far more was asked from one place than may be. Nothing was given beyond the limit. Look for a program that went wrong, or a key that leaked; block the address if neither."
        }
        Rule::MassExport => {
            "One admin took the whole audit log several times within an hour. If they do not know why, somebody else has their session: end it, and lock the account."
        }
        Rule::ConnectionReported => {
            "The person saw something on a connection of theirs that was not them. Give the provider’s tokens back, and ask them to look at the account at the provider."
        }
        Rule::AuditLogChanged => {
            "What is in the audit log is not what was signed. Keep a copy of the database as it is before anything else, export the log, and compare it with the checkpoints that were kept elsewhere."
        }
        Rule::OverdueRequests => {
            "Somebody asked about what is kept of them, and the month that the law gives is over. The page of requests says who, and what it waits for. Answer it, and write down why it took longer."
        }
        Rule::OverdueSecrets => {
            "A secret of this installation is older than it may be. Nothing is wrong with it that is known; the longer it is used, the more hands it may have passed through. The page of keys says which, and how it is changed."
        }
        Rule::UnreadableValues => {
            "Something that is encrypted does not open any more: a key is missing, or a value was changed. The page of keys names each. Whoever it belongs to cannot use it; add the key, or restore it from a copy."
        }
    }
}

/// A measure of an incident’s timeline, in words.
pub fn measure(detail: &serde_json::Value) -> String {
    let text = |name: &str| detail[name].as_str().unwrap_or_default();
    let provider = text("provider").parse::<Provider>().map_or("a provider", Provider::label);
    let hours = detail["hours"].as_i64().unwrap_or_default();
    let ended = detail["ended"].as_i64().unwrap_or_default();
    match text("measure") {
        "block_address" => format!("Address blocked for {}", crate::format::counted(hours, "hour", "hours")),
        "block_network" => format!("Network {} blocked for {}", text("network"), crate::format::counted(hours, "hour", "hours")),
        "lift_block" => "Block lifted".to_owned(),
        "end_sessions" => format!("{} ended", crate::format::counted(ended, "session", "sessions")),
        "end_api_keys" => format!("{} ended", crate::format::counted(ended, "API key", "API keys")),
        "disconnect" => match detail["not_revoked"].as_i64().unwrap_or_default() {
            0 => format!("Connections at {provider} removed, tokens given back"),
            count => format!(
                "Connections at {provider} removed; {} could not be told to forget them: the person takes them back there",
                crate::format::counted(count, "grant", "grants")
            ),
        },
        "force_reset" => "New password forced".to_owned(),
        "lock" => "Account locked".to_owned(),
        "unlock" => "Account unlocked".to_owned(),
        "isolate" => format!("{provider} isolated"),
        "rejoin" => format!("{provider} is asked again"),
        other => other.replace('_', " "),
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
