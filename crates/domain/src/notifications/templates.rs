//! The words of each mail. Plain text; the subject says what it is about before it is opened.

use providers::mail::Mail;
use types::{HealthReason, HealthWords, Rule};

use crate::jobs::SignInChange;

/// Which mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template<'a> {
    /// Confirms the address at sign-up.
    VerifyEmail {
        /// The link.
        link: &'a str,
    },
    /// Sets a new password.
    ResetPassword {
        /// The link.
        link: &'a str,
    },
    /// An admin ended the password.
    ResetForced {
        /// The link.
        link: &'a str,
        /// Where another link is asked for.
        forgot: &'a str,
    },
    /// A connection needs the person.
    BrokenConnection {
        /// The account's name.
        account: &'a str,
        /// The provider's name.
        provider: &'a str,
        /// Why, and what to do.
        words: HealthWords,
        /// Whether only they can mend it.
        needs_person: bool,
        /// How many days ago it broke.
        days: i64,
        /// The page that mends it.
        link: &'a str,
    },
    /// The password was changed.
    PasswordChanged {
        /// The page for a new password.
        forgot: &'a str,
    },
    /// A second factor was changed.
    SignInChanged {
        /// How.
        change: SignInChange,
        /// The page about it.
        link: &'a str,
    },
    /// A key for programs was made.
    ApiKeyMade {
        /// The page of keys.
        link: &'a str,
    },
    /// An account at Calendly cannot be read until its builder does something.
    BrokenCalendly {
        /// The page that says what.
        link: &'a str,
    },
    /// A browser signed in for the first time.
    NewBrowser {
        /// What it is.
        program: &'a str,
        /// The network it came from.
        network: &'a str,
        /// The page of sessions.
        page: &'a str,
        /// The page for a new password.
        forgot: &'a str,
    },
    /// A signed head of the audit log, to be kept.
    Checkpoint {
        /// The name of the log.
        origin: &'a str,
        /// How many entries it has.
        size: u64,
        /// The head itself.
        note: &'a str,
        /// The page of the log.
        link: &'a str,
    },
    /// An incident was opened.
    Incident {
        /// What it is called.
        name: &'a str,
        /// How bad it is.
        severity: &'a str,
        /// What was found.
        what: &'a str,
        /// How often.
        found: i64,
        /// The page of it.
        link: &'a str,
    },
    /// The archive that somebody asked for is ready.
    ArchiveReady {
        /// Where it is fetched.
        link: &'a str,
    },
    /// Somebody asked to be forgotten.
    ErasureAsked {
        /// When it is done.
        until: &'a str,
        /// Where it is taken back, also signed out.
        link: &'a str,
        /// The page of sessions.
        page: &'a str,
    },
    /// They took it back.
    ErasureCancelled {
        /// The page of sessions.
        page: &'a str,
    },
    /// Somebody signed up with an address that has an account.
    AlreadySignedUp {
        /// The sign-in page.
        sign_in: &'a str,
        /// The page for a new password.
        forgot: &'a str,
    },
}

/// One sample of each, for the test that no mail was forgotten.
pub const SAMPLES: &[Template<'static>] = &[
    Template::VerifyEmail { link: "https://kairos.example/verify?token=sample" },
    Template::ResetPassword { link: "https://kairos.example/reset?token=sample" },
    Template::ResetForced { link: "https://kairos.example/reset?token=sample", forgot: "https://kairos.example/forgot" },
    Template::BrokenConnection {
        account: "noor@example.com",
        provider: "Google",
        words: HealthReason::ConsentWithdrawn.words(),
        needs_person: true,
        days: 3,
        link: "https://kairos.example/app/settings/connections/sample",
    },
    Template::BrokenConnection {
        account: "noor@example.com",
        provider: "CalDAV",
        words: HealthReason::ProviderDown.words(),
        needs_person: false,
        days: 0,
        link: "https://kairos.example/app/settings/connections/sample",
    },
    Template::PasswordChanged { forgot: "https://kairos.example/forgot" },
    Template::SignInChanged { change: SignInChange::Added, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::Removed, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::PasskeyAdded, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::PasskeyRemoved, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::AllRemoved, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::GoogleLinked, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::GoogleUnlinked, link: "https://kairos.example/app/settings/security" },
    Template::SignInChanged { change: SignInChange::CodesRenewed, link: "https://kairos.example/app/settings/security" },
    Template::BrokenCalendly { link: "https://kairos.example/builder/connect" },
    Template::ApiKeyMade { link: "https://kairos.example/app/settings/security/keys" },
    Template::NewBrowser {
        program: "Firefox on Linux",
        network: "203.0.113.0/24",
        page: "https://kairos.example/app/settings/security",
        forgot: "https://kairos.example/forgot",
    },
    Template::Checkpoint {
        origin: "kairos.example",
        size: 1_204_331,
        note: "kairos.example\n1204331\nsample\n\n\u{2014} kairos.example sample\n",
        link: "https://kairos.example/admin/audit",
    },
    Template::Incident {
        name: "INC-14",
        severity: "high",
        what: Rule::RefusedSignInsFromAddress.words(),
        found: 48,
        link: "https://kairos.example/admin/incidents/sample",
    },
    Template::ArchiveReady { link: "https://kairos.example/app/settings/privacy" },
    Template::ErasureAsked {
        until: "8 December 2026, 10:00 UTC",
        link: "https://kairos.example/privacy/requests/sample",
        page: "https://kairos.example/app/settings/security",
    },
    Template::ErasureCancelled { page: "https://kairos.example/app/settings/security" },
    Template::AlreadySignedUp { sign_in: "https://kairos.example/sign-in", forgot: "https://kairos.example/forgot" },
];

impl Template<'_> {
    /// The mail to `to`, who is called `name` if that is known to be theirs.
    pub fn write(self, to: String, name: Option<&str>) -> Mail {
        let (subject, body) = match self {
            Self::VerifyEmail { link } => (
                "Confirm your address for Kairos",
                format!(
                    "this address was used to sign up for Kairos. Confirm it within 24 hours, then sign in:\n\n{link}\n\nIf it was not you, do nothing: without this link nobody gets in."
                ),
            ),
            Self::ResetPassword { link } => (
                "Set a new password for Kairos",
                format!(
                    "somebody asked for a new password for this address. The link works once, for 30 minutes:\n\n{link}\n\nSetting a new password signs you out everywhere. If it was not you, do nothing: your password stays as it is."
                ),
            ),
            Self::ResetForced { link, forgot } => (
                "Your Kairos password has ended: set a new one",
                format!(
                    "whoever runs this Kairos ended your password, because somebody else may know it. You are signed out everywhere. Set a new one, not the one before; the link works once, for 30 minutes:\n\n{link}\n\nLater, ask for another link here:\n\n{forgot}\n\nIf it was not you who signed in lately from somewhere new, tell whoever runs this installation."
                ),
            ),
            Self::BrokenConnection { account, provider, words: HealthWords { happened, means, kept, next }, needs_person, days, link } => {
                let (subject, page) = if needs_person {
                    ("A calendar needs you", "This page mends it:")
                } else {
                    ("A calendar cannot be read", "This page shows how it stands:")
                };
                let since = match days {
                    0 => String::new(),
                    1 => " It has been so for a day.".to_owned(),
                    days => format!(" It has been so for {days} days."),
                };
                (
                    subject,
                    format!(
                        "Kairos cannot read {account} at {provider} any more.{since}\n\nWhat happened: {happened}\nWhat it means: {means}\nWhat was kept: {kept}\nWhat to do: {next}\n\n{page}\n{link}\n\nIf it was not you who changed something at {provider}, say so on the same page. You get this mail on the day it breaks and on days 3, 7 and 14, and none after it is mended."
                    ),
                )
            }
            Self::PasswordChanged { forgot } => (
                "Your Kairos password was changed",
                format!(
                    "your password was changed a moment ago, by somebody who knew the old one. Every other session was signed out.\n\nIf it was not you, set a new one now; that signs out whoever did it:\n\n{forgot}"
                ),
            ),
            Self::SignInChanged { change, link } => {
                let (subject, what) = match change {
                    SignInChange::Added => (
                        "An authenticator app was added",
                        "from now on a code of your authenticator app is asked for when you sign in to Kairos. Keep the recovery codes where you find them without your phone.",
                    ),
                    SignInChange::Removed => (
                        "Your authenticator app was removed",
                        "codes of your authenticator app are asked for no more when you sign in to Kairos. If you have no passkey either, your password alone is enough again, and the recovery codes work no more.",
                    ),
                    SignInChange::PasskeyAdded => (
                        "A passkey was added to your account",
                        "a passkey was added to your Kairos account. Whoever holds it signs in without your password.",
                    ),
                    SignInChange::PasskeyRemoved => (
                        "A passkey was removed from your account",
                        "a passkey was removed from your Kairos account, and opens it no more. If it was the last one and you have no authenticator app, your password alone is enough again.",
                    ),
                    SignInChange::AllRemoved => (
                        "Your second factor was removed",
                        "whoever runs this installation of Kairos removed your authenticator app and your passkeys. Your password alone is enough again, the recovery codes work no more, and you were signed out everywhere.",
                    ),
                    SignInChange::GoogleLinked => (
                        "Google signs you in to Kairos now",
                        "an account at Google was linked to your Kairos account. Whoever is signed in to it there signs in here with it.",
                    ),
                    SignInChange::GoogleUnlinked => (
                        "Google does not sign you in to Kairos any more",
                        "the account at Google was unlinked from your Kairos account, and opens it no more.",
                    ),
                    SignInChange::CodesRenewed => (
                        "You have new recovery codes",
                        "new recovery codes were made for your Kairos account. Those of before work no more.",
                    ),
                };
                let rest = match change {
                    SignInChange::PasskeyAdded | SignInChange::GoogleLinked => {
                        "If it was not you, remove it on this page, which signs out everywhere else too. Then set another password:"
                    }
                    _ => "If it was not you, change your password and sign out everywhere else, on this page:",
                };
                (subject, format!("{what}\n\n{rest}\n\n{link}"))
            }
            Self::BrokenCalendly { link } => (
                "Calendly lets Kairos read your account no more",
                format!(
                    "Calendly refused to let Kairos read what you offer there. What was read before is kept, and it is tried again every half hour, but it needs you: what is wrong and what to do is on this page:\n\n{link}\n\nIf it was not you who connected it, disconnect it there and change your password."
                ),
            ),
            Self::ApiKeyMade { link } => (
                "An API key was made for your account",
                format!(
                    "a key was made with which a program can ask Kairos in your name. What it may read, and when it ends, is on this page:\n\n{link}\n\nIf it was not you, end it there, then change your password and sign out everywhere else."
                ),
            ),
            Self::NewBrowser { program, network, page, forgot } => (
                "A new browser signed in to Kairos",
                format!(
                    "{program} signed in to your account a moment ago, for the first time.\n\nNetwork: {network}\n\nIf it was you, do nothing. If it was not you, set a new password now; that signs out whoever it was, everywhere:\n\n{forgot}\n\nWhere you are signed in: {page}"
                ),
            ),
            Self::Checkpoint { origin, size, note, link } => (
                "Keep this checkpoint of the audit log",
                format!(
                    "this is the signed head of the audit log of {origin} at {size} entries. Keep it: with it anybody can show that nothing in the log was changed up to here, also if somebody should write the whole log anew. Save what stands between the lines as a file and give it to: kairos audit verify EXPORT --key KEY --checkpoint FILE\n\n-----\n{note}-----\n\nThe log: {link}\n\nIf it was not you who asked for these mails, tell whoever runs {origin}."
                ),
            ),
            Self::Incident { name, severity, what, found, link } => (
                "An incident was opened in Kairos",
                format!(
                    "{name}, {severity}: {what}. Counted so far: {found}.\n\nWhat was seen, and what can be done about it:\n\n{link}\n\nIf it was not you who asked for these mails, tell whoever runs this installation."
                ),
            ),
            Self::ArchiveReady { link } => (
                "Your copy of what Kairos keeps of you is ready",
                format!(
                    "the copy that you asked for is ready. Fetch it within seven days; it can be fetched once:\n\n{link}\n\nIf it was not you who asked, change your password: whoever did was signed in as you."
                ),
            ),
            Self::ErasureAsked { until, link, page } => (
                "Your Kairos account will be erased",
                format!(
                    "you asked for your account to be erased with everything in it. That is done on {until}. Until then one click takes it back, also without signing in:\n\n{link}\n\nKeep this link: when it is done, your certificate is there, and we will have no address to send it to.\n\nIf it was not you, take it back by the link above, then change your password and sign out everywhere else: {page}"
                ),
            ),
            Self::ErasureCancelled { page } => (
                "Your Kairos account stays",
                format!(
                    "the request to erase your account was taken back. Everything is as it was, but what was closed for booking stays closed until you open it again.\n\nIf it was not you, change your password and sign out everywhere else: {page}"
                ),
            ),
            Self::AlreadySignedUp { sign_in, forgot } => (
                "You already have a Kairos account",
                format!(
                    "somebody signed up for Kairos with this address, which already has an account. Nothing was changed.\n\nSign in: {sign_in}\nForgot your password: {forgot}\n\nIf it was not you, do nothing."
                ),
            ),
        };
        let greeting = name.map_or_else(|| "Hello".to_owned(), |name| format!("Hello {name}"));
        Mail { to, subject: subject.to_owned(), text: format!("{greeting},\n\n{body}\n\nKairos"), attachment: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_names_its_reader_and_says_what_happens_if_it_was_not_them() {
        for sample in SAMPLES {
            let mail = sample.write("noor@example.com".to_owned(), Some("Noor"));
            assert!(mail.text.starts_with("Hello Noor,"), "{sample:?}");
            assert!(mail.text.contains("If it was not you"), "{sample:?}");
            assert!(mail.text.contains("https://kairos.example/"), "{sample:?}");
            assert!((10..70).contains(&mail.subject.len()), "{sample:?}");
        }
    }
}
