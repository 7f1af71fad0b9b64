//! Numbers: of phones, cards, papers and accounts, in digits and in words.

use super::words::{Cue, digit_word, hash, is};
use super::{Pieces, find};

/// Digits of a phone number: the shortest that is one of a person, and the longest there is.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Words for digits in a row that are a number to call.
const MIN_SPELLED: usize = 6;

impl Pieces<'_> {
    /// Runs of digits with what may stand between them.
    pub(super) fn find_numbers(&mut self) {
        let mut n = 0;
        while n < self.pieces.len() {
            let piece = self.pieces[n];
            let text = self.text(&piece);
            let is_near_id = self.follows(n, 4, Cue::Id);
            let n_digits = n_digits(text);
            if n_digits == 0 {
                n += 1;
                continue;
            }
            if let Some(length) = self.bank_account(n) {
                let (from, to) = (piece.from, self.pieces[n + length - 1].to);
                self.add(from, to, "id_number", 0.9);
                n += length;
                continue;
            }
            if is_network_address(text) {
                self.add(piece.from, piece.to, "id_number", 0.8);
                n += 1;
                continue;
            }
            // The run: pieces of digits and their signs, not parted by a full stop or a comma.
            let mut to = n;
            let mut total = 0;
            let mut groups = 0;
            while to < self.pieces.len() && is_of_number(self.text(&self.pieces[to])) {
                total += self::n_digits(self.text(&self.pieces[to]));
                groups += 1;
                to += 1;
                let ends = self.pieces[to - 1].is_last
                    && self
                        .chars
                        .get(self.pieces[to - 1].to)
                        .is_some_and(|c| matches!(c, ',' | ';' | '!' | '?'));
                if ends || total > 24 {
                    break;
                }
            }
            if groups == 0 {
                // Letters and digits together: a number of papers when something says so.
                if is_near_id && n_digits >= 3 && text.len() >= 4 && !self.is_measure(n, n + 1) {
                    let mut end = n + 1;
                    while end < self.pieces.len()
                        && end < n + 5
                        && !self.pieces[end - 1].is_last
                        && self.is_code(end)
                    {
                        end += 1;
                    }
                    self.add(piece.from, self.pieces[end - 1].to, "id_number", 0.85);
                } else if let Some((from, length)) = digits_inside(text) {
                    // No space between: "電話は0312345678です", "tel:07700900123".
                    let number: String = text[from..from + length].iter().collect();
                    if !self.known.has_number(&number) && !looks_like_a_date(&text[from..from + length]) {
                        self.add(piece.from + from, piece.from + from + length, "phone", 0.85);
                    }
                }
                n += 1;
                continue;
            }
            let last = self.pieces[to - 1];
            let run = &self.chars[piece.from..last.to];
            // An opening bracket or plus was taken off with the punctuation.
            let from = match piece.from.checked_sub(1).map(|before| self.chars[before]) {
                Some('(' | '+') => piece.from - 1,
                _ => piece.from,
            };
            let number: String = run.iter().collect();
            let is_known = self.known.has_number(&number)
                || (n..to).any(|at| {
                    let part: String = self.text(&self.pieces[at]).iter().collect();
                    groups <= 2 && self.known.has_number(&part)
                });
            let is_measured = self.is_measure(n, to);
            if is_known || is_measured || looks_like_a_date(run) || is_counting(run) {
            } else if is_near_id && total >= 4 && !self.follows(n, 3, Cue::Phone) {
                self.add(from, last.to, "id_number", 0.85);
            } else if is_social_security(run) {
                self.add(from, last.to, "id_number", 0.9);
            } else if (13..=19).contains(&total) && (groups == 1 || groups >= 3) && !number.starts_with('+') {
                self.add(from, last.to, "id_number", 0.85);
            } else if PHONE_DIGITS.contains(&total) && is_phone_like(run, total, groups)
                || (5..7).contains(&total)
                    && groups <= 2
                    && self.follows(n, 3, Cue::Phone)
                    && run.iter().any(|c| matches!(c, '-' | ' '))
            {
                self.add(from, last.to, "phone", 0.9);
            }
            n = to;
        }
    }

    /// Whether the number up to `to` is of something that is measured: "50 mg", "£ 1200".
    fn is_measure(&self, n: usize, to: usize) -> bool {
        let before = self.pieces[n].from.checked_sub(1).map_or(' ', |at| self.chars[at]);
        let after = self.chars.get(self.pieces[to - 1].to).copied().unwrap_or(' ');
        let is_money = |c: char| matches!(c, '$' | '£' | '€' | '¥' | '₹' | '%' | '°' | '#');
        is_money(before) || is_money(after) || self.is(to, Cue::Unit) && !self.pieces[to - 1].is_last
    }

    /// Capitals and digits, or the last letter of a code.
    fn is_code(&self, at: usize) -> bool {
        let text = self.text(&self.pieces[at]);
        text.len() <= 8
            && text.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || *c == '-')
            && !text.is_empty()
            && *text != ['I']
    }

    /// Of how many pieces the account number that begins here is made: two letters, two digits, at least ten more.
    fn bank_account(&self, n: usize) -> Option<usize> {
        let text = self.text(&self.pieces[n]);
        let is_begin = text.len() >= 4
            && text[..2].iter().all(char::is_ascii_uppercase)
            && text[2..4].iter().all(char::is_ascii_digit)
            && text.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if !is_begin {
            return None;
        }
        let mut length = text.len();
        let mut to = n + 1;
        while to < self.pieces.len() && !self.pieces[to - 1].is_last {
            let part = self.text(&self.pieces[to]);
            if part.len() > 4 || !part.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
                break;
            }
            length += part.len();
            to += 1;
        }
        (15..=34).contains(&length).then_some(to - n)
    }

    /// "zero seven seven …", also with digits between.
    pub(super) fn find_spelled_numbers(&mut self) {
        let mut n = 0;
        while n < self.pieces.len() {
            let mut to = n;
            let (mut count, mut n_words) = (0, 0);
            while to < self.pieces.len() {
                let text = self.text(&self.pieces[to]);
                // "one-two", "fivefive"
                let n_here = words_of_digits(text);
                if n_here > 0 {
                    count += n_here;
                    n_words += 1;
                } else if count > 0 && text.iter().all(char::is_ascii_digit) && text.len() <= 3 {
                    count += text.len();
                } else if !(count > 0 && self.is(to, Cue::Double)) {
                    break;
                }
                to += 1;
            }
            if count >= MIN_SPELLED && n_words >= 3 && !is_spelled_counting(self, n, to) {
                let (from, to) = (self.pieces[n].from, self.pieces[to - 1].to);
                self.add(from, to, "phone", 0.85);
            }
            n = to.max(n + 1);
        }
        self.find_signs_for_digits();
    }

    /// Digits drawn as signs: "0️⃣7️⃣".
    fn find_signs_for_digits(&mut self) {
        let keycap = ['\u{fe0f}', '\u{20e3}'];
        let Some(first) = find(self.chars, &keycap, 0) else { return };
        let n = self.chars.iter().filter(|c| **c == '\u{20e3}').count();
        if n >= MIN_SPELLED {
            let last = self.chars.iter().rposition(|c| *c == '\u{20e3}').unwrap_or(first);
            self.add(first.saturating_sub(1), last + 1, "phone", 0.85);
        }
    }

    /// "jo at example dot com", "jo (at) example (dot) com", "jo[at]example.org".
    pub(super) fn find_spelled_addresses(&mut self) {
        for n in 0..self.pieces.len() {
            let piece = self.pieces[n];
            let text = self.text(&piece);
            // In one piece: "bob[at]example[dot]net"
            let has_bracket = text.iter().any(|c| matches!(c, '(' | '[' | '{' | '<'));
            for sign in
                ["(at)", "[at]", "{at}", "<at>", "(arroba)", "(a)"].into_iter().filter(|_| has_bracket)
            {
                let sign: Vec<char> = sign.chars().collect();
                let small: Vec<char> = text.iter().map(char::to_ascii_lowercase).collect();
                if let Some(at) = find(&small, &sign, 0)
                    && at > 0
                    && at + sign.len() < text.len()
                {
                    self.add(piece.from, piece.to, "email", 0.9);
                }
            }
            let is_at = self.is(n, Cue::At) || matches!(text, ['@']);
            if !is_at || n == 0 {
                continue;
            }
            // A domain soon behind it: "example dot com", "example.com", "gmail"
            let mut end = None;
            for at in n + 1..(n + 5).min(self.pieces.len()) {
                let here = self.text(&self.pieces[at]);
                let is_dot = self.is(at, Cue::Dot) && self.is(at + 1, Cue::Domain);
                if is_dot {
                    end = Some(at + 1);
                    if self.is(at + 2, Cue::Dot) && self.is(at + 3, Cue::Domain) {
                        end = Some(at + 3);
                    }
                    break;
                }
                let dot = here.iter().rposition(|c| *c == '.');
                let is_domain = dot.is_some_and(|dot| dot > 1 && is(hash(&here[dot + 1..]), Cue::Domain));
                if at == n + 1
                    && (is_domain
                        || self.is(at, Cue::MailHost)
                            && (text.len() == 1
                                || self.is(at + 1, Cue::Dot)
                                || self.follows(n, 4, Cue::Mail)))
                {
                    end = Some(at);
                    break;
                }
            }
            if let Some(end) = end {
                // "first dot last at …"
                let mut begin = n - 1;
                while begin >= 2 && self.is(begin - 1, Cue::Dot) {
                    begin -= 2;
                }
                let (from, to) = (self.pieces[begin].from, self.pieces[end].to);
                self.add(from, to, "email", 0.9);
            }
        }
        // "my page is quietfox dot net"
        for n in 1..self.pieces.len() {
            if self.is(n, Cue::Dot) && self.is(n + 1, Cue::SureDomain) && !self.is(n - 1, Cue::Common) {
                let (from, to) = (self.pieces[n - 1].from, self.pieces[n + 1].to);
                self.add(from, to, "link", 0.75);
            }
        }
    }
}

fn n_digits(text: &[char]) -> usize {
    text.iter().filter(|c| c.is_ascii_digit() || is_other_digit(**c)).count()
}

/// Digits of other scripts, and wide ones.
fn is_other_digit(c: char) -> bool {
    matches!(c, '٠'..='٩' | '۰'..='۹' | '०'..='९' | '０'..='９')
}

fn is_of_number(text: &[char]) -> bool {
    let is_sign = |c: &char| matches!(c, '+' | '-' | '.' | '/' | '(' | ')' | '–' | '·');
    text.iter().all(|c| c.is_ascii_digit() || is_other_digit(*c) || is_sign(c)) && n_digits(text) > 0
}

/// A number of a phone inside a piece that has letters, too.
fn digits_inside(text: &[char]) -> Option<(usize, usize)> {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() && text[at] != '+' {
            at += 1;
            continue;
        }
        let length =
            text[at..].iter().take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')).count();
        let n = n_digits(&text[at..at + length]);
        let before = at.checked_sub(1).map_or(' ', |before| text[before]);
        let after = text.get(at + length).copied().unwrap_or(' ');
        // Beside Latin letters it is the name of an account, or a measure.
        let is_apart = !before.is_ascii_alphanumeric()
            && !after.is_ascii_alphanumeric()
            && before != '#'
            && before != '_'
            && after != '_';
        if is_apart && (9..=13).contains(&n) {
            return Some((at, length));
        }
        at += length.max(1);
    }
    None
}

/// A day, a time, two years, a score.
fn looks_like_a_date(run: &[char]) -> bool {
    let text: String = run.iter().collect();
    let groups: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let is_year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let is_small = |group: &str| group.len() <= 2;
    match groups.as_slice() {
        [a, b, c] => {
            (is_small(a) && is_small(b) && (is_year(c) || is_small(c)))
                || (is_year(a) && is_small(b) && is_small(c))
        }
        [a, b] => is_year(a) && (is_year(b) || is_small(b)) || is_small(a) && is_year(b),
        // 20240131
        [a] => a.len() == 8 && is_year(&a[..4]) && a[4..6] <= *"12" && a[6..] <= *"31",
        _ => groups.iter().all(|group| is_year(group)),
    }
}

/// "1 2 3 4 5 6 7", "10 9 8 7", a million.
fn is_counting(run: &[char]) -> bool {
    let text: String = run.iter().collect();
    let groups: Vec<i64> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|group| group.parse().ok()).collect();
    let by_one = |step: i64| groups.len() >= 4 && groups.windows(2).all(|two| two[1] - two[0] == step);
    let is_round = groups.len() == 1 && text.trim_end_matches('0').len() <= 2;
    // 1.000.000
    let is_grouped = text.contains('.')
        && !text.contains(['-', ' ', '+', '('])
        && text.split('.').skip(1).all(|group| group.len() == 3)
        && !text.starts_with('0')
        && text.split('.').count() <= 3
        && text.split('.').next().is_some_and(|first| first.len() <= 3);
    by_one(1) || by_one(-1) || is_round || is_grouped
}

fn is_spelled_counting(pieces: &Pieces<'_>, n: usize, to: usize) -> bool {
    let digits: Vec<u8> = (n..to).filter_map(|at| digit_word(pieces.pieces[at].hash)).collect();
    digits.len() >= 4
        && (digits.windows(2).all(|two| two[1] == two[0] + 1)
            || digits.windows(2).all(|two| two[0] == two[1] + 1))
}

fn is_social_security(run: &[char]) -> bool {
    let shape: String = run.iter().map(|c| if c.is_ascii_digit() { '9' } else { *c }).collect();
    matches!(shape.as_str(), "999-99-9999" | "999.999.999-99" | "999 999 999 99")
}

/// Enough digits, and an order of groups that people write: not "3.14159265", not "2 3 1000000".
fn is_phone_like(run: &[char], total: usize, groups: usize) -> bool {
    let text: String = run.iter().collect();
    let n_dots = text.matches('.').count();
    let is_decimal = n_dots == 1 && groups == 1 && !text.contains(['-', '/', '(']);
    let n_slashes = text.matches('/').count();
    let singles = text.split([' ', '-', '.']).filter(|group| group.len() == 1).count();
    let is_list = groups >= 4 && singles > 0 && singles < groups && groups > 6;
    !is_decimal
        && n_slashes <= 1
        && !is_list
        && (total >= 8 || groups > 1 || text.contains('-') || text.starts_with('0') || total == 7)
}

/// Four numbers up to 255, or parts of hexadecimal digits between colons.
fn is_network_address(text: &[char]) -> bool {
    let text: String = text.iter().collect();
    let four: Vec<&str> = text.split('.').collect();
    let is_four = four.len() == 4
        && four.iter().all(|part| part.len() <= 3 && part.parse::<u16>().is_ok_and(|n| n < 256))
        && four.iter().any(|part| part.len() > 1);
    let is_long = text.matches(':').count() >= 4 && text.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
    // 0.7.7.0 is a number to call, spelled out
    is_four || is_long && text.len() > 8
}

/// How many words of digits a piece is made of.
fn words_of_digits(text: &[char]) -> usize {
    if digit_word(hash(text)).is_some() {
        return 1;
    }
    if text.len() < 6 {
        return 0;
    }
    let (mut at, mut n) = (0, 0);
    'next: while at < text.len() {
        if text[at] == '-' {
            at += 1;
            continue;
        }
        for length in 2..=6.min(text.len() - at) {
            if digit_word(hash(&text[at..at + length])).is_some() {
                at += length;
                n += 1;
                continue 'next;
            }
        }
        return 0;
    }
    n
}
