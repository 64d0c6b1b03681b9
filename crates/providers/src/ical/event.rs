//! One VEVENT: when it is, how long, and whether it blocks time.

use std::collections::BTreeMap;

use calcard::icalendar::{
    ICalendarComponent, ICalendarParameterName, ICalendarParameterValue, ICalendarParticipationStatus, ICalendarPeriod, ICalendarProperty,
    ICalendarStatus, ICalendarTransparency, ICalendarValue,
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::Entries;
use super::series::Context;
use super::time::{Clock, Length, Moment, Zones, is_written, moment};
use crate::calendar::{Span, UnreadableReason, Window};
use crate::zone::civil_instant;

/// Letters of a title that are kept.
const MAX_TITLE: usize = 300;

/// How long it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    /// From DTEND: as much time as lies between the two (RFC 5545, 3.8.5.3).
    Exact(TimeDelta),
    /// From DURATION: days as the calendar counts them.
    Nominal(Length),
    /// Whole days.
    Days(u64),
}

/// A VEVENT, understood.
#[derive(Debug, Clone)]
pub(super) struct Event<'c> {
    pub component: &'c ICalendarComponent,
    pub start: Moment<'c>,
    extent: Extent,
    pub cancelled: bool,
    pub busy: bool,
    pub tentative: bool,
    pub title: Option<String>,
}

impl<'c> Event<'c> {
    /// What the component says. An unknown zone is counted, and the calendar's own is taken.
    pub fn read(context: &Context<'c>, component: &'c ICalendarComponent, entries: &mut Entries) -> Result<Self, UnreadableReason> {
        let start = component.property(&ICalendarProperty::Dtstart).ok_or(UnreadableReason::MissingStart)?;
        let (moments, unknown) = context.zones.moments(start);
        let start = moments.into_iter().next().flatten().ok_or(UnreadableReason::InvalidTime)?;
        if unknown {
            entries.unreadable(UnreadableReason::UnknownZone);
        }
        Ok(Self {
            component,
            start,
            extent: extent(context.zones, component, start)?,
            cancelled: component.status() == Some(&ICalendarStatus::Cancelled),
            busy: blocks(component, context.owners),
            tentative: component.status() == Some(&ICalendarStatus::Tentative),
            title: text(component, &ICalendarProperty::Summary),
        })
    }

    /// The clock its instances are counted on; days have none, and UTC is as good as any.
    pub const fn clock(&self, _zones: &Zones) -> Clock<'c> {
        match self.start {
            Moment::Date(_) => Clock::Iana(Tz::UTC),
            Moment::Time(_, clock) => clock,
        }
    }

    /// The same with a length of its own.
    pub fn lasting(&self, extent: Extent) -> Self {
        Self { extent, ..self.clone() }
    }

    /// The instance that begins at `start`.
    pub fn span_from(&self, start: Moment<'_>) -> Option<Span> {
        match (start, self.extent) {
            (Moment::Date(start), Extent::Days(days)) => {
                Some(Span::AllDay { start, end: start.checked_add_days(Days::new(days)).filter(|end| is_written(*end))? })
            }
            (Moment::Date(start), _) => Some(Span::AllDay { start, end: start.succ_opt()? }),
            (Moment::Time(local, clock), Extent::Exact(length)) => {
                let starts_at = clock.instant(local);
                Some(Span::Timed { starts_at, ends_at: starts_at.checked_add_signed(length)? })
            }
            (Moment::Time(local, clock), Extent::Nominal(length)) => {
                let starts_at = clock.instant(local);
                Some(Span::Timed { starts_at, ends_at: length.after(local, clock)?.max(starts_at) })
            }
            (Moment::Time(..), Extent::Days(_)) => None,
        }
    }
}

/// The extra dates of a component that say themselves how long they last (RFC 5545, 3.8.5.2, `VALUE=PERIOD`), by when they begin.
pub(super) fn periods(zones: &Zones, component: &ICalendarComponent, clock: Clock<'_>) -> BTreeMap<NaiveDateTime, Extent> {
    let mut periods = BTreeMap::new();
    for entry in component.properties(&ICalendarProperty::Rdate) {
        let (own, _) = zones.clock_of(entry);
        for value in &entry.values {
            let ICalendarValue::Period(period) = value else { continue };
            let (start, extent) = match period {
                ICalendarPeriod::Range { start, end } => {
                    let (start, end) = (moment(start, own), moment(end, own));
                    let length = start.zip(end).map(|(start, end)| end.instant() - start.instant());
                    (start, length.filter(|length| *length >= TimeDelta::zero()).map(Extent::Exact))
                }
                ICalendarPeriod::Duration { start, duration } => (moment(start, own), Length::of(duration).map(Extent::Nominal)),
            };
            if let (Some(start @ Moment::Time(..)), Some(extent)) = (start, extent) {
                periods.insert(start.on(clock), extent);
            }
        }
    }
    periods
}

fn extent(zones: &Zones, component: &ICalendarComponent, start: Moment<'_>) -> Result<Extent, UnreadableReason> {
    if let Some(end) = component.property(&ICalendarProperty::Dtend) {
        let end = zones.moments(end).0.into_iter().next().flatten().ok_or(UnreadableReason::InvalidTime)?;
        return match (start, end) {
            // The end is exclusive; some producers write the same day.
            (Moment::Date(first), end) => {
                let days = (end.written().date() - first).num_days();
                u64::try_from(days).map(|days| Extent::Days(days.max(1))).map_err(|_| UnreadableReason::InvalidTime)
            }
            (Moment::Time(from, clock), Moment::Time(to, end_clock)) => {
                let length = end_clock.instant(to) - clock.instant(from);
                if length < TimeDelta::zero() { Err(UnreadableReason::InvalidTime) } else { Ok(Extent::Exact(length)) }
            }
            (Moment::Time(..), Moment::Date(_)) => Err(UnreadableReason::InvalidTime),
        };
    }
    if let Some(duration) = component.property(&ICalendarProperty::Duration) {
        let Some(ICalendarValue::Duration(duration)) = duration.values.first() else { return Err(UnreadableReason::InvalidTime) };
        let length = Length::of(duration).ok_or(UnreadableReason::InvalidTime)?;
        return Ok(if start.is_date() { Extent::Days(length.days.max(1)) } else { Extent::Nominal(length) });
    }
    // RFC 5545, 3.6.1: a day lasts a day; a time without an end ends when it starts, and blocks nothing.
    Ok(if start.is_date() { Extent::Days(1) } else { Extent::Nominal(Length::NONE) })
}

/// Whether any of it is inside the window. Days are days of the calendar's own zone.
pub(super) fn span_touches(span: &Span, zone: Tz, window: Window) -> bool {
    let midnight = |date: NaiveDate| civil_instant(date.and_time(NaiveTime::MIN), zone);
    let (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>) = match span {
        Span::Timed { starts_at, ends_at } => (*starts_at, *ends_at),
        Span::AllDay { start, end } => (midnight(*start), midnight(*end)),
    };
    starts_at < window.ends_at && (ends_at > window.starts_at || starts_at >= window.starts_at)
}

fn blocks(component: &ICalendarComponent, owners: &[String]) -> bool {
    let transparent = component.transparency() == Some(&ICalendarTransparency::Transparent);
    let marked_free = component.entries.iter().any(|entry| {
        matches!(&entry.name, ICalendarProperty::Other(name) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-BUSYSTATUS"))
            && entry.values.first().and_then(|value| value.as_text()).is_some_and(|text| text.eq_ignore_ascii_case("FREE"))
    });
    let declined = component.properties(&ICalendarProperty::Attendee).any(|attendee| {
        let address = attendee.values.first().and_then(|value| value.as_text()).unwrap_or_default();
        owners.iter().any(|owner| same_address(owner, address))
            && matches!(
                attendee.parameter(&ICalendarParameterName::Partstat),
                Some(ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Declined))
            )
    });
    !transparent && !marked_free && !declined
}

/// `mailto:` in any case, and addresses in any case.
fn same_address(one: &str, other: &str) -> bool {
    bare(one.trim()).eq_ignore_ascii_case(bare(other.trim()))
}

fn bare(address: &str) -> &str {
    address.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map_or(address, |scheme| &address[scheme.len()..])
}

fn text(component: &ICalendarComponent, property: &ICalendarProperty) -> Option<String> {
    let text = component.property(property)?.values.first()?.as_text()?;
    // A title is read at a glance; it is copied for each occurrence.
    Some(text.chars().take(MAX_TITLE).collect::<String>()).filter(|text| !text.trim().is_empty())
}
