//! Webhooks, after the specification of Standard Webhooks (<https://www.standardwebhooks.com>).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};

use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use peer_support_domain::delivery::DeliveryFailure;
use peer_support_domain::line_report::Day;
use serde_json::json;
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::channels::Webhook;
use super::{Message, is_public};

/// How calls are encrypted, with the certificates that this machine trusts.
static TLS: LazyLock<TlsConnector> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
});

/// Calls `webhook` once. Redirects are not followed: they would lead past the check of the address.
pub(super) async fn send(webhook: &Webhook, message: &Message<'_>, at_s: i64) -> Result<(), DeliveryFailure> {
    let url = webhook.url.as_url();
    let body = body(message);
    let stream = connect(webhook).await?;
    let request = Request::post(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(header::HOST, &url[url::Position::BeforeHost..url::Position::AfterPort])
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "peer-support")
        .header("webhook-id", message.id)
        .header("webhook-timestamp", at_s)
        .header("webhook-signature", signatures(webhook, message.id, at_s, &body))
        .body(Full::new(Bytes::from(body)))
        .expect("every part is one of a request");
    if webhook.url.is_plain() {
        return answered(stream, request).await;
    }
    let name = ServerName::try_from(url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned())
        .map_err(|_| DeliveryFailure::Tls)?;
    let stream = TLS.connect(name, stream).await.map_err(|_| DeliveryFailure::Tls)?;
    answered(stream, request).await
}

/// What is signed and sent. The same in every try.
fn body(message: &Message<'_>) -> String {
    let mut data = json!({ "site": message.site });
    if let Some(item) = message.item {
        data["item"] = json!(item);
    }
    if let Some(console) = message.console {
        data["console"] = json!(console.as_str());
    }
    let kind = format!("peer-support.{}", message.occasion);
    json!({ "type": kind, "timestamp": iso_time(message.happened_at), "data": data }).to_string()
}

/// `2026-11-26T18:50:45Z`.
fn iso_time(ms: i64) -> String {
    const DAY_S: i64 = 24 * 60 * 60;
    let s = ms.div_euclid(1_000);
    let of_day = s.rem_euclid(DAY_S);
    let day = Day::of_ms(ms);
    format!("{day}T{:02}:{:02}:{:02}Z", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// One signature a secret, so that a receiver may know any of them.
fn signatures(webhook: &Webhook, id: &str, at_s: i64, body: &str) -> String {
    let signed = webhook.secrets.iter().map(|secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("every length is a key");
        mac.update(format!("{id}.{at_s}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    });
    signed.collect::<Vec<_>>().join(" ")
}

/// Connects to an address that was looked at: asking for the name again could lead elsewhere.
async fn connect(webhook: &Webhook) -> Result<TcpStream, DeliveryFailure> {
    let addresses = addresses(webhook.url.as_url()).await?;
    let may_call = |ip: IpAddr| match webhook.url.is_plain() {
        true => ip.is_loopback(),
        false => webhook.allows_private || is_public(ip),
    };
    let allowed: Vec<_> = addresses.into_iter().filter(|address| may_call(address.ip())).collect();
    if allowed.is_empty() {
        return Err(DeliveryFailure::AddressNotAllowed);
    }
    TcpStream::connect(&allowed[..]).await.map_err(|_| DeliveryFailure::Unreachable)
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, DeliveryFailure> {
    let port = url.port_or_known_default().unwrap_or(443);
    Ok(match url.host().ok_or(DeliveryFailure::Unreachable)? {
        Host::Ipv4(v4) => vec![SocketAddr::new(v4.into(), port)],
        Host::Ipv6(v6) => vec![SocketAddr::new(v6.into(), port)],
        Host::Domain(name) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let found: Vec<_> = found.map_err(|_| DeliveryFailure::Unreachable)?.collect();
            if found.is_empty() {
                return Err(DeliveryFailure::Unreachable);
            }
            found
        }
    })
}

/// Sends the request and looks at the status of its answer, and at nothing else.
async fn answered(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(), DeliveryFailure> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| DeliveryFailure::Unreachable)?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|_| DeliveryFailure::ReceiverFailed)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(DeliveryFailure::ReceiverFailed)
            }
            status if status.is_server_error() => Err(DeliveryFailure::ReceiverFailed),
            _ => Err(DeliveryFailure::Refused),
        }
    };
    // The connection moves the bytes; it goes with the answer, or ends first where the receiver closes it behind its answer.
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // The example of the reference implementation.
        let webhook = Webhook {
            name: "pager".to_owned(),
            url: "https://pager.example/".parse().unwrap(),
            secrets: vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()],
            allows_private: false,
        };

        let signed =
            signatures(&webhook, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);

        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn moments_are_told_as_receivers_expect_them() {
        assert_eq!(iso_time(1_614_265_330_999), "2021-02-25T15:02:10Z");
        assert_eq!(iso_time(0), "1970-01-01T00:00:00Z");
    }
}
