//! Servers that hear each other, each with a clock of its own, without a database.

use peer_support_domain::id::{AuthorTag, ItemId, VoterId};
use peer_support_domain::limits;
use peer_support_domain::vote::Reaction;

use super::*;
use crate::checks::network::{Network, SALT_LIFETIME_MS};
use crate::checks::{Proxies, Refusal, Rules, Sending, WorkRule};
use crate::secret::ServerSecret;
use crate::store::Vote;

const NOW: i64 = 1_800_000_000_000;
const SECOND: i64 = 1_000;
const HOUR: i64 = 60 * 60 * SECOND;
const DAY: i64 = SALT_LIFETIME_MS as i64;
const ADDRESS: &str = "198.51.100.7";

/// A server that listens to others, with a clock of its own.
struct Server {
    guard: Guard,
    now: i64,
}

impl Server {
    fn of(secret: u8, now: i64) -> Self {
        let secret = ServerSecret::from_bytes([secret; 32]);
        let guard = Guard::new(Proxies::default(), secret, Random::system(), now);
        guard.begins_to_share(now);
        Self { guard, now }
    }

    fn started(now: i64) -> Self {
        Self::of(7, now)
    }

    fn mark(&self) -> SaltMark {
        self.guard.memory(self.now).0.salt.mark()
    }

    fn network(&self, address: &str) -> Option<Network> {
        self.guard.network(address.parse().unwrap(), [].into_iter(), self.now)
    }

    /// Sends a post that is stored; the milliseconds to wait when it is one too many.
    fn posts(&self, address: &str) -> Result<(), u32> {
        self.sends(address, None, true)
    }

    fn sends(&self, address: &str, thread: Option<(ItemId, AuthorTag)>, is_stored: bool) -> Result<(), u32> {
        let sending = Sending {
            site: &"demo".parse().unwrap(),
            rules: &Rules { work: WorkRule::Never, ..Rules::default() },
            thread: thread.map(|(thread, _)| thread),
            network: self.network(address),
            author: thread.map(|(_, author)| author),
            request: None,
            proof: None,
        };
        let pass = self.guard.admit(&sending, self.now).map_err(|refusal| match refusal {
            Refusal::TooMany { wait_ms } => wait_ms,
            other => panic!("{other:?}"),
        })?;
        if is_stored {
            pass.keep();
        }
        Ok(())
    }

    fn votes(&self, address: &str, voter: u8) -> Result<(), Refusal> {
        self.guard.admit_vote(&vote(voter), self.network(address), 2, self.now)
    }

    fn takes_back(&self, address: &str, voter: u8) {
        self.guard.forget_vote(&vote(voter), self.network(address), self.now);
    }

    fn says(&self) -> Vec<Vec<u8>> {
        self.guard.outgoing(self.now)
    }

    fn hears(&self, messages: &[Vec<u8>]) {
        messages.iter().for_each(|message| self.guard.hears(message, self.now));
    }

    fn n_remembered(&self) -> usize {
        self.guard.memory(self.now).0.moments.len()
    }
}

fn vote(voter: u8) -> Vote {
    let voter = VoterId::from_bytes([voter; 16]);
    Vote { item: ItemId::from_bits(1), reaction: Reaction::Helped, voter }
}

/// Lets all of them hear what each says, themselves too, until nobody has more to say; all that was said.
fn talk(servers: &[&Server]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for _ in 0..20 {
        let said: Vec<_> = servers.iter().flat_map(|server| server.says()).collect();
        if said.is_empty() {
            return all;
        }
        servers.iter().for_each(|server| server.hears(&said));
        all.extend(said);
    }
    panic!("they never end");
}

fn agreed(servers: &[&Server]) -> SaltMark {
    let marks: Vec<_> = servers.iter().map(|server| server.mark()).collect();
    assert!(marks.iter().all(|mark| *mark == marks[0]), "{marks:?}");
    marks[0]
}

/// Two servers that have one salt and nothing more to say.
fn pair() -> [Server; 2] {
    let pair = [Server::started(NOW), Server::started(NOW + 1)];
    talk(&pair.each_ref());
    agreed(&pair.each_ref());
    pair
}

#[test]
fn servers_that_start_at_once_come_to_the_salt_that_was_drawn_first() {
    let servers = [NOW + 3, NOW + 1, NOW + 2].map(Server::started);
    let first = servers[1].mark();

    talk(&servers.each_ref());

    assert_eq!(agreed(&servers.each_ref()), first);
}

#[test]
fn of_salts_drawn_in_the_same_moment_all_take_the_same() {
    let servers = [NOW; 5].map(Server::started);

    talk(&servers.each_ref());

    agreed(&servers.each_ref());
}

#[test]
fn who_comes_later_takes_the_salt_that_is_there_and_nobody_forgets() {
    let [one, other] = pair();
    one.posts(ADDRESS).unwrap();
    talk(&[&one, &other]);
    let before = agreed(&[&one, &other]);
    let late = Server::started(NOW + 20 * SECOND);

    talk(&[&one, &other, &late]);

    assert_eq!(agreed(&[&one, &other, &late]), before);
    assert_eq!(other.posts(ADDRESS), Err(60_000));
    late.posts("203.0.113.9").unwrap();
    talk(&[&one, &other, &late]);
    assert!(one.posts("203.0.113.9").is_err());
}

#[test]
fn a_server_counts_by_itself_until_it_has_heard_of_another() {
    let (one, other) = (Server::started(NOW), Server::started(NOW));

    one.posts(ADDRESS).unwrap();
    other.posts(ADDRESS).unwrap();

    assert_eq!(one.posts(ADDRESS), Err(60_000));
    assert_eq!(other.posts(ADDRESS), Err(60_000));
}

#[test]
fn a_server_alone_tells_nothing() {
    let one = Server::started(NOW);
    assert_eq!(one.says().len(), 1, "it asks");

    one.posts(ADDRESS).unwrap();
    one.votes(ADDRESS, 1).unwrap();

    assert_eq!(one.says(), [[0; 0]; 0]);
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let (one, other) = (Server::started(NOW), Server::started(NOW + 1));
    one.hears(&other.says());
    one.says();
    assert_ne!(one.mark(), other.mark());

    other.guard.asks(other.now);
    talk(&[&one, &other]);

    agreed(&[&one, &other]);
}

#[test]
fn servers_that_were_cut_off_from_each_other_for_a_day_come_together() {
    let [mut one, mut other] = pair();
    one.now += DAY + 5;
    other.now += DAY + 9;
    one.posts(ADDRESS).unwrap();
    other.posts(ADDRESS).unwrap();
    let (first, second) = (one.mark(), other.mark());
    assert_ne!(first, second);
    one.says();
    other.says();

    // Each begins to listen again.
    one.guard.begins_to_share(one.now);
    other.guard.begins_to_share(other.now);
    talk(&[&one, &other]);

    assert_eq!(agreed(&[&one, &other]), first);
    assert!(other.posts("192.0.2.1").is_ok());
    talk(&[&one, &other]);
    assert!(one.posts("192.0.2.1").is_err());
}

#[test]
fn after_a_day_all_take_a_new_salt_together() {
    let mut servers = [NOW, NOW + 1, NOW + 2].map(Server::started);
    talk(&servers.each_ref());
    let yesterday = agreed(&servers.each_ref());
    // Their clocks are not quite alike, so the day ends for one after the other.
    for (server, late) in servers.iter_mut().zip([40, 0, -3 * SECOND]) {
        server.now = NOW + DAY + late;
    }

    servers[0].posts(ADDRESS).unwrap();
    talk(&servers.each_ref());
    assert_eq!(servers[2].mark(), yesterday);
    servers.iter_mut().for_each(|server| server.now += 3 * SECOND);
    servers[2].posts("203.0.113.9").unwrap();
    talk(&servers.each_ref());

    assert_ne!(agreed(&servers.each_ref()), yesterday);
    servers[0].posts("192.0.2.1").unwrap();
    talk(&servers.each_ref());
    assert!(servers[1].posts("192.0.2.1").is_err());
    assert!(servers[2].posts("192.0.2.1").is_err());
}

#[test]
fn a_salt_that_is_past_its_day_or_of_a_clock_that_is_ahead_is_not_taken() {
    for (drawn_at, is_taken) in [
        (NOW - DAY + SECOND, true),
        (NOW - DAY, false),
        (NOW + 1, false),
        (i64::MIN, false),
        (i64::MAX, false),
    ] {
        let (other, server) = (Server::started(drawn_at), Server::started(NOW));
        let own = server.mark();

        talk(&[&other, &server]);

        assert_eq!(server.mark(), if is_taken { other.mark() } else { own }, "{drawn_at}");
    }
}

#[test]
fn a_clock_that_is_corrected_forgets_nothing_and_one_that_was_far_ahead_makes_all_begin_anew() {
    let [one, mut other] = pair();
    one.posts(ADDRESS).unwrap();
    talk(&[&one, &other]);
    let before = agreed(&[&one, &other]);

    other.now -= CORRECTION_MS;
    talk(&[&one, &other]);
    assert_eq!(agreed(&[&one, &other]), before);
    assert!(other.posts(ADDRESS).is_err());

    other.now -= 1;
    talk(&[&one, &other]);
    assert_ne!(agreed(&[&one, &other]), before);
    other.posts(ADDRESS).unwrap();
    talk(&[&one, &other]);
    assert!(one.posts(ADDRESS).is_err());
}

#[test]
fn what_one_server_counted_the_others_refuse() {
    let [one, mut other] = pair();
    other.now += 20 * SECOND;
    let thread = Some((ItemId::from_bits(5), AuthorTag::from_bytes([1; 8])));

    one.posts(ADDRESS).unwrap();
    for n in 0..limits::AUTHOR_REPLIES_A_MINUTE {
        one.sends(&format!("192.0.{n}.1"), thread, true).unwrap();
    }
    for _ in 0..limits::REPORTS_A_MINUTE {
        one.guard.admit_report(one.network(ADDRESS), one.now).unwrap();
    }
    for _ in 0..limits::CHANGES_A_MINUTE {
        one.guard.admit_change(one.network(ADDRESS), one.now).unwrap().keep();
    }
    for _ in 0..limits::WORDS_A_MINUTE {
        one.guard.admit_word(one.network(ADDRESS), one.now).unwrap().keep();
    }
    for _ in 0..limits::WRONG_CODES_A_MINUTE {
        one.guard.count_wrong_code(one.network(ADDRESS), one.now);
    }
    talk(&[&one, &other]);

    // As of when it was heard, by its own clock.
    assert_eq!(other.posts("198.51.100.99"), Err(60_000));
    assert_eq!(other.sends("203.0.113.9", thread, true), Err(60_000));
    let (network, now) = (other.network(ADDRESS), other.now);
    assert!(other.guard.admit_report(network, now).is_err());
    assert!(other.guard.admit_change(network, now).is_err());
    assert!(other.guard.admit_word(network, now).is_err());
    assert!(other.guard.admit_code(network, now).is_err());
    let elsewhere = other.network("203.0.113.9");
    assert!(other.guard.admit_report(elsewhere, now).is_ok());
    assert!(other.guard.admit_code(elsewhere, now).is_ok());
    other.now += 60 * SECOND;
    other.posts(ADDRESS).unwrap();
}

#[test]
fn what_was_not_stored_is_not_told() {
    let [one, other] = pair();

    one.sends(ADDRESS, None, false).unwrap();
    drop(one.guard.admit_change(one.network(ADDRESS), one.now).unwrap());
    talk(&[&one, &other]);

    other.posts(ADDRESS).unwrap();
    assert_eq!(other.n_remembered(), 1);
}

#[test]
fn a_request_that_was_sent_several_times_at_once_is_told_once() {
    let [one, other] = pair();
    let rules = Rules { work: WorkRule::Never, ..Rules::default() };
    let sending = Sending {
        site: &"demo".parse().unwrap(),
        rules: &rules,
        thread: Some(ItemId::from_bits(5)),
        network: one.network(ADDRESS),
        author: None,
        request: Some([1; 32]),
        proof: None,
    };

    let passes: Vec<_> = (0..3).map(|_| one.guard.admit(&sending, one.now).unwrap()).collect();
    passes.into_iter().for_each(crate::checks::Pass::keep);

    let told = one.guard.memory(one.now).0.others.as_ref().unwrap().told.len();
    assert_eq!(told, 1);
    talk(&[&one, &other]);
    for _ in 1..limits::REPLIES_A_MINUTE {
        other.sends(ADDRESS, Some((ItemId::from_bits(5), AuthorTag::from_bytes([2; 8]))), false).unwrap();
    }
}

#[test]
fn votes_are_capped_over_all_servers_and_make_room_when_taken_back() {
    let [one, other] = pair();
    one.votes(ADDRESS, 1).unwrap();
    one.votes(ADDRESS, 1).unwrap();
    other.votes(ADDRESS, 1).unwrap();
    talk(&[&one, &other]);
    other.votes(ADDRESS, 2).unwrap();
    talk(&[&one, &other]);

    assert!(matches!(one.votes(ADDRESS, 3), Err(Refusal::TooManyVotes { .. })));
    assert!(matches!(other.votes(ADDRESS, 3), Err(Refusal::TooManyVotes { .. })));
    other.takes_back(ADDRESS, 1);
    talk(&[&one, &other]);

    one.votes(ADDRESS, 3).unwrap();
}

#[test]
fn a_used_solution_is_known_to_all_and_outlives_the_salt() {
    let [mut one, mut other] = pair();
    let solved = |n| super::super::work::Solved { ends_at: NOW + DAY + HOUR, hash: [n; 32] };
    let spends =
        |server: &Server, n, request| server.guard.memory(server.now).0.spend(solved(n), request, server.now);

    assert!(spends(&one, 1, Some([9; 32])));
    assert!(spends(&other, 2, None));
    talk(&[&one, &other]);
    one.now += DAY;
    other.now += DAY;
    talk(&[&one, &other]);

    assert!(!spends(&other, 1, None));
    assert!(!spends(&one, 2, None));
    assert!(spends(&other, 1, Some([9; 32])), "the same request, sent again to another server");
}

#[test]
fn devices_work_when_all_servers_together_get_too_much_for_a_site() {
    let [one, other] = pair();
    let asks = |server: &Server, n: u32| {
        let sending = Sending {
            site: &"demo".parse().unwrap(),
            rules: &Rules::default(),
            thread: None,
            network: server.network(&format!("192.{}.{}.1", n / 250, n % 250)),
            author: None,
            request: None,
            proof: None,
        };
        match server.guard.admit(&sending, server.now) {
            Ok(pass) => {
                pass.keep();
                false
            }
            Err(refusal) => matches!(refusal, Refusal::WorkNeeded { .. }),
        }
    };
    for n in 0..limits::WORK_FROM_A_MINUTE / 2 {
        assert!(!asks(&one, n));
        assert!(!asks(&other, 1_000 + n));
    }

    talk(&[&one, &other]);

    assert!(asks(&one, 2_000));
    assert!(asks(&other, 2_001));
}

#[test]
fn what_others_say_is_ignored() {
    let [one, other] = pair();
    let stranger = Server::of(8, NOW - HOUR);
    let own = agreed(&[&one, &other]);
    one.posts(ADDRESS).unwrap();
    one.guard.asks(one.now);
    let good = one.says();
    assert_eq!(good.len(), 2, "a question, and what was counted");

    let mut bad = vec![Vec::new(), b"hello".to_vec(), vec![0; 10_000], vec![TELLS; 200], vec![ASKS; 105]];
    // Of servers with another secret.
    bad.extend(stranger.says());
    stranger.hears(&good);
    assert_eq!(stranger.says(), [[0; 0]; 0], "they are not answered");
    // Changed, cut short or longer on the way.
    for message in &good {
        for place in [0, 1, 17, 33, 41, 60, message.len() - 1] {
            let mut changed = message.clone();
            changed[place] ^= 1;
            bad.push(changed);
        }
        bad.push(message[..message.len() - 1].to_vec());
        bad.push([&message[..], &[0]].concat());
        bad.push([&message[..], &vec![0; SERVERS_MESSAGE_BYTES]].concat());
    }
    other.hears(&bad);

    assert_eq!(other.mark(), own);
    assert_eq!(other.says(), [[0; 0]; 0]);
    assert_eq!(other.n_remembered(), 0);
    other.hears(&good);
    assert_eq!(other.n_remembered(), 1);
}

#[test]
fn an_answer_opens_nothing_but_the_question_it_was_given_to() {
    let early = Server::started(NOW);
    let mut asking = Server::started(NOW + 1);
    early.says();
    early.hears(&asking.says());
    let answers = early.says();
    assert_eq!(answers.len(), 1);

    // It has asked again meanwhile, or is another one with the same secret.
    asking.guard.asks(asking.now);
    asking.says();
    asking.hears(&answers);
    assert_ne!(asking.mark(), early.mark());
    let spy = Server::started(NOW + 1);
    spy.says();
    spy.hears(&answers);
    assert_ne!(spy.mark(), early.mark());

    // Given in time it is taken once.
    early.hears(&{
        asking.guard.asks(asking.now);
        asking.says()
    });
    let answers = early.says();
    asking.hears(&answers);
    assert_eq!(asking.mark(), early.mark());
    asking.now += 2 * DAY;
    let later = asking.mark();
    asking.hears(&answers);
    assert_eq!(asking.mark(), later);
}

#[test]
fn a_message_counts_once_and_not_after_its_time() {
    let [one, mut other] = pair();
    one.sends(ADDRESS, Some((ItemId::from_bits(5), AuthorTag::from_bytes([1; 8]))), true).unwrap();
    let first = one.says();
    one.posts(ADDRESS).unwrap();
    let second = one.says();

    other.hears(&second);
    let n = other.n_remembered();
    other.hears(&first);
    other.hears(&second);
    assert_eq!(other.n_remembered(), n, "a copy, and one that was overtaken");

    // Who comes later has not heard them, and takes no copy that is old.
    let late = Server::started(NOW + 2);
    talk(&[&one, &late]);
    agreed(&[&one, &late]);
    other.now += CORRECTION_MS + SECOND;
    let late = Server { now: other.now, ..late };
    late.hears(&second);
    assert_eq!(late.n_remembered(), 0);
}

#[test]
fn nothing_that_passes_shows_a_network_or_that_it_is_the_same_again() {
    let [one, other] = pair();
    let Network { around, hash } = one.network(ADDRESS).unwrap();
    let mut said = Vec::new();
    for thread in 0..2 {
        one.sends(ADDRESS, Some((ItemId::from_bits(5), AuthorTag::from_bytes([thread; 8]))), true).unwrap();
        one.guard.asks(one.now);
        let messages = one.says();
        other.hears(&messages);
        said.push(messages);
    }
    assert_eq!(other.n_remembered(), 3);

    let key = one.guard.memory(one.now).0.salt.hash(&[b"reply", b"demo", &hash.to_be_bytes()]);
    let salt = one.guard.memory(one.now).0.salt.to_bytes();
    let octets = [198, 51, 100, 7];
    let secrets = [&around.to_be_bytes()[..], &hash.to_be_bytes(), &key.to_be_bytes(), &salt[..32], &octets];
    for message in said.iter().flatten() {
        for secret in secrets {
            assert!(!message.windows(secret.len()).any(|bytes| bytes == secret));
        }
    }
    // Beyond the number of the message nothing is the same.
    let pages: Vec<_> = said.iter().flatten().filter(|message| message[0] == TELLS).collect();
    let [first, second] = pages[..] else { panic!("{} pages", pages.len()) };
    assert_eq!(first.len(), second.len());
    assert!(first[41..].windows(4).all(|bytes| !second[41..].windows(4).any(|other| other == bytes)));
}

#[test]
fn who_kept_all_messages_and_learns_the_secret_later_reads_none() {
    let servers = [Server::started(NOW), Server::started(NOW + 1)];
    let mut kept = talk(&servers.each_ref());
    servers[0].posts(ADDRESS).unwrap();
    kept.extend(talk(&servers.each_ref()));
    assert!(kept.len() >= 4);

    let mut thief = Server::started(NOW + 2);
    let own = thief.mark();
    thief.says();
    thief.hears(&kept);

    assert_eq!(thief.mark(), own);
    assert_eq!(thief.n_remembered(), 0);
    // Nor do the salts of the days after open the messages of this one.
    thief.now += DAY;
    talk(&[&servers[0], &thief]);
    thief.hears(&kept);
    assert_eq!(thief.n_remembered(), 0);
}

#[test]
fn what_waits_to_be_told_is_bounded_and_fits_into_messages() {
    let [one, other] = pair();
    for n in 0..2 * N_TOLD as u32 {
        one.posts(&format!("100.{}.{}.7", n / 250, n % 250)).unwrap();
    }
    for _ in 0..3 * N_ANSWERS {
        let late = Server::started(NOW + 9);
        one.hears(&late.says());
    }

    let said = one.says();

    assert!(said.iter().all(|message| message.len() <= SERVERS_MESSAGE_BYTES));
    assert_eq!(said.iter().filter(|message| message[0] == ANSWERS).count(), N_ANSWERS);
    assert_eq!(said.iter().filter(|message| message[0] == TELLS).count(), 4);
    other.hears(&said);
    assert_eq!(other.n_remembered(), N_TOLD);
    assert_eq!(one.says(), [[0; 0]; 0]);
}

#[test]
fn what_was_heard_is_remembered_within_the_limits_of_what_was_counted() {
    let [one, other] = pair();
    let mut memory = other.guard.memory(other.now).0;
    for n in 0..60_000 {
        memory.hear(Told::Moment { around: n % 7, key: n, an_hour: 20 }, 0, NOW);
        memory.hear(Told::Vote { around: n % 7, key: n, ballot: n, a_day: 30 }, 0, NOW);
        memory.hear(Told::Vote { around: 1, key: 1, ballot: n, a_day: 30 }, 0, NOW);
        memory.hear(Told::Moment { around: 1, key: 1, an_hour: 20 }, 0, NOW);
        memory.hear(Told::Writes { site: n, n: 1 }, 0, NOW);
    }

    assert!(memory.moments.len() <= super::super::N_SENDERS);
    assert!(memory.ballots.len() <= super::super::N_VOTED);
    assert_eq!(memory.by_site.len(), super::super::N_SITES);
    assert_eq!(memory.moments.known(1, 1).unwrap().n_in_hour(), 20);
    assert_eq!(memory.ballots.known(1, 1).unwrap().len(), 30);
    drop(memory);
    one.guard.asks(one.now);
    let asked = one.says();
    for n in 0..2 * N_SERVERS {
        let mut others = Others::new(one.guard.servers_key, &Random::system());
        let memory = other.guard.memory(other.now).0;
        others.hear(&asked[0], &memory.salt, NOW, 0);
        others.tell(Told::Writes { site: n as u64, n: 1 });
        let said = others.outgoing(&memory.salt, 0);
        drop(memory);
        other.hears(&said);
    }
    assert_eq!(other.guard.memory(other.now).0.others.as_ref().unwrap().heard.len(), N_SERVERS);
}
