//! Which tables are carried, with which columns, and in which order they can be filled.

use sqlx::{PgConnection, Row};

/// Tables that are not carried, and why.
pub const LEFT_OUT: [(&str, &str); 7] = [
    ("public._sqlx_migrations", "made by the migrations themselves"),
    ("graphile_worker.migrations", "made by the migrations themselves"),
    ("public.sessions", "one that was ended since would be valid again: everybody signs in anew"),
    ("public.user_tokens", "a link that was used since would work again"),
    ("public.oauth_attempts", "a consent that was under way is not any more"),
    ("public.rate_limits", "counted anew"),
    ("public.data_keys", "in the file of keys"),
];

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
