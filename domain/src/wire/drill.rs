//! Fire drills, for the leads and admins of a site.

use serde::{Deserialize, Serialize};

use crate::drill::{Ending, Handling, Urgency};
use crate::limits::{DRILL_ITEMS, DRILL_MINUTES};
use crate::site::LanguageTag;

/// `POST /console/sites/{site}/drills`: puts made-up items into a site's queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDrill {
    /// How many that sound as if a life were at risk.
    pub n_red: usize,
    /// How many of which something else is noticed.
    pub n_amber: usize,
    /// The language of their texts: one of [`Drills::languages`].
    pub lang: LanguageTag,
    /// After so many minutes it is over in any case.
    pub minutes: u32,
}

/// What cannot be taken of a [`NewDrill`]: the field, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct InvalidDrill {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: String,
}

impl NewDrill {
    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// When there are too few or too many, or the time is too short or too long.
    pub fn check(&self) -> Result<(), InvalidDrill> {
        let n_items = self.n_red.saturating_add(self.n_amber);
        if !DRILL_ITEMS.contains(&n_items) {
            let (min, max) = DRILL_ITEMS.into_inner();
            let what = format!("makes {n_items} items with n_amber; expected {min} to {max}");
            return Err(InvalidDrill { field: "n_red", what });
        }
        if !DRILL_MINUTES.contains(&self.minutes) {
            let (min, max) = DRILL_MINUTES.into_inner();
            return Err(InvalidDrill { field: "minutes", what: format!("is not within {min} to {max}") });
        }
        Ok(())
    }
}

/// `GET /console/sites/{site}/drills`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drills {
    /// The last ones, the last first. One without an end is running.
    pub drills: Vec<Drill>,
    /// The languages in which there are texts.
    pub languages: Vec<LanguageTag>,
}

/// A fire drill. Which items are its own, and who did what, it never tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// When its items came.
    pub begun_at: i64,
    /// When it is over in any case.
    pub until: i64,
    /// When it was over; absent while it is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// Why it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// What was done about each.
    pub items: Vec<DrillItem>,
}

/// What was done about a made-up item; the times are milliseconds since the drill began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillItem {
    /// How it looked.
    pub urgency: Urgency,
    /// Any of these would be right.
    pub expected: Vec<Handling>,
    /// When the first moderator began to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_after_ms: Option<i64>,
    /// When it was passed on to a lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_on_after_ms: Option<i64>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_after_ms: Option<i64>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Handling>,
    /// Whether that was right; absent while nothing was done, and where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_right: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_has_some_items_and_an_end() {
        let new = |n_red, n_amber, minutes| {
            let lang = "en".parse().expect("it is a language");
            NewDrill { n_red, n_amber, lang, minutes }.check().map_err(|invalid| invalid.field)
        };

        assert_eq!(new(1, 0, 60), Ok(()));
        assert_eq!(new(5, 5, 5), Ok(()));
        assert_eq!(new(0, 0, 60), Err("n_red"));
        assert_eq!(new(6, 5, 60), Err("n_red"));
        assert_eq!(new(usize::MAX, 1, 60), Err("n_red"));
        assert_eq!(new(1, 1, 4), Err("minutes"));
        assert_eq!(new(1, 1, 241), Err("minutes"));
    }
}
