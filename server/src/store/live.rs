//! What becomes published, told to those who read at the moment.

use std::sync::{PoisonError, RwLock};

use peer_support_domain::id::ItemId;
use peer_support_domain::post::Kind;
use peer_support_domain::site::{SiteId, TopicId};
use peer_support_domain::wire::DeskNews;
use tokio::sync::broadcast;

/// Tidings that wait for a reader who is slow to take them; one who falls behind by more hears no more.
const WAITING_TIDINGS: usize = 64;

/// Bytes of one message between servers: PostgreSQL takes less than 8,000, written with four letters for three of ours.
pub const SERVERS_MESSAGE_BYTES: usize = 5_900;

/// An item that everyone may read from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Where.
    pub site: SiteId,
    /// The item.
    pub item: ItemId,
    /// What it is.
    pub what: Tidings,
}

/// What was published, as far as readers need it to know whether it concerns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tidings {
    /// A post.
    Post {
        /// What it is for.
        kind: Kind,
        /// Its topic.
        topic: TopicId,
    },
    /// A reply.
    Reply {
        /// The post that it answers.
        thread: ItemId,
    },
}

/// What changed at the moderators' desk, for those who have a role on its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtDesk {
    /// Where.
    pub site: SiteId,
    /// What.
    pub news: DeskNews,
}

/// Where a store tells what happens: to readers what was published, to moderators what changed at their desk, to a server what
/// the others say.
pub(super) struct Teller {
    published: Circle<Published>,
    desk: Circle<AtDesk>,
    servers: Circle<Vec<u8>>,
}

/// Those who listen to one kind of tidings.
struct Circle<T>(RwLock<broadcast::Sender<T>>);

impl<T: Clone> Circle<T> {
    fn new() -> Self {
        Self(RwLock::new(broadcast::Sender::new(WAITING_TIDINGS)))
    }

    fn tell(&self, tidings: T) {
        // Nobody may be listening.
        let _ = self.0.read().unwrap_or_else(PoisonError::into_inner).send(tidings);
    }

    fn listen(&self) -> Listener<T> {
        Listener(self.0.read().unwrap_or_else(PoisonError::into_inner).subscribe())
    }

    fn break_off(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = broadcast::Sender::new(WAITING_TIDINGS);
    }
}

impl Teller {
    pub(super) fn new() -> Self {
        Self { published: Circle::new(), desk: Circle::new(), servers: Circle::new() }
    }

    pub(super) fn tell(&self, published: Published) {
        self.published.tell(published);
    }

    pub(super) fn tell_desk(&self, news: AtDesk) {
        self.desk.tell(news);
    }

    pub(super) fn tell_server(&self, message: Vec<u8>) {
        self.servers.tell(message);
    }

    pub(super) fn listen(&self) -> Listener<Published> {
        self.published.listen()
    }

    pub(super) fn listen_at_desk(&self) -> Listener<AtDesk> {
        self.desk.listen()
    }

    pub(super) fn listen_to_servers(&self) -> Listener<Vec<u8>> {
        self.servers.listen()
    }

    /// Lets all who listen know that they missed something.
    pub(super) fn break_off(&self) {
        self.published.break_off();
        self.desk.break_off();
        self.servers.break_off();
    }
}

/// Hears what happens from the moment it was made.
pub struct Listener<T>(broadcast::Receiver<T>);

impl<T: Clone> Listener<T> {
    /// Waits for the next item; `None` when there is none to come that would not leave a gap: the listener was too slow,
    /// or the store lost sight of what others publish, or is closed. Who listens anew looks first at what is there.
    pub async fn next(&mut self) -> Option<T> {
        self.0.recv().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(n: u64) -> Published {
        let site = "demo".parse().unwrap();
        let thread = ItemId::from_bits(0);
        Published { site, item: ItemId::from_bits(n), what: Tidings::Reply { thread } }
    }

    #[tokio::test]
    async fn everyone_who_listens_hears_what_comes_after() {
        let teller = Teller::new();
        teller.tell(reply(1));
        let mut listeners = [teller.listen(), teller.listen()];

        teller.tell(reply(2));

        for listener in &mut listeners {
            assert_eq!(listener.next().await, Some(reply(2)));
        }
    }

    #[tokio::test]
    async fn who_is_too_slow_hears_no_more_and_the_others_do() {
        let teller = Teller::new();
        let (mut slow, mut quick) = (teller.listen(), teller.listen());

        for n in 0..=WAITING_TIDINGS as u64 {
            teller.tell(reply(n));
            assert_eq!(quick.next().await, Some(reply(n)));
        }

        assert_eq!(slow.next().await, None);
    }

    #[tokio::test]
    async fn a_gap_ends_what_was_begun_before_it_and_nothing_after() {
        let teller = Teller::new();
        let mut before = teller.listen();

        teller.break_off();
        let mut after = teller.listen();
        teller.tell(reply(1));

        assert_eq!(before.next().await, None);
        assert_eq!(after.next().await, Some(reply(1)));
    }
}
