//! One way to reach a helpline: a number to call or text, a WhatsApp number, a chat, an address.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Digits in a number: the shortest short codes have two (`15`), E.164 ends at fifteen.
const MIN_DIGITS: usize = 2;
const MAX_DIGITS: usize = 15;
/// Digits of an E.164 number: the shortest in use abroad (Saint Helena, Niue) have seven with their country code.
const MIN_E164_DIGITS: usize = 7;
/// Characters of an SMS keyword; the longest in use has nine.
const MAX_KEYWORD_CHARS: usize = 20;

/// What a caller inside the country dials, as it is written there: `116 123`, `15`, `(246) 845-0623`.
///
/// Short codes work only in their own country, so none is ever derived from an E.164 number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DialString(String);

/// Why a text cannot be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDialString {
    /// A character that no keypad has and no one writes between digits.
    #[error("{0:?} cannot be dialled; expected digits, `*`, `#`, spaces, hyphens, brackets or a leading `+`")]
    Character(char),
    /// Too few or too many digits.
    #[error("has {0} digits; expected {MIN_DIGITS} to {MAX_DIGITS}")]
    DigitCount(usize),
}

impl DialString {
    /// The number as people in the country write it, with its spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys to press, in order: digits, `*`, `#` and a leading `+`.
    pub fn keys(&self) -> impl Iterator<Item = char> {
        self.0.chars().filter(|c| matches!(c, '0'..='9' | '*' | '#' | '+'))
    }

    /// `tel:116123`: the national form without what is only there to be read, never a form made from E.164.
    ///
    /// `#` is written `%23`, because it would begin the fragment of a URI.
    #[must_use]
    pub fn tel(&self) -> String {
        self.link("tel:")
    }

    fn link(&self, scheme: &str) -> String {
        let mut link = String::from(scheme);
        for key in self.keys() {
            match key {
                '#' => link.push_str("%23"),
                key => link.push(key),
            }
        }
        link
    }
}

impl FromStr for DialString {
    type Err = InvalidDialString;

    fn from_str(text: &str) -> Result<Self, InvalidDialString> {
        let text = text.trim();
        let number = text.strip_prefix('+').unwrap_or(text);
        if let Some(stray) =
            number.chars().find(|c| !matches!(c, '0'..='9' | '*' | '#' | ' ' | '-' | '(' | ')'))
        {
            return Err(InvalidDialString::Character(stray));
        }
        match number.chars().filter(char::is_ascii_digit).count() {
            MIN_DIGITS..=MAX_DIGITS => Ok(Self(text.to_owned())),
            n_digits => Err(InvalidDialString::DigitCount(n_digits)),
        }
    }
}

/// A number as it is dialled from another country: `+` and 7 to 15 digits.
///
/// Present only where a source and the numbering plan agree on it; short codes have none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// The text is not `+` and 7 to 15 digits, the first of them not zero.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an E.164 number; expected `+` and {MIN_E164_DIGITS} to {MAX_DIGITS} digits")]
pub struct InvalidE164;

impl E164 {
    /// With its `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without its `+`.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

impl FromStr for E164 {
    type Err = InvalidE164;

    fn from_str(text: &str) -> Result<Self, InvalidE164> {
        let digits = text.strip_prefix('+').ok_or(InvalidE164)?;
        let is_well_formed = (MIN_E164_DIGITS..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if is_well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidE164) }
    }
}

/// The word to send to an SMS number, in capitals: `SHOUT` to 85258. Without it some services do not answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Keyword(String);

/// The text is not one word of capital letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a keyword; expected 1 to {MAX_KEYWORD_CHARS} capital letters or digits")]
pub struct InvalidKeyword;

impl Keyword {
    /// The word as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Keyword {
    type Err = InvalidKeyword;

    fn from_str(text: &str) -> Result<Self, InvalidKeyword> {
        let is_well_formed = (1..=MAX_KEYWORD_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if is_well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidKeyword) }
    }
}

/// The address of a page: `http:` or `https:`, a host with a dot, no spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress(String);

/// The text is not the address of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a web address; expected http:// or https://, a host with a dot, and no spaces")]
pub struct InvalidWebAddress;

impl WebAddress {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, as a visitor recognises it: `www.samaritans.org`.
    #[must_use]
    pub fn host(&self) -> &str {
        host(&self.0).unwrap_or_default()
    }
}

impl FromStr for WebAddress {
    type Err = InvalidWebAddress;

    fn from_str(text: &str) -> Result<Self, InvalidWebAddress> {
        let is_well_formed = !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && host(text).is_some_and(|host| {
                // `@` would let a page stand under another host's name.
                !host.contains('@')
                    && host.split_once('.').is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty())
            });
        if is_well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidWebAddress) }
    }
}

fn host(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    rest.split(['/', '?', '#']).next()
}

/// How one contact of a service is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number to call.
    Phone,
    /// A number to text, sometimes with a [`Keyword`].
    Sms,
    /// A WhatsApp number.
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// A page with a live chat.
    Chat,
    /// An e-mail address.
    Email,
    /// A page with a form or further help.
    Web,
}

impl Kind {
    /// All kinds, in the order in which they are filed.
    pub const ALL: [Kind; 6] = [Kind::Phone, Kind::Sms, Kind::WhatsApp, Kind::Chat, Kind::Email, Kind::Web];

    /// The word in the country files and in the keys of `locales/`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Phone => "phone",
            Kind::Sms => "sms",
            Kind::WhatsApp => "whatsapp",
            Kind::Chat => "chat",
            Kind::Email => "email",
            Kind::Web => "web",
        }
    }

    /// Whether the value is a number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Kind::Phone | Kind::Sms | Kind::WhatsApp)
    }
}

/// One way to reach a service. Its parts fit together, so that [`Contact::href`] always works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    kind: Kind,
    value: String,
    e164: Option<E164>,
    keyword: Option<Keyword>,
    /// What has to be known to use it ("option 4"), in English, as the source has it.
    pub note: Option<super::helpline::Label>,
    /// Whether independent sources agree on this very contact. A service may be confirmed while its second
    /// number is not: show it as such.
    pub confirmed: bool,
    /// How many independent families of sources list it for this country.
    pub confirmations: u8,
}

/// Why the parts of a contact do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContact {
    /// The number cannot be dialled.
    #[error(transparent)]
    Number(#[from] InvalidDialString),
    /// The page has no address.
    #[error(transparent)]
    Web(#[from] InvalidWebAddress),
    /// The e-mail address is none.
    #[error("not an e-mail address")]
    Email,
    /// WhatsApp links work with E.164 numbers only, and none is ever derived.
    #[error("a WhatsApp number needs its E.164 form")]
    WhatsAppWithoutE164,
    /// Only numbers have an E.164 form.
    #[error("an E.164 form belongs to a number")]
    StrayE164,
    /// Only text messages carry a keyword.
    #[error("a keyword belongs to an SMS number")]
    StrayKeyword,
}

impl Contact {
    /// A contact that one source lists, without a note.
    ///
    /// # Errors
    ///
    /// When `value` is not of its kind, or `e164` or `keyword` do not belong to it.
    pub fn new(
        kind: Kind,
        value: &str,
        e164: Option<E164>,
        keyword: Option<Keyword>,
    ) -> Result<Contact, InvalidContact> {
        let value = match kind {
            Kind::Phone | Kind::Sms | Kind::WhatsApp => value.parse::<DialString>()?.0,
            Kind::Chat | Kind::Web => value.parse::<WebAddress>()?.0,
            Kind::Email if is_email(value) => value.to_owned(),
            Kind::Email => return Err(InvalidContact::Email),
        };
        match () {
            () if kind == Kind::WhatsApp && e164.is_none() => Err(InvalidContact::WhatsAppWithoutE164),
            () if !kind.is_number() && e164.is_some() => Err(InvalidContact::StrayE164),
            () if kind != Kind::Sms && keyword.is_some() => Err(InvalidContact::StrayKeyword),
            () => Ok(Contact { kind, value, e164, keyword, note: None, confirmed: false, confirmations: 1 }),
        }
    }

    /// How it is used.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The number as dialled inside the country, or the address.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The number from abroad, where it works from abroad.
    #[must_use]
    pub fn e164(&self) -> Option<&E164> {
        self.e164.as_ref()
    }

    /// The word to send to an SMS number.
    #[must_use]
    pub fn keyword(&self) -> Option<&Keyword> {
        self.keyword.as_ref()
    }

    /// The link that opens the phone, the messages, the mail or the page.
    ///
    /// Numbers stand in it as dialled inside the country; only WhatsApp, which knows no other, gets E.164.
    #[must_use]
    pub fn href(&self) -> String {
        match (self.kind, &self.e164) {
            (Kind::Phone, _) => DialString(self.value.clone()).tel(),
            (Kind::Sms, _) => {
                let mut link = DialString(self.value.clone()).link("sms:");
                if let Some(keyword) = &self.keyword {
                    // iOS takes the text only behind `&`, Android only behind `?`; both read this.
                    link.push_str("?&body=");
                    link.push_str(&keyword.0);
                }
                link
            }
            (Kind::WhatsApp, e164) => ["https://wa.me/", e164.as_ref().map_or("", E164::digits)].concat(),
            (Kind::Email, _) => ["mailto:", &self.value].concat(),
            (Kind::Chat | Kind::Web, _) => self.value.clone(),
        }
    }
}

/// `name@host.tld` without anything that would end the address inside a `mailto:` link.
fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
    };
    let has_tld = host.rsplit_once('.').is_some_and(|(name, tld)| {
        !name.is_empty() && tld.len() >= 2 && tld.bytes().all(|b| b.is_ascii_alphabetic())
    });
    is_plain(name) && is_plain(host) && has_tld
}

macro_rules! text_type {
    ($($name:ident, $error:ident;)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    )+};
}

text_type! {
    DialString, InvalidDialString;
    E164, InvalidE164;
    Keyword, InvalidKeyword;
    WebAddress, InvalidWebAddress;
}
pub(crate) use text_type;

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(text: &str) -> Result<DialString, InvalidDialString> {
        text.parse()
    }

    fn contact(kind: Kind, value: &str, e164: Option<&str>, keyword: Option<&str>) -> Contact {
        let e164 = e164.map(|e164| e164.parse().unwrap());
        let keyword = keyword.map(|keyword| keyword.parse().unwrap());
        Contact::new(kind, value, e164, keyword).unwrap()
    }

    #[test]
    fn a_number_stays_as_it_is_written() {
        for text in ["116 123", "15", "0800 111 0 111", "(246) 845-0623", "*4141", "+972 59 404 0121"] {
            assert_eq!(dial(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused_with_its_reason() {
        assert_eq!(dial("0800 HELP"), Err(InvalidDialString::Character('H')));
        assert_eq!(dial("11+6"), Err(InvalidDialString::Character('+')));
        assert_eq!(dial("١١٢"), Err(InvalidDialString::Character('١')));
        assert_eq!(dial("1"), Err(InvalidDialString::DigitCount(1)));
        assert_eq!(dial(""), Err(InvalidDialString::DigitCount(0)));
        assert_eq!(dial("1234567890123456"), Err(InvalidDialString::DigitCount(16)));
    }

    #[test]
    fn a_call_dials_the_national_form_without_its_spaces() {
        let phone = contact(Kind::Phone, "0800 111 0 111", Some("+498001110111"), None);

        assert_eq!(phone.href(), "tel:08001110111");
        assert_eq!(contact(Kind::Phone, "(246) 845-0623", None, None).href(), "tel:2468450623");
        assert_eq!(contact(Kind::Phone, "*4141", None, None).href(), "tel:*4141");
        assert_eq!(contact(Kind::Phone, "#31#", None, None).href(), "tel:%2331%23");
        assert_eq!(contact(Kind::Phone, "+972 59 404 0121", None, None).href(), "tel:+972594040121");
    }

    #[test]
    fn a_text_message_carries_its_keyword() {
        assert_eq!(contact(Kind::Sms, "85258", None, Some("SHOUT")).href(), "sms:85258?&body=SHOUT");
        assert_eq!(contact(Kind::Sms, "50101", None, None).href(), "sms:50101");
    }

    #[test]
    fn whatsapp_takes_the_e164_number_or_is_refused() {
        let whatsapp = contact(Kind::WhatsApp, "9151 1767", Some("+6591511767"), None);

        assert_eq!(whatsapp.href(), "https://wa.me/6591511767");
        assert_eq!(
            Contact::new(Kind::WhatsApp, "9151 1767", None, None),
            Err(InvalidContact::WhatsAppWithoutE164)
        );
    }

    #[test]
    fn pages_and_mail_link_to_themselves() {
        let chat = contact(Kind::Chat, "https://988lifeline.org/chat/", None, None);

        assert_eq!(chat.href(), "https://988lifeline.org/chat/");
        assert_eq!(contact(Kind::Email, "info@awel.be", None, None).href(), "mailto:info@awel.be");
    }

    #[test]
    fn a_page_that_is_no_web_address_is_refused() {
        for text in [
            "javascript:alert(1)",
            "https://",
            "https://localhost",
            "https://a b.org",
            "ftp://a.org",
            "//a.org",
        ] {
            assert_eq!(text.parse::<WebAddress>(), Err(InvalidWebAddress), "{text}");
        }
        assert_eq!("https://samaritans.org@evil.example".parse::<WebAddress>(), Err(InvalidWebAddress));
        assert_eq!("https://988lifeline.org?x".parse::<WebAddress>().unwrap().host(), "988lifeline.org");
    }

    #[test]
    fn an_e_mail_address_that_would_change_the_message_is_refused() {
        for text in
            ["a@b", "a@b.c", "@b.org", "a@b.org?bcc=x@y.org", "a b@c.org", "a@b@c.org", "a@b.org,c@d.org"]
        {
            assert_eq!(Contact::new(Kind::Email, text, None, None), Err(InvalidContact::Email), "{text}");
        }
    }

    #[test]
    fn parts_of_another_kind_are_refused() {
        let e164: E164 = "+441234567890".parse().unwrap();
        let keyword: Keyword = "HOME".parse().unwrap();

        assert_eq!(
            Contact::new(Kind::Email, "info@awel.be", Some(e164), None),
            Err(InvalidContact::StrayE164)
        );
        assert_eq!(
            Contact::new(Kind::Phone, "741741", None, Some(keyword)),
            Err(InvalidContact::StrayKeyword)
        );
    }

    #[test]
    fn e164_and_keywords_are_checked() {
        for text in ["441234567890", "+0441234567", "+44123", "+1234567890123456", "+44 1234567"] {
            assert_eq!(text.parse::<E164>(), Err(InvalidE164), "{text}");
        }
        for text in ["", "shout", "TWO WORDS", "A&B", "ABCDEFGHIJKLMNOPQRSTU"] {
            assert_eq!(text.parse::<Keyword>(), Err(InvalidKeyword), "{text}");
        }
    }
}
