//! What is said where the servers of one database talk, which any program may do that uses the database; and what servers tell
//! each other behind that, where only they can write.

use std::sync::LazyLock;

use peer_support_server::checks::{Guard, Proxies, Told};
use peer_support_server::clock::Random;
use peer_support_server::secret::ServerSecret;
use peer_support_server::store::SERVERS_MESSAGE_BYTES;

/// The tests' first moment; the seeds were said in it, by servers with this secret.
const NOW: i64 = 1_800_000_000_000;
const SECRET: [u8; 32] = [7; 32];
/// Messages that one may be answered by.
const MOST_ANSWERS: usize = 2;

/// A server that listens, and has said all that it has to say.
static GUARD: LazyLock<Guard> = LazyLock::new(|| {
    let secret = ServerSecret::from_bytes(SECRET);
    let guard = Guard::new(Proxies::default(), secret, Random::system(), NOW);
    guard.begins_to_share(NOW);
    guard.outgoing(NOW);
    guard
});

pub fn run(bytes: &[u8]) {
    match bytes {
        [b'T', rest @ ..] if rest.starts_with(b"OLD\n") => told(&rest[4..]),
        _ => said(bytes),
    }
}

/// What is understood is written in one way only.
fn told(bytes: &[u8]) {
    let Some(all) = Told::read_all(bytes) else { return };
    let mut written = Vec::new();
    all.iter().for_each(|told| told.write(&mut written));
    assert_eq!(written, bytes);
}

fn said(bytes: &[u8]) {
    GUARD.hears(bytes, NOW);
    let answers = GUARD.outgoing(NOW);
    assert!(answers.len() <= MOST_ANSWERS, "{} answers", answers.len());
    assert!(answers.iter().all(|answer| answer.len() <= SERVERS_MESSAGE_BYTES));
}
