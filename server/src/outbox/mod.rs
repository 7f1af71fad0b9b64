//! What leaves the server by itself: notifications to a site's team, by webhook and by e-mail.
//!
//! The store notices what happened in the transaction in which it happens. This sends it, at least once and under an id that
//! stays the same, and never with a word that anybody wrote.

mod channels;
mod email;
mod webhook;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use peer_support_domain::delivery::{DeliveryFailure, Occasion, wait_ms};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{DELIVERIES_AT_ONCE, DELIVERY_TRY, LATE_AMONG};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::TestedChannel;
use tokio::sync::Notify;
use url::Url;

pub(crate) use self::channels::EMAIL;
pub use self::channels::{
    Channels, InvalidWebhookSecret, InvalidWebhookUrl, Webhook, WebhookSecret, WebhookUrl,
};
pub use self::email::{Letters, Security, Smtp, Tongue};
use crate::clock::{Clock, Random};
use crate::config::{Config, Sites};
use crate::store::{DueDelivery, NewDelivery, Notice, Store, StoreError, Tried};

/// How often the store is asked for what to send, besides when this server knows of something itself.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How often it is looked whether items wait too long.
const LOOK_FOR_LATE_EVERY_MS: i64 = 60 * 1_000;

/// Sends notifications.
pub struct Outbox {
    sites: Sites,
    letters: Option<Letters>,
    /// Where moderators look, when visitors reach the server by a configured address.
    console: Option<Url>,
    clock: Clock,
    random: Random,
    /// Rings when there is something new to send.
    bell: Notify,
}

/// What a notification says: nothing that anybody wrote.
struct Message<'a> {
    id: &'a str,
    occasion: Occasion,
    site: &'a SiteId,
    item: Option<ItemId>,
    /// When it happened.
    happened_at: i64,
    console: Option<&'a Url>,
}

impl Outbox {
    /// An outbox with the channels of `config`.
    pub fn new(config: &Config, clock: Clock, random: Random) -> Self {
        Self {
            sites: config.sites.clone(),
            letters: config.smtp.as_ref().map(Letters::new),
            console: config.public_url.as_ref().and_then(|url| url.join("console/").ok()),
            clock,
            random,
            bell: Notify::new(),
        }
    }

    /// Has [`run`](Self::run) look at once.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Sends what there is to send, for ever.
    pub async fn run(self: Arc<Self>, store: Arc<dyn Store>) {
        let mut looked_at = i64::MIN;
        loop {
            let now = self.clock.now_ms();
            if now >= looked_at.saturating_add(LOOK_FOR_LATE_EVERY_MS) {
                looked_at = now;
                if let Err(e) = self.notice_late(&*store).await {
                    tracing::error!("looking for what waits too long failed: {e}");
                }
            }
            if let Err(e) = self.send_due(&*store).await {
                tracing::error!("sending notifications failed: {e}");
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.bell.notified()).await;
        }
    }

    /// Chooses channels for what was noticed, and tries what is due, each once; how many were tried.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn send_due(&self, store: &dyn Store) -> Result<usize, StoreError> {
        for notice in store.notices(DELIVERIES_AT_ONCE).await? {
            let deliveries = self.addressed(&notice);
            store.address(notice.id, deliveries).await?;
        }
        let claimed = store.claim_deliveries(self.clock.now_ms(), DELIVERIES_AT_ONCE).await?;
        let tried = join_all(claimed.iter().map(|delivery| self.tried(delivery))).await;
        for (DueDelivery { id, n_tries, .. }, tried) in claimed.iter().zip(&tried) {
            store.settle_delivery(id.clone(), *n_tries, *tried).await?;
        }
        Ok(claimed.len())
    }

    /// Notices for each site whether items wait longer than it means to let them; how many sites were noticed anew.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn notice_late(&self, store: &dyn Store) -> Result<usize, StoreError> {
        let (now, mut n_noticed) = (self.clock.now_ms(), 0);
        for site in self.sites.iter() {
            let waiting = store.waiting(site.id.clone(), LATE_AMONG).await?;
            if waiting.into_iter().any(|since| now > since + site.target_ms(since)) {
                n_noticed += usize::from(store.notice_late(site.id.clone(), now).await?);
            }
        }
        Ok(n_noticed)
    }

    /// A notification for each channel of the site that wants to hear of it.
    fn addressed(&self, notice: &Notice) -> Vec<NewDelivery> {
        let Some(site) = self.sites.get(&notice.site) else { return Vec::new() };
        let channels = site.channels.names_for(notice.occasion);
        channels.map(|channel| NewDelivery { id: self.new_id(), channel: channel.to_owned() }).collect()
    }

    fn new_id(&self) -> String {
        format!("msg_{}", URL_SAFE_NO_PAD.encode(self.random.bytes::<16>()))
    }

    async fn tried(&self, delivery: &DueDelivery) -> Tried {
        let message = Message {
            id: &delivery.id,
            occasion: delivery.occasion,
            site: &delivery.site,
            item: delivery.item,
            happened_at: delivery.created_at,
            console: self.console.as_ref(),
        };
        match self.send(&delivery.channel, &message).await {
            Ok(()) => Tried::Arrived,
            Err(failure) => {
                let (id, channel) = (&delivery.id, &delivery.channel);
                tracing::warn!(%failure, id, channel, n_tries = delivery.n_tries, "a notification did not arrive");
                let now = self.clock.now_ms();
                let [chance] = self.random.bytes();
                match wait_ms(delivery.n_tries, chance) {
                    Some(wait) if failure != DeliveryFailure::ChannelGone => {
                        Tried::Failed { failure, again_at: now + wait }
                    }
                    _ => Tried::GivenUp { failure, at: now },
                }
            }
        }
    }

    async fn send(&self, channel: &str, message: &Message<'_>) -> Result<(), DeliveryFailure> {
        let channels = &self.sites.get(message.site).ok_or(DeliveryFailure::ChannelGone)?.channels;
        let sending = async {
            if channel == channels::EMAIL {
                let letters = self.letters.as_ref().filter(|_| !channels.email.is_empty());
                letters.ok_or(DeliveryFailure::ChannelGone)?.send(channels, message).await
            } else {
                let webhook = channels.webhooks.iter().find(|webhook| webhook.name.as_str() == channel);
                let at_s = self.clock.now_ms().div_euclid(1_000);
                webhook::send(webhook.ok_or(DeliveryFailure::ChannelGone)?, message, at_s).await
            }
        };
        tokio::time::timeout(DELIVERY_TRY, sending).await.unwrap_or(Err(DeliveryFailure::TimedOut))
    }

    /// Sends a test on every channel of a site at once, and says what became of each.
    pub async fn test(&self, site: &SiteId) -> Vec<TestedChannel> {
        let Some(channels) = self.sites.get(site).map(|site| &site.channels) else { return Vec::new() };
        let id = self.new_id();
        let message = Message {
            id: &id,
            occasion: Occasion::Test,
            site,
            item: None,
            happened_at: self.clock.now_ms(),
            console: self.console.as_ref(),
        };
        let tests = channels.names_for(Occasion::Test).map(async |channel| TestedChannel {
            channel: channel.to_owned(),
            failure: self.send(channel, &message).await.err(),
        });
        join_all(tests).await
    }
}

/// Whether an address belongs to the open internet: a webhook's name must not lead to something inside of the network.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a, b & 0xc0) == (100, 64)
                || (a, b, c) == (192, 0, 0)
                || (a, b & 0xfe) == (198, 18))
        }
        IpAddr::V6(v6) => {
            let embedded = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_public(IpAddr::V4([a, b, c, d].into()))
            };
            match v6.segments() {
                // An IPv4 address in another dress: mapped, by NAT64, by 6to4.
                [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                    embedded(high, low)
                }
                [0x2002, high, low, ..] => embedded(high, low),
                [0x2001, 0 | 0xdb8, ..] => false,
                [first, ..] => first & 0xe000 == 0x2000,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_of_a_network_are_told_from_those_of_the_internet() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.19.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::169.254.169.254",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for public in
            ["8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8", "2a00:1450::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
