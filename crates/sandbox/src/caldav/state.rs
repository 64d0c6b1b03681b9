//! What the CalDAV stand-in remembers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::data::{self, Calendar, Resource};

/// The stand-in's memory: one account.
pub struct CaldavState {
    pub(super) password: String,
    /// The port of the partition the account lives on.
    pub(crate) partition: u16,
    pub(super) calendars: BTreeMap<String, Calendar>,
    /// Sync tokens of an older epoch are stale.
    pub(super) epoch: u64,
    /// Counts changes; every resource carries the count at its last change.
    pub(super) sequence: u64,
    /// Members per answer to `sync-collection`, the rest under 507.
    pub page_size: Option<usize>,
    /// Members of a multiget that are answered with 503.
    pub broken_members: u32,
    /// Members of a multiget that are not answered at all.
    pub silent_members: u32,
    /// Requests that are refused although the password is right.
    pub moody_refusals: u32,
}

impl CaldavState {
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        Self {
            password: data::APP_PASSWORD.to_owned(),
            partition: 0,
            calendars: data::calendars(now),
            epoch: 0,
            sequence: 0,
            page_size: None,
            broken_members: 0,
            silent_members: 0,
            moody_refusals: 0,
        }
    }

    /// The person changes their Apple Account password: every app password ends. The answer is a new one.
    pub fn end_app_passwords(&mut self) -> String {
        "zyxw-vuts-rqpo-nmlk".clone_into(&mut self.password);
        self.password.clone()
    }

    /// The app password of the beginning works again.
    pub fn restore_app_password(&mut self) {
        data::APP_PASSWORD.clone_into(&mut self.password);
    }

    /// Every sync token handed out so far is refused with `valid-sync-token`.
    pub fn expire_sync_tokens(&mut self) {
        self.epoch += 1;
    }

    /// Puts an event into the main calendar; the answer is its resource.
    pub fn add_event(&mut self, title: &str, starts_at: DateTime<Utc>, minutes: i64) -> String {
        self.sequence += 1;
        let name = format!("made{}.ics", self.sequence);
        let ends_at = starts_at + TimeDelta::minutes(minutes);
        let form = "%Y%m%dT%H%M%SZ";
        let body = format!("DTSTART:{}\r\nDTEND:{}\r\nSUMMARY:{title}\r\n", starts_at.format(form), ends_at.format(form));
        let resource = Resource { text: data::object(&name, &body), sequence: self.sequence, deleted: false };
        if let Some(calendar) = self.calendars.get_mut(data::MAIN) {
            calendar.resources.insert(name.clone(), resource);
        }
        name
    }

    /// Puts an invitation into the main calendar that its owner declined under one of the account's addresses.
    pub fn add_declined(&mut self, title: &str, starts_at: DateTime<Utc>, minutes: i64) -> String {
        let name = self.add_event(title, starts_at, minutes);
        if let Some(resource) = self.calendars.get_mut(data::MAIN).and_then(|calendar| calendar.resources.get_mut(&name)) {
            let attendee = format!("ATTENDEE;PARTSTAT=DECLINED:mailto:{}\r\nEND:VEVENT", data::ADDRESS);
            resource.text = resource.text.replace("END:VEVENT", &attendee);
        }
        name
    }

    /// Deletes a resource of the main calendar.
    pub fn delete_event(&mut self, name: &str) {
        self.sequence += 1;
        let sequence = self.sequence;
        if let Some(resource) = self.calendars.get_mut(data::MAIN).and_then(|calendar| calendar.resources.get_mut(name)) {
            (resource.deleted, resource.sequence) = (true, sequence);
        }
    }

    /// Deletes the calendar that is not the main one.
    pub fn delete_other_calendar(&mut self) {
        self.calendars.remove(data::OTHER);
    }

    pub(super) fn token(&self) -> String {
        format!("http://sandbox.invalid/sync/{}/{}", self.epoch, self.sequence)
    }

    /// The count behind a token; `None`: not one of this epoch.
    pub(super) fn since(&self, token: &str) -> Option<u64> {
        let (epoch, sequence) = token.strip_prefix("http://sandbox.invalid/sync/")?.split_once('/')?;
        (epoch.parse() == Ok(self.epoch)).then(|| sequence.parse().ok())?
    }
}
