//! The moderator's desk: the items that wait, and the one that is being read.
//!
//! What is read never changes under the reader's hands. A reload in the background may say that it left the queue or was
//! rewritten, but only the moderator moves on: else a key meant for one item would decide about another.

use peer_support_domain::cursor::Cursor;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, State};
use peer_support_domain::wire::{Claim, Page, QueueItem, Word};

/// Whether what is read is still what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits.
    Waits,
    /// It waits, and its author changed the text while it was read.
    Rewritten,
    /// It waits no more: someone else decided, or its author took it back.
    Left,
}

/// The item that is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// It, as last heard of.
    pub item: QueueItem,
    /// Whether it still waits.
    pub standing: Standing,
    /// Where it stands in the list, or stood when it left.
    place: usize,
}

/// The queue as one moderator sees it.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// In the server's order.
    waiting: Vec<QueueItem>,
    next: Option<Cursor>,
    n_pages: usize,
    reading: Option<Reading>,
    /// Decided here. A list that was asked for before the decision still has them.
    decided: Vec<Decided>,
}

/// What a moderator decided at this desk.
#[derive(Clone, Copy, Debug)]
struct Decided {
    id: ItemId,
    /// Where it stood in the list.
    place: usize,
    /// Whether the server knows.
    has_arrived: bool,
}

/// What can be answered to an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What lets it be read.
    pub yes: Option<Decision>,
    /// What does not, and needs a reason.
    pub no: Option<Decision>,
}

impl Answers {
    const fn of(yes: Option<Decision>, no: Option<Decision>) -> Self {
        Self { yes, no }
    }

    /// Whether there is nothing to decide about.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.yes.is_none() && self.no.is_none()
    }
}

/// The answers to an item: both while it waits for a decision, one of them when it was found; none while it waits for a second
/// person to confirm what was proposed.
#[must_use]
pub fn answers(item: &QueueItem) -> Answers {
    if item.proposal.is_some() {
        return Answers::default();
    }
    let has_new_text = item.published_text.is_some();
    if item.objection.is_some() && !has_new_text {
        return match item.state {
            State::Declined => Answers::of(Some(Decision::Approve), Some(Decision::Decline)),
            State::Hidden => Answers::of(Some(Decision::Restore), Some(Decision::Hide)),
            State::Published => Answers::of(Some(Decision::Restore), Some(Decision::Approve)),
            State::Held | State::Deleted => Answers::default(),
        };
    }
    match item.state {
        State::Held => Answers::of(Some(Decision::Approve), Some(Decision::Decline)),
        State::Published if has_new_text => Answers::of(Some(Decision::Approve), Some(Decision::Decline)),
        State::Published if !item.flags.is_empty() => {
            Answers::of(Some(Decision::Approve), Some(Decision::Hide))
        }
        State::Published => Answers::of(None, Some(Decision::Hide)),
        State::Hidden if !item.reports.is_empty() => {
            Answers::of(Some(Decision::Restore), Some(Decision::Hide))
        }
        State::Hidden => Answers::of(Some(Decision::Restore), None),
        State::Declined | State::Deleted => Answers::default(),
    }
}

/// Whether a life may be at risk, by the words of it or by those of a reader.
#[must_use]
pub fn is_at_risk(item: &QueueItem) -> bool {
    item.flags.iter().any(|flag| matches!(flag, Flag::Crisis | Flag::Danger))
}

/// Whether it may be declined together with others: it is held, sells something or repeats others, and nothing about it asks
/// for a closer look.
#[must_use]
pub fn is_only_spam(item: &QueueItem) -> bool {
    let flags: Flags = item.flags.iter().copied().collect();
    item.state == State::Held
        && flags.is_only_spam()
        && item.reports.is_empty()
        && item.escalation.is_none()
        && item.words.is_empty()
        && item.found.iter().all(|found| found.flag != Flag::Crisis)
        && !is_theirs(item)
}

/// Whether a colleague reads it at the moment.
#[must_use]
pub fn is_theirs(item: &QueueItem) -> bool {
    item.claim.as_ref().is_some_and(|claim| !claim.is_yours)
}

/// Whether hiding is a third answer: readers reported what others read, while a new text of it waits for the other two.
#[must_use]
pub fn may_hide_besides(item: &QueueItem) -> bool {
    item.published_text.is_some() && !item.reports.is_empty()
}

impl Desk {
    /// What waits, oldest first, as far as it was asked for.
    #[must_use]
    pub fn waiting(&self) -> &[QueueItem] {
        &self.waiting
    }

    /// Where more items begin; `None` when all are here.
    #[must_use]
    pub fn next(&self) -> Option<Cursor> {
        self.next
    }

    /// How many pages were asked for: a reload asks for as many. At least one.
    #[must_use]
    pub fn n_pages(&self) -> usize {
        self.n_pages.max(1)
    }

    /// What is being read.
    #[must_use]
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// Takes everything off the desk, because something else is listed from now on. What was decided here stays so.
    pub fn empty(&mut self) {
        self.waiting.clear();
        self.next = None;
        self.n_pages = 0;
        self.reading = None;
    }

    /// Takes the whole list anew, from its beginning. The oldest that no colleague reads is read when nothing was.
    pub fn refill(&mut self, pages: Vec<Page<QueueItem>>) {
        self.waiting.clear();
        self.next = None;
        self.n_pages = 0;
        for page in pages {
            self.add(page);
        }
        let Some(reading) = &mut self.reading else {
            return self.read_free_at(0);
        };
        let Some(place) = self.waiting.iter().position(|item| item.id == reading.item.id) else {
            reading.standing = Standing::Left;
            return;
        };
        let item = &self.waiting[place];
        let is_rewritten =
            (&item.text, &item.published_text) != (&reading.item.text, &reading.item.published_text);
        reading.standing = match reading.standing {
            _ if is_rewritten => Standing::Rewritten,
            Standing::Left => Standing::Waits,
            standing => standing,
        };
        reading.place = place;
        // What the author said meanwhile comes below what was said before, and changes nothing above.
        reading.item = item.clone();
    }

    /// Adds the page behind the last one.
    pub fn add(&mut self, page: Page<QueueItem>) {
        self.n_pages += 1;
        self.next = page.next;
        let new =
            page.items.into_iter().filter(|item| self.decided.iter().all(|decided| decided.id != item.id));
        self.waiting.extend(new);
    }

    /// Reads this item, if it waits.
    pub fn read(&mut self, id: ItemId) {
        if let Some(place) = self.waiting.iter().position(|item| item.id == id) {
            self.read_at(place);
        }
    }

    /// Reads the item after the one that is read; the last one stays.
    pub fn read_next(&mut self) {
        let place = match &self.reading {
            None => 0,
            Some(reading) if reading.standing == Standing::Left => reading.place,
            Some(reading) => reading.place + 1,
        };
        self.read_at(place);
    }

    /// Reads the item before the one that is read; the first one stays.
    pub fn read_previous(&mut self) {
        let place = match &self.reading {
            None => 0,
            Some(reading) => reading.place.saturating_sub(1),
        };
        self.read_at(place);
    }

    /// Takes what is read off the desk, because it is decided, and reads what took its place.
    ///
    /// `None`, and nothing changed, when there is nothing to decide about.
    pub fn take_reading(&mut self) -> Option<QueueItem> {
        let reading = self.reading.as_ref().filter(|reading| reading.standing != Standing::Left)?;
        let place = reading.place;
        let item = self.waiting.remove(place);
        self.decided.push(Decided { id: item.id, place, has_arrived: false });
        self.read_free_at(place);
        Some(item)
    }

    /// Takes several items off the desk, because they are decided, in the order of the list. Reads what took the place of the one
    /// that was read, when it is among them.
    pub fn take(&mut self, ids: &[ItemId]) -> Vec<QueueItem> {
        let mut taken = Vec::new();
        let mut place = 0;
        self.waiting.retain(|item| {
            let is_taken = ids.contains(&item.id);
            if is_taken {
                taken.push((place, item.clone()));
            }
            place += 1;
            !is_taken
        });
        if let Some(reading) = &mut self.reading {
            reading.place -= taken.iter().filter(|(place, _)| *place < reading.place).count();
        }
        let read = self.reading.as_ref().map(|reading| (reading.item.id, reading.place));
        let decided =
            taken.iter().map(|(place, item)| Decided { id: item.id, place: *place, has_arrived: false });
        self.decided.extend(decided);
        if let Some((id, place)) = read
            && ids.contains(&id)
        {
            self.read_free_at(place);
        }
        taken.into_iter().map(|(_, item)| item).collect()
    }

    /// Reads the next item that no colleague reads: what is read was handed over.
    pub fn read_next_free(&mut self) {
        let place = self.reading.as_ref().map_or(0, |reading| reading.place + 1);
        self.read_free_at(if place < self.waiting.len() { place } else { 0 });
    }

    /// Who reads the item `id`, as heard just now.
    pub fn claimed(&mut self, id: ItemId, claim: Option<&Claim>) {
        let reading = self.reading.as_mut().map(|reading| &mut reading.item);
        for item in self.waiting.iter_mut().chain(reading).filter(|item| item.id == id) {
            item.claim = claim.cloned();
        }
    }

    /// Adds what was said about the item `id`, by this moderator or by another. Their word answers the author's: what waited
    /// for nothing else will have left the list when it comes anew.
    pub fn hear(&mut self, id: ItemId, word: &Word) {
        let reading = self.reading.as_mut().map(|reading| &mut reading.item);
        for item in self.waiting.iter_mut().chain(reading).filter(|item| item.id == id) {
            if !item.words.contains(word) {
                item.words.push(word.clone());
            }
        }
    }

    /// Puts back what [`Desk::take_reading`] took: the decision did not reach the server.
    ///
    /// What is read meanwhile stays so.
    pub fn put_back(&mut self, item: QueueItem) {
        let decided = self.decided.iter().find(|decided| decided.id == item.id);
        let was_at = decided.map_or(0, |decided| decided.place);
        self.decided.retain(|decided| decided.id != item.id);
        if self.waiting.iter().all(|other| other.id != item.id) {
            let place = was_at.min(self.waiting.len());
            self.waiting.insert(place, item);
            if let Some(reading) = &mut self.reading
                && reading.place >= place
            {
                reading.place += 1;
            }
        }
        if self.reading.is_none() {
            self.read_free_at(0);
        }
    }

    /// The server knows of the decision about the item `id`.
    pub fn arrived(&mut self, id: ItemId) {
        for decided in self.decided.iter_mut().filter(|decided| decided.id == id) {
            decided.has_arrived = true;
        }
    }

    /// The list is being asked for. What it has of items whose decision the server knows by now waits anew: its author changed
    /// the text once more, or wrote a word.
    pub fn ask(&mut self) {
        self.decided.retain(|decided| !decided.has_arrived);
    }

    /// Reads the first item from `place` on that no colleague reads, else the first of all, else the one at `place`.
    fn read_free_at(&mut self, place: usize) {
        let free = |items: &[QueueItem]| items.iter().position(|item| !is_theirs(item));
        let behind = self.waiting.get(place..).and_then(free).map(|n| place + n);
        self.read_at(behind.or_else(|| free(&self.waiting)).unwrap_or(place));
    }

    /// Reads the item at `place`, the last one when that is beyond the end, none when nothing waits.
    fn read_at(&mut self, place: usize) {
        let place = place.min(self.waiting.len().saturating_sub(1));
        let item = self.waiting.get(place);
        self.reading = item.map(|item| Reading { item: item.clone(), standing: Standing::Waits, place });
    }
}

/// The beginning of `text` in one line, for a list: at most `n_chars` characters, cut between words where it can be.
#[must_use]
pub fn excerpt(text: &str, n_chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(n_chars) else {
        return line;
    };
    let cut = line[..end].rfind(' ').filter(|&space| space > end / 2).unwrap_or(end);
    format!("{}…", &line[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;
    use peer_support_domain::flag::Flag;
    use peer_support_domain::note::ContentNotes;
    use peer_support_domain::report::ReportReason;
    use peer_support_domain::wire::{Found, ReportCount};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn item(n: u64) -> QueueItem {
        QueueItem {
            id: ItemId::from_bits(n),
            site: "demo".parse().unwrap(),
            kind: None,
            topic: "low-mood".parse().unwrap(),
            text: format!("item {n}"),
            lang: None,
            notes: ContentNotes::default(),
            in_reply_to: None,
            created_at: i64::try_from(n).unwrap(),
            waits_since: Some(0),
            decision_expected_at: Some(0),
            state: State::Held,
            published_text: None,
            earlier_texts: Vec::new(),
            flags: Vec::new(),
            reports: Vec::new(),
            found: Vec::new(),
            escalation: None,
            proposal: None,
            words: Vec::new(),
            claim: None,
            hand_overs: Vec::new(),
            objection: None,
            n_decisions: 0,
        }
    }

    fn sams() -> Claim {
        Claim { name: "Sam".into(), is_yours: false, until: 1 }
    }

    fn page(ns: impl IntoIterator<Item = u64>) -> Page<QueueItem> {
        Page { items: ns.into_iter().map(item).collect(), next: None }
    }

    fn desk(ns: impl IntoIterator<Item = u64>) -> Desk {
        let mut desk = Desk::default();
        desk.refill(vec![page(ns)]);
        desk
    }

    fn waiting(desk: &Desk) -> Vec<u64> {
        desk.waiting().iter().map(|item| item.id.bits()).collect()
    }

    fn read(desk: &Desk) -> Option<u64> {
        desk.reading().map(|reading| reading.item.id.bits())
    }

    #[test]
    fn the_oldest_is_read_first() {
        assert_eq!(read(&desk([1, 2, 3])), Some(1));
        assert_eq!(read(&desk([])), None);
    }

    #[test]
    fn moving_stops_at_both_ends() {
        let mut desk = desk([1, 2]);

        desk.read_previous();
        assert_eq!(read(&desk), Some(1));
        desk.read_next();
        desk.read_next();
        assert_eq!(read(&desk), Some(2));
    }

    #[test]
    fn what_is_decided_gives_way_to_the_one_behind_it() {
        let mut desk = desk([1, 2, 3]);
        desk.read_next();

        let taken = desk.take_reading().unwrap();

        assert_eq!(taken.id.bits(), 2);
        assert_eq!(waiting(&desk), [1, 3]);
        assert_eq!(read(&desk), Some(3));
    }

    #[test]
    fn the_last_decision_leaves_an_empty_desk() {
        let mut desk = desk([1]);

        assert!(desk.take_reading().is_some());

        assert_eq!(read(&desk), None);
        assert!(desk.take_reading().is_none());
    }

    #[test]
    fn what_a_colleague_reads_is_passed_over_and_still_can_be_opened() {
        let mut taken = page([1, 2, 3, 4]);
        for n in [0, 2] {
            taken.items[n].claim = Some(sams());
        }
        let mut desk = Desk::default();
        desk.refill(vec![taken]);
        assert_eq!(read(&desk), Some(2));

        desk.take_reading();
        assert_eq!(read(&desk), Some(4), "not 3, which Sam reads");
        desk.take_reading();
        assert_eq!(read(&desk), Some(3), "nothing is free");
        assert!(is_theirs(&desk.reading().unwrap().item));
        desk.claimed(ItemId::from_bits(3), None);
        assert!(!is_theirs(&desk.reading().unwrap().item));
    }

    #[test]
    fn what_is_handed_over_gives_way_to_the_next_and_stays_in_the_list() {
        let mut desk = desk([1, 2]);

        desk.read_next_free();
        assert_eq!((read(&desk), waiting(&desk)), (Some(2), vec![1, 2]));
        desk.read_next_free();
        assert_eq!(read(&desk), Some(1), "from the end on from the beginning");
    }

    #[test]
    fn a_list_asked_for_before_the_decision_does_not_bring_it_back() {
        let mut desk = desk([1, 2]);
        desk.take_reading();

        desk.refill(vec![page([1, 2, 3])]);

        assert_eq!(waiting(&desk), [2, 3]);
    }

    #[test]
    fn a_decision_that_did_not_arrive_puts_the_item_back_in_its_place() {
        let mut desk = desk([1, 2, 3]);
        desk.read_next();
        let taken = desk.take_reading().unwrap();

        desk.put_back(taken);

        assert_eq!(waiting(&desk), [1, 2, 3]);
        assert_eq!(read(&desk), Some(3), "what is read meanwhile stays");
    }

    #[test]
    fn what_is_put_back_on_an_empty_desk_is_read() {
        let mut desk = desk([1]);
        let taken = desk.take_reading().unwrap();

        desk.put_back(taken);

        assert_eq!(read(&desk), Some(1));
    }

    #[test]
    fn a_reload_never_changes_what_is_read() {
        let mut desk = desk([1, 2, 3]);
        desk.read_next();

        desk.refill(vec![page([1, 3])]);

        assert_eq!(read(&desk), Some(2));
        assert_eq!(desk.reading().unwrap().standing, Standing::Left);
        assert!(desk.take_reading().is_none(), "nobody decides about what left");
        desk.read_next();
        assert_eq!(read(&desk), Some(3));
    }

    #[test]
    fn before_what_left_is_its_neighbour() {
        let mut desk = desk([1, 2, 3]);
        desk.read_next();
        desk.refill(vec![page([1, 3])]);

        desk.read_previous();

        assert_eq!(read(&desk), Some(1));
    }

    #[test]
    fn a_text_that_its_author_changed_is_read_anew() {
        let mut desk = desk([1]);
        let mut changed = page([1]);
        changed.items[0].text = "changed".into();

        desk.refill(vec![changed.clone()]);
        desk.refill(vec![changed]);

        let reading = desk.reading().unwrap();
        assert_eq!(reading.item.text, "changed");
        assert_eq!(reading.standing, Standing::Rewritten, "the note stays until the moderator moves on");
    }

    #[test]
    fn a_reload_asks_for_as_many_pages_as_were_shown() {
        let mut desk = desk([1]);
        assert_eq!(desk.n_pages(), 1);

        desk.add(page([2]));

        assert_eq!(desk.n_pages(), 2);
        assert_eq!(waiting(&desk), [1, 2]);
    }

    #[test]
    fn several_are_taken_off_and_put_back_where_they_were() {
        let mut desk = desk(1..=6);
        desk.read(ItemId::from_bits(4));

        let taken = desk.take(&[5, 2, 1].map(ItemId::from_bits));

        assert_eq!(taken.iter().map(|item| item.id.bits()).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!((waiting(&desk), read(&desk)), (vec![3, 4, 6], Some(4)));
        desk.read_next();
        assert_eq!(read(&desk), Some(6), "what is read kept its place");
        for item in taken {
            desk.put_back(item);
        }
        assert_eq!(waiting(&desk), [1, 2, 3, 4, 5, 6]);
        desk.read(ItemId::from_bits(3));
        desk.take(&[3, 4].map(ItemId::from_bits));
        assert_eq!(read(&desk), Some(5), "what took the place of the one that was read");
    }

    #[test]
    fn only_spam_is_chosen_together() {
        let spam = QueueItem { flags: vec![Flag::Solicitation], ..item(1) };
        let crisis = Found { flag: Flag::Crisis, percent: 80, places: Vec::new() };

        assert!(is_only_spam(&spam));
        assert!(!is_only_spam(&item(2)));
        assert!(!is_only_spam(&QueueItem { flags: vec![Flag::Solicitation, Flag::Hostile], ..spam.clone() }));
        assert!(!is_only_spam(&QueueItem { found: vec![crisis], ..spam.clone() }));
        assert!(!is_only_spam(&QueueItem { claim: Some(sams()), ..spam.clone() }));
        assert!(!is_only_spam(&QueueItem { state: State::Published, ..spam }));
    }

    #[test]
    fn the_answers_follow_from_where_an_item_stands() {
        let held = item(1);
        let published = QueueItem { state: State::Published, ..item(2) };
        let reported = QueueItem {
            flags: vec![Flag::Reported],
            reports: vec![ReportCount { reason: ReportReason::Unkind, n: 1 }],
            ..published.clone()
        };
        let changed = QueueItem { published_text: Some("before".into()), ..reported.clone() };
        let hidden = QueueItem { state: State::Hidden, ..reported.clone() };

        let found_hidden = QueueItem { state: State::Hidden, ..item(3) };
        let declined = QueueItem { state: State::Declined, ..item(4) };
        let both = |yes, no| Answers::of(Some(yes), Some(no));

        assert_eq!(answers(&held), both(Decision::Approve, Decision::Decline));
        assert_eq!(answers(&published), Answers::of(None, Some(Decision::Hide)), "nobody reported it");
        assert_eq!(answers(&reported), both(Decision::Approve, Decision::Hide));
        assert_eq!(answers(&changed), both(Decision::Approve, Decision::Decline));
        assert_eq!(answers(&hidden), both(Decision::Restore, Decision::Hide));
        assert_eq!(answers(&found_hidden), Answers::of(Some(Decision::Restore), None));
        assert!(answers(&declined).is_none(), "no arrow leads on from here");
        assert!(may_hide_besides(&changed) && !may_hide_besides(&reported));
    }

    #[test]
    fn what_waits_again_after_its_decision_comes_back() {
        let mut desk = desk([1, 2]);
        let taken = desk.take_reading().unwrap();
        desk.refill(vec![page([1, 2])]);
        assert_eq!(waiting(&desk), [2], "that list was asked for before");

        desk.arrived(taken.id);
        desk.ask();
        desk.refill(vec![page([1, 2])]);

        assert_eq!(waiting(&desk), [1, 2]);
        assert_eq!(read(&desk), Some(2));
    }

    #[test]
    fn a_word_comes_below_the_others_and_is_no_other_text() {
        let mut desk = desk([1]);
        let word = Word { is_moderators: false, text: "A word".into(), created_at: 1 };
        desk.hear(ItemId::from_bits(1), &word);
        desk.hear(ItemId::from_bits(1), &word);
        let mut answered = page([1]);
        answered.items[0].words = vec![word.clone(), Word { text: "Another".into(), ..word.clone() }];

        assert_eq!(desk.reading().unwrap().item.words, [word]);
        desk.refill(vec![answered]);

        let reading = desk.reading().unwrap();
        assert_eq!((reading.item.words.len(), reading.standing), (2, Standing::Waits));
    }

    #[test]
    fn an_excerpt_is_one_line_cut_between_words() {
        assert_eq!(excerpt("one\n two", 20), "one two");
        assert_eq!(excerpt("one two three", 9), "one two…");
        assert_eq!(excerpt("ääääääääää", 4), "ääää…");
        assert_eq!(excerpt("", 4), "");
    }
}
