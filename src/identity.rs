//! Who a visitor is to the server: on each thread and each item somebody else.
//!
//! The derivations are those that `domain/src/id.rs` documents. SHA-256 is in plain Rust because `crypto.subtle` exists
//! on pages with TLS only, and it is asynchronous where the rest is not.

use hmac_sha256::{HMAC, Hash};
use peer_support_domain::id::{AuthorKey, AuthorTag, ItemId, RecoveryHash, VoterId};
use peer_support_domain::recovery::RecoveryCode;

use crate::browser;

/// The key of this tab: 128 random bits that live in memory, are never sent and end with the page.
#[derive(Clone, Copy)]
pub struct TabKey([u8; 16]);

impl TabKey {
    /// A key that nobody had before.
    pub fn new() -> TabKey {
        TabKey(browser::random())
    }

    /// The key that [`TabKey::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<TabKey> {
        Some(TabKey(*text.parse::<VoterId>().ok()?.as_bytes()))
    }

    /// The key as text, for the device of whoever asks that it be remembered.
    pub fn to_text(self) -> String {
        VoterId::from_bytes(self.0).to_string()
    }

    /// The author inside the thread that began with the post `thread`.
    pub fn author(&self, thread: ItemId) -> AuthorKey {
        AuthorKey::from_bytes(self.derive("author:", thread))
    }

    /// How others see that author.
    pub fn author_tag(&self, thread: ItemId) -> AuthorTag {
        AuthorTag::from_bytes(first(Hash::hash(self.author(thread).as_bytes())))
    }

    /// The voter on `item`.
    pub fn voter(&self, item: ItemId) -> VoterId {
        VoterId::from_bytes(self.derive("voter:", item))
    }

    /// Who reports `item`.
    pub fn reporter(&self, item: ItemId) -> VoterId {
        VoterId::from_bytes(self.derive("reporter:", item))
    }

    fn derive(&self, purpose: &str, id: ItemId) -> [u8; 16] {
        first(HMAC::mac([purpose, &id.to_string()].concat().as_bytes(), self.0))
    }
}

/// An id for a new post or reply.
pub fn new_item_id() -> ItemId {
    ItemId::from_bits(u64::from_be_bytes(browser::random()))
}

/// A code for a new post or reply, and all that the server learns of it.
pub fn new_recovery_code() -> (RecoveryCode, RecoveryHash) {
    let code = RecoveryCode::from_random(browser::random());
    let hash = Hash::hash(["recovery:", &code.canonical()].concat().as_bytes());
    (code, RecoveryHash::from_bytes(first(hash)))
}

/// A value for `Idempotency-Key`.
pub fn new_idempotency_key() -> String {
    VoterId::from_bytes(browser::random()).to_string()
}

fn first<const N: usize>(digest: [u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&digest[..N]);
    bytes
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn one_person_is_the_same_inside_a_thread_and_another_elsewhere() {
        let key = TabKey::new();
        let (one, other) = (new_item_id(), new_item_id());

        assert_eq!(key.author(one), key.author(one));
        assert_ne!(key.author(one), key.author(other));
        assert_ne!(key.author(one).as_bytes(), key.voter(one).as_bytes());
        assert_ne!(key.voter(one), key.voter(other));
        assert_ne!(key.reporter(one), key.voter(one));
        assert_ne!(key.reporter(one), key.reporter(other));
    }

    /// Computed with Python's `hmac` and `hashlib`, as `domain/src/id.rs` says.
    #[wasm_bindgen_test]
    fn the_derivations_are_those_that_the_server_knows() {
        let key = TabKey([7; 16]);
        let thread = ItemId::from_bits(1);

        assert_eq!(key.author(thread).to_string(), "95c1b7e36f9c7a70b240828cdee13ada");
        assert_eq!(key.author_tag(thread).to_string(), "ca1275211ab52270");
        assert_eq!(key.voter(thread).to_string(), "5bcfdbd5ea425da383a46066ccd487a0");
        assert_eq!(key.reporter(thread).to_string(), "0adef1491ab66037aea0ef488d184277");
    }
}
