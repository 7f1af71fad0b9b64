//! What stands between a page and our server: a network that loses, spoils and delays what is sent.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the requests that are meant, `POST`s to a path that has certain words in it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The server gets it, and its answer is lost.
    LoseAnswer,
    /// The server gets it, and its answer never comes.
    Hang,
    /// The server never sees it; this is the answer: status, more headers, body.
    Answer(u16, &'static str, String),
}

/// A way to the server at a port of its own.
pub struct Relay {
    port: u16,
    faults: Mutex<Vec<Fault>>,
    heads: Mutex<Vec<String>>,
}

/// The requests that faults are for.
const MEANT: &str = "/posts ";

impl Relay {
    /// A way to the server at `origin`, until the runtime ends.
    pub async fn to(origin: &str) -> Arc<Relay> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Arc::new(Relay { port, faults: Mutex::default(), heads: Mutex::default() });
        let address = origin.trim_start_matches("http://").to_owned();
        let shared = relay.clone();
        tokio::spawn(async move {
            while let Ok((page, _)) = listener.accept().await {
                let (relay, address) = (shared.clone(), address.clone());
                tokio::spawn(async move { relay.carry(page, &address).await });
            }
        });
        relay
    }

    /// Its origin, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on the next posts meet these faults, one each.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Whether all faults have happened.
    pub fn is_mended(&self) -> bool {
        self.faults.lock().unwrap().is_empty()
    }

    /// The heads of the posts that came so far, the oldest first.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// The fault for the request that begins with `bytes`.
    fn fault(&self, bytes: &[u8]) -> Option<Fault> {
        let head = String::from_utf8_lossy(bytes);
        let line = head.lines().next().unwrap_or_default();
        if !(line.starts_with("POST ") && line.contains(MEANT)) {
            return None;
        }
        self.heads.lock().unwrap().push(head.split("\r\n\r\n").next().unwrap_or_default().to_owned());
        let mut faults = self.faults.lock().unwrap();
        if faults.is_empty() { None } else { Some(faults.remove(0)) }
    }

    async fn carry(&self, mut page: TcpStream, address: &str) -> Option<()> {
        // A server that is down is seen as such.
        let mut server = TcpStream::connect(address).await.ok()?;
        let mut fault = None;
        let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        loop {
            tokio::select! {
                n = page.read(&mut asked) => {
                    let n = n.ok().filter(|&n| n > 0)?;
                    fault = self.fault(&asked[..n]).or(fault);
                    if let Some(Fault::Answer(status, headers, body)) = &fault {
                        let head = format!("HTTP/1.1 {status} -\r\naccess-control-allow-origin: *\r\n\
                            access-control-expose-headers: retry-after\r\ncontent-type: application/json\r\n\
                            {headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                        page.write_all(head.as_bytes()).await.ok()?;
                        page.shutdown().await.ok()?;
                        // What is not read yet would make the closing a failure.
                        while page.read(&mut asked).await.ok()? > 0 {}
                        return None;
                    }
                    server.write_all(&asked[..n]).await.ok()?;
                }
                n = server.read(&mut answered) => {
                    let n = n.ok().filter(|&n| n > 0)?;
                    match fault {
                        Some(Fault::LoseAnswer) => {
                            // Half an answer: after none at all Chromium sends again by itself.
                            let half = "HTTP/1.1 201 -\r\naccess-control-allow-origin: *\r\ncontent-length: 400\r\n\r\n{";
                            page.write_all(half.as_bytes()).await.ok()?;
                            return page.shutdown().await.ok();
                        }
                        Some(Fault::Hang) => std::future::pending::<()>().await,
                        _ => page.write_all(&answered[..n]).await.ok()?,
                    }
                }
            }
        }
    }
}
