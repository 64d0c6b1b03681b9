//! A first sync, against one durable insert of the same rows into a table with the same keys, indexes and row-level security.

use std::time::Instant;

use domain::testing::{World, WorldOptions};

use crate::resident_megabytes;
use crate::world::{connect, options, stand_in};

const ROUNDS: usize = 5;

/// 10,000 events through the whole sync, against one statement that inserts as many rows from arrays.
pub async fn first_sync() {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let now = WorldOptions::default().now;
        let sandbox = stand_in().await;
        sandbox.google(|google| google.add_large_account("noor.haddad@example.com", 10_000, now));
        let world = World::new(options(&sandbox)).await;
        let user = world.person("noor@example.com").await;
        let connection = connect(&world, user).await;
        let op = domain::Op::job(world.deps.new_request_id(), Some(user));
        let before = resident_megabytes("self");
        let began = Instant::now();
        domain::calendar::sync(&world.deps, &op, connection).await.expect("synced");
        let ours = began.elapsed();
        let pool = world.behind().await;
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
        let mut bare = world.deps.begin(&op).await.expect("the server's role");
        let began = Instant::now();
        sqlx::query("insert into copied select e.* from rows, unnest(rows.events) as e").execute(&mut *bare).await.expect("inserted");
        bare.commit().await.expect("durable");
        let theirs = began.elapsed();
        ratios.push(ours.as_secs_f64() / theirs.as_secs_f64());
        println!(
            "first sync of 10,000 events: {ours:.0?}; one insert of the same rows: {theirs:.0?}; grew by {} MB",
            resident_megabytes("self").saturating_sub(before)
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("first sync: median ratio {:.1}; the budget is 3 in all\n", ratios[ROUNDS / 2]);
}
