//! Which tables are carried, with which columns, and in which order they can be filled.

use sqlx::{PgConnection, Row};

/// Tables that are not carried, and why.
pub const LEFT_OUT: [(&str, &str); 9] = [
    ("public._sqlx_migrations", "made by the migrations themselves"),
    ("graphile_worker.migrations", "made by the migrations themselves"),
    ("public.sessions", "one that was ended since would be valid again: everybody signs in anew"),
    ("public.user_tokens", "a link that was used since would work again"),
    ("public.oauth_attempts", "a consent that was under way is not any more"),
    ("public.rate_limits", "counted anew"),
    ("public.calendar_feeds", "an address that was ended since would work again: it is made anew"),
    ("public.builder_pages", "in the file of keys: it says who somebody is, and is not encrypted"),
    ("public.data_keys", "in the file of keys"),
];

/// Columns that are in the file of keys, by the id of their row, and what stands in their place in the file of data: keys, and what says who somebody is and
/// is not encrypted.
pub(crate) const APART: [(&str, &[(&str, &str)]); 3] = [
    ("public.booking_clients", &[("master_key_id", "''"), ("wrapped", "''")]),
    ("public.session_types", &[("slug", "id::text"), ("title", "'-'"), ("description", "''")]),
    ("public.bookings", &[("title", "'-'")]),
];

/// Tables that are whole in the file of keys.
pub(crate) const WHOLE: [&str; 5] =
    ["public.data_keys", "public.builder_pages", "public.privacy_requests", "public.consents", "public.legal_holds"];

/// Tables of which the file of keys has what they are known by: a row that is not there any more was taken back, and is not to be there again.
pub(crate) const PRESENT: [(&str, &str); 4] = [
    ("public.calendar_connections", "id"),
    ("public.calendly_accounts", "user_id"),
    ("public.passkeys", "id"),
    ("public.openid_identities", "subject_hash"),
];

/// What stands in the place of a column, if it is kept apart.
pub(crate) fn placeholder(table: &str, column: &str) -> Option<&'static str> {
    let (_, columns) = APART.iter().find(|(name, _)| *name == table)?;
    columns.iter().find(|(name, _)| *name == column).map(|(_, value)| *value)
}

/// A table as it is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// With its schema.
    pub name: String,
    /// What can be written, in order.
    pub columns: Vec<String>,
    /// Whether row-level security is forced on its owner too.
    pub is_forced: bool,
}

/// Every table of ours and of the job queue, those first that others refer to.
pub(crate) async fn tables(connection: &mut PgConnection) -> Result<Vec<Table>, sqlx::Error> {
    let rows = sqlx::query(
        "select n.nspname || '.' || c.relname as name, c.relforcerowsecurity as is_forced,
                array(select a.attname::text from pg_attribute a
                      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
                array(select distinct fn.nspname || '.' || f.relname from pg_constraint k join pg_class f on f.oid = k.confrelid
                      join pg_namespace fn on fn.oid = f.relnamespace
                      where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as parents
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind = 'r' and n.nspname in ('public', 'graphile_worker') order by 1",
    )
    .fetch_all(connection)
    .await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in rows {
        let table = Table { name: row.try_get("name")?, columns: row.try_get("columns")?, is_forced: row.try_get("is_forced")? };
        waiting.push((table, row.try_get::<Vec<String>, _>("parents")?));
    }
    let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, parents)| parents.iter().all(|parent| ordered.iter().any(|table| table.name == *parent)));
        if ready.is_empty() {
            let names: Vec<&str> = rest.iter().map(|(table, _)| table.name.as_str()).collect();
            return Err(sqlx::Error::Protocol(format!("tables refer to each other in a circle: {}", names.join(", "))));
        }
        ordered.extend(ready.into_iter().map(|(table, _)| table));
        waiting = rest;
    }
    Ok(ordered)
}

/// Whether a table is carried in the file of data.
pub(crate) fn is_carried(name: &str) -> bool {
    LEFT_OUT.iter().all(|(left_out, _)| *left_out != name)
}

/// A name as SQL writes it. None of ours has a quotation mark.
pub(crate) fn quoted(name: &str) -> String {
    name.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".")
}

pub(crate) fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

/// What is in the file of keys: tables and their columns, in the order in which they are read again.
pub(crate) fn in_keys(tables: &[Table]) -> Vec<(String, Vec<String>)> {
    let whole = WHOLE.iter().filter_map(|name| tables.iter().find(|table| table.name == *name));
    let apart = APART.iter().map(|(name, columns)| {
        ((*name).to_owned(), std::iter::once("id").chain(columns.iter().map(|(column, _)| *column)).map(str::to_owned).collect())
    });
    let present = PRESENT.iter().map(|(name, key)| ((*name).to_owned(), vec![(*key).to_owned()]));
    whole.map(|table| (table.name.clone(), table.columns.clone())).chain(apart).chain(present).collect()
}
