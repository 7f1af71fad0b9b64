//! How SQLite keeps a block of the search, whose slices would be 256 bytes a post: most are of bits that hardly any post has.
//!
//! Such a slice is written as the gaps between its posts, and one that would not be shorter so as it is. Written one after the
//! other they fill rows of [`ROW_BYTES`]. That length never changes: when a post is forgotten, what is left of a row moves together
//! and zeros follow. How many bytes went shows from that; of which of the hundreds of bits in the row, does not. A row for each
//! slice would tell: it would be longer than what is left in it.

use peer_support_domain::full_text::N_BITS;

use crate::store::blocks::{Block, SLICE_BYTES};

/// Bytes of a row: as many as fit into a page beside its key.
pub(super) const ROW_BYTES: usize = 8_152;
/// In a gap: so many places without a post, and the gap goes on.
const LONG_GAP: u8 = u8::MAX;

/// The rows of a block: of each the first bit, and its slices.
pub(super) fn rows(block: &Block) -> Vec<(usize, Vec<u8>)> {
    let slices: Vec<Vec<u8>> = block.slices().map(packed).collect();
    let mut rows = Vec::new();
    let mut first_bit = 0;
    while first_bit < N_BITS {
        let mut n_bytes = size_of::<u16>();
        let n_slices = slices[first_bit..]
            .iter()
            .take_while(|slice| {
                n_bytes += 1 + slice.len();
                n_bytes <= ROW_BYTES
            })
            .count();
        rows.push((first_bit, row(&slices[first_bit..first_bit + n_slices])));
        first_bit += n_slices;
    }
    rows
}

/// A row in the place of one with as many slices; they may have lost posts since, and got none.
pub(super) fn row_again<'a>(slices: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    row(&slices.map(packed).collect::<Vec<_>>())
}

/// How many there are, the length of each in a byte, then all of them, then zeros.
fn row(slices: &[Vec<u8>]) -> Vec<u8> {
    let mut row = Vec::with_capacity(ROW_BYTES);
    row.extend((slices.len() as u16).to_be_bytes());
    row.extend(slices.iter().map(|slice| slice.len() as u8));
    slices.iter().for_each(|slice| row.extend(slice));
    assert!(row.len() <= ROW_BYTES, "a slice that loses posts never gets longer");
    row.resize(ROW_BYTES, 0);
    row
}

/// The lengths of a row's slices, and where those begin; `None` when it is no row.
fn parts(row: &[u8]) -> Option<(&[u8], &[u8])> {
    let (n_slices, rest) = row.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*n_slices).into())
}

/// A slice of a row; `None` when that does not hold it.
pub(super) fn slice(row: &[u8], place: usize) -> Option<[u8; SLICE_BYTES]> {
    let (lengths, slices) = parts(row)?;
    let start = lengths.get(..place)?.iter().map(|&length| usize::from(length)).sum();
    unpacked(slices.get(start..)?.get(..usize::from(*lengths.get(place)?))?)
}

/// All slices of a row; `None` when it is no row.
pub(super) fn slices(row: &[u8]) -> Option<Vec<[u8; SLICE_BYTES]>> {
    let (lengths, mut rest) = parts(row)?;
    lengths
        .iter()
        .map(|&length| {
            let (slice, others) = rest.split_at_checked(length.into())?;
            rest = others;
            unpacked(slice)
        })
        .collect()
}

fn packed(slice: &[u8]) -> Vec<u8> {
    let mut gaps = Vec::new();
    let mut next = 0;
    let bytes = slice.iter().enumerate().filter(|(_, byte)| **byte != 0);
    for place in
        bytes.flat_map(|(n, byte)| (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| n * 8 + bit))
    {
        let gap = place - next;
        gaps.extend(std::iter::repeat_n(LONG_GAP, gap / usize::from(LONG_GAP)));
        gaps.push((gap % usize::from(LONG_GAP)) as u8);
        next = place + 1;
    }
    if gaps.len() < SLICE_BYTES { gaps } else { slice.to_vec() }
}

fn unpacked(bytes: &[u8]) -> Option<[u8; SLICE_BYTES]> {
    if let Ok(slice) = bytes.try_into() {
        return Some(slice);
    }
    let mut slice = [0; SLICE_BYTES];
    let mut place = 0;
    for &gap in bytes {
        place += usize::from(gap);
        if gap != LONG_GAP {
            *slice.get_mut(place / 8)? |= 1 << (place % 8);
            place += 1;
        }
    }
    Some(slice)
}

/// The keys of a block's posts, which ascend: the first, then how far each is behind the one before; in 7 bits a byte, the lowest
/// first, with the highest bit where the number goes on.
pub(super) fn keys_to_bytes(keys: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * keys.len());
    let mut before = 0;
    for &key in keys {
        let mut left = key.abs_diff(before);
        while left > 0x7f {
            bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        bytes.push(left as u8);
        before = key;
    }
    bytes
}

/// The keys again; `None` when they are none.
pub(super) fn keys(bytes: &[u8]) -> Option<Vec<i64>> {
    let mut keys = Vec::with_capacity(bytes.len());
    let (mut key, mut n_bits) = (0_i64, 0);
    for byte in bytes {
        key = key.checked_add(i64::from(byte & 0x7f).checked_shl(n_bits)?)?;
        n_bits += 7;
        if byte & 0x80 == 0 {
            keys.push(key);
            n_bits = 0;
        }
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::blocks::{BLOCK_BYTES, BLOCK_POSTS};

    fn slice_of(places: impl IntoIterator<Item = usize>) -> Vec<u8> {
        let mut slice = vec![0; SLICE_BYTES];
        places.into_iter().for_each(|place| slice[place / 8] |= 1 << (place % 8));
        slice
    }

    /// Slices of every density, among them some that no post has, and some that all have.
    fn any_block() -> impl Strategy<Value = Vec<u8>> {
        any::<[u64; 4]>().prop_map(|seeds| {
            let mut state = seeds[0];
            let mut bytes = Vec::with_capacity(BLOCK_BYTES);
            for bit in 0..N_BITS {
                let density = seeds[bit % 4] >> (bit / 4 % 8) & 0xff;
                bytes.extend(slice_of((0..BLOCK_POSTS).filter(|_| {
                    state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                    (state >> 56) * 256 / 255 < density * density / 255
                })));
            }
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn a_slice_comes_back_as_it_was_and_gets_no_longer_when_posts_go(
            places in proptest::collection::btree_set(0..BLOCK_POSTS, 0..300),
        ) {
            let mut places: Vec<usize> = places.into_iter().collect();
            let mut n_bytes = SLICE_BYTES;
            while let Some(middle) = places.len().checked_sub(1).map(|last| last / 2) {
                let slice = slice_of(places.iter().copied());
                let packed = packed(&slice);
                prop_assert_eq!(unpacked(&packed).unwrap().to_vec(), slice);
                prop_assert!(packed.len() <= n_bytes);
                n_bytes = packed.len();
                places.remove(middle);
            }
            prop_assert!(packed(&slice_of([])).is_empty());
        }

        #[test]
        fn a_block_comes_back_from_its_rows_whole_and_slice_by_slice(bytes in any_block()) {
            let block = Block::from_bytes(bytes).unwrap();

            let rows = rows(&block);

            let mut again = Vec::new();
            for (first_bit, row) in &rows {
                prop_assert_eq!(row.len(), ROW_BYTES);
                let all = slices(row).unwrap();
                prop_assert_eq!(*first_bit * SLICE_BYTES, again.len());
                for (place, one) in all.iter().enumerate() {
                    prop_assert_eq!(slice(row, place).unwrap(), *one);
                }
                prop_assert_eq!(slice(row, all.len()), None);
                prop_assert_eq!(&row_again(all.iter().map(<[u8; SLICE_BYTES]>::as_slice)), row);
                again.extend(all.concat());
            }
            prop_assert_eq!(again.as_slice(), block.as_bytes());
        }

        #[test]
        fn keys_come_back(gaps in proptest::collection::vec(1_i64..1 << 40, 0..BLOCK_POSTS)) {
            let keys_before: Vec<i64> =
                gaps.iter().scan(0, |key, gap| { *key += gap; Some(*key) }).collect();

            prop_assert_eq!(keys(&keys_to_bytes(&keys_before)).unwrap(), keys_before);
        }
    }

    #[test]
    fn what_is_no_row_is_refused() {
        assert_eq!(slices(&[]), None);
        assert_eq!(slices(&[0, 3, 1, 1]), None, "not as many lengths");
        assert_eq!((slice(&[0, 1, 2, 7], 0), slices(&[0, 1, 2, 7])), (None, None), "a slice that is cut off");
        assert_eq!(unpacked(&[LONG_GAP, LONG_GAP, LONG_GAP, LONG_GAP, 4]), None, "a post behind the last");
        assert_eq!(keys(&[0xff; 11]), None);
    }
}
