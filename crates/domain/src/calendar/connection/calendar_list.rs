//! The calendars of an account, as its provider lists them.

use std::collections::HashMap;

use providers::calendar::{MAX_CALENDARS, RemoteCalendar};
use types::{CalendarId, ConnectionId, UserId};

use super::store::calendars;
use crate::base::{Deps, Tx};
use crate::vault::{PersonKey, Place};

/// Letters of a name that are kept.
const MAX_NAME: usize = 300;

/// Stores the list of calendars; what the person chose before stays chosen. Calendars that are not in it any more are marked.
pub(in crate::calendar) async fn save_calendar_list(
    tx: &mut Tx,
    deps: &Deps,
    key: &PersonKey,
    user: UserId,
    connection: ConnectionId,
    remote: &[RemoteCalendar],
) -> Result<(), sqlx::Error> {
    let known: HashMap<Vec<u8>, CalendarId> =
        calendars::of_connection(tx, connection).await?.into_iter().map(|row| (row.external_hash, row.id)).collect();
    let mut present = Vec::with_capacity(remote.len().min(MAX_CALENDARS));
    for calendar in remote.iter().take(MAX_CALENDARS) {
        let external_hash = deps.vault.lookup().hash("calendar", calendar.stable_id.as_bytes());
        let id = known.get(&external_hash[..]).copied().unwrap_or_else(|| CalendarId(deps.new_id()));
        present.push(external_hash.to_vec());
        let seal = |column, text: &str| key.seal(Place::new("calendars", column, id.0), text.as_bytes(), &*deps.chance);
        let row = calendars::Upsert {
            id,
            user,
            connection,
            external_hash: &external_hash,
            external_sealed: &seal("external_sealed", &calendar.id),
            name_sealed: &seal("name_sealed", &calendar.name.chars().take(MAX_NAME).collect::<String>()),
            zone: calendar.zone.map(|zone| zone.name()),
            is_primary: calendar.is_primary,
            can_read_details: calendar.can_read_details,
            selected: calendar.counts_by_default,
            now: deps.now(),
        };
        calendars::upsert(tx, &row).await?;
    }
    calendars::mark_absent(tx, connection, &present).await
}
