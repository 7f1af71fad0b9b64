//! How the day's salt gets from one server to another through a database that must never be able to tell it.
//!
//! Who has no salt, or a later one than another, asks with a key that was made for this question alone (X25519). Who answers
//! makes one, too, and forgets it at once; who asked does with the answer, or when it asks again. The salt is encrypted
//! (ChaCha20-Poly1305) by a key that comes of what only these two keys give and of the servers' common secret. So what passes
//! through can be opened by nobody who has not both the secret and one of two keys that are gone: not by whoever kept every
//! message and comes to know the secret later.

use hmac::{Hmac, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use ring::rand::SystemRandom;
use sha2::Sha256;

use super::told::take;
use crate::checks::network::{SALT_BYTES, Salt};

/// Bytes of a public key.
pub(super) const PUBLIC: usize = 32;
/// Bytes of a salt as it is handed over: the public key of who answers, and what is encrypted.
pub(super) const HANDED: usize = PUBLIC + SALT_BYTES + 16;

/// A question for the salt that waits for its answer.
pub(super) struct Question {
    key: EphemeralPrivateKey,
    /// What it is asked with.
    pub(super) public: [u8; PUBLIC],
}

impl Question {
    pub(super) fn new() -> Self {
        let (key, public) = key_pair();
        Self { key, public }
    }

    /// The salt in an answer to this question, made with the same `secret`.
    pub(super) fn open(self, mut answer: &[u8], secret: &[u8; 32]) -> Option<Salt> {
        let public = take(&mut answer)?;
        let key = sealing_key(self.key, &public, secret, [&self.public, &public])?;
        let mut sealed = answer.to_vec();
        let opened = key.open_in_place(used_once(), Aad::empty(), &mut sealed).ok()?;
        Some(Salt::from_bytes(<[u8; SALT_BYTES]>::try_from(&*opened).ok()?))
    }
}

/// `salt` for who asked with the key `asked`; `None` when that is no key.
pub(super) fn answer(salt: &Salt, asked: &[u8; PUBLIC], secret: &[u8; 32]) -> Option<Vec<u8>> {
    let (key, public) = key_pair();
    let key = sealing_key(key, asked, secret, [asked, &public])?;
    let mut sealed = salt.to_bytes().to_vec();
    key.seal_in_place_append_tag(used_once(), Aad::empty(), &mut sealed).expect("it is short");
    Some([&public[..], &sealed].concat())
}

fn key_pair() -> (EphemeralPrivateKey, [u8; PUBLIC]) {
    let key = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new())
        .expect("every system we run on gives randomness");
    let public = key.compute_public_key().expect("every private key has one");
    let public = public.as_ref().try_into().expect("it has 32 bytes");
    (key, public)
}

/// The key of one answer; as RFC 7748 recommends, also of both public keys. `None` when `other` is no key.
fn sealing_key(
    own: EphemeralPrivateKey,
    other: &[u8; PUBLIC],
    secret: &[u8; 32],
    [asked, answered]: [&[u8; PUBLIC]; 2],
) -> Option<LessSafeKey> {
    let key = agree_ephemeral(own, &UnparsedPublicKey::new(&X25519, other), |shared| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
        let mac = mac.chain_update(b"salt").chain_update(shared).chain_update(asked).chain_update(answered);
        mac.finalize().into_bytes()
    });
    let key = UnboundKey::new(&CHACHA20_POLY1305, &key.ok()?).expect("it has 32 bytes");
    Some(LessSafeKey::new(key))
}

/// No key of these seals twice.
fn used_once() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Random;

    #[test]
    fn an_answer_opens_with_the_key_of_its_question_and_the_secret_and_with_nothing_that_passed() {
        let salt = Salt::draw(&Random::system(), 5);
        let question = Question::new();
        let asked = question.public;
        let handed = answer(&salt, &asked, &[7; 32]).unwrap();
        assert_eq!(handed.len(), HANDED);

        let answered: [u8; PUBLIC] = handed[..PUBLIC].try_into().unwrap();
        for shared in [&[][..], &[0; 32], &asked, &answered, &[7; 32]] {
            let mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap().chain_update(b"salt");
            let key = mac.chain_update(shared).chain_update(asked).chain_update(answered).finalize();
            let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key.into_bytes()).unwrap());
            let mut sealed = handed[PUBLIC..].to_vec();
            assert!(key.open_in_place(used_once(), Aad::empty(), &mut sealed).is_err(), "{shared:?}");
        }
        assert_eq!(question.open(&handed, &[7; 32]).unwrap().to_bytes(), salt.to_bytes());
    }

    #[test]
    fn another_question_or_secret_opens_nothing() {
        let salt = Salt::draw(&Random::system(), 5);
        let (question, other) = (Question::new(), Question::new());
        let handed = answer(&salt, &question.public, &[7; 32]).unwrap();

        assert!(other.open(&handed, &[7; 32]).is_none());
        assert!(question.open(&handed, &[8; 32]).is_none());
        // Not a point of the curve that gives a key.
        assert!(answer(&salt, &[0; PUBLIC], &[7; 32]).is_none());
    }
}
