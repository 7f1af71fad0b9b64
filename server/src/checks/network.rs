//! Which network a request comes from: what tells one sender from the next, and is known nowhere else.
//!
//! An address is cut to its network, hashed with a salt that changes every day and is in the memory of servers alone, and forgotten.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use hmac::{Hmac, Mac};
use ipnet::IpNet;
use sha2::Sha256;

use crate::clock::Random;
use crate::secret::sha256;

/// Bytes of a salt and its moment.
pub(super) const SALT_BYTES: usize = 32 + 8;
/// How long one salt is used.
pub(super) const SALT_LIFETIME_MS: u32 = 24 * 60 * 60 * 1_000;

/// How far a clock may be set back before the salt is replaced, so that it is never used for much longer than a day.
pub(super) const CORRECTION_MS: i64 = 60 * 60 * 1_000;

/// The proxies in front of this server, whose word about an address counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Their networks.
    pub trusted: Vec<ProxyNet>,
    /// Where they say whom they speak for.
    pub header: ForwardedHeader,
}

/// An address or a network of proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNet(IpNet);

/// A text that names no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an address or a network, such as 127.0.0.1 or 10.0.0.0/8")]
pub struct InvalidProxyNet;

impl FromStr for ProxyNet {
    type Err = InvalidProxyNet;

    fn from_str(text: &str) -> Result<Self, InvalidProxyNet> {
        let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Self).map_err(|_| InvalidProxyNet)
    }
}

/// The header in which proxies say whom they speak for. Only one: a proxy that writes the one passes on whatever its
/// client wrote into the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, as nearly all proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded`, of RFC 7239.
    Forwarded,
}

/// A text that names no such header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a header that is read; expected x-forwarded-for or forwarded")]
pub struct InvalidForwardedHeader;

impl ForwardedHeader {
    /// The header's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl FromStr for ForwardedHeader {
    type Err = InvalidForwardedHeader;

    fn from_str(text: &str) -> Result<Self, InvalidForwardedHeader> {
        let header =
            [Self::XForwardedFor, Self::Forwarded].into_iter().find(|header| header.as_str() == text);
        header.ok_or(InvalidForwardedHeader)
    }
}

impl Proxies {
    /// The address of who asked, behind all trusted proxies; `None` when it cannot be known.
    ///
    /// `lines` are the values of [`header`](Self::header) in their order. Each proxy appends the address it was asked from,
    /// so they are read from the right, and the first that is no proxy of ours is the client. What stands left of it is
    /// the client's own word.
    pub(crate) fn client<'a>(
        &self,
        peer: IpAddr,
        lines: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let mut client = None;
        // Quotes are not minded: an unfinished one of the client's must not swallow what a proxy appended.
        for entry in lines.rev().flat_map(|line| line.rsplit(',')) {
            let address = self.address(entry)?;
            client = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        client
    }

    /// Whether `peer` is not trusted although it is of this machine or a private network.
    pub(crate) fn is_unnamed(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        let is_near = match peer {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        is_near && !self.trusts(peer)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|net| net.0.contains(&address))
    }

    /// The address in one entry of the header.
    fn address(&self, entry: &str) -> Option<IpAddr> {
        let text = match self.header {
            ForwardedHeader::XForwardedFor => entry,
            ForwardedHeader::Forwarded => {
                let pairs = entry.split(';').filter_map(|pair| pair.trim().split_once('='));
                pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1
            }
        };
        let text = text.trim().trim_matches('"');
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip()));
        address.ok().map(|address| address.to_canonical())
    }
}

/// The network that a request comes from, as one day's salt hides it. It cannot be turned back into an address, is not
/// the same tomorrow, and has no text form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// The larger network around it, for fairness: whoever has the larger one has many of the smaller.
    pub(super) around: u64,
    pub(super) hash: u64,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(…)")
    }
}

/// What hides addresses for a day.
pub(super) struct Salt {
    bytes: [u8; 32],
    mark: SaltMark,
}

/// Which salt it is, and nothing of what it is. Of two, the one drawn first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SaltMark {
    pub(super) drawn_at: i64,
    pub(super) id: [u8; 16],
}

impl SaltMark {
    /// As [`Salt::age_ms`].
    pub(super) fn age_ms(self, now: i64) -> Option<u32> {
        let age = now.checked_sub(self.drawn_at)?;
        if (-CORRECTION_MS..0).contains(&age) {
            return Some(0);
        }
        u32::try_from(age).ok().filter(|&age| age < SALT_LIFETIME_MS)
    }
}

impl Salt {
    pub(super) fn draw(random: &Random, now: i64) -> Self {
        Self::of(random.bytes(), now)
    }

    fn of(bytes: [u8; 32], drawn_at: i64) -> Self {
        let hash = key(&bytes, &[b"mark"]);
        let id = std::array::from_fn(|place| hash[place]);
        Self { bytes, mark: SaltMark { drawn_at, id } }
    }

    /// Milliseconds since it was drawn; `None` when it must not be used any more. A clock that was corrected by less than an
    /// hour forgets nothing.
    pub(super) fn age_ms(&self, now: i64) -> Option<u32> {
        self.mark.age_ms(now)
    }

    /// Which one it is.
    pub(super) const fn mark(&self) -> SaltMark {
        self.mark
    }

    /// A key that only who has the salt can make.
    pub(super) fn key(&self, parts: &[&[u8]]) -> [u8; 32] {
        key(&self.bytes, parts)
    }

    /// All of it, for another server and nobody else.
    pub(super) fn to_bytes(&self) -> [u8; SALT_BYTES] {
        let mut bytes = [0; SALT_BYTES];
        let (salt, drawn_at) = bytes.split_at_mut(32);
        salt.copy_from_slice(&self.bytes);
        drawn_at.copy_from_slice(&self.mark.drawn_at.to_be_bytes());
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) gave.
    pub(super) fn from_bytes(bytes: [u8; SALT_BYTES]) -> Self {
        let (salt, drawn_at) = bytes.split_at(32);
        let salt = salt.try_into().expect("it has 32 bytes");
        Self::of(salt, i64::from_be_bytes(drawn_at.try_into().expect("it has 8 bytes")))
    }

    /// The network of `address`: the first 24 bits of IPv4 and 48 of IPv6, which is what one customer has at most. `None`
    /// for this machine: behind it stands a proxy that nobody named, and everybody behind that would count as one.
    pub(super) fn network(&self, address: IpAddr) -> Option<Network> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return None;
        }
        let (cut, around) = match address {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                (IpAddr::V4(Ipv4Addr::new(a, b, c, 0)), IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                let of = |c| IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0));
                (of(c), of(0))
            }
        };
        Some(Network {
            around: self.hash(&[b"around", &octets(around)]),
            hash: self.hash(&[b"network", &octets(cut)]),
        })
    }

    /// A hash of `parts` that nobody outside can compute.
    pub(super) fn hash(&self, parts: &[&[u8]]) -> u64 {
        let parts: Vec<&[u8]> = [&self.bytes[..]].into_iter().chain(parts.iter().copied()).collect();
        let hash = sha256(&parts);
        u64::from_be_bytes(std::array::from_fn(|place| hash[place]))
    }
}

/// A key of its own for each of these `parts`.
fn key(salt: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes keys of any length");
    mac.chain_update(sha256(parts)).finalize().into_bytes().into()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(trusted: &[&str], header: ForwardedHeader) -> Proxies {
        Proxies { trusted: trusted.iter().map(|net| net.parse().unwrap()).collect(), header }
    }

    fn client(proxies: &Proxies, peer: &str, lines: &[&str]) -> Option<String> {
        let client = proxies.client(peer.parse().unwrap(), lines.iter().copied());
        client.map(|address| address.to_string())
    }

    fn network(salt: &Salt, address: &str) -> Option<Network> {
        salt.network(address.parse().unwrap())
    }

    #[test]
    fn nobody_speaks_for_another_unless_they_are_trusted() {
        let none = Proxies::default();
        let one = proxies(&["10.0.0.0/8"], ForwardedHeader::XForwardedFor);

        assert_eq!(client(&none, "192.0.2.1", &["198.51.100.7"]).unwrap(), "192.0.2.1");
        assert_eq!(client(&none, "127.0.0.1", &["198.51.100.7"]).unwrap(), "127.0.0.1");
        assert_eq!(client(&one, "192.0.2.1", &["198.51.100.7"]).unwrap(), "192.0.2.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_is_the_client() {
        let proxies =
            proxies(&["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"], ForwardedHeader::XForwardedFor);
        for (lines, expected) in [
            (&["198.51.100.7"][..], Some("198.51.100.7")),
            (&["1.2.3.4, 198.51.100.7"], Some("198.51.100.7")),
            (&["1.2.3.4", "198.51.100.7 , 10.1.1.1"], Some("198.51.100.7")),
            (&["1.2.3.4, 198.51.100.7,2001:db8:ffff::5", "10.1.1.1"], Some("198.51.100.7")),
            (&["198.51.100.7:4711"], Some("198.51.100.7")),
            (&["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (&["2001:db8::1"], Some("2001:db8::1")),
            (&["::ffff:198.51.100.7"], Some("198.51.100.7")),
            (&["10.2.2.2, 10.1.1.1"], Some("10.2.2.2")),
            // A proxy that does not say whom it speaks for leaves the client unknown, and who is left of it too.
            (&["198.51.100.7, unknown"], None),
            (&["198.51.100.7,"], None),
            (&[], None),
        ] {
            assert_eq!(client(&proxies, "127.0.0.1", lines).as_deref(), expected, "{lines:?}");
        }
        assert_eq!(client(&proxies, "::ffff:10.0.0.1", &["198.51.100.7"]).unwrap(), "198.51.100.7");
    }

    #[test]
    fn the_header_of_rfc_7239_is_read_where_the_proxy_writes_that() {
        let proxies = proxies(&["10.0.0.0/8"], ForwardedHeader::Forwarded);
        for (lines, expected) in [
            (&["for=198.51.100.7"][..], Some("198.51.100.7")),
            (&["for=1.2.3.4, proto=https; For=\"[2001:db8::1]:4711\";by=10.0.0.1"], Some("2001:db8::1")),
            (&["for=198.51.100.7, for=10.0.0.9"], Some("198.51.100.7")),
            // A quote that the client left open hides nothing.
            (&["for=\"1.2.3.4, for=198.51.100.7"], Some("198.51.100.7")),
            (&["for=_hidden"], None),
            (&["proto=https"], None),
        ] {
            assert_eq!(client(&proxies, "10.0.0.1", lines).as_deref(), expected, "{lines:?}");
        }
    }

    #[test]
    fn networks_and_addresses_of_proxies_are_read_and_nothing_else() {
        for good in ["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8", "192.0.2.7/32"] {
            assert!(good.parse::<ProxyNet>().is_ok(), "{good}");
        }
        for bad in ["", "localhost", "10.0.0.0/33", "10.0.0", "10.0.0.0/", "proxy.example"] {
            assert_eq!(bad.parse::<ProxyNet>(), Err(InvalidProxyNet), "{bad:?}");
        }
    }

    #[test]
    fn addresses_of_one_network_are_the_same_and_others_are_not() {
        let salt = Salt::draw(&Random::system(), 0);
        let same = [
            ("198.51.100.7", "198.51.100.250"),
            ("198.51.100.7", "::ffff:198.51.100.9"),
            ("2001:db8:1:2::3", "2001:db8:1:ffff:1:2:3:4"),
        ];
        let different = [
            ("198.51.100.7", "198.51.101.7"),
            ("2001:db8:1::3", "2001:db8:2::3"),
            // The same bits at the front.
            ("32.1.13.0", "2001:d00::"),
        ];

        for (one, other) in same {
            assert_eq!(network(&salt, one), network(&salt, other), "{one}, {other}");
        }
        for (one, other) in different {
            assert_ne!(network(&salt, one), network(&salt, other), "{one}, {other}");
        }
        assert_eq!(
            network(&salt, "198.51.100.7").unwrap().around,
            network(&salt, "198.51.7.7").unwrap().around
        );
        assert_eq!(network(&salt, "127.0.0.1"), None);
        assert_eq!(network(&salt, "::1"), None);
        assert_eq!(network(&salt, "::ffff:127.0.0.1"), None);
    }

    #[test]
    fn a_network_depends_on_the_salt_and_shows_nothing() {
        let (one, other) = (Salt::draw(&Random::system(), 0), Salt::draw(&Random::system(), 0));

        let seen = network(&one, "198.51.100.7").unwrap();

        assert_ne!(seen, network(&other, "198.51.100.7").unwrap());
        assert_eq!(format!("{seen:?}"), "Network(…)");
    }

    #[test]
    fn a_salt_is_used_for_a_day() {
        let salt = Salt::draw(&Random::system(), 5);

        assert_eq!(salt.age_ms(5), Some(0));
        assert_eq!(salt.age_ms(86_400_004), Some(86_399_999));
        assert_eq!(salt.age_ms(86_400_005), None);
        assert_eq!(salt.age_ms(4), Some(0), "the clock was corrected");
        assert_eq!(salt.age_ms(4 - CORRECTION_MS), None, "the clock was set back");
    }
}
