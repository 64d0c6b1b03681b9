//! A calendar that gives no answer: its own trouble, or the whole account's.

use std::time::Duration;

use chrono::TimeDelta;
use providers::calendar::SourceError;
use types::{HealthReason, Provider};

use super::run::{Run, begin_held};
use crate::base::Tx;
use crate::calendar::connection::calendars::CalendarRow;
use crate::calendar::connection::{SyncFailure, calendars, connection_failure, lifecycle};

/// Calendars in a row that the provider gave no answer for, after which it is the account's trouble and not theirs.
const DOWN_IN_A_ROW: usize = 3;

/// What single calendars have, and what of it turns out to be the account's.
#[derive(Default)]
pub(in crate::calendar) struct CalendarFailures {
    pub reason: Option<HealthReason>,
    /// Without an answer since the last that had one.
    silent: Vec<(CalendarRow, Option<TimeDelta>)>,
    any_answered: bool,
}

impl CalendarFailures {
    /// Whether any calendar had its turn.
    pub const fn has_tried(&self) -> bool {
        self.any_answered || !self.silent.is_empty()
    }

    /// A calendar was read, so those before it that were not have trouble of their own.
    pub async fn read(&mut self, run: &Run<'_>) -> Result<(), SyncFailure> {
        self.any_answered = true;
        self.put_off(run).await
    }

    /// Something is wrong with this calendar, and it is known what.
    pub async fn mark(&mut self, run: &Run<'_>, calendar: &CalendarRow, reason: HealthReason) -> Result<(), SyncFailure> {
        self.read(run).await?;
        self.reason = Some(reason);
        let Some(mut tx) = begin_if_held(run, calendar).await? else { return Ok(()) };
        // What is gone is not tried at all until it is listed again; anything else has its pause, so that it does not come first each time.
        if reason == HealthReason::CalendarGone {
            calendars::gone(&mut tx, calendar.id).await?;
        } else {
            let until = lifecycle::next_attempt(calendar.attempts, None, run.deps.now(), run.deps.chance.fraction());
            calendars::put_off(&mut tx, calendar.id, reason, until).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// No answer.
    pub async fn down(
        &mut self,
        run: &Run<'_>,
        calendar: CalendarRow,
        retry_after: Option<Duration>,
        provider: Provider,
    ) -> Result<(), SyncFailure> {
        self.silent.push((calendar, retry_after.and_then(|wait| TimeDelta::from_std(wait).ok())));
        if self.silent.len() >= DOWN_IN_A_ROW { self.settle(run, provider).await } else { Ok(()) }
    }

    /// When nothing answered at all, it is the account's trouble: no calendar is blamed, and the next run begins with others.
    pub async fn settle(&mut self, run: &Run<'_>, provider: Provider) -> Result<(), SyncFailure> {
        let Some((_, wait)) = self.silent.last().filter(|_| !self.any_answered) else { return self.put_off(run).await };
        let retry_after = wait.and_then(|wait| wait.to_std().ok());
        for (calendar, _) in &self.silent {
            let Some(mut tx) = begin_if_held(run, calendar).await? else { continue };
            calendars::tried(&mut tx, calendar.id).await?;
            tx.commit().await?;
        }
        Err(connection_failure(&SourceError::Down { retry_after }, provider))
    }

    async fn put_off(&mut self, run: &Run<'_>) -> Result<(), SyncFailure> {
        for (calendar, retry_after) in std::mem::take(&mut self.silent) {
            self.reason = self.reason.or(Some(HealthReason::ProviderDown));
            let until = lifecycle::next_attempt(calendar.attempts, retry_after, run.deps.now(), run.deps.chance.fraction());
            let Some(mut tx) = begin_if_held(run, &calendar).await? else { continue };
            calendars::put_off(&mut tx, calendar.id, HealthReason::ProviderDown, until).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Nothing when the calendar was unticked meanwhile: then it has no trouble to be told of.
async fn begin_if_held(run: &Run<'_>, calendar: &CalendarRow) -> Result<Option<Tx>, SyncFailure> {
    match begin_held(run, calendar).await {
        Ok(tx) => Ok(Some(tx)),
        Err(SyncFailure::Changed) => Ok(None),
        Err(failure) => Err(failure),
    }
}
