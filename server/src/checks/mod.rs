//! What guards a submission before it is stored: how often its sender sends, and whether a device worked for it; and what is
//! noticed about it, for moderators.
//!
//! All of it is in memory. Several servers on one database tell each other what they count ([`servers`]), in a way that the
//! database learns nothing by: the salt that hides networks is in the memory of servers alone.

mod flood;
mod network;
mod notices;
mod rate;
mod repeat;
mod report_force;
mod servers;
mod vote_ring;
mod words;
mod work;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::limits;
use peer_support_domain::site::SiteId;

pub use self::network::{ForwardedHeader, Network, Proxies, ProxyNet};
pub(crate) use self::notices::Notices;
pub use self::rate::Rate;
pub use self::servers::Told;
pub(crate) use self::words::Words;
pub use self::work::WorkRule;
pub(crate) use self::work::{InvalidProof, Proof};

use self::network::{CORRECTION_MS, SALT_LIFETIME_MS, Salt};
use self::rate::{HOUR_MS, Load, Moments, Remembered};
use self::servers::Others;
use self::work::{Solved, Spent, Work};
use crate::clock::Random;
use crate::secret::ServerSecret;
use crate::store::Vote;

/// Networks and authors whose moments are remembered: about 6 MB, and 30 MB if all of them were at their limit.
const N_SENDERS: usize = 50_000;
/// Pairs of an item and a network whose votes are remembered: about 6 MB when each has as many as it may.
const N_VOTED: usize = 20_000;
/// Sites of which it is remembered how much other servers got: many times what an owner configures.
const N_SITES: usize = 10_000;

/// How much one network or author may do on a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Posts from one network.
    pub posts: Rate,
    /// Replies from one network.
    pub replies: Rate,
    /// Votes from one network on one item in a day.
    pub votes_a_day: u32,
    /// When devices are asked for work.
    pub work: WorkRule,
    /// Posts and replies in a minute above which they are.
    pub work_from_a_minute: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            posts: Rate { a_minute: limits::POSTS_A_MINUTE, an_hour: limits::POSTS_AN_HOUR },
            replies: Rate { a_minute: limits::REPLIES_A_MINUTE, an_hour: limits::REPLIES_AN_HOUR },
            votes_a_day: limits::VOTES_AN_ITEM_A_DAY,
            work: WorkRule::default(),
            work_from_a_minute: limits::WORK_FROM_A_MINUTE,
        }
    }
}

/// Replies of one author in one thread, wherever they come from.
const AUTHOR_REPLIES: Rate =
    Rate { a_minute: limits::AUTHOR_REPLIES_A_MINUTE, an_hour: limits::AUTHOR_REPLIES_AN_HOUR };
/// Reports from one network: a reader finds few, and nobody shall bury the queue.
const REPORTS: Rate = Rate { a_minute: limits::REPORTS_A_MINUTE, an_hour: limits::REPORTS_AN_HOUR };
/// Changes of texts from one network.
const CHANGES: Rate = Rate { a_minute: limits::CHANGES_A_MINUTE, an_hour: limits::CHANGES_AN_HOUR };
/// Private words of authors from one network.
const WORDS: Rate = Rate { a_minute: limits::WORDS_A_MINUTE, an_hour: limits::WORDS_AN_HOUR };
/// Recovery codes that open nothing, from one network.
const WRONG_CODES: Rate =
    Rate { a_minute: limits::WRONG_CODES_A_MINUTE, an_hour: limits::WRONG_CODES_AN_HOUR };

/// A post or reply that somebody wants to send.
#[derive(Debug)]
pub(crate) struct Sending<'a> {
    /// Where to.
    pub(crate) site: &'a SiteId,
    /// The rules there.
    pub(crate) rules: &'a Rules,
    /// The post that it answers, if it is a reply.
    pub(crate) thread: Option<ItemId>,
    /// Where it comes from, if that is known.
    pub(crate) network: Option<Network>,
    /// Who writes it, in this thread.
    pub(crate) author: Option<AuthorTag>,
    /// What tells this sending from all others and is the same when it is sent again, if anything does.
    pub(crate) request: Option<[u8; 32]>,
    /// What the device says about work.
    pub(crate) proof: Option<&'a Proof>,
}

impl Sending<'_> {
    /// What work for it is bound to.
    fn place(&self) -> String {
        match self.thread {
            Some(thread) => format!("thread:{thread}"),
            None => format!("site:{}", self.site),
        }
    }
}

/// Why something is not taken now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many from this sender.
    TooMany {
        /// Milliseconds until one more is taken.
        wait_ms: u32,
    },
    /// Too many votes from this network on this item.
    TooManyVotes {
        /// Milliseconds until one more is taken.
        wait_ms: u32,
    },
    /// The device has to solve this first, or say that it did not.
    WorkNeeded {
        /// In ALTCHA's format.
        challenge: String,
    },
}

/// Counts, and lets pass or refuses.
pub struct Guard {
    proxies: Proxies,
    random: Random,
    work: Work,
    /// What the servers of one database know each other by.
    servers_key: [u8; 32],
    memory: Mutex<Memory>,
}

/// All that is remembered of senders. It is thrown away with the salt.
struct Memory {
    salt: Salt,
    /// The latest moment that the clock showed.
    seen_at: i64,
    moments: Remembered<Moments>,
    /// The votes, hashed, of one network on one item.
    ballots: Remembered<HashSet<u64>>,
    by_site: HashMap<u64, Load>,
    writes: Load,
    spent: Spent,
    /// The other servers of the database, while there may be any.
    others: Option<Others>,
    /// Requests that are being stored.
    under_way: HashMap<[u8; 32], UnderWay>,
}

/// A request that is being stored, perhaps by several sendings at once. They count as one.
struct UnderWay {
    counted: Vec<Counted>,
    flags: Flags,
    n_passes: u32,
    is_stored: bool,
}

impl Guard {
    /// A guard that has seen nobody yet.
    pub fn new(proxies: Proxies, secret: ServerSecret, random: Random, now: i64) -> Self {
        let memory = Mutex::new(Memory::new(Salt::draw(&random, now), now));
        let servers_key = secret.servers_key();
        Self { proxies, work: Work::new(secret), servers_key, memory, random }
    }

    /// The header in which trusted proxies say whom they speak for.
    pub(crate) fn forwarded_header(&self) -> &'static str {
        self.proxies.header.as_str()
    }

    /// Whether `peer`, which says whom it speaks for, seems to be a proxy of the owner's that the settings do not name: it
    /// is of this machine or of a private network. Of others it is more likely that they made the header up.
    pub(crate) fn is_unnamed_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.is_unnamed(peer)
    }

    /// The network that a request comes from; `None` when that cannot be known, and then nothing is counted by it.
    pub(crate) fn network<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
        now: i64,
    ) -> Option<Network> {
        let client = self.proxies.client(peer, forwarded)?;
        self.memory(now).0.salt.network(client)
    }

    /// Lets one post or reply pass, and counts it as long as it is not dropped unkept.
    ///
    /// # Errors
    ///
    /// Why not now; then nothing is counted.
    pub(crate) fn admit(&self, sending: &Sending<'_>, now: i64) -> Result<Pass<'_>, Refusal> {
        let place = sending.place();
        // Outside of the lock: it is the one thing here that takes microseconds.
        let solved = match sending.proof {
            Some(Proof::Done(solution)) => self.work.solved(solution, &place, now),
            _ => None,
        };
        let (mut memory, since) = self.memory(now);
        if let Some(same) = sending.request.and_then(|request| memory.under_way.get_mut(&request)) {
            // It is being stored this moment; the store keeps one of them.
            same.n_passes += 1;
            return Ok(Pass {
                guard: self,
                counted: Vec::new(),
                request: sending.request,
                flags: same.flags,
            });
        }
        let (counted, strain) = memory.admit(sending, since)?;
        let is_solved = solved.is_some_and(|solved| memory.spend(solved, sending.request, now));
        let flags = match (strain, sending.proof) {
            (Strain::None, _) => Flags::default(),
            (Strain::Some { .. }, _) if is_solved => Flags::default(),
            (Strain::Some { .. }, Some(Proof::NotDone)) => Flags::default().with(Flag::NoWork),
            (Strain::Some { number_most }, _) => {
                memory.uncount(&counted);
                let challenge = self.work.challenge(&place, number_most, now, &self.random);
                return Err(Refusal::WorkNeeded { challenge });
            }
        };
        let Some(request) = sending.request else {
            return Ok(Pass { guard: self, counted, request: None, flags });
        };
        memory.under_way.insert(request, UnderWay { counted, flags, n_passes: 1, is_stored: false });
        Ok(Pass { guard: self, counted: Vec::new(), request: Some(request), flags })
    }

    /// Lets one vote pass. The same vote again counts once.
    ///
    /// # Errors
    ///
    /// When `votes_a_day` from this network on this item passed before, since the salt was drawn.
    pub(crate) fn admit_vote(
        &self,
        vote: &Vote,
        network: Option<Network>,
        votes_a_day: u32,
        now: i64,
    ) -> Result<(), Refusal> {
        let (mut memory, since) = self.memory(now);
        memory.writes.add(1, since);
        let Some(network) = network else { return Ok(()) };
        let (key, ballot) = memory.ballot(vote, network);
        let ballots = memory.ballots.of(network.around, key, since);
        if !ballots.contains(&ballot) && ballots.len() >= votes_a_day as usize {
            return Err(Refusal::TooManyVotes { wait_ms: SALT_LIFETIME_MS - since });
        }
        if ballots.insert(ballot) {
            memory.tell(Told::Vote { around: network.around, key, ballot, a_day: votes_a_day });
        }
        Ok(())
    }

    /// Forgets a vote that was taken back, or not stored.
    pub(crate) fn forget_vote(&self, vote: &Vote, network: Option<Network>, now: i64) {
        let Some(network) = network else { return };
        let mut memory = self.memory(now).0;
        let (key, ballot) = memory.ballot(vote, network);
        if memory.ballots.known(network.around, key).is_some_and(|ballots| ballots.remove(&ballot)) {
            memory.tell(Told::VoteBack { around: network.around, key, ballot });
        }
    }

    /// Lets one report pass, and counts it.
    ///
    /// # Errors
    ///
    /// When too many came from this network.
    pub(crate) fn admit_report(&self, network: Option<Network>, now: i64) -> Result<(), Refusal> {
        self.admit_one(b"report", REPORTS, network, now).map(Pass::keep)
    }

    /// Lets one change of an author's text pass, and counts it as long as it is not dropped unkept.
    ///
    /// # Errors
    ///
    /// When too many came from this network.
    pub(crate) fn admit_change(&self, network: Option<Network>, now: i64) -> Result<Pass<'_>, Refusal> {
        self.admit_one(b"change", CHANGES, network, now)
    }

    /// Lets one private word of an author's pass, and counts it as long as it is not dropped unkept.
    ///
    /// # Errors
    ///
    /// When too many came from this network.
    pub(crate) fn admit_word(&self, network: Option<Network>, now: i64) -> Result<Pass<'_>, Refusal> {
        self.admit_one(b"word", WORDS, network, now)
    }

    fn admit_one(
        &self,
        what: &[u8],
        rate: Rate,
        network: Option<Network>,
        now: i64,
    ) -> Result<Pass<'_>, Refusal> {
        let pass = |counted| Pass { guard: self, counted, request: None, flags: Flags::default() };
        let Some(network) = network else { return Ok(pass(Vec::new())) };
        let (mut memory, since) = self.memory(now);
        let key = memory.salt.hash(&[what, &network.hash.to_be_bytes()]);
        let moments = memory.moments.of(network.around, key, since);
        match moments.wait_ms(rate, since) {
            0 => {
                moments.add(since);
                Ok(pass(vec![Counted { around: network.around, key, an_hour: rate.an_hour }]))
            }
            wait_ms => Err(Refusal::TooMany { wait_ms }),
        }
    }

    /// Whether a recovery code from this network is looked up.
    ///
    /// # Errors
    ///
    /// When too many from there opened nothing.
    pub(crate) fn admit_code(&self, network: Option<Network>, now: i64) -> Result<(), Refusal> {
        let Some(network) = network else { return Ok(()) };
        let (mut memory, since) = self.memory(now);
        let key = memory.salt.hash(&[b"wrong code", &network.hash.to_be_bytes()]);
        match memory.moments.known(network.around, key).map_or(0, |codes| codes.wait_ms(WRONG_CODES, since)) {
            0 => Ok(()),
            wait_ms => Err(Refusal::TooMany { wait_ms }),
        }
    }

    /// Counts a recovery code that opened nothing.
    pub(crate) fn count_wrong_code(&self, network: Option<Network>, now: i64) {
        let Some(network) = network else { return };
        let (mut memory, since) = self.memory(now);
        let key = memory.salt.hash(&[b"wrong code", &network.hash.to_be_bytes()]);
        let codes = memory.moments.of(network.around, key, since);
        if codes.wait_ms(WRONG_CODES, since) == 0 {
            codes.add(since);
            memory.tell(Told::Moment { around: network.around, key, an_hour: WRONG_CODES.an_hour });
        }
    }

    /// The memory, and the milliseconds since its salt was drawn. After a day both begin anew; and when the clock was set back:
    /// what was counted while it was ahead would make senders wait until it is there again.
    fn memory(&self, now: i64) -> (MutexGuard<'_, Memory>, u32) {
        let mut memory = self.locked();
        let is_set_back = now < memory.seen_at.saturating_sub(CORRECTION_MS);
        memory.seen_at = memory.seen_at.max(now);
        let since = memory.salt.age_ms(now).filter(|_| !is_set_back).unwrap_or_else(|| {
            memory.begin_anew(Salt::draw(&self.random, now), now);
            0
        });
        (memory, since)
    }

    fn locked(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard(…)")
    }
}

/// Whether devices have to work now.
enum Strain {
    None,
    Some {
        /// The largest number to look for.
        number_most: u32,
    },
}

/// Where a moment was noted, and how many there may be in an hour.
#[derive(Clone, Copy)]
struct Counted {
    around: u64,
    key: u64,
    an_hour: u32,
}

impl Memory {
    fn new(salt: Salt, now: i64) -> Self {
        Self {
            salt,
            seen_at: now,
            moments: Remembered::new(N_SENDERS, HOUR_MS),
            ballots: Remembered::new(N_VOTED, SALT_LIFETIME_MS),
            by_site: HashMap::new(),
            writes: Load::default(),
            spent: Spent::default(),
            others: None,
            under_way: HashMap::new(),
        }
    }

    /// Forgets what was counted by another salt than this.
    fn begin_anew(&mut self, salt: Salt, now: i64) {
        let spent = std::mem::take(&mut self.spent);
        let under_way = std::mem::take(&mut self.under_way);
        let others = self.others.take();
        *self = Self { spent, under_way, others, ..Self::new(salt, now) };
        self.others.iter_mut().for_each(Others::renewed);
    }

    /// Has the other servers told of what was counted here.
    fn tell(&mut self, told: Told) {
        if let Some(others) = &mut self.others {
            others.tell(told);
        }
    }

    /// Counts what another server did: as of now, because clocks differ, and telling takes less than a second.
    fn hear(&mut self, told: Told, since: u32, now: i64) {
        match told {
            Told::Moment { around, key, an_hour } => {
                self.moments.of(around, key, since).add_at_most(an_hour, since);
            }
            Told::Vote { around, key, ballot, a_day } => {
                let ballots = self.ballots.of(around, key, since);
                if ballots.len() < a_day as usize {
                    ballots.insert(ballot);
                }
            }
            Told::VoteBack { around, key, ballot } => {
                if let Some(ballots) = self.ballots.known(around, key) {
                    ballots.remove(&ballot);
                }
            }
            Told::Spent { solved, request } => {
                self.spent.spend(solved, request, now);
            }
            Told::Writes { site, n } => {
                if self.by_site.len() < N_SITES || self.by_site.contains_key(&site) {
                    self.by_site.entry(site).or_default().add(n, since);
                }
            }
        }
    }

    /// Uses a solution, as [`Spent::spend`].
    fn spend(&mut self, solved: Solved, request: Option<[u8; 32]>, now: i64) -> bool {
        let is_spent = self.spent.spend(solved, request, now);
        if is_spent {
            self.tell(Told::Spent { solved, request });
        }
        is_spent
    }

    /// Counts a post or reply, when it is not one too many; where, and whether devices have to work.
    fn admit(&mut self, sending: &Sending<'_>, since: u32) -> Result<(Vec<Counted>, Strain), Refusal> {
        let Rules { posts, replies, work, work_from_a_minute, .. } = *sending.rules;
        let site = self.salt.hash(&[b"site", sending.site.as_str().as_bytes()]);
        let on_site = self.by_site.entry(site).or_default().add(1, since);
        let in_all = self.writes.add(1, since);
        self.tell(Told::Writes { site, n: 1 });

        let (what, rate) = if sending.thread.is_some() { ("reply", replies) } else { ("post", posts) };
        let mut senders = Vec::new();
        if let Some(network) = sending.network {
            let parts = [what.as_bytes(), sending.site.as_str().as_bytes(), &network.hash.to_be_bytes()];
            senders.push((network.around, self.salt.hash(&parts), rate));
        }
        if let (Some(thread), Some(author)) = (sending.thread, sending.author) {
            // Wherever it comes from, so it is the thread that has many.
            let thread = thread.bits().to_be_bytes();
            let author = self.salt.hash(&[b"author", &thread, author.as_bytes()]);
            senders.push((self.salt.hash(&[b"thread", &thread]), author, AUTHOR_REPLIES));
        }

        let waits = senders
            .iter()
            .map(|&(around, key, rate)| self.moments.of(around, key, since).wait_ms(rate, since));
        let wait_ms = waits.max().unwrap_or_default();
        if wait_ms > 0 {
            return Err(Refusal::TooMany { wait_ms });
        }
        let mut is_near_limit = false;
        for &(around, key, rate) in &senders {
            let moments = self.moments.of(around, key, since);
            moments.add(since);
            is_near_limit |= moments.n_in_hour() * 2 > rate.an_hour as usize;
        }

        let load = f64::from(on_site) / f64::from(work_from_a_minute);
        let load = load.max(f64::from(in_all) / f64::from(limits::WORK_FROM_WRITES_A_MINUTE));
        let is_needed = match work {
            WorkRule::Always => true,
            WorkRule::Auto => load > 1.0 || is_near_limit,
            WorkRule::Never => false,
        };
        let counted = senders
            .into_iter()
            .map(|(around, key, Rate { an_hour, .. })| Counted { around, key, an_hour })
            .collect();
        // A third of the most at first, all of it when there is three times as much as should be.
        let number_most = (f64::from(limits::WORK_NUMBER) * load.clamp(1.0, 3.0) / 3.0) as u32;
        Ok((counted, if is_needed { Strain::Some { number_most } } else { Strain::None }))
    }

    /// It was stored.
    fn keep(&mut self, counted: &[Counted]) {
        for &Counted { around, key, an_hour } in counted {
            self.tell(Told::Moment { around, key, an_hour });
        }
    }

    fn uncount(&mut self, counted: &[Counted]) {
        for &Counted { around, key, .. } in counted {
            if let Some(moments) = self.moments.known(around, key) {
                moments.take_back();
            }
        }
    }

    /// Where a vote is counted, and as what.
    fn ballot(&self, vote: &Vote, network: Network) -> (u64, u64) {
        let item = vote.item.bits().to_be_bytes();
        let key = self.salt.hash(&[b"votes", &item, &network.hash.to_be_bytes()]);
        let way = vote.reaction.as_str().as_bytes();
        (key, self.salt.hash(&[b"vote", &item, way, vote.voter.as_bytes()]))
    }
}

/// Leave to store something. Dropped unkept, it was not stored and does not count.
pub(crate) struct Pass<'a> {
    guard: &'a Guard,
    counted: Vec<Counted>,
    request: Option<[u8; 32]>,
    /// What was noticed.
    pub(crate) flags: Flags,
}

impl Pass<'_> {
    /// It was stored.
    pub(crate) fn keep(mut self) {
        let mut memory = self.guard.locked();
        memory.keep(&std::mem::take(&mut self.counted));
        let same = self.request.and_then(|request| memory.under_way.get_mut(&request));
        let counted = same.map(|same| {
            same.is_stored = true;
            // They are told once, however often it was sent.
            std::mem::take(&mut same.counted)
        });
        memory.keep(&counted.unwrap_or_default());
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut memory = self.guard.locked();
        memory.uncount(&self.counted);
        let Some(Entry::Occupied(mut same)) = self.request.map(|request| memory.under_way.entry(request))
        else {
            return;
        };
        same.get_mut().n_passes -= 1;
        if same.get().n_passes == 0 {
            let UnderWay { counted, is_stored, .. } = same.remove();
            if !is_stored {
                memory.uncount(&counted);
            }
        }
    }
}
