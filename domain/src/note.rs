//! Content notes: what a text is about that some would rather not meet unprepared. Its author chooses them.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::post::names;

/// One thing that a text is about. A noted text is folded until a reader chooses to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentNote {
    /// Thoughts of suicide, or a death by it.
    Suicide,
    /// Hurting oneself.
    SelfHarm,
    /// Violence or control by somebody close, or in childhood.
    Abuse,
    /// Sexual violence.
    SexualViolence,
    /// Eating, weight, the body.
    Eating,
    /// Alcohol and other drugs.
    Substances,
    /// Somebody's death.
    Death,
}

names!(
    ContentNote, InvalidContentNote,
    "is not a content note; expected suicide, self-harm, abuse, sexual-violence, eating, substances or death", {
    Suicide => "suicide",
    SelfHarm => "self-harm",
    Abuse => "abuse",
    SexualViolence => "sexual-violence",
    Eating => "eating",
    Substances => "substances",
    Death => "death",
});

/// The notes of one text, each once; a list of names in JSON, a bit each in storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ContentNotes(u8);

impl ContentNotes {
    /// The notes whose bits are set, the first of [`ContentNote::ALL`] being the lowest; `None` when another bit is set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits >> ContentNote::ALL.len() == 0 { Some(Self(bits)) } else { None }
    }

    /// A bit for each note, for storage.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Whether `note` is one of them.
    #[must_use]
    pub const fn contains(self, note: ContentNote) -> bool {
        self.0 >> note as u8 & 1 == 1
    }

    /// These, with `note` among them or not.
    #[must_use]
    pub const fn with(self, note: ContentNote, is_noted: bool) -> Self {
        let bit = 1 << note as u8;
        Self(if is_noted { self.0 | bit } else { self.0 & !bit })
    }

    /// The notes, in the order of [`ContentNote::ALL`].
    pub fn iter(self) -> impl Iterator<Item = ContentNote> {
        ContentNote::ALL.into_iter().filter(move |&note| self.contains(note))
    }
}

impl FromIterator<ContentNote> for ContentNotes {
    fn from_iter<I: IntoIterator<Item = ContentNote>>(notes: I) -> Self {
        notes.into_iter().fold(Self::default(), |notes, note| notes.with(note, true))
    }
}

impl Serialize for ContentNotes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for ContentNotes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> serde::de::Visitor<'de> for List {
            type Value = ContentNotes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of content notes")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<ContentNotes, A::Error> {
                let mut notes = ContentNotes::default();
                while let Some(note) = list.next_element()? {
                    if notes.contains(note) {
                        return Err(A::Error::custom("names a content note twice"));
                    }
                    notes = notes.with(note, true);
                }
                Ok(notes)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_read_back_as_written() {
        for bits in 0..128 {
            let notes = ContentNotes::from_bits(bits).unwrap();
            let json = serde_json::to_string(&notes).unwrap();

            assert_eq!(serde_json::from_str::<ContentNotes>(&json).unwrap(), notes, "{json}");
            assert_eq!(notes.iter().collect::<ContentNotes>(), notes);
        }
        assert_eq!(ContentNotes::from_bits(128), None);
    }

    #[test]
    fn a_note_that_there_is_not_and_one_named_twice_are_refused() {
        for json in [r#"["spoiler"]"#, r#"["death","death"]"#, r#""death""#, "[3]"] {
            assert!(serde_json::from_str::<ContentNotes>(json).is_err(), "{json}");
        }
    }
}
