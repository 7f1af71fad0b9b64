//! The index of the full text search, as both stores keep it: blocks of posts, each a table of bits.
//!
//! A block holds 1,024 posts of one site that came after each other. For each bit of a
//! [`Signature`] it has a *slice*: which of its posts have that bit. A search joins the slices of its words and looks only
//! into the posts that are left; it goes through the blocks from the newest to the oldest and ends when its page is full.
//! So a word that is in every post costs one block, however many there are, and one that is in none costs some slices a
//! block. Posts that came after the last block are looked into one by one.
//!
//! Nothing in a block is a word, and forgetting a post is clearing its bits: see decision 0006.

use peer_support_domain::full_text::{N_BITS, Signature};

/// Posts of a block. Twice as many would double the posts that are looked into one by one, half as many the slices to read.
pub(super) const BLOCK_POSTS: usize = 1_024;
/// Bytes of a slice: a bit for each post.
pub(super) const SLICE_BYTES: usize = BLOCK_POSTS / 8;
/// Bytes of all slices: 256 for each post.
pub(super) const BLOCK_BYTES: usize = N_BITS * SLICE_BYTES;
/// Posts to look into and blocks to ask for one search at most, so that none takes much longer than one among the posts of a
/// small site, which are in no block yet; a block that has to be asked for more counts more. What comes then is a page with fewer
/// posts, perhaps none, that says where to go on.
pub(super) const N_LOOKS: usize = BLOCK_POSTS + 256;
/// Posts of a block that may be left over by chance when it is asked for some bits only: in one block of four or so.
const LEFT_BY_CHANCE: f64 = 0.25;

/// The slices of one block, one after the other.
pub(super) struct Block(Vec<u8>);

impl Block {
    /// A block of these posts, in their order; one without a text, because it was deleted, leaves its place empty.
    pub(super) fn of(signatures: impl IntoIterator<Item = Option<Signature>>) -> Self {
        let mut block = Self(vec![0; BLOCK_BYTES]);
        for (place, signature) in signatures.into_iter().enumerate() {
            if let Some(signature) = signature {
                block.set(place, &signature);
            }
        }
        block
    }

    /// A block as it is stored; `None` when it has another size.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() == BLOCK_BYTES).then_some(Self(bytes))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its slices, one for each bit of a signature.
    pub(super) fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.0.chunks_exact(SLICE_BYTES)
    }

    /// Gives the post at `place` the bits of `signature` and no others.
    pub(super) fn put(&mut self, place: usize, signature: Option<&Signature>) {
        for slice in self.0.chunks_exact_mut(SLICE_BYTES) {
            slice[place / 8] &= !(1 << (place % 8));
        }
        if let Some(signature) = signature {
            self.set(place, signature);
        }
    }

    fn set(&mut self, place: usize, signature: &Signature) {
        for bit in signature.bits() {
            self.0[bit * SLICE_BYTES + place / 8] |= 1 << (place % 8);
        }
    }
}

/// Brings the rarest of `bits` to the front, by their slices in one block; how many of them leave hardly a post that has them by
/// chance, so that the others are seldom asked for.
pub(super) fn rarest_first<'a>(bits: &mut [usize], slices: impl Iterator<Item = &'a [u8]>) -> usize {
    let n_posts = |slice: &[u8]| slice.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let mut counted: Vec<(u32, usize)> = slices.map(n_posts).zip(bits.iter().copied()).collect();
    counted.sort_unstable();
    let (mut n_first, mut n_left) = (0, BLOCK_POSTS as f64);
    for (place, (count, bit)) in bits.iter_mut().zip(counted) {
        *place = bit;
        if n_left > LEFT_BY_CHANCE {
            n_first += 1;
            n_left *= f64::from(count) / BLOCK_POSTS as f64;
        }
    }
    n_first
}

/// The places of the posts that all slices have, the newest first.
pub(super) fn places_in_all<'a>(mut slices: impl Iterator<Item = &'a [u8]>) -> Vec<usize> {
    let mut joined = slices.next().map(<[u8]>::to_vec).unwrap_or_default();
    for slice in slices {
        for (left, byte) in joined.iter_mut().zip(slice) {
            *left &= byte;
        }
    }
    (0..joined.len() * 8).rev().filter(|place| joined[place / 8] >> (place % 8) & 1 == 1).collect()
}

/// The keys of a block's posts as PostgreSQL keeps them, in ascending order.
pub(super) fn keys_to_bytes(keys: &[i64]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_be_bytes()).collect()
}

/// The key of the post at `place`; `None` when there is no such place.
pub(super) fn key_at(keys: &[u8], place: usize) -> Option<i64> {
    let bytes = keys.get(place * 8..place * 8 + 8)?;
    Some(i64::from_be_bytes(bytes.try_into().expect("8 bytes")))
}

/// The place of the post with `key`; `None` when the block does not hold it.
pub(super) fn place_of(keys: &[u8], key: i64) -> Option<usize> {
    keys.as_chunks::<8>().0.binary_search_by_key(&key, |bytes| i64::from_be_bytes(*bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use peer_support_domain::full_text::SearchWords;
    use peer_support_domain::post::Kind;

    fn signature(text: &str) -> Signature {
        Signature::of_post(Kind::Story, &"grief".parse().unwrap(), text)
    }

    fn places(block: &Block, words: &str) -> Vec<usize> {
        let words: SearchWords = words.parse().unwrap();
        let slices: Vec<&[u8]> = block.slices().collect();
        places_in_all(words.bits(None, None).into_iter().map(|bit| slices[bit]))
    }

    #[test]
    fn a_block_names_the_posts_that_may_match_and_forgets_one_without_a_trace() {
        let text = |n: usize| if n % 100 == 7 { "snow in the garden" } else { "a walk by the sea" };
        let without_107 = Block::of((0..BLOCK_POSTS).map(|n| (n != 107).then(|| signature(text(n)))));
        let mut block = Block::of((0..BLOCK_POSTS).map(|n| Some(signature(text(n)))));
        let snow: Vec<usize> = (0..BLOCK_POSTS).rev().filter(|n| n % 100 == 7).collect();
        assert_eq!(places(&block, "snow"), snow);
        assert_eq!(places(&block, "walk").len(), BLOCK_POSTS - snow.len());

        block.put(107, None);

        assert_eq!(block.as_bytes(), without_107.as_bytes());
        block.put(107, Some(&signature(text(1))));
        assert_eq!(places(&block, "walk").len(), BLOCK_POSTS - snow.len() + 1);
    }

    #[test]
    fn the_bits_that_the_fewest_posts_have_come_first_and_as_many_as_are_enough() {
        let slice = |n_posts: usize| {
            let mut slice = [0; SLICE_BYTES];
            (0..n_posts).for_each(|post| slice[post / 8] |= 1 << (post % 8));
            slice
        };
        for (counts, sorted, n_first) in [
            ([500, 0, 20], [8, 9, 7], 1),
            ([500, 20, 10], [9, 8, 7], 2),
            ([500, 40, 20], [9, 8, 7], 3),
            ([900, 800, 700], [9, 8, 7], 3),
        ] {
            let (mut bits, slices) = ([7, 8, 9], counts.map(slice));

            let found = rarest_first(&mut bits, slices.iter().map(<[u8; SLICE_BYTES]>::as_slice));

            assert_eq!((bits, found), (sorted, n_first), "{counts:?}");
        }
    }

    #[test]
    fn keys_are_found_by_place_and_places_by_key() {
        let keys: Vec<i64> = (0..BLOCK_POSTS as i64).map(|n| n * n).collect();
        let bytes = keys_to_bytes(&keys);

        for (place, &key) in keys.iter().enumerate() {
            assert_eq!((key_at(&bytes, place), place_of(&bytes, key)), (Some(key), Some(place)));
        }
        assert_eq!((key_at(&bytes, BLOCK_POSTS), place_of(&bytes, 3)), (None, None));
    }
}
