//! The life of a connection, pure: what a success or a failure makes of it, and when to try again.

use chrono::{DateTime, TimeDelta, Utc};
use types::{ConnectionStatus, HealthReason};

/// A source that was not read for this long is unknown from then on.
pub(in crate::calendar) const STALE_AFTER: TimeDelta = TimeDelta::hours(1);
/// Failures in a row after which a connection counts as failing rather than degraded.
const FAILING_AFTER: i32 = 5;
/// The first pause after a failure; doubles each time.
const FIRST_PAUSE_SECONDS: i64 = 30;
/// No pause is longer.
const LONGEST_PAUSE_SECONDS: i64 = 3_600;
/// Between two reads when all is well and nobody tells of changes: how late one may be seen.
const INTERVAL_SECONDS: i64 = 300;
/// The same when the provider tells of them: how late one may be seen that it forgot to tell of.
const COVERED_INTERVAL_SECONDS: i64 = 900;

/// What becomes of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::calendar) struct After {
    pub status: ConnectionStatus,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// After a read that ended, for some calendars perhaps with trouble of their own. `is_covered`: the provider tells of changes in all of
/// them. `fraction`, from 0 up to 1, spreads connections over the interval.
pub(in crate::calendar) fn after_success(now: DateTime<Utc>, is_whole: bool, is_covered: bool, fraction: f64) -> After {
    let status = if is_whole { ConnectionStatus::Active } else { ConnectionStatus::Degraded };
    let interval = if is_covered { COVERED_INTERVAL_SECONDS } else { INTERVAL_SECONDS };
    After { status, attempts: 0, next_attempt_at: Some(now + spread(interval, fraction)) }
}

/// After a failure. What only the person can mend is not tried again by itself.
pub(in crate::calendar) fn after_failure(
    attempts_before: i32,
    reason: HealthReason,
    retry_after: Option<TimeDelta>,
    now: DateTime<Utc>,
    fraction: f64,
) -> After {
    let attempts = attempts_before.saturating_add(1);
    if reason.needs_person() {
        return After { status: ConnectionStatus::NeedsReconsent, attempts, next_attempt_at: None };
    }
    let status = if attempts >= FAILING_AFTER { ConnectionStatus::Failing } else { ConnectionStatus::Degraded };
    After { status, attempts, next_attempt_at: Some(next_attempt(attempts_before, retry_after, now, fraction)) }
}

/// When to try again after one more failure: twice as long as the last time, up to an hour, and never before the provider wants it.
pub(in crate::calendar) fn next_attempt(
    attempts_before: i32,
    retry_after: Option<TimeDelta>,
    now: DateTime<Utc>,
    fraction: f64,
) -> DateTime<Utc> {
    let doublings = u32::try_from(attempts_before).unwrap_or(0).min(16);
    let pause = spread((FIRST_PAUSE_SECONDS << doublings).min(LONGEST_PAUSE_SECONDS), fraction);
    now + pause.max(retry_after.unwrap_or_default())
}

/// Between half of it and all of it.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds below an hour, rounded to milliseconds")]
fn spread(seconds: i64, fraction: f64) -> TimeDelta {
    TimeDelta::milliseconds((seconds as f64 * 500.0 * (1.0 + fraction)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    proptest! {
        #[test]
        fn the_pause_grows_to_an_hour_and_never_beyond(attempts in 0..1_000_000_i32, fraction in 0.0..1.0_f64) {
            let after = after_failure(attempts, HealthReason::ProviderDown, None, NOW, fraction);
            let pause = after.next_attempt_at.unwrap() - NOW;
            prop_assert!(pause >= TimeDelta::seconds(15) && pause <= TimeDelta::seconds(3_600));
            prop_assert_eq!(after.status == ConnectionStatus::Failing, attempts + 1 >= FAILING_AFTER);
        }

        #[test]
        fn a_provider_that_asks_to_wait_is_not_asked_earlier(seconds in 0..86_400_i64, fraction in 0.0..1.0_f64) {
            let after = after_failure(0, HealthReason::RateLimited, Some(TimeDelta::seconds(seconds)), NOW, fraction);
            prop_assert!(after.next_attempt_at.unwrap() - NOW >= TimeDelta::seconds(seconds));
        }
    }

    #[test]
    fn what_only_the_person_can_mend_waits_for_the_person() {
        for reason in HealthReason::ALL {
            let after = after_failure(0, *reason, None, NOW, 0.5);
            assert_eq!(after.next_attempt_at.is_none(), reason.needs_person(), "{reason}");
            assert_eq!(after.status == ConnectionStatus::NeedsReconsent, reason.needs_person(), "{reason}");
        }
    }

    #[test]
    fn success_forgets_all_failures() {
        assert_eq!(after_success(NOW, true, false, 0.0).attempts, 0);
        assert_eq!(after_success(NOW, true, false, 0.0).status, ConnectionStatus::Active);
    }

    #[test]
    fn what_is_told_of_is_read_less_often_and_never_less_than_four_times_an_hour() {
        let pause = |is_covered| after_success(NOW, true, is_covered, 0.999).next_attempt_at.unwrap() - NOW;
        assert!(pause(false) <= TimeDelta::minutes(5));
        assert!(pause(true) > TimeDelta::minutes(10) && pause(true) <= TimeDelta::minutes(15));
    }
}
