//! What the Google stand-in remembers.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::data::{self, Account, Calendar, EventDraft};
use super::id_token::IdTokenFault;
use super::watch::Channel;
use crate::push::Push;
use crate::{SandboxClock, opaque};

/// Live refresh tokens per account and client; one more and the oldest dies without a word.
const LIVE_TOKENS: usize = 100;

/// A code that waits to be exchanged.
pub(super) struct Code {
    pub account: String,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: String,
    pub offline: bool,
    pub expires_at: DateTime<Utc>,
    pub used: bool,
}

/// A refresh token.
pub(super) struct Refresh {
    pub account: String,
    pub scopes: Vec<String>,
    pub issued_at: DateTime<Utc>,
    pub order: u64,
}

/// An access token.
pub(super) struct Access {
    pub account: String,
    pub scopes: Vec<String>,
    pub expires_at: DateTime<Utc>,
}

/// The stand-in's memory.
pub struct GoogleState {
    now: Box<dyn Fn() -> DateTime<Utc> + Send>,
    /// Who signs ID tokens.
    pub(super) issuer: String,
    pub(super) redirect_urls: Vec<String>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) access: HashMap<String, Access>,
    pub(crate) channels: HashMap<String, Channel>,
    /// Messages on their way.
    pub(crate) pushes: Vec<Push>,
    /// Sync tokens of an older epoch are stale.
    pub(super) epoch: u64,
    /// Counts changes; every event carries the count at its last change.
    pub(super) sequence: u64,
    issued: u64,
    /// Items per page, whatever was asked for.
    pub page_size: Option<usize>,
    /// What is wrong with the ID tokens it gives.
    pub id_token_fault: Option<IdTokenFault>,
    /// Refresh tokens die after seven days.
    pub testing_mode: bool,
    /// Calendars that are left out, by account.
    hidden: Vec<(String, Calendar)>,
}

impl GoogleState {
    pub(crate) fn new(issuer: String, redirect_urls: Vec<String>, clock: &SandboxClock) -> Self {
        let now = clock.now();
        let clock = clock.clone();
        let mut state = Self {
            now: Box::new(move || clock.now()),
            issuer,
            redirect_urls,
            accounts: BTreeMap::new(),
            codes: HashMap::new(),
            refresh: HashMap::new(),
            access: HashMap::new(),
            channels: HashMap::new(),
            pushes: Vec::new(),
            epoch: 0,
            sequence: 0,
            issued: 0,
            page_size: None,
            id_token_fault: None,
            testing_mode: false,
            hidden: Vec::new(),
        };
        for account in data::accounts(now) {
            state.accounts.insert(account.email.clone(), account);
        }
        state
    }

    /// Lets another callback be used, as one registers it in Google's console.
    pub fn register_redirect(&mut self, url: &str) {
        self.redirect_urls.push(url.to_owned());
    }

    /// Every access token is refused from now on.
    pub fn expire_access_tokens(&mut self) {
        self.access.clear();
    }

    /// The person withdraws consent in their account: everything granted to the client dies.
    pub fn revoke_account(&mut self, account: &str) {
        self.refresh.retain(|_, token| token.account != account);
        self.access.retain(|_, token| token.account != account);
    }

    /// Every sync token handed out so far is answered with 410.
    pub fn expire_sync_tokens(&mut self) {
        self.epoch += 1;
    }

    /// A calendar is left out of the list, and cannot be read, until [`GoogleState::show_calendars`].
    pub fn hide_calendar(&mut self, account: &str, calendar: &str) {
        let Some(calendars) = self.accounts.get_mut(account).map(|account| &mut account.calendars) else { return };
        if let Some(place) = calendars.iter().position(|entry| entry.id == calendar) {
            self.hidden.push((account.to_owned(), calendars.remove(place)));
        }
    }

    /// What was hidden is there again.
    pub fn show_calendars(&mut self) {
        for (account, calendar) in self.hidden.drain(..) {
            if let Some(account) = self.accounts.get_mut(&account) {
                account.calendars.push(calendar);
            }
        }
    }

    /// Whether the account has a grant that works.
    pub fn has_grant(&self, account: &str) -> bool {
        self.refresh.values().any(|token| token.account == account)
    }

    /// Adds an event; the answer is its id.
    pub fn add_event(&mut self, account: &str, calendar: &str, draft: EventDraft) -> Option<String> {
        self.sequence += 1;
        let id = format!("made{}", self.sequence);
        let entry = self.accounts.get_mut(account)?.calendars.iter_mut().find(|entry| entry.id == calendar)?;
        entry.events.insert(id.clone(), draft.into_event(&id, self.sequence));
        self.push(calendar);
        Some(id)
    }

    /// Cancels an event.
    pub fn cancel_event(&mut self, account: &str, calendar: &str, id: &str) {
        self.sequence += 1;
        let sequence = self.sequence;
        let event = self
            .accounts
            .get_mut(account)
            .and_then(|account| account.calendars.iter_mut().find(|entry| entry.id == calendar)?.events.get_mut(id));
        if let Some(event) = event {
            event.cancelled = true;
            event.sequence = sequence;
        }
        self.push(calendar);
    }

    /// Tells whoever watches the calendar; those whose channel has run out are told nothing.
    fn push(&mut self, calendar: &str) {
        let now = (self.now)();
        let watching = self.channels.iter_mut().filter(|(_, channel)| channel.calendar == calendar && channel.expires_at > now);
        self.pushes.extend(watching.map(|(id, channel)| channel.message(id, "exists")));
    }

    /// The secrets of every channel.
    pub fn channel_secrets(&self) -> Vec<String> {
        self.channels.values().map(|channel| channel.token.clone()).collect()
    }

    /// When each channel of the account runs out, the next first.
    pub fn channels(&self, account: &str) -> Vec<DateTime<Utc>> {
        let of_account = self.channels.values().filter(|channel| channel.account == account);
        let mut ends: Vec<_> = of_account.map(|channel| channel.expires_at).collect();
        ends.sort();
        ends
    }

    /// Deletes a whole calendar.
    pub fn delete_calendar(&mut self, account: &str, calendar: &str) {
        if let Some(account) = self.accounts.get_mut(account) {
            account.calendars.retain(|entry| entry.id != calendar);
        }
    }

    /// An account with `count` events of an hour each, for measurements.
    pub fn add_large_account(&mut self, email: &str, count: usize, now: DateTime<Utc>) {
        self.accounts.insert(email.to_owned(), data::large_account(email, count, now));
    }

    pub(super) fn issue_refresh(&mut self, account: &str, scopes: &[String], now: DateTime<Utc>) -> String {
        self.issued += 1;
        let live: Vec<(u64, String)> =
            self.refresh.iter().filter(|(_, token)| token.account == account).map(|(text, token)| (token.order, text.clone())).collect();
        if live.len() >= LIVE_TOKENS
            && let Some((_, oldest)) = live.into_iter().min()
        {
            self.refresh.remove(&oldest);
        }
        let text = opaque("1//0", 48 + usize::try_from(self.issued % 13).unwrap_or_default());
        self.refresh
            .insert(text.clone(), Refresh { account: account.to_owned(), scopes: scopes.to_vec(), issued_at: now, order: self.issued });
        text
    }

    pub(super) fn issue_access(&mut self, account: &str, scopes: &[String], now: DateTime<Utc>) -> String {
        self.issued += 1;
        let text = opaque("ya29.", 90 + usize::try_from(self.issued % 17).unwrap_or_default());
        let expires_at = now + TimeDelta::seconds(3599);
        self.access.insert(text.clone(), Access { account: account.to_owned(), scopes: scopes.to_vec(), expires_at });
        text
    }

    /// The account and scopes behind an access token that lives.
    pub(super) fn bearer(&self, text: &str, now: DateTime<Utc>) -> Option<(&str, &[String])> {
        let token = self.access.get(text).filter(|token| token.expires_at > now)?;
        Some((&token.account, &token.scopes))
    }
}
