//! The numbers, addresses and sites of helplines: what anybody may write without giving anybody away.

use super::plain::{SEED, spread, step};
use crate::helpline::Directory;

/// Bits of a hash that are kept: one number in four hundred that is none of these is taken for one.
const BITS: u32 = 20;

/// A set of hashes. It cannot be read back into numbers, which is no secret, but keeps it small.
#[derive(Default)]
pub struct Known(Vec<u32>);

impl Known {
    /// Reads what [`Known::bytes`] wrote.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut hashes = Vec::new();
        let (mut last, mut difference, mut shift) = (0_u32, 0_u32, 0);
        for byte in bytes {
            difference |= u32::from(byte & 127) << shift;
            if byte & 128 != 0 && shift < 21 {
                shift += 7;
                continue;
            }
            last = last.wrapping_add(difference);
            hashes.push(last);
            (difference, shift) = (0, 0);
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

    /// The set as bytes: differences in order, seven bits a byte.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = 0;
        for hash in &self.0 {
            let mut difference = hash - last;
            last = *hash;
            while difference > 127 {
                bytes.push(difference as u8 | 128);
                difference >>= 7;
            }
            bytes.push(difference as u8);
        }
        bytes
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
