//! Rules as they are downloaded: a word that many of them have stands as one letter of a script that no rule is in.
//!
//! Each language has its own text, and all have the same list of words, so that a word of two languages stands in it once.

/// The letters that stand for words: those of two bytes after Latin-1. A word that has one of them must be in the list.
const FIRST: u32 = 0x100;
const MOST: usize = 0x700;
/// How often a word stands in all rules before its place in the list pays.
const OFTEN: usize = 4;
/// This many of the words used most come first: letters that are near to each other are small by brotli.
const N_FIRST: usize = 100;

/// The list of the words that stand often in rules: each is a capital, by which `A` is none, `B` one, how many letters it
/// begins with as the word before it does, and the others.
#[must_use]
pub fn list(words: &[String]) -> String {
    let mut list = String::new();
    let mut before = "";
    for word in words {
        let alike = word.char_indices().zip(before.chars()).take_while(|((_, a), b)| a == b).take(25);
        let (n_alike, n_bytes) = alike.fold((0, 0), |(n, _), ((at, c), _)| (n + 1, at + c.len_utf8()));
        list.push(char::from(b'A' + n_alike));
        list += &word[n_bytes..];
        before = word;
    }
    list
}

/// The words of a [`list`].
#[must_use]
pub fn words(list: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in list.chars() {
        match (c, words.last_mut()) {
            ('A'..='Z', before) => {
                let n_alike = (c as u8 - b'A') as usize;
                let alike = before.map_or_else(String::new, |before| before.chars().take(n_alike).collect());
                words.push(alike);
            }
            (_, Some(word)) => word.push(c),
            _ => {}
        }
    }
    words
}

/// The words that are worth a place in the list of these rules.
#[must_use]
pub fn often<'a>(rules: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<&str> = rules.into_iter().flat_map(str::lines).flat_map(words_of).collect();
    all.sort_unstable();
    let mut counted: Vec<(usize, &str)> =
        all.chunk_by(|a, b| a == b).map(|alike| (alike.len(), alike[0])).collect();
    let must_be = |word: &str| word.chars().any(|c| place_of(c).is_some());
    counted.retain(|(n, word)| must_be(word) || (*n >= OFTEN && word.len() > 1));
    counted.sort_by_key(|(n, word)| (!must_be(word), std::cmp::Reverse(*n)));
    counted.truncate(MOST);
    let mut words: Vec<String> = counted.into_iter().map(|(_, word)| word.to_owned()).collect();
    let n_first = words.len().min(N_FIRST);
    words[..n_first].sort_unstable();
    words[n_first..].sort_unstable();
    words
}

/// Writes rules with the words of a list as letters.
#[must_use]
pub fn packed(rules: &str, words: &[String]) -> String {
    let letter = |word: &str| {
        let at = words.iter().position(|known| known == word)?;
        char::from_u32(FIRST + at as u32)
    };
    let mut packed = String::new();
    for line in rules.lines() {
        for (at, item) in items(line).enumerate() {
            // What may be missing begins by itself.
            if at > 0 && !item.starts_with('?') {
                packed.push(' ');
            }
            let begin = item.len() - item.trim_start_matches(['-', '?']).len();
            packed += &item[..begin];
            let split: fn(char) -> bool = if is_pattern(line) { |c| c == '|' } else { |_| false };
            let mut plain: Vec<&str> = item[begin..].split(split).collect();
            let mut letters: Vec<char> = plain.iter().filter_map(|word| letter(word)).collect();
            plain.retain(|word| letter(word).is_none());
            letters.sort_unstable();
            packed += &plain.join("|");
            packed.extend(letters);
        }
        packed.push('\n');
    }
    packed
}

/// The rules that [`packed`] was given, but for the order of the words of an item.
#[must_use]
pub fn unpacked(packed: &str, words: &[String]) -> String {
    let mut rules = String::new();
    for c in packed.chars() {
        match place_of(c).and_then(|at| words.get(at)) {
            Some(word) => {
                if !rules.ends_with([' ', '\n', '-', '?']) && !rules.is_empty() {
                    rules.push('|');
                }
                rules += word;
            }
            None => {
                if c == '?' && !rules.ends_with([' ', '\n']) {
                    rules.push(' ');
                }
                rules.push(c);
            }
        }
    }
    rules
}

fn place_of(letter: char) -> Option<usize> {
    let at = (letter as u32).checked_sub(FIRST)? as usize;
    (at < MOST).then_some(at)
}

fn is_pattern(line: &str) -> bool {
    !line.starts_with('[') && !line.contains(" = ")
}

fn items(line: &str) -> impl Iterator<Item = &str> {
    let split: fn(char) -> bool = if line.starts_with('[') { |_| false } else { char::is_whitespace };
    line.split(split)
}

fn words_of(line: &str) -> impl Iterator<Item = &str> {
    let split: fn(char) -> bool =
        if line.starts_with('[') { |_| false } else { |c| c == '|' || c.is_whitespace() };
    let words = line.split(split).map(|word| word.trim_start_matches(['-', '?']));
    words.filter(|word| !word.is_empty() && !word.starts_with(['[', '@', '=']))
}

#[cfg(test)]
mod tests {
    use super::{list, often, packed, unpacked, words};

    const RULES: &str = "@hue = red blue bluish\n[crisis sign 1]\nred|blue ?cœur|blue .. -red|@hue\nblue|teal -ex-\nred blue $\n";

    #[test]
    fn rules_are_the_same_after_packing() {
        let list_of = often([RULES]);

        let again = unpacked(&packed(RULES, &list_of), &words(&list(&list_of)));

        assert_eq!(list_of, ["blue", "cœur", "red"]);
        assert_eq!(
            again,
            "@hue = red blue bluish\n[crisis sign 1]\nblue|red ?blue|cœur .. -@hue|red\nteal|blue -ex-\nred blue $\n"
        );
    }

    #[test]
    fn a_list_that_begins_with_no_capital_is_none() {
        assert!(words("blue").is_empty());
    }
}
