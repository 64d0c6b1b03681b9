//! What is left of the limits that an action was counted by, for the reply to say.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many there are in a span.
    pub limit: u32,
    /// How many are left of them.
    pub remaining: u32,
    /// When the span ends, in whole seconds from now, rounded up.
    pub resets_in: Duration,
}

/// The narrowest of the limits that an action was counted by. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Allowances(Arc<Mutex<Option<Allowance>>>);

impl Allowances {
    /// One more limit, of which this is left.
    pub fn note(&self, allowance: Allowance) {
        let mut narrowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if narrowest.is_none_or(|other| (allowance.remaining, other.resets_in) < (other.remaining, allowance.resets_in)) {
            *narrowest = Some(allowance);
        }
    }

    /// The one with the fewest left, and of those the one that lasts longest; `None`: nothing was counted.
    pub fn narrowest(&self) -> Option<Allowance> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_limits_the_one_that_is_used_up_first_and_lasts_longest_is_told() {
        let of = |remaining, seconds| Allowance { limit: 100, remaining, resets_in: Duration::from_secs(seconds) };
        let allowances = Allowances::default();
        assert_eq!(allowances.narrowest(), None);
        for (noted, told) in
            [(of(9, 60), of(9, 60)), (of(50, 10), of(9, 60)), (of(0, 30), of(0, 30)), (of(0, 20), of(0, 30)), (of(0, 90), of(0, 90))]
        {
            allowances.clone().note(noted);
            assert_eq!(allowances.narrowest(), Some(told));
        }
    }
}
