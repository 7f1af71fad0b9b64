//! Work that a device does before it sends, while somebody floods the server: a second for one post, days for many.
//!
//! The format is ALTCHA's, version 1 (altcha.org/docs, read 2026-11): the device looks for the number that makes
//! `SHA-256(salt number)` the challenge, and sends back what it was given with the number. The server keeps nothing of a
//! challenge until it is solved; its signature says that the server made it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, Mac};
use peer_support_domain::limits::{WORK_LIFETIME_MS, WORK_NUMBER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Random;
use crate::secret::{ServerSecret, from_hex, hex};

const ALGORITHM: &str = "SHA-256";
/// Browsers pad, other clients may not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Solutions that are remembered so that they count once: about 5 MB. One more, and the one that ends first is forgotten;
/// to get there takes 40 solutions a second.
const N_SPENT: usize = 50_000;

/// When devices are asked for work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkRule {
    /// While there are unusually many posts and replies, or from a network that comes near its limit.
    #[default]
    Auto,
    /// For each post and reply.
    Always,
    /// Never.
    Never,
}

/// A text that names no such rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a rule; expected auto, always or never")]
pub struct InvalidWorkRule;

impl FromStr for WorkRule {
    type Err = InvalidWorkRule;

    fn from_str(text: &str) -> Result<Self, InvalidWorkRule> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(InvalidWorkRule),
        }
    }
}

/// What a device says about work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It was asked for, and not done: the device cannot, or its owner did not want to wait.
    NotDone,
    /// A solution.
    Done(Solution),
}

/// A challenge, as a device sent it back, with the number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Solution {
    algorithm: String,
    challenge: String,
    number: u32,
    salt: String,
    signature: String,
}

/// A text that is no proof of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither the word none nor the base64 of a solution in ALTCHA's format")]
pub(crate) struct InvalidProof;

impl FromStr for Proof {
    type Err = InvalidProof;

    fn from_str(text: &str) -> Result<Self, InvalidProof> {
        if text == "none" {
            return Ok(Self::NotDone);
        }
        let json = BASE64.decode(text).map_err(|_| InvalidProof)?;
        serde_json::from_slice(&json).map(Self::Done).map_err(|_| InvalidProof)
    }
}

/// What a device is asked to solve.
#[derive(Serialize)]
struct Challenge {
    algorithm: &'static str,
    challenge: String,
    maxnumber: u32,
    salt: String,
    signature: String,
}

/// Sets work and looks at solutions. All servers of one secret take each other's.
pub(super) struct Work {
    secret: ServerSecret,
}

/// A right solution, until its challenge ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solved {
    pub(super) ends_at: i64,
    pub(super) hash: [u8; 32],
}

impl Work {
    pub(super) const fn new(secret: ServerSecret) -> Self {
        Self { secret }
    }

    /// A challenge for one submission to `place`, as JSON; with a number of at most `number_most`, which is never more
    /// than [`WORK_NUMBER`].
    pub(super) fn challenge(&self, place: &str, number_most: u32, now: i64, random: &Random) -> String {
        let maxnumber = number_most.min(WORK_NUMBER);
        let number = u32::from_be_bytes(random.bytes()) % (maxnumber + 1);
        let ends_at = now.saturating_add(WORK_LIFETIME_MS) / 1_000;
        // The last `&` keeps digits of the number from being read as the end of the salt.
        let salt = format!("{}?expires={ends_at}&", hex(&random.bytes::<12>()));
        let hash = hash(&salt, number);
        let challenge = Challenge {
            algorithm: ALGORITHM,
            challenge: hex(&hash),
            maxnumber,
            salt,
            signature: hex(&self.signing(place, &hash).finalize().into_bytes()),
        };
        serde_json::to_string(&challenge).expect("it has nothing that JSON cannot hold")
    }

    /// Whether `solution` solves a challenge of ours for `place` that has not ended.
    pub(super) fn solved(&self, solution: &Solution, place: &str, now: i64) -> Option<Solved> {
        let (nonce, params) = solution.salt.split_once('?')?;
        let ends_at: i64 = params.strip_prefix("expires=")?.strip_suffix('&')?.parse().ok()?;
        let ends_at = ends_at.checked_mul(1_000)?;
        let hash = hash(&solution.salt, solution.number);
        let signature = from_hex::<32>(&solution.signature)?;
        let is_right = solution.algorithm == ALGORITHM
            && nonce.bytes().all(|byte| byte.is_ascii_hexdigit())
            && now < ends_at
            && solution.challenge == hex(&hash)
            && self.signing(place, &hash).verify_slice(&signature).is_ok();
        is_right.then_some(Solved { ends_at, hash })
    }

    /// Signs with a key for this place only, so that what was set for one site or thread is of no use at another.
    fn signing(&self, place: &str, hash: &[u8; 32]) -> Hmac<Sha256> {
        let key = self.secret.work_key(place);
        let mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        // As ALTCHA's libraries do, over the hexadecimal digits.
        mac.chain_update(hex(hash))
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work(…)")
    }
}

fn hash(salt: &str, number: u32) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(number.to_string()).finalize().into()
}

/// The solutions that were used: each counts once.
#[derive(Debug, Default)]
pub(super) struct Spent {
    by_end: BTreeMap<(i64, [u8; 32]), Option<[u8; 32]>>,
}

impl Spent {
    /// Uses a solution for a request; false when another request used it. One that is sent again under its idempotency key,
    /// because no answer came or the database failed, need not work again.
    pub(super) fn spend(&mut self, solved: Solved, request: Option<[u8; 32]>, now: i64) -> bool {
        while let Some(first) = self.by_end.first_entry()
            && first.key().0 <= now
        {
            first.remove();
        }
        if let Some(before) = self.by_end.get(&(solved.ends_at, solved.hash)) {
            return before.is_some() && *before == request;
        }
        if self.by_end.len() >= N_SPENT {
            self.by_end.pop_first();
        }
        self.by_end.insert((solved.ends_at, solved.hash), request);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000_000;

    fn work() -> Work {
        Work::new(ServerSecret::from_bytes([7; 32]))
    }

    fn set(place: &str) -> Value {
        serde_json::from_str(&work().challenge(place, 500, NOW, &Random::system())).unwrap()
    }

    /// As a device does it: by the format, and not by our code.
    fn solve(challenge: &Value) -> Value {
        let text = |key: &str| challenge[key].as_str().unwrap();
        let number = (0..=challenge["maxnumber"].as_u64().unwrap())
            .find(|n| hex(&Sha256::digest(format!("{}{n}", text("salt")))) == text("challenge"))
            .expect("there is a solution");
        json!({
            "algorithm": text("algorithm"),
            "challenge": text("challenge"),
            "number": number,
            "salt": text("salt"),
            "signature": text("signature"),
            "took": 5,
        })
    }

    fn solution(json: &Value) -> Solution {
        match BASE64.encode(json.to_string()).parse().unwrap() {
            Proof::Done(solution) => solution,
            Proof::NotDone => panic!("it was done"),
        }
    }

    #[test]
    fn a_solution_is_taken_at_its_place_and_in_its_time() {
        let solved = solution(&solve(&set("site:demo")));

        assert!(work().solved(&solved, "site:demo", NOW).is_some());
        assert!(work().solved(&solved, "site:demo", NOW + WORK_LIFETIME_MS - 1_000).is_some());
        assert_eq!(work().solved(&solved, "site:demo", NOW + WORK_LIFETIME_MS), None);
        assert_eq!(work().solved(&solved, "site:other", NOW), None);
        let other = Work::new(ServerSecret::from_bytes([8; 32]));
        assert_eq!(other.solved(&solved, "site:demo", NOW), None);
    }

    #[test]
    fn a_changed_solution_is_not_taken() {
        let good = solve(&set("site:demo"));
        let salt = good["salt"].as_str().unwrap();
        let number = good["number"].as_u64().unwrap();
        let later =
            salt.replace(&format!("expires={}", (NOW + WORK_LIFETIME_MS) / 1_000), "expires=9999999999");
        assert_ne!(later, salt);
        let hash_of_later = hex(&hash(&later, u32::try_from(number).unwrap()));

        for (what, changed) in [
            ("number", json!({ "number": number + 1 })),
            ("algorithm", json!({ "algorithm": "SHA-1" })),
            ("signature", json!({ "signature": "0".repeat(64) })),
            ("short signature", json!({ "signature": "00" })),
            ("salt", json!({ "salt": later })),
            ("salt and challenge", json!({ "salt": later, "challenge": hash_of_later })),
        ] {
            let mut forged = good.clone();
            forged.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());

            assert_eq!(work().solved(&solution(&forged), "site:demo", NOW), None, "{what}");
        }
    }

    #[test]
    fn digits_of_the_number_do_not_move_into_the_salt() {
        // With `expires=5` + `12`, the same hash would come of `expires=51` + `2`.
        let good = loop {
            let good = solve(&set("site:demo"));
            if good["number"].as_u64().unwrap() >= 10 {
                break good;
            }
        };
        let digits = good["number"].to_string();
        let (first, rest) = digits.split_at(1);
        let mut moved = good.clone();
        moved["salt"] = json!(format!("{}{first}", good["salt"].as_str().unwrap()));
        moved["number"] = json!(rest.parse::<u32>().unwrap());

        assert_eq!(work().solved(&solution(&moved), "site:demo", NOW), None);
    }

    #[test]
    fn no_challenge_is_harder_than_an_old_phone_can_bear() {
        let challenge: Value =
            serde_json::from_str(&work().challenge("site:demo", u32::MAX, NOW, &Random::system())).unwrap();

        assert_eq!(challenge["maxnumber"], json!(WORK_NUMBER));
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        for bad in ["", "None", "e30", "e30=", "W10=", "%", "bm9uZQ==", &BASE64.encode(r#"{"number":-1}"#)] {
            assert_eq!(bad.parse::<Proof>(), Err(InvalidProof), "{bad}");
        }
        assert_eq!("none".parse::<Proof>(), Ok(Proof::NotDone));
    }

    #[test]
    fn a_solution_counts_once_and_again_only_for_the_same_request() {
        let solved = Solved { ends_at: NOW + 1, hash: [1; 32] };
        let mut spent = Spent::default();

        assert!(spent.spend(solved, Some([5; 32]), NOW));
        assert!(spent.spend(solved, Some([5; 32]), NOW));
        assert!(!spent.spend(solved, Some([6; 32]), NOW));
        assert!(!spent.spend(solved, None, NOW));
        let other = Solved { hash: [2; 32], ..solved };
        assert!(spent.spend(other, None, NOW));
        assert!(!spent.spend(other, None, NOW), "without a key it cannot be the same");
    }

    #[test]
    fn spent_solutions_are_forgotten_when_they_end_and_never_fill_the_memory() {
        let mut spent = Spent::default();
        let solved = |n: usize, ends_at| Solved {
            ends_at,
            hash: std::array::from_fn(|place| n.to_be_bytes().get(place).copied().unwrap_or_default()),
        };
        for n in 0..N_SPENT + 10 {
            assert!(spent.spend(solved(n, NOW + 1 + n as i64), None, NOW));
        }

        assert_eq!(spent.by_end.len(), N_SPENT);
        assert!(!spent.spend(solved(N_SPENT, NOW + 1 + N_SPENT as i64), None, NOW), "the newest are known");
        assert!(spent.spend(solved(0, NOW + 1_000_000), None, NOW + 900_000));
        assert_eq!(spent.by_end.len(), 1);
    }
}
