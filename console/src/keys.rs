//! What keys do on the moderators' page.

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Read the next item.
    Next,
    /// Read the one before.
    Previous,
    /// Publish the item that is read.
    Approve,
    /// Write why not.
    Decline,
    /// Write a private word to the author.
    Say,
    /// Choose the notes under which the item is folded.
    Fold,
    /// Take a part out of the words.
    TakeOut,
    /// Take the last decision back, before it is sent.
    Undo,
    /// Take the item from the colleague who reads it.
    TakeOver,
    /// Give the item to whoever reads it next.
    HandOver,
    /// Pass what is read on to a lead.
    Escalate,
    /// Show what stands around the item, or hide it.
    Thread,
    /// Show words that are hidden because they are hard to read.
    Show,
    /// Choose what is read, to be declined together with others.
    Choose,
    /// Decline what was chosen.
    DeclineChosen,
    /// Type words to look for.
    Find,
    /// Look for new items.
    Reload,
    /// Show what keys do.
    Help,
}

/// One press of a key, as the browser tells it.
#[derive(Clone, Copy, Debug)]
pub struct Press<'a> {
    /// What the key means here and now: `a`, `A`, `?`, `ArrowDown`.
    pub key: &'a str,
    /// Whether Ctrl, Alt or the system's key is held too: then it is the browser's or the reader's own shortcut.
    pub has_modifier: bool,
    /// Whether the key is still held from before.
    pub is_repeat: bool,
    /// Whether it goes into a text or a list of choices.
    pub is_typing: bool,
    /// Whether it happens inside the queue's list, where arrows move.
    pub is_in_list: bool,
}

/// What `press` asks for; `None` when it is not ours.
///
/// A key that is held down moves on, but decides only once: nobody approves five posts by leaning on a key.
#[must_use]
pub fn command(press: Press) -> Option<Command> {
    if press.has_modifier || press.is_typing {
        return None;
    }
    let command = match press.key {
        "j" | "J" => Command::Next,
        "k" | "K" => Command::Previous,
        "ArrowDown" if press.is_in_list => Command::Next,
        "ArrowUp" if press.is_in_list => Command::Previous,
        "a" | "A" => Command::Approve,
        "d" | "D" => Command::Decline,
        "w" | "W" => Command::Say,
        "f" | "F" => Command::Fold,
        "x" | "X" => Command::TakeOut,
        "u" | "U" => Command::Undo,
        "t" | "T" => Command::TakeOver,
        "h" | "H" => Command::HandOver,
        "e" | "E" => Command::Escalate,
        "c" | "C" => Command::Thread,
        "v" | "V" => Command::Show,
        "s" | "S" => Command::Choose,
        "b" | "B" => Command::DeclineChosen,
        "/" => Command::Find,
        "r" | "R" => Command::Reload,
        "?" => Command::Help,
        _ => return None,
    };
    let may_repeat = matches!(command, Command::Next | Command::Previous);
    (may_repeat || !press.is_repeat).then_some(command)
}

/// How long a decision stays on the desk before it is sent: long enough to see that a key was the wrong one.
pub const UNDO_MS: u64 = 10_000;

/// Milliseconds after a decision in which no key decides: the second half of a double press was meant for the item that
/// is gone, not for the one that took its place.
pub const PAUSE_AFTER_DECISION_MS: i64 = 400;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn press(key: &str) -> Press<'_> {
        Press { key, has_modifier: false, is_repeat: false, is_typing: false, is_in_list: false }
    }

    #[test]
    fn letters_do_nothing_while_someone_types() {
        for key in ["j", "k", "a", "d", "w", "f", "x", "u", "t", "h", "e", "c", "v", "s", "b", "/", "r", "?"]
        {
            assert!(command(press(key)).is_some(), "{key}");
            assert_eq!(command(Press { is_typing: true, ..press(key) }), None, "{key}");
        }
    }

    #[test]
    fn the_browsers_own_shortcuts_stay_its_own() {
        assert_eq!(command(Press { has_modifier: true, ..press("a") }), None);
        assert_eq!(command(Press { has_modifier: true, ..press("r") }), None);
    }

    #[test]
    fn a_held_key_moves_and_never_decides() {
        assert_eq!(command(Press { is_repeat: true, ..press("j") }), Some(Command::Next));
        assert_eq!(command(Press { is_repeat: true, ..press("a") }), None);
        assert_eq!(command(Press { is_repeat: true, ..press("d") }), None);
    }

    #[test]
    fn arrows_scroll_unless_the_list_has_the_focus() {
        assert_eq!(command(press("ArrowDown")), None);
        assert_eq!(command(Press { is_in_list: true, ..press("ArrowDown") }), Some(Command::Next));
    }
}
