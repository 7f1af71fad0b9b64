//! Passwords as they are stored: argon2id, off the threads that answer, a few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use peer_support_domain::password::Password;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Random;
use crate::secret::ServerSecret;

/// Memory of one hash, in KiB: the first of the equally strong parameters of OWASP's Password Storage Cheat Sheet
/// (2024), of which it also takes the two numbers below.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at a time: a flood of sign-ins takes 38 MiB and two threads, and not the machine.
const AT_A_TIME: usize = 2;
/// Sign-ins that may wait for their turn: what is done in about two seconds.
const IN_LINE: usize = 64;

/// Hashes passwords and checks them.
#[derive(Clone)]
pub(crate) struct Passwords {
    key: [u8; 32],
    line: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// As many wait as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineFull;

/// A place in the line, which is kept for one or more checks.
pub(crate) struct Place {
    passwords: Passwords,
    _place: OwnedSemaphorePermit,
}

impl Passwords {
    pub(crate) fn new(secret: &ServerSecret) -> Self {
        Self {
            key: secret.password_key(),
            line: Arc::new(Semaphore::new(IN_LINE)),
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }

    /// Takes a place in the line.
    pub(crate) fn line_up(&self) -> Result<Place, LineFull> {
        let place = self.line.clone().try_acquire_owned().map_err(|_| LineFull)?;
        Ok(Place { passwords: self.clone(), _place: place })
    }
}

impl Place {
    /// What is stored of `password`: its hash, with salt and parameters, as a PHC string.
    pub(crate) async fn hash(&self, password: Password, random: &Random) -> String {
        let salt: [u8; 16] = random.bytes();
        self.in_turn(move |argon2| {
            let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
            hash.expect("the parameters are argon2's").to_string()
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without either it is none, and takes as long.
    pub(crate) async fn is_right(&self, password: Option<Password>, hash: Option<String>) -> bool {
        self.in_turn(move |argon2| match (password, hash) {
            (Some(password), Some(hash)) => argon2.verify_password(password.as_bytes(), &*hash).is_ok(),
            (password, _) => {
                let bytes = password.as_ref().map_or(&b"none"[..], Password::as_bytes);
                let _ = argon2.hash_password_with_salt(bytes, &[0; 16]);
                false
            }
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, job: impl FnOnce(&Argon2<'_>) -> T + Send + 'static) -> T {
        let turn = self.passwords.turns.clone().acquire_owned().await.expect("it is never closed");
        let key = self.passwords.key;
        let done = tokio::task::spawn_blocking(move || {
            // Held until it is done, also when whoever asked has gone meanwhile.
            let _turn = turn;
            job(&argon2(&key))
        });
        done.await.expect("hashing does not panic")
    }
}

fn argon2(key: &[u8; 32]) -> Argon2<'_> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("they are argon2's");
    Argon2::new_with_secret(key, Algorithm::Argon2id, Version::V0x13, params).expect("the key is short")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(byte: u8) -> Passwords {
        Passwords::new(&ServerSecret::from_bytes([byte; 32]))
    }

    fn password(text: &str) -> Password {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_password_is_hashed_by_argon2id_with_owasps_parameters() {
        let place = passwords(1).line_up().unwrap();
        let random = Random::system();

        let hash = place.hash(password("three pears in a boat"), &random).await;
        let again = place.hash(password("three pears in a boat"), &random).await;

        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let sizes: Vec<usize> = hash.split('$').skip(4).map(str::len).collect();
        assert_eq!(sizes, [22, 43], "16 bytes of salt and 32 of hash");
        assert_ne!(hash, again, "each has a salt of its own");
    }

    #[tokio::test]
    async fn a_password_is_right_with_its_own_hash_on_its_own_server() {
        let (place, other) = (passwords(1).line_up().unwrap(), passwords(2).line_up().unwrap());
        let right = || Some(password("three pears in a boat"));
        let hash = place.hash(right().unwrap(), &Random::system()).await;

        assert!(place.is_right(right(), Some(hash.clone())).await);
        assert!(!place.is_right(Some(password("three pears in a coat")), Some(hash.clone())).await);
        assert!(!place.is_right(None, Some(hash.clone())).await);
        assert!(!place.is_right(right(), None).await);
        assert!(!place.is_right(right(), Some("$argon2id$broken".into())).await);
        assert!(!other.is_right(right(), Some(hash)).await, "the hash alone is not enough to try");
    }

    #[test]
    fn a_flood_waits_in_a_line_of_a_known_length() {
        let passwords = passwords(1);
        let line: Vec<_> = (0..IN_LINE).map(|_| passwords.line_up().unwrap()).collect();

        assert!(passwords.line_up().is_err());
        drop(line);
        assert!(passwords.line_up().is_ok());
    }
}
