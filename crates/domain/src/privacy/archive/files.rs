//! What is in an archive beside the rows: what they mean, events as calendars read them, and what its reader should know first.

use chrono::{DateTime, NaiveDate, Utc};
use providers::calendar::Span;
use providers::ical::{FileEvent, write_events};
use serde_json::{Map, Value, json};

use super::store::ColumnType;
use crate::privacy::map::TableMap;
use crate::privacy::own_rows::shown;

/// What its reader should know first.
pub(super) const README: &str = "What this installation of Kairos keeps of you.

data/NAME.json      every row of yours, one file for each kind; schema/NAME.json says what is in it (JSON Schema, 2020-12)
data/bought.json    the sessions that you booked with others
calendar/N.ics      the events of your calendars, for calendar programs (RFC 5545)
audit/ID.tlog-proof an entry of the audit log about you with its proof (c2sp.org/tlog-proof): `kairos audit verify FILE --key KEY` checks it
manifest.json       every file with its length and its SHA-256

Left out: secrets that would let others in, keyed hashes, and who booked with you, which is theirs.
";

/// What a file of rows looks like.
pub(super) fn schema(table: &TableMap, columns: &[ColumnType]) -> Value {
    let mut properties = Map::new();
    for column in columns {
        let Some(name) = shown(&column.name) else { continue };
        let is_sealed = name != column.name;
        let mut property = Map::new();
        let words = table.personal.iter().find(|(known, _)| *known == column.name).map(|(_, words)| *words);
        if let Some(words) = words {
            property.insert("description".to_owned(), words.trim_end_matches(", encrypted").into());
        }
        let kinds: Option<&[&str]> = match column.data_type.as_str() {
            _ if is_sealed => Some(&["string", "object", "null"]),
            "uuid" | "text" | "date" | "time without time zone" | "bytea" | "timestamp with time zone" | "interval" => Some(&["string"]),
            "smallint" | "integer" | "bigint" => Some(&["integer"]),
            "boolean" => Some(&["boolean"]),
            "ARRAY" => Some(&["array"]),
            _ => None,
        };
        if let Some(kinds) = kinds {
            let null = (column.is_nullable && !is_sealed).then_some("null");
            property.insert("type".to_owned(), json!(kinds.iter().copied().chain(null).collect::<Vec<_>>()));
        }
        let format = match column.data_type.as_str() {
            "uuid" => Some("uuid"),
            "date" => Some("date"),
            "timestamp with time zone" => Some("date-time"),
            _ => None,
        };
        if let Some(format) = format {
            property.insert("format".to_owned(), format.into());
        }
        properties.insert(name.to_owned(), property.into());
    }
    let required: Vec<&String> = properties.keys().collect();
    let required = json!(required);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.what,
        "description": format!("Kept {}, {}.", table.purpose, table.retention.words()),
        "type": "array",
        "items": { "type": "object", "additionalProperties": false, "required": required, "properties": properties },
    })
}

/// Rows of `calendar_events` as a file for calendars.
pub(super) fn calendar(rows: &[Map<String, Value>], now: DateTime<Utc>) -> String {
    let events: Vec<FileEvent> = rows.iter().filter_map(event).collect();
    write_events("Kairos", now, &events)
}

fn event(row: &Map<String, Value>) -> Option<FileEvent> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let moment = |name: &str| text(name)?.parse::<DateTime<Utc>>().ok();
    let day = |name: &str| text(name)?.parse::<NaiveDate>().ok();
    let span = match day("start_date").zip(day("end_date")) {
        Some((start, end)) => Span::AllDay { start, end },
        None => Span::Timed { starts_at: moment("starts_at")?, ends_at: moment("ends_at")? },
    };
    Some(FileEvent {
        uid: text("id")?.to_owned(),
        span,
        title: text("title").unwrap_or("Busy").to_owned(),
        busy: row.get("busy").and_then(Value::as_bool).unwrap_or(true),
        tentative: text("status") == Some("tentative"),
    })
}
