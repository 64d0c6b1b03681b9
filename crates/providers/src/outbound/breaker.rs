//! A circuit breaker per origin: after five failures in a row that more than one account saw nothing is sent for a while, then one request may
//! try. What only one account sees is that account's own trouble, and has its own pauses: it keeps nobody else from being served.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const FAILURES: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(30);

/// Who asked: a hash of what the request is authorised by, or `None` where the installation itself asks.
pub(super) type Account = Option<u64>;

#[derive(Debug, Default)]
pub(super) struct Breakers {
    by_origin: Mutex<HashMap<String, State>>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Whose request failed first.
    first: Option<Account>,
    /// Whether somebody else's failed too, or the installation's own.
    several: bool,
    opened_at: Option<Instant>,
}

impl Breakers {
    /// Whether a request may be sent now. While half open, the one that asks first may, and the rest wait another while.
    pub(super) fn may_pass(&self, origin: &str) -> bool {
        let mut states = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = states.get_mut(origin) else { return true };
        match state.opened_at {
            None => true,
            Some(opened) if opened.elapsed() >= OPEN_FOR => {
                state.opened_at = Some(Instant::now());
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn record(&self, origin: &str, account: Account, succeeded: bool) {
        let mut states = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            states.remove(origin);
            return;
        }
        let state = states.entry(origin.to_owned()).or_default();
        state.failures += 1;
        state.several |= account.is_none() || *state.first.get_or_insert(account) != account;
        if state.failures >= FAILURES && state.several {
            state.opened_at = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_failures_open_it_one_trial_passes_and_a_success_closes_it() {
        let breakers = Breakers::default();
        for number in 0..FAILURES {
            assert!(breakers.may_pass("google"));
            breakers.record("google", Some(u64::from(number % 2)), false);
        }
        assert!(!breakers.may_pass("google"));
        assert!(breakers.may_pass("another"));
        tokio::time::advance(OPEN_FOR).await;
        assert!(breakers.may_pass("google"));
        assert!(!breakers.may_pass("google"), "only one trial at a time");
        breakers.record("google", Some(1), true);
        assert!(breakers.may_pass("google"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_account_alone_sees_keeps_no_other_from_being_served() {
        let breakers = Breakers::default();
        for _ in 0..100 {
            breakers.record("google", Some(7), false);
        }
        assert!(breakers.may_pass("google"));
        breakers.record("google", Some(8), false);
        assert!(!breakers.may_pass("google"), "a second account sees it too");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_installation_itself_sees_everybody_sees() {
        let breakers = Breakers::default();
        for _ in 0..FAILURES {
            breakers.record("google", None, false);
        }
        assert!(!breakers.may_pass("google"));
    }
}
