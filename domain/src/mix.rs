//! The default order: what waits for an answer, what is new and what helps, in turns.

use crate::id::ItemId;
use crate::wire::Post;

/// Items of each feed on a page of the mix: three feeds make about a usual page.
pub const ITEMS_OF_EACH: usize = 8;

/// The posts of several feeds in turns, the first of each, then the second of each, without those that were `seen`.
///
/// What comes out is added to `seen`, so the next pages of the same feeds repeat nothing. Each feed goes by keyset, and
/// nothing is left out as long as one of them has everything.
#[must_use]
pub fn mix(feeds: Vec<Vec<Post>>, seen: &mut Vec<ItemId>) -> Vec<Post> {
    let mut feeds: Vec<_> = feeds.into_iter().map(Vec::into_iter).collect();
    let mut mixed = Vec::new();
    loop {
        let mut is_over = true;
        for feed in &mut feeds {
            // A feed whose turn would repeat something gives the next it has.
            if let Some(post) = feed.find(|post| !seen.contains(&post.id)) {
                is_over = false;
                seen.push(post.id);
                mixed.push(post);
            }
        }
        if is_over {
            return mixed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::Kind;
    use crate::vote::VoteCounts;
    use proptest::prelude::*;

    fn posts(ids: &[u64]) -> Vec<Post> {
        let post = |id: &u64| Post {
            id: ItemId::from_bits(*id),
            kind: Kind::Story,
            topic: "sleep".parse().unwrap(),
            text: String::new(),
            lang: None,
            notes: Default::default(),
            author: None,
            created_at: 0,
            n_replies: 0,
            votes: VoteCounts::default(),
            is_example: false,
            is_owners: false,
        };
        ids.iter().map(post).collect()
    }

    fn ids(posts: &[Post]) -> Vec<u64> {
        posts.iter().map(|post| post.id.bits()).collect()
    }

    #[test]
    fn each_feed_has_its_turn_and_nothing_comes_twice() {
        let mut seen = Vec::new();

        let first = mix(vec![posts(&[1, 2, 3]), posts(&[9, 8, 1]), posts(&[9, 2, 7])], &mut seen);
        let second = mix(vec![posts(&[4]), posts(&[7, 6]), posts(&[5, 1])], &mut seen);

        assert_eq!(ids(&first), [1, 9, 2, 3, 8, 7]);
        assert_eq!(ids(&second), [4, 6, 5]);
    }

    #[test]
    fn no_feed_at_all_is_an_empty_page() {
        assert_eq!(mix(Vec::new(), &mut Vec::new()), []);
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_feed_comes_once(feeds: Vec<Vec<u8>>) {
            let of = |feed: &Vec<u8>| posts(&feed.iter().map(|id| u64::from(*id)).collect::<Vec<_>>());
            let mut expected: Vec<u64> = feeds.iter().flatten().map(|id| u64::from(*id)).collect();
            expected.sort_unstable();
            expected.dedup();

            let mut mixed = ids(&mix(feeds.iter().map(of).collect(), &mut Vec::new()));

            mixed.sort_unstable();
            prop_assert_eq!(mixed, expected);
        }
    }
}
