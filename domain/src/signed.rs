//! A bundle that its owner signed: newer data than a widget was built with, in a form that cannot be forged on the way.
//!
//! ```text
//! signed 1 SIGNATURE ISSUED       the format and its version; then the signature, and when it was made
//! helplines 1                     from here on a bundle of one country, as `bundle` describes it
//! GB
//! …
//! ```
//!
//! - `SIGNATURE` is the Ed25519 signature (RFC 8032; 64 bytes as base64url without padding, 86 characters) over the UTF-8
//!   bytes of all that follows it: `ISSUED`, a line feed and the bundle.
//! - `ISSUED` is the moment of signing in decimal Unix seconds. It is signed too, so nobody makes old data young.
//! - A public key is 32 bytes, written in the same way: 43 characters.
//!
//! A file is taken when all of this holds, and otherwise as if it were not there:
//!
//! 1. its signature is right for the key that the reader was given beforehand,
//! 2. [`Signed::is_newer`]: it is younger than what the reader has, and not from the future,
//! 3. its bundle is one of [`bundle::decode`](crate::bundle::decode),
//! 4. and that of the country that was asked for: a right signature under another country's name is a wrong file.
//!
//! Here is what is pure in that. The signature is made and checked by who has the means: the server by a crate, the
//! widget by its browser.

/// How far ahead of the reader's clock a file may be issued, in seconds: devices whose clock is a day behind are common,
/// and a date further ahead would outlive every correction.
pub const MAX_AHEAD_S: i64 = 24 * 60 * 60;

/// A signed file, taken apart. Nothing has been checked but its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// Ed25519, over the bytes of [`signed`](Self::signed).
    pub signature: [u8; 64],
    /// When it was signed, in Unix seconds.
    pub issued_s: i64,
    /// What is signed: `ISSUED`, a line feed and the bundle.
    pub signed: &'a str,
    /// The bundle, for [`bundle::decode`](crate::bundle::decode).
    pub bundle: &'a str,
}

impl<'a> Signed<'a> {
    /// The parts of `text`; `None` when it is no signed file of this version.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (signature, signed) = text.strip_prefix("signed 1 ")?.split_once(' ')?;
        let (issued, bundle) = signed.split_once('\n')?;
        // `parse` alone would take a sign too.
        let issued_s = issued.bytes().all(|byte| byte.is_ascii_digit()).then(|| issued.parse().ok())??;
        Some(Self { signature: from_base64url(signature)?, issued_s, signed, bundle })
    }

    /// Whether this is younger than data of `compiled_s` (Unix seconds), and not issued more than a day after `now_ms`.
    #[must_use]
    pub fn is_newer(&self, compiled_s: i64, now_ms: i64) -> bool {
        self.issued_s > compiled_s && self.issued_s <= now_ms / 1_000 + MAX_AHEAD_S
    }
}

/// What is to be signed for `bundle`: see [`Signed::signed`].
#[must_use]
pub fn to_sign(issued_s: i64, bundle: &str) -> String {
    format!("{issued_s}\n{bundle}")
}

/// The file that holds `signed` (of [`to_sign`]) under its signature.
#[must_use]
pub fn write(signature: &[u8; 64], signed: &str) -> String {
    format!("signed 1 {} {signed}", to_base64url(signature))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `bytes` as base64url (RFC 4648, section 5) without padding.
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 1);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().zip([16, 8, 0]).fold(0, |group, (&byte, shift)| group | u32::from(byte) << shift);
        for shift in [18, 12, 6, 0].into_iter().take(chunk.len() + 1) {
            text.push(char::from(DIGITS[(group >> shift & 63) as usize]));
        }
    }
    text
}

/// The `N` bytes that `text` writes as base64url without padding; `None` when it does not, or not in its one spelling.
#[must_use]
pub fn from_base64url<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    read_base64url(text, &mut bytes).then_some(bytes)
}

/// Fills `bytes`, no more and no less; false when `text` does not. Apart from the above, to be compiled once.
fn read_base64url(text: &str, bytes: &mut [u8]) -> bool {
    let mut places = bytes.iter_mut();
    // The bits that are read and not yet written, and how many there are.
    let (mut bits, mut n_bits) = (0_u32, 0);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return false,
        };
        bits = bits << 6 | u32::from(digit);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            let Some(place) = places.next() else { return false };
            *place = (bits >> n_bits) as u8;
            bits &= (1 << n_bits) - 1;
        }
    }
    // What is left of the last digit must be nothing, and less than a digit.
    places.next().is_none() && bits == 0 && n_bits < 6
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUNDLE: &str = "helplines 1\nGB\n!g999\n";

    proptest! {
        #[test]
        fn bytes_come_back_as_they_went(bytes: [u8; 32], signature: [u8; 64], one: [u8; 1], two: [u8; 2]) {
            prop_assert_eq!(from_base64url(&to_base64url(&bytes)), Some(bytes));
            prop_assert_eq!(from_base64url(&to_base64url(&signature)), Some(signature));
            prop_assert_eq!(from_base64url(&to_base64url(&one)), Some(one));
            prop_assert_eq!(from_base64url(&to_base64url(&two)), Some(two));
        }

        #[test]
        fn a_signed_file_comes_apart_as_it_was_put_together(signature: [u8; 64], issued_s in 0..i64::MAX, bundle: String) {
            let signed = to_sign(issued_s, &bundle);
            let file = write(&signature, &signed);

            prop_assert_eq!(Signed::parse(&file), Some(Signed { signature, issued_s, signed: &signed, bundle: &bundle }));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String, cut in 0..130_usize) {
            let file = write(&[7; 64], &to_sign(1, BUNDLE));
            let _ = Signed::parse(&text);
            let _ = Signed::parse(&format!("{}{text}", &file[..cut.min(file.len())]));
        }
    }

    #[test]
    fn base64url_is_that_of_the_rfc() {
        assert_eq!(to_base64url(b"foobar"), "Zm9vYmFy");
        assert_eq!(to_base64url(b"foob"), "Zm9vYg");
        assert_eq!(to_base64url(&[0xfb, 0xff]), "-_8");
        assert_eq!(from_base64url(""), Some([]));
    }

    #[test]
    fn bytes_have_one_spelling() {
        assert_eq!(from_base64url::<1>("Zg"), Some(*b"f"));
        for wrong in ["Zh", "Zg==", "Zg\n", " Zg", "Z", "ZgA", "ZgAA", "Z+", ""] {
            assert_eq!(from_base64url::<1>(wrong), None, "{wrong:?}");
        }
        // A digit that adds no byte.
        assert_eq!(from_base64url::<3>("Zm9vA"), None);
    }

    #[test]
    fn what_is_not_in_the_form_is_not_taken_apart() {
        let file = write(&[7; 64], &to_sign(1_800_000_000, BUNDLE));
        assert!(Signed::parse(&file).is_some());

        for (from, to) in [
            ("signed 1", "signed 2"),
            ("signed 1 ", "signed 1  "),
            ("Bw", ""),
            (" 1800000000", " +1800000000"),
            (" 1800000000", " -1"),
            (" 1800000000", " "),
            (" 1800000000", " 18e8"),
            (" 1800000000\n", " 1800000000\r\n"),
            (" 1800000000", " 99999999999999999999"),
        ] {
            assert!(file.contains(from), "{from:?}");
            assert_eq!(Signed::parse(&file.replacen(from, to, 1)), None, "{from:?} → {to:?}");
        }
        for length in 0..file.find('\n').unwrap() {
            assert_eq!(Signed::parse(&file[..length]), None, "cut after {length}");
        }
    }

    #[test]
    fn only_what_is_younger_and_not_of_the_future_is_newer() {
        let file = write(&[7; 64], &to_sign(1_000_000, BUNDLE));
        let signed = Signed::parse(&file).unwrap();
        let now_ms = 1_000_000_000;

        assert!(signed.is_newer(999_999, now_ms));
        assert!(!signed.is_newer(1_000_000, now_ms));
        assert!(!signed.is_newer(1_000_001, now_ms));
        assert!(signed.is_newer(0, now_ms - 24 * 60 * 60 * 1_000));
        assert!(!signed.is_newer(0, now_ms - 24 * 60 * 60 * 1_000 - 1));
    }
}
