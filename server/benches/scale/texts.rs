//! Texts to fill a store with: made up, as long as people write, and with words as common and as rare as words are.

use std::sync::LazyLock;

/// The words that most texts are made of, the most common first.
const COMMON: &str = "the and i to it a of my was that in me is with for but not on so at be had this you as have when \
    they all day one out up from what feel do about her get just he time she if would know can like there people talk \
    school them or home really after how some could an we been who then now more no by friend think back first even did \
    night help went because work started told were want family felt days still week bad again mum other good year today \
    going way than much only never him will two last over before into friends things made make always got said every too \
    anything little better class where down house sleep are room dad bed came mind life love long tell sister hard alone \
    walk phone small morning off something brother nothing any head stop door keep hours kept call everything wrong why \
    most their being your his afraid doing try eat old hand thought write people's food sit heart tired used started \
    music lost quiet window teacher minutes rain garden bus lunch empty angry breath cold doctor dog evening exam fear \
    grief kitchen letter light money month mother nurse panic paper party pills prayer quit river road sad scared sea \
    shame shoes silence slow smile snow song sound spring stairs storm story street summer sun tea tears tight train \
    tree trust truth voice wait warm water weather weekend winter word worry young anxious awake bath bike blame body \
    book bread bridge busy candle care cat change child city clothes coffee corner cousin crowd cry dark dinner dream";

/// Makes a rarer word of each of them.
const ENDINGS: [&str; 11] = ["ing", "ed", "er", "ness", "ful", "less", "ly", "ment", "ation", "ward", "like"];

/// In every post.
pub const COMMON_WORD: &str = "the";
/// In three posts, however many there are.
pub const RARE_WORD: &str = "heliotrope";
/// Each in about one post of ten, and both in one of a hundred.
pub const TWO_WORDS: &str = "winter garden";
/// In none.
pub const NO_WORD: &str = "zyxqvj";
/// In none either, and the worst that can be looked for: nearly every text has all of its parts, in other words.
pub const NO_WORD_OF_COMMON_PARTS: &str = "therationing";

static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let common: Vec<&str> = COMMON.split_whitespace().collect();
    let rare = ENDINGS.iter().flat_map(|ending| common.iter().map(move |word| format!("{word}{ending}")));
    common.iter().map(|word| (*word).to_owned()).chain(rare).collect()
});

/// By Zipf's law: which share of all words are this one or a more common one.
static SHARES: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let mut sum = 0.0;
    let sums = (1..=WORDS.len()).map(|rank| {
        sum += 1.0 / rank as f64;
        sum
    });
    let sums: Vec<f64> = sums.collect();
    sums.iter().map(|share| share / sum).collect()
});

/// Numbers that look drawn, and are the same in every run: SplitMix64.
pub struct Numbers(u64);

impl Numbers {
    pub const fn from(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let number = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ number >> 31
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A text of 200 to 600 characters. With `word` in it, if there is one.
pub fn text(numbers: &mut Numbers, word: Option<&str>) -> String {
    let n_chars = 200 + numbers.below(401) as usize;
    let mut text = String::with_capacity(n_chars + 20);
    text.push_str("About the ");
    text.extend(word.into_iter().flat_map(|word| [word, " "]));
    let mut is_beginning = false;
    while text.len() < n_chars {
        let share = numbers.share();
        let word = &WORDS[SHARES.partition_point(|&to_here| to_here < share).min(WORDS.len() - 1)];
        match word.chars().next().filter(|_| is_beginning) {
            Some(first) => {
                text.extend(first.to_uppercase());
                text.push_str(&word[first.len_utf8()..]);
            }
            None => text.push_str(word),
        }
        is_beginning = numbers.below(12) == 0;
        text.push_str(if is_beginning { ". " } else { " " });
    }
    text.truncate(text.trim_end_matches(['.', ' ']).len());
    text.push('.');
    text
}
