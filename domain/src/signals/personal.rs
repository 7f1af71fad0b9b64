//! What could tell others who somebody is: numbers to call, addresses, accounts, names. Scanners for what has a form, with
//! the words around it where the form alone does not say.
//!
//! Not found on purpose: helplines we know, doses, times, dates, scores and ages, public names by themselves.

use super::known::Known;
use super::plain::Plain;
use super::{Place, Reason, Span};

mod numbers;
mod words;

use words::{Cue, is};

/// A piece of the text between white space, without the punctuation around it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: usize,
    to: usize,
    /// Whether a sentence begins here.
    is_first: bool,
    /// Whether punctuation parts it from the next one.
    is_last: bool,
    /// Small letters without accents, hashed.
    hash: u32,
    /// What it says of its neighbours, a bit for each [`Cue`].
    cues: u32,
}

impl Piece {
    fn says(&self, cue: Cue) -> bool {
        self.cues & (1 << cue as u32) != 0
    }
}

/// A text in pieces.
struct Pieces<'a> {
    chars: &'a [char],
    pieces: Vec<Piece>,
    known: &'a Known,
    /// Whether there are letters after those of Latin, Greek and Cyrillic.
    has_other_scripts: bool,
    found: Vec<Place>,
}

/// Every place that says who somebody is.
#[must_use]
pub fn places(text: &Plain, known: &Known) -> Vec<Place> {
    let mut pieces = Pieces::of(&text.chars, known);
    pieces.find_addresses_of_the_net();
    pieces.find_numbers();
    pieces.find_spelled_numbers();
    pieces.find_spelled_addresses();
    pieces.find_handles();
    pieces.find_streets();
    pieces.find_names();
    pieces.found
}

impl<'a> Pieces<'a> {
    fn of(chars: &'a [char], known: &'a Known) -> Self {
        let mut pieces = Vec::with_capacity(chars.len() / 5 + 1);
        let mut at = 0;
        let mut is_first = true;
        while at < chars.len() {
            if chars[at].is_whitespace() {
                is_first |= chars[at] == '\n';
                at += 1;
                continue;
            }
            let start = at;
            while at < chars.len() && !chars[at].is_whitespace() {
                at += 1;
            }
            let (mut from, mut to) = (start, at);
            while from < to && is_around(chars[from]) {
                from += 1;
            }
            while to > from && is_around(chars[to - 1]) {
                to -= 1;
            }
            let ends = chars[to..at].iter().any(|c| matches!(c, '.' | '!' | '?' | '…' | '。'));
            // The point of "Dr." and of an initial ends no sentence.
            let is_short = to - from <= 3
                && chars[at - 1] == '.'
                && chars[from..to].first().is_some_and(|c| c.is_uppercase());
            if from < to {
                let hash = words::hash(&chars[from..to]);
                let is_last = at > to && !is_short;
                pieces.push(Piece {
                    from,
                    to,
                    is_first: is_first || start < from && chars[start] != '(',
                    is_last,
                    hash,
                    cues: words::cues(hash),
                });
                is_first = ends && !is_short;
            } else {
                if let Some(last) = pieces.last_mut() {
                    last.is_last = true;
                }
                is_first |= ends || chars[start..at].iter().all(|c| matches!(c, '-' | '–' | '—'));
            }
        }
        let has_other_scripts = chars.iter().any(|c| ('\u{900}'..='\u{9fff}').contains(c));
        Self { chars, pieces, known, has_other_scripts, found: Vec::new() }
    }

    fn text(&self, piece: &Piece) -> &'a [char] {
        &self.chars[piece.from..piece.to]
    }

    fn is(&self, at: usize, cue: Cue) -> bool {
        self.pieces.get(at).is_some_and(|piece| piece.says(cue))
    }

    /// Whether one of the `n` pieces before `at` is a cue.
    fn follows(&self, at: usize, n: usize, cue: Cue) -> bool {
        (at.saturating_sub(n)..at).any(|before| self.is(before, cue))
    }

    fn add(&mut self, from: usize, to: usize, reason: &str, score: f32) {
        let span = Span { start: from as u32, end: to as u32 };
        let is_known =
            self.found.iter().any(|place| place.span.start < span.end && span.start < place.span.end);
        if !is_known && let Some(reason) = Reason::named(reason) {
            self.found.push(Place { span, reason, score });
        }
    }

    /// Mail and web addresses, and names of accounts behind an `@`.
    fn find_addresses_of_the_net(&mut self) {
        for n in 0..self.pieces.len() {
            let piece = self.pieces[n];
            let text = self.text(&piece);
            if let Some(at) = text.iter().position(|c| matches!(c, '@' | '＠')) {
                let (local, domain) = (&text[..at], &text[at + 1..]);
                let has_dot = domain.iter().skip(1).any(|c| *c == '.') && domain.len() >= 4;
                let local_from = local.iter().rposition(|c| !is_of_mail(*c)).map_or(0, |at| at + 1);
                if has_dot && local_from < local.len() {
                    let length = domain.iter().take_while(|c| is_of_mail(**c)).count();
                    let address: String = text[local_from..=at + length].iter().collect();
                    let address = address.trim_end_matches('.');
                    if !self.known.has_site(address) {
                        let from = piece.from + local_from;
                        self.add(from, from + address.chars().count(), "email", 0.99);
                    }
                } else if at == 0 || !text[at - 1].is_alphanumeric() {
                    let length = domain.iter().take_while(|c| is_of_account(**c)).count();
                    let name = &domain[..length];
                    let has_letters = name.iter().filter(|c| c.is_alphabetic()).count() >= 2;
                    if has_letters && name.len() >= 3 && !is(words::hash(name), Cue::NoAccount) {
                        self.add(piece.from + at, piece.from + at + 1 + length, "handle", 0.9);
                    }
                }
            } else if let Some((from, to)) = self.web_address(text) {
                let address: String = text[from..to].iter().collect();
                if !self.known.has_site(&address) {
                    self.add(piece.from + from, piece.from + to, "link", 0.9);
                }
            }
        }
    }

    /// Where a web address stands in a piece.
    fn web_address(&self, text: &[char]) -> Option<(usize, usize)> {
        if !text.contains(&'.') {
            return None;
        }
        let begins = |with: &str| {
            let with: Vec<char> = with.chars().collect();
            text.windows(with.len())
                .position(|part| part.iter().zip(&with).all(|(a, b)| a.to_ascii_lowercase() == *b))
        };
        let is_of = |c: &char| {
            !matches!(c, '<' | '>' | '"' | '“' | '”' | '。' | '、' | '「' | '」' | '）' | ')') && !is_cjk(*c)
        };
        if let Some(from) = begins("http://").or_else(|| begins("https://")).or_else(|| begins("www.")) {
            let length = text[from..].iter().take_while(|c| is_of(c)).count();
            return (length > 6).then_some((from, from + length));
        }
        let host_end = text.iter().position(|c| matches!(c, '/' | '?' | '#' | ':')).unwrap_or(text.len());
        let host = &text[..host_end];
        let dot = host.iter().rposition(|c| *c == '.')?;
        let (name, ending) = (&host[..dot], &host[dot + 1..]);
        let is_host = name.len() >= 2
            && name.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
            && name.iter().any(char::is_ascii_alphabetic);
        let has_path = text.len() > host_end + 1 && text[host_end] == '/';
        let is_ending = is(words::hash(ending), Cue::Domain)
            || has_path && (2..=10).contains(&ending.len()) && ending.iter().all(char::is_ascii_lowercase);
        (is_host && is_ending && !name.windows(2).any(|two| two == ['.', '.'])).then_some((0, text.len()))
    }

    /// Names of accounts after the name of a network: "insta: …", "add me on snap …".
    fn find_handles(&mut self) {
        for n in 0..self.pieces.len() {
            let piece = self.pieces[n];
            let text = self.text(&piece);
            // `u/name`, `name#1234`
            if text.len() > 4 && (text.starts_with(&['u', '/']) || text.starts_with(&['/', 'u', '/'])) {
                self.add(piece.from, piece.to, "handle", 0.9);
                continue;
            }
            if let Some(hash) = text.iter().position(|c| *c == '#')
                && hash >= 2
                && text.len() == hash + 5
                && text[hash + 1..].iter().all(char::is_ascii_digit)
            {
                self.add(piece.from, piece.to, "handle", 0.9);
                continue;
            }
            let colon = text.iter().position(|c| matches!(c, ':' | '=' | '：'));
            if let Some(colon) = colon
                && is(words::hash(&text[..colon]), Cue::Network)
                && colon + 3 < text.len()
            {
                self.add(piece.from + colon + 1, piece.to, "handle", 0.85);
                continue;
            }
            if !self.is(n, Cue::Network) {
                continue;
            }
            let is_told = self.chars.get(piece.to).is_some_and(|c| matches!(c, ':' | '=' | '-'));
            let mut is_after_is = is_told;
            let mut at = n + 1;
            // What stands between: "name is", "handle:", "it's", "under".
            while at < self.pieces.len() && at <= n + 4 && self.is(at, Cue::Is) {
                is_after_is = true;
                at += 1;
            }
            let is_asked = self.follows(n, 4, Cue::AddMe);
            for near in at..(at + 3).min(self.pieces.len()) {
                let candidate = self.pieces[near];
                let name = self.text(&candidate);
                if is_account_like(name)
                    || (near == at
                        && (is_after_is || is_asked)
                        && is_name_like(name)
                        && !candidate.says(Cue::Common))
                {
                    self.add(candidate.from, candidate.to, "handle", 0.85);
                    break;
                }
                if candidate.is_last {
                    break;
                }
            }
            // "sleepytaco_1 on discord"
            let is_on = n >= 2 && (self.is(n - 1, Cue::On) || is_asked);
            for back in 1..=2 {
                if is_on && n > back && is_account_like(self.text(&self.pieces[n - back - 1])) {
                    let name = self.pieces[n - back - 1];
                    self.add(name.from, name.to, "handle", 0.85);
                }
            }
        }
    }

    /// Names given as somebody's: after "my name is", or two names in a row where a name can stand.
    fn find_names(&mut self) {
        let n_capital = self.pieces.iter().filter(|piece| self.is_capital(piece)).count();
        // Who writes everything with capitals says nothing by them.
        let are_capitals_rare = 2 * n_capital <= self.pieces.len() + 2;
        for n in 0..self.pieces.len() {
            let end = self.after_name_cue(n);
            if let Some(at) = end {
                let to = self.name_end(at, true);
                if to > at {
                    let (from, to) = (self.pieces[at].from, self.pieces[to - 1].to);
                    self.add(from, to, "name", 0.9);
                }
            }
            if !are_capitals_rare || !self.is_capital(&self.pieces[n]) {
                continue;
            }
            let is_before_capital =
                n > 0 && self.is_capital(&self.pieces[n - 1]) && !self.pieces[n - 1].is_last;
            if is_before_capital && !self.is(n - 1, Cue::Title) && !self.pieces[n - 1].is_first {
                continue;
            }
            let to = self.name_end(n, false);
            let n_words = to - n;
            let is_place_of_work =
                (n..to).any(|at| self.is(at, Cue::Institution)) || self.is(to, Cue::Institution);
            if is_place_of_work && (self.follows(n, 4, Cue::AtWork)) {
                let from = self.pieces[n].from;
                let end = self.pieces[to.max(n + 1) - 1].to;
                self.add(from, end, "school_or_work", 0.7);
                continue;
            }
            if n_words < 2 || is_place_of_work {
                continue;
            }
            let is_person = self.follows(n, 3, Cue::Person) || self.is(n.wrapping_sub(1), Cue::Title);
            let is_public = (n..to).any(|at| self.is(at, Cue::NoName));
            if (is_person
                || (!self.pieces[n].is_first
                    && !self.follows(n, 1, Cue::Place)
                    && self.follows(n, 2, Cue::DoneBy)))
                && !is_public
            {
                let (from, to) = (self.pieces[n].from, self.pieces[to - 1].to);
                self.add(from, to, "name", if is_person { 0.85 } else { 0.6 });
            }
        }
        self.find_names_undivided();
    }

    /// Where a name begins when "my name is" and its like begin at `n`.
    fn after_name_cue(&self, n: usize) -> Option<usize> {
        let hash_at = |at: usize| self.pieces.get(n + at).map_or(0, |piece| piece.hash);
        for cue in words::name_cues(hash_at(0)) {
            let is_here = cue.hashes.iter().enumerate().all(|(at, hash)| hash_at(at) == *hash);
            let has_break = (n..n + cue.hashes.len().saturating_sub(1))
                .any(|at| self.pieces.get(at).is_some_and(|piece| piece.is_last));
            if !is_here || has_break {
                continue;
            }
            let at = n + cue.hashes.len();
            let piece = self.pieces.get(at)?;
            let text = self.text(piece);
            if piece.says(Cue::Common) || text.iter().any(char::is_ascii_digit) {
                continue;
            }
            // After "I am" only a whole name in capitals is one; after "my name is" anything.
            let n_capital = (at..at + 3)
                .take_while(|at| self.pieces.get(*at).is_some_and(|piece| self.is_capital(piece)))
                .count();
            if n_capital >= cue.n_capital && (cue.n_capital == 0 || !piece.says(Cue::NoName)) {
                return Some(at);
            }
        }
        None
    }

    /// The piece after the last one of a name that begins at `at`.
    fn name_end(&self, at: usize, is_given: bool) -> usize {
        let mut to = at;
        let is_capital = self.pieces.get(at).is_some_and(|piece| self.is_capital(piece));
        while to < self.pieces.len() && to < at + 5 {
            let piece = &self.pieces[to];
            let is_particle = to > at
                && self.is(to, Cue::Particle)
                && self.pieces.get(to + 1).is_some_and(|next| self.is_capital(next));
            let is_part = self.is_capital(piece)
                || is_particle
                || (is_given && to == at)
                || (is_given
                    && !is_capital
                    && to == at + 1
                    && !piece.says(Cue::Common)
                    && self.text(piece).iter().all(|c| c.is_alphabetic())
                    && to - at < 2
                    && self.text(piece).len() > 2
                    && !self.is_after_small(to));
            if !is_part {
                break;
            }
            to += 1;
            if piece.is_last {
                break;
            }
        }
        to
    }

    /// Small letters after small letters say nothing of where a name ends.
    fn is_after_small(&self, at: usize) -> bool {
        let text = self.text(&self.pieces[at]);
        text.first().is_some_and(|c| c.is_lowercase())
    }

    /// Japanese, Chinese and Hindi name cues, which stand in or after other words.
    fn find_names_undivided(&mut self) {
        if !self.has_other_scripts {
            return;
        }
        for (before, after) in words::UNDIVIDED_NAME_CUES {
            let before: Vec<char> = before.chars().collect();
            let Some(at) = find(self.chars, &before, 0) else { continue };
            let from = at + before.len();
            let from =
                from + self.chars[from..].iter().take_while(|c| c.is_whitespace() || **c == '、').count();
            let stop = |c: &char| matches!(c, '。' | '、' | '，' | '！' | '\n' | '.' | ',' | '।');
            let end =
                self.chars[from..].iter().position(stop).map_or(self.chars.len(), |length| from + length);
            let to = after
                .split('|')
                .filter(|after| !after.is_empty())
                .filter_map(|after| find(&self.chars[..end], &after.chars().collect::<Vec<_>>(), from))
                .min()
                .unwrap_or(if after.starts_with('|') || after.is_empty() { end } else { from });
            let mut to = to.min(from + 24);
            while to > from && self.chars[to - 1].is_whitespace() {
                to -= 1;
            }
            let length = to - from;
            if (2..=24).contains(&length) {
                self.add(from, to, "name", 0.85);
            }
        }
    }

    fn is_capital(&self, piece: &Piece) -> bool {
        let text = self.text(piece);
        let is_initial = text.len() <= 2
            && text.first().is_some_and(|c| c.is_uppercase() && *c != 'I')
            && text.get(1).is_none_or(|c| *c == '.');
        is_initial
            || text.first().is_some_and(|c| c.is_uppercase())
                && text.len() >= 2
                && text[1..].iter().any(|c| c.is_lowercase())
                && text.iter().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '.'))
                && !piece.says(Cue::Common)
    }

    /// Streets with a number, and codes of places.
    fn find_streets(&mut self) {
        for n in 0..self.pieces.len() {
            let text = self.text(&self.pieces[n]);
            let has_digit = |at: usize| {
                self.pieces.get(at).is_some_and(|piece| {
                    let text = self.text(piece);
                    text.first().is_some_and(char::is_ascii_digit)
                        && text.len() <= 6
                        && text.iter().filter(|c| c.is_alphabetic()).count() <= 1
                })
            };
            let is_word = |at: usize| {
                self.pieces.get(at).is_some_and(|piece| self.text(piece).iter().any(|c| c.is_alphabetic()))
            };
            // "12 Oak Street", "12 bis rue des Lilas"
            if has_digit(n) {
                let behind = (n + 1..=n + 4).take_while(|at| is_word(*at)).find(|at| {
                    self.is(*at, Cue::StreetAfter)
                        && *at > n + 1
                        && (*at == n + 2 || self.pieces[*at - 1].to > 0)
                });
                if let Some(end) = behind {
                    let is_short = self.is(end, Cue::StreetShort);
                    // "3 way", "10 min drive": the name before it has a capital, or the street is a sure word.
                    let is_named = self.text(&self.pieces[end - 1]).first().is_some_and(|c| c.is_uppercase())
                        || self.follows(n, 3, Cue::Live);
                    if is_named || !is_short && !(n + 1..end).any(|at| self.is(at, Cue::Common)) {
                        let (from, to) = (self.pieces[n].from, self.pieces[end].to);
                        self.add(from, to, "address", 0.9);
                        continue;
                    }
                }
                let front = (n + 1..=n + 2).find(|at| self.is(*at, Cue::StreetBefore));
                if let Some(street) = front
                    && is_word(street + 1)
                    && !self.pieces[n].is_last | (street == n + 1)
                {
                    let end = (street + 1..street + 5)
                        .take_while(|at| is_word(*at))
                        .take_while(|at| {
                            *at == street + 1
                                || self.is(*at - 1, Cue::Particle)
                                || self.is_capital(&self.pieces[*at])
                        })
                        .last()
                        .unwrap_or(street + 1);
                    let (from, to) = (self.pieces[n].from, self.pieces[end].to);
                    self.add(from, to, "address", 0.9);
                    continue;
                }
            }
            // "calle Mayor 12", "Rua das Flores, 12"
            if self.is(n, Cue::StreetBefore) {
                let number = (n + 2..=n + 7).find(|at| has_digit(*at));
                let ends_before = number.is_some_and(|number| {
                    (n + 1..number).any(|at| {
                        let piece = &self.pieces[at];
                        let c = self.chars.get(piece.to);
                        piece.is_last && !matches!(c, Some(',' | '.')) || self.is(at, Cue::Unit)
                    })
                });
                let is_unit = number.is_some_and(|number| self.is(number + 1, Cue::Unit));
                if let Some(number) = number
                    && !ends_before
                    && !is_unit
                {
                    let (from, to) = (self.pieces[n].from, self.pieces[number].to);
                    self.add(from, to, "address", 0.9);
                    continue;
                }
            }
            // "Lindenstraße 12", "Lindenstr. 12a"
            let is_german = words::ends_like_a_street(text);
            if is_german && has_digit(n + 1) && !self.is(n + 2, Cue::Unit) {
                let (from, to) = (self.pieces[n].from, self.pieces[n + 1].to);
                self.add(from, to, "address", 0.9);
                continue;
            }
            if self.is_postcode(n) {
                let two = self.text(&self.pieces[n]).len() <= 4;
                let to = self.pieces[if two { n + 1 } else { n }].to;
                let from = self.pieces[n].from;
                self.add(from, to, "address", 0.8);
            }
        }
        let places = if self.has_other_scripts { &words::UNDIVIDED_PLACES[..] } else { &[] };
        for cue in places {
            let cue: Vec<char> = cue.chars().collect();
            if let Some(at) = find(self.chars, &cue, 0)
                && let Some(digit) = self.chars
                    [at.saturating_sub(8)..(at + cue.len() + 8).min(self.chars.len())]
                    .iter()
                    .position(|c| c.is_numeric())
            {
                let from = (at.saturating_sub(8) + digit).min(at);
                self.add(from, at + cue.len(), "address", 0.8);
            }
        }
    }

    /// British, Canadian and Irish codes, in one piece or two: letters and digits in an order that nothing else has.
    fn is_postcode(&self, n: usize) -> bool {
        if !self.text(&self.pieces[n]).first().is_some_and(char::is_ascii_uppercase) {
            return false;
        }
        let shape = |at: usize| -> String {
            self.pieces.get(at).map_or(String::new(), |piece| {
                self.text(piece)
                    .iter()
                    .take(9)
                    .map(|c| match c {
                        '0'..='9' => '9',
                        'A'..='Z' => 'A',
                        _ => 'x',
                    })
                    .collect()
            })
        };
        let first = shape(n);
        if first.len() < 2 || !first.starts_with('A') || !first.contains('9') {
            return false;
        }
        let is_first = |shape: &str| matches!(shape, "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A");
        match first.len() {
            2..=4 => {
                let second = shape(n + 1);
                !self.pieces[n].is_last
                    && (is_first(&first) && second == "9AA" || first == "A9A" && second == "9A9")
            }
            5..=7 => first.ends_with("9AA") && is_first(&first[..first.len() - 3]),
            _ => false,
        }
    }
}

fn find(chars: &[char], what: &[char], from: usize) -> Option<usize> {
    if what.is_empty() || from >= chars.len() {
        return None;
    }
    chars[from..].windows(what.len()).position(|part| part == what).map(|at| at + from)
}

/// Punctuation that stands around a word and is not of it.
fn is_around(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | '!'
            | '?'
            | ';'
            | ':'
            | '"'
            | '\''
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‘'
            | '’'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '…'
            | '。'
            | '、'
            | '「'
            | '」'
            | '！'
            | '？'
            | '।'
            | '*'
            | '~'
            | '-'
            | '–'
            | '—'
            | '='
            | '|'
    )
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff00}'..='\u{ffef}')
}

fn is_of_mail(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%') || (c.is_alphabetic() && !is_cjk(c))
}

fn is_of_account(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Letters with digits or signs that only the name of an account has.
fn is_account_like(text: &[char]) -> bool {
    let n_letters = text.iter().filter(|c| c.is_ascii_alphabetic()).count();
    let n_digits = text.iter().filter(|c| c.is_ascii_digit()).count();
    let has_sign =
        text.iter().enumerate().any(|(at, c)| *c == '_' || *c == '.' && at > 0 && at + 1 < text.len());
    text.len() >= 4
        && n_letters >= 2
        && (n_digits > 0 || has_sign)
        && text.iter().all(|c| is_of_account(*c))
        && text[0].is_ascii_alphanumeric() | (text[0] == '_')
        // "2nd", "10pm", "v1.2", "24h"
        && !(text[0].is_ascii_digit() && n_letters <= 3)
}

fn is_name_like(text: &[char]) -> bool {
    text.len() >= 4
        && text.iter().all(|c| is_of_account(*c))
        && text.iter().filter(|c| c.is_ascii_alphabetic()).count() >= 3
}

#[cfg(test)]
mod tests;
