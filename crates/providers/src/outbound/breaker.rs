//! A circuit breaker per destination: after five failures in a row nothing is sent for a while, then one request may try.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const FAILURES: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(super) struct Breakers {
    by_name: Mutex<HashMap<String, State>>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    opened_at: Option<Instant>,
}

impl Breakers {
    /// Whether a request may be sent now. While half open, the one that asks first may, and the rest wait another while.
    pub(super) fn may_pass(&self, name: &str) -> bool {
        let mut states = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = states.get_mut(name) else { return true };
        match state.opened_at {
            None => true,
            Some(opened) if opened.elapsed() >= OPEN_FOR => {
                state.opened_at = Some(Instant::now());
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn record(&self, name: &str, succeeded: bool) {
        let mut states = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            states.remove(name);
            return;
        }
        let state = states.entry(name.to_owned()).or_default();
        state.failures += 1;
        if state.failures >= FAILURES {
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
        for _ in 0..FAILURES {
            assert!(breakers.may_pass("google"));
            breakers.record("google", false);
        }
        assert!(!breakers.may_pass("google"));
        assert!(breakers.may_pass("another"));
        tokio::time::advance(OPEN_FOR).await;
        assert!(breakers.may_pass("google"));
        assert!(!breakers.may_pass("google"), "only one trial at a time");
        breakers.record("google", true);
        assert!(breakers.may_pass("google"));
    }
}
