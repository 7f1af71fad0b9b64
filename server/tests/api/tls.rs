//! Notifications to others' machines, over real TLS: the program trusts the certificates that its machine does, and
//! sends nothing to anybody else.

use std::path::Path;
use std::sync::Arc;

use axum::http::Method;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::client::text_of;
use crate::program::{Program, code_in, config, path_text, run};

/// Who signs the certificates of a test, and a certificate of `localhost` by them.
struct Authority {
    root: String,
    acceptor: TlsAcceptor,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer);
        let chain = vec![CertificateDer::from(leaf.unwrap())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self { root, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

/// A server that takes connections one after another, and tells what it was sent after encryption began.
struct Peer {
    port: u16,
    heard: UnboundedReceiver<String>,
}

impl Peer {
    async fn that<F>(
        serves: fn(TcpStream, TlsAcceptor, UnboundedSender<String>) -> F,
        tls: &TlsAcceptor,
    ) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = unbounded_channel();
        let tls = tls.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Who does not trust it breaks off, and the next is served.
                let _ = serves(stream, tls.clone(), tell.clone()).await;
            }
        });
        Self { port, heard }
    }

    /// All that it heard so far.
    fn heard(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}

async fn web(stream: TcpStream, tls: TlsAcceptor, tell: UnboundedSender<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(tls.accept(stream).await?);
    let (mut head, mut n_body) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let begin = head.len();
        if stream.read_line(&mut head).await? == 0 {
            return Ok(());
        }
        if let Some(length) = head[begin..].to_ascii_lowercase().strip_prefix("content-length: ") {
            n_body = length.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; n_body];
    stream.read_exact(&mut body).await?;
    tell.send(String::from_utf8(body).unwrap()).unwrap();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await?;
    stream.shutdown().await
}

/// Mail that is encrypted from the start.
async fn mail(stream: TcpStream, tls: TlsAcceptor, tell: UnboundedSender<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(tls.accept(stream).await?);
    stream.write_all(b"220 ready\r\n").await?;
    take_letter(stream, &tell).await
}

/// Mail that begins in the open; whoever sends a letter without changing to TLS has it told as such.
async fn mail_in_the_open(
    stream: TcpStream,
    tls: TlsAcceptor,
    tell: UnboundedSender<String>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        match line.trim_end() {
            "STARTTLS" => {
                stream.write_all(b"220 begin\r\n").await?;
                return take_letter(BufReader::new(tls.accept(stream.into_inner()).await?), &tell).await;
            }
            hello if hello.starts_with("EHLO") => stream.write_all(b"250-here\r\n250 STARTTLS\r\n").await?,
            other => {
                tell.send(format!("in the open: {other}")).unwrap();
                stream.write_all(b"530 encrypt first\r\n").await?;
            }
        }
        line.clear();
    }
    Ok(())
}

/// As [`mail_in_the_open`], but somebody on the way has taken the offer to encrypt out.
async fn mail_without_offer(
    stream: TcpStream,
    _: TlsAcceptor,
    tell: UnboundedSender<String>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").await?;
    take_letter(stream, &tell).await
}

async fn take_letter<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    tell: &UnboundedSender<String>,
) -> std::io::Result<()> {
    let (mut line, mut letter, mut is_letter) = (String::new(), String::new(), false);
    while stream.read_line(&mut line).await? > 0 {
        let reply = match line.trim_end() {
            "." => {
                is_letter = false;
                tell.send(std::mem::take(&mut letter)).unwrap();
                "250 taken"
            }
            _ if is_letter => {
                letter.push_str(&line);
                line.clear();
                continue;
            }
            "DATA" => {
                is_letter = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

/// What became of a test of the channels of a site whose server trusts `roots`.
async fn tested(roots: &str, top: &str, channels: &str) -> Value {
    let folder = TempDir::new().unwrap();
    let file = config(folder.path(), &format!("data = \"data\"\n{top}"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n[sites.notify]\n{channels}\n")).unwrap();
    let roots = written(folder.path(), roots);
    let file = ["--config", path_text(&file)];
    let trust = [("SSL_CERT_FILE", roots.as_str()), ("SSL_CERT_DIR", "")];
    let server = Program::serve_with(&trust, &file).await;
    let added = run(&[&["moderator", "add", "Ruth", "--role", "lead"][..], &file].concat());
    let session = server.post("/api/v1/console/session", &json!({ "code": code_in(&added) })).await.ok();
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = text_of(&session.json()["csrf"]);
    let headers = [("cookie", &*cookie), ("csrf-token", &*csrf)];
    let path = "/api/v1/console/sites/rowan/test-notification";
    server.call(Method::POST, path, &headers, None).await.ok().json()
}

fn written(folder: &Path, roots: &str) -> String {
    let path = folder.join("roots.pem");
    std::fs::write(&path, roots).unwrap();
    path_text(&path).to_owned()
}

fn pager(port: u16, host: &str) -> String {
    format!(
        "webhooks = [{{ name = \"pager\", url = \"https://{host}:{port}/\", allow_private = true, \
         secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"] }}]"
    )
}

fn smtp(port: u16, security: &str) -> String {
    format!(
        "[smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\n\
         from = \"Rowan House <support@rowan.example>\"\n"
    )
}

const EMAIL: &str = "email = [\"lead@rowan.example\"]";

#[tokio::test]
async fn a_webhook_is_called_by_tls_when_its_certificate_is_trusted_and_has_its_name() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut peer = Peer::that(web, &authority.acceptor).await;
    let (named, unnamed) = (pager(peer.port, "localhost"), pager(peer.port, "127.0.0.1"));

    let by_a_stranger = tested(&stranger.root, "", &named).await;
    let of_another_name = tested(&authority.root, "", &unnamed).await;
    assert_eq!(by_a_stranger, json!([{ "channel": "pager", "failure": "tls" }]));
    assert_eq!(of_another_name, json!([{ "channel": "pager", "failure": "tls" }]));
    assert_eq!(peer.heard(), [""; 0], "nothing was said to them");

    let trusted = tested(&authority.root, "", &named).await;
    assert_eq!(trusted, json!([{ "channel": "pager" }]));
    let heard = peer.heard();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].contains("peer-support.test"), "{heard:?}");
}

#[tokio::test]
async fn mail_is_encrypted_from_the_start_or_before_anything_is_said() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut wrapped = Peer::that(mail, &authority.acceptor).await;
    let mut open = Peer::that(mail_in_the_open, &authority.acceptor).await;
    for (peer, security) in [(&mut wrapped, "tls"), (&mut open, "starttls")] {
        let smtp = smtp(peer.port, security);

        let by_a_stranger = tested(&stranger.root, &smtp, EMAIL).await;
        assert_eq!(by_a_stranger, json!([{ "channel": "email", "failure": "tls" }]), "{security}");
        assert_eq!(peer.heard(), [""; 0], "{security}");

        assert_eq!(
            tested(&authority.root, &smtp, EMAIL).await,
            json!([{ "channel": "email" }]),
            "{security}"
        );
        let heard = peer.heard();
        assert_eq!(heard.len(), 1, "{security}: {heard:?}");
        assert!(heard[0].contains("Something waits for you"), "{security}: {heard:?}");
    }
}

#[tokio::test]
async fn mail_is_not_sent_when_the_offer_to_encrypt_was_taken_out() {
    let authority = Authority::new();
    let mut peer = Peer::that(mail_without_offer, &authority.acceptor).await;

    let tested = tested(&authority.root, &smtp(peer.port, "starttls"), EMAIL).await;

    assert_ne!(tested[0]["failure"], Value::Null, "{tested}");
    assert_eq!(peer.heard(), [""; 0]);
}
