//! A first sync, against one durable insert of the same rows into a table with the same keys, indexes and row-level security.

use std::time::{Duration, Instant};

use domain::testing::{World, WorldOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

use crate::server::resident_megabytes;
use crate::world::{connect, options, stand_in};
use crate::{ROUNDS, report};

/// 10,000 events through the whole sync, against one statement that inserts as many rows from arrays.
pub async fn first_sync() {
    let (mut in_all, mut in_database) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let now = WorldOptions::default().now;
        let sandbox = stand_in().await;
        sandbox.google(|google| google.add_large_account("noor.haddad@example.com", 10_000, now));
        let world = World::new(options(&sandbox)).await;
        let user = world.person("noor@example.com").await;
        let connection = connect(&world, user).await;
        let op = domain::Op::job(world.deps.new_request_id(), Some(user));
        // Whoever set the world up has ended, and whoever syncs begins.
        world.deps.database.close().await;
        let world = World::on(std::sync::Arc::clone(&world.database), options(&sandbox)).await;
        let already = worked(&world.behind().await).await;
        let before = resident_megabytes("self");
        let began = Instant::now();
        domain::calendar::sync(&world.deps, &op, connection).await.expect("synced");
        let ours = began.elapsed();
        let grew = resident_megabytes("self").saturating_sub(before);
        // A backend tells what it did when it ends.
        world.deps.database.close().await;
        let pool = world.behind().await;
        let database = worked(&pool).await.saturating_sub(already);
        sqlx::raw_sql(
            "create table copied (like calendar_events including all);
             alter table copied add foreign key (calendar_id, user_id) references calendars (id, user_id) on delete cascade;
             alter table copied enable row level security;
             alter table copied force row level security;
             alter table copied owner to kairos_owner;
             create policy own on copied to kairos_server using (user_id = kairos_user()) with check (user_id = kairos_user());
             grant select, insert on copied to kairos_server;
             create table rows as select array_agg(c) as events from calendar_events c;
             grant select on rows to kairos_server",
        )
        .execute(&pool)
        .await
        .expect("a table");
        let mut bare = PgConnection::connect_with(&world.database.server()).await.expect("the server's role");
        let mut bare = bare.begin().await.expect("begun");
        sqlx::query("select set_config('kairos.user_id', $1::text, true)").bind(user.0).execute(&mut *bare).await.expect("named");
        let began = Instant::now();
        sqlx::query("insert into copied select e.* from rows, unnest(rows.events) as e").execute(&mut *bare).await.expect("inserted");
        bare.commit().await.expect("durable");
        let theirs = began.elapsed();
        in_all.push(ours.as_secs_f64() / theirs.as_secs_f64());
        in_database.push(database.as_secs_f64() / theirs.as_secs_f64());
        println!(
            "first sync of 10,000 events: {ours:.0?}, of which {database:.0?} in the database; one insert of the same rows: {theirs:.0?}; grew by {grew} MB"
        );
    }
    report("first sync in all, over one insert", in_all, 3.0);
    report("first sync in the database, over one insert", in_database, 1.5);
}

/// How long statements have been at work in this database so far. What a backend did is known when it has ended.
async fn worked(pool: &PgPool) -> Duration {
    let milliseconds: f64 = sqlx::query_scalar("select active_time from pg_stat_database where datname = current_database()")
        .fetch_one(pool)
        .await
        .expect("a row");
    Duration::from_secs_f64(milliseconds / 1_000.0)
}
