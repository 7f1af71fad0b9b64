//! The other servers of the same database: how all of them come to one salt, and tell each other what they counted.
//!
//! A server never waits for another: until it has heard of an earlier salt it counts by its own. Of two salts the one that was
//! drawn first stays, so wherever servers begin, and whoever was cut off from whom, all of them come to the same one. What is
//! lost on the way makes limits looser.
//!
//! Messages pass through the database, whose owner, disk and logs may be looked at by others. What is counted is encrypted by a key
//! of the salt, which `handing` keeps from them.

mod handing;
mod told;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use self::handing::{HANDED, PUBLIC, Question, answer};
pub use self::told::Told;
use self::told::take;
use super::Guard;
use super::network::{CORRECTION_MS, Salt, SaltMark};
use crate::clock::{Clock, Random};
use crate::store::{Listener, SERVERS_MESSAGE_BYTES, Store};

/// How often the others are told what was counted, at most.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How often they are told at least how much was written, for which alone nobody is woken.
const WRITES_EVERY: Duration = Duration::from_secs(1);
/// How often a server asks for an earlier salt than its own: what it asked before, or the answer, may have been lost.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Of what was counted, told at a time: 10,000 a second, many times what a server can store. The rest is not told.
const N_TOLD: usize = 1_000;
/// Answers given at a time: there are not so many servers that start at once.
const N_ANSWERS: usize = 16;
/// Servers whose last message is remembered, so that none is taken twice; those heard longest ago are forgotten first.
const N_SERVERS: usize = 256;

/// The first byte of a message. One of another version is not understood, and ignored.
const ASKS: u8 = 1;
const ANSWERS: u8 = 2;
const TELLS: u8 = 3;

/// What a server calls itself, drawn when it starts.
type Name = [u8; 16];
const MAC: usize = 32;
/// Room for what was counted: a message without its beginning, its moment and its tag.
const ROOM: usize = SERVERS_MESSAGE_BYTES - (1 + 16 + 16 + 8) - 4 - 16;

/// What a server has to do with the others.
pub(super) struct Others {
    /// Comes of the common secret: whoever has not that is not listened to.
    secret: [u8; 32],
    own: Name,
    /// Rings when there is something to tell.
    bell: Arc<Notify>,
    asks: bool,
    question: Option<Question>,
    answers: Vec<Vec<u8>>,
    /// Whether another server was ever heard: before that nobody is told anything.
    are_there: bool,
    told: Vec<Told>,
    writes: HashMap<u64, u32>,
    n_sent: u64,
    /// The last message of each, and the order in which they came.
    heard: HashMap<Name, (u64, u64)>,
    n_heard: u64,
}

/// What a message says.
pub(super) enum Heard {
    /// Nothing to this server.
    Nothing,
    /// The salt to use from now on.
    Salt(Salt),
    /// What another server counted.
    Counted(Vec<Told>),
}

impl Others {
    pub(super) fn new(secret: [u8; 32], random: &Random) -> Self {
        Self {
            secret,
            own: random.bytes(),
            bell: Arc::default(),
            asks: true,
            question: None,
            answers: Vec::new(),
            are_there: false,
            told: Vec::new(),
            writes: HashMap::new(),
            n_sent: 0,
            heard: HashMap::new(),
            n_heard: 0,
        }
    }

    /// Has the others asked whether one has an earlier salt.
    pub(super) fn ask(&mut self) {
        self.asks = true;
        self.bell.notify_one();
    }

    /// The salt is another than before.
    pub(super) fn renewed(&mut self) {
        // Hidden by the old salt it says nothing to anybody.
        self.told.clear();
        self.writes.clear();
        self.heard.clear();
        self.ask();
    }

    /// Has the others told of something that was counted; of so much as can be told.
    pub(super) fn tell(&mut self, told: Told) {
        if !self.are_there {
            return;
        }
        match told {
            // It is counted before something is stored: rung for, that would have to wait for the next time.
            Told::Writes { site, n } => {
                let writes = self.writes.entry(site).or_default();
                *writes = writes.saturating_add(n);
            }
            _ if self.told.len() < N_TOLD => {
                self.told.push(told);
                self.bell.notify_one();
            }
            _ => {}
        }
    }

    /// All messages that wait to be told, each of at most [`SERVERS_MESSAGE_BYTES`].
    pub(super) fn outgoing(&mut self, salt: &Salt, since: u32) -> Vec<Vec<u8>> {
        let mut messages = std::mem::take(&mut self.answers);
        if std::mem::take(&mut self.asks) {
            let question = Question::new();
            let SaltMark { drawn_at, id } = salt.mark();
            messages.push(self.signed(ASKS, &[&drawn_at.to_be_bytes(), &id, &question.public]));
            self.question = Some(question);
        }
        let mut told = std::mem::take(&mut self.told);
        told.extend(self.writes.drain().take(N_TOLD).map(|(site, n)| Told::Writes { site, n }));
        let mut pages = vec![Vec::new()];
        for told in told {
            let mut one = Vec::new();
            told.write(&mut one);
            if pages.last().is_some_and(|page| page.len() + one.len() > ROOM) {
                pages.push(Vec::new());
            }
            pages.last_mut().expect("there is one").append(&mut one);
        }
        pages.retain(|page| !page.is_empty());
        messages.extend(pages.iter().map(|page| self.sealed(page, salt, since)));
        messages
    }

    /// What a message says to a server that has this salt.
    pub(super) fn hear(&mut self, message: &[u8], salt: &Salt, now: i64, since: u32) -> Heard {
        self.understood(message, salt, now, since).unwrap_or(Heard::Nothing)
    }

    /// `None` when it is from another program, from this server, forged, or a copy of an earlier one.
    fn understood(&mut self, message: &[u8], salt: &Salt, now: i64, since: u32) -> Option<Heard> {
        let mut rest = message;
        let [kind] = take(&mut rest)?;
        let from: Name = take(&mut rest)?;
        if message.len() > SERVERS_MESSAGE_BYTES || from == self.own {
            return None;
        }
        match kind {
            ASKS => {
                let mut rest = self.checked(message, rest)?;
                let drawn_at = i64::from_be_bytes(take(&mut rest)?);
                let other = SaltMark { drawn_at, id: take(&mut rest)? };
                let asked: [u8; PUBLIC] = take(&mut rest)?;
                let own = salt.mark();
                if other < own && other.age_ms(now).is_some() {
                    self.ask();
                } else if other != own && self.answers.len() < N_ANSWERS {
                    let answer = answer(salt, &asked, &self.secret)?;
                    self.answers.push(self.signed(ANSWERS, &[&asked, &answer]));
                    self.bell.notify_one();
                }
                None
            }
            ANSWERS => {
                let mut rest = self.checked(message, rest)?;
                let asked: [u8; PUBLIC] = take(&mut rest)?;
                let question = self.question.take_if(|question| question.public == asked)?;
                let other = question.open(&take::<HANDED>(&mut rest)?, &self.secret)?;
                let is_earlier = other.mark() < salt.mark() && other.age_ms(now).is_some();
                is_earlier.then_some(Heard::Salt(other))
            }
            TELLS => self.opened(message, salt, since).map(Heard::Counted),
            _ => None,
        }
    }

    /// A message that shows that who wrote it knows the secret.
    fn signed(&self, kind: u8, parts: &[&[u8]]) -> Vec<u8> {
        let mut message = [&[kind][..], &self.own].concat();
        parts.iter().for_each(|part| message.extend_from_slice(part));
        let mac = self.mac(&message).finalize().into_bytes();
        message.extend_from_slice(&mac);
        message
    }

    /// What stands in a message that was [`signed`](Self::signed), of which `rest` is left to be read.
    fn checked<'a>(&mut self, message: &'a [u8], rest: &'a [u8]) -> Option<&'a [u8]> {
        let (signed, mac) = message.split_last_chunk::<MAC>()?;
        self.mac(signed).verify_slice(mac).ok()?;
        self.are_there = true;
        rest.split_last_chunk::<MAC>().map(|(rest, _)| rest)
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.chain_update(b"message").chain_update(message)
    }

    /// A message that only who has the salt can read. It has a number, so that no two are encrypted alike, and none counts twice.
    fn sealed(&mut self, page: &[u8], salt: &Salt, since: u32) -> Vec<u8> {
        self.n_sent += 1;
        let number = self.n_sent.to_be_bytes();
        let mut message = [&[TELLS][..], &self.own, &salt.mark().id, &number].concat();
        let mut sealed = [&since.to_be_bytes()[..], page].concat();
        page_key(salt, &self.own)
            .seal_in_place_append_tag(nonce(number), Aad::from(&message[..]), &mut sealed)
            .expect("it is short");
        message.append(&mut sealed);
        message
    }

    fn opened(&mut self, message: &[u8], salt: &Salt, since: u32) -> Option<Vec<Told>> {
        let mut rest = message;
        let [_kind] = take(&mut rest)?;
        let (from, id): (Name, [u8; 16]) = (take(&mut rest)?, take(&mut rest)?);
        let number: [u8; 8] = take(&mut rest)?;
        if id != salt.mark().id {
            return None;
        }
        let header = &message[..message.len() - rest.len()];
        let mut sealed = rest.to_vec();
        let key = page_key(salt, &from);
        let mut page = &*key.open_in_place(nonce(number), Aad::from(header), &mut sealed).ok()?;
        let sent = u32::from_be_bytes(take(&mut page)?);
        let n_sent = u64::from_be_bytes(number);
        let is_new = self.heard.get(&from).is_none_or(|(before, _)| *before < n_sent);
        // Who has not heard that server yet would take a copy for new.
        if !is_new || i64::from(sent.abs_diff(since)) > CORRECTION_MS {
            return None;
        }
        if self.heard.len() >= N_SERVERS
            && !self.heard.contains_key(&from)
            && let Some((&oldest, _)) = self.heard.iter().min_by_key(|(_, (_, place))| *place)
        {
            self.heard.remove(&oldest);
        }
        self.n_heard += 1;
        self.heard.insert(from, (n_sent, self.n_heard));
        Told::read_all(page)
    }
}

/// What a server of this name encrypts with.
fn page_key(salt: &Salt, of: &Name) -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, &salt.key(&[b"told", of])).expect("it has 32 bytes");
    LessSafeKey::new(key)
}

/// A server never uses a number twice, also not after its salt changed.
fn nonce(number: [u8; 8]) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - 8..].copy_from_slice(&number);
    Nonce::assume_unique_for_key(nonce)
}

impl Guard {
    /// Shares with the other servers of the database what is counted, for as long as this is run; returns at once where there
    /// cannot be any.
    pub(crate) async fn share(&self, store: &dyn Store, clock: &Clock) {
        loop {
            match store.listen_to_servers().await {
                Ok(Some(listener)) => {
                    let bell = self.begins_to_share(clock.now_ms());
                    tokio::select! {
                        () = self.hears_all(listener, clock) => {}
                        () = self.tells_all(&bell, store, clock) => {}
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!("the other servers of the database are not heard: {error}");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    /// What rings when there is something to tell, and it does: who has listened to nobody asks for the salt first.
    pub fn begins_to_share(&self, now: i64) -> Arc<Notify> {
        let mut memory = self.memory(now).0;
        let others = memory.others.get_or_insert_with(|| Others::new(self.servers_key, &self.random));
        others.ask();
        others.bell.clone()
    }

    /// Until something was missed.
    async fn hears_all(&self, mut listener: Listener<Vec<u8>>, clock: &Clock) {
        while let Some(message) = listener.next().await {
            self.hears(&message, clock.now_ms());
        }
    }

    async fn tells_all(&self, bell: &Notify, store: &dyn Store, clock: &Clock) {
        let mut asked_at = Instant::now();
        loop {
            let _ = timeout(WRITES_EVERY, bell.notified()).await;
            if asked_at.elapsed() >= ASK_EVERY {
                asked_at = Instant::now();
                self.asks(clock.now_ms());
            }
            let messages = self.outgoing(clock.now_ms());
            if messages.is_empty() {
                continue;
            }
            let told = store.tell_servers(messages).await;
            if let Err(error) = &told {
                tracing::warn!("the other servers of the database were not told what was counted: {error}");
            }
            tokio::time::sleep(if told.is_ok() { TELL_EVERY } else { AFTER_FAILURE }).await;
        }
    }

    fn asks(&self, now: i64) {
        let mut memory = self.memory(now).0;
        memory.others.iter_mut().for_each(Others::ask);
    }

    /// All messages that wait to be told to the other servers; each of at most [`SERVERS_MESSAGE_BYTES`].
    pub fn outgoing(&self, now: i64) -> Vec<Vec<u8>> {
        let (mut memory, since) = self.memory(now);
        let memory = &mut *memory;
        let others = memory.others.as_mut();
        others.map_or_else(Vec::new, |others| others.outgoing(&memory.salt, since))
    }

    /// Takes a message of another server, or what somebody else said where servers talk.
    pub fn hears(&self, message: &[u8], now: i64) {
        let (mut memory, since) = self.memory(now);
        let memory = &mut *memory;
        let Some(others) = &mut memory.others else { return };
        match others.hear(message, &memory.salt, now, since) {
            Heard::Nothing => {}
            Heard::Salt(salt) => memory.begin_anew(salt, now),
            Heard::Counted(all) => all.into_iter().for_each(|told| memory.hear(told, since, now)),
        }
    }
}

#[cfg(test)]
mod tests;
