//! The second factor of a moderator: codes that change every 30 seconds, by RFC 6238, as every authenticator app makes them.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use url::form_urlencoded;

use crate::clock::Random;
use crate::secret::ServerSecret;
use crate::store::ModeratorId;

/// Of the secret: as many as SHA-1 has, which is what RFC 4226 asks for.
const SECRET_BYTES: usize = 20;
const STEP_MS: i64 = 30_000;
const N_DIGITS: usize = 6;
/// Steps before and after the present one whose code counts as well: clocks differ, and typing takes time.
const NEIGHBOURS: i64 = 1;

/// What an authenticator and the server both know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthenticatorSecret([u8; SECRET_BYTES]);

impl AuthenticatorSecret {
    /// A new secret.
    pub fn draw(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// The code of the step that `now_ms` is in.
    pub fn code_at(&self, now_ms: i64) -> String {
        self.code(now_ms.div_euclid(STEP_MS))
    }

    fn code(&self, step: i64) -> String {
        // SHA-1 is what authenticators implement; its weakness, collisions, is none where it is keyed.
        let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let mac = hmac::sign(&key, &step.to_be_bytes());
        let mac = mac.as_ref();
        let place = usize::from(mac[mac.len() - 1] & 0xf);
        let number = mac[place..place + 4].iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
        format!("{:06}", (number & 0x7fff_ffff) % 10_u32.pow(N_DIGITS as u32))
    }

    /// The step whose code this is, of those that count at `now_ms`. Whoever takes a code keeps the step, and takes no code
    /// of it or of an earlier one again.
    pub(crate) fn step_of(&self, code: &str, now_ms: i64) -> Option<i64> {
        let now = now_ms.div_euclid(STEP_MS);
        let mut found = None;
        // All of them, in the same time whichever it is.
        for step in now - NEIGHBOURS..=now + NEIGHBOURS {
            let right = self.code(step);
            let differs = right.bytes().zip(code.bytes()).fold(0, |differs, (a, b)| differs | a ^ b);
            if right.len() == code.len() && differs == 0 {
                found = Some(step);
            }
        }
        found
    }

    /// In base32 (RFC 4648), which is how authenticators take it from somebody who types.
    pub fn to_base32(self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        const { assert!(SECRET_BYTES.is_multiple_of(5)) };
        let group = |bytes: &[u8]| {
            let bits = bytes.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
            (0..8).rev().map(move |place| char::from(LETTERS[(bits >> (5 * place) & 31) as usize]))
        };
        self.0.chunks(5).flat_map(group).collect()
    }

    /// The address that authenticators open, or read as a picture. `issuer` and `name` show in their lists.
    pub fn uri(self, issuer: &str, name: &str) -> String {
        // A space is `%20` here: some authenticators show a plus as it is.
        let encoded = |text: &str| {
            form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
        };
        // A colon parts issuer and name.
        let issuer = encoded(&issuer.replace(':', " "));
        let (name, secret) = (encoded(name), self.to_base32());
        format!(
            "otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={N_DIGITS}&period={}",
            STEP_MS / 1_000
        )
    }

    /// Encrypted by the server's secret for the account `of`, whose it then is alone: what the database holds.
    pub(crate) fn seal(self, of: ModeratorId, server: &ServerSecret, random: &Random) -> Vec<u8> {
        // Of 96 random bits: no two of the few that a server ever draws are the same.
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = self.0.to_vec();
        sealing_key(server)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), owner(of), &mut sealed)
            .expect("it is short");
        [&nonce[..], &sealed].concat()
    }

    /// What [`seal`](Self::seal) made; `None` when another secret or account did.
    pub(crate) fn open(sealed: &[u8], of: ModeratorId, server: &ServerSecret) -> Option<Self> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = sealing_key(server).open_in_place(nonce, owner(of), &mut sealed).ok()?;
        <[u8; SECRET_BYTES]>::try_from(&*opened).ok().map(Self)
    }
}

fn sealing_key(server: &ServerSecret) -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, &server.authenticator_key()).expect("it has 32 bytes");
    LessSafeKey::new(key)
}

fn owner(of: ModeratorId) -> Aad<[u8; 8]> {
    Aad::from(of.0.to_be_bytes())
}

/// Shows nothing.
impl fmt::Debug for AuthenticatorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticatorSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const OF_THE_RFC: AuthenticatorSecret = AuthenticatorSecret(*b"12345678901234567890");

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // Its table has 8 digits of each, of which these are the last 6.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(OF_THE_RFC.code_at(seconds * 1_000), code, "{seconds}");
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226() {
        let codes: Vec<String> = (0..10).map(|step| OF_THE_RFC.code(step)).collect();

        assert_eq!(
            codes,
            [
                "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
                "520489"
            ]
        );
    }

    #[test]
    fn a_code_counts_in_its_step_and_in_the_two_beside_it() {
        let code = OF_THE_RFC.code(100);

        let counts = |step: i64| OF_THE_RFC.step_of(&code, step * STEP_MS + 29_999);
        assert_eq!((98..=102).map(counts).collect::<Vec<_>>(), [None, Some(100), Some(100), Some(100), None]);
        for wrong in ["", "0", "000000", &code[1..], &format!("{code}0")] {
            assert_eq!(OF_THE_RFC.step_of(wrong, 100 * STEP_MS), None, "{wrong}");
        }
    }

    #[test]
    fn authenticators_are_told_all_they_need() {
        assert_eq!(OF_THE_RFC.to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            OF_THE_RFC.uri("Rowan House: night", "Ada & co"),
            "otpauth://totp/Rowan%20House%20%20night:Ada%20%26%20co?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Rowan%20House%20%20night&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_sealed_secret_opens_for_its_account_and_server_alone() {
        let (server, other) = (ServerSecret::from_bytes([1; 32]), ServerSecret::from_bytes([2; 32]));
        let random = Random::system();
        let (ada, grace) = (ModeratorId(1), ModeratorId(2));

        let sealed = OF_THE_RFC.seal(ada, &server, &random);

        assert_eq!(AuthenticatorSecret::open(&sealed, ada, &server), Some(OF_THE_RFC));
        assert_eq!(AuthenticatorSecret::open(&sealed, grace, &server), None);
        assert_eq!(AuthenticatorSecret::open(&sealed, ada, &other), None);
        assert_eq!(AuthenticatorSecret::open(&sealed[..20], ada, &server), None);
        assert_eq!(AuthenticatorSecret::open(&[], ada, &server), None);
        assert!(!sealed.windows(4).any(|bytes| OF_THE_RFC.0.starts_with(bytes)));
        assert_ne!(sealed, OF_THE_RFC.seal(ada, &server, &random), "no two are alike");
        assert_eq!(format!("{OF_THE_RFC:?}"), "AuthenticatorSecret(…)");
    }
}
