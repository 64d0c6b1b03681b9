//! SQL of pages and feeds.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use types::{BookingId, CalendarId, ConnectionId, ConnectionStatus, HealthReason, Provider, UserId};
use uuid::Uuid;

use super::page::{Look, Part};
use super::visitor::Entrance;
use crate::accounts::{Email, Identity, PersonRow, SecurityRows, Viewer};
use crate::api_keys::ApiKeyRows;
use crate::audit;
use crate::base::{Deps, Op, Tx, bytea, from_json, list, optional_bytea};
use crate::calendar::closed_list::reason;
use crate::calendar::health::HealthChange;
use crate::calendar::push::channels::ChannelRow;
use crate::calendar::sync::{EventRow, LogView};
use crate::limits::{Counted, TooOften};
use crate::scheduling::SchedulingRows;
use crate::vault::DataKeyRow;

/// What the one statement of a page is asked.
pub(super) struct Asked<'a> {
    pub now: DateTime<Utc>,
    /// The version of the rows that are held: with it they are not asked for.
    pub known: Option<Uuid>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub runs: i32,
    pub others: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub connection: Option<ConnectionId>,
    pub health_since: DateTime<Utc>,
    pub feed: bool,
    pub security: bool,
    pub api_keys: bool,
    pub scheduling: bool,
    pub audit: Option<&'a audit::Wanted>,
    pub look: Option<&'a Look>,
    pub part: Option<&'a Part>,
    /// The entry that is written because somebody looked at everybody's.
    pub entry: Option<Value>,
}

/// What it answers.
pub(super) struct Found {
    pub identity: Identity,
    /// The frame's rows and how many bytes they were; `None`: those that are held are the present ones, or nobody is signed in.
    pub rows: Option<(PageRows, usize)>,
    pub others: Vec<EventRow>,
    pub connection: ConnectionPart,
    pub feed_token_sealed: Option<Vec<u8>>,
    pub security: Option<SecurityRows>,
    pub api_keys: Option<ApiKeyRows>,
    pub scheduling: Option<SchedulingRows>,
    pub audit: Option<audit::Read>,
    pub looked: Option<String>,
    pub part: Option<String>,
}

impl Found {
    /// Nothing: they asked too often.
    fn refused(too_often: TooOften) -> Self {
        Self {
            identity: Identity::refused(too_often),
            rows: None,
            others: Vec::new(),
            connection: ConnectionPart::default(),
            feed_token_sealed: None,
            security: None,
            api_keys: None,
            scheduling: None,
            audit: None,
            looked: None,
            part: None,
        }
    }
}

/// What `kairos_calendar_page` returns.
#[derive(Debug, Deserialize)]
pub(super) struct PageRows {
    /// Changes with any of it.
    pub version: Uuid,
    pub person: PersonRow,
    pub data_key: Option<DataKeyRow>,
    /// Oldest first.
    #[serde(deserialize_with = "list")]
    pub connections: Vec<ConnectionListing>,
    /// Each connection's main one first.
    #[serde(deserialize_with = "list")]
    pub calendars: Vec<CalendarListing>,
    /// Newest first.
    #[serde(deserialize_with = "list")]
    pub sync_logs: Vec<LogView>,
    /// In no order, also those of a generation that does not count.
    #[serde(deserialize_with = "list")]
    pub events: Vec<EventRow>,
}

/// A connection without what a provider is asked with.
#[derive(Debug, Deserialize)]
pub(super) struct ConnectionListing {
    pub id: ConnectionId,
    pub provider: Provider,
    pub status: ConnectionStatus,
    #[serde(deserialize_with = "bytea")]
    pub account_sealed: Vec<u8>,
    #[serde(deserialize_with = "optional_bytea")]
    pub server_url_sealed: Option<Vec<u8>>,
    #[serde(deserialize_with = "reason")]
    pub health_reason: Option<HealthReason>,
    pub health_since: Option<DateTime<Utc>>,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A calendar without what its provider knows it by.
#[derive(Debug, Deserialize)]
pub(super) struct CalendarListing {
    pub id: CalendarId,
    pub connection_id: ConnectionId,
    #[serde(deserialize_with = "bytea")]
    pub name_sealed: Vec<u8>,
    pub is_primary: bool,
    pub can_read_details: bool,
    pub selected: bool,
    pub generation: i64,
    #[serde(deserialize_with = "reason")]
    pub health_reason: Option<HealthReason>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub window_starts_at: Option<DateTime<Utc>>,
    pub window_ends_at: Option<DateTime<Utc>>,
    pub unreadable: Value,
}

/// What `kairos_calendar_connection` returns.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ConnectionPart {
    /// Since when the app password is kept; `None`: it has none.
    #[serde(default)]
    pub password_given_at: Option<DateTime<Utc>>,
    /// Oldest first.
    #[serde(deserialize_with = "list")]
    pub health: Vec<HealthChange>,
    /// Oldest first.
    #[serde(deserialize_with = "list")]
    pub channels: Vec<ChannelRow>,
}

/// A part of the page as the database wrote it.
fn part<T: for<'de> Deserialize<'de>>(text: Option<&str>) -> Result<Option<T>, sqlx::Error> {
    text.map(from_json).transpose()
}

/// Everything a page shows, in one statement that commits by itself. The session's own functions take a newer snapshot than the rest, never an
/// older one: so a version that is the known one is of the rows that are held, and rows that are read come with the version they had then.
pub(super) async fn read_page(deps: &Deps, op: &Op, viewer: &Viewer, asked: &Asked<'_>) -> Result<Found, sqlx::Error> {
    let (filter, place) = match asked.audit {
        Some(audit::Wanted::Entries(filter)) => (Some(filter.to_json(asked.now)), None),
        Some(audit::Wanted::Entry(place)) => (None, i64::try_from(*place).ok()),
        None => (None, None),
    };
    let arguments = asked.look.map(|look| {
        let mut arguments = look.arguments.clone();
        if let Some(email) = &look.email {
            arguments["email_hash"] = hex::encode(Email::typed_hash(deps, email)).into();
        }
        arguments
    });
    let counted = match Counted::begin(deps, op, viewer.counted_as()).await? {
        Ok(counted) => counted,
        Err(too_often) => return Ok(Found::refused(too_often)),
    };
    let by = counted.as_ref().and_then(Counted::by);
    let answer = async {
        let mut lent = deps.database.lend().await?;
        let row = sqlx::query!(
            "select s.user_id, s.roles, (s.data->>'proved_at')::timestamptz as proved_at,
                    s.has_second_factor, s.returned_to_place,
                    case when s.page_version is distinct from $4 then kairos_calendar_page(s.user_id, $5, $6, $7)::text end as page,
                    case when $8::timestamptz is not null then kairos_calendar_events(s.user_id, $8, $9)::text end as events,
                    case when $10::uuid is not null then kairos_calendar_connection(s.user_id, $10, $11)::text end as connection,
                    case when $12 then kairos_calendar_feed(s.user_id) end as feed_token_sealed,
                    case when $13::jsonb is not null then kairos_audit_page(s.user_id, $15, $13, $16)::text
                         when $14::bigint is not null then kairos_audit_entry(s.user_id, $15, $14)::text end as audit,
                    case when $17 then kairos_account_security(s.user_id, $1, $3)::text end as security,
                    case when $18 then kairos_api_keys(s.user_id, $3)::text end as api_keys,
                    case when $27 then kairos_scheduling(s.user_id)::text end as scheduling,
                    case when $24::text is not null then kairos_admin_page(s.user_id, $15, $24, $25, $3)::text end as looked,
                    case when $28::text is not null then kairos_part(s.user_id, $28, $29, $3)::text end as part,
                    case when s.bucket is not null then
                        (select row_to_json(c)::text from kairos_count(s.bucket, $3, $21, $22, $30) c) end as counted
             from kairos_enter($1, $2, $19, $20, $26, $23, $3) s",
            viewer.session(),
            viewer.person().map(|user| user.0),
            asked.now,
            asked.known,
            asked.from,
            asked.to,
            asked.runs,
            asked.others.map(|(from, _)| from),
            asked.others.map(|(_, to)| to),
            asked.connection.map(|connection| connection.0),
            asked.health_since,
            asked.feed,
            filter,
            place,
            asked.entry.as_ref(),
            audit::ENTRIES,
            asked.security,
            asked.api_keys,
            viewer.key().map(|key| key.0),
            by.as_ref().map(|by| by.bucket),
            by.as_ref().map(|by| by.rule.most),
            by.as_ref().map(|by| by.rule.span.clone()),
            op.address_pseudonym,
            asked.look.map(|look| look.which),
            arguments,
            by.is_some(),
            asked.scheduling,
            asked.part.map(|part| part.which),
            asked.part.map(|part| &part.arguments),
            by.as_ref().map(|by| by.number)
        )
        .fetch_one(&mut *lent)
        .await?;
        lent.keep();
        Ok(row)
    }
    .await;
    let (counted, row) = Counted::or_fail(counted, answer)?;
    let audit = match &asked.audit {
        Some(wanted) => audit::read(deps, wanted, row.audit.as_deref()).map_err(|error| sqlx::Error::Decode(error.into()))?,
        None => None,
    };
    let bytes = row.page.as_ref().map_or(0, String::len);
    Ok(Found {
        identity: Identity::new(row.user_id, row.roles)
            .proved(row.proved_at, row.has_second_factor)
            .seen(row.returned_to_place)
            .counted(counted, row.counted.as_deref())?,
        rows: part(row.page.as_deref())?.map(|rows| (rows, bytes)),
        others: part(row.events.as_deref())?.unwrap_or_default(),
        connection: part(row.connection.as_deref())?.unwrap_or_default(),
        feed_token_sealed: row.feed_token_sealed,
        security: part(row.security.as_deref())?,
        api_keys: part(row.api_keys.as_deref())?,
        scheduling: part(row.scheduling.as_deref())?,
        audit,
        looked: row.looked,
        part: row.part,
    })
}

/// Makes the person's feed, or gives it another address.
pub(in crate::calendar) async fn upsert_feed(
    tx: &mut Tx,
    user: UserId,
    token_hash: &[u8],
    token_sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_feeds (user_id, token_hash, token_sealed, created_at) values ($1, $2, $3, $4)
         on conflict (user_id) do update set
             token_hash = excluded.token_hash, token_sealed = excluded.token_sealed, created_at = excluded.created_at",
        user.0,
        token_hash,
        token_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether there was one.
pub(in crate::calendar) async fn delete_feed(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from calendar_feeds where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}

/// Whose feed it is. The hash must have been presented to `tx`.
pub(in crate::calendar) async fn feed_owner(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query!("select user_id from calendar_feeds where token_hash = $1", token_hash).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| UserId(row.user_id)))
}

/// What somebody who came by an address is shown.
pub(super) struct Entering<'a> {
    pub by: &'a Entrance,
    pub part: &'a Part,
    /// The version of the rows that are held: with it they are not asked for.
    pub known: Option<Uuid>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

/// What is behind an address.
pub(super) struct Entered {
    pub owner: UserId,
    pub booking: Option<BookingId>,
    /// The rows and how many bytes they were; `None`: those that are held are the present ones.
    pub rows: Option<(PageRows, usize)>,
    pub part: Option<String>,
}

/// In one statement that commits by itself. The version and the rows are of one snapshot.
pub(super) async fn read_entered(deps: &Deps, entering: &Entering<'_>) -> Result<Option<Entered>, sqlx::Error> {
    let (slug, token) = match entering.by {
        Entrance::Shop(slug) => (Some(slug.as_str()), None),
        Entrance::Booking(hash) => (None, Some(&hash[..])),
    };
    let mut lent = deps.database.lend().await?;
    let row = sqlx::query!(
        r#"select e.owner, e.booking_id,
                  case when kairos_page_version(e.owner) is distinct from $8 then kairos_calendar_page(e.owner, $3, $4, 1)::text end as page,
                  kairos_part(e.owner, $5, case when e.booking_id is null then $6 else jsonb_build_object('booking', e.booking_id) || $6 end, $7)::text as part
           from kairos_enter_by($1, $2) e"#,
        slug,
        token,
        entering.from,
        entering.to,
        entering.part.which,
        &entering.part.arguments,
        entering.now,
        entering.known
    )
    .fetch_one(&mut *lent)
    .await?;
    lent.keep();
    let Some(owner) = row.owner else { return Ok(None) };
    let bytes = row.page.as_ref().map_or(0, String::len);
    let rows = self::part(row.page.as_deref())?.map(|rows| (rows, bytes));
    Ok(Some(Entered { owner: UserId(owner), booking: row.booking_id.map(BookingId), rows, part: row.part }))
}
