//! What was kept apart comes back: keys and public texts, and what people decided since the data were written.

use std::collections::HashSet;

use sqlx::{PgConnection, Row as _};

use super::BackupError;
use super::catalog::{self, APART, PRESENT, Table, list, quoted};
use super::file::Reader;
use super::restore::{Restored, fill, next_table, run};

/// Where what the file of keys has of a table is put first.
fn kept(name: &str) -> String {
    format!("kept_{}", name.trim_start_matches("public."))
}

/// Puts in what was kept apart, and takes away what was taken back since the data were written. Whoever has no key by then was forgotten, and is again.
pub(super) async fn put_keys(
    connection: &mut PgConnection,
    keys: &mut Reader,
    tables: &[Table],
    restored: &mut Restored,
) -> Result<(), BackupError> {
    let expected = catalog::in_keys(tables);
    for (name, columns) in &expected {
        // Of the same types, and of no constraint.
        run(
            connection,
            format!("create temporary table {} on commit drop as select {} from {} limit 0", kept(name), list(columns), quoted(name)),
        )
        .await?;
    }
    let mut read = 0;
    while let Some((name, columns)) = next_table(keys, read)? {
        if expected.get(read) != Some(&(name.clone(), columns.clone())) {
            return Err(BackupError::Schema(name));
        }
        fill(connection, keys, &kept(&name), &columns).await?;
        read += 1;
    }
    let people: HashSet<uuid::Uuid> = ids(connection, "select user_id from kept_data_keys").await?;
    let forgotten: Vec<uuid::Uuid> = ids(connection, "select id from users").await?.difference(&people).copied().collect();
    for name in ["data_keys", "builder_pages"] {
        run(connection, format!("insert into {name} select k.* from kept_{name} k join users u on u.id = k.user_id")).await?;
    }
    for (name, columns) in APART {
        let set: Vec<String> = columns.iter().map(|(column, _)| format!("{0} = k.{0}", quoted(column))).collect();
        run(connection, format!("update {} t set {} from {} k where k.id = t.id", quoted(name), set.join(", "), kept(name))).await?;
    }
    for (name, key) in PRESENT {
        run(connection, format!("delete from {} t where not exists (select from {} k where k.{key} = t.{key})", quoted(name), kept(name)))
            .await?;
    }
    for statement in LATER {
        run(connection, statement.to_owned()).await?;
    }
    for person in &forgotten {
        // Gone by another way than their own wish, while that waited.
        sqlx::query("update privacy_requests set status = 'cancelled', ended_at = $2 where user_id = $1 and ended_at is null")
            .bind(person)
            .bind(restored.keys_made_at)
            .execute(&mut *connection)
            .await?;
        sqlx::query("select kairos_forget($1)").bind(person).execute(&mut *connection).await?;
    }
    restored.forgotten = u64::try_from(forgotten.len()).unwrap_or(u64::MAX);
    // Sealed under a key that is not there any more: noise, and taken away as it is when somebody is forgotten.
    run(
        connection,
        "update bookings b set client_sealed = '', calendly_sealed = null from booking_clients c where c.id = b.client_id and c.wrapped = ''"
            .to_owned(),
    )
    .await?;
    let done =
        sqlx::query("update booking_clients set email_hash = uuid_send(gen_random_uuid()) where wrapped = ''").execute(connection).await?;
    restored.clients_forgotten = done.rows_affected();
    Ok(())
}

/// What people decided since the data were written: requests to be forgotten, what they allow, and legal holds.
const LATER: [&str; 7] = [
    "insert into privacy_requests select k.* from kept_privacy_requests k where k.user_id is null or exists (select from users u where u.id = k.user_id)
     on conflict (id) do update set user_id = excluded.user_id, status = excluded.status, ended_at = excluded.ended_at,
                                    holdings = excluded.holdings, certificate = excluded.certificate",
    // Those that are over first: of those that hold there is one each.
    "update consents c set withdrawn_at = k.withdrawn_at from kept_consents k where k.id = c.id",
    "insert into consents select k.* from kept_consents k join users u on u.id = k.user_id on conflict do nothing",
    "update legal_holds h set lifted_at = k.lifted_at from kept_legal_holds k where k.id = h.id",
    "update kept_legal_holds k set set_by = null where not exists (select from users u where u.id = k.set_by)",
    "insert into legal_holds select k.* from kept_legal_holds k join users u on u.id = k.user_id on conflict do nothing",
    // A consent whose connection is not there any more has ended.
    "update consents c set withdrawn_at = given_at where c.withdrawn_at is null and c.purpose = 'calendars'
         and not exists (select from calendar_connections n where n.user_id = c.user_id)",
];

async fn ids(connection: &mut PgConnection, select: &'static str) -> Result<HashSet<uuid::Uuid>, sqlx::Error> {
    sqlx::query(select).fetch_all(connection).await?.iter().map(|row| row.try_get(0)).collect()
}
