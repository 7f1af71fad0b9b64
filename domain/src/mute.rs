//! What a reader would rather not see: words and topics that they name. It stays on the reader's device.

use crate::search;
use crate::site::TopicId;

/// Letters of a word that count, in texts and in what is muted: a bound for the work on one, far above any word.
const MAX_LETTERS: usize = 400;

/// Words and topics; whatever has one of them is not shown until the reader asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Muted {
    words: Vec<Word>,
    topics: Vec<TopicId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    typed: String,
    plain: String,
}

impl Muted {
    /// Adds a word, or several that stand together; `false` when there is no letter in it, or it is there already.
    pub fn add(&mut self, typed: &str) -> bool {
        let typed = typed.trim();
        let plain = plain(typed);
        let is_new = !plain.trim().is_empty() && self.words.iter().all(|word| word.plain != plain);
        if is_new {
            self.words.push(Word { typed: typed.to_owned(), plain });
        }
        is_new
    }

    /// Takes a word away, as it was typed.
    pub fn remove(&mut self, typed: &str) {
        self.words.retain(|word| word.typed != typed);
    }

    /// The words, as they were typed.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.typed.as_str())
    }

    /// Whether `topic` is one of the topics.
    #[must_use]
    pub fn has_topic(&self, topic: &TopicId) -> bool {
        self.topics.contains(topic)
    }

    /// Adds a topic, or takes it away when it is there.
    pub fn toggle_topic(&mut self, topic: &TopicId) {
        if self.has_topic(topic) {
            self.topics.retain(|other| other != topic);
        } else {
            self.topics.push(topic.clone());
        }
    }

    /// Whether a text about `topic` has something that is muted. A reply has no topic of its own.
    ///
    /// A word is found whole, in capitals or not, with accents or without: `alone` in "Alone!", not in "standalone". In
    /// scripts that put no spaces between words, or grow words at their ends as Korean does, it is found anywhere.
    #[must_use]
    pub fn hides(&self, topic: Option<&TopicId>, text: &str) -> bool {
        if topic.is_some_and(|topic| self.has_topic(topic)) {
            return true;
        }
        if self.words.is_empty() {
            return false;
        }
        let text = plain(text);
        self.words.iter().any(|Word { plain, .. }| {
            text.contains(if plain.chars().any(is_unspaced) { plain.trim() } else { plain.as_str() })
        })
    }
}

/// A text in plain form: its words with a space around each.
fn plain(text: &str) -> String {
    let mut plain = String::from(" ");
    for word in search::words(text, MAX_LETTERS) {
        plain.extend(word);
        plain.push(' ');
    }
    plain
}

/// Whether words are not told apart by spaces where this letter is written: Thai, Lao, Burmese, Khmer, Japanese, Chinese,
/// Korean.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hides(word: &str, text: &str) -> bool {
        let mut muted = Muted::default();
        assert!(muted.add(word), "{word}");
        muted.hides(None, text)
    }

    #[test]
    fn a_word_is_found_whole() {
        for (word, text) in [
            ("alone", "I was alone."),
            ("alone", "Alone!"),
            ("ALONE", "(alone)"),
            ("can't", "I can’t sleep"),
            ("self-harm", "about self harm again"),
            ("my dad", "Today my  dad called"),
            ("cafe", "dans le café"),
            ("café", "the cafe"),
            ("Größe", "die grösse"),
            ("Ακρη", "ακρη"),
            ("СМЕРТЬ", "её смерть"),
            ("الموت", "خفت من الموت"),
            ("موت", "عن الموت"),
            ("אבא", "אבא שלי"),
        ] {
            let expected = word != "Größe"; // ß is one letter here, and "ss" two: not the same word
            assert_eq!(hides(word, text), expected, "{word} in {text}");
        }
        for (word, text) in [
            ("alone", "standalone"),
            ("alone", "a lone wolf"),
            ("eat", "great"),
            ("my dad", "my mum and dad"),
        ] {
            assert!(!hides(word, text), "{word} in {text}");
        }
    }

    #[test]
    fn where_no_spaces_are_written_a_word_is_found_inside_the_text() {
        for (word, text) in [
            ("自殺", "昨日、自殺のことを考えた。"),
            ("死", "我怕死"),
            ("ตาย", "ฉันกลัวความตายมาก"),
            ("자살", "자살을 생각했어요"),
            ("セーター", "あのセーターを見た"),
        ] {
            assert!(hides(word, text), "{word} in {text}");
        }
        assert!(!hides("自殺", "自分を大切に"));
    }

    #[test]
    fn a_topic_hides_its_posts_and_no_replies() {
        let (grief, sleep): (TopicId, TopicId) = ("grief".parse().unwrap(), "sleep".parse().unwrap());
        let mut muted = Muted::default();
        assert!(!muted.hides(Some(&grief), "words"));

        muted.toggle_topic(&grief);

        assert!(muted.hides(Some(&grief), "words"));
        assert!(!muted.hides(Some(&sleep), "words"));
        assert!(!muted.hides(None, "words"));
        muted.toggle_topic(&grief);
        assert!(!muted.hides(Some(&grief), "words"));
    }

    #[test]
    fn a_word_is_kept_once_as_it_was_typed_until_it_is_taken_away() {
        let mut muted = Muted::default();

        assert!(muted.add(" Café "));
        assert!(!muted.add("cafe"));
        assert!(!muted.add("…"));
        assert_eq!(muted.words().collect::<Vec<_>>(), ["Café"]);

        muted.remove("Café");
        assert_eq!(muted.words().count(), 0);
        assert!(!muted.hides(None, "the café"));
    }

    #[test]
    fn a_word_of_a_text_without_any_space_is_found_to_its_end() {
        assert!(hides("死", &["我".repeat(300), "死".to_owned()].concat()));
    }

    proptest! {
        #[test]
        fn a_word_between_others_is_found(word in "[a-z]{1,20}", before in "[a-z ]{0,40}", after in "[a-z ]{0,40}") {
            prop_assert!(hides(&word, &[&before, ", ", &word.to_uppercase(), "! ", &after].concat()));
        }

        #[test]
        fn no_text_makes_it_panic(word: String, text: String) {
            let mut muted = Muted::default();
            muted.add(&word);
            let _ = muted.hides(None, &text);
        }
    }
}
