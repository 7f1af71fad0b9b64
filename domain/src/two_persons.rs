//! The rule that two people decide: what one proposes, another confirms.

use crate::flag::{Flag, Flags};
use crate::post::Decision;

/// What is noticed of an item where a life may be at risk.
pub const RED: [Flag; 2] = [Flag::Crisis, Flag::Danger];

/// Whether `decision`, about an item of which this was noticed, takes two people where the rule holds: to decline what may be a
/// cry for help, and to show again what was hidden.
pub fn needs_second(decision: Decision, flags: Flags) -> bool {
    let is_red = flags.iter().any(|flag| RED.contains(&flag));
    matches!((decision, is_red), (Decision::Decline, true) | (Decision::Restore, _))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_decline_what_is_red_and_show_again_anything() {
        let mut two = Vec::new();
        for decision in Decision::ALL {
            for flag in [Flag::Flood, Flag::Crisis, Flag::Danger] {
                if needs_second(decision, Flags::from_iter([flag])) {
                    two.push((decision, flag));
                }
            }
        }

        assert_eq!(
            two,
            [
                (Decision::Decline, Flag::Crisis),
                (Decision::Decline, Flag::Danger),
                (Decision::Restore, Flag::Flood),
                (Decision::Restore, Flag::Crisis),
                (Decision::Restore, Flag::Danger),
            ]
        );
    }
}
