//! Countries and territories, as the visitor chooses them and as the helplines are filed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A country or territory: an ISO 3166-1 alpha-2 code, or the user-assigned `XK` for Kosovo.
///
/// Its name in the visitor's language comes from the browser's `Intl.DisplayNames`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(
    /// Its place in [`CODES`], whose alphabetical order makes that of countries.
    u8,
);

/// The text is not a code in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 3166-1 alpha-2 country code, nor XK")]
pub struct InvalidCountry;

/// ISO 3166-1 as of 2026-11 (249 codes) and XK, in alphabetical order.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES \
    ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN \
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG \
    MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL \
    PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Codes in the list, each with a space but the last.
const N_COUNTRIES: u8 = ((CODES.len() + 1) / 3) as u8;

impl Country {
    /// The two capital letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let start = usize::from(self.0) * 3;
        CODES.get(start..start + 2).unwrap_or_default()
    }

    /// All of them, in alphabetical order of their codes.
    pub fn all() -> impl Iterator<Item = Country> {
        (0..N_COUNTRIES).map(Country)
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    /// Small letters are taken too, as people write them into attributes.
    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        Country::all().find(|country| country.as_str().eq_ignore_ascii_case(text)).ok_or(InvalidCountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Country {
    type Error = InvalidCountry;

    fn try_from(text: String) -> Result<Self, InvalidCountry> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> String {
        country.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_every_code_once_in_order() {
        let codes: Vec<_> = Country::all().map(Country::as_str).collect();

        assert_eq!(codes.len(), 250);
        assert!(codes.is_sorted_by(|a, b| a < b));
        assert!(codes.iter().all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())));
    }

    #[test]
    fn a_code_is_read_in_any_case_and_shown_in_capitals() {
        assert_eq!("gb".parse::<Country>().unwrap().to_string(), "GB");
        assert_eq!("XK".parse::<Country>().unwrap().as_str(), "XK");
    }

    #[test]
    fn what_is_not_in_the_list_is_refused() {
        for text in ["", "G", "UK", "GBR", "G B", "AD AE", " GB", "ΑΒ", "EU"] {
            assert_eq!(text.parse::<Country>(), Err(InvalidCountry), "{text:?}");
        }
    }
}
