//! The same words again: whether a text is, or nearly is, one that came to the site within a day.
//!
//! Fingerprints of texts stand in memory only, under a key that is drawn at each start, and never in the database: one that
//! outlived its text would let whoever reads the file confirm a short text by trying. They go with the text when its author
//! deletes or changes it, and after a day in any case. The key is not changed meanwhile: it lies beside the fingerprints, so
//! whoever reads the memory has both. After a restart the fingerprints are made anew from the texts that the database still
//! has. Of several servers each knows what it took itself, and what was there when it started.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use peer_support_domain::id::ItemId;
use peer_support_domain::site::SiteId;

use crate::clock::Random;

/// How long a text is remembered: who floods a site with one text does it in hours.
pub(crate) const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1_000;
/// Texts of a site that are remembered: about 1.5 MB.
pub(crate) const N_TEXTS: usize = 5_000;
/// Letters and digits of a text from which it is looked at. "Thank you, this helped me a lot" is said by many, and
/// nobody repeats somebody else who says it.
const LEAST_LETTERS: usize = 40;
/// Letters of a shingle: longer than most endings, shorter than most words and their neighbours.
const SHINGLE: usize = 5;
/// Numbers of a fingerprint. Of two texts, each number is equal with the share of shingles that both have.
const N_NUMBERS: usize = 64;
/// Equal numbers from which two texts are nearly the same: six shingles in ten. A text with another name and another number in
/// it has that much in common, two texts of two people less than two in ten.
const LEAST_EQUAL: usize = 38;

/// What was written to the sites lately.
pub(crate) struct Repeats {
    keys: [u64; N_NUMBERS],
    texts: Mutex<HashMap<SiteId, VecDeque<Seen>>>,
}

struct Seen {
    item: ItemId,
    at: i64,
    print: Print,
}

type Print = [u32; N_NUMBERS];

impl Repeats {
    pub(super) fn new(random: &Random) -> Self {
        let key = u64::from_be_bytes(random.bytes());
        let mut keys = [0; N_NUMBERS];
        for (n, key_of_number) in (1..).zip(&mut keys) {
            *key_of_number = mixed(key.wrapping_add(n));
        }
        Self { keys, texts: Mutex::default() }
    }

    /// Whether another item of the site has nearly this text; remembers this one.
    pub(crate) fn see(&self, site: &SiteId, item: ItemId, text: &str, now: i64) -> bool {
        let Some(print) = self.print(text) else { return false };
        let mut sites = self.texts();
        let seen = sites.entry(site.clone()).or_default();
        while seen.front().is_some_and(|first| first.at <= now - REMEMBERED_MS) || seen.len() >= N_TEXTS {
            seen.pop_front();
        }
        let is_repeat = seen.iter().any(|other| other.item != item && is_near(&other.print, &print));
        // Sent again, it is no other text.
        seen.retain(|other| other.item != item);
        seen.push_back(Seen { item, at: now, print });
        is_repeat
    }

    /// Remembers the text of an item that was stored before this start. Whether it was a repeat was asked when it came; asking
    /// again, of thousands of texts each of thousands, would keep everybody waiting for the start.
    pub(super) fn recall(&self, site: &SiteId, item: ItemId, text: &str, at: i64) {
        let Some(print) = self.print(text) else { return };
        let mut sites = self.texts();
        let seen = sites.entry(site.clone()).or_default();
        if seen.len() >= N_TEXTS {
            seen.pop_front();
        }
        seen.push_back(Seen { item, at, print });
    }

    /// Forgets the text of `item`, which is deleted, or was never stored.
    pub(crate) fn forget(&self, item: ItemId) {
        for seen in self.texts().values_mut() {
            seen.retain(|other| other.item != item);
        }
    }

    fn texts(&self) -> MutexGuard<'_, HashMap<SiteId, VecDeque<Seen>>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A MinHash of the text's shingles, without its case, spaces and signs; `None` for a short one.
    fn print(&self, text: &str) -> Option<Print> {
        let letters: Vec<char> =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if letters.len() < LEAST_LETTERS {
            return None;
        }
        let mut print = [u32::MAX; N_NUMBERS];
        for shingle in letters.windows(SHINGLE) {
            let hash = shingle.iter().fold(0, |hash, &c| mixed(hash ^ u64::from(u32::from(c))));
            for (number, key) in print.iter_mut().zip(self.keys) {
                *number = (*number).min((mixed(hash ^ key) >> 32) as u32);
            }
        }
        Some(print)
    }
}

fn is_near(a: &Print, b: &Print) -> bool {
    a.iter().zip(b).filter(|(a, b)| a == b).count() >= LEAST_EQUAL
}

/// The last step of SplitMix64: each bit of the result hangs on each bit given.
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Since the summer I have been sleeping badly, and on some mornings I cannot get up at all. My \
                        neighbour rings the bell at nine, and that helps me more than she knows.";

    fn repeats() -> Repeats {
        Repeats::new(&Random::new(|bytes| bytes.fill(7)))
    }

    fn item(n: u64) -> ItemId {
        ItemId::from_bits(n)
    }

    fn demo() -> SiteId {
        "demo".parse().unwrap()
    }

    #[test]
    fn the_same_text_is_a_repeat_whatever_its_case_and_signs() {
        let repeats = repeats();
        assert!(!repeats.see(&demo(), item(1), TEXT, 0));

        assert!(repeats.see(&demo(), item(2), TEXT, 0));
        let dressed = TEXT.to_uppercase().replace(' ', "  ").replace('.', " !! ");
        assert!(repeats.see(&demo(), item(3), &dressed, 0));
        let nearly = TEXT.replace("neighbour", "daughter").replace("nine", "ten");
        assert!(repeats.see(&demo(), item(4), &nearly, 0));
    }

    #[test]
    fn another_text_is_no_repeat_also_on_the_same_theme() {
        let repeats = repeats();
        repeats.see(&demo(), item(1), TEXT, 0);

        for (n, other) in (2..).zip([
            "I have been sleeping badly since the summer too. Getting up is the hardest. I set three alarms now.",
            "On some mornings I cannot get up at all, so my sister rings me. Somebody who waits for me helps more.",
            "My neighbour moved away in the summer. I did not know how much I would miss hearing her through the wall.",
        ]) {
            assert!(!repeats.see(&demo(), item(n), other, 0), "{other}");
        }
    }

    #[test]
    fn what_many_say_is_not_looked_at() {
        let repeats = repeats();
        for n in 0..9 {
            assert!(!repeats.see(&demo(), item(n), "Thank you, this helped me a lot.", 0));
        }
    }

    #[test]
    fn texts_without_spaces_are_told_apart_too() {
        let repeats = repeats();
        let text = "去年冬天以来我一直睡得不好，有时候早上根本起不来。邻居每天九点按一次门铃，这对我的帮助比她想象的要大得多，我很感激她。";
        repeats.see(&demo(), item(1), text, 0);

        assert!(repeats.see(&demo(), item(2), &text.replace("九点", "十点"), 0));
        let other = "我妹妹去年搬到了另一个城市，从那以后家里变得很安静。我开始每天晚上给她打电话，说说白天发生的小事，这样我就不那么孤单了。";
        assert!(!repeats.see(&demo(), item(3), other, 0));
    }

    #[test]
    fn sent_again_it_is_the_same_item_and_on_another_site_another_text() {
        let repeats = repeats();
        for _ in 0..3 {
            assert!(!repeats.see(&demo(), item(1), TEXT, 0));
        }

        assert!(!repeats.see(&"other".parse().unwrap(), item(2), TEXT, 0));
    }

    #[test]
    fn a_deleted_text_is_forgotten_and_each_after_a_day() {
        let repeats = repeats();
        repeats.see(&demo(), item(1), TEXT, 0);
        repeats.forget(item(1));
        assert!(!repeats.see(&demo(), item(2), TEXT, 0));

        assert!(repeats.see(&demo(), item(3), TEXT, REMEMBERED_MS - 1));
        repeats.forget(item(3));
        assert!(!repeats.see(&demo(), item(4), TEXT, REMEMBERED_MS));
    }

    #[test]
    fn no_more_texts_are_remembered_than_there_is_room_for() {
        let repeats = repeats();
        for n in 0..N_TEXTS as u64 + 20 {
            let text = format!("{n} {}", char::from_u32(0x4e00 + n as u32).unwrap().to_string().repeat(40));
            repeats.see(&demo(), item(n), &text, 0);
        }

        assert_eq!(repeats.texts()[&demo()].len(), N_TEXTS);
    }
}
