//! Identifiers: of items, of one author inside one thread, of one voter on one item.
//!
//! Each has a type of its own, so that no function can take one for the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Crockford's base 32 in lower case: no `i`, `l`, `o`, `u`, so that ids survive being read out.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Digits of a 64-bit number in base 32.
const U64_DIGITS: usize = 13;

pub(crate) fn write_u64(number: u64, to: &mut impl fmt::Write) -> fmt::Result {
    (0..U64_DIGITS).rev().try_for_each(|place| {
        let digit = number >> (5 * place) & 31;
        to.write_char(char::from(ALPHABET[digit as usize]))
    })
}

/// The number that [`write_u64`] wrote as `text`; `None` when it did not.
pub(crate) fn read_u64(text: &str) -> Option<u64> {
    if text.len() != U64_DIGITS {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = ALPHABET.iter().position(|&b| b == byte)? as u64;
        // 13 digits hold 65 bits: the first one may only be 0 to 15.
        number.checked_mul(32).map(|number| number | digit)
    })
}

/// A value that is not an identifier of the kind that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not {expected}")]
pub struct InvalidId {
    expected: &'static str,
}

/// A post or a reply: 64 random bits, as 13 base-32 digits.
///
/// The browser draws it before it sends, because the author's id inside a thread is derived from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(u64);

impl ItemId {
    /// The id with these bits, which should be random.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits of the id, for storage.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_u64(self.0, f)
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ItemId({self})")
    }
}

impl FromStr for ItemId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        read_u64(text)
            .map(Self)
            .ok_or(InvalidId { expected: "an item id: 13 characters of 0-9 and a-z without i, l, o, u" })
    }
}

/// Makes a newtype over `N` bytes that is written as `2 N` lower-case hexadecimal digits.
macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $n:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $n]);

        impl $name {
            /// The id with these bytes.
            pub const fn from_bytes(bytes: [u8; $n]) -> Self {
                Self(bytes)
            }

            /// The bytes, for storage and hashing.
            pub const fn as_bytes(&self) -> &[u8; $n] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                read_hex(text).map(Self).ok_or(InvalidId { expected: $expected })
            }
        }

        string_serde!($name);
    };
}

/// Serialises as the type's text, and parses it back with the type's own error.
macro_rules! string_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use string_serde;

string_serde!(ItemId);

fn read_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

bytes_id!(
    /// What proves to the server that two items of one thread have one author: `HMAC-SHA-256(tab key, "author:" thread)`,
    /// its first 16 bytes. Sent by the author's browser, never published: whoever knows it can write as the author.
    AuthorKey,
    16,
    "an author key: 32 hexadecimal digits in lower case"
);

bytes_id!(
    /// The public face of an [`AuthorKey`]: the first 8 bytes of its SHA-256.
    ///
    /// Equal on all items of one author in one thread, unlinkable across threads; pseudonyms are made from it.
    AuthorTag,
    8,
    "an author tag: 16 hexadecimal digits in lower case"
);

bytes_id!(
    /// One voter on one item: `HMAC-SHA-256(tab key, "voter:" item)`, its first 16 bytes. Never published.
    ///
    /// The same voter has another id on every other item, so votes cannot be linked. Who reports an item has such an id
    /// too, `HMAC-SHA-256(tab key, "reporter:" item)`, which is another one than that of their votes.
    VoterId,
    16,
    "a voter id: 32 hexadecimal digits in lower case"
);

bytes_id!(
    /// All that is stored of a [`RecoveryCode`](crate::recovery::RecoveryCode): the first 16 bytes of
    /// `SHA-256("recovery:" code)`, the code without hyphens and in lower case.
    RecoveryHash,
    16,
    "a recovery hash: 32 hexadecimal digits in lower case"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_item_id_reads_back_as_written(bits: u64) {
            let id = ItemId::from_bits(bits);

            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn a_voter_id_reads_back_as_written(bytes: [u8; 16]) {
            let id = VoterId::from_bytes(bytes);

            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text: String) {
            let _ = text.parse::<ItemId>();
            let _ = text.parse::<AuthorTag>();
        }
    }

    #[test]
    fn ids_have_one_spelling() {
        let id = ItemId::from_bits(u64::MAX).to_string();

        assert_eq!(id, "fzzzzzzzzzzzz");
        assert!(id.to_uppercase().parse::<ItemId>().is_err());
        assert!("gzzzzzzzzzzzz".parse::<ItemId>().is_err(), "65 bits");
    }
}
