//! `make bench`: Kairos beside a bare axum + sqlx server that asks the same database the same things.
//!
//! Four processes: Postgres, the release build of Kairos without the sandbox, the bare server, and the load, which meets the two in turn,
//! round after round. What is reported is the ratio of each round and its median; a difference below 15 % is no finding. Nothing here is a
//! test.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

mod archive;
mod audit;
mod bare;
mod first_sync;
mod load;
mod pages;
mod pushes;
mod server;
mod shop;
mod world;

use std::time::Duration;

use server::Server;

/// Nobody is quicker by its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(5);
const CLIENTS: usize = 16;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[1..] {
        ["bare", options, session] => bare::serve(options.parse().expect("a URL"), hex::decode(session).expect("hexadecimal digits")).await,
        ["load", address, "get", path, cookie] => {
            let address = address.parse().expect("an address");
            println!("{}", load::for_a_while(address, load::get(path, cookie), CLIENTS, ROUND).await);
        }
        ["load", address, what @ ("push" | "stripe"), path, first, count] => {
            let first: usize = first.parse().expect("a number");
            let request = if what == "push" { pushes::request } else { shop::request };
            let requests = (first..first + count.parse::<usize>().expect("a number")).map(|number| request(path, number)).collect();
            println!("{}", load::each_once(address.parse().expect("an address"), requests, CLIENTS).await);
        }
        _ => conduct(&words).await,
    }
}

/// What can be named.
const PARTS: [&str; 7] = ["pages", "pushes", "shop", "deliveries", "first-sync", "audit", "archive"];

/// Everything, or only the parts that are named.
async fn conduct(words: &[&str]) {
    let wants = |part: &str| !PARTS.iter().any(|part| words.contains(part)) || words.contains(&part);
    providers::outbound::use_ring();
    if ["pages", "pushes", "shop", "deliveries"].into_iter().any(wants) {
        let (world, user) = world::connected().await;
        let cookie = world::session(&world).await;
        shop::open(&world, user).await;
        let behind = world.behind().await;
        let hash: Vec<u8> = sqlx::query_scalar("select id_hash from sessions").fetch_one(&behind).await.expect("one session");
        let database: String = sqlx::query_scalar("select current_database()").fetch_one(&behind).await.expect("a name");
        let url = |role: &str| {
            let mut url: url::Url = std::env::var("KAIROS_TEST_CLUSTER").expect("run by scripts/bench.sh").parse().expect("a URL");
            url.set_path(&database);
            url.set_username(role).expect("a role");
            url.to_string()
        };
        let bare = Server::bare(&url("kairos_owner"), &hash);
        let kairos = Server::kairos(&url("kairos_server")).await;
        let idle = kairos.megabytes();
        if wants("pages") {
            pages::pages(&bare, &kairos, &cookie.replace("kairos_development", "__Host-kairos"));
        }
        if wants("pushes") {
            pushes::pushes(&world, user, &bare, &kairos).await;
        }
        if wants("shop") {
            shop::page(&bare, &kairos);
        }
        if wants("deliveries") {
            shop::deliveries(&world, &bare, &kairos).await;
        }
        println!(
            "memory of Kairos: {idle} MB idle (budget 40), {} MB after the load (budget 96); of the bare server {} MB\n",
            kairos.megabytes(),
            bare.megabytes()
        );
    }
    if wants("first-sync") {
        first_sync::first_sync().await;
    }
    if wants("audit") {
        audit::audit().await;
    }
    if wants("archive") {
        Box::pin(archive::archive()).await;
    }
}

/// The median, and the least and the most, of the ratios of one figure.
fn report(what: &str, mut ratios: Vec<f64>, budget: f64) {
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    println!("{what}: median {:.2}, from {least:.2} to {most:.2}; the budget is {budget}", ratios[ratios.len() / 2]);
}
