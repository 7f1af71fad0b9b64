//! Sites: who runs a space, and what it is about.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::string_serde;
use crate::limits::SLUG_CHARS;
use crate::post::names;

/// A text that is no id of a site or topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an id: expected {} to {} characters of a-z, 0-9 and inner hyphens", SLUG_CHARS.start(), SLUG_CHARS.end())]
pub struct InvalidSlug;

fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    SLUG_CHARS.contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidSlug;

            fn from_str(text: &str) -> Result<Self, InvalidSlug> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(InvalidSlug) }
            }
        }

        string_serde!($name);
    };
}

slug!(
    /// A site, as its owner names it in the snippet: `demo`.
    SiteId
);

slug!(
    /// A topic of a site: `low-mood`. Its label is the site's or, for common topics, in `locales/`.
    TopicId
);

/// What visitors may write on a site, as its owner chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SiteMode {
    /// Posts and replies.
    #[default]
    Open,
    /// Replies to what the site's owner wrote, and nothing else.
    Limited,
    /// Nothing; reading and voting stay.
    ReadOnly,
}

names!(SiteMode, InvalidSiteMode, "is not a mode; expected open, limited or read-only", {
    Open => "open",
    Limited => "limited",
    ReadOnly => "read-only",
});

impl SiteMode {
    /// Whether visitors may write posts.
    #[must_use]
    pub const fn takes_posts(self) -> bool {
        matches!(self, Self::Open)
    }

    /// Whether visitors may answer a post, which the site's owner wrote or did not.
    #[must_use]
    pub const fn takes_replies(self, is_owners: bool) -> bool {
        match self {
            Self::Open => true,
            Self::Limited => is_owners,
            Self::ReadOnly => false,
        }
    }
}

/// A BCP 47 language tag, checked for its form only: `en`, `pt-BR`, `zh-Hant`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LanguageTag(String);

/// A text that is no language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a language tag such as en or pt-BR (at most {MAX_TAG_CHARS} characters)")]
pub struct InvalidLanguageTag;

/// Characters of a tag: language, script, region and a variant, as RFC 5646 §4.4.1 advises.
const MAX_TAG_CHARS: usize = 35;

impl LanguageTag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LanguageTag {
    type Err = InvalidLanguageTag;

    fn from_str(text: &str) -> Result<Self, InvalidLanguageTag> {
        let is_subtag =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let language = text.split('-').next().unwrap_or_default();
        let is_language =
            (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
        if is_language && text.len() <= MAX_TAG_CHARS && text.split('-').all(is_subtag) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLanguageTag)
        }
    }
}

string_serde!(LanguageTag);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        assert!("demo".parse::<SiteId>().is_ok());
        assert!("low-mood".parse::<TopicId>().is_ok());
        for bad in ["", "-a", "a-", "A", "a b", "ä", "../x", &"a".repeat(41)] {
            assert_eq!(bad.parse::<SiteId>(), Err(InvalidSlug), "{bad:?}");
        }
    }

    #[test]
    fn a_mode_says_what_visitors_may_write() {
        let may = |mode: SiteMode| (mode.takes_posts(), mode.takes_replies(true), mode.takes_replies(false));

        assert_eq!(may(SiteMode::Open), (true, true, true));
        assert_eq!(may(SiteMode::Limited), (false, true, false));
        assert_eq!(may(SiteMode::ReadOnly), (false, false, false));
    }

    #[test]
    fn language_tags_have_the_form_of_bcp_47() {
        for good in ["en", "pt-BR", "zh-Hant-TW", "es-419"] {
            assert!(good.parse::<LanguageTag>().is_ok(), "{good}");
        }
        for bad in ["", "e", "en_GB", "en-", "-en", "12", "en-toolongpart", "<b>"] {
            assert!(bad.parse::<LanguageTag>().is_err(), "{bad}");
        }
    }
}
