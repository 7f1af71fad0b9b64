//! What a visitor asked this device to remember: the tab's key, and the codes of what they wrote. Off at first; nothing is
//! kept before they ask, and one tap takes all of it away.
//!
//! The device's own storage is the only truth: another tab may have changed it. It holds a line with the key, and then a
//! line for each code.

use peer_support_domain::recovery::RecoveryCode;
use web_sys::Event;

use crate::browser;
use crate::dom::listen;
use crate::identity::TabKey;
use crate::session::Session;

/// Told at the panel's root when what is kept changes: the panel and the peer space are two modules.
const CHANGED: &str = "peer-support-kept";
/// Codes that are kept at most, the newest.
const MOST_CODES: usize = 200;

/// The key that this device remembers.
pub fn key() -> Option<TabKey> {
    TabKey::from_text(browser::kept()?.lines().next()?)
}

/// Whether this device remembers anything.
pub fn is_anything() -> bool {
    browser::kept().is_some()
}

impl Session {
    /// Follows what is kept from now on.
    pub fn follow_kept(self) {
        if let Some(root) = self.root() {
            listen(&root, CHANGED, Box::new(move |_| self.see_kept()));
        }
    }

    fn see_kept(self) {
        if self.is_there() {
            let is_kept = is_anything();
            if !is_kept {
                self.kept().codes.take();
            }
            self.is_kept.set(is_kept);
        }
    }

    /// Takes away all that this device remembers.
    pub fn forget(self) {
        browser::forget();
        self.tell();
    }

    /// Remembers this tab's key and the codes of what was written in it. `false` when the browser keeps nothing.
    pub fn remember(self) -> bool {
        let codes = self.kept().codes.borrow().clone();
        let is_kept = self.write(|kept| {
            for code in codes {
                if !kept.contains(&code) {
                    kept.push(code);
                }
            }
        });
        self.tell();
        is_kept
    }

    /// The codes that this device remembers, the newest first.
    pub fn kept_codes(self) -> Vec<RecoveryCode> {
        // The key is no code.
        browser::kept().unwrap_or_default().lines().rev().filter_map(|line| line.parse().ok()).collect()
    }

    /// Has `code` at hand for as long as this tab is there, and on the device if it remembers anything.
    pub fn learn_code(self, code: RecoveryCode) {
        self.kept().codes.borrow_mut().push(code);
        if is_anything() {
            self.write(|kept| kept.push(code));
        }
    }

    /// Lets go of a code that opens nothing any more.
    pub fn drop_code(self, code: RecoveryCode) {
        self.kept().codes.borrow_mut().retain(|other| *other != code);
        if is_anything() {
            self.write(|kept| kept.retain(|other| *other != code));
        }
    }

    fn write(self, change: impl FnOnce(&mut Vec<RecoveryCode>)) -> bool {
        let mut codes = self.kept_codes();
        codes.reverse();
        change(&mut codes);
        // Another tab may have been first: one device is one author.
        let mut text = key().unwrap_or(self.kept().key).to_text();
        for code in codes.iter().skip(codes.len().saturating_sub(MOST_CODES)) {
            text.push('\n');
            text.push_str(&code.to_string());
        }
        browser::keep(&text)
    }

    fn tell(self) {
        if let (Some(root), Ok(event)) = (self.root(), Event::new(CHANGED)) {
            let _ = root.dispatch_event(&event);
        }
    }
}
