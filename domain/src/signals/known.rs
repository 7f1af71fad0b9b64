//! The numbers, addresses and sites of helplines: what anybody may write without giving anybody away.

use super::plain::{SEED, spread, step};
use crate::helpline::Directory;

/// Bits of a hash that are kept: one number in four hundred that is none of these is taken for one.
const BITS: u32 = 20;
/// How many bits of a difference between two hashes are written as they are.
const LOW_BITS: u32 = 9;

/// A set of hashes. It cannot be read back into numbers, which is no secret, but keeps it small.
#[derive(Default)]
pub struct Known(Vec<u32>);

impl Known {
    /// Reads what [`Known::bytes`] wrote.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut bits = bytes.iter().flat_map(|byte| (0..8).map(move |at| u32::from(byte >> at & 1)));
        let mut next = || {
            let mut difference = 0_u32;
            while bits.next()? == 1 {
                difference = difference.wrapping_add(1 << LOW_BITS);
            }
            for at in 0..LOW_BITS {
                difference |= bits.next()? << at;
            }
            Some(difference)
        };
        let mut hashes = Vec::new();
        let mut last = 0_u32;
        while let Some(difference) = next() {
            last = last.wrapping_add(difference);
            hashes.push(last);
        }
        hashes.sort_unstable();
        Self(hashes)
    }

    /// The set of everything in these directories that reaches a helpline.
    #[must_use]
    pub fn of<'a>(directories: impl IntoIterator<Item = &'a Directory>) -> Self {
        let mut hashes = Vec::new();
        for directory in directories {
            for number in &directory.emergency {
                hashes.push(hash_of_number(number.number.as_str()));
            }
            for line in &directory.lines {
                hashes.extend(line.website.iter().map(|site| hash_of_site(site.as_str())));
                for contact in &line.contacts {
                    hashes.push(if contact.kind().is_number() {
                        hash_of_number(contact.value())
                    } else {
                        hash_of_site(contact.value())
                    });
                    hashes.extend(contact.e164().map(|number| hash_of_number(number.as_str())));
                }
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The set as bytes: differences in order, in the code of Golomb and Rice, which is as short as such a set can be. Its upper
    /// bits are as many ones, and a zero; what is left of the last byte is ones, too, and no difference.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bits = Vec::new();
        let mut last = 0;
        for hash in &self.0 {
            let difference = hash - last;
            last = *hash;
            bits.extend((0..difference >> LOW_BITS).map(|_| true));
            bits.push(false);
            bits.extend((0..LOW_BITS).map(|at| difference >> at & 1 != 0));
        }
        bits.resize(bits.len().next_multiple_of(8), true);
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        bits.chunks(8).map(byte).collect()
    }

    /// Whether a phone number, as somebody wrote it, is one of a helpline.
    #[must_use]
    pub fn has_number(&self, number: &str) -> bool {
        self.has(hash_of_number(number))
    }

    /// Whether a web or mail address, as somebody wrote it, is one of a helpline.
    #[must_use]
    pub fn has_site(&self, address: &str) -> bool {
        self.has(hash_of_site(address))
    }

    fn has(&self, hash: u32) -> bool {
        self.0.binary_search(&hash).is_ok()
    }
}

/// By its digits alone; a leading `00` is the `+` of other countries.
fn hash_of_number(number: &str) -> u32 {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    let digits = digits.strip_prefix(&[0, 0]).unwrap_or(&digits);
    spread(digits.iter().fold(SEED, |hash, digit| step(hash, *digit))) >> (32 - BITS)
}

/// By the host, without `www.`, or the whole mail address.
fn hash_of_site(address: &str) -> u32 {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let hash = host.chars().fold(SEED, |hash, c| step(hash, c.to_ascii_lowercase() as u32));
    spread(hash) >> (32 - BITS)
}
