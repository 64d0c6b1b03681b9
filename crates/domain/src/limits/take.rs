//! Takes one of the number that a span has, or says how long to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use sqlx::postgres::types::PgInterval;

use crate::base::{Allowance, Deps, Left, Op, Settings, Tx};
use crate::vault::LookupHash;

/// What is limited. Each is a number per key within a span, which begins with the first that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Syncs that a person asks for, of all their connections together.
    SyncsOfPerson,
    /// Passwords a person tries at other people's servers.
    PasswordsOfPerson,
    /// Consents that a person begins at providers.
    ConsentsOfPerson,
    /// Passwords tried for one account from one address.
    SignInsAtAccountFromAddress,
    /// Passwords tried for one account from anywhere.
    SignInsAtAccount,
    /// Passwords tried from one address.
    SignInsFromAddress,
    /// Sign-ins with a passkey or at Google that one address begins.
    SignInsBegunFromAddress,
    /// Passwords tried for one account from a browser that signed in to it before.
    SignInsFromKnownDevice,
    /// Codes of the second factor that are tried for one person.
    CodesOfPerson,
    /// API keys from one address that are none.
    KeysFromAddress,
    /// Passwords that somebody who is signed in tries at their own account.
    PasswordsAtOwnAccount,
    /// Passwords tried at one account of somebody else's server, by anybody here.
    PasswordsAtServer,
    /// New passwords that one client has judged and hashed.
    NewPasswordsFromAddress,
    /// Sign-ups and mails with links that one client asks for, to whatever addresses.
    AccountMailsFromAddress,
    /// Mails with links that anybody can have sent to one address, each kind for itself.
    MailsToAddress,
    /// Pushes from one address that prove nothing.
    UnverifiedWebhooksFromAddress,
    /// Links from mails that are tried from one address.
    LinksFromAddress,
    /// Times that somebody at one address has held for them.
    HoldsFromAddress,
    /// Times that whoever has the link to a booking has Stripe asked about it.
    PaymentsOfBooking,
    /// Tokens that Calendly is asked for, of one builder: it gives eight a minute, and locks out who asks for more.
    CalendlyTokens,
    /// Times that pages ask Calendly for, of one event type.
    TimesOfEventType,
    /// What programs ask of `/api/*`: of one person together, or from one address without one.
    RequestsOfClient,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 22] = [
        Self::CalendlyTokens,
        Self::SyncsOfPerson,
        Self::PasswordsOfPerson,
        Self::SignInsAtAccountFromAddress,
        Self::SignInsAtAccount,
        Self::SignInsFromAddress,
        Self::SignInsFromKnownDevice,
        Self::PasswordsAtServer,
        Self::PasswordsAtOwnAccount,
        Self::CodesOfPerson,
        Self::NewPasswordsFromAddress,
        Self::ConsentsOfPerson,
        Self::AccountMailsFromAddress,
        Self::MailsToAddress,
        Self::UnverifiedWebhooksFromAddress,
        Self::KeysFromAddress,
        Self::LinksFromAddress,
        Self::SignInsBegunFromAddress,
        Self::HoldsFromAddress,
        Self::TimesOfEventType,
        Self::PaymentsOfBooking,
        Self::RequestsOfClient,
    ];

    /// How many, in how many minutes.
    fn rule(self, settings: &Settings) -> (i32, i32) {
        match self {
            Self::SyncsOfPerson | Self::ConsentsOfPerson => (20, 10),
            Self::PasswordsOfPerson => (10, 10),
            // As long as a hold lasts: nobody keeps a builder's week full without paying.
            Self::HoldsFromAddress => (10, 30),
            Self::SignInsAtAccountFromAddress | Self::SignInsFromKnownDevice | Self::PasswordsAtOwnAccount => (10, 15),
            Self::PasswordsAtServer | Self::AccountMailsFromAddress | Self::KeysFromAddress => (20, 60),
            // Wide enough that one place cannot use it up; where several do, the owner's own browsers are exempt from it.
            Self::SignInsAtAccount | Self::UnverifiedWebhooksFromAddress => (100, 60),
            Self::SignInsFromAddress | Self::NewPasswordsFromAddress | Self::LinksFromAddress | Self::SignInsBegunFromAddress => (100, 15),
            Self::MailsToAddress => (5, 60),
            // Of a million codes three are right at a time: who has the password needs more than a year to guess one, and is seen doing it.
            Self::CodesOfPerson => (5, 10),
            Self::PaymentsOfBooking => (20, 5),
            Self::TimesOfEventType | Self::CalendlyTokens => (5, 1),
            Self::RequestsOfClient => (settings.requests_per_minute, 1),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::SyncsOfPerson => "limit: syncs of person",
            Self::PasswordsOfPerson => "limit: passwords of person",
            Self::ConsentsOfPerson => "limit: consents of person",
            Self::NewPasswordsFromAddress => "limit: new passwords from address",
            Self::SignInsAtAccountFromAddress => "limit: sign-ins at account from address",
            Self::SignInsAtAccount => "limit: sign-ins at account",
            Self::SignInsFromAddress => "limit: sign-ins from address",
            Self::SignInsFromKnownDevice => "limit: sign-ins from known device",
            Self::PasswordsAtServer => "limit: passwords at server",
            Self::LinksFromAddress => "limit: links from address",
            Self::SignInsBegunFromAddress => "limit: sign-ins begun from address",
            Self::KeysFromAddress => "limit: keys from address",
            Self::PasswordsAtOwnAccount => "limit: passwords at own account",
            Self::CodesOfPerson => "limit: codes of person",
            Self::AccountMailsFromAddress => "limit: account mails from address",
            Self::MailsToAddress => "limit: mails to address",
            Self::UnverifiedWebhooksFromAddress => "limit: unverified webhooks from address",
            Self::HoldsFromAddress => "limit: holds from address",
            Self::PaymentsOfBooking => "limit: payments of booking",
            Self::TimesOfEventType => "limit: times of event type",
            Self::CalendlyTokens => "limit: calendly tokens",
            Self::RequestsOfClient => "limit: requests of client",
        }
    }
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too often; again in {} s", wait.as_secs())]
pub struct TooOften {
    /// When one may be taken again, in whole seconds.
    pub wait: Duration,
}

/// Takes one of `limit` for `key`. The outer error is the database's.
pub async fn take(deps: &Deps, op: &Op, limit: Limit, key: &[u8]) -> Result<Result<(), TooOften>, sqlx::Error> {
    let mut lent = deps.database.lend().await?;
    let taken = ask(&mut *lent, deps, op, limit, key).await?;
    lent.keep();
    Ok(taken)
}

/// The same for whoever sent the request, as far as that is known. Commands have no client.
pub async fn take_for_client(deps: &Deps, op: &Op, limit: Limit) -> Result<Result<(), TooOften>, sqlx::Error> {
    match op.address_pseudonym.as_deref() {
        Some(client) => take(deps, op, limit, client).await,
        None => Ok(Ok(())),
    }
}

/// The same in the transaction of what is limited: taken only if that is done.
pub(crate) async fn take_in(tx: &mut Tx, deps: &Deps, op: &Op, limit: Limit, key: &[u8]) -> Result<Result<(), TooOften>, sqlx::Error> {
    ask(&mut **tx, deps, op, limit, key).await
}

async fn ask(executor: impl PgExecutor<'_>, deps: &Deps, op: &Op, limit: Limit, key: &[u8]) -> Result<Result<(), TooOften>, sqlx::Error> {
    let rule = Rule::new(deps, limit, key);
    let row = sqlx::query!(
        r#"select remaining as "remaining!", resets_at as "resets_at!" from kairos_count($1, $2, $3, $4, 1)"#,
        &rule.bucket[..],
        deps.now(),
        rule.most,
        rule.span
    )
    .fetch_one(executor)
    .await?;
    Ok(rule.told(op, Left { remaining: row.remaining, resets_at: row.resets_at }, deps.now()))
}

/// A limit for one key.
pub(crate) struct Rule {
    limit: Limit,
    /// Where it is counted.
    pub bucket: LookupHash,
    /// How many are in a span.
    pub most: i32,
    /// How long a span is.
    pub span: PgInterval,
}

impl Rule {
    pub fn new(deps: &Deps, limit: Limit, key: &[u8]) -> Self {
        let (most, minutes) = limit.rule(&deps.settings);
        let span = PgInterval { months: 0, days: 0, microseconds: i64::from(minutes) * 60_000_000 };
        // Other buckets than those of before, which refilled evenly and whose replicas take an end of a span for one that is empty.
        Self { limit, bucket: deps.vault.lookup().hash(&format!("span, {}", limit.label()), key), most, span }
    }

    /// Notes for the reply what is left.
    pub fn told(&self, op: &Op, Left { remaining, resets_at }: Left, now: DateTime<Utc>) -> Result<(), TooOften> {
        let milliseconds = u64::try_from((resets_at - now).num_milliseconds()).unwrap_or_default();
        let resets_in = Duration::from_secs(milliseconds.div_ceil(1_000).max(1));
        let left = u32::try_from(remaining);
        op.allowances.note(Allowance { limit: self.most.unsigned_abs(), remaining: left.unwrap_or_default(), resets_in });
        if left.is_ok() {
            return Ok(());
        }
        metrics::counter!("limits_reached_total", "limit" => self.limit.label()).increment(1);
        Err(TooOften { wait: resets_in })
    }
}
