//! What belongs to an item besides its text: texts that its author replaced, the one that waits, and the private words.

use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::Decision;
use peer_support_domain::redaction;
use peer_support_domain::wire::Word;

use super::{How, NewDecision, Queued, Undecided};

/// What a text beside an item's own is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Its author replaced it, and no moderator has decided since.
    Earlier,
    /// A new text of a published item, for a moderator to decide about.
    Waiting,
    /// A private word of a moderator's.
    ModeratorsWord,
    /// A private word of its author's.
    AuthorsWord,
    /// What a moderator said to whoever reads the item next.
    HandOver,
    /// What its author had written before a moderator took places out of what others read.
    Original,
}

impl Side {
    pub(super) const ALL: [Self; 6] = [
        Self::Earlier,
        Self::Waiting,
        Self::ModeratorsWord,
        Self::AuthorsWord,
        Self::HandOver,
        Self::Original,
    ];
    /// What goes when a moderator has decided: what its author changed.
    pub(super) const CHANGES: [Self; 2] = [Self::Earlier, Self::Waiting];

    /// As it is stored. In SQLite a text that was overwritten is an `x` instead: of the same length, so that it stays where
    /// it is.
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::Earlier => "e",
            Self::Waiting => "w",
            Self::ModeratorsWord => "m",
            Self::AuthorsWord => "a",
            Self::HandOver => "h",
            Self::Original => "o",
        }
    }

    pub(super) fn of_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.letter() == letter)
    }
}

/// One of them, as it is stored.
pub(super) struct SideText {
    pub(super) side: Side,
    pub(super) notes: ContentNotes,
    pub(super) text: String,
    pub(super) created_at: i64,
}

/// All of an item's.
#[derive(Clone, Debug, Default)]
pub(super) struct SideTexts {
    /// The oldest first.
    pub(super) earlier: Vec<String>,
    /// The new text and its notes.
    pub(super) waiting: Option<(String, ContentNotes)>,
    /// The oldest first.
    pub(super) words: Vec<Word>,
    /// What its author had written before a moderator took places out.
    pub(super) original: Option<String>,
}

impl SideTexts {
    /// The last word, when it is of this side and says just this: the same request, sent again.
    pub(super) fn said_before(&self, is_moderators: bool, text: &str) -> Option<&Word> {
        self.words.last().filter(|word| word.is_moderators == is_moderators && word.text == text)
    }

    /// Whether the moderator read what `new` decides about: the text that waits when it `is_about_new_text`, else that of the
    /// item, or whichever the queue gave. What waits beside a published text is approved only by who names it.
    pub(super) fn were_read(&self, new: &NewDecision, text: Option<&str>, is_about_new_text: bool) -> bool {
        let waiting = self.waiting.as_ref().map(|(text, _)| text.as_str());
        match new.read_text.as_deref() {
            None => !is_about_new_text || new.decision != Decision::Approve,
            Some(read) if is_about_new_text => waiting == Some(read),
            // What is taken back need not be read again: else its author could keep it there by changing it.
            Some(_) if new.decision == Decision::Hide => true,
            Some(read) => [text, waiting].contains(&Some(read)),
        }
    }

    /// What is published by a decision: what was read, without what the moderator took out, and the notes. `None` when nothing
    /// changes but the state.
    ///
    /// # Errors
    ///
    /// [`Undecided::TextChanged`] when places are to be taken out of another text than the one that is published.
    pub(super) fn edited(
        new: &NewDecision,
        text: &str,
        notes: ContentNotes,
        lang: Option<&str>,
    ) -> Result<Option<(String, ContentNotes)>, Undecided> {
        let How { notes: chosen, taken_out, .. } = &new.how;
        if taken_out.is_empty() {
            return Ok(chosen.filter(|chosen| *chosen != notes).map(|chosen| (text.to_owned(), chosen)));
        }
        if new.read_text.as_deref() != Some(text) {
            return Err(Undecided::TextChanged);
        }
        let left = redaction::without(text, taken_out, redaction::mark(lang));
        Ok(Some((left.map_err(|_| Undecided::TextChanged)?, chosen.unwrap_or(notes))))
    }

    /// Puts what belongs to an item beside it, for moderators.
    pub(super) fn put_beside(self, queued: &mut Queued) {
        if let Some((text, notes)) = self.waiting {
            queued.published_text = Some(std::mem::replace(&mut queued.text, text));
            queued.notes = notes;
        }
        queued.earlier_texts = self.earlier;
        queued.words = self.words;
    }

    /// How many words this side has said.
    pub(super) fn n_words(&self, is_moderators: bool) -> usize {
        self.words.iter().filter(|word| word.is_moderators == is_moderators).count()
    }
}

/// From the oldest to the newest.
impl FromIterator<SideText> for SideTexts {
    fn from_iter<I: IntoIterator<Item = SideText>>(texts: I) -> Self {
        let mut all = Self::default();
        for SideText { side, notes, text, created_at } in texts {
            match side {
                Side::Earlier => all.earlier.push(text),
                Side::Waiting => all.waiting = Some((text, notes)),
                Side::ModeratorsWord => all.words.push(Word { is_moderators: true, text, created_at }),
                Side::AuthorsWord => all.words.push(Word { is_moderators: false, text, created_at }),
                // Read together with who said it to whom.
                Side::HandOver => {}
                Side::Original => all.original = Some(text),
            }
        }
        all
    }
}
