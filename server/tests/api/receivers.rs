//! Who is told: a web server and a mail server of this machine, which do as a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a web server does with a call.
#[derive(Clone, Copy)]
pub enum Does {
    /// It answers with this status.
    Answers(u16),
    /// It leads elsewhere.
    Redirects,
    /// It takes the call and never answers.
    Hangs,
}

/// A call that came.
pub struct Call {
    pub headers: HeaderMap,
    pub body: String,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// A web server that is called.
pub struct Receiver {
    pub port: u16,
    next: Arc<Mutex<VecDeque<Does>>>,
    calls: UnboundedReceiver<Call>,
}

#[derive(Clone)]
struct Shared {
    next: Arc<Mutex<VecDeque<Does>>>,
    calls: UnboundedSender<Call>,
}

impl Receiver {
    /// Does these things, one a call, and answers 204 after them.
    pub async fn that(does: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, calls) = unbounded_channel();
        let next = Arc::new(Mutex::new(does.iter().copied().collect()));
        let shared = Shared { next: Arc::clone(&next), calls: tell };
        let router = Router::new().fallback(take).with_state(shared);
        tokio::spawn(async move { axum_serve(listener, router).await });
        Self { port, next, calls }
    }

    /// From now on it does these things first.
    pub fn will(&self, does: &[Does]) {
        self.next.lock().unwrap().extend(does);
    }

    /// The next call, once it comes.
    pub async fn call(&mut self) -> Call {
        self.calls.recv().await.unwrap()
    }

    /// What has come already.
    pub fn calls(&mut self) -> Vec<Call> {
        std::iter::from_fn(|| self.calls.try_recv().ok()).collect()
    }
}

async fn axum_serve(listener: TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(hyper_util::rt::TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn take(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let does = shared.next.lock().unwrap().pop_front().unwrap_or(Does::Answers(204));
    shared.calls.send(Call { headers: parts.headers, body }).unwrap();
    match does {
        Does::Answers(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Does::Redirects => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response(),
        Does::Hangs => std::future::pending().await,
    }
}

/// A mail server, which answers the end of each letter as a test says, and takes what comes after that.
pub struct MailServer {
    pub port: u16,
    letters: UnboundedReceiver<String>,
}

impl MailServer {
    pub async fn that_answers(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, letters) = unbounded_channel();
        tokio::spawn(async move {
            let mut answers = answers.iter();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answer = answers.next().copied().unwrap_or("250 taken");
                take_letter(stream, answer, &tell).await;
            }
        });
        Self { port, letters }
    }

    /// The letters that came, each with what was said before it.
    pub fn letters(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.letters.try_recv().ok()).collect()
    }
}

async fn take_letter(stream: TcpStream, answer: &str, tell: &UnboundedSender<String>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut said = String::new();
    let mut is_letter = false;
    write.write_all(b"220 ready\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        said.push_str(&line);
        said.push('\n');
        let reply = match line.split([' ', ':']).next().unwrap() {
            "." if is_letter => {
                is_letter = false;
                tell.send(std::mem::take(&mut said)).unwrap();
                answer
            }
            _ if is_letter => continue,
            "EHLO" => "250 here",
            "DATA" => {
                is_letter = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        if write.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
            break;
        }
    }
}
