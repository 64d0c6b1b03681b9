//! Suspicious things that are no entries of the audit log: counted here, and by the minute in the database when somebody takes them out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::Uuid;

use super::{Deps, Op, security_event};

/// As many as are told apart in a minute. The rest are counted without their address: a storm from everywhere is no reason to fill the memory, or the
/// table.
const APART: usize = 4_096;

/// What happened, where from and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Happening {
    /// In which minute.
    pub minute: DateTime<Utc>,
    /// What.
    pub kind: &'static str,
    /// From where; empty: not known, or one of too many.
    pub address_pseudonym: Vec<u8>,
    /// As whom; nil: nobody who is known.
    pub user: Uuid,
}

/// How often each happened since they were taken out last.
#[derive(Debug, Default)]
pub struct SecurityEvents(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    counts: HashMap<Happening, u64>,
    /// In which minute how many were told apart, whether they were taken out since or not.
    minute: DateTime<Utc>,
    apart: usize,
}

impl Held {
    fn add(&mut self, happening: Happening, count: u64) {
        if self.minute != happening.minute && happening.minute > self.minute {
            (self.minute, self.apart) = (happening.minute, 0);
        }
        if let Some(held) = self.counts.get_mut(&happening) {
            *held += count;
        } else if self.apart < APART && self.counts.len() < 2 * APART {
            self.apart += 1;
            self.counts.insert(happening, count);
        } else {
            *self.counts.entry(Happening { address_pseudonym: Vec::new(), user: Uuid::nil(), ..happening }).or_default() += count;
        }
    }
}

impl SecurityEvents {
    fn add(&self, happening: Happening) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(happening, 1);
    }

    /// Everything that was counted. It is not counted again.
    pub fn take(&self) -> HashMap<Happening, u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).counts)
    }

    /// Puts back what could not be kept.
    pub fn put_back(&self, counts: HashMap<Happening, u64>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (happening, count) in counts {
            held.add(happening, count);
        }
    }
}

impl Deps {
    /// Counts something suspicious, for the metrics and for the rules of detection.
    pub fn security_event(&self, op: &Op, kind: &'static str, severity: &'static str) {
        security_event(kind, severity);
        self.note(kind, op.address_pseudonym.as_deref(), op.user().map(|user| user.0));
    }

    /// The same where nobody has been told apart yet.
    pub fn security_event_from(&self, address_pseudonym: Option<&[u8]>, kind: &'static str, severity: &'static str) {
        security_event(kind, severity);
        self.note(kind, address_pseudonym, None);
    }

    fn note(&self, kind: &'static str, address_pseudonym: Option<&[u8]>, user: Option<Uuid>) {
        let now = self.now();
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let address_pseudonym = address_pseudonym.unwrap_or_default().to_vec();
        self.security_events.add(Happening { minute, kind, address_pseudonym, user: user.unwrap_or_default() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_from_everywhere_is_counted_in_full_and_told_apart_only_so_far() {
        let events = SecurityEvents::default();
        for number in 0..100_000_u32 {
            let address_pseudonym = number.to_be_bytes().to_vec();
            events.add(Happening { minute: DateTime::UNIX_EPOCH, kind: "webhook_refused", address_pseudonym, user: Uuid::nil() });
        }
        let counts = events.take();
        assert_eq!(counts.values().sum::<u64>(), 100_000);
        assert!(counts.len() <= APART + 1, "{}", counts.len());
        // Taking them out makes no room for others in the same minute.
        let other = Happening { minute: DateTime::UNIX_EPOCH, kind: "webhook_refused", address_pseudonym: vec![9], user: Uuid::nil() };
        events.add(other.clone());
        assert!(!events.take().contains_key(&other));
        events.add(Happening { minute: DateTime::UNIX_EPOCH + TimeDelta::minutes(1), ..other });
        assert_eq!(events.take().len(), 1);
        assert!(events.take().is_empty());
    }
}
