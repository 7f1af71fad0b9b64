//! Web origins: which pages may use a site.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// Which pages may use a site: one line of `origins` in the configuration.
///
/// `https://www.example.org` is one origin, `https://*.example.org` each one below it (not `https://example.org` itself),
/// `loopback` every page that this machine serves to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginRule {
    /// This origin, as browsers write it.
    Exactly(String),
    /// Each origin of this scheme whose host ends so and has this port.
    Below {
        /// `https` or `http`.
        scheme: String,
        /// The host's end, with the dot: `.example.org`.
        suffix: String,
        /// The port, when it is not the scheme's own.
        port: Option<u16>,
    },
    /// `localhost`, everything below it, 127.0.0.1 and ::1, on any port.
    Loopback,
}

/// A text that names no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an origin: expected one such as https://www.example.org, without path and final slash, \
     https://*.example.org, or loopback"
)]
pub struct InvalidOrigin;

impl FromStr for OriginRule {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        if text == "loopback" {
            return Ok(Self::Loopback);
        }
        if let Some((scheme, host)) = text.split_once("://*.") {
            let url = origin_url(&format!("{scheme}://{host}")).ok_or(InvalidOrigin)?;
            let Some(Host::Domain(domain)) = url.host() else { return Err(InvalidOrigin) };
            // A whole top-level domain is nobody's.
            if !domain.contains('.') {
                return Err(InvalidOrigin);
            }
            return Ok(Self::Below {
                scheme: url.scheme().to_owned(),
                suffix: format!(".{domain}"),
                port: url.port(),
            });
        }
        let url = origin_url(text).ok_or(InvalidOrigin)?;
        Ok(Self::Exactly(url.origin().ascii_serialization()))
    }
}

impl fmt::Display for OriginRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(origin) => f.write_str(origin),
            Self::Below { scheme, suffix, port } => {
                write!(f, "{scheme}://*{suffix}")?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
            Self::Loopback => f.write_str("loopback"),
        }
    }
}

impl OriginRule {
    /// The same in the words of a Content-Security-Policy: what may frame a page. It has no word for `[::1]`.
    pub fn source(&self) -> String {
        match self {
            // A source of http counts for https as well.
            Self::Loopback => "http://localhost:* http://*.localhost:* http://127.0.0.1:*".to_owned(),
            Self::Exactly(_) | Self::Below { .. } => self.to_string(),
        }
    }

    /// Whether this rule lets pages of `origin` in: the value of an `Origin` header.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Exactly(allowed) => allowed == origin,
            Self::Below { scheme, suffix, port } => origin_url(origin).is_some_and(|url| {
                let is_below = matches!(url.host(), Some(Host::Domain(domain)) if domain.ends_with(suffix));
                is_below && url.scheme() == scheme && url.port() == *port
            }),
            Self::Loopback => origin_url(origin).is_some_and(|url| is_loopback(&url)),
        }
    }
}

/// The origin of `url` as browsers write it in an `Origin` header; `None` for anything but http and https.
pub(crate) fn origin_of(url: &Url) -> Option<String> {
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// The origin that a page of this server has when it is reached as `host`, the value of a `Host` header, without a proxy;
/// `None` unless that is an address or a loopback name.
///
/// A name is not taken at its word: whoever owns it may point it at this machine and would then be "the same origin".
pub(crate) fn own_origin(host: &str) -> Option<String> {
    let url = origin_url(&format!("http://{host}"))?;
    let is_address = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    (is_address || is_loopback(&url)).then(|| url.origin().ascii_serialization())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// `text` as a URL when it is an origin and nothing more.
fn origin_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        // What stands in a Content-Security-Policy; the URL standard lets a host be more than a name has.
        && url.host_str().is_some_and(|host| host.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._[]:".contains(&c)))
        && !text.contains('*')
        && !text.ends_with('/')
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_bare.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rule: &str, origin: &str) -> bool {
        rule.parse::<OriginRule>().unwrap().allows(origin)
    }

    #[test]
    fn an_origin_lets_in_itself_only() {
        assert!(allows("https://example.org", "https://example.org"));
        assert!(allows("https://EXAMPLE.org:443", "https://example.org"));
        assert!(allows("https://bücher.example", "https://xn--bcher-kva.example"));
        for other in [
            "http://example.org",
            "https://example.org:444",
            "https://www.example.org",
            "https://example.org.evil.example",
            "null",
            "",
        ] {
            assert!(!allows("https://example.org", other), "{other}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for rule in
            ["https://rowa='j", "https://a;b.example", "https://a,b.example", "https://*.rowan'.example"]
        {
            assert!(rule.parse::<OriginRule>().is_err(), "{rule}");
        }
        for rule in ["https://intra_net.example", "http://[::1]:8080", "http://192.0.2.7"] {
            assert!(rule.parse::<OriginRule>().is_ok(), "{rule}");
        }
    }

    #[test]
    fn a_star_lets_in_what_is_below_and_nothing_beside() {
        assert!(allows("https://*.example.org", "https://www.example.org"));
        assert!(allows("https://*.example.org", "https://a.b.example.org"));
        for other in [
            "https://example.org",
            "https://evilexample.org",
            "http://www.example.org",
            "https://www.example.org:8443",
            "https://www.example.org/",
            "https://www.example.org.evil.example",
            "https://evil.example/.example.org",
            "https://x@www.example.org",
        ] {
            assert!(!allows("https://*.example.org", other), "{other}");
        }
    }

    #[test]
    fn loopback_is_this_machine_on_any_port() {
        for origin in [
            "http://localhost",
            "http://localhost:3000",
            "https://app.localhost:8443",
            "http://127.0.0.1:8787",
            "http://[::1]:8787",
        ] {
            assert!(allows("loopback", origin), "{origin}");
        }
        for other in
            ["http://localhost.example.org", "http://128.0.0.1", "http://notlocalhost", "null", "file://"]
        {
            assert!(!allows("loopback", other), "{other}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for bad in [
            "",
            "example.org",
            "*",
            "https://*",
            "https://*.org",
            "https://*.127.0.0.1",
            "https://example.org/",
            "https://example.org/path",
            "https://user@example.org",
            "ftp://example.org",
            "https://",
        ] {
            assert_eq!(bad.parse::<OriginRule>(), Err(InvalidOrigin), "{bad:?}");
        }
    }

    #[test]
    fn a_rule_is_shown_as_it_is_written() {
        for text in ["https://example.org", "https://*.example.org", "http://*.example.org:8080", "loopback"]
        {
            assert_eq!(text.parse::<OriginRule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_policy_lets_the_same_pages_frame() {
        for text in ["https://example.org", "https://*.example.org", "http://*.example.org:8080"] {
            assert_eq!(text.parse::<OriginRule>().unwrap().source(), text);
        }
        let loopback = OriginRule::Loopback.source();
        assert!(loopback.split(' ').all(|source| source.starts_with("http://")), "{loopback}");
    }

    #[test]
    fn only_an_address_or_a_loopback_name_is_believed_to_be_this_server() {
        assert_eq!(own_origin("127.0.0.1:8787").as_deref(), Some("http://127.0.0.1:8787"));
        assert_eq!(own_origin("192.168.1.5:8787").as_deref(), Some("http://192.168.1.5:8787"));
        assert_eq!(own_origin("localhost:80").as_deref(), Some("http://localhost"));
        for name in ["evil.example:8787", "evil.example", "", "a/b", "x@127.0.0.1"] {
            assert_eq!(own_origin(name), None, "{name}");
        }
    }
}
