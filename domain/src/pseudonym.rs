//! The name under which an author is met inside one thread: "Quiet Otter".

use crate::id::AuthorTag;

/// Words in each list of `locales/`: a power of two, so that the 65,536 numbers that choose fall on all of them alike.
pub const N_WORDS: usize = 64;
/// How many tones a face may have; `src/style/` has a rule for each.
const N_TONES: u8 = 6;

/// Which words and which tone stand for an author inside one thread.
///
/// Made from the author's tag, so it is the same on every item of theirs in the thread and says nothing anywhere else.
/// It is no proof: two authors of a long thread may share a name, and then still differ by tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pseudonym {
    adjective: u16,
    animal: u16,
    tone: u8,
}

impl Pseudonym {
    /// The pseudonym of the author with this tag.
    #[must_use]
    pub fn of(tag: AuthorTag) -> Self {
        let bytes = tag.as_bytes();
        let pair = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        Self { adjective: pair(0), animal: pair(2), tone: bytes[4] % N_TONES }
    }

    /// The words for it, out of lists divided by commas, as `locales/` has them; empty when a list is.
    #[must_use]
    pub fn words<'a>(self, adjectives: &'a str, animals: &'a str) -> (&'a str, &'a str) {
        let pick = |list: &'a str, number: u16| {
            let n_words = list.split(',').count();
            list.split(',').nth(usize::from(number) % n_words).unwrap_or_default()
        };
        (pick(adjectives, self.adjective), pick(animals, self.animal))
    }

    /// The tone of the author's face, 0 to 5. Names tell authors apart; the tone only helps the eye.
    #[must_use]
    pub const fn tone(self) -> u8 {
        self.tone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ADJECTIVES: &str = "Quiet,Calm,Gentle";
    const ANIMALS: &str = "Otter,Robin";

    proptest! {
        #[test]
        fn every_tag_has_words_of_the_lists(tag: [u8; 8]) {
            let pseudonym = Pseudonym::of(AuthorTag::from_bytes(tag));
            let (adjective, animal) = pseudonym.words(ADJECTIVES, ANIMALS);

            prop_assert!(ADJECTIVES.split(',').any(|word| word == adjective));
            prop_assert!(ANIMALS.split(',').any(|word| word == animal));
            prop_assert!(pseudonym.tone() < N_TONES);
        }
    }

    #[test]
    fn one_author_has_one_name_and_others_have_others() {
        let name = |byte| {
            Pseudonym::of(AuthorTag::from_bytes([0, byte, 0, byte, 0, 0, 0, 0])).words(ADJECTIVES, ANIMALS)
        };

        assert_eq!(name(1), name(1));
        assert_eq!(name(1), ("Calm", "Robin"));
        assert_ne!(name(1), name(2));
    }

    #[test]
    fn an_empty_list_gives_an_empty_word() {
        assert_eq!(Pseudonym::of(AuthorTag::from_bytes([9; 8])).words("", ANIMALS).0, "");
    }
}
