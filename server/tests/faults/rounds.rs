//! How often each fault is made, and chance that can be had again.

use std::time::Duration;

use peer_support_server::clock::Random;

/// How many rounds `cargo xtask soak` asks for.
const ROUNDS: &str = "PEER_SUPPORT_FAULT_ROUNDS";
/// Rounds of a test run: one that begins on a new database, and one that goes on with what the first left.
const FEW: usize = 2;

/// The rounds of each fault.
pub fn rounds() -> usize {
    std::env::var(ROUNDS).map_or(FEW, |rounds| rounds.parse().expect("a number of rounds"))
}

/// How long a process is stopped for: longer than any wait of ours in the soak, and noticeably in a test run.
pub fn pause() -> Duration {
    if std::env::var(ROUNDS).is_ok() { Duration::from_secs(30) } else { Duration::from_secs(3) }
}

/// Says what a round came to.
pub fn report(fault: &str, what: &str, took: Duration) {
    println!("fault: {fault}: {what}: {} ms", took.as_millis());
}

/// Chance: splitmix64, whose seed is printed, so that a round can be made again.
pub struct Chance(u64);

impl Chance {
    pub fn new(round: usize) -> Self {
        let seed = u64::from_be_bytes(Random::system().bytes());
        println!("round {round}: seed {seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
