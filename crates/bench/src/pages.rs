//! Two pages of a person who is signed in, asked again and again.

use crate::server::Server;
use crate::{CLIENTS, ROUND, ROUNDS, report};

pub fn pages(bare: &Server, kairos: &Server, cookie: &str) {
    println!("{ROUNDS} rounds of {} s each in turn, {CLIENTS} clients in a process of their own\n", ROUND.as_secs());
    for (path, budget) in [("/api/calendar/status", 0.8), ("/app/settings", 0.6)] {
        let (mut ratios, mut spreads) = (Vec::new(), Vec::new());
        for round in 1..=ROUNDS {
            kairos.pause(true);
            let theirs = bare.load(&["get", path, cookie]);
            kairos.pause(false);
            let ours = kairos.load(&["get", path, cookie]);
            ratios.push(ours.rate / theirs.rate);
            spreads.push(ours.spread / theirs.spread);
            println!(
                "{path} round {round}: bare {:.0}/s (p99/p50 {:.2}), kairos {:.0}/s (p99/p50 {:.2}), ratio {:.2}",
                theirs.rate,
                theirs.spread,
                ours.rate,
                ours.spread,
                ours.rate / theirs.rate
            );
        }
        report(&format!("{path}, requests a second"), ratios, budget);
        report(&format!("{path}, p99/p50 over the bare server's own"), spreads, 1.3);
        println!();
    }
}
