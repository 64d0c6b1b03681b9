//! What comes back when a session is cancelled: data, shown and accepted before it is paid, and carried out by the machine.
//!
//! A policy that was sold stays as it is for ever: a change is a version of its own, and the older ones stay here for those who accepted them.

use chrono::{DateTime, TimeDelta, Utc};
use types::Money;

/// Up to when how much comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// As many hours before it begins.
    pub hours: i64,
    /// In percent of what was paid.
    pub percent: u8,
}

/// A policy, in one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Its name, as it is kept.
    pub name: &'static str,
    /// Its version.
    pub version: i32,
    /// Its name, as it is read.
    pub label: &'static str,
    /// In order of time. After the last one nothing comes back.
    pub steps: &'static [Step],
}

const DAY: i64 = 24;
const WEEK: i64 = 7 * DAY;

/// Every one that was ever offered, the newest version of each last.
pub const POLICIES: &[Policy] = &[
    Policy { name: "flexible", version: 1, label: "Flexible", steps: &[Step { hours: DAY, percent: 100 }, Step { hours: 0, percent: 50 }] },
    Policy {
        name: "moderate",
        version: 1,
        label: "Moderate",
        steps: &[Step { hours: WEEK, percent: 100 }, Step { hours: DAY, percent: 50 }],
    },
    Policy { name: "strict", version: 1, label: "Strict", steps: &[Step { hours: WEEK, percent: 50 }] },
    Policy { name: "final", version: 1, label: "Final", steps: &[] },
];

impl Policy {
    /// The one of this name and version.
    pub fn find(name: &str, version: i32) -> Option<&'static Self> {
        POLICIES.iter().find(|policy| policy.name == name && policy.version == version)
    }

    /// The newest version of this name: the one that is offered.
    pub fn newest(name: &str) -> Option<&'static Self> {
        POLICIES.iter().rev().find(|policy| policy.name == name)
    }

    /// Those that are offered.
    pub fn offered() -> impl Iterator<Item = &'static Self> {
        POLICIES.iter().filter(|policy| Self::newest(policy.name) == Some(policy))
    }

    /// The share that comes back to a client who cancels at `now`, in percent.
    pub fn percent(&self, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> u8 {
        let left = starts_at - now;
        self.steps.iter().find(|step| left >= TimeDelta::hours(step.hours) && left > TimeDelta::zero()).map_or(0, |step| step.percent)
    }

    /// What comes back of `paid` to a client who cancels at `now`.
    pub fn refund(&self, paid: Money, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> Money {
        paid.percent(self.percent(starts_at, now))
    }

    /// In plain words.
    pub fn words(&self) -> String {
        let share = |percent: u8| match percent {
            100 => "all of it".to_owned(),
            50 => "half".to_owned(),
            other => format!("{other} %"),
        };
        let until = |hours: i64| match hours {
            0 => "until it begins".to_owned(),
            hours if hours % DAY == 0 && hours > DAY => format!("until {} days before it begins", hours / DAY),
            hours => format!("until {hours} hours before it begins"),
        };
        let parts: Vec<String> = self.steps.iter().map(|step| format!("{} back {}", share(step.percent), until(step.hours))).collect();
        match parts.as_slice() {
            [] => "Nothing back when you cancel.".to_owned(),
            parts => format!("{}, then nothing.", capital(&parts.join(", "))),
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_comes_back_changes_at_the_very_moment_that_the_words_say() {
        let flexible = Policy::find("flexible", 1).unwrap();
        let starts_at = at("2026-12-02T14:00:00Z");
        for (now, percent) in [
            ("2026-11-01T00:00:00Z", 100),
            ("2026-12-01T14:00:00Z", 100),
            ("2026-12-01T14:00:01Z", 50),
            ("2026-12-02T13:59:59Z", 50),
            ("2026-12-02T14:00:00Z", 0),
            ("2026-12-03T00:00:00Z", 0),
        ] {
            assert_eq!(flexible.percent(starts_at, at(now)), percent, "{now}");
        }
        assert_eq!(flexible.words(), "All of it back until 24 hours before it begins, half back until it begins, then nothing.");
        assert_eq!(Policy::find("final", 1).unwrap().words(), "Nothing back when you cancel.");
        assert_eq!(
            Policy::find("moderate", 1).unwrap().words(),
            "All of it back until 7 days before it begins, half back until 24 hours before it begins, then nothing."
        );
    }

    #[test]
    fn later_never_brings_more_back_and_no_name_and_version_is_there_twice() {
        for (place, policy) in POLICIES.iter().enumerate() {
            assert!(
                policy.steps.windows(2).all(|pair| pair[0].hours > pair[1].hours && pair[0].percent > pair[1].percent),
                "{}",
                policy.name
            );
            assert!(POLICIES[place + 1..].iter().all(|other| (other.name, other.version) != (policy.name, policy.version)));
            assert!(Policy::find(policy.name, policy.version).is_some());
        }
    }
}
