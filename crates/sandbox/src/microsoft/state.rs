//! What the Microsoft stand-in remembers.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::data::{self, Account, OutlookDraft};
use super::subscriptions::Subscription;
use crate::push::Push;
use crate::{SandboxClock, opaque};

/// A code that waits to be exchanged.
pub(super) struct Code {
    pub account: String,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    pub challenge: String,
    pub expires_at: DateTime<Utc>,
    pub used: bool,
}

/// A refresh token; using it makes a new one.
pub(super) struct Refresh {
    pub account: String,
    pub scopes: Vec<String>,
    pub used_at: DateTime<Utc>,
}

/// An access token.
pub(super) struct Access {
    pub account: String,
    pub expires_at: DateTime<Utc>,
}

/// The stand-in's memory.
pub struct MicrosoftState {
    now: Box<dyn Fn() -> DateTime<Utc> + Send>,
    pub(super) redirect_urls: Vec<String>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) access: HashMap<String, Access>,
    pub(crate) subscriptions: HashMap<String, Subscription>,
    /// Messages on their way.
    pub(crate) pushes: Vec<Push>,
    /// Delta tokens of an older epoch are stale.
    pub(super) epoch: u64,
    /// Counts changes; every event carries the count at its last change.
    pub(super) sequence: u64,
    /// Items per page, whatever was asked for.
    pub page_size: Option<usize>,
    /// The secret of the app has expired.
    pub secret_expired: bool,
    /// Using a refresh token kills it at once, which Microsoft does not promise not to do.
    pub strict_rotation: bool,
}

impl MicrosoftState {
    pub(crate) fn new(redirect_urls: Vec<String>, clock: &SandboxClock) -> Self {
        let accounts = data::accounts(clock.now()).into_iter().map(|account| (account.email.to_owned(), account)).collect();
        let clock = clock.clone();
        Self {
            now: Box::new(move || clock.now()),
            redirect_urls,
            accounts,
            codes: HashMap::new(),
            refresh: HashMap::new(),
            access: HashMap::new(),
            subscriptions: HashMap::new(),
            pushes: Vec::new(),
            epoch: 0,
            sequence: 0,
            page_size: None,
            secret_expired: false,
            strict_rotation: true,
        }
    }

    /// Lets another callback be used, as one registers it in the portal.
    pub fn register_redirect(&mut self, url: &str) {
        self.redirect_urls.push(url.to_owned());
    }

    /// Every access token is refused from now on.
    pub fn expire_access_tokens(&mut self) {
        self.access.clear();
    }

    /// The person removes the app, or changes their password: every token dies.
    pub fn revoke_account(&mut self, account: &str) {
        self.refresh.retain(|_, token| token.account != account);
        self.access.retain(|_, token| token.account != account);
    }

    /// Every delta token handed out so far is answered with `SyncStateNotFound`.
    pub fn expire_delta_tokens(&mut self) {
        self.epoch += 1;
    }

    /// How many refresh tokens of the account live.
    pub fn live_refresh_tokens(&self, account: &str) -> usize {
        self.refresh.values().filter(|token| token.account == account).count()
    }

    /// Adds an event to the account's main calendar; the answer is its id.
    pub fn add_event(&mut self, account: &str, draft: OutlookDraft) -> Option<String> {
        self.sequence += 1;
        let (id, sequence) = (format!("made{}", self.sequence), self.sequence);
        self.accounts.get_mut(account)?.calendars.first_mut()?.put(&id, draft, sequence);
        self.push(account, &id);
        Some(id)
    }

    /// Ids of the occurrences of a series in the account's main calendar.
    pub fn occurrences(&self, account: &str, series: &str) -> Vec<String> {
        let calendar = self.accounts.get(account).and_then(|account| account.calendars.first());
        let of_series =
            calendar.into_iter().flat_map(|calendar| &calendar.events).filter(|(_, event)| event.stub_of.as_deref() == Some(series));
        of_series.map(|(id, _)| id.clone()).collect()
    }

    /// Deletes an event of the account's main calendar.
    pub fn delete_event(&mut self, account: &str, id: &str) {
        self.sequence += 1;
        let sequence = self.sequence;
        let Some(calendar) = self.accounts.get_mut(account).and_then(|account| account.calendars.first_mut()) else { return };
        let series = calendar.events.get(id).and_then(|event| event.stub_of.clone());
        if let Some(series) = series {
            // An occurrence goes without a word; its series is what has changed.
            calendar.events.remove(id);
            let others =
                calendar.events.values_mut().filter(|event| event.stub_of.as_ref() == Some(&series) || event.body["id"] == *series);
            others.for_each(|event| event.sequence = sequence);
        } else if let Some(event) = calendar.events.get_mut(id) {
            event.deleted = true;
            event.sequence = sequence;
        }
        self.push(account, id);
    }

    /// Tells whoever subscribed to the account's main calendar; those whose subscription has run out are told nothing.
    fn push(&mut self, account: &str, event: &str) {
        let now = (self.now)();
        let Some(calendar) = self.accounts.get(account).and_then(|account| account.calendars.first()) else { return };
        let resource = format!("/me/calendars/{}/events", calendar.id);
        let subscribed = self.subscriptions.iter().filter(|(_, entry)| entry.resource == resource && entry.expires_at > now);
        self.pushes.extend(subscribed.map(|(id, subscription)| subscription.change(id, event)));
    }

    /// Tells every subscriber of the account something about the subscription itself; `subscriptionRemoved` also ends it.
    pub fn push_lifecycle(&mut self, account: &str, event: &str) {
        let of_account = self.subscriptions.iter().filter(|(_, subscription)| subscription.account == account);
        self.pushes.extend(of_account.map(|(id, subscription)| subscription.lifecycle(id, event)));
        if event == "subscriptionRemoved" {
            self.subscriptions.retain(|_, subscription| subscription.account != account);
        }
    }

    /// The subscriptions of the account end without a word.
    pub fn lose_subscriptions(&mut self, account: &str) {
        self.subscriptions.retain(|_, subscription| subscription.account != account);
    }

    /// When each subscription of the account runs out, the next first.
    pub fn subscriptions(&self, account: &str) -> Vec<DateTime<Utc>> {
        let of_account = self.subscriptions.values().filter(|subscription| subscription.account == account);
        let mut ends: Vec<_> = of_account.map(|subscription| subscription.expires_at).collect();
        ends.sort();
        ends
    }

    /// Takes the mailbox away, as an administrator does with a licence.
    pub fn remove_mailbox(&mut self, account: &str) {
        if let Some(account) = self.accounts.get_mut(account) {
            account.has_mailbox = false;
        }
    }

    pub(super) fn issue(&mut self, account: &str, scopes: &[String], now: DateTime<Utc>) -> (String, Option<String>) {
        let access = opaque("EwB", 300);
        self.access.insert(access.clone(), Access { account: account.to_owned(), expires_at: now + TimeDelta::minutes(75) });
        let refresh = scopes.iter().any(|scope| scope == "offline_access").then(|| {
            let text = opaque("M.C5", 120);
            self.refresh.insert(text.clone(), Refresh { account: account.to_owned(), scopes: scopes.to_vec(), used_at: now });
            text
        });
        (access, refresh)
    }

    /// The account behind an access token that lives.
    pub(super) fn bearer(&self, text: &str, now: DateTime<Utc>) -> Option<&Account> {
        let token = self.access.get(text).filter(|token| token.expires_at > now)?;
        self.accounts.get(&token.account)
    }
}
