//! Keyset cursors: where the next page begins, whatever was added or taken away since.

use std::fmt;
use std::str::FromStr;

use crate::id::{ItemId, read_u64, string_serde, write_u64};
use crate::post::names;
use serde::{Deserialize, Serialize};

/// The order of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The newest first.
    New,
    /// By [`helpful_at_ms`](crate::ranking::helpful_at_ms), the highest first.
    Helpful,
    /// Without a published reply, waiting longest first.
    Unanswered,
}

names!(Order, InvalidOrder, "is not an order; expected new, helpful or unanswered", {
    New => "new",
    Helpful => "helpful",
    Unanswered => "unanswered",
});

/// The last item of a page: the next one begins behind it.
///
/// Written as 26 opaque characters. `key` is what the order sorts by: a moment in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The value that the order sorts by.
    pub key: i64,
    /// The item, which tells apart those of one key.
    pub item: ItemId,
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor; take it from `next` of the page before")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_u64(self.key.cast_unsigned(), f)?;
        write_u64(self.item.bits(), f)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (key, item) = text.split_at_checked(13).ok_or(InvalidCursor)?;
        let key = read_u64(key).ok_or(InvalidCursor)?.cast_signed();
        Ok(Self { key, item: item.parse().map_err(|_| InvalidCursor)? })
    }
}

string_serde!(Cursor);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_written(key: i64, bits: u64) {
            let cursor = Cursor { key, item: ItemId::from_bits(bits) };

            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = text.parse::<Cursor>();
        }
    }
}
