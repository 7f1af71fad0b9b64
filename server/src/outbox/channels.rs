//! Where a site's notifications go.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;
use peer_support_domain::delivery::Occasion;
use peer_support_domain::limits::WEBHOOK_SECRET_BYTES;
use url::{Host, Url};

use super::email::Tongue;

/// The channel of all e-mails of a site; no webhook has this name.
pub(crate) const EMAIL: &str = "email";

/// Where the notifications of one site go; nowhere unless its owner says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels {
    /// Who is called.
    pub webhooks: Vec<Webhook>,
    /// Who is written to.
    pub email: Vec<Mailbox>,
    /// In which language.
    pub tongue: Tongue,
    /// Whether the team is told when a life may be at risk.
    pub tells_of_risk: bool,
    /// Whether the team is told when items wait too long.
    pub tells_of_late: bool,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            webhooks: Vec::new(),
            email: Vec::new(),
            tongue: Tongue::English,
            tells_of_risk: true,
            tells_of_late: true,
        }
    }
}

impl Channels {
    /// The names of the channels that are told of `occasion`.
    pub(super) fn names_for(&self, occasion: Occasion) -> impl Iterator<Item = &str> {
        let is_told = match occasion {
            Occasion::Escalated | Occasion::Test => true,
            Occasion::Risk => self.tells_of_risk,
            Occasion::Late => self.tells_of_late,
        };
        let email = (!self.email.is_empty()).then_some(EMAIL);
        let webhooks = self.webhooks.iter().map(|webhook| webhook.name.as_str());
        webhooks.chain(email).filter(move |_| is_told)
    }
}

/// An address that is called, and what proves that the call is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// What it is called in the console.
    pub name: String,
    /// Where.
    pub url: WebhookUrl,
    /// Each signs, so that one can be replaced without a gap; never empty.
    pub secrets: Vec<WebhookSecret>,
    /// Whether it may be inside of the server's own network.
    pub allows_private: bool,
}

/// An address that may be called: by TLS, or on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// A text that is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an address to call; expected https://…, or http:// to this machine, without a name and password"
)]
pub struct InvalidWebhookUrl;

impl WebhookUrl {
    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether only this machine may answer: without TLS anybody on the way could.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }
}

impl FromStr for WebhookUrl {
    type Err = InvalidWebhookUrl;

    fn from_str(text: &str) -> Result<Self, InvalidWebhookUrl> {
        let url = Url::parse(text).map_err(|_| InvalidWebhookUrl)?;
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(v4)) => IpAddr::from(v4).is_loopback(),
            Some(Host::Ipv6(v6)) => IpAddr::from(v6).is_loopback(),
            None => return Err(InvalidWebhookUrl),
        };
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback;
        let names_nobody = url.username().is_empty() && url.password().is_none();
        if is_safe && names_nobody { Ok(Self(url)) } else { Err(InvalidWebhookUrl) }
    }
}

/// Without path and query, which may be a secret.
impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/…", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

/// What signs the calls of a webhook, as Standard Webhooks writes it: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// A text that is no such secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not a secret of a webhook; expected whsec_ and base64 of {} to {} bytes (echo whsec_$(openssl rand -base64 32))",
    WEBHOOK_SECRET_BYTES.start(),
    WEBHOOK_SECRET_BYTES.end()
)]
pub struct InvalidWebhookSecret;

impl WebhookSecret {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for WebhookSecret {
    type Err = InvalidWebhookSecret;

    fn from_str(text: &str) -> Result<Self, InvalidWebhookSecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(InvalidWebhookSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidWebhookSecret)?;
        if WEBHOOK_SECRET_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidWebhookSecret) }
    }
}

/// Nothing of it.
impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_by_tls_or_stay_on_this_machine() {
        for taken in
            ["https://pager.example/x?y=z", "http://127.0.0.1:9/hook", "http://[::1]:9/", "http://localhost/"]
        {
            assert!(taken.parse::<WebhookUrl>().is_ok(), "{taken}");
        }
        for refused in [
            "http://pager.example/",
            "http://10.0.0.1/",
            "https://ada:pw@pager.example/",
            "ftp://pager.example/",
            "pager",
            "http://localhost.example/",
        ] {
            assert_eq!(refused.parse::<WebhookUrl>(), Err(InvalidWebhookUrl), "{refused}");
        }
    }

    #[test]
    fn a_secret_is_long_enough_and_does_not_show() {
        let secret = format!("whsec_{}", STANDARD.encode([7; 32]));

        assert_eq!(format!("{:?}", secret.parse::<WebhookSecret>()), "Ok(WebhookSecret(…))");
        for refused in ["", "whsec_", "whsec_c2hvcnQ=", &secret[6..]] {
            assert_eq!(refused.parse::<WebhookSecret>(), Err(InvalidWebhookSecret), "{refused}");
        }
        let url: WebhookUrl = "https://pager.example/a-secret-path".parse().unwrap();
        assert_eq!(format!("{url:?}"), "https://pager.example/…");
    }
}
