//! What must not be guessed: the server's own secret, one-time sign-in codes, accounts' recovery codes, sessions; and the
//! hashes kept of them.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use peer_support_domain::id::{AuthorKey, AuthorTag, RecoveryHash};
use peer_support_domain::recovery::{InvalidRecoveryCode, RecoveryCode};
use sha2::{Digest, Sha256};

use crate::clock::Random;
use crate::store::SecretHash;

/// SHA-256 of `parts`, each behind its length, so that no two lists of parts run together to the same bytes.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The public face of an author's key: the first 8 bytes of its SHA-256.
pub fn author_tag(key: &AuthorKey) -> AuthorTag {
    let hash = Sha256::digest(key.as_bytes());
    AuthorTag::from_bytes(std::array::from_fn(|place| hash[place]))
}

/// All that is stored of a recovery code: the first 16 bytes of `SHA-256("recovery:" code)`.
pub fn recovery_hash(code: &RecoveryCode) -> RecoveryHash {
    let hash = Sha256::new().chain_update("recovery:").chain_update(code.canonical()).finalize();
    RecoveryHash::from_bytes(std::array::from_fn(|place| hash[place]))
}

/// The server's secret: 32 random bytes, the same for all servers of one database and across restarts.
///
/// From it come the recovery codes that the server draws for requests with an `Idempotency-Key`, so that a request sent
/// again is answered with the same code although only its hash is stored; the tokens against forged requests; the signatures
/// of work; what servers of one database know each other by; and the keys without which the database's passwords cannot be
/// guessed at, nor its authenticators' secrets read.
#[derive(Clone)]
pub struct ServerSecret([u8; 32]);

/// A text that is no secret of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a secret: expected 64 hexadecimal digits, such as `openssl rand -hex 32` prints")]
pub struct InvalidServerSecret;

impl ServerSecret {
    /// The secret of these bytes, which must be random.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A code that is the same whenever the same request is sent under the same key.
    pub(crate) fn recovery_code(&self, key_hash: &[u8; 32], request_hash: &[u8; 32]) -> RecoveryCode {
        let mac = self.mac(b"recovery-code").chain_update(key_hash).chain_update(request_hash);
        let bytes = mac.finalize().into_bytes();
        RecoveryCode::from_random(std::array::from_fn(|place| bytes[place]))
    }

    /// What signs the work that devices are asked for at `place`.
    pub(crate) fn work_key(&self, place: &str) -> [u8; 32] {
        self.mac(b"work").chain_update(place).finalize().into_bytes().into()
    }

    /// What the servers of one database know each other by.
    pub(crate) fn servers_key(&self) -> [u8; 32] {
        self.mac(b"servers").finalize().into_bytes().into()
    }

    /// What is hashed into every password, so that a stolen database alone gives no way to try them.
    pub(crate) fn password_key(&self) -> [u8; 32] {
        self.mac(b"password").finalize().into_bytes().into()
    }

    /// What the secrets of authenticators are encrypted with.
    pub(crate) fn authenticator_key(&self) -> [u8; 32] {
        self.mac(b"authenticator").finalize().into_bytes().into()
    }

    /// What is stored of a name that somebody tried to sign in with: people type passwords into the wrong field.
    pub(crate) fn name_hash(&self, name: &str) -> SecretHash {
        self.mac(b"sign-in-name").chain_update(name).finalize().into_bytes().into()
    }

    /// What a page of the console sends with each write, to show that it could read the session's answer.
    pub(crate) fn csrf_token(&self, session: &SessionToken) -> String {
        hex(&self.mac(b"csrf").chain_update(session.0).finalize().into_bytes())
    }

    /// Whether `token` is the [`csrf_token`](Self::csrf_token) of `session`; takes the same time wherever they differ.
    pub(crate) fn is_csrf_token(&self, token: &str, session: &SessionToken) -> bool {
        let mac = self.mac(b"csrf").chain_update(session.0);
        from_hex::<32>(token).is_some_and(|token| mac.verify_slice(&token).is_ok())
    }

    /// The purpose comes first and has its length before it, so that no purpose's input is another's.
    fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.chain_update([purpose.len() as u8]).chain_update(purpose)
    }

    /// The secret as 64 hexadecimal digits: how it stands in its file.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }
}

impl FromStr for ServerSecret {
    type Err = InvalidServerSecret;

    fn from_str(text: &str) -> Result<Self, InvalidServerSecret> {
        from_hex(text.trim()).map(Self).ok_or(InvalidServerSecret)
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// What a moderator signs in with, once: 95 random bits and a check digit, written as a recovery code is.
#[derive(Clone, Copy, Debug)]
pub struct SignInCode(RecoveryCode);

impl SignInCode {
    /// A new code.
    pub fn draw(random: &Random) -> Self {
        Self(RecoveryCode::from_random(random.bytes()))
    }

    /// All that is stored of it.
    pub fn hash(&self) -> SecretHash {
        sha256(&[b"sign-in", self.0.canonical().as_bytes()])
    }
}

impl FromStr for SignInCode {
    type Err = InvalidRecoveryCode;

    fn from_str(text: &str) -> Result<Self, InvalidRecoveryCode> {
        text.parse().map(Self)
    }
}

impl fmt::Display for SignInCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What signs a moderator in once in place of their authenticator: 95 random bits and a check digit, written as an author's
/// recovery code is.
#[derive(Clone, Copy, Debug)]
pub struct AccountRecoveryCode(RecoveryCode);

impl AccountRecoveryCode {
    /// A new code.
    pub fn draw(random: &Random) -> Self {
        Self(RecoveryCode::from_random(random.bytes()))
    }

    /// All that is stored of it.
    pub fn hash(&self) -> SecretHash {
        sha256(&[b"account-recovery", self.0.canonical().as_bytes()])
    }
}

impl FromStr for AccountRecoveryCode {
    type Err = InvalidRecoveryCode;

    fn from_str(text: &str) -> Result<Self, InvalidRecoveryCode> {
        text.parse().map(Self)
    }
}

impl fmt::Display for AccountRecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The receipt of one report: 95 random bits and a check digit, written as a recovery code is.
#[derive(Clone, Copy, Debug)]
pub struct ReportCode(RecoveryCode);

impl ReportCode {
    /// A new code.
    pub fn draw(random: &Random) -> Self {
        Self(RecoveryCode::from_random(random.bytes()))
    }

    /// All that is stored of it.
    pub fn hash(&self) -> SecretHash {
        sha256(&[b"report", self.0.canonical().as_bytes()])
    }
}

impl FromStr for ReportCode {
    type Err = InvalidRecoveryCode;

    fn from_str(text: &str) -> Result<Self, InvalidRecoveryCode> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ReportCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a signed-in moderator's browser keeps in a cookie: 256 random bits.
#[derive(Clone, Copy)]
pub(crate) struct SessionToken([u8; 32]);

impl SessionToken {
    pub(crate) fn draw(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// The token that stands in a cookie; `None` when it is none of ours.
    pub(crate) fn from_cookie(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }

    pub(crate) fn to_cookie(self) -> String {
        hex(&self.0)
    }

    /// All that is stored of it.
    pub(crate) fn hash(&self) -> SecretHash {
        sha256(&[b"session", &self.0])
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> ServerSecret {
        ServerSecret::from_bytes([byte; 32])
    }

    #[test]
    fn a_secret_reads_back_as_written_and_never_shows_in_debug_output() {
        let read: ServerSecret = format!("{}\n", secret(7).to_hex()).parse().unwrap();

        assert_eq!(read.0, secret(7).0);
        assert_eq!(format!("{read:?}"), "ServerSecret(…)");
        for bad in ["", "abc", &"A".repeat(64), &"g".repeat(64), &"é".repeat(32)] {
            assert!(bad.parse::<ServerSecret>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_drawn_recovery_code_depends_on_secret_key_and_request() {
        let code = secret(1).recovery_code(&[1; 32], &[1; 32]);

        assert_eq!(secret(1).recovery_code(&[1; 32], &[1; 32]), code);
        assert_ne!(secret(2).recovery_code(&[1; 32], &[1; 32]), code);
        assert_ne!(secret(1).recovery_code(&[2; 32], &[1; 32]), code);
        assert_ne!(secret(1).recovery_code(&[1; 32], &[2; 32]), code);
    }

    #[test]
    fn a_token_against_forgery_belongs_to_one_session() {
        let (mine, other) = (SessionToken([1; 32]), SessionToken([2; 32]));
        let token = secret(1).csrf_token(&mine);

        assert!(secret(1).is_csrf_token(&token, &mine));
        assert!(!secret(1).is_csrf_token(&token, &other));
        assert!(!secret(2).is_csrf_token(&token, &mine));
        assert!(!secret(1).is_csrf_token("", &mine));
    }

    #[test]
    fn hashed_parts_do_not_run_together() {
        assert_ne!(sha256(&[b"ab", b"c"]), sha256(&[b"a", b"bc"]));
    }

    #[test]
    fn the_authors_tag_and_the_codes_hash_are_what_the_browser_derives() {
        // Both computed with `sha256sum`, so that browser and server cannot drift apart together.
        let key = AuthorKey::from_bytes([0; 16]);
        assert_eq!(author_tag(&key).to_string(), "374708fff7719dd5");

        let code = RecoveryCode::from_random([0; 12]);
        assert_eq!(code.canonical(), "0".repeat(20));
        assert_eq!(recovery_hash(&code).to_string(), "c780efbae7dc1c0bea9fce16d3298b27");
    }
}
