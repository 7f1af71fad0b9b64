//! A web server for host pages: somebody else's origin, with faults on demand.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a path answers in place of its file.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, content type, body.
    Body(u16, &'static str, Vec<u8>),
    /// Closes the connection without an answer: what a page sees when the network is gone.
    Drop,
    /// Takes the request and never answers.
    Hang,
    /// Promises the whole file and closes the connection after half of it.
    Truncate,
    /// The file, called something that it is not.
    Mistype(&'static str),
}

/// A site owner's web server, on `localhost`: never the same site as our server on `127.0.0.1`.
pub struct Site {
    port: u16,
    /// Where a path is looked for, in this order.
    roots: Vec<PathBuf>,
    server: String,
    headers: String,
    /// By path, the newest last.
    replies: Mutex<Vec<(String, Reply)>>,
    log: Mutex<Vec<String>>,
}

impl Site {
    /// Serves the files under `root` until the runtime ends, each with `headers` ("Name: value").
    ///
    /// The word `SERVER` becomes `server`, the origin of ours, in HTML files and in headers.
    pub async fn serve(root: impl AsRef<Path>, server: &str, headers: &[&str]) -> Arc<Site> {
        Site::serve_from(vec![root.as_ref().to_path_buf()], server, headers).await
    }

    /// As [`Site::serve`], for an owner who keeps the panel's files beside the pages, so that each of them can fail:
    /// `SERVER` becomes nothing at all, and what is not under `root` comes out of the build.
    pub async fn with_panel(root: impl AsRef<Path>, headers: &[&str]) -> Arc<Site> {
        let build = crate::workspace("target/dist");
        assert!(build.join("peer-support.js").is_file(), "no widget; run `cargo xtask build`");
        Site::serve_from(vec![root.as_ref().to_path_buf(), build], "", headers).await
    }

    /// As [`Site::serve`], where a file that is not in one folder is looked for in the next.
    pub async fn serve_from(roots: Vec<PathBuf>, server: &str, headers: &[&str]) -> Arc<Site> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Arc::new(Site {
            port: listener.local_addr().unwrap().port(),
            roots,
            server: server.to_owned(),
            headers: headers.iter().map(|h| format!("{}\r\n", h.replace("SERVER", server))).collect(),
            replies: Mutex::default(),
            log: Mutex::default(),
        });
        let shared = site.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(shared.clone().answer(stream));
            }
        });
        site
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// From now on `path` (without its query) gets `reply`; `None` goes back to the file. A path that begins with `*` is
    /// that of every file that ends so, one that ends with `*` that of every file that begins so; of several the newest counts.
    pub fn reply(&self, path: &str, reply: impl Into<Option<Reply>>) {
        let mut replies = self.replies.lock().unwrap();
        replies.retain(|(other, _)| other != path);
        replies.extend(reply.into().map(|reply| (path.to_owned(), reply)));
    }

    /// What was asked for so far, oldest first: "GET /plain.html".
    pub fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    async fn answer(self: Arc<Self>, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut target, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(()); // a connection opened on suspicion, which Chromium does
            }
            match line.trim_end().split_once(if target.is_empty() { ' ' } else { ':' }) {
                Some((method, rest)) if target.is_empty() => {
                    target = rest.split([' ', '?']).next().unwrap_or("/").to_string();
                    self.log.lock().unwrap().push(format!("{method} {target}"));
                }
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(0)
                }
                Some(_) => {}
                None => break,
            }
        }
        tokio::io::copy(&mut (&mut stream).take(length), &mut tokio::io::sink()).await?;
        let (status, mut kind, body) = self.file(&target);
        let (status, kind, body) = match self.reply_to(&target) {
            Some(Reply::Drop) => return Ok(()),
            // Until the runtime ends, and the visit with it.
            Some(Reply::Hang) => return std::future::pending().await,
            Some(Reply::Body(status, kind, body)) => (status, kind, body),
            reply => {
                if let Some(Reply::Mistype(other)) = reply {
                    kind = other;
                }
                if let Some(Reply::Truncate) = reply {
                    let head = format!(
                        "HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    stream.write_all(head.as_bytes()).await?;
                    stream.write_all(&body[..body.len() / 2]).await?;
                    return stream.shutdown().await;
                }
                (status, kind, body)
            }
        };
        let head = format!(
            "HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\
             {}{}\r\n",
            body.len(),
            // What is not to be stored does not come back from the browser's memory, which a test may want.
            if self.headers.contains("cache-control") { "" } else { "cache-control: no-store\r\n" },
            self.headers
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.shutdown().await
    }

    fn reply_to(&self, target: &str) -> Option<Reply> {
        let replies = self.replies.lock().unwrap();
        let matches = |path: &str| match (path.strip_prefix('*'), path.strip_suffix('*')) {
            (Some(end), _) => target.ends_with(end),
            (_, Some(start)) => target.starts_with(start),
            _ => path == target,
        };
        replies.iter().rev().find(|(path, _)| matches(path)).map(|(_, reply)| reply.clone())
    }

    fn file(&self, target: &str) -> (u16, &'static str, Vec<u8>) {
        let name = if target.ends_with('/') { format!("{target}index.html") } else { target.to_string() };
        let path = Path::new(name.trim_start_matches('/'));
        let kind = match path.extension().and_then(|e| e.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("js" | "mjs") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("json") => "application/json",
            Some("txt") => "text/plain; charset=utf-8",
            Some("wasm") => "application/wasm",
            _ => "application/octet-stream",
        };
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let read = || self.roots.iter().find_map(|root| std::fs::read(root.join(path)).ok());
        match inside.then(read).flatten() {
            Some(body) if kind.starts_with("text/html") => {
                (200, kind, String::from_utf8_lossy(&body).replace("SERVER", &self.server).into_bytes())
            }
            Some(body) => (200, kind, body),
            _ => (404, "text/plain", b"not found".to_vec()),
        }
    }
}
