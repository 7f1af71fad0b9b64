//! The process stands still: swapped out, migrated, or stopped by somebody who looked away.

use std::time::Instant;

use tempfile::TempDir;

use crate::load::{Load, check_file};
use crate::program::Place;
use crate::rounds::{Chance, pause, report, rounds};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stood_still_goes_on_where_it_was() {
    let folder = TempDir::new().unwrap();
    let place = Place::demo(folder.path());
    let (server, load) = Load::on_demo(&place).await;
    for round in 0..rounds() {
        let mut chance = Chance::new(round);
        load.acknowledges(50 + chance.below(100) as usize).await;

        server.signal("STOP");
        tokio::time::sleep(pause()).await;
        server.signal("CONT");

        report("stood still", "until a post is acknowledged", load.recovered(Instant::now()).await);
        load.check(&place);
        check_file(&place);
    }

    load.finish().await.check(&place);
}
